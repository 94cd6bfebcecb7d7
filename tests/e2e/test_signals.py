"""How the server ends: at once, after its open echoes, after the drain timeout, or by force."""

import signal
import socket

import pytest

from support import (PATIENCE_S, Interactive, echo, expect_end, receive_all, receive_exactly,
                     wait_until)

SIGNALS = [signal.SIGTERM, signal.SIGINT]

KEEP_ALIVE = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"


def is_refused(server):
    try:
        server.connect().close()
        return False
    except (ConnectionRefusedError, ConnectionResetError):
        return True


@pytest.mark.parametrize("number", SIGNALS)
def test_idle(echod, engine, number):
    server = echod("--engine", engine)
    server.signal(number)
    assert server.wait() == 0
    assert server.log.splitlines()[-1] == "Stopped"


def test_open_echoes_finish(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "60s")
    with Interactive("nc", server.port) as person:
        person.type(b"before\n")
        person.see(b"before\n")
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down: 1 active connection may finish within 1m$")
        wait_until(lambda: is_refused(server), "no more clients to be accepted")
        for line in [b"during\n", b"still\n"]:
            person.type(line)
            person.see(line)
        assert not server.has_ended
    assert server.wait() == 0
    assert server.log.splitlines()[-1] == "Stopped"


def test_a_connection_that_waits_for_a_request_ends(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "60s")
    with server.connect() as connection:
        connection.sendall(KEEP_ALIVE)
        response = b""
        while not response.endswith(b"hello"):
            response += receive_exactly(connection, 1)
        server.signal(signal.SIGTERM)
        assert receive_all(connection) == b""
    assert server.wait() == 0


def test_a_request_under_way_is_answered(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "60s")
    with server.connect() as connection:
        connection.sendall(KEEP_ALIVE[:-3])
        server.wait_log("Received")
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down")
        connection.sendall(KEEP_ALIVE[-3:])
        assert receive_all(connection).endswith(b"\r\n\r\nhello")
    assert server.wait() == 0


def test_drain_timeout(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "300ms")
    with server.connect() as connection:
        echo(connection, b"hello")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        expect_end(connection)
    assert "Drain timeout: closing 1 active connection\n" in server.log
    assert "Connection ended by shutdown" in server.log
    assert server.log.splitlines()[-1] == "Stopped"


def test_no_drain_timeout(echod):
    server = echod("--drain-timeout", "0")
    with server.connect() as connection:
        echo(connection, b"hello")
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down: 1 active connection may finish, without a time limit$")
        echo(connection, b"still here")
    assert server.wait() == 0
    assert "Drain timeout" not in server.log


def test_drain_timeout_with_a_client_that_never_reads(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "300ms")
    with server.connect() as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            while True:
                connection.sendall(b"x" * 65536)
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    assert "Drain timeout: closing 1 active connection\n" in server.log


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_second_signal(echod, first, second):
    server = echod("--drain-timeout", "1h")
    with server.connect() as connection:
        echo(connection, b"hello")
        server.signal(first)
        server.wait_log("^Shutting down")
        server.signal(second)
        status = server.wait()
    # An exit status of its own, as a shell shows for a signal; not death by the signal itself.
    assert status == 128 + second
    assert "echod: second signal, ending at once\n" in server.log


def test_second_signal_on_every_engine(echod, engine):
    server = echod("--engine", engine, "--drain-timeout", "1h")
    with server.connect() as connection:
        echo(connection, b"hello")
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down")
        server.signal(signal.SIGTERM)
        assert server.wait() == 128 + signal.SIGTERM


def test_sigpipe_is_harmless(echod, engine):
    server = echod("--engine", engine)
    with server.connect() as connection:
        server.signal(signal.SIGPIPE)
        echo(connection, b"hello")


def test_waiting_clients_are_let_go(echod):
    """Clients a sequential server has not come to yet are not kept waiting by its end."""
    server = echod("--engine", "sequential", "--drain-timeout", "300ms")
    with server.connect() as first, server.connect() as second:
        echo(first, b"hello")
        second.sendall(b"waiting")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        expect_end(second)


def test_the_port_is_free_again(echod):
    server = echod()
    with server.connect() as connection:
        echo(connection, b"hello")
        port = server.port
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down")
        wait_until(lambda: is_refused(server), "no more clients to be accepted")
        again = echod(listen=[f"127.0.0.1:{port}"])
        with socket.create_connection(("127.0.0.1", again.port), timeout=PATIENCE_S) as other:
            echo(other, b"hello")
    assert server.wait() == 0
