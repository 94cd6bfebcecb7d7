"""Which requests become WebSockets, which are refused, and which stay ordinary; and how clients are
sent away when the server stops."""

import asyncio
import json
import signal

import pytest
import websockets

import websocket_handshake
from support import PATIENCE_S, receive_all
from websocket_peer import (CONTINUATION, TEXT, Closed, Frame, Message, Peer, encode_close)

TWO_KEYS = [("Sec-WebSocket-Key", websocket_handshake.KEY)]


def ask(server, *arguments, **changed):
    """Sends a request, and returns the Answer and its body."""
    with server.connect() as connection:
        connection.sendall(websocket_handshake.request(*arguments, **changed))
        connection.shutdown(1)
        head, _, body = receive_all(connection).partition(b"\r\n\r\n")
    return websocket_handshake.Answer(head + b"\r\n\r\n"), body


REFUSALS = {
    "no key": (400, {"Sec_WebSocket_Key": None}),
    "empty key": (400, {"Sec_WebSocket_Key": ""}),
    "key of 15 bytes": (400, {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAA"}),
    "key of 17 bytes": (400, {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAAA="}),
    "key that is not base64": (400, {"Sec_WebSocket_Key": "????????????????????????"}),
    "key twice": (400, {"fields": TWO_KEYS}),
    "broken extensions": (400, {"Sec_WebSocket_Extensions": "permessage-deflate; ="}),
    "no host": (400, {"Host": None}),
    "version 8": (426, {"Sec_WebSocket_Version": "8"}),
    "version 14": (426, {"Sec_WebSocket_Version": "14"}),
    "version 013": (426, {"Sec_WebSocket_Version": "013"}),
    "no version": (426, {"Sec_WebSocket_Version": None}),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(shared_server, case):
    status, changed = REFUSALS[case]
    answer, body = ask(shared_server, **changed)
    assert answer.status == status
    assert "close" in answer.value("Connection").split(", ")
    assert int(answer.value("Content-Length")) == len(body)
    assert answer.value("Sec-WebSocket-Accept") is None


def test_another_version_is_told_ours(shared_server):
    answer, _ = ask(shared_server, Sec_WebSocket_Version="8")
    assert answer.value("Sec-WebSocket-Version") == "13"
    assert answer.value("Upgrade") == "websocket"
    assert "Upgrade" in answer.value("Connection").split(", ")


ACCEPTED = {
    "no body, said in a field": {"Content_Length": "0"},
    "case of the tokens": {"Upgrade": "WebSocket", "Connection": "UPGRADE"},
    "lists": {"Upgrade": "h2c, websocket", "Connection": "keep-alive, Upgrade"},
    "an extension of another name": {"Sec_WebSocket_Extensions": "x-other; a=1; b"},
    "a parameter in quotes": {
        "Sec_WebSocket_Extensions": 'permessage-deflate; server_max_window_bits="10"'},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(shared_server, case):
    answer, _ = ask(shared_server, **ACCEPTED[case])
    answer.check()


ORDINARY = {
    "HTTP/1.0": {"version": "HTTP/1.0"},
    "h2c": {"Upgrade": "h2c"},
    "no upgrade": {"Upgrade": None},
    "no connection": {"Connection": "close"},
    "a longer token": {"Upgrade": "websockets"},
    "another method": {"method": "OPTIONS"},
}


@pytest.mark.parametrize("case", ORDINARY)
def test_ordinary_requests(shared_server, case):
    answer, body = ask(shared_server, "/x", fields=[("Accept", "application/json")],
                       **ORDINARY[case])
    assert answer.status == 200
    assert json.loads(body)["target"] == "/x"


def test_post_with_a_body_is_ordinary(shared_server):
    answer, body = ask(shared_server, method="POST", body=b"hello", Content_Length="5")
    assert (answer.status, body) == (200, b"hello")


def test_websocket_behind_an_ordinary_request(shared_server):
    """On a connection that is kept, also where the two come together."""
    first = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    with shared_server.connect() as connection:
        connection.sendall(first + websocket_handshake.request() + encode_close(1000))
        received = receive_all(connection)
    _, _, rest = received.partition(b"\r\n\r\nhi")
    head, _, frames = rest.partition(b"\r\n\r\n")
    websocket_handshake.Answer(head + b"\r\n\r\n").check()
    assert frames == b"\x88\x02\x03\xe8"


# --- The server stops ---------------------------------------------------------------------------


@pytest.fixture
def server(echod, engine):
    return echod("--engine", engine, "--drain-timeout", "60s")


def test_stop_with_an_idle_client(server):
    with Peer(server) as peer:
        peer.send(TEXT, b"before")
        peer.expect(Message("text", b"before"))
        server.signal(signal.SIGTERM)
        closed = peer.event()
        assert closed == Closed(1001, "server shutting down")
        peer.send_bytes(encode_close(1001))
        peer.expect_end()
    assert server.wait() == 0


def test_stop_with_an_idle_client_of_the_library(server):
    async def conversation():
        url = f"ws://127.0.0.1:{server.port}/"
        async with websockets.connect(url, open_timeout=PATIENCE_S) as client:
            await client.send("before")
            assert await client.recv() == "before"
            server.signal(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosedOK) as closed:
                await client.recv()
            assert closed.value.rcvd.code == 1001

    asyncio.run(asyncio.wait_for(conversation(), PATIENCE_S))
    assert server.wait() == 0


def test_stop_lets_a_message_finish(server):
    with Peer(server) as peer:
        peer.send(TEXT, b"begun, ", fin=False)
        assert peer.receive() == Frame(TEXT, b"begun, ", False)
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down")
        peer.send(CONTINUATION, b"ended")
        assert peer.receive() == Frame(CONTINUATION, b"ended")
        assert peer.event().code == 1001
        peer.send_bytes(encode_close(1001))
        peer.expect_end()
    assert server.wait() == 0
