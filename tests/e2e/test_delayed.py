"""Delayed responses and the clients that abandon them: neither those who have gone nor one source
alone can keep others from being served."""

import shutil
import socket
import subprocess
import time

import pytest

from support import PATIENCE_S, receive_all

REQUEST = b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n"


def ask(server, target, source="127.0.0.1"):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S,
                                          source_address=(source, 0))
    connection.sendall(REQUEST % target)
    return connection


def status(connection):
    return int(connection.recv(12)[9:12])


@pytest.mark.parametrize("target", [b"/delay/9", b"/?delay=9", b"/drip?delay=9",
                                    b"/sse?duration=9"])
@pytest.mark.parametrize("engine", ["threads", "epoll", "uring"])
def test_those_who_have_gone_hold_no_place(echod, engine, target):
    server = echod("--engine", engine, "--max-waiting", "2", "--drain-timeout", "100ms")
    for _ in range(20):
        ask(server, target).close()
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with ask(server, b"/delay/1ms") as connection:
            if status(connection) == 200:
                break
        assert time.monotonic() < deadline


@pytest.mark.parametrize("engine", ["sequential", "threads", "pool", "epoll", "uring"])
def test_a_half_closed_client_still_gets_its_answer(echod, engine):
    server = echod("--engine", engine)
    with ask(server, b"/delay/100ms") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection).startswith(b"HTTP/1.1 200 OK\r\n")
    with ask(server, b"/sse?count=3&duration=100ms") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection).count(b"event: ping") == 3


@pytest.mark.parametrize("engine", ["threads", "epoll", "uring"])
def test_what_is_pipelined_behind_a_delay_is_answered(echod, engine):
    server = echod("--engine", engine)
    with ask(server, b"/delay/300ms") as connection:
        time.sleep(0.05)  # so that it comes while the first waits
        connection.sendall(REQUEST % b"/status/204")
        connection.shutdown(socket.SHUT_WR)
        answers = receive_all(connection)
    assert answers.count(b"HTTP/1.1 ") == 2 and b"HTTP/1.1 204" in answers


def test_one_source_has_half_of_the_places(echod):
    server = echod("--max-waiting", "4", "--drain-timeout", "100ms")
    open_ones = [ask(server, b"/drip?delay=0&duration=9&numbytes=900") for _ in range(2)]
    assert [status(connection) for connection in open_ones] == [200, 200]
    assert status(ask(server, b"/delay/1ms")) == 503
    assert status(ask(server, b"/delay/1ms", source="127.0.0.2")) == 200
    for connection in open_ones:
        connection.close()


def test_netcat_waits_for_the_delay(echod):
    netcat = shutil.which("nc")
    if netcat is None:
        pytest.skip("needs netcat")
    server = echod()
    shown = subprocess.run([netcat, "-N", "127.0.0.1", str(server.port)], check=True,
                           input=REQUEST % b"/delay/200ms", capture_output=True, timeout=PATIENCE_S)
    assert shown.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
