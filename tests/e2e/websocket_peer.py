"""A WebSocket client that sends anything and takes only what is right.

A library keeps its user from breaking the rules, and joins the frames of a message; this client
sends frames with any bits, or any bytes at all, and hands out frames as they came. What it receives
it reads as strictly as RFC 6455 can be read: a server's frame that is masked, has a bit it may not
have, a length that is not in its shortest form, text that is not UTF-8, or anything behind a close
frame, fails the test.

Nothing blocks: while it sends it also takes in what comes, so a server that stops reading until its
echoes are taken does not stop it; and every wait ends after support.PATIENCE_S.
"""

import codecs
import select
import socket
import struct
import time
from typing import NamedTuple

import websocket_handshake
from support import PATIENCE_S
from websocket_deflate import Deflate

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}

MASK = b"\x37\xfa\x21\x3d"  # that of the examples in RFC 6455 section 5.7

RSV1 = 4  # of the three reserved bits, the one that says "compressed" (RFC 7692)

NO_STATUS = 1005  # what stands here for a close frame without a code
SENDABLE_CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}

RECEIVE_SIZE = 1 << 18  # bytes
SEND_SIZE = 1 << 18


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True
    rsv: int = 0


class Message(NamedTuple):
    """A whole message, a ping or a pong: `kind` is one of NAMES."""
    kind: str
    payload: bytes


class Closed(NamedTuple):
    code: int
    reason: str = ""


