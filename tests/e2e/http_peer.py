"""HTTP/1 over a raw socket, for what no client library would send, and h11 to read the answers."""

import random
import select
import socket
import time

import h11

from support import PATIENCE_S, wait_until

SEND_SIZE = 1 << 16


def exchange(connection, data, pieces=None):
    """Sends `data` and takes in what comes meanwhile, so that neither side waits for the other; it
    goes on sending where the peer has ended its side in order. `pieces`, if given, gives the size
    of each next piece to send. Returns what came; there may be more to come."""
    connection.setblocking(False)
    received = bytearray()
    data = memoryview(data)
    ended = False
    deadline = time.monotonic() + PATIENCE_S
    while data:
        assert time.monotonic() < deadline, f"{len(data)} bytes are left to send"
        readable, writable, _ = select.select([] if ended else [connection], [connection], [], 1)
        if readable:
            more = connection.recv(SEND_SIZE)
            received += more
            ended = not more
        if writable:
            data = data[connection.send(data[:pieces() if pieces else SEND_SIZE]):]
    connection.settimeout(PATIENCE_S)
    return received


class Exchange:
    """A request and, once read, its response: h11 writes the one and reads the other."""

    def __init__(self, method, target, body=b"", *, headers=(), chunks=None, trailers=()):
        self.connection = h11.Connection(h11.CLIENT)
        fields = [("Host", "h"), *headers]
        if chunks is not None:
            fields.append(("Transfer-Encoding", "chunked"))
            body = b"".join(chunks)
        elif body:
            fields.append(("Content-Length", str(len(body))))
        self.body = body
        send = self.connection.send
        self.request = send(h11.Request(method=method, target=target, headers=fields))
        for piece in [body] if chunks is None else chunks:
            if piece:
                self.request += send(h11.Data(data=piece))
        self.request += send(h11.EndOfMessage(headers=list(trailers)))
        self.response = None
        self.interim = 0  # responses with a status below 200
        self.received = bytearray()

    def read(self, connection, begun):
        """Reads the response, of which the bytes `begun` have come. Returns those behind it."""
        if begun:  # to h11 nothing means the end
            self.connection.receive_data(bytes(begun))
        while True:
            event = self.connection.next_event()
            if event is h11.NEED_DATA:
                self.connection.receive_data(connection.recv(SEND_SIZE))
            elif isinstance(event, h11.InformationalResponse):
                self.interim += 1
            elif isinstance(event, h11.Response):
                self.response = event
            elif isinstance(event, h11.Data):
                self.received += event.data
            elif isinstance(event, h11.EndOfMessage):
                return self.connection.trailing_data[0]

    def header(self, name):
        values = [value for field, value in self.response.headers if field == name.lower().encode()]
        assert len(values) <= 1, values
        return values[0] if values else None


def converse(connection, exchanges, rng=None):
    """Sends all requests without waiting for an answer, in pieces of random sizes where a random
    number generator is given, and reads all responses."""
    pieces = (lambda: 1 + int(rng.expovariate(1 / 1000))) if rng else None
    data = b"".join(exchange.request for exchange in exchanges)
    left = exchange(connection, data, pieces)
    for each in exchanges:
        left = each.read(connection, left)
    assert not left, f"behind the last response: {bytes(left)[:100]!r}"


def random_exchange(rng, number):
    """A request with a body, with its length or in chunks; sometimes with trailers."""
    body = random.Random(rng.random()).randbytes(int(rng.expovariate(1 / 3000)))
    target = f"/path/{number}"
    if rng.random() < 0.5:
        return Exchange("PUT", target, body or b"x")
    chunks = []
    while body:
        size = rng.randint(1, 2000)
        chunks.append(body[:size])
        body = body[size:]
    trailers = [("X-Trailer", str(number))] if rng.random() < 0.5 else []
    return Exchange("POST", target, chunks=chunks, trailers=trailers)


def ask(server, request):
    """Sends bytes that end with the connection. Returns everything up to its end, in order."""
    with server.connect() as connection:
        received = exchange(connection, request)  # a reset is an error
        connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(SEND_SIZE):
            received += more
    return bytes(received)


def receive_body(connection, size):
    """The body of a response that has one of `size` bytes, and its head."""
    received = bytearray()
    while len(received.partition(b"\r\n\r\n")[2]) < size:
        more = connection.recv(SEND_SIZE)
        assert more, f"the end after {len(received)} bytes"
        received += more
    return received.partition(b"\r\n\r\n")[2]


class PeakMemory:
    """How much resident memory a process used at most since this was made, in bytes beyond what it
    used then."""

    def __init__(self, pid):
        self.pid = pid
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # proc(5): the peak is counted anew
        self.before = self._read("VmRSS")

    def _read(self, name):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) << 10
        raise AssertionError(f"no {name}")

    def growth(self):
        return self._read("VmHWM") - self.before


def wait_for_end(connection):
    """Until the peer has ended the connection, in order or by a reset. Returns the bytes read."""
    connection.setblocking(False)
    received = bytearray()

    def ended():
        try:
            while more := connection.recv(SEND_SIZE):
                received.extend(more)
            return True
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    wait_until(ended, "the end of the connection")
    return bytes(received)
