"""The first session of a newcomer, on every engine: the banner, curl, a line at a time, the log."""

import re

import pytest

from support import (Interactive, curl, echo, receive_all, reset, send_until_blocked,
                     wait_until)


def test_banner(echod, any_engine):
    server = echod("--engine", any_engine)
    lines = server.stdout.splitlines()
    port = server.port
    assert lines[0] == f"Echo server listening on 127.0.0.1:{port}"
    assert lines[1] == f"Test with: curl --data 'Hello!' localhost:{port}"
    name = r"(uring|epoll)" if any_engine == "auto" else any_engine
    assert re.fullmatch(rf"Engine: {name} \(.+\), \d+ workers?(, busy-polling off: .+)?", lines[2])
    assert len(lines) == 3


def test_default_address(echod):
    """No argument at all, where port 8080 is free."""
    server = echod(listen=(), started=None)
    while "Engine:" not in server.stdout:
        if server.has_ended:
            assert "the port is in use" in server.log
            server.wait()
            pytest.skip("port 8080 is in use on this machine")
    assert server.stdout.startswith("Echo server listening on 127.0.0.1:8080\n"
                                    "Test with: curl --data 'Hello!' localhost:8080\n"
                                    "Engine: ")


def test_curl(echod, any_engine):
    server = echod("--engine", any_engine)
    result = curl("--data", "Hello, echo server!", f"localhost:{server.port}")
    assert (result.returncode, result.stdout) == (0, b"Hello, echo server!"), result.stderr


@pytest.mark.parametrize("client", ["nc", "ncat", "socat"])
def test_every_line_comes_back_at_once(echod, any_engine, client):
    server = echod("--engine", any_engine)
    with Interactive(client, server.port) as person:
        for line in [b"hello\n", b"\n", b"GET is a verb\n", b"G\n", b"last\n"]:
            person.type(line)
            person.see(line)


def test_log_of_a_connection(echod, engine):
    server = echod("--engine", engine)
    with server.connect() as connection:
        address = "%s:%d" % connection.getsockname()
        echo(connection, b"x" * 21)
        echo(connection, b"y")
    ending = server.wait_log(r"^\[.*\] Connection closed .*$").group()
    assert server.log.splitlines() == [
        f"[{address}] Connection established",
        f"[{address}] Received 21 bytes, echoing back",
        f"[{address}] Received 1 byte, echoing back",
        ending,
    ]
    totals = r"\(received 22 bytes, sent 22 bytes, \d+\.\d\d\d s\)"
    assert re.fullmatch(re.escape(f"[{address}] Connection closed ") + totals, ending)


def test_the_log_says_why_a_request_is_refused(echod, tmp_path):
    access = tmp_path / "access"
    server = echod("--access-log", access, "--access-log-format", "json")
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = receive_all(connection)
    why = "there is no Host header, at byte 18 of the request"
    assert answer.endswith(f"\r\n\r\n400 Bad Request\r\n{why}\r\n".encode())
    server.wait_log(f"Refused with 400: {why}$")
    server.wait_log("Received 18 bytes$")
    assert "echoing back" not in server.log
    wait_until(lambda: '"refusal":"there is no Host header"' in access.read_text(), "a line")


def test_falls_quiet_after_ten_reads(echod, engine):
    server = echod("--engine", engine)
    with server.connect() as connection:
        for i in range(15):
            echo(connection, b"%d" % i)
    server.wait_log("Connection closed")
    assert server.log.count("Received") == 10


def test_reset_by_client(echod, engine):
    server = echod("--engine", engine)
    connection = server.connect()
    address = "%s:%d" % connection.getsockname()
    echo(connection, b"hello\n")
    reset(connection)
    server.wait_log(rf"^\[{address}\] Connection reset by client \(received 6 bytes, sent 6 bytes")


def test_client_disconnects_during_write(echod, engine):
    server = echod("--engine", engine)
    connection = server.connect()
    address = "%s:%d" % connection.getsockname()
    assert send_until_blocked(connection) > 0
    reset(connection)
    server.wait_log(rf"^\[{address}\] Client disconnected during write \(received \d+ bytes")


def test_one_client_s_end_leaves_the_others_alone(echod, engine):
    if engine == "sequential":
        pytest.skip("it serves one client at a time")
    server = echod("--engine", engine)
    with server.connect() as quiet:
        echo(quiet, b"before")
        for _ in range(20):
            reset(server.connect())
        echo(quiet, b"after")


def test_sequential_serves_the_next_when_the_first_has_gone(echod):
    server = echod("--engine", "sequential")
    with server.connect() as first, server.connect() as second:
        second.sendall(b"waiting\n")
        echo(first, b"first\n")
        first.close()
        second.shutdown(1)
        assert receive_all(second) == b"waiting\n"
