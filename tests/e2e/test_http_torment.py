"""Clients that want to wear the server out over HTTP/1: they never read, send without an end, are
slow, or send what would be a thousand times larger elsewhere. Nothing grows, and each is got rid
of. How much memory the process takes at most is asked of the kernel."""

import gzip
import itertools
import json
import time

import pytest

import http_peer
from http_peer import Exchange, PeakMemory
from support import SANITIZED, Server, receive_all

KIB, MIB = 1 << 10, 1 << 20

# For pages that the allocator touches for the first time. What is sent is far more.
GROWTH_MAX = 512 * KIB
STREAM_SIZE = (8 if SANITIZED else 24) * MIB

BLOCK = 64 * KIB
HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"


def one_loop(engine):
    """Each event loop has buffers that its clients share, with io_uring about 2 MiB. There is
    one loop here, or it would be chance whether a client is the first of another."""
    return ["--engine", engine, *(["--workers", "1"] if engine in ("epoll", "uring") else [])]


def warm_up(server):
    """Touches the buffers that all clients share; and it answers."""
    request = HEAD + b"Content-Length: %d\r\n\r\n" % BLOCK + bytes(BLOCK)
    for _ in range(16):
        with server.connect() as connection:
            for _ in range(8):
                connection.sendall(request)
                http_peer.receive_body(connection, BLOCK)


def check_growth(memory):
    if not SANITIZED:  # which have memory of their own
        assert memory.growth() <= GROWTH_MAX, f"{memory.growth() >> 10} KiB more"


@pytest.fixture(scope="module")
def server(shared_engine, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp(shared_engine), *one_loop(shared_engine),
                    "--max-body", "1MiB", listen=["http://127.0.0.1:0"])
    warm_up(server)
    yield server
    warm_up(server)  # it serves others
    server.close()


def flood(connection, data):
    """Sends as much of `data` as is taken without a pause of 0.3 s, or until the end."""
    connection.setblocking(False)
    data = memoryview(data)
    quiet_since = time.monotonic()
    while data and time.monotonic() - quiet_since < 0.3:
        try:
            data = data[connection.send(data[:BLOCK]):]
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
        except ConnectionError:
            return


def test_ten_thousand_requests_and_nothing_is_read(echod, engine):
    """The answers fill what the kernel holds, then the server stops reading, and gives up."""
    server = echod(*one_loop(engine), "--stall-timeout", "500ms")
    warm_up(server)
    memory = PeakMemory(server.pid)
    get = b"GET /path HTTP/1.1\r\nHost: h\r\n\r\n"
    post = HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000
    with server.connect() as connection:
        flood(connection, (get + post) * 5_000)
        server.wait_log("Client did not read for 500ms, connection closed")
        check_growth(memory)
        received = http_peer.wait_for_end(connection)
    assert 0 < received.count(b"HTTP/1.1 200 OK\r\n") < 10_000
    warm_up(server)


def repeated(piece):
    return itertools.repeat(piece * (BLOCK // len(piece)))


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "method": (b"", repeated(b"G"), 414),
    "target": (b"GET /", repeated(b"a"), 414),
    "field": (HEAD + b"A: ", repeated(b"a"), 431),
    "field name": (HEAD, repeated(b"a"), 431),
    "fields": (HEAD, repeated(b"A: b\r\n"), 431),
    "empty lines": (b"", repeated(b"\r\n"), 400),
    "chunk extension": (CHUNKED + b"5;", repeated(b"a"), 400),
    "chunk size of zeros": (CHUNKED, repeated(b"0"), 400),
    "trailer": (CHUNKED + b"0\r\nA: ", repeated(b"a"), 431),
    "trailers": (CHUNKED + b"0\r\n", repeated(b"A: b\r\n"), 431),
    "body": (HEAD + b"Content-Length: 1048577\r\n\r\n", repeated(b"x"), 413),
    "chunk": (CHUNKED + b"100001\r\n", repeated(b"x"), 413),
    "reflected chunks": (CHUNKED.replace(b"/", b"/reflect", 1), repeated(b"1\r\nx\r\n"), 413),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless(server, kind):
    """The answer comes long before the end, which there is none, and what follows it is dropped."""
    begin, more, status = ENDLESS[kind]
    memory = PeakMemory(server.pid)
    with server.connect() as connection:
        received = http_peer.exchange(connection, begin)
        for piece in itertools.islice(more, STREAM_SIZE // BLOCK):
            received += http_peer.exchange(connection, piece)
        check_growth(memory)
        received += receive_all(connection)
    assert received.startswith(b"HTTP/1.1 %d " % status) and received.count(b"HTTP/1.1 ") == 1


def test_a_compression_bomb_is_bytes(server):
    """A megabyte that a gateway would make a gibibyte of. Nobody unpacks it here."""
    bomb = gzip.compress(bytes(10 * MIB), 9) * 100  # members behind one another are one file
    assert len(bomb) <= MIB, "more than --max-body"
    memory = PeakMemory(server.pid)
    for path in ("/", "/reflect", "/raw"):
        request = Exchange("POST", path, bomb, headers=[("Content-Encoding", "gzip"),
                                                        ("Accept", "application/json")])
        with server.connect() as connection:
            http_peer.converse(connection, [request])
        assert request.response.status_code == 200
        if path == "/reflect":
            assert json.loads(request.received)["body"]["size"] == len(bomb)
        else:
            assert request.received == (bomb if path == "/" else request.request)
    check_growth(memory)
