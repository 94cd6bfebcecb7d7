"""Groups 1 to 5 and 7 of the cases that the Autobahn test suite has for servers, said anew: what a
client sends, and what a server that keeps RFC 6455 to the letter must answer. The numbers are the
suite's, so that a result here can be compared with one of the suite itself. Where the suite lets a
server choose, the strict choice is asked for.
"""

import random
from typing import NamedTuple

from websocket_peer import (BINARY, CLOSE, CONTINUATION, NO_STATUS, PING, PONG, TEXT, Message,
                            encode, encode_close, encode_fragmented)

WHOLE, FRAMES, OCTETS = "whole", "frames", "octets"  # how what is sent is cut


class Case(NamedTuple):
    number: str

    # In their order: bytes to send, and Messages to wait for.
    steps: list

    # How it ends. None: the client closes with 1000, which must be answered. Else the code that the
    # server closes with by itself; or answers a close frame among the steps with, where `answers`.
    code: int = None
    answers: bool = False

    cut: object = WHOLE  # or a number of bytes


HELLO = b"Hello, world!"
HELLO_ECHO = Message("text", HELLO)
HELLO_PONG = Message("pong", HELLO)
HELLO_FRAME = encode(TEXT, HELLO)
HELLO_PING = encode(PING, HELLO)
PARTS = [b"fragment1", b"fragment2"]
PARTS_FRAMES = encode_fragmented(TEXT, PARTS)
PARTS_ECHO = Message("text", b"".join(PARTS))


def framing():
    sizes = [0, 125, 126, 127, 128, 65535, 65536, 65536]
    for group, kind, opcode, letter in [(1, "text", TEXT, b"*"), (2, "binary", BINARY, b"\xfe")]:
        for i, size in enumerate(sizes, 1):
            payload = letter * size
            yield Case(f"1.{group}.{i}", [encode(opcode, payload), Message(kind, payload)],
                       cut=997 if i == len(sizes) else WHOLE)


def pings():
    binary = bytes.fromhex("00fffefdfcfb00ff")
    longest = b"\xfe" * 125
    ten = [b"payload-%d" % i for i in range(10)]
    many = [*(encode(PING, each) for each in ten), *(Message("pong", each) for each in ten)]
    unasked = encode(PONG, b"unsolicited pong payload")
    return [
        Case("2.1", [encode(PING), Message("pong", b"")]),
        Case("2.2", [HELLO_PING, HELLO_PONG]),
        Case("2.3", [encode(PING, binary), Message("pong", binary)]),
        Case("2.4", [encode(PING, longest), Message("pong", longest)]),
        Case("2.5", [encode(PING, longest + b"\xfe")], 1002),
        Case("2.6", [encode(PING, longest), Message("pong", longest)], cut=OCTETS),
        Case("2.7", [encode(PONG)]),
        Case("2.8", [unasked]),
        Case("2.9", [unasked, encode(PING, b"ping payload"), Message("pong", b"ping payload")]),
        Case("2.10", many),
        Case("2.11", many, cut=OCTETS),
    ]


def reserved_bits():
    octets = random.Random(3).randbytes(8)

    def second(rsv):
        return [HELLO_FRAME, encode(TEXT, HELLO, rsv=rsv), encode(PING), HELLO_ECHO]

    return [
        Case("3.1", [encode(TEXT, HELLO, rsv=1)], 1002),
        Case("3.2", second(2), 1002),
        Case("3.3", second(3), 1002, cut=FRAMES),
        Case("3.4", second(4), 1002, cut=OCTETS),
        Case("3.5", [encode(BINARY, octets, rsv=5)], 1002),
        Case("3.6", [encode(PING, HELLO, rsv=6)], 1002),
        Case("3.7", [encode(CLOSE, rsv=7)], 1002),
    ]


def opcodes():
    for group, first in [(1, 3), (2, 11)]:
        yield Case(f"4.{group}.1", [encode(first)], 1002)
        yield Case(f"4.{group}.2", [encode(first + 1, b"reserved opcode payload")], 1002)
        for i, cut, payload in [(3, WHOLE, b""), (4, FRAMES, HELLO), (5, OCTETS, HELLO)]:
            steps = [HELLO_FRAME, encode(first + i - 1, payload), encode(PING), HELLO_ECHO]
            yield Case(f"4.{group}.{i}", steps, 1002, cut=cut)


