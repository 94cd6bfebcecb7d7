"""permessage-deflate (RFC 7692) from the client's side, with Python's zlib: whether an answer keeps
to what was offered, and messages compressed and read with exactly the windows and the memory of
earlier messages that both agreed on. A server that refers further back than that is found out."""

import zlib

NAME = "permessage-deflate"
FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
BITS = ("server_max_window_bits", "client_max_window_bits")
TAIL = b"\x00\x00\xff\xff"  # taken off each message's end
WINDOW_SIZE_MAX = 1 << 15
STEP_SIZE = 64  # bytes; see Deflate.read()


def parse(element):
    """The parameters of one element of Sec-WebSocket-Extensions, a dictionary; strictly."""
    name, *parameters = [part.strip(" ") for part in element.split(";")]
    assert name == NAME, element
    parsed = {}
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        assert key in FLAGS + BITS and key not in parsed, element
        assert not (key in FLAGS and equals), element
        assert not equals or value in map(str, range(8, 16)), element
        parsed[key] = int(value) if equals else None
    return parsed


def answers(offer, answer):
    """Whether the parameters of an answer are right for those of one offer."""
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in answer:
        return False
    if "server_max_window_bits" in offer:
        if answer.get("server_max_window_bits", 15) > offer["server_max_window_bits"]:
            return False
    if "client_max_window_bits" in answer:
        if "client_max_window_bits" not in offer:
            return False
        return answer["client_max_window_bits"] <= (offer["client_max_window_bits"] or 15)
    return True


class Deflate:
    def __init__(self, offers, answer):
        """Both as the fields have them. The answer must be right for one of the offers."""
        self.parameters = parse(answer)
        assert all(value is not None for key, value in self.parameters.items() if key in BITS)
        assert any(answers(parse(offer), self.parameters) for offer in offers.split(","))
        self.inflater = self.new_inflater()
        self.compressor = self.new_compressor()

    def new_inflater(self, before=b""):
        return zlib.decompressobj(-self.parameters.get("server_max_window_bits", 15), zdict=before)

    def new_compressor(self):
        bits = self.parameters.get("client_max_window_bits", 15)
        if bits == 8:  # zlib writes no such window, but run lengths alone fit every window
            return zlib.compressobj(wbits=-9, strategy=zlib.Z_RLE)
        return zlib.compressobj(wbits=-bits)

    def compress(self, payload):
        """A message's payload, of all its frames together."""
        if "client_no_context_takeover" in self.parameters:
            self.compressor = self.new_compressor()
        data = self.compressor.compress(payload) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        if not data:  # nothing to flush
            return b"\x00"
        assert data.endswith(TAIL)
        return data[:-len(TAIL)]

    def inflate(self, payload):
        if "server_no_context_takeover" in self.parameters:
            self.inflater = self.new_inflater()
        plain = self.read(payload + TAIL)
        while self.inflater.eof:  # a block that says it is the last; the message may go on
            rest = self.inflater.unused_data
            self.inflater = self.new_inflater(plain[-WINDOW_SIZE_MAX:])
            plain += self.read(rest)
        return plain

    def read(self, data):
        """zlib holds a reference against its window only where it goes beyond what was written in
        the same call: so a small window is read in small steps."""
        if self.parameters.get("server_max_window_bits", 15) == 15:
            return self.inflater.decompress(data)
        pieces = []
        while True:
            pieces.append(self.inflater.decompress(data, STEP_SIZE))
            data = self.inflater.unconsumed_tail
            if not data and not pieces[-1]:
                return b"".join(pieces)
