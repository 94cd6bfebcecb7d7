"""permessage-deflate on every engine: what is agreed on for each kind of offer, messages that are
compressed wrongly or not at all, and the library wsproto as another reader of all of it."""

import zlib

import pytest
import wsproto
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request,
                            TextMessage)
from wsproto.extensions import PerMessageDeflate

from support import PATIENCE_S
from websocket_deflate import TAIL
from websocket_peer import (BINARY, CONTINUATION, PING, RSV1, TEXT, Frame, Message, Peer, encode,
                            encode_fragmented, fragments)

OURS = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

# What is answered to an offer; None: no extension, and the messages go uncompressed.
ANSWERS = {
    "permessage-deflate": OURS,
    "permessage-deflate; client_max_window_bits": OURS,
    "permessage-deflate; client_max_window_bits=8": OURS + "; client_max_window_bits=8",
    "permessage-deflate; client_max_window_bits=15": OURS + "; client_max_window_bits=15",
    "permessage-deflate; server_no_context_takeover": OURS,
    "permessage-deflate; client_no_context_takeover": OURS,
    "permessage-deflate; server_max_window_bits=15": OURS + "; server_max_window_bits=15",
    "permessage-deflate; server_max_window_bits=9": OURS + "; server_max_window_bits=9",
    "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9":
        OURS + "; server_max_window_bits=10; client_max_window_bits=9",
    "permessage-deflate; server_max_window_bits=9; client_max_window_bits":
        OURS + "; server_max_window_bits=9",
    # A window that zlib cannot write: the next offer is taken, or none.
    "permessage-deflate; server_max_window_bits=8": None,
    "permessage-deflate; server_max_window_bits=8, permessage-deflate": OURS,
    # Offers that are well formed and mean nothing.
    "permessage-deflate; server_max_window_bits": None,
    "permessage-deflate; server_max_window_bits=7": None,
    "permessage-deflate; server_max_window_bits=16": None,
    "permessage-deflate; server_max_window_bits=09": None,
    "permessage-deflate; client_max_window_bits=7": None,
    "permessage-deflate; client_no_context_takeover=1": None,
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover": None,
    "permessage-deflate; unknown": None,
    "permessage-deflate; unknown, permessage-deflate; client_max_window_bits": OURS,
    "x-webkit-deflate-frame": None,
    "x-other; a=1, permessage-deflate": OURS,
}

REPEATED = b"The same again. " * 500


def answer_to(server, offer):
    """The answer's field. The strict reading of Peer is for offers that are right."""
    with Peer(server, fields=[("Sec-WebSocket-Extensions", offer)], strict=False) as peer:
        agreed = peer.answer.value("Sec-WebSocket-Extensions")
        peer.close()
    return agreed


@pytest.mark.parametrize("offer", ANSWERS)
def test_answers(shared_server, offer):
    assert answer_to(shared_server, offer) == ANSWERS[offer]


@pytest.mark.parametrize("offer", [offer for offer, answer in ANSWERS.items()
                                   if answer and "unknown" not in offer and "x-" not in offer])
def test_messages_keep_to_the_answer(shared_server, offer):
    """Three of the same: a server that went on referring to the first would be found out by a
    client that has forgotten it; and far apart, for small windows."""
    far = REPEATED[:600] + bytes(range(256)) * 130 + REPEATED[:600]
    with Peer(shared_server, deflate=offer) as peer:
        for payload in [REPEATED] * 3 + [b"", far, far, b""]:
            data = peer.deflate.compress(payload)
            peer.send_all(encode_fragmented(BINARY, [data[:5], data[5:]], rsv=RSV1))
            peer.expect(Message("binary", payload))
        peer.send(TEXT, b"not compressed")
        assert peer.receive() == Frame(TEXT, b"not compressed")
        peer.send(PING, b"nor is this")
        peer.expect(Message("pong", b"nor is this"))
        peer.close()


def raw_deflate(payload):
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-len(TAIL)]


def finished_deflate(payload):
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(payload) + compressor.flush() + b"\x00"


