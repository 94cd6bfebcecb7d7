"""Requests for a differential test: ordinary ones, ones that are wrong in a known way, and bytes
that were changed at random. The same seed gives the same requests."""

import random

METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH",
           b"get", b"G@T", b"BREW", b"", b"M-SEARCH"]
TARGETS = [b"/", b"/a?b=c", b"*", b"http://a/b", b"http://[::1]:80", b"a:443", b"a", b"", b"/a#b",
           b"/%zz", b"/\xc3\xa9", b"/a b", b"//x", b"http:///x", b"http://u@a/", b"ws://a",
           b"/<>\"{}|\\^`"]
VERSIONS = [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.10",
            b"HTTP/11", b"HTTPS/1.1", b"ICE/1.0", b""]
FIELDS = [
    b"Host: a", b"Host:a:80", b"Host: a b", b"Host:", b"Host: [::1]", b"Host: a,b", b"Host: u@a",
    b"Accept: */*", b"Accept:", b"X:\t v\t ", b"X : v", b" X: v", b"X\t: v", b"X-\xe9: v",
    b"X: \xe9\xff", b"X: a\x00b", b"X: a\x01b", b"X: a\x7fb", b"X: a\rb", b"X", b": v", b"X(y): v",
    b"X: v\r\n continued", b"X: v\r\n\tcontinued", b"X: v\r\n \r\nY: w",
    b"Content-Type: text/plain", b"Content-Type: a/b\r\nContent-Type: c/d",
    b"Connection: close", b"Connection: keep-alive", b"Connection: keep-alive, close",
    b"Connection: CLOSE", b"Connection: upgrade\r\nUpgrade: x", b"Upgrade: x", b"Connection:",
    b"Connection: close\r\nConnection: keep-alive", b"Connection: clos", b"Connection: a,,close ",
    b"Proxy-Connection: keep-alive", b"Expect: 100-continue", b"Expect: 200-ok",
    b"Expect: 100-CONTINUE",
]
LENGTHS = [b"Content-Length: %d", b"Content-Length:%d", b"content-length: %d\t",
           b"Content-Length: 0%d",
           b"Content-Length: +%d", b"Content-Length: -%d", b"Content-Length: %d, %d",
           b"Content-Length: %d\r\nContent-Length: %d", b"Content-Length: 0x%d",
           b"Content-Length: ",
           b"Content-Length: %d 1", b"Content-Length: 18446744073709551616",
           b"Content-Length: 18446744073709551615", b"Content-Length: 99999999999999999999%d",
           b"Content-Length: %d\r\nTransfer-Encoding: chunked",
           b"Transfer-Encoding: chunked\r\nContent-Length: %d", b"Content-Length: %d.0"]
CODINGS = [b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED ", b"Transfer-Encoding: gzip",
           b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, gzip",
           b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked;a=b",
           b"Transfer-Encoding: identity", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:",
           b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: \x0bchunked",
           b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
           b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
           b"Transfer-Encoding: \"chunked\"", b"Transfer-Encoding: chunked,"]
CHUNK_LINES = [b"%x", b"%X", b"0%x", b"000000000000000%x", b"0000000000000000%x", b"%x;a",
               b"%x;a=b",
               b"%x;a=\"b;c\"", b"%x ;a", b"%x; a", b"%x;", b"%x ", b" %x", b"0x%x", b"+%x", b"-%x",
               b"%x\t", b"%xg", b"", b"fffffffffffffffff", b"ffffffffffffffff", b"%x;a\x01",
               b"%x;a\xe9", b"%x;=b", b"%x;\n", b"%x;a=b;c", b"%x;" + b"a" * 300]
TRAILERS = [b"X: y", b"Content-Length: 5", b"Host: b", b"X : y", b" X: y", b"X: y\r\n z", b"X",
            b"Trailer: x", b"Transfer-Encoding: chunked"]
ENDS = [b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n", b""]
TOKENS = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b"0", b"\x00", b"\xff", b"\x80",
          b"HTTP/1.1", b"chunked", b"Host: b\r\n", b"\r\n\r\n", b"5", b"a"]


class Generator:
    """Draws requests; `odd` is the chance that any of their parts is a strange one."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.odd = 0.0

    def strange(self, scale=1.0):
        return self.random.random() < self.odd * scale

    def pick(self, usual, others):
        return self.random.choice(others) if self.strange() else usual

    def end(self):
        return self.random.choice(ENDS) if self.strange(0.15) else b"\r\n"

    def chunked_body(self):
        body = b""
        for _ in range(self.random.randrange(4)):
            data = bytes(self.random.choices(b"abc\r\n\x00", k=self.random.randrange(1, 20)))
            line = self.pick(b"%x", CHUNK_LINES)
            body += (line % len(data) if b"%" in line else line) + self.end() + data + self.end()
        body += self.pick(b"0", [b"00", b"0;a", b"0000000000000000", b"0 "]) + self.end()
        while self.strange(0.6):
            body += self.random.choice(TRAILERS) + self.end()
        return body + self.end()

    def framing(self):
        """A field that delimits a body, and that body."""
        kind = self.random.randrange(3)
        if kind == 0:
            return [], b""
        if kind == 1:
            return [self.pick(CODINGS[0], CODINGS)], self.chunked_body()
        body = bytes(self.random.choices(b"xyz\r\n ", k=self.random.randrange(30)))
        field = self.pick(LENGTHS[0], LENGTHS)
        return [field.replace(b"%d", b"%d" % len(body))], body

    def request(self):
        method = self.random.choice(METHODS if self.strange() else METHODS[:6])
        line = method + self.pick(b" ", [b"  ", b"\t", b""]) * 1
        line += self.pick(self.random.choice(TARGETS[:2]), TARGETS)
        line += self.pick(b" ", [b"  ", b"\t", b""]) + self.pick(b"HTTP/1.1", VERSIONS)
        fields = [] if self.strange(0.5) else [b"Host: a"]
        for _ in range(self.random.randrange(3)):
            fields.append(self.random.choice(FIELDS if self.strange() else [b"A: b", b"C-d:e f"]))
        framing, body = self.framing()
        fields += framing
        if self.strange(0.5):
            self.random.shuffle(fields)
        before = b""
        if self.strange(0.3):
            before = self.random.choice([b"\r\n", b"\n", b"\r\n\r\n", b" "])
        head = before + line + self.end()
        for field in fields:
            head += field + self.end()
        return head + self.end() + body

    def mutate(self, data):
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(data) + 1)
            size = self.random.choice([0, 0, 1, 1, 2, 8])
            new = b"" if self.random.random() < 0.3 else self.random.choice(TOKENS)
            data = data[:at] + new + data[at + size:]
        return data

    def connection(self):
        """All that comes on one connection: one to three requests, whole or cut off."""
        self.odd = self.random.choice([0.0, 0.05, 0.15])
        data = b"".join(self.request() for _ in range(self.random.choice([1, 1, 1, 2, 3])))
        kind = self.random.random()
        if kind < 0.3:
            data = self.mutate(data)
        elif kind < 0.35:
            data = data[:self.random.randrange(len(data) + 1)]
        return data


def generate(seed, count):
    generator = Generator(seed)
    return [generator.connection() for _ in range(count)]
