"""The access log: a line for each request, in every format, whatever clients send."""

import datetime
import fcntl
import json
import os
import re

import pytest

import websocket_handshake
from support import SANITIZED, curl, receive_all, receive_exactly, wait_until

FORMATS = ["text", "json", "combined"]
COMBINED = re.compile(
    r'(?P<host>\S+) - - \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" (?P<status>\d{3}) '
    r'(?P<response_bytes>\d+) "(?P<referer>[^"]*)" "(?P<user_agent>[^"]*)"')
TEXT = re.compile(
    r"\[(?P<peer>\S+)\] (?P<request>.*?) (?:answered|refused) with (?P<status>\d{3}) "
    r"\(request body (?P<request_bytes>\d+) bytes, response body (?P<response_bytes>\d+) bytes, "
    r"[\d.]+ ms\)")


class AccessLog:
    """A server with an access log in a file."""

    def __init__(self, echod, path, log_format, *arguments, **options):
        self.path = path
        self.format = log_format
        self.server = echod("--access-log", path, "--access-log-format", log_format, *arguments,
                            **options)

    def lines(self, count):
        """The lines so far, of which there must come to be `count`."""
        def find():
            lines = self.path.read_bytes().split(b"\n")
            assert len(lines) <= count + 1, lines
            return lines[:-1] if len(lines) == count + 1 else None
        return wait_until(find, f"{count} lines in the access log")

    def entries(self, count):
        """The same, parsed: JSON as it is, the others as far as their pattern knows."""
        return [self.parse(line.decode("utf-8")) for line in self.lines(count)]

    def parse(self, line):
        if self.format == "json":
            return json.loads(line)
        match = {"text": TEXT, "combined": COMBINED}[self.format].fullmatch(line)
        assert match, line
        return match.groupdict()

    def ask(self, *requests):
        """Sends requests, in one go, and returns what comes back until the end."""
        with self.server.connect() as connection:
            connection.sendall(b"".join(requests))
            connection.shutdown(1)
            return receive_all(connection)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.port}"


@pytest.fixture(params=FORMATS)
def any_format(request):
    return request.param


def request_of(target=b"/", fields=b"", method=b"GET", body=b""):
    return b"%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n%s" % (method, target, fields, body)


def test_json(echod, tmp_path, engine):
    log = AccessLog(echod, tmp_path / "access", "json", "--engine", engine)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = curl("--data", "hello", "--user-agent", "tester/1", "--referer", "http://h/from",
                  "--header", f"traceparent: {trace}", "--header", "X-Request-Id: f-1",
                  f"{log.url}/a%20b?x=1")
    assert answer.stdout == b"hello"
    (entry,) = log.entries(1)
    datetime.datetime.strptime(entry.pop("time"), "%Y-%m-%dT%H:%M:%S.%fZ")
    assert entry.pop("duration_ns") >= 0
    assert re.fullmatch(r"127\.0\.0\.1:\d+", entry.pop("peer"))
    assert entry == {
        "event": "http_request", "connection": 1, "request": 1, "request_id": "f-1",
        "method": "POST",
        "target": "/a%20b?x=1", "version": "HTTP/1.1", "status": 200, "request_bytes": 5,
        "response_bytes": 5, "complete": True, "referer": "http://h/from",
        "user_agent": "tester/1", "traceparent": trace,
        "trace_id": "0af7651916cd43dd8448eb211c80319c"}


def test_combined(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "combined")
    answer = curl("--user-agent", 'a "b" \\ c', f"{log.url}/x")
    curl("--head", "--header", "User-Agent:", f"{log.url}/y")
    got, head = log.entries(2)
    time = datetime.datetime.strptime(got["time"], "%d/%b/%Y:%H:%M:%S %z")
    age = datetime.datetime.now(datetime.timezone.utc) - time
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=10)
    assert got["host"] == "127.0.0.1"
    assert got["request"] == "GET /x HTTP/1.1"
    assert got["status"] == "200"
    assert int(got["response_bytes"]) == len(answer.stdout)
    assert got["referer"] == "-"
    assert got["user_agent"] == r"a \x22b\x22 \x5C c"
    assert head["request"] == "HEAD /y HTTP/1.1"
    assert (head["response_bytes"], head["user_agent"]) == ("0", "-")


def test_text(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "text")
    curl("--data", "hello", f"{log.url}/x?y=z")
    (entry,) = log.entries(1)
    assert re.fullmatch(r"127\.0\.0\.1:\d+", entry["peer"])
    assert entry["request"] == "POST /x?y=z HTTP/1.1"
    assert (entry["request_bytes"], entry["response_bytes"]) == ("5", "5")


