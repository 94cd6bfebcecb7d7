"""What we reject and a peer accepts: always towards strict. See rules.py for the columns."""

import re

from case import TOKEN

GET = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"\r\n\r\n"

ORIGIN_FORM = rb"/[!-\"$-~]*"
# Narrower than RFC 3986: none of the marks that let one host look like two.
HOST = rb"(\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]|[A-Za-z0-9\-._~]+)"
ABSOLUTE_FORM = rb"[A-Za-z][A-Za-z0-9+.\-]*://" + HOST + rb"(:\d{0,5})?([/?][!-\"$-~]*)?"
AUTHORITY_FORM = HOST + rb":\d{1,5}"


def is_form_for(method, target):
    if method == b"CONNECT":
        return re.fullmatch(AUTHORITY_FORM, target) is not None
    if target == b"*":
        return method == b"OPTIONS"
    return re.fullmatch(ORIGIN_FORM + b"|" + ABSOLUTE_FORM, target) is not None


def in_request_line(case, status=400):
    return case.rejected_for("request line", status)


def extra_space(case):
    return in_request_line(case) and re.fullmatch(TOKEN + rb" ", case.before) and case.bad == b" "


def target_form(case):
    words = case.before.split(b" ")
    return (in_request_line(case) and len(words) == 2 and words[1] and case.bad == b" "
            and not is_form_for(*words))


def no_version(case):
    return (in_request_line(case) and re.fullmatch(TOKEN + rb" [!-~]*", case.before)
            and case.bad in (b"\r", b"\n"))


def version_syntax(case):
    if not in_request_line(case) or case.before.count(b" ") < 2 or case.bad == b"\n":
        return False
    version = case.before.split(b" ", 2)[2] + case.bad
    return not re.match(rb"HTTP/\d\.\d\r?\Z", version) and not b"HTTP/1.1".startswith(version)


def line_feed_alone(case):
    return (case.we_reject and case.bad == b"\n"
            and not case.before.endswith(b"\r") and case.ours["why"] != "chunk")


def return_alone(case):
    return (case.we_reject and case.ours["why"] != "chunk"
            and case.data[case.at - 1:case.at] == b"\r" and case.bad != b"\n")


def other_major(case):
    return (in_request_line(case, 505)
            and re.search(rb" HTTP/[02-9]\.\d$", case.request_line) is not None)


def in_fields(case):
    return case.rejected_for("field syntax") or case.rejected_for("trailer")


def folded_line(case):
    return in_fields(case) and case.before == b"" and case.bad in (b" ", b"\t")


def name_token(case):
    return (in_fields(case) and re.fullmatch(rb"(" + TOKEN + rb")?", case.before)
            and not re.fullmatch(TOKEN + rb"|[ \t\n]|", case.bad)
            and (case.before or case.bad != b"\r"))


