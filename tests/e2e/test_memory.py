"""What hostile clients can make the server hold: many that ask for much and never read, under a
small memory budget, while an ordinary client is served; and that memory is given back."""

import http.client
import pathlib
import socket
import time

import pytest

from support import PATIENCE_S, SANITIZED, wait_until

CLIENTS = 2000
BUDGET_MIB = 32
PER_CLIENT_KIB = 64
SLACK_MIB = 32

pytestmark = pytest.mark.skipif(SANITIZED, reason="measures memory")


def body(content_type, text):
    return (b"POST /anything HTTP/1.1\r\nHost: h\r\nContent-Type: " + content_type +
            b"\r\nContent-Length: %d\r\n\r\n" % len(text) + text)


def get(target, fields=b""):
    return b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n"


NESTED = b"[" * 90 + b"1," * 18_000 + b"1" + b"]" * 90

SHAPES = {
    "json": body(b"application/json", NESTED),
    "form": body(b"application/x-www-form-urlencoded", b"a&" * 2048),
    "half-body": body(b"text/plain", b"x" * 200_000)[:-1],
    "stream-bytes": get(b"/stream-bytes/16777216?chunk_size=1048576"),
    "bytes": get(b"/bytes/16777216"),
    "reflection": get(b"/a", b"X-Long: " + b"\x01".replace(b"\x01", b"\xe9") * 30_000 + b"\r\n"),
    "gzip": get(b"/bytes/16777216?gzip=true", b"Accept-Encoding: gzip\r\n"),
    "brotli": get(b"/headers", b"Accept-Encoding: br\r\nX-Long: " + b"x" * 20_000 + b"\r\n") * 50,
    "pipelined": get(b"/a") * 1500,
}


def resident_mib(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines()
                if line.startswith("VmRSS")) / 1024


def is_served(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("POST", "/anything", b"Hello", {"Content-Type": "text/plain"})
    response = connection.getresponse()
    assert response.status == 200 and b'"data": "Hello"' in response.read()
    connection.close()


def attack(server, request, count):
    """Sends as much of the request as the server takes at once, with a small window for answers."""
    clients = []
    for number in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE_S)
        client.connect(("127.0.0.1", server.port))
        client.setblocking(False)
        try:
            client.send(request)
        except BlockingIOError:
            pass
        clients.append(client)
        if number % 200 == 0:
            is_served(server)
    return clients


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("engine", ["epoll", "uring"])
def test_clients_that_never_read(echod, engine, shape, tmp_path_factory):
    if engine == "uring" and shape not in ("json", "gzip", "bytes"):
        pytest.skip("the endpoints are the same code; these differ in how they send")
    server = echod("--engine", engine, "--workers", "2", "--max-memory", f"{BUDGET_MIB}MiB",
                   "--log-level", "off", "--max-connections", "4000")
    is_served(server)
    start = resident_mib(server)
    count = CLIENTS if shape in ("json", "half-body") else CLIENTS // 4
    clients = attack(server, SHAPES[shape], count)
    is_served(server)
    most = start + count * PER_CLIENT_KIB / 1024 + BUDGET_MIB + SLACK_MIB
    assert resident_mib(server) <= most
    for client in clients:
        client.close()
    wait_until(lambda: resident_mib(server) <= start + 32, "memory to be given back", pause_s=0.2)
    is_served(server)


def test_a_body_beyond_the_budget_is_refused(echod):
    server = echod("--max-memory", "64KiB", "--log-level", "off")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.request("POST", "/anything", b"x" * 200_000)
    response = connection.getresponse()
    assert response.status == 503
    assert response.read() == b"memory limit reached (--max-memory)\n"
    assert response.headers["Retry-After"] == "1"
    is_served(server)
