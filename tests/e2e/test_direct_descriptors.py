"""More connections than the process may have descriptors: uring's direct descriptors."""

import os
import resource
import socket
import struct
import threading

import pytest

import support

DESCRIPTORS = 1_200  # the server's limit
CONNECTIONS = 4_000  # in three tables
OURS = CONNECTIONS + 200


@pytest.fixture
def server(echod):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < OURS:
        pytest.skip("too few descriptors allowed")
    if "uring" not in echod("--engine", "auto").engine_line:
        pytest.skip("io_uring does not work here")
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OURS, hard))
    yield echod("--engine", "uring", "--max-connections", CONNECTIONS, "--log-reads", "none",
                launcher=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
    resource.setrlimit(resource.RLIMIT_NOFILE, soft)


def open_all(server):
    clients = [server.connect() for _ in range(CONNECTIONS)]
    for number, client in enumerate(clients):
        client.sendall(b"number %d" % number)
    for number, client in enumerate(clients):
        expected = b"number %d" % number
        assert client.recv(len(expected), socket.MSG_WAITALL) == expected
    return clients


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def echo_with_half_close(client, size):
    """Sends `size` bytes and the end; what comes back until the server's end."""
    sent = os.urandom(size)

    def send():
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    received = bytearray()
    while part := client.recv(1 << 16):
        received += part
    sender.join()
    return bytes(received) == sent


def test_echoes_on_every_one_twice(server):
    for _ in range(2):  # the second time in places that were given back
        clients = open_all(server)
        assert descriptors(server) < DESCRIPTORS
        for client in clients:
            client.close()
        support.wait_until(lambda: descriptors(server) < 100, "connections to be closed")


def test_half_close_and_reset(server):
    clients = open_all(server)
    assert echo_with_half_close(clients[-1], 3 << 20)  # a direct one
    assert echo_with_half_close(clients[0], 3 << 20)  # a descriptor
    reset = clients[-2]
    address = "{}:{}".format(*reset.getsockname())
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reset.close()
    server.wait_log(rf"\[{address}\] Connection reset by client")
    for client in clients:
        client.close()


def test_a_direct_one_is_reset_when_given_up_on(server):
    """At the drain timeout; its peer, which does not read, must not wait for anything more."""
    clients = open_all(server)
    stuck = clients[-1]
    support.send_until_blocked(stuck)  # bytes that the server has not read make its end a reset
    server.signal(15)
    assert server.wait() == 0
    stuck.setblocking(True)
    with pytest.raises(ConnectionResetError):
        while stuck.recv(1 << 20):
            pass
    for client in clients:
        client.close()
