"""HTTP/1 with programs and libraries of others, on every engine: curl with connections that it
keeps, h11 with requests in random pieces, and wrk, which looks at every response."""

import gzip
import json
import os
import pathlib
import random
import re
import select
import subprocess

import pytest

import http_peer
from http_peer import Exchange
from support import PATIENCE_S, SANITIZED, curl

WRK_SCRIPT = pathlib.Path(__file__).with_name("wrk_echo.lua")


def url(server, path="/"):
    return f"http://127.0.0.1:{server.port}{path}"


# --- curl ---------------------------------------------------------------------------------------


def test_curl_keeps_a_connection(shared_server, tmp_path):
    """Bodies of many sizes, by length and in chunks, on one connection."""
    sizes = [1, 100, 4095, 4096, 16383, 65536, 65537, 300_000]
    config, expected = [], []
    # curl 7.88 never ends an empty body in chunks; it is sent by its length alone.
    for number, size in enumerate([*sizes, 0, *sizes]):
        sent, received = tmp_path / f"sent{number}", tmp_path / f"received{number}"
        sent.write_bytes(os.urandom(size))
        if number:
            config.append("next")
        config += [f'url = "{url(shared_server)}"', f'output = "{received}"', "silent",
                   f'upload-file = "{sent}"', r'write-out = "%{http_code} %{num_connects}\n"']
        if number > len(sizes):
            config.append('header = "Transfer-Encoding: chunked"')
        expected.append((sent, received))
    result = curl("--config", "-", stdin=None, input="\n".join(config).encode())
    assert result.returncode == 0, result.stderr
    assert result.stdout.split(b"\n")[:-1] == [b"200 1"] + [b"200 0"] * (len(expected) - 1)
    for sent, received in expected:
        echoed = received.read_bytes() if received.exists() else b""  # curl creates no empty one
        assert echoed == sent.read_bytes()


def test_curl_head_and_get_in_turn(shared_server):
    """A body that followed an answer to HEAD would be taken for the next answer."""
    parts = []
    for path in ("/one", "/two", "/three"):
        parts += ["--head", url(shared_server, path), "--next", "--header",
                  "Accept: application/json", url(shared_server, path), "--next"]
    form = ["--silent", "--write-out", "\n%{num_connects}\n"]
    arguments = []
    for part in parts[:-1]:
        arguments += [part, *form] if part == "--next" else [part]
    result = curl(*form, *arguments)
    assert result.returncode == 0, result.stderr
    assert re.findall(rb'"target": "(.*)"', result.stdout) == [b"/one", b"/two", b"/three"]
    assert re.findall(rb"^\d$", result.stdout, re.M) == [b"1"] + [b"0"] * 5


def test_curl_with_http10_keeps_a_connection_when_asked(shared_server):
    result = curl("--http1.0", "--header", "Connection: keep-alive", "--data", "x", "--verbose",
                  url(shared_server), url(shared_server))
    assert (result.returncode, result.stdout) == (0, b"xx")
    assert b"Re-using existing connection" in result.stderr


def test_curl_chunks_and_waits_for_continue(shared_server, tmp_path):
    """A large body without a length, from standard input, held back until it is asked for."""
    body = os.urandom((1 if SANITIZED else 8) << 20)
    result = curl("--upload-file", "-", "--header", "Expect: 100-continue", "--verbose",
                  "--expect100-timeout", PATIENCE_S, url(shared_server), stdin=None, input=body,
                  timeout=PATIENCE_S / 2)
    assert result.returncode == 0, result.stderr
    assert b"> Transfer-Encoding: chunked" in result.stderr
    assert b"< HTTP/1.1 100 Continue" in result.stderr
    assert result.stdout == body


def test_curl_sees_each_piece_before_it_sends_the_next(shared_server):
    """A conversation in one request: what was typed is back before more is."""
    command = ["curl", "--silent", "--no-buffer", "--upload-file", ".", url(shared_server)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          bufsize=0) as process:
        try:
            for piece in (b"one", b"another", b"x" * 1000):
                process.stdin.write(piece)
                seen = b""
                while len(seen) < len(piece):
                    assert select.select([process.stdout], [], [], PATIENCE_S)[0], seen
                    seen += os.read(process.stdout.fileno(), 4096)
                assert seen == piece
            process.stdin.close()
            assert process.stdout.read() == b""
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def test_curl_compressed(shared_server):
    """Whatever a client would like to decode, a body comes back as it was."""
    body = os.urandom(1000) + bytes(100_000)
    result = curl("--compressed", "--data-binary", "@-", url(shared_server), stdin=None, input=body)
    assert (result.returncode, result.stdout) == (0, body)
    packed = gzip.compress(body)
    result = curl("--compressed", "--header", "Content-Encoding: gzip", "--data-binary", "@-",
                  url(shared_server), stdin=None, input=packed)
    assert result.returncode == 0 and result.stdout in (packed, body)
    result = curl("--compressed", "--header", "Accept: application/json", url(shared_server))
    fields = [field["name"] for field in json.loads(result.stdout)["headers"]]
    assert "Accept-Encoding" in fields


