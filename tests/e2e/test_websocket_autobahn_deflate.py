"""Groups 12 and 13 of the Autobahn test suite's cases: compressed messages of five kinds of data
and 18 sizes and fragmentations, and every set of parameters that the suite offers. The suite sends
a thousand messages in each case; here it is as many as come to 32 KiB, or 128 KiB in a full run."""

import pytest

from support import FULL
from websocket_peer import (BINARY, RSV1, TEXT, Message, Peer, encode_fragmented, fragments)
from websocket_samples import PIECES, SIZE, sample

CASE_SIZE = (128 if FULL else 32) << 10  # bytes sent in one case, about
COUNT_MIN, COUNT_MAX = 2, 200  # messages

# The size of a message, and of the fragments its compressed bytes are sent in; None: in one.
SIZES = [
    (16, None), (64, None), (256, None), (1024, None), (4096, None), (8192, None), (16384, None),
    (32768, None), (65536, None), (131072, None), (8192, 256), (16384, 256), (32768, 256),
    (65536, 256), (131072, 256), (131072, 1024), (131072, 4096), (131072, 32768),
]

OPCODES = {"text": TEXT, "binary": BINARY}

DEFAULT_OFFER = "permessage-deflate; client_no_context_takeover; client_max_window_bits"
ONCE = "; server_no_context_takeover"
OFFERS = [
    DEFAULT_OFFER,
    DEFAULT_OFFER + ONCE,
    DEFAULT_OFFER + "; server_max_window_bits=9",
    DEFAULT_OFFER + "; server_max_window_bits=15",
    DEFAULT_OFFER + ONCE + "; server_max_window_bits=9",
    DEFAULT_OFFER + ONCE + "; server_max_window_bits=15",
    f"{DEFAULT_OFFER}{ONCE}; server_max_window_bits=9, {DEFAULT_OFFER}{ONCE}, {DEFAULT_OFFER}",
]


def each_size(group, values):
    return [pytest.param(value, *sizes, id=f"{group}.{j}.{i}")
            for j, value in enumerate(values, 1) for i, sizes in enumerate(SIZES, 1)]


def run(server, offers, name, size, fragment_size):
    kind, data = sample(name)
    count = max(COUNT_MIN, min(COUNT_MAX, CASE_SIZE // size))
    with Peer(server, deflate=offers) as peer:
        assert peer.deflate, "the server declined"
        for i in range(count):
            begin = i * size % SIZE
            payload = data[begin:begin + size]
            compressed = peer.deflate.compress(payload)
            parts = fragments(compressed, fragment_size or len(compressed))
            peer.send_all(encode_fragmented(OPCODES[kind], parts, rsv=RSV1))
            peer.expect(Message(kind, payload))
            assert peer.compressed, "what came compressed goes back compressed"
        peer.close()


@pytest.mark.parametrize("name, size, fragment_size", each_size(12, PIECES))
def test_data(default_server, name, size, fragment_size):
    run(default_server, DEFAULT_OFFER, name, size, fragment_size)


@pytest.mark.parametrize("offers, size, fragment_size", each_size(13, OFFERS))
def test_offers(default_server, offers, size, fragment_size):
    run(default_server, offers, "json", size, fragment_size)