def test_requests_of_a_connection(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json")
    log.ask(request_of(b"/1"), request_of(b"/2", b"Content-Length: 2\r\n", b"PUT", b"hi"),
            request_of(b"/3"))
    log.ask(request_of(b"/4"))
    entries = log.entries(4)
    assert [(entry["connection"], entry["request"], entry["target"]) for entry in entries] == [
        (1, 1, "/1"), (1, 2, "/2"), (1, 3, "/3"), (2, 1, "/4")]
    assert entries[0]["peer"] == entries[2]["peer"] != entries[3]["peer"]


REFUSED = {
    b"GET / HTTP/1.1\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n": 400,
    b"GET / HTTP/2.0\r\n\r\n": 505,
    b"GET /" + b"x" * 33_000 + b" HTTP/1.1\r\n\r\n": 414,
    request_of(fields=b"A: " + b"x" * 33000 + b"\r\n"): 431,
    request_of(fields=b"Transfer-Encoding: gzip\r\n", method=b"POST"): 501,
}
REFUSED_WITH_A_HEAD = {
    request_of(method=b"TRACE"): 405,
    request_of(fields=b"Transfer-Encoding: chunked\r\n", body=b"x\r\n"): 400,
}


def test_refused_requests(echod, tmp_path, any_format):
    log = AccessLog(echod, tmp_path / "access", any_format, listen=["http://127.0.0.1:0"])
    refused = {**REFUSED, **REFUSED_WITH_A_HEAD}
    for request, status in refused.items():
        assert b"HTTP/1.1 %d " % status in log.ask(request)
    entries = log.entries(len(refused))
    assert [int(entry["status"]) for entry in entries] == list(refused.values())
    unknown = {"text": "Request", "json": None, "combined": "-"}[any_format]
    for entry in entries[:len(REFUSED)]:
        assert entry.get("request" if any_format != "json" else "target") == unknown
    assert "TRACE" in str(entries[len(REFUSED)])


def test_a_slow_head_is_refused(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json", "--header-timeout", "100ms",
                    listen=["http://127.0.0.1:0"])
    with log.server.connect() as connection:
        connection.sendall(b"GET / HT")
        assert receive_all(connection).startswith(b"HTTP/1.1 408 ")
    assert log.entries(1)[0]["status"] == 408


def test_an_answer_that_is_cut(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json")
    log.ask(request_of(b"/cut", b"Content-Length: 10\r\n", b"POST", b"hello"))
    (entry,) = log.entries(1)
    assert (entry["target"], entry["status"], entry["complete"]) == ("/cut", 200, False)
    assert (entry["request_bytes"], entry["response_bytes"]) == (5, 5)


def test_a_websocket_is_a_line_when_it_opens(echod, tmp_path, any_format):
    log = AccessLog(echod, tmp_path / "access", any_format)
    with log.server.connect() as connection:
        connection.sendall(websocket_handshake.request())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += receive_exactly(connection, 1)
        assert head.startswith(b"HTTP/1.1 101 ")
        (entry,) = log.entries(1)  # while it is open
        assert int(entry["status"]) == 101
    log.server.wait_log("Connection")
    assert log.server.stop() == 0
    assert len(log.lines(1)) == 1


def test_what_is_not_http_is_not_logged(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json")
    assert log.ask(b"hello") == b"hello"
    assert log.server.stop() == 0
    assert log.path.read_bytes() == b""


CREDENTIALS = ["password", "passwd", "token", "access_token", "id_token", "refresh_token",
               "api_key", "apikey", "key", "secret", "client_secret", "sig", "signature", "auth",
               "code", "Password", "API-KEY", "tok%65n"]


def test_credentials_are_in_no_log(echod, tmp_path, any_format):
    log = AccessLog(echod, tmp_path / "access", any_format, "--log-level", "debug",
                    "--log-reads", "all")
    query = "&".join(f"{name}=s3cret" for name in CREDENTIALS)
    answer = curl("--user", "me:s3cret", "--cookie", "id=s3cret", "--proxy-header", "X: y",
                  "--header", "Proxy-Authorization: s3cret",
                  "--referer", f"http://me:s3cret@h/?{query}#access_token=s3cret",
                  f"{log.url}/path?a=1&{query}&b=2")
    assert b"s3cret" in answer.stdout, "the reflection hides nothing from its owner"
    (line,) = log.lines(1)
    for logged in [line.decode(), log.server.log, log.server.stdout]:
        assert "s3cret" not in logged
        assert "bWU6czNjcmV0" not in logged, "Basic authorization"
    assert b"/path?a=1&password=REDACTED&" in line and b"&b=2" in line
    in_target, in_referer = len(CREDENTIALS), len(CREDENTIALS) + 1
    assert line.count(b"REDACTED") == in_target + (0 if any_format == "text" else in_referer)


def test_no_byte_forges_a_line(echod, tmp_path, any_format):
    log = AccessLog(echod, tmp_path / "access", any_format, listen=["http://127.0.0.1:0"])
    requests = []
    for byte in range(256):
        text = b"x%cy" % byte
        requests += [request_of(fields=b"User-Agent: %s\r\nReferer: %s\r\ntraceparent: %s\r\n"
                                % (text, text, text)),
                     request_of(b"/" + text), request_of(method=text)]
    for request in requests:
        assert log.ask(request).startswith(b"HTTP/1.1 ")
    for line in log.lines(len(requests)):
        assert all(byte >= 0x20 and byte != 0x7f for byte in line), line
        text = line.decode()
        assert not any(0x80 <= ord(character) < 0xa0 for character in text), line
        assert any_format == "text" or text.isascii()
        log.parse(text)


def test_long_fields_are_cut(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json")
    log.ask(request_of(b"/" + b"t" * 8000, b"User-Agent: %s\r\nReferer: %s\r\n" % (
        b"u" * 8000, b"r" * 8000)))
    (entry,) = log.entries(1)
    for name, size in [("target", 1024), ("user_agent", 256), ("referer", 512)]:
        assert len(entry[name]) == size and entry[name].endswith("..."), name


def test_standard_output_has_the_access_log_alone(echod):
    server = echod("--access-log", "-", "--access-log-format", "json", started=None)
    port = int(server.wait_log(r"^Echo server listening on \S+:(\d+)$").group(1))
    for _ in range(2):
        assert curl("--data", "hi", f"http://127.0.0.1:{port}").stdout == b"hi"
    assert server.stop() == 0
    assert [json.loads(line)["status"] for line in server.stdout.splitlines()] == [200, 200]


def test_a_file_is_appended_to(echod, tmp_path):
    path = tmp_path / "access"
    path.write_text("what was there\n")
    log = AccessLog(echod, path, "combined")
    curl(log.url)
    assert log.server.stop() == 0
    lines = log.lines(2)
    assert lines[0] == b"what was there"
    assert COMBINED.fullmatch(lines[1].decode())


def test_a_truncated_file_goes_on_from_its_start(echod, tmp_path):
    log = AccessLog(echod, tmp_path / "access", "json")
    curl(f"{log.url}/before")
    log.lines(1)
    with open(log.path, "r+b") as file:
        file.truncate(0)
    curl(f"{log.url}/after")
    assert log.entries(1)[0]["target"] == "/after"


def test_a_full_disk_costs_only_lines(echod):
    count = 20 if SANITIZED else 200
    server = echod("--access-log", "/dev/full")
    with server.connect() as connection:
        for _ in range(count):
            connection.sendall(request_of(b"/", b"Content-Length: 2\r\n", b"PUT", b"hi"))
            answer = b""
            while not answer.endswith(b"\r\n\r\nhi"):
                answer += connection.recv(4096)
    assert server.stop() == 0
    dropped = re.findall(r"^(\d+) access log lines dropped: No space left on device$", server.log,
                         re.M)
    assert sum(map(int, dropped)) == count
    assert server.log.count("Cannot write the access log /dev/full: No space left on device") == 1


@pytest.mark.skipif(SANITIZED, reason="many requests; AccessLogTest has a stalled reader too")
def test_a_stalled_pipe_never_blocks_an_answer(echod):
    """Nobody reads the pipe, and there are more lines than it and the queue (4096) take."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 16384)
    server = echod("--access-log", "-", started=None, stdout=os.fdopen(writing, "wb"))
    port = int(server.wait_log(r"^Echo server listening on \S+:(\d+)$").group(1))
    batch, batches = 100, 46
    for _ in range(batches):
        answer = curl("--fail", "--data", "hi", f"http://127.0.0.1:{port}/[1-{batch}]")
        assert answer.stdout == b"hi" * batch
    assert server.stop() == 0
    dropped = re.findall(r"^(\d+) access log lines dropped", server.log, re.M)
    with os.fdopen(reading, "rb") as pipe:
        os.set_blocking(reading, False)
        arrived = pipe.read().count(b"\n")
    assert sum(map(int, dropped)) + arrived == batch * batches
