"""WebSocket echoes on every engine: with the websockets library, and frame by frame."""

import asyncio
import itertools
import random

import pytest
import websockets

from support import PATIENCE_S, SANITIZED
from websocket_handshake import Answer, request
from websocket_peer import (BINARY, CONTINUATION, PING, PONG, RSV1, TEXT, Frame, Message, Peer,
                            encode, encode_close, encode_fragmented, fragments)

MIB = 1 << 20
SIZES = [0, 1, 125, 126, 127, 65535, 65536, MIB, MIB // 4 if SANITIZED else 4 * MIB]
SAMPLE = random.Random(6455).randbytes(4096)


def sized(size, kind):
    """Random enough to show a moved piece, repeated so that compression has its part."""
    if kind is bytes:
        return (SAMPLE * (size // len(SAMPLE) + 1))[:size]
    text = "".join(chr(0x20 + byte % 0x5f) for byte in SAMPLE[:-2]) + "\u00e9\u20ac"
    return (text * (size // len(text) + 1))[:size]


def talk(server, conversation, *, target="/", **options):
    """Runs conversation(client), a coroutine, on a connection of the websockets library."""
    async def connected():
        url = f"ws://127.0.0.1:{server.port}{target}"
        async with websockets.connect(url, max_size=None, open_timeout=PATIENCE_S,
                                      close_timeout=PATIENCE_S, **options) as client:
            return await conversation(client)

    return asyncio.run(asyncio.wait_for(connected(), PATIENCE_S))


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("kind", [str, bytes])
def test_sizes(shared_server, kind, compression):
    async def conversation(client):
        assert bool(client.extensions) == (compression is not None)
        for size in SIZES:
            message = sized(size, kind)
            await client.send(message)
            echo = await client.recv()
            assert type(echo) is kind and echo == message, size

    talk(shared_server, conversation, compression=compression)


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_messages_in_flight(shared_server, compression):
    """Many before the first is awaited; they come back in their order."""
    async def conversation(client):
        messages = [sized(i * 97 % 5000, [str, bytes][i % 2]) for i in range(100)]
        sending = asyncio.ensure_future(send_all(client, messages))
        assert [await client.recv() for _ in messages] == messages
        await sending

    async def send_all(client, messages):
        for message in messages:
            await client.send(message)

    talk(shared_server, conversation, compression=compression)


def test_fragments_of_the_library(shared_server):
    async def conversation(client):
        await client.send(iter(["one ", "", "two \u20ac ", "three"]))
        assert await client.recv() == "one two \u20ac three"
        await client.send(iter([b"\x00", b"\xff"]))
        assert await client.recv() == b"\x00\xff"

    talk(shared_server, conversation)


def test_ping_of_the_library(shared_server):
    async def conversation(client):
        answered = [await client.ping(data) for data in ("", "payload", b"\x00" * 125)]
        await asyncio.gather(*answered)

    talk(shared_server, conversation)


@pytest.mark.parametrize("offered, chosen", [
    (["chat"], "chat"), (["superchat", "chat"], "superchat"), (None, None)])
def test_subprotocol(shared_server, offered, chosen):
    async def conversation(client):
        await client.send("x")
        assert await client.recv() == "x"
        return client.subprotocol

    assert talk(shared_server, conversation, subprotocols=offered) == chosen


@pytest.mark.parametrize("target", ["/", "/any/path", "/a%20b?query=1&x=%00", "/reflect", "/raw"])
def test_any_path(shared_server, target):
    async def conversation(client):
        await client.send(target)
        assert await client.recv() == target

    talk(shared_server, conversation, target=target)


@pytest.mark.parametrize("code, reason", [
    (1000, ""), (1001, "going"), (1011, "broken \u20ac"), (3000, "x" * 123), (4999, "")])
def test_close_of_the_library(shared_server, code, reason):
    async def conversation(client):
        await client.close(code, reason)
        assert client.close_rcvd.code == code
        assert client.close_rcvd_then_sent is False

    talk(shared_server, conversation)


# --- Frame by frame -----------------------------------------------------------------------------


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_frames_come_back_as_they_were(shared_server, opcode):
    pieces = [[b"whole"], [b""], [b"a", b"b"], [b"", b"", b""], [b"x" * 126, b"", b"y" * 65536],
              [b"z" * 300_000, b"q"], [b"%d" % i for i in range(200)]]
    with Peer(shared_server) as peer:
        for parts in pieces:
            peer.send_all(encode_fragmented(opcode, parts))
            last = len(parts) - 1
            expected = [Frame(CONTINUATION if i else opcode, part, i == last)
                        for i, part in enumerate(parts)]
            assert [peer.receive() for _ in parts] == expected
        peer.close()


def test_compressed_frames_come_back_as_they_were(shared_server):
    """With no memory between messages on either side nothing has to be compressed anew."""
    offer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    message = sized(100_000, bytes)
    with Peer(shared_server, deflate=offer) as peer:
        for cut in (1, 7, 1000, 100_000):
            parts = fragments(peer.deflate.compress(message[:500 * cut]), cut)
            peer.send_all(encode_fragmented(BINARY, parts, rsv=RSV1))
            frames = [peer.receive() for _ in parts]
            assert [frame.payload for frame in frames] == parts
            assert [frame.rsv for frame in frames] == [RSV1] + [0] * (len(parts) - 1)
        peer.close()


def test_ping_inside_a_message(shared_server):
    """Its payload comes back between the fragments, where it was."""
    with Peer(shared_server) as peer:
        peer.send_all([encode(TEXT, b"one ", fin=False), encode(PING, b"\x00payload"),
                       encode(CONTINUATION, b"two ", fin=False), encode(PONG, b"unasked"),
                       encode(PING), encode(CONTINUATION, b"three")])
        assert [peer.receive() for _ in range(5)] == [
            Frame(TEXT, b"one ", False), Frame(PONG, b"\x00payload"),
            Frame(CONTINUATION, b"two ", False), Frame(PONG, b""), Frame(CONTINUATION, b"three")]
        peer.close()


@pytest.mark.parametrize("mask", [b"\x00" * 4, b"\xff" * 4, b"\x01\x00\x00\x00"])
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_masks(shared_server, mask, cut):
    payload = sized(2000, bytes)
    with Peer(shared_server) as peer:
        peer.send_bytes(encode(BINARY, payload, mask=mask) * 2, chop=cut)
        peer.expect(*[Message("binary", payload)] * 2)
        peer.close()


def test_two_hundred_pipelined(shared_server):
    """All of them, and the close frame, before anything is read."""
    payloads = [b"%03d" % i + SAMPLE[:i * 10] for i in range(200)]
    with Peer(shared_server) as peer:
        peer.send_all([*(encode(BINARY, payload) for payload in payloads), encode_close(1000)])
        peer.expect(*[Message("binary", payload) for payload in payloads])
        peer.expect_closed(1000)


def test_messages_come_with_the_handshake(shared_server):
    """A client that does not wait for the answer: its first message is in the same segment."""
    with shared_server.connect() as connection:
        connection.sendall(request() + encode(TEXT, b"early"))
        received = b""
        while not received.endswith(b"early"):
            more = connection.recv(4096)
            assert more, received
            received += more
    head, _, frame = received.partition(b"\r\n\r\n")
    Answer(head + b"\r\n\r\n").check()
    assert frame == encode(TEXT, b"early", mask=None)


FAILURES = {
    "unmasked": (encode(TEXT, b"x", mask=None), 1002),
    "length in too many bytes": (encode(TEXT, b"x" * 125, length_size=2), 1002),
    "length in eight bytes": (encode(TEXT, b"x" * 65535, length_size=8), 1002),
    "length with its top bit": (encode(TEXT, declared=1 << 63), 1002),
    "frame over the limit": (encode(BINARY, declared=(64 << 20) + 1), 1009),
    "ping with a long length": (encode(PING, b"x" * 100, length_size=2), 1002),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failures(shared_server, case):
    data, code = FAILURES[case]
    with Peer(shared_server) as peer:
        peer.send(TEXT, b"before")
        peer.send_bytes(data)
        peer.expect(Message("text", b"before"))
        assert peer.expect_failed(code).reason


def test_message_over_the_limit_in_fragments(shared_server):
    """64 MiB together, of which hardly anything has to be sent: sizes are judged by their heads."""
    head = encode(BINARY, b"x", fin=False)
    with Peer(shared_server) as peer:
        peer.send_bytes(head + encode(CONTINUATION, declared=64 << 20))
        assert peer.receive() == Frame(BINARY, b"x", False)
        peer.expect_failed(1009)


def test_what_follows_a_failure_is_not_read(shared_server):
    with Peer(shared_server) as peer:
        peer.send_all([encode(3), *itertools.repeat(encode(TEXT, b"later"), 100)])
        peer.expect_failed(1002)


def test_a_large_frame_that_is_wrong(shared_server):
    """Text larger than a buffer goes back as it comes; what shows that it is no text does not, and
    a frame that has begun cannot be taken back: the connection ends in the middle of it."""
    right = b"x" * 200_000
    with Peer(shared_server) as peer:
        with pytest.raises((AssertionError, ConnectionResetError)):
            peer.send_bytes(encode(TEXT, right + b"\xff" + right))
            peer.receive()
        assert len(peer.received) <= len(right) + 10
