"""Groups 1 to 7 of the Autobahn test suite's cases, on every engine: framing, pings, reserved bits,
opcodes, fragmentation, UTF-8 and closing. The tables are autobahn_cases.py and autobahn_utf8.py."""

import collections

import pytest

import autobahn_cases
import autobahn_utf8
from autobahn_cases import FRAMES, OCTETS, WHOLE
from websocket_peer import Message, Peer

CASES = [*autobahn_cases.CASES, *autobahn_utf8.CASES]
NUMBERS = [case.number for case in CASES]


def send(peer, parts, cut):
    if cut == FRAMES:
        for part in parts:
            peer.send_bytes(part)
    elif cut == OCTETS:
        peer.send_bytes(b"".join(parts), chop=1)
    elif cut == WHOLE:
        peer.send_bytes(b"".join(parts))
    else:
        peer.send_bytes(b"".join(parts), chop=cut)


def take_steps(peer, case):
    unsent = []
    for step in case.steps:
        if isinstance(step, Message):
            send(peer, unsent, case.cut)
            unsent = []
            peer.expect(step)
        else:
            unsent.append(step)
    send(peer, unsent, case.cut)


def run(server, case):
    with Peer(server) as peer:
        take_steps(peer, case)
        if case.code is None:
            peer.close(1000)
        elif case.answers:
            peer.expect_closed(case.code)
        else:
            assert peer.expect_failed(case.code).reason, "a failure says what failed"


def test_the_groups_are_complete():
    groups = collections.Counter(number.split(".")[0] for number in NUMBERS)
    assert groups == {"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37}
    assert len(set(NUMBERS)) == len(NUMBERS)


@pytest.mark.parametrize("case", CASES, ids=NUMBERS)
def test_case(shared_server, case):
    run(shared_server, case)


@pytest.mark.parametrize("case", autobahn_utf8.OCTET_CASES,
                         ids=[case.number for case in autobahn_utf8.OCTET_CASES])
def test_utf8_in_octets(shared_server, case):
    run(shared_server, case)