def apply_mask(payload, mask):
    """As one long number, which is quick for megabytes too."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")


def encode(opcode, payload=b"", *, fin=True, rsv=0, mask=MASK, declared=None, length_size=None):
    """A frame's bytes. `mask` as None leaves it unmasked; `declared` is the payload's size as the
    head says it, `length_size` (0, 2 or 8) the form to say it in."""
    size = len(payload) if declared is None else declared
    if length_size is None:
        length_size = 0 if size < 126 else 2 if size < 1 << 16 else 8
    short = {0: size, 2: 126, 8: 127}[length_size]
    extended = {0: b"", 2: struct.pack(">H", size & 0xffff), 8: struct.pack(">Q", size)}
    head = bytes([fin << 7 | rsv << 4 | opcode, (mask is not None) << 7 | short])
    head += extended[length_size]
    if mask is None:
        return head + payload
    return head + mask + apply_mask(payload, mask)


def encode_close(code=None, reason=b""):
    return encode(CLOSE, b"" if code is None else struct.pack(">H", code) + reason)


def fragments(payload, size):
    """Cuts it in pieces of `size` bytes; an empty one is one piece."""
    return [payload[i:i + size] for i in range(0, len(payload), size)] or [b""]


def encode_fragmented(opcode, parts, *, rsv=0):
    """The frames of one message, a list of bytes."""
    last = len(parts) - 1
    return [encode(CONTINUATION if i else opcode, part, fin=i == last, rsv=0 if i else rsv)
            for i, part in enumerate(parts)]


class Peer:
    """A connection whose handshake is done. `deflate` is what to offer in the field of extensions;
    the attribute of that name compresses and reads messages, and is None where none was offered or
    the server declined. Where the offer is against the rules, give it with `fields`; not `strict`
    leaves the answer to it to the caller.
    """

    def __init__(self, server, *, target="/", fields=(), deflate=None, strict=True):
        self.received = bytearray()
        self.ended = False
        self.close_received = False
        self.deflate = None
        self.begun = None  # the opcode of the message under way
        self.compressed = False
        self.parts = []
        self.connection = server.connect()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.setblocking(False)
        try:
            if deflate is not None:
                fields = [*fields, ("Sec-WebSocket-Extensions", deflate)]
            self.send_bytes(websocket_handshake.request(target, fields))
            self.answer = websocket_handshake.Answer(self._take_head())
            self.answer.check()
            agreed = self.answer.value("Sec-WebSocket-Extensions")
            assert agreed is None or deflate is not None or not strict, agreed
            if agreed is not None and strict:
                self.deflate = Deflate(deflate, agreed)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    # --- Bytes ----------------------------------------------------------------------------------

    def send_bytes(self, data, chop=SEND_SIZE):
        """Sends `data`, at most `chop` bytes with each call of the kernel."""
        data = memoryview(data)
        for begin in range(0, len(data), chop):
            piece = data[begin:begin + chop]
            while piece:
                piece = piece[self._send_some(piece):]

    def _send_some(self, piece):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.connection.send(piece)
            except BlockingIOError:
                self._wait(select.POLLOUT | (0 if self.ended else select.POLLIN), deadline)
                self._receive_what_is_there()

    def _wait(self, events, deadline):
        poller = select.poll()
        poller.register(self.connection, events)
        left_s = deadline - time.monotonic()
        assert left_s > 0 and poller.poll(left_s * 1000), f"nothing moved for {PATIENCE_S} s"

    def _receive_what_is_there(self):
        try:
            more = self.connection.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return
        self.received += more
        self.ended = self.ended or not more

    def _need(self, size):
        """Waits until there are `size` bytes."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.received) < size:
            assert not self.ended, f"the stream ended behind {bytes(self.received)[:100]!r}"
            self._wait(select.POLLIN, deadline)
            self._receive_what_is_there()

    def _take(self, size):
        self._need(size)
        taken = bytes(self.received[:size])
        del self.received[:size]
        return taken

    def _take_head(self):
        end = -1
        while end < 0:
            self._need(len(self.received) + 1)
            end = self.received.find(b"\r\n\r\n")
        return self._take(end + 4)

    def expect_end(self):
        """Expects the end of the stream, in order and with nothing before it."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.ended and not self.received:
            self._wait(select.POLLIN, deadline)
            self._receive_what_is_there()  # a reset is an error
        assert not self.received, f"behind the end: {bytes(self.received)[:100]!r}"

    # --- Frames ---------------------------------------------------------------------------------

    def send(self, opcode, payload=b"", **bits):
        """Sends one frame; for `bits` see encode()."""
        self.send_bytes(encode(opcode, payload, **bits))

    def send_all(self, frames):
        self.send_bytes(b"".join(frames))

    def receive(self):
        """The next frame, having checked everything that one frame can have wrong."""
        assert not self.close_received, "nothing comes behind a close frame"
        first, second = self._take(2)
        assert not second & 0x80, "a server masks no frame"
        size = second & 0x7f
        if size == 126:
            size, = struct.unpack(">H", self._take(2))
            assert size >= 126, f"{size} in two bytes"
        elif size == 127:
            size, = struct.unpack(">Q", self._take(8))
            assert 1 << 16 <= size < 1 << 63, f"{size} in eight bytes"
        frame = Frame(first & 0x0f, self._take(size), bool(first & 0x80), first >> 4 & 7)
        self._check(frame)
        return frame

    def _check(self, frame):
        if frame.opcode in (CLOSE, PING, PONG):
            assert frame.fin and frame.rsv == 0 and len(frame.payload) <= 125, frame
            self.close_received = frame.opcode == CLOSE
            return
        assert frame.opcode in (CONTINUATION, TEXT, BINARY), frame[:1]
        assert (frame.opcode == CONTINUATION) == (self.begun is not None), "out of order"
        if frame.opcode != CONTINUATION:
            self.begun = frame.opcode
            self.compressed = frame.rsv == RSV1
            self.utf8 = codecs.getincrementaldecoder("utf-8")()
        allowed = (0, RSV1) if self.deflate and frame.opcode != CONTINUATION else (0,)
        assert frame.rsv in allowed, f"reserved bits {frame.rsv}"
        if self.begun == TEXT and not self.compressed:
            self.utf8.decode(frame.payload, final=frame.fin)
        if frame.fin:
            self.finished, self.begun = self.begun, None

    def event(self):
        """The next Message, its frames joined and its text checked, or Closed."""
        while True:
            frame = self.receive()
            if frame.opcode == CLOSE:
                return parse_close(frame.payload)
            if frame.opcode in (PING, PONG):
                return Message(NAMES[frame.opcode], frame.payload)
            self.parts.append(frame.payload)
            if frame.fin:
                payload, self.parts = b"".join(self.parts), []
                if self.compressed:
                    payload = self.deflate.inflate(payload)
                    if self.finished == TEXT:
                        payload.decode("utf-8")
                return Message(NAMES[self.finished], payload)

    def expect(self, *events):
        for wanted in events:
            event = self.event()
            assert event == wanted, f"{str(event)[:200]} instead of {str(wanted)[:200]}"

    # --- The end --------------------------------------------------------------------------------

    def close(self, code=1000, reason=""):
        """The closing handshake from this side: the same code comes back, and then the end."""
        self.send_bytes(encode_close(code, reason.encode()))
        self.expect_closed(code or NO_STATUS)

    def expect_closed(self, code):
        """Expects the answer to our close frame and the end of the stream."""
        closed = self.event()
        assert isinstance(closed, Closed) and closed.code == code, closed
        self.expect_end()

    def expect_failed(self, code):
        """Expects that the server closes, and answers as an obedient client. Returns Closed."""
        closed = self.event()
        assert isinstance(closed, Closed) and closed.code == code, closed
        self.send_bytes(encode_close(code))
        self.expect_end()
        return closed


def parse_close(payload):
    if not payload:
        return Closed(NO_STATUS)
    assert len(payload) >= 2, f"a close frame of {payload!r}"
    code, = struct.unpack(">H", payload[:2])
    assert code in SENDABLE_CODES, f"close code {code}"
    return Closed(code, payload[2:].decode("utf-8"))
