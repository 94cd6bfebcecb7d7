"""A large body comes back whole while the server's memory stays as it is. The size is small enough
for every day; ECHOD_LARGE_BODY_GIB=10 makes it as many GiB, and `pytest -s` shows what was used."""

import os
import threading

import pytest

from http_peer import PeakMemory
from support import SANITIZED

MIB = 1 << 20
GIB_ASKED = os.environ.get("ECHOD_LARGE_BODY_GIB")
SIZE = int(GIB_ASKED) << 30 if GIB_ASKED else (8 if SANITIZED else 256) * MIB

# The body goes in blocks; each begins with its number, and has the same random bytes behind it.
BLOCK = MIB
RANDOM = os.urandom(BLOCK - 8)

GROWTH_MAX = 1 * MIB  # of the server; it needs no more for ten gigabytes than for one block


class Framing:
    """What is around a block on the wire. A chunked body's comes back as it was."""

    def __init__(self, chunked, size):
        self.field = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
        self.before, self.behind = (b"%x\r\n" % BLOCK, b"\r\n") if chunked else (b"", b"")
        self.end = b"0\r\n\r\n" if chunked else b""

    def block(self, number):
        return b"".join([self.before, number.to_bytes(8, "big"), RANDOM, self.behind])


def send(connection, framing, blocks):
    connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\n" + framing.field + b"\r\n\r\n")
    for number in range(blocks):
        connection.sendall(framing.block(number))
    connection.sendall(framing.end)


def receive(connection, size):
    buffer = bytearray(size)
    view = memoryview(buffer)
    while view:
        taken = connection.recv_into(view)
        assert taken, "the end"
        view = view[taken:]
    return buffer


def compare(connection, framing, blocks):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(connection, 1)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and framing.field in head
    for number in range(blocks):
        expected = framing.block(number)
        assert receive(connection, len(expected)) == expected, f"block {number} is another"
    assert receive(connection, len(framing.end)) == framing.end


def echo(connection, chunked, size):
    framing = Framing(chunked, size)
    sender = threading.Thread(target=send, args=(connection, framing, size // BLOCK), daemon=True)
    sender.start()
    compare(connection, framing, size // BLOCK)
    sender.join()


@pytest.mark.parametrize("chunked", [False, True], ids=["content-length", "chunked"])
def test_comes_back(shared_server, chunked):
    with shared_server.connect() as connection:
        echo(connection, chunked, 4 * BLOCK)  # touches every buffer there is
        memory = PeakMemory(shared_server.pid)
        echo(connection, chunked, SIZE)
    print(f"\n{shared_server.engine_line.split()[1]}, {'chunked' if chunked else 'sized'}: "
          f"{SIZE >> 20} MiB; resident before {memory.before >> 10} KiB, at most "
          f"{(memory.before + memory.growth()) >> 10} KiB")
    if not SANITIZED:  # which have memory of their own
        assert memory.growth() <= GROWTH_MAX
