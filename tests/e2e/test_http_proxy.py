"""HAProxy in front of every engine: a proxy keeps its connections, sends the requests of many
clients over one, and is strict about what comes back. Every byte is compared."""

import http.client
import random

import pytest

import haproxy
import http_peer
from http_peer import Exchange
from support import PATIENCE_S, SANITIZED, curl
from websocket_peer import (BINARY, CONTINUATION, PING, RSV1, TEXT, Frame, Message, Peer, encode,
                            encode_fragmented)

@pytest.fixture(scope="module")
def proxy(shared_server, tmp_path_factory):
    proxy = haproxy.Proxy(tmp_path_factory.mktemp("haproxy"), port=shared_server.port)
    yield proxy
    proxy.close()


def test_clients_share_a_connection(proxy, shared_server):
    """Three clients, twenty requests each; the server sees one connection, or few."""
    rng = random.Random(7)
    before = shared_server.log.count("Connection established")
    for _ in range(3):
        client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE_S)
        for number in range(20):
            body = rng.randbytes(rng.choice([0, 1, 1000, 16384, 100_000]))
            chunked = number % 2 == 1
            if chunked:
                client.request("POST", f"/{number}", body=iter([body[:7], body[7:]]),
                               headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
            else:
                client.request("POST", f"/{number}", body=body)
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (200, body)
        client.close()
    # One, where HAProxy had no reason of its own to give it up.
    assert shared_server.log.count("Connection established") - before <= 10


def test_pipelined_requests_in_pieces(proxy):
    rng = random.Random(8)
    exchanges = [http_peer.random_exchange(rng, number) for number in range(30)]
    with proxy.connect() as connection:
        http_peer.converse(connection, exchanges, rng)
    for each in exchanges:
        assert (each.response.status_code, each.received) == (200, each.body)


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies(proxy, chunked):
    body = random.Random(9).randbytes((1 if SANITIZED else 16) << 20)
    arguments = ["--header", "Transfer-Encoding: chunked"] if chunked else []
    result = curl("--data-binary", "@-", "--header", "Expect: 100-continue", *arguments,
                  f"http://127.0.0.1:{proxy.port}/", stdin=None, input=body)
    assert result.returncode == 0, result.stderr
    assert result.stdout == body


def test_head_and_refusals(proxy):
    """What has no body, or ends the server's connection, is no trouble for those behind it."""
    for _ in range(3):
        head, refused, echo = (Exchange("HEAD", "/"), Exchange("TRACE", "/"),
                               Exchange("POST", "/", b"echo"))
        for each, status in ((head, 200), (refused, 405), (echo, 200)):
            with proxy.connect() as connection:
                http_peer.converse(connection, [each])
            assert each.response.status_code == status
        assert (head.received, echo.received) == (b"", b"echo")


@pytest.mark.parametrize("deflate", [None, "permessage-deflate; client_no_context_takeover"])
def test_websocket(proxy, deflate):
    payload = random.Random(10).randbytes(200_000)
    with Peer(proxy, deflate=deflate) as peer:
        peer.send_all([encode(TEXT, "one \u20ac ".encode(), fin=False), encode(PING, b"ping"),
                       encode(CONTINUATION, b"two")])
        assert [peer.receive() for _ in range(3)] == [
            Frame(TEXT, "one \u20ac ".encode(), False), Frame(10, b"ping"),
            Frame(CONTINUATION, b"two")]
        peer.send_all(encode_fragmented(BINARY, [payload[:100_000], payload[100_000:]]))
        peer.expect(Message("binary", payload))
        if deflate:
            assert peer.deflate, "the proxy passes the extension on"
            peer.send(BINARY, peer.deflate.compress(payload), rsv=RSV1)
            peer.expect(Message("binary", payload))
            assert peer.compressed
        peer.close(4000, "done")