def test_curl_would_like_http2(shared_server):
    """It asks for an upgrade in passing, and is content without."""
    result = curl("--http2", "--data", "x", "--include", url(shared_server))
    assert result.returncode == 0
    assert result.stdout.startswith(b"HTTP/1.1 200 OK\r\n") and result.stdout.endswith(b"\r\n\r\nx")


# --- h11 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_h11_pipelines_in_random_pieces(shared_server, seed):
    rng = random.Random(seed)
    exchanges = [http_peer.random_exchange(rng, number) for number in range(30)]
    with shared_server.connect() as connection:
        http_peer.converse(connection, exchanges, rng)
        for each in exchanges:
            assert each.response.status_code == 200
            assert each.received == each.body
    # The generator is worth something only if there is one of each kind.
    assert {bool(each.header("Transfer-Encoding")) for each in exchanges} == {True, False}


def test_h11_one_byte_at_a_time(shared_server):
    exchanges = [Exchange("POST", "/", b"sized"), Exchange("GET", "/a"),
                 Exchange("POST", "/", chunks=[b"in ", b"chunks"], trailers=[("X-T", "1")])]
    data = b"".join(each.request for each in exchanges)
    with shared_server.connect() as connection:
        left = http_peer.exchange(connection, data, lambda: 1)
        for each in exchanges:
            left = each.read(connection, left)
    assert [bytes(each.received) for each in (exchanges[0], exchanges[2])] == [b"sized",
                                                                               b"in chunks"]


def test_h11_trailers(shared_server):
    """They are shown by /reflect, are part of /raw, and disturb no request behind them."""
    trailers = [("X-One", "1"), ("x-two", "2")]
    plain, shown, raw = [Exchange("POST", target, chunks=[b"body"], trailers=trailers,
                                  headers=[("Accept", "application/json")])
                         for target in ("/", "/reflect", "/raw")]
    last = Exchange("POST", "/", b"last")
    with shared_server.connect() as connection:
        http_peer.converse(connection, [plain, shown, raw, last])
    assert plain.received == b"body" and last.received == b"last"
    reflected = json.loads(shown.received)["body"]["trailers"]
    assert [field["raw"] for field in reflected] == ["X-One: 1", "x-two: 2"]
    assert raw.received == raw.request


def test_h11_waits_for_continue(shared_server):
    """Only a client that waits is told to go on; both ways the body comes back."""
    waiting = Exchange("POST", "/", b"patient", headers=[("Expect", "100-continue")])
    head, _, body = waiting.request.partition(b"\r\n\r\n")
    with shared_server.connect() as connection:
        connection.sendall(head + b"\r\n\r\n")
        continued = connection.recv(4096)
        assert continued == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert waiting.read(connection, continued) == b""
        hasty = Exchange("POST", "/", b"hasty", headers=[("Expect", "100-continue")])
        http_peer.converse(connection, [hasty])
    assert (waiting.interim, waiting.received) == (1, b"patient")
    assert (hasty.interim, hasty.received) == (0, b"hasty")


# --- wrk ----------------------------------------------------------------------------------------


def test_wrk(shared_server):
    """Bodies of several sizes, four requests at a time on each connection; the script compares."""
    sequential = "sequential" in shared_server.engine_line  # one connection at a time, for ever
    result = subprocess.run(["wrk", "--threads", "1", "--connections", "1" if sequential else "16",
                             "--duration", "1s", "--latency", "--timeout", f"{PATIENCE_S}s",
                             "--script", WRK_SCRIPT, url(shared_server, "/wrk")],
                            capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert result.returncode == 0, result.stderr
    assert "Socket errors" not in result.stdout, result.stdout
    assert "Non-2xx" not in result.stdout, result.stdout
    assert "99%" in result.stdout
    right, wrong = map(int, re.search(r"right (\d+) wrong (\d+)", result.stdout).groups())
    assert right > 0 and wrong == 0, result.stdout
