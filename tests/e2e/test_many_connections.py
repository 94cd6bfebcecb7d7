"""15,000 connections in one process: each is served, and an idle one takes at most 1 KiB."""

import re
import resource
import socket

import pytest

import support

CONNECTIONS = 15_000
DESCRIPTOR_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+)", file.read()).group(1)) * 1024


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=support.PATIENCE_S)


def exchange(client, number):
    message = b"%016d" % number
    client.sendall(message)
    received = b""
    while len(received) < len(message):
        part = client.recv(len(message))
        assert part, "the server closed the connection"
        received += part
    assert received == message


@pytest.mark.skipif(support.SANITIZED, reason="the sanitizers' own memory hides the server's")
@pytest.mark.skipif(DESCRIPTOR_LIMIT < CONNECTIONS + 200, reason="too few descriptors allowed")
@pytest.mark.parametrize("engine, scheme", [
    ("epoll", "tcp"), ("uring", "auto"),
    *([("epoll", "auto"), ("uring", "tcp")] if support.FULL else [])])
def test_holds_15000_connections(echod, engine, scheme):
    if engine == "uring" and "uring" not in echod("--engine", "auto").engine_line:
        pytest.skip("io_uring does not work here")
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTOR_LIMIT, DESCRIPTOR_LIMIT))
    server = echod("--engine", engine, "--log-level", "off", listen=[f"{scheme}://127.0.0.1:0"])
    clients = []
    try:
        clients = [connect(server.port) for _ in range(64)]
        for number, client in enumerate(clients):
            exchange(client, number)
        before = private_bytes(server.pid)
        clients += [connect(server.port) for _ in range(CONNECTIONS)]
        for round_number in range(2):
            for number, client in enumerate(clients):
                exchange(client, number + round_number)
        each = (private_bytes(server.pid) - before) / CONNECTIONS
        assert each <= 1024, f"{each:.0f} bytes for each idle connection"
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, soft)
