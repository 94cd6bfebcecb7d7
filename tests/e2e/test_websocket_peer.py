"""The WebSocket client of these tests is only worth something if it refuses what is wrong: here it
is given servers that break one rule each."""

import random
import socket
import zlib

import pytest

from support import reset
from websocket_handshake import ACCEPT
from websocket_peer import (BINARY, CLOSE, CONTINUATION, PING, RSV1, TEXT, Message, Peer, encode)

OFFER = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"
AGREED = OFFER + "; client_no_context_takeover"


def server_frame(opcode, payload=b"", **bits):
    return encode(opcode, payload, **{"mask": None, **bits})


CLOSE_1000 = server_frame(CLOSE, b"\x03\xe8")


def end_in_order(connection):
    connection.shutdown(socket.SHUT_WR)


class Script:
    """A server that says what it was told to, and ends."""

    def __init__(self, said, *, accept=ACCEPT, extensions=None, end=end_in_order):
        head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Accept: {accept}"]
        if extensions:
            head.append(f"Sec-WebSocket-Extensions: {extensions}")
        self.said = "\r\n".join(head).encode() + b"\r\n\r\n" + said
        self.end = end

    def connect(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = socket.create_connection(listener.getsockname())
            self.accepted, _ = listener.accept()
        self.accepted.sendall(self.said)
        self.end(self.accepted)
        return client


def take_all(server, **options):
    """Everything up to a close frame and the end, as the tests of echod do."""
    try:
        with Peer(server, **options) as peer:
            events = []
            while not peer.close_received:
                events.append(peer.event())
            peer.expect_end()
        return events
    finally:
        server.accepted.close()


def compressed(payload, wbits=-9):
    compressor = zlib.compressobj(wbits=wbits)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_what_is_right_is_taken():
    said = server_frame(TEXT, "\u20ac".encode()) + server_frame(PING, b"p") + CLOSE_1000
    events = take_all(Script(said))
    assert events[:2] == [Message("text", "\u20ac".encode()), Message("ping", b"p")]
    assert events[2] == (1000, "")


def test_what_is_right_is_taken_compressed():
    payload = b"The same again. " * 100
    said = server_frame(BINARY, compressed(payload), rsv=RSV1) + CLOSE_1000
    events = take_all(Script(said, extensions=AGREED), deflate=OFFER)
    assert events == [Message("binary", payload), (1000, "")]


WRONG = {
    "masked": encode(TEXT, b"x"),
    "reserved bit": server_frame(TEXT, b"x", rsv=1),
    "compressed where that was not agreed on": server_frame(TEXT, b"x", rsv=RSV1),
    "reserved opcode": server_frame(3),
    "length in two bytes": server_frame(TEXT, b"x" * 125, length_size=2),
    "length in eight bytes": server_frame(TEXT, b"x" * 65535, length_size=8),
    "ping in fragments": server_frame(PING, fin=False),
    "long ping": server_frame(PING, b"x" * 126),
    "continuation of nothing": server_frame(CONTINUATION),
    "new message inside a fragmented message": server_frame(TEXT, fin=False) + server_frame(TEXT),
    "text that is not UTF-8": server_frame(TEXT, b"\xff"),
    "text that ends too early": server_frame(TEXT, b"\xe2\x82"),
    "the same in fragments":
        server_frame(TEXT, b"\xe2\x82", fin=False) + server_frame(CONTINUATION),
    "the end inside a frame": server_frame(TEXT, b"x" * 10)[:5],
    "no close frame": server_frame(TEXT, b"x"),
    "close of one byte": server_frame(CLOSE, b"x"),
    "close code that is never sent": server_frame(CLOSE, b"\x03\xed"),
    "reason that is not UTF-8": server_frame(CLOSE, b"\x03\xe8\xff"),
    "a frame behind the close": CLOSE_1000 + server_frame(TEXT, b"x"),
    "a byte behind the close": CLOSE_1000 + b"x",
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_frames(case):
    said = WRONG[case] + (b"" if "end" in case or "no close" in case else CLOSE_1000)
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        take_all(Script(said))


def test_reset_instead_of_an_end():
    with pytest.raises(ConnectionResetError):
        take_all(Script(CLOSE_1000, end=reset))


@pytest.mark.parametrize("extensions, deflate", [
    (AGREED, None),
    ("permessage-deflate", OFFER),
    ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10", OFFER),
    (OFFER + "; client_max_window_bits=15", OFFER),
    (OFFER + "; unknown", OFFER),
    (AGREED + "; client_no_context_takeover", OFFER),
])
def test_wrong_agreements(extensions, deflate):
    with pytest.raises(AssertionError):
        take_all(Script(CLOSE_1000, extensions=extensions), deflate=deflate)


def test_wrong_key():
    with pytest.raises(AssertionError):
        take_all(Script(CLOSE_1000, accept=ACCEPT[::-1]))


def test_window_larger_than_agreed_on():
    """A repetition 700 bytes back, where the window has 512."""
    noise = random.Random(700).randbytes(700)
    said = server_frame(BINARY, compressed(noise + noise, wbits=-15), rsv=RSV1) + CLOSE_1000
    with pytest.raises(zlib.error):
        take_all(Script(said, extensions=AGREED), deflate=OFFER)


def test_reference_to_an_earlier_message():
    compressor = zlib.compressobj(wbits=-9)
    said = b""
    for _ in range(2):
        data = compressor.compress(b"said before") + compressor.flush(zlib.Z_SYNC_FLUSH)
        said += server_frame(BINARY, data[:-4], rsv=RSV1)
    with pytest.raises(zlib.error):
        take_all(Script(said + CLOSE_1000, extensions=AGREED), deflate=OFFER)


def test_compressed_continuation():
    said = server_frame(BINARY, b"a", fin=False) + server_frame(CONTINUATION, b"b", rsv=RSV1)
    with pytest.raises(AssertionError):
        take_all(Script(said + CLOSE_1000, extensions=AGREED), deflate=OFFER)
