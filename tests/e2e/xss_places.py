"""Where a client's text gets into an answer: each place makes a request of a payload, as bytes, so
that it can hold what no well-behaved client would send.

The text is written as it is where a place's name says "raw" (most of such requests are refused, and
the refusal must not run either), and percent-encoded in other targets.
"""

from typing import NamedTuple
from urllib.parse import quote_from_bytes

BODY_TYPES = [
    b"text/html", b"text/html;charset=utf-7", b"text/html; charset=utf-16", b"image/svg+xml",
    b"application/xhtml+xml", b"text/xml", b"application/xml", b"application/rss+xml",
    b"text/xsl", b"application/javascript", b"text/javascript", b"application/pdf",
    b"text/css", b"text/plain", b"text/plain;charset=utf-16", b"application/json",
    b"text/cache-manifest", b"message/rfc822", b"multipart/x-mixed-replace;boundary=x",
    b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded", b"image/png",
    b"image/gif;x=\"<script>\"", b"*/*", b"text/*", b"text", b"text/html\x0b", b"unknown/unknown",
    b"text/plain,text/html", b"text/plain;text/html", b"application/x-shockwave-flash", b"",
]


class Place(NamedTuple):
    name: str
    make: object  # (payload, Accept's value) -> the request's bytes
    is_raw: bool  # whether the payload may end its request and begin another


def encoded(text):
    return quote_from_bytes(text, safe="").encode()


def message(line, *fields, body=None, version=b"HTTP/1.1"):
    lines = [line + b" " + version, b"Host: localhost", *fields]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def get(target):
    """A GET of `target`, in which % is the payload, percent-encoded."""
    return lambda text, accept: message(b"GET " + target.replace(b"%", encoded(text)),
                                        b"Accept: " + accept)


def raw_get(target):
    return lambda text, accept: message(b"GET " + target.replace(b"%", text),
                                        b"Accept: " + accept)


def field(name, target=b"/x", method=b"GET"):
    """A field whose value is the payload."""
    return lambda text, accept: message(method + b" " + target, name + b": " + text,
                                        b"Accept: " + accept)


def post(content_type, target=b"/x"):
    return lambda text, accept: message(b"POST " + target, b"Content-Type: " + content_type,
                                        b"Accept: " + accept, body=text)


def form(text, accept):
    part = (b"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.html\"\r\n"
            b"Content-Type: text/html\r\n\r\n")
    return post(b"multipart/form-data; boundary=x")(part + text + b"\r\n--x--\r\n", accept)


def chunked(target):
    """A body of one chunk, with the payload in it, in the chunk's extension and in a trailer."""
    def make(text, accept):
        quoted = encoded(text)
        return message(b"POST " + target, b"Transfer-Encoding: chunked", b"Accept: " + accept,
                       b"Content-Type: text/html") + (
            b"%x;a=%s\r\n%s\r\n0\r\nX-Trailer: %s\r\n\r\n" % (len(text), quoted[:60], text, quoted))
    return make


def websocket(text, accept):
    return message(b"GET /x", b"Upgrade: websocket", b"Connection: Upgrade",
                   b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                   b"Sec-WebSocket-Protocol: " + text, b"Accept: " + accept)


TARGETS = [
    b"/%", b"/x.html?%", b"/x?q=%", b"/x?%=1", b"/?q=%", b"/reflect?q=%", b"/reflect/%", b"/raw?%",
    b"/anything/%?q=%", b"/headers?%", b"/ip?%", b"/redirect-to?url=%", b"/redirect-to?url=//%",
    b"/sse?count=1&delay=0&duration=0&x=%", b"/%.sse?count=1&delay=0&duration=0",
    b"/bytes/16?seed=%", b"/bytes/%", b"/stream-bytes/16?seed=%", b"/status/%",
    b"/status/200?x=%", b"/delay/%", b"/drip?numbytes=2&duration=0&delay=0&code=%", b"/healthz?%",
    # Response control.
    b"/x?header=Content-Type:text/html&header=X-Content-Type-Options:x"
    b"&header=Content-Security-Policy:script-src+*&q=%",
    b"/x?header=content-type:text/html;charset=utf-7&q=%",
    b"/x?header=X-Test:%", b"/x?header=%:x", b"/x?header=%", b"/x?status=%", b"/x?size=%",
    b"/x?delay=%", b"/x?gzip=true&close=true&q=%", b"/x?status=404:100&q=%",
    b"/x?size=64&header=Content-Type:text/html&q=%",
    b"/reflect?header=Content-Type:text/xml&q=%",
]

RAW_TARGETS = [b"/%", b"/?%", b"/reflect?%", b"/anything?q=%", b"http://%/", b"%",
               b"/redirect-to?url=%", b"/x?header=X-Test:%"]

FIELDS = [b"X-Payload", b"User-Agent", b"Referer", b"Cookie", b"Origin", b"Host", b"Expect",
          b"Content-Type", b"Accept", b"Accept-Language", b"traceparent", b"X-Forwarded-For",
          b"X-Echo-Status", b"X-Echo-Header", b"X-Echo-Delay", b"X-Echo-Size", b"X-Echo-Gzip"]

PLACES = [
    *(Place(f"GET {target.decode()}", get(target), False) for target in TARGETS),
    *(Place(f"raw GET {target.decode()}", raw_get(target), True) for target in RAW_TARGETS),
    *(Place(f"raw field {name.decode()}", field(name), True) for name in FIELDS),
    *(Place(f"raw field X-Payload of {path.decode()}", field(b"X-Payload", path), True)
      for path in (b"/", b"/raw", b"/headers", b"/anything")),
    *(Place(f"POST of {kind.decode()}", post(kind), False) for kind in BODY_TYPES),
    *(Place(f"POST of text/html to {path.decode()}", post(b"text/html", path), False)
      for path in (b"/", b"/x.html", b"/x.svg", b"/raw", b"/reflect", b"/anything",
                   b"/sse?duration=0", b"/headers", b"/status/200",
                   b"/x?header=Content-Type:text/html", b"/x?gzip=true")),
    Place("POST of a form with a file", form, False),
    Place("POST in chunks to /x", chunked(b"/x"), False),
    Place("POST in chunks to /raw", chunked(b"/raw"), False),
    Place("POST in chunks to /reflect", chunked(b"/reflect"), False),
    Place("raw field name", lambda text, accept: message(
        b"GET /x", text + b": x", b"Accept: " + accept), True),
    Place("raw method", lambda text, accept: message(text + b" /x", b"Accept: " + accept), True),
    Place("raw version", lambda text, accept: message(
        b"GET /x", b"Accept: " + accept, version=text), True),
    Place("raw subprotocol", websocket, True),
    Place("HTTP/1.0", lambda text, accept: message(
        b"POST /x", b"Content-Type: text/html", b"Accept: " + accept, body=text,
        version=b"HTTP/1.0"), True),  # it ends the connection
]
