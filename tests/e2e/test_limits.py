"""More clients than there is room for: nobody is lost, nothing spins, and all get their turn."""

import os
import resource
import selectors
import socket
import time

import pytest

from support import PATIENCE_S, SANITIZED, echo, expect_end, wait_until

CLIENTS = 400
DESCRIPTORS = 40

# In a second. The aim is 1 % of a core; the rest is for the clock's ticks and a loaded machine.
CPU_SECONDS_MAX = 0.3 if SANITIZED else 0.05


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


@pytest.fixture
def many_clients():
    """Connects them, each having sent its number."""
    clients = []

    def connect(server):
        for number in range(CLIENTS):
            client = server.connect()
            clients.append(client)
            client.sendall(b"%04d" % number)
        return clients

    yield connect
    for client in clients:
        client.close()


def serve_all(clients):
    """Closes each client when it has its echo. Returns when all have."""
    waiting = dict(enumerate(clients))
    deadline = time.monotonic() + PATIENCE_S
    with selectors.DefaultSelector() as selector:
        for number, client in waiting.items():
            selector.register(client, selectors.EVENT_READ, number)
        while waiting:
            assert time.monotonic() < deadline, f"{len(waiting)} clients wait in vain"
            for key, _ in selector.select(1):
                client = waiting.pop(key.data)
                assert client.recv(100) == b"%04d" % key.data
                selector.unregister(client)
                client.close()


# Without an option as many connections are admitted as the descriptors allow, and nothing runs out;
# with a larger number accept() fails with EMFILE.
@pytest.mark.parametrize("arguments", [[], ["--max-connections", "1000"]],
                         ids=["default", "emfile"])
def test_few_descriptors(echod, engine, arguments, many_clients):
    server = echod("--engine", engine, "--log-level", "warning", *arguments,
                   preexec_fn=few_descriptors)
    clients = many_clients(server)
    if arguments and engine != "sequential":  # which has one connection at a time, ever
        server.wait_log("^Accepting paused: no descriptors while accepting")
    before = server.cpu_seconds()
    time.sleep(1)
    used = server.cpu_seconds() - before
    assert used <= CPU_SECONDS_MAX, f"{used} s of processor time in a second of waiting"
    assert not server.has_ended
    begin = time.monotonic()
    serve_all(clients)
    if not arguments or engine == "sequential":
        assert server.log == ""
    else:
        # One line a second from each listener, of which event loops have one for each processor.
        seconds = time.monotonic() - begin + 5
        assert server.log.count("Accepting paused") <= seconds * (os.cpu_count() or 1) + 10
    with server.connect() as connection:
        echo(connection, b"afterwards")


def test_max_connections(echod, engine):
    server = echod("--engine", engine, "--max-connections", "2")
    with server.connect() as first:
        echo(first, b"first")
        with server.connect() as second:
            if engine != "sequential":
                echo(second, b"second")
            with server.connect() as third:
                third.sendall(b"third")
                third.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    third.recv(1)
                first.close()
                second.close()
                third.settimeout(PATIENCE_S)
                assert third.recv(100) == b"third"


@pytest.mark.parametrize("name", ["threads", "pool", "epoll", "uring"])
def test_max_connections_per_source(echod, name, request):
    server = echod("--engine", "auto" if name == "uring" else name,
                   "--max-connections-per-source", "2")
    with server.connect() as first, server.connect() as second:
        echo(first, b"first")
        echo(second, b"second")
        with server.connect() as third:
            address = "%s:%d" % third.getsockname()
            expect_end(third)
        server.wait_log(rf"^\[{address}\] Connection refused: per-source limit reached "
                        r"\(--max-connections-per-source\)$")
        with server.connect(source_address=("127.0.0.2", 0)) as elsewhere:
            echo(elsewhere, b"another source")
        first.close()

        def admitted():
            with server.connect() as fourth:
                try:
                    fourth.sendall(b"x")
                    return fourth.recv(1) == b"x"
                except ConnectionError:
                    return False
        wait_until(admitted, "a place that was given back")


def test_idle_timeout(echod, engine):
    server = echod("--engine", engine, "--idle-timeout", "200ms")
    with server.connect() as connection:
        echo(connection, b"hello")
        expect_end(connection)
    server.wait_log("Idle timeout after 200ms, connection closed")


def test_stall_timeout(echod, engine):
    server = echod("--engine", engine, "--stall-timeout", "300ms")
    with server.connect() as connection:
        connection.settimeout(PATIENCE_S)
        with pytest.raises(OSError) as ended:
            while True:
                connection.sendall(b"x" * 65536)
        assert not isinstance(ended.value, socket.timeout)
    server.wait_log("Client did not read for 300ms, connection closed")
