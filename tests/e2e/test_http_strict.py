"""What HTTP/1 must not be: every refusal over a raw socket, with its exact status, on every engine;
and behind each one a request that must not be answered, because a server that goes on reading after
what it did not understand is half of a smuggling attack."""

import json

import pytest

from http_peer import Exchange, ask, converse
from support import SANITIZED, receive_all

HOST = b"Host: h\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(fields=HOST, line=b"GET / HTTP/1.1"):
    return line + b"\r\n" + fields + b"\r\n"


def post(fields, body=b"", host=HOST):
    return b"POST / HTTP/1.1\r\n" + host + fields + b"\r\n" + body


def chunked(body):
    return post(CHUNKED, body)


REFUSED = {
    # Lengths: RFC 9112 section 6.3.
    "CL and TE": (400, post(b"Content-Length: 4\r\n" + CHUNKED, b"0\r\n\r\n")),
    "TE and CL": (400, post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n")),
    "CL twice": (400, post(b"Content-Length: 1\r\nContent-Length: 2\r\n", b"ab")),
    "CL twice the same": (400, post(b"Content-Length: 1\r\nContent-Length: 1\r\n", b"a")),
    "CL as a list": (400, post(b"Content-Length: 1, 1\r\n", b"a")),
    "CL with a sign": (400, post(b"Content-Length: +1\r\n", b"a")),
    "CL below nothing": (400, post(b"Content-Length: -1\r\n", b"a")),
    "CL in hexadecimal": (400, post(b"Content-Length: 0x1\r\n", b"a")),
    "CL with underscore": (400, post(b"Content-Length: 1_0\r\n", b"a" * 10)),
    "CL with leading zero": (400, post(b"Content-Length: 01\r\n", b"a")),
    "CL of nothing": (400, post(b"Content-Length:\r\n")),
    "CL over 64 bits": (400, post(b"Content-Length: 18446744073709551617\r\n", b"a")),
    "CL over the limit": (413, post(b"Content-Length: 1099511627777\r\n", b"a" * 100_000)),
    "TE twice": (400, post(CHUNKED * 2, b"0\r\n\r\n")),
    "TE in HTTP/1.0": (400, b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "TE gzip": (501, post(b"Transfer-Encoding: gzip\r\n")),
    "TE gzip, chunked": (501, post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n")),
    "TE chunked, gzip": (400, post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n")),
    "TE xchunked": (501, post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n")),
    "TE behind a vertical tab": (400, post(b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n")),
    "TE with a space before its colon": (400, post(b"Transfer-Encoding : chunked\r\n",
                                                   b"0\r\n\r\n")),
    "TE in a folded line": (400, post(b"X: y\r\n Transfer-Encoding: chunked\r\n")),
    # Lines: sections 2.2, 5.1 and 5.2.
    "folded line": (400, get(HOST + b"X: a\r\n b\r\n")),
    "folded first line": (400, get(b" X: a\r\n" + HOST)),
    "bare LF in a field": (400, get(b"Host: h\nX: y\r\n")),
    "bare LF at all ends": (400, b"GET / HTTP/1.1\nHost: h\n\n"),
    "bare CR in a field": (400, get(HOST + b"X: a\rb\r\n")),
    "zero byte in a field": (400, get(HOST + b"X: a\0b\r\n")),
    "field without a colon": (400, get(HOST + b"X\r\n")),
    "field without a name": (400, get(HOST + b": x\r\n")),
    "field name with a space": (400, get(HOST + b"X y: z\r\n")),
    "two spaces in the request line": (400, get(line=b"GET  / HTTP/1.1")),
    "tab in the request line": (400, get(line=b"GET\t/ HTTP/1.1")),
    "space behind the version": (400, get(line=b"GET / HTTP/1.1 ")),
    "small letters in the version": (400, get(line=b"GET / http/1.1")),
    "HTTP/0.9": (400, b"GET /\r\n"),
    "HTTP/3.0": (505, get(line=b"GET / HTTP/3.0")),
    "HTTP/2 by prior knowledge": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "fragment in the target": (400, get(line=b"GET /# HTTP/1.1")),
    "no path": (400, get(line=b"GET a HTTP/1.1")),
    "asterisk for GET": (400, get(line=b"GET * HTTP/1.1")),
    # Hosts: section 3.2.
    "no Host": (400, get(b"X: y\r\n")),
    "Host twice": (400, get(HOST * 2)),
    "Host twice, different": (400, get(HOST + b"Host: other\r\n")),
    "Host with a path": (400, get(b"Host: h/path\r\n")),
    "Host with a user": (400, get(b"Host: user@h\r\n")),
    "Host with a space": (400, get(b"Host: h h\r\n")),
    # Chunks: section 7.1.
    "chunk 0x5": (400, chunked(b"0x5\r\nhello\r\n0\r\n\r\n")),
    "chunk +5": (400, chunked(b"+5\r\nhello\r\n0\r\n\r\n")),
    "chunk -5": (400, chunked(b"-5\r\nhello\r\n0\r\n\r\n")),
    "chunk 5_0": (400, chunked(b"5_0\r\nhello\r\n0\r\n\r\n")),
    "chunk of spaces": (400, chunked(b" 5\r\nhello\r\n0\r\n\r\n")),
    "chunk without a size": (400, chunked(b"\r\nhello\r\n0\r\n\r\n")),
    "chunk over 64 bits": (400, chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    "chunk over the limit": (413, chunked(b"fffffffffffffff\r\nhello")),
    "chunk size ended by LF": (400, chunked(b"5\nhello\r\n0\r\n\r\n")),
    "chunk extension with LF": (400, chunked(b"5;a\nhello\r\n0\r\n\r\n")),
    "chunk extension with CR": (400, chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    # Methods and expectations.
    "TRACE": (405, get(line=b"TRACE / HTTP/1.1")),
    "CONNECT": (405, get(line=b"CONNECT h:443 HTTP/1.1")),
    "expectation": (417, get(HOST + b"Expect: miracles\r\n")),
    "expectation with a script": (417, get(HOST + b"Expect: <script>alert(1)</script>\r\n")),
    # Sizes; streams without an end are in test_http_torment.py.
    "target": (414, get(line=b"GET /" + b"a" * 33_000 + b" HTTP/1.1")),
    "field": (431, get(HOST + b"A: " + b"a" * 40_000 + b"\r\n")),
    "fields": (431, get(HOST + b"A: b\r\n" * 1001)),
    "trailers": (431, chunked(b"0\r\n" + b"A: b\r\n" * 1001 + b"\r\n")),
    "chunk line": (400, chunked(b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n")),
}


@pytest.fixture
def http_server(shared_server):
    """The listener that does not take for raw what is no request line."""
    return shared_server.listener(1)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(http_server, name):
    status, request = REFUSED[name]
    received = ask(http_server, request + SMUGGLED * 2)
    assert received.startswith(b"HTTP/1.1 %d " % status), received
    assert b"\r\nConnection: close\r\n" in received
    assert received.count(b"HTTP/1.1 ") == 1 and b"smuggled" not in received
    assert b"script" not in received, "what was refused is not reflected"


# Wrong only when their answer has begun: it stays unfinished, and nothing follows.
CUT = {
    "chunk longer than its size": b"5\r\nhello!\r\n0\r\n\r\n",
    "chunk ended by LF": b"5\r\nhello\n0\r\n\r\n",
    "second chunk 0x5": b"5\r\nhello\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "last chunk of two zeros and a letter": b"5\r\nhello\r\n00g\r\n\r\n",
    "folded trailer": b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "trailer without a colon": b"5\r\nhello\r\n0\r\nX\r\n\r\n",
}


@pytest.mark.parametrize("name", CUT)
def test_cut(shared_server, name):
    received = ask(shared_server, chunked(CUT[name]) + SMUGGLED * 2)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n"), received
    assert b"\r\n5\r\nhello" in received and not received.endswith(b"0\r\n\r\n")
    assert received.count(b"HTTP/1.1 ") == 1 and b"smuggled" not in received


# Taken for what they are: the body is a body, whatever it looks like, and the next request is one.
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"


def hiding(line, fields=b""):
    """HIDDEN as a body, whose length is told."""
    return b"%s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n%s" % (line, fields,
                                                                        len(HIDDEN), HIDDEN)


TAKEN = {
    "CL.0: GET": hiding(b"GET /"),
    "CL.0: HEAD": hiding(b"HEAD /"),
    "CL.0: OPTIONS": hiding(b"OPTIONS *"),
    "CL.0: an unknown method": hiding(b"BREW /"),
    "CL.0: a path of its own": hiding(b"GET /reflect"),
    "in a chunk": chunked(b"%x\r\n" % len(HIDDEN) + HIDDEN + b"\r\n0\r\n\r\n"),
    "Upgrade: h2c": hiding(b"POST /", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                      b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    "X-HTTP-Method-Override": hiding(b"POST /", b"X-HTTP-Method-Override: TRACE\r\n"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_taken(http_server, name):
    """Two answers, the second of which is to the request behind."""
    last = b"GET /last HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n"
    received = ask(http_server, TAKEN[name] + last)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2, received
    assert b" 101 " not in received
    assert json.loads(received.rpartition(b"\r\n\r\n")[2])["target"] == "/last"


def test_h2c_is_ignored(shared_server):
    """An h2c upgrade that is asked for without a body; the connection stays HTTP/1.1."""
    fields = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
              ("HTTP2-Settings", "AAMAAABkAAQAAP__"), ("Accept", "application/json")]
    asked, behind = Exchange("GET", "/one", headers=fields), Exchange("POST", "/", b"two")
    with shared_server.connect() as connection:
        converse(connection, [asked, behind])
    assert (asked.interim, asked.response.status_code) == (0, 200)
    assert asked.header("Upgrade") is None
    assert json.loads(asked.received)["target"] == "/one"
    assert behind.received == b"two"


@pytest.mark.parametrize("target, host", [
    ("http://h/path?q=1", "h"), ("http://other:8080/path", "h"), ("https://h/", "h")])
def test_absolute_form(shared_server, target, host):
    """RFC 9112 section 3.2.2: servers must accept it; what came is shown, target and Host both."""
    request = Exchange("GET", target, headers=[("Accept", "application/json")])
    with shared_server.connect() as connection:
        converse(connection, [request])
    assert request.response.status_code == 200
    shown = json.loads(request.received)
    assert shown["target"] == target
    assert [field["value"] for field in shown["headers"] if field["name"] == "Host"] == [host]


@pytest.mark.parametrize("lines", [b"\r\n", b"\r\n\r\n"])
def test_empty_lines_before_a_request(shared_server, lines):
    """RFC 9112 section 2.2: at least one should be ignored, also between requests."""
    received = ask(shared_server, b"".join([get(), lines, SMUGGLED]))
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2


@pytest.mark.parametrize("name", ["no Host", "expectation", "CL over the limit", "chunk 0x5"])
def test_a_refusal_is_read_by_a_client_that_still_sends(shared_server, name):
    """It sends ten megabytes behind what is refused, and reads only then: without a lingering close
    there would be a reset, which destroys the answer."""
    status, request = REFUSED[name]
    with shared_server.connect() as connection:
        connection.sendall(request + b"x" * ((1 if SANITIZED else 10) << 20))
        received = receive_all(connection)
    assert received.startswith(b"HTTP/1.1 %d " % status) and received.count(b"HTTP/1.1 ") == 1
