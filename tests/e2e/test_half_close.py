"""A client that sends everything and shuts its side down still receives every byte and the end."""

import hashlib
import os
import subprocess
import threading

import pytest

from support import PATIENCE_S, SANITIZED, receive_all

SIZE = (16 if SANITIZED else 256) << 20

CLIENTS = {
    "socat": ["socat", "-b", "65536", "-t", str(PATIENCE_S), "-", "TCP4:127.0.0.1:{port}"],
    "ncat": ["ncat", "127.0.0.1", "{port}"],
}


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """Its path and SHA-256."""
    path = tmp_path_factory.mktemp("large") / "bytes"
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(SIZE >> 20):
            block = os.urandom(1 << 20)
            digest.update(block)
            file.write(block)
    yield path, digest.hexdigest()
    path.unlink()


@pytest.mark.parametrize("client", CLIENTS)
def test_large_file(echod, some_engine, client, large_file):
    path, sent = large_file
    server = echod("--engine", some_engine)
    command = [part.format(port=server.port) for part in CLIENTS[client]]
    received, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        process = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE)
        watchdog = threading.Timer(3 * PATIENCE_S, process.kill)
        watchdog.start()
        try:
            while block := process.stdout.read(1 << 20):
                received.update(block)
                size += len(block)
            status = process.wait()
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            process.stdout.close()
    assert (status, size, received.hexdigest()) == (0, SIZE, sent)
    server.wait_log(rf"Connection closed \(received {SIZE} bytes, sent {SIZE} bytes,")


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 1 << 20])
def test_every_size_with_a_late_reader(echod, engine, size):
    """Reads only after it has sent all, as far as the kernel's buffers allow."""
    server = echod("--engine", engine)
    data = os.urandom(size)
    with server.connect() as connection:
        sender = threading.Thread(target=lambda: (connection.sendall(data), connection.shutdown(1)))
        sender.start()
        sender.join(0.05)
        received = receive_all(connection)  # a reset would raise
        sender.join()
    assert received == data
    server.wait_log(rf"Connection closed \(received {size} bytes, sent {size} bytes,")
