"""The programs of examples/: each echoes to a client, and to a second one after it."""

import socket
import subprocess

import pytest

import support

MODELS = ["sequential", "threads", "pool", "epoll", "uring"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("model", MODELS)
def test_example_echoes(model):
    port = free_port()
    program = support.ECHOD.with_name(f"example_{model}")
    process = subprocess.Popen([program, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line and model == "uring":
            pytest.skip("io_uring does not work here")
        assert line == f"listening on 127.0.0.1:{port}\n"
        for message in [b"one\n", b"two\n"]:
            address = ("127.0.0.1", port)
            with socket.create_connection(address, timeout=support.PATIENCE_S) as client:
                client.sendall(message)
                client.shutdown(socket.SHUT_WR)
                assert support.receive_all(client) == message
            assert process.stdout.readline() == "echoed 4 bytes; closed\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
