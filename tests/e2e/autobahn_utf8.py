"""Group 6 of the Autobahn test suite's cases, text that is UTF-8 and text that is not, said anew:
the sequences are those of Markus Kuhn's "UTF-8 decoder capability and stress test", numbered as the
suite numbers them. Whether a sequence is right is not asked of a table but of Python.
"""

from autobahn_cases import FRAMES, OCTETS, Case
from websocket_peer import PING, TEXT, Message, encode, encode_fragmented, fragments

KOSME = "\u03ba\u1f79\u03c3\u03bc\u03b5".encode()
SURROGATE = KOSME + b"\xed\xa0\x80" + b"edited"
LATIN = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!".encode()

INCOMPLETE = [
    b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
    b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
]
HIGH_SURROGATES = [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"]
LOW_SURROGATES = [b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"]


def spaced(first, end):
    return b"".join(bytes([byte, 0x20]) for byte in range(first, end))


def non_characters():
    """The last two code points of each of the 17 planes."""
    return [chr(plane << 16 | last).encode() for plane in range(17) for last in (0xfffe, 0xffff)]


GROUPS = {
    5: [  # some valid sequences
        b"hello\x24world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld",
        b"hello\xf0\xa4\xad\xa2world", KOSME,
    ],
    6: [KOSME[:size] for size in range(1, len(KOSME) + 1)],  # prefixes
    7: [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"],  # the first of a length
    8: [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"],
    9: [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"],  # the last of a length
    10: [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"],
    11: [  # other boundaries
        b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ],
    12: [  # unexpected continuation bytes
        b"\x80", b"\xbf", b"\x80\xbf", b"\x80\xbf\x80", b"\x80\xbf\x80\xbf",
        b"\x80\xbf\x80\xbf\x80", b"\x80\xbf\x80\xbf\x80\xbf", bytes(range(0x80, 0xc0)),
    ],
    13: [  # lonely start characters
        spaced(0xc0, 0xe0), spaced(0xe0, 0xf0), spaced(0xf0, 0xf8), spaced(0xf8, 0xfc),
        spaced(0xfc, 0xfe),
    ],
    14: INCOMPLETE,
    15: [b"".join(INCOMPLETE)],
    16: [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],  # bytes that cannot be there
    17: [  # overlong "/"
        b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
        b"\xfc\x80\x80\x80\x80\xaf",
    ],
    18: [  # the largest overlong ones
        b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
        b"\xfc\x83\xbf\xbf\xbf\xbf",
    ],
    19: [  # overlong NUL
        b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80\x80",
    ],
    20: HIGH_SURROGATES + LOW_SURROGATES,
    21: [high + low for high in HIGH_SURROGATES for low in (b"\xed\xb0\x80", b"\xed\xbf\xbf")],
    22: non_characters(),
    23: [chr(code).encode() for code in range(0xfff9, 0x10000)],  # specials
}


def is_utf8(payload):
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def sequences():
    for group, payloads in GROUPS.items():
        for i, payload in enumerate(payloads, 1):
            right = is_utf8(payload)
            steps = [encode(TEXT, payload)] + [Message("text", payload)] * right
            yield Case(f"6.{group}.{i}", steps, None if right else 1007)


def fragmented(number, parts):
    return Case(number, [*encode_fragmented(TEXT, parts), Message("text", b"".join(parts))])


def fail_fast(number, parts, *, in_one_frame):
    """The second part shows that the text is wrong; the third is never sent, so a server that waits
    for it fails. In between a ping, where there is room for one, shows that the first part alone
    was taken."""
    if in_one_frame:
        begun = encode(TEXT, b"".join(parts))
        sent = len(begun) - len(parts[2])
        return Case(number, [begun[:sent - len(parts[1])], begun[sent - len(parts[1]):sent]],
                    1007, cut=FRAMES)
    first, second, _ = encode_fragmented(TEXT, parts)
    return Case(number, [first, encode(PING, b"?"), Message("pong", b"?"), second], 1007)


def text():
    yield Case("6.1.1", [encode(TEXT), Message("text", b"")])
    yield fragmented("6.1.2", [b"", b"", b""])
    yield fragmented("6.1.3", [b"", b"middle frame payload", b""])
    yield Case("6.2.1", [encode(TEXT, LATIN), Message("text", LATIN)])
    middle = LATIN.index(b"@") + 1
    yield fragmented("6.2.2", [LATIN[:middle], LATIN[middle:]])
    yield fragmented("6.2.3", fragments(LATIN, 1))
    yield fragmented("6.2.4", fragments(KOSME, 1))
    yield Case("6.3.1", [encode(TEXT, SURROGATE)], 1007)
    yield Case("6.3.2", encode_fragmented(TEXT, fragments(SURROGATE, 1)), 1007)
    beyond = [KOSME, b"\xf4\x90\x80\x80", b"edited"]
    at_once = [KOSME + b"\xf4", b"\x90", b"\x80\x80edited"]  # the byte that cannot be right alone
    yield fail_fast("6.4.1", beyond, in_one_frame=False)
    yield fail_fast("6.4.2", at_once, in_one_frame=False)
    yield fail_fast("6.4.3", beyond, in_one_frame=True)
    yield fail_fast("6.4.4", at_once, in_one_frame=True)


CASES = [*text(), *sequences()]
# Each sequence again in single bytes: not the suite's, but what it would ask of a fail-fast server.
OCTET_CASES = [case._replace(number=f"{case.number} in octets", cut=OCTETS) for case in CASES]
