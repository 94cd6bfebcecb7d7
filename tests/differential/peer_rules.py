"""What a peer rejects and we accept, or reads in another way. See rules.py for the columns."""

import re

from case import TOKEN

END = b"\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
LLHTTP_METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT",
                  b"PATCH", b"M-SEARCH"}  # of those that are drawn


def they_say(case, *beginnings):
    return case.they_reject and not case.we_reject and case.theirs["why"].startswith(beginnings)


def method_of(case):
    return re.match(TOKEN, case.request)


def unknown_method(case):
    method = method_of(case)
    return they_say(case, "HPE_INVALID_METHOD") and method and method[0] not in LLHTTP_METHODS


def scheme_letters(case):
    return they_say(case, "HPE_INVALID_URL") and re.match(
        TOKEN + rb" [A-Za-z]+[0-9+.\-][A-Za-z0-9+.\-]*://", case.request)


def beyond_ascii(case):
    return they_say(case, "HPE_INVALID_URL", "illegal request line") and re.match(
        TOKEN + rb" [^ \r\n]*[\x80-\xff]", case.request)


def connect_content(case):
    head_end = case.begin + case.request.find(END) + len(END)
    return (case.kind == "end" and case.request.startswith(b"CONNECT ")
            and case.their_side == f"ends at {head_end}")


def minor_version(case):
    later = re.search(rb" HTTP/1\.[2-9]$", case.request_line)
    return later and (they_say(case, "HPE_INVALID_VERSION") or case.kind == "version")


def tab_after_length(case):
    return they_say(case, "HPE_INVALID_CONTENT_LENGTH") and re.search(
        rb"(?i)\nContent-Length:[ \t]*\d+[ \t]*\t", case.request)


def tab_after_coding(case):
    return they_say(case, "HPE_INVALID_TRANSFER_ENCODING") and re.search(
        rb"(?i)\nTransfer-Encoding:[ \t]*chunked[ \t]*\t", case.request)


def extension_grammar(case):
    return they_say(case, "HPE_STRICT: Invalid character in chunk extensions",
                    "HPE_INVALID_CHUNK_SIZE: Invalid character in chunk size") and re.search(
                        rb"\n[0-9A-Fa-f]+;[^\n]*", case.request)


def earlier(case):
    """They stop in the middle of what we would refuse at its end, which has not come."""
    in_length_or_coding = they_say(
        case, "HPE_INVALID_TRANSFER_ENCODING", "HPE_INVALID_CONTENT_LENGTH",
        "HPE_UNEXPECTED_CONTENT_LENGTH") and re.search(
            rb"(?i)\n(Content-Length|Transfer-Encoding):[^\n]*$", case.request)
    in_target = they_say(case, "HPE_INVALID_URL") and re.fullmatch(
        TOKEN + rb" [!-~]*", case.request)
    return case.our_side == "incomplete" and (in_length_or_coding or in_target)


def close_and_keep(case):
    fields = rb"(?i)\nConnection:[^\n]*close", rb"(?i)\nConnection:[^\n]*keep-alive"
    return (case.kind == "keep_alive" and case.our_side is False
            and case.request_line.endswith(b"HTTP/1.0")
            and all(re.search(field, case.request) for field in fields))


def proxy_connection(case):
    return (case.kind == "keep_alive"
            and re.search(rb"(?i)\nProxy-Connection:", case.request) is not None)


def empty_line_first(case):
    begin = case.ours["messages"][case.index - 1]["end"] if case.index > 0 else 0
    return they_say(case, "no request line received", "illegal request line") and re.match(
        rb"\r(\n|$)", case.data[begin:])


def http10_persistence(case):
    message = case.ours["messages"][case.index] if case.kind == "keep_alive" else None
    return message and message["version"] == "1.0" and message["keep_alive"]


def normalised_value(case):
    if case.kind != "fields":
        return False
    ours, theirs = (side["messages"][case.index]["fields"] for side in (case.ours, case.theirs))
    return len(ours) == len(theirs) and all(
        one[0].lower() == other[0].lower() and (
            one[1].strip(" \t") == other[1].strip(" \t")
            or one[0].lower() == "transfer-encoding" and one[1].lower() == other[1])
        for one, other in zip(ours, theirs))


ROWS = [
    ("unknown method", b"BREW / HTTP/1.1\r\nHost: a" + END, "accepts it", "llhttp rejects it",
     "any token can be a method; llhttp has a list of methods", "9110 §9.1", unknown_method),
    ("scheme of the target", b"GET h2c://a/ HTTP/1.1\r\nHost: a" + END, "accepts it",
     "llhttp rejects it", "after the first letter, a scheme may contain digits, `+`, `-` and `.`",
     "3986 §3.1", scheme_letters),
    ("non-ASCII bytes in the target", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a" + END,
     "accepts it unchanged", "reject it", "clients send it, and an echo server should show it",
     "3986 §2", beyond_ascii),
    ("body of CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
     "reads it as a body", "ends the request before it",
     "what follows belongs to the tunnel; echod refuses CONNECT and closes, so it is never read "
     "as a request", "9110 §9.3.6", connect_content),
    ("later minor version", b"GET / HTTP/1.2\r\nHost: a" + END, "accepts it as 1.1",
     "llhttp rejects it; h11 reports 1.2",
     "a server treats a later minor version as the latest that it knows", "9110 §2.5",
     minor_version),
    ("tab after Content-Length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\t\r\n\r\nx",
     "accepts it", "llhttp rejects it", "white space around a value may be tabs", "9110 §5.6.3",
     tab_after_length),
    ("tab after chunked", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\t\r\n\r\n0"
     + END, "accepts it", "llhttp rejects it", "white space around a value may be tabs",
     "9110 §5.6.3", tab_after_coding),
    ("grammar of chunk extensions", CHUNKED + b"5;a=b;c\r\nabcde\r\n0" + END, "accepts it",
     "llhttp rejects it",
     "unknown extensions are ignored, so echod accepts any text after the name; llhttp accepts "
     "one extension per chunk, without white space", "9112 §7.1.1", extension_grammar),
    ("rejected later", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked",
     "waits for the end of the field", "llhttp rejects it",
     "same result: echod rejects a field or target when it is complete", "9112 §6.1",
     earlier),
    ("leading empty line", b"\r\nGET / HTTP/1.1\r\nHost: a" + END, "accepts it", "h11 rejects it",
     "a server should ignore an empty line before a request line", "9112 §2.2", empty_line_first),
    ("HTTP/1.0 keep-alive", b"GET / HTTP/1.0\r\nConnection: keep-alive" + END,
     "keeps the connection", "h11 closes it",
     "a server may keep the connection if the client asks; h11 never does", "9112 §9.3, §C.2.2",
     http10_persistence),
    ("close and keep-alive in HTTP/1.0", b"GET / HTTP/1.0\r\nConnection: close\r\nConnection: "
     b"keep-alive" + END, "closes", "llhttp keeps it", "close takes precedence",
     "9112 §9.3", close_and_keep),
    ("Proxy-Connection", b"GET / HTTP/1.0\r\nProxy-Connection: keep-alive" + END, "closes",
     "llhttp keeps it", "a non-standard field, which is not Connection", "9112 §C.2.2",
     proxy_connection),
    ("case of a coding name",
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0" + END,
     "keeps the value unchanged", "h11 converts it to lower case",
     "coding names are case-insensitive, so the meaning is the same", "9112 §7", normalised_value),
]
