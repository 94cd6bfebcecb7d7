"""HTTP/1 with clients we did not write: curl and http.client. What they never
send is in test_http_strict.py."""

import hashlib
import http.client
import json
import os
import re
import socket

import pytest

import http_peer
from support import PATIENCE_S, SANITIZED, curl, receive_all


@pytest.fixture
def server(echod, engine):
    return echod("--engine", engine)


@pytest.fixture
def large_file(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom((4 if SANITIZED else 32) << 20))
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def raw(server, request):
    """Sends bytes. Returns everything up to the end of the connection."""
    with server.connect() as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def test_chunked_upload(shared_server):
    result = curl("--header", "Transfer-Encoding: chunked", "--data", "Hello, chunks!",
                  "--include", f"localhost:{shared_server.port}")
    assert result.returncode == 0
    head, _, body = result.stdout.partition(b"\r\n\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head
    assert body == b"Hello, chunks!"


def test_http10(shared_server):
    result = curl("--http1.0", "--data", "Hello, 1996!", "--include",
                  f"localhost:{shared_server.port}")
    assert result.returncode == 0
    head, _, body = result.stdout.partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in head
    assert body == b"Hello, 1996!"


def test_head(shared_server):
    result = curl("--head", f"localhost:{shared_server.port}")
    assert result.returncode == 0
    assert result.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert re.search(rb"\r\nContent-Length: [1-9]", result.stdout)


def test_get_shows_the_request(shared_server):
    url = f"localhost:{shared_server.port}/any/path?query"
    fields = ["--header", "x-CASE:  kept", "--header", "X-Case: twice"]
    text = curl(*fields, url)
    assert text.returncode == 0
    assert text.stdout.startswith(b"GET /any/path?query HTTP/1.1\r\nHost: ")
    assert b"\r\nx-CASE:  kept\r\nX-Case: twice\r\n" in text.stdout
    reflection = json.loads(curl("--header", "Accept: application/json", *fields, url).stdout)
    assert reflection["target"] == "/any/path?query"
    assert [field["raw"] for field in reflection["headers"]][-2:] == ["x-CASE:  kept",
                                                                     "X-Case: twice"]
    assert reflection["connection"]["local"] == f"127.0.0.1:{shared_server.port}"
    assert reflection["connection"]["tcp_info"]["mss"] > 0


def test_raw_gives_the_exact_bytes(shared_server):
    request = (b"POST /raw HTTP/1.1\r\nHost:h\r\nTransfer-Encoding: Chunked\r\n\r\n"
               b"05;a=b\r\nhello\r\n0\r\nX-Trailer:1\r\n\r\n")
    connection = http.client.HTTPConnection("127.0.0.1", shared_server.port, timeout=PATIENCE_S)
    connection.connect()
    connection.sock.sendall(request)
    response = http.client.HTTPResponse(connection.sock, method="POST")
    response.begin()
    assert response.read() == request
    connection.close()


def test_expect_100_continue(shared_server, tmp_path):
    path = tmp_path / "two-megabytes"
    path.write_bytes(os.urandom(2 << 20))
    # curl asks by itself above 1 MiB; without an answer it would wait for the timeout given here.
    result = curl("--data-binary", f"@{path}", "--verbose", "--expect100-timeout", PATIENCE_S,
                  "--header", "Expect: 100-continue", f"localhost:{shared_server.port}",
                  timeout=PATIENCE_S / 2)
    assert result.returncode == 0
    assert b"> Expect: 100-continue" in result.stderr
    assert b"< HTTP/1.1 100 Continue" in result.stderr
    assert result.stdout == path.read_bytes()


def test_keep_alive(server):
    url = f"localhost:{server.port}"
    result = curl("--data", "x", url, f"{url}/again", "--verbose")
    assert (result.returncode, result.stdout) == (0, b"xx")
    assert re.search(rb"Re-using existing connection", result.stderr)
    closing = server.wait_log(r"Connection closed .*$").group()
    assert ", 2 requests, " in closing
    assert server.log.count("Connection established") == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_large_upload(shared_server, large_file, tmp_path, chunked):
    out = tmp_path / "out"
    arguments = ["--header", "Transfer-Encoding: chunked"] if chunked else []
    result = curl("--upload-file", large_file, "--output", out, *arguments,
                  f"http://localhost:{shared_server.port}/x")
    assert result.returncode == 0, result.stderr
    assert digest(out) == digest(large_file)


def test_a_session_of_http_client(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    connection.connect()
    first_socket = connection.sock
    for method, body, options in [
            ("POST", b"hello", {}),
            ("PUT", b"x" * 100_000, {}),
            ("GET", None, {}),
            ("POST", iter([b"one ", b"two ", b"three"]), {"encode_chunked": True}),
            ("HEAD", None, {}),
            ("DELETE", None, {}),
            ("POST", b"", {}),
    ]:
        headers = {"Content-Type": "text/plain"}
        if options:
            headers["Transfer-Encoding"] = "chunked"
        connection.request(method, "/some/path", body=body, headers=headers, **options)
        response = connection.getresponse()
        received = response.read()
        assert response.status == 200
        if body is None:
            assert method == "HEAD" or json.loads(received)["method"] == method
        else:
            assert received == (b"one two three" if options else body), method
        assert response.getheader("Date").endswith(" GMT")
        assert connection.sock is first_socket, "the connection is kept"
    connection.close()
    server.wait_log(r"Connection closed \(.*, 7 requests, ")


def test_pipelining(shared_server):
    requests = b"".join(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n%03d" % i
                        for i in range(100))
    received = raw(shared_server, requests)
    assert re.findall(rb"\r\n\r\n(\d\d\d)", received) == [b"%03d" % i for i in range(100)]
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 100


def test_408(echod, engine):
    server = echod("--engine", engine, "--header-timeout", "200ms", "--detect-timeout", "10s",
                   listen=["http://127.0.0.1:0"])
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n")
        received = receive_all(connection)
    assert received.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"\r\nConnection: close\r\n" in received


def test_a_body_that_stops(echod, engine):
    """What came of it comes back, then the idle timeout ends it, and not the head's deadline."""
    server = echod("--engine", engine, "--idle-timeout", "300ms", "--header-timeout", "100ms")
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
        received = http_peer.wait_for_end(connection)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n") and received.endswith(b"\r\n\r\nhalf")
    server.wait_log("Idle timeout after 300ms, connection closed")
