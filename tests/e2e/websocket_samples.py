"""What compression is tried with: data of five kinds, from text that shrinks to a tenth to noise
that does not shrink at all. Made from fixed seeds, so that every run sends the same."""

import functools
import json
import random

SIZE = 200_000  # bytes, of each kind

WORDS = ("lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt "
         "ut labore et dolore magna aliqua ut enim ad minim veniam quis nostrud exercitation "
         "ullamco laboris nisi ut aliquip ex ea commodo consequat duis aute irure").split()


def words(source, count):
    return " ".join(source.choice(WORDS) for _ in range(count))


def repeated(make):
    """Pieces from `make`, a function of a source of randomness, up to SIZE."""
    source = random.Random(7692)
    pieces, size = [], 0
    while size < SIZE:
        pieces.append(make(source))
        size += len(pieces[-1])
    return b"".join(pieces)[:SIZE]


def json_piece(source):
    record = {"id": source.randrange(10**9), "name": words(source, 2), "ratio": source.random(),
              "tags": [words(source, 1) for _ in range(3)], "active": source.random() < 0.5}
    return json.dumps(record).encode() + b",\n"


def picture_row(source):
    """Levels of grey that change little from one to the next."""
    level, row = source.randrange(256), bytearray()
    for _ in range(512):
        level = (level + source.randrange(-3, 4)) % 256
        row.append(level)
    return bytes(row)


def prose_piece(source):
    # Latin-1, which is no UTF-8: it is sent as binary.
    return f"  {words(source, 12).capitalize()} \u00e4\u00f6\u00fc.\n".encode("latin-1")


def html_piece(source):
    return f'<li class="item"><a href="/{words(source, 1)}">{words(source, 6)}</a>\n'.encode()


def document_piece(source):
    """As in a PDF: markup around what is compressed already."""
    stream = source.randbytes(900)
    return b"%d 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\n" % (
        source.randrange(1000), len(stream), stream)


PIECES = {"json": ("text", json_piece), "picture": ("binary", picture_row),
          "prose": ("binary", prose_piece), "html": ("text", html_piece),
          "document": ("binary", document_piece)}


@functools.cache
def sample(name):
    """Its kind ("text" or "binary"), and the data twice over, so that a piece of up to SIZE bytes
    can be taken from anywhere in the first half."""
    kind, make = PIECES[name]
    return kind, repeated(make) * 2
