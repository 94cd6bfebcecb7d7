"""The opening handshake of RFC 6455 section 4 from the client's side: what to send, and a strict
reading of the answer."""

import base64
import hashlib

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # that of the RFC's example, and so is the answer to it
ACCEPT = base64.b64encode(
    hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()

FIELDS = {
    "Host": "h",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def request(target="/", fields=(), *, method="GET", version="HTTP/1.1", body=b"", **changed):
    """A request for a WebSocket, with `fields` (pairs) at its end. `changed` gives fields other
    values, or none: Sec_WebSocket_Key=None leaves the key out."""
    changed = {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{method} {target} {version}"]
    lines += [f"{name}: {value}" for name, value in {**FIELDS, **changed}.items()
              if value is not None]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Answer:
    """The head of a response."""

    def __init__(self, head):
        lines = head.decode("ascii").split("\r\n")
        assert lines[-2:] == ["", ""]
        self.version, status, self.reason = lines[0].split(" ", 2)
        self.status = int(status)
        self.fields = [tuple(line.split(": ", 1)) for line in lines[1:-2]]

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def value(self, name):
        """None where it is not there. A field that is there twice is a failure."""
        values = self.values(name)
        assert len(values) <= 1, self.fields
        return values[0] if values else None

    def check(self):
        """Expects the agreement to a WebSocket, with every field that it needs and no body."""
        assert (self.version, self.status) == ("HTTP/1.1", 101), self.reason
        assert self.value("Upgrade").lower() == "websocket"
        assert self.value("Connection").lower() == "upgrade"
        assert self.value("Sec-WebSocket-Accept") == ACCEPT
        assert self.value("Content-Length") is None
        assert self.value("Transfer-Encoding") is None