def control_in_value(case):
    return (in_fields(case) and re.match(TOKEN + rb":", case.before)
            and re.fullmatch(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", case.bad))


def no_host(case):
    return case.rejected_for("head") and not case.has_field(b"Host")


def second_host(case):
    return case.rejected_for("field Host") and len(
        re.findall(rb"(?i)\nHost:", case.head)) > 1


def host_syntax(case):
    return case.rejected_for("field Host") and not re.fullmatch(
        HOST + rb"(:\d{0,5})?", case.value)


def host_port(case):
    port = re.search(rb":(\d+)$", case.value)
    return case.rejected_for("field Host") and port and int(port[1]) > 65535


def length_syntax(case):
    return case.rejected_for("field Content-Length") and not re.fullmatch(rb"\d+", case.value)


def length_zeros(case):
    return case.rejected_for("field Content-Length") and re.fullmatch(rb"0\d+", case.value)


def length_huge(case):
    return (case.rejected_for("field Content-Length") and re.fullmatch(rb"\d+", case.value)
            and int(case.value) >= 2**64)


def second_length(case):
    return case.rejected_for("field Content-Length") and len(
        re.findall(rb"(?i)\nContent-Length:", case.head)) > 1


def both_framings(case):
    return (case.rejected_for("field Content-Length") or
            case.rejected_for("field Transfer-Encoding")) and (
                case.has_field(b"Content-Length") and case.has_field(b"Transfer-Encoding"))


def coding_in_http10(case):
    return (case.rejected_for("field Transfer-Encoding")
            and re.search(rb"HTTP/1\.0$", case.request_line))


def coding_syntax(case):
    parameter = rb"[ \t]*;[ \t]*" + TOKEN + rb"=(" + TOKEN + rb'|"([^"\\]|\\.)*")'
    coding = TOKEN + rb"(" + parameter + rb")*"
    members = coding + rb"([ \t]*,[ \t]*" + coding + rb")*"
    return case.rejected_for("field Transfer-Encoding") and not re.fullmatch(members, case.value)


def at_once(case):
    """h11 looks at a head, or trailers, when all of it is there; at a chunk's line when its CRLF
    is."""
    part = case.ours["why"]
    rest = case.data[case.at:] if part in ("chunk", "trailer") else case.request
    waits_for_head = part != "chunk" and not re.search(rb"\n\r?\n", rest)
    waits_for_line = part == "chunk" and b"\r\n" not in rest
    return (case.we_reject and case.their_side == "incomplete"
            and (waits_for_head or waits_for_line))


def chunked_not_last_once(case):
    codings = re.findall(rb"(?i)\nTransfer-Encoding:([^\r\n]*)", case.head)
    words = b",".join(codings).lower().replace(b" ", b"").replace(b"\t", b"").split(b",")
    return case.rejected_for("field Transfer-Encoding") and (
        b"chunked" in words[:-1] or words[-1].startswith(b"chunked;"))


def unknown_coding(case):
    codings = re.findall(rb"(?i)\nTransfer-Encoding:([^\r\n]*)", case.head)
    words = b",".join(codings).lower().split(b",")
    return case.rejected_for("head", 501) and any(word.strip() != b"chunked" for word in words)


def unknown_expectation(case):
    return case.rejected_for("head", 417) and not case.has_field(
        b"Expect", rb"[ \t]*100-continue[ \t]*") or case.rejected_for("head", 417) and len(
            re.findall(rb"(?i)\nExpect:", case.head)) > 1


def body_over_limit(case):
    return case.rejected_for("head", 413) or case.rejected_for("chunk", 413)


def chunk_digits(case):
    return case.rejected_for("chunk") and re.fullmatch(rb"[0-9A-Fa-f]{16}", case.before)


def chunk_extension(case):
    return (case.rejected_for("chunk")
            and re.match(rb"[0-9A-Fa-f]+;", case.before + case.bad) and case.bad != b"\n")


def chunk_line_long(case):
    return (case.rejected_for("chunk") and len(case.before) >= 256 and b";" in case.before)


def chunk_size_syntax(case):
    return (case.rejected_for("chunk") and re.fullmatch(rb"[0-9A-Fa-f]*", case.before)
            and not re.fullmatch(rb"[0-9A-Fa-f;]", case.bad) and case.bad != b"\n"
            and not (case.before and case.bad == b"\r"))


def forbidden_trailer(case):
    return case.rejected_for("trailer") and re.match(
        rb"(?i)(Authorization|Connection|Content-(Encoding|Length|Range|Type)|Cookie|Expect|Host|"
        rb"TE|Trailer|Upgrade|Max-Forwards|Transfer-Encoding):", case.line)


def too_large(case):
    return case.we_reject and case.ours["status"] in (414, 431)


TAKES = "accepts it"

ROWS = [
    ("rejected earlier", b"G(T / HTTP/1.1\r\n", "400", "waits for more data",
     "echod rejects at the first invalid byte; the others decide later, h11 when the head is "
     "complete", "", at_once),
    ("more than one space", b"GET  / HTTP/1.1\r\nHost: a" + END, "400", TAKES,
     "a request line has one space between its parts; a second one may hide another target",
     "9112 §3", extra_space),
    ("form of the request target", b"GET a HTTP/1.1\r\nHost: a" + END, "400", TAKES,
     "the target has none of the four forms, or not the one for this method; also `#` and user "
     "information", "9112 §3.2", target_form),
    ("no version", b"GET /\r\nHost: a" + END, "400", TAKES,
     "HTTP/0.9 is obsolete, and on an echo port such a line is more likely raw text", "9112 §3",
     no_version),
    ("form of the version", b"GET /  HTTP/1.1\r\nHost: a" + END, "400", TAKES,
     "the version is `HTTP/` DIGIT `.` DIGIT, in capitals, after one space", "9112 §2.3",
     version_syntax),
    ("other major version", b"GET / HTTP/2.0\r\nHost: a" + END, "505", TAKES,
     "a request of another major version has another meaning", "9110 §15.6.6",
     other_major),
    ("bare LF", GET + b"Host: a\n\r\n", "400", TAKES,
     "the RFC lets a recipient accept it as a line terminator; two parsers that decide "
     "differently can be played off against each other", "9112 §2.2", line_feed_alone),
    ("bare CR", b"\rGET / HTTP/1.1\r\nHost: a" + END, "400", TAKES,
     "a recipient must reject or replace it", "9112 §2.2", return_alone),
    ("folded field line", GET + b"Host: a\r\nX: a\r\n b" + END, "400", TAKES,
     "a server must reject or replace it", "9112 §5.2", folded_line),
    ("field name", GET + b"Host: a\r\n: a" + END, "400", TAKES, "a field name is a token",
     "9110 §5.1", name_token),
    ("control character in a value", GET + b"Host: a\r\nX: a\x01b" + END, "400", TAKES,
     "only visible characters, spaces and tabs are allowed; NUL, CR and LF must be rejected or "
     "replaced", "9110 §5.5", control_in_value),
    ("missing Host", GET + b"\r\n", "400", TAKES, "a server must respond with 400", "9112 §3.2",
     no_host),
    ("second Host", GET + b"Host: a\r\nHost: a" + END, "400", TAKES,
     "a server must respond with 400", "9112 §3.2", second_host),
    ("value of Host", GET + b"Host: a b" + END, "400", TAKES,
     "a server must respond with 400; echod also rejects an empty host, and characters that let "
     "one host look like two", "9112 §3.2, 3986 §3.2.2", host_syntax),
    ("port of Host", GET + b"Host: a:65536" + END, "400", TAKES, "ports end at 65535",
     "3986 §3.2.3", host_port),
    ("Content-Length and Transfer-Encoding", POST + b"Content-Length: 5\r\nTransfer-Encoding: "
     b"chunked\r\n\r\n0" + END, "400", TAKES,
     "the classic request smuggling vector; a server may reject it", "9112 §6.1", both_framings),
    ("second Content-Length", POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "400",
     TAKES, "a recipient may merge equal values or reject them", "9110 §8.6",
     second_length),
    ("Content-Length beyond 64 bits", POST + b"Content-Length: 18446744073709551616" + END, "400",
     TAKES, "a recipient must prevent overflow", "9110 §8.6", length_huge),
    ("value of Content-Length", POST + b"Content-Length: 1, 1\r\n\r\nx", "400", TAKES,
     "only digits are valid; a list of equal values is like a second Content-Length", "9110 §8.6",
     length_syntax),
    ("Content-Length with a leading zero", POST + b"Content-Length: 01\r\n\r\nx", "400", TAKES,
     "the grammar allows it, but some parsers read it as octal", "9110 §8.6", length_zeros),
    ("Transfer-Encoding in HTTP/1.0",
     b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0" + END, "400", TAKES,
     "such a message must be treated as having faulty framing", "9112 §6.1", coding_in_http10),
    ("chunked not last, repeated or with parameters",
     POST + b"Transfer-Encoding: chunked;a=b\r\n\r\n0" + END, "400", TAKES,
     "chunked has no parameters and must not be applied twice; if it is not last, the length is "
     "unknown", "9112 §6.1, §6.3, §7", chunked_not_last_once),
    ("value of Transfer-Encoding", POST + b"Transfer-Encoding:\r\n\r\n0" + END, "400", TAKES,
     "the value is a list of at least one coding, each a token with parameters", "9112 §6.1, §7",
     coding_syntax),
    ("unknown transfer coding", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0" + END, "501",
     TAKES, "a server should respond with 501", "9112 §6.1", unknown_coding),
    ("unknown expectation", POST + b"Expect: 200-ok" + END, "417", TAKES,
     "a server may respond with 417", "9110 §10.1.1", unknown_expectation),
    ("body over the limit", POST + b"Content-Length: 18446744073709551615" + END, "413", TAKES,
     "a limit of echod (`--max-body`); the others leave it to the application", "9110 §15.5.14",
     body_over_limit),
    ("chunk size beyond 16 digits", CHUNKED + b"00000000000000005\r\nabcde\r\n0" + END, "400",
     TAKES, "a recipient must prevent overflow; echod counts leading zeros too", "9112 §7.1",
     chunk_digits),
    ("chunk size", CHUNKED + b"5 \r\nabcde\r\n0" + END, "400", TAKES,
     "only hexadecimal digits are valid: no sign, prefix or space", "9112 §7.1",
     chunk_size_syntax),
    ("chunk line over the limit", CHUNKED + b"5;" + b"a" * 256 + b"\r\nabcde\r\n0" + END, "400",
     TAKES, "a recipient must limit extensions", "9112 §7.1.1", chunk_line_long),
    ("chunk extension", CHUNKED + b"5;=b\r\nabcde\r\n0" + END, "400", TAKES,
     "a name must follow the semicolon, without control characters", "9112 §7.1.1",
     chunk_extension),
    ("forbidden trailer", CHUNKED + b"0\r\nContent-Length: 5" + END, "400", TAKES,
     "a sender must not put framing, routing or authentication fields in trailers", "9110 §6.5.1",
     forbidden_trailer),
    ("head over a limit", GET + b"Host: a\r\n" + b"X: y\r\n" * 1000 + b"\r\n", "414 or 431", TAKES,
     "echod limits lines, fields and heads", "9110 §15.5.15, 6585 §5", too_large),
]
