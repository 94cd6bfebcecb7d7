"""--listen: protocols, repeats, IPv6, dual stack, names, and the port the system picked."""

import re
import socket

import pytest

from support import (Interactive, curl, echo, has_ipv6, receive_all, receive_exactly)

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")

REQUEST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def exchange(server, data, port=None):
    """What comes back for `data` until the end."""
    with socket.create_connection(("127.0.0.1", port or server.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def test_tcp_is_raw_only(echod):
    server = echod(listen=["tcp://127.0.0.1:0"])
    assert exchange(server, REQUEST) == REQUEST
    assert f"Test with: nc localhost {server.port}\n" in server.stdout


def test_http_is_http_only(echod):
    server = echod(listen=["http://127.0.0.1:0"])
    assert exchange(server, REQUEST).startswith(b"HTTP/1.1 200 OK\r\n")
    assert exchange(server, b"hello\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("url", ["auto://127.0.0.1:0", "127.0.0.1:0", ":0", "0"])
def test_auto_detects(echod, url):
    server = echod(listen=[url])
    assert exchange(server, REQUEST).startswith(b"HTTP/1.1 200 OK\r\n")
    assert exchange(server, b"hello\r\n") == b"hello\r\n"


@pytest.mark.parametrize("data", [
    b"GET /etc/passwd please\n", b"POST a letter\n", b"GET", b"GET / HTTP", b"\x16\x03\x01\x02\x00",
    b"get / http/1.1\r\n\r\n", b"\0" * 100, b"BREW /pot HTTP/1.1\n\n"])
def test_what_only_looks_like_http_is_raw(echod, data):
    server = echod()
    assert exchange(server, data) == data
    with server.connect() as connection:
        for byte in data:
            connection.sendall(bytes([byte]))
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection) == data


def test_a_slow_beginning_becomes_raw(echod):
    server = echod("--detect-timeout", "100ms")
    with server.connect() as connection:
        connection.sendall(b"GET /")
        assert receive_exactly(connection, 5) == b"GET /"
        echo(connection, b" HTTP/1.1\r\n\r\n")


def test_repeats(echod, some_engine):
    server = echod("--engine", some_engine,
                   listen=["tcp://127.0.0.1:0", "http://127.0.0.1:0", "127.0.0.2:0"])
    assert len(set(server.ports)) == 3
    assert re.findall(r"^Echo server listening on (\S+):\d+$", server.stdout, re.M) == [
        "127.0.0.1", "127.0.0.1", "127.0.0.2"]
    tcp, http, other = server.ports
    assert exchange(server, REQUEST, tcp) == REQUEST
    assert exchange(server, REQUEST, http).startswith(b"HTTP/1.1 200 OK\r\n")
    with socket.create_connection(("127.0.0.2", other), timeout=60) as connection:
        echo(connection, b"hello")


@needs_ipv6
def test_ipv6(echod, engine):
    server = echod("--engine", engine, listen=["[::1]:0"])
    lines = server.stdout.splitlines()
    assert lines[0] == f"Echo server listening on [::1]:{server.port}"
    assert lines[1] == f"Test with: curl --data 'Hello!' http://[::1]:{server.port}"
    result = curl("--data", "Hello!", f"http://[::1]:{server.port}")
    assert result.stdout == b"Hello!"
    with server.connect("::1") as connection:
        port = connection.getsockname()[1]
        echo(connection, b"hello")
    server.wait_log(rf"^\[\[::1\]:{port}\] Connection established$")


@needs_ipv6
@pytest.mark.parametrize("url", ["[::]:0", "*:0"])
def test_dual_stack(echod, engine, url):
    server = echod("--engine", engine, listen=[url])
    for host, shown in [("127.0.0.1", "127.0.0.1"), ("::1", r"\[::1\]")]:
        with server.connect(host) as connection:
            port = connection.getsockname()[1]
            echo(connection, b"hello")
        server.wait_log(rf"^\[{shown}:{port}\] Connection established$")
    assert f"Test with: curl --data 'Hello!' localhost:{server.port}\n" in server.stdout


def test_a_name(echod, some_engine):
    server = echod("--engine", some_engine, listen=["localhost:0"])
    assert len(set(server.ports)) == 1, "all addresses of the name share the port"
    with socket.create_connection(("localhost", server.port), timeout=60) as connection:
        echo(connection, b"hello")


def test_all_of_ipv4(echod):
    server = echod(listen=["tcp://0.0.0.0:0"])
    with Interactive("nc", server.port) as person:
        person.type(b"hello\n")
        person.see(b"hello\n")