KEPT = {  # other forms of right ones
    "an empty message as one byte": (b"\x00", b""),
    "a stored block": (b"\x00\x05\x00\xfa\xffHello\x00", b"Hello"),
    "a block that says it is the last": (finished_deflate(b"Hello"), b"Hello"),
    "the example of RFC 7692": (b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"Hello"),
    "the example in two blocks":
        (b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", b"Hello"),
}


@pytest.mark.parametrize("offer", [OURS, OURS + "; server_max_window_bits=9"])
@pytest.mark.parametrize("case", KEPT)
def test_other_forms(shared_server, case, offer):
    data, payload = KEPT[case]
    with Peer(shared_server, deflate=offer) as peer:
        peer.send_bytes(encode(TEXT, data, rsv=RSV1) * 2)
        peer.expect(*[Message("text", payload)] * 2)
        peer.close()


WRONG = {
    "text that is not UTF-8": (encode(TEXT, raw_deflate(b"abc\xff"), rsv=RSV1), 1007),
    "text that ends too early": (encode(TEXT, raw_deflate(b"abc\xe2\x82"), rsv=RSV1), 1007),
    "no DEFLATE": (encode(BINARY, b"\xff" * 10, rsv=RSV1), 1007),
    "the middle of a block": (encode(BINARY, raw_deflate(REPEATED)[:20], rsv=RSV1), 1007),
    "a reference to nothing": (encode(BINARY, b"\x4b\x04\x62\x00", rsv=RSV1), 1007),
    "a continuation that says compressed": (
        encode(TEXT, b"a", fin=False) + encode(CONTINUATION, b"b", rsv=RSV1), 1002),
    "a compressed ping": (encode(PING, b"", rsv=RSV1), 1002),
    "another reserved bit": (encode(TEXT, raw_deflate(b"abc"), rsv=RSV1 | 1), 1002),
}


@pytest.mark.parametrize("offer", [OURS, OURS + "; server_max_window_bits=9"])
@pytest.mark.parametrize("case", WRONG)
def test_wrong_messages(shared_server, case, offer):
    data, code = WRONG[case]
    with Peer(shared_server, deflate=offer) as peer:
        peer.send_bytes(data)
        assert peer.expect_failed(code).reason


@pytest.mark.parametrize("offer", [OURS, OURS + "; server_max_window_bits=9"])
def test_bomb(shared_server, offer):
    """18 MiB in 18 KiB: a thousand bytes for each, where 200 are allowed beyond 16 MiB. The first
    of its fragments are no offence and may come back."""
    bomb = raw_deflate(bytes(18 << 20))
    with Peer(shared_server, deflate=offer) as peer:
        peer.send_all(encode_fragmented(BINARY, fragments(bomb, 6000), rsv=RSV1))
        assert peer.expect_failed(1009).reason


# --- Another reader: wsproto --------------------------------------------------------------------


class ProtoClient:
    """wsproto does no I/O: bytes go between it and the server."""

    def __init__(self, server, extensions):
        self.connection = server.connect()
        self.protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self.send(Request(host="h", target="/", extensions=extensions))
        accepted = self.event()
        assert isinstance(accepted, AcceptConnection), accepted
        self.extensions = accepted.extensions

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, event):
        self.connection.sendall(self.protocol.send(event))

    def event(self):
        self.connection.settimeout(PATIENCE_S)
        while True:
            for event in self.protocol.events():
                return event
            self.protocol.receive_data(self.connection.recv(65536) or None)


@pytest.mark.parametrize("compressed", [False, True])
def test_wsproto(shared_server, compressed):
    extensions = [PerMessageDeflate()] if compressed else []
    with ProtoClient(shared_server, extensions) as client:
        assert len(client.extensions) == len(extensions)
        client.send(TextMessage("one \u20ac ", message_finished=False))
        # Behind a pong inside a compressed message, wsproto 1.2.0 forgets that it is compressed.
        if not compressed:
            client.send(Ping(b"payload"))
        client.send(TextMessage("two", message_finished=True))
        client.send(BytesMessage(REPEATED))
        seen, text, binary = [], "", b""
        while len(binary) < len(REPEATED):
            event = client.event()
            assert isinstance(event, (TextMessage, BytesMessage, Pong)), event
            if isinstance(event, TextMessage):
                text += event.data
            elif isinstance(event, BytesMessage):
                binary += event.data
            else:
                seen.append(event.payload)
        assert seen == ([] if compressed else [b"payload"])
        assert (text, binary) == ("one \u20ac two", REPEATED)
        client.send(CloseConnection(code=4000, reason="done"))
        closed = client.event()
        assert isinstance(closed, CloseConnection) and closed.code == 4000