def fragmentation():
    yield Case("5.1", encode_fragmented(PING, PARTS), 1002)
    yield Case("5.2", encode_fragmented(PONG, PARTS), 1002)
    first, last = PARTS_FRAMES
    cuts = [WHOLE, FRAMES, OCTETS]
    for i, cut in enumerate(cuts):
        yield Case(f"5.{3 + i}", [first, last, PARTS_ECHO], cut=cut)
        yield Case(f"5.{6 + i}", [first, HELLO_PING, last, HELLO_PONG, PARTS_ECHO], cut=cut)
        nothing_to_continue = b"non-continuation payload"
        lost = encode(CONTINUATION, nothing_to_continue)
        yield Case(f"5.{9 + i}", [lost, HELLO_FRAME], 1002, cut=cut)
        lost = encode(CONTINUATION, nothing_to_continue, fin=False)
        yield Case(f"5.{12 + i}", [lost, HELLO_FRAME], 1002, cut=cut)
    more = encode(CONTINUATION, b"fragment3", fin=False)
    yield Case("5.15", [first, last, more, encode(TEXT, b"fragment4"), PARTS_ECHO], 1002)
    for number, fin in [("5.16", False), ("5.17", True)]:
        twice = [encode(CONTINUATION, b"fragment1", fin=fin),
                 encode(TEXT, b"fragment2", fin=False),
                 encode(CONTINUATION, b"fragment3")] * 2
        yield Case(number, twice, 1002)
    yield Case("5.18", [first, encode(TEXT, PARTS[1])], 1002)
    five = encode_fragmented(TEXT, [b"fragment%d" % i for i in range(1, 6)])
    steps = [*five[:2], encode(PING, b"pongme 1!"), Message("pong", b"pongme 1!"),
             *five[2:4], encode(PING, b"pongme 2!"), five[4], Message("pong", b"pongme 2!"),
             Message("text", b"fragment1fragment2fragment3fragment4fragment5")]
    yield Case("5.19", steps)
    yield Case("5.20", steps, cut=FRAMES)


VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]


def closing():
    normal = encode_close(1000)
    large = b"BAsd7&jh23" * 26000
    first, last = PARTS_FRAMES
    yield Case("7.1.1", [HELLO_FRAME, HELLO_ECHO])
    yield Case("7.1.2", [normal, normal], 1000, True)
    yield Case("7.1.3", [normal, encode(PING)], 1000, True)
    yield Case("7.1.4", [normal, HELLO_FRAME], 1000, True)
    yield Case("7.1.5", [first, normal, last], 1000, True)
    # The suite takes any outcome. What came before a close frame is echoed before it is answered.
    large_steps = [encode(TEXT, large), encode(TEXT, HELLO), normal, encode(PING),
                   Message("text", large), HELLO_ECHO]
    yield Case("7.1.6", large_steps, 1000, True)
    yield Case("7.3.1", [encode_close()], NO_STATUS, True)
    yield Case("7.3.2", [encode(CLOSE, b"a")], 1002)
    yield Case("7.3.3", [normal], 1000, True)
    yield Case("7.3.4", [encode_close(1000, HELLO)], 1000, True)
    yield Case("7.3.5", [encode_close(1000, b"*" * 123)], 1000, True)
    yield Case("7.3.6", [encode_close(1000, b"*" * 124)], 1002)
    yield Case("7.5.1", [encode_close(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited")], 1007)
    for i, code in enumerate(VALID_CODES, 1):
        yield Case(f"7.7.{i}", [encode_close(code, b"good reason")], code, True)
    for i, code in enumerate(INVALID_CODES, 1):
        yield Case(f"7.9.{i}", [encode_close(code)], 1002)
    # Codes beyond all registries, of which the suite takes any outcome.
    yield Case("7.13.1", [encode_close(5000)], 1002)
    yield Case("7.13.2", [encode_close(65535)], 1002)


CASES = [*framing(), *pings(), *reserved_bits(), *opcodes(), *fragmentation(), *closing()]
