"""Groups 9 and 10 of the Autobahn test suite's cases: large messages, many fragments, messages that
come in small pieces, and many messages. The suite also measures; here nothing depends on a time."""

import pytest

from support import FULL
from websocket_peer import (BINARY, CONTINUATION, TEXT, Frame, Message, Peer, encode,
                            encode_fragmented, fragments)

KIB, MIB = 1 << 10, 1 << 20

# Every size is divided by this. The largest are still far beyond every buffer.
SHRINK = 1 if FULL else 4

KINDS = {"text": (TEXT, b"*"), "binary": (BINARY, b"\xfe")}
FRAGMENT_SIZES = [64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB]


def numbered(group, kind, sizes):
    return [pytest.param(kind, size, id=f"{group}.{i}") for i, size in enumerate(sizes, 1)]


def of_both_kinds(first_group, sizes):
    group, sub = first_group
    return pytest.mark.parametrize("kind, size", [
        *numbered(f"{group}.{sub}", "text", sizes),
        *numbered(f"{group}.{sub + 1}", "binary", sizes)])


@pytest.fixture
def peer(default_server):
    """Closed by itself, with nothing left to come."""
    with Peer(default_server) as peer:
        yield peer
        peer.close()


def patterned(kind, size):
    """Bytes in which a lost or a moved piece shows."""
    _, letter = KINDS[kind]
    numbers = b"".join(b"%07d" % i + letter for i in range(size // 8 + 1))
    return numbers[:size]


@of_both_kinds((9, 1), [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB])
def test_message_size(peer, kind, size):
    payload = patterned(kind, size // SHRINK)
    peer.send(KINDS[kind][0], payload)
    peer.expect(Message(kind, payload))


@of_both_kinds((9, 3), FRAGMENT_SIZES)
def test_fragment_size(peer, kind, size):
    payload = patterned(kind, 4 * MIB // SHRINK)
    parts = fragments(payload, size)
    peer.send_all(encode_fragmented(KINDS[kind][0], parts))
    assert [peer.receive().payload for _ in parts] == parts


@of_both_kinds((9, 5), [64, 128, 256, 512, KIB, 2 * KIB])
def test_chopped(peer, kind, size):
    payload = patterned(kind, MIB // SHRINK)
    peer.send_bytes(encode(KINDS[kind][0], payload), chop=size)
    peer.expect(Message(kind, payload))


@of_both_kinds((9, 7), [0, 16, 64, 256, KIB, 4 * KIB])
def test_roundtrips(peer, kind, size):
    payload = patterned(kind, size)
    for _ in range(1000 // SHRINK):
        peer.send(KINDS[kind][0], payload)
        peer.expect(Message(kind, payload))


@pytest.mark.parametrize("size", [pytest.param(1300, id="10.1.1")])
def test_automatic_fragmentation(peer, size):
    payload = b"*" * 65536
    peer.send_all(encode_fragmented(TEXT, fragments(payload, size)))
    peer.expect(Message("text", payload))


def test_too_many_fragments(default_server):
    """A message without end costs its sender six bytes for each frame; not the suite's."""
    most = 1 << 17
    empty = encode(CONTINUATION, fin=False)
    with Peer(default_server) as peer:
        peer.send_bytes(encode(BINARY, fin=False) + empty * most)
        assert peer.receive() == Frame(BINARY, b"", False)
        for _ in range(most - 1):
            assert peer.receive() == Frame(CONTINUATION, b"", False)
        assert peer.expect_failed(1009).reason
