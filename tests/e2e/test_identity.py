"""Which replica answered, and under which name a request is found in the logs."""

import json
import os
import re
import socket

import pytest

from support import curl, receive_all, wait_until

SHOWN = {"POD_NAME": "web-1", "PLACE": "caf\u00e9, here"}
FIELD = b"X-Echo-Environment: POD_NAME=web-1, PLACE=caf%C3%A9%2C%20here\r\n"
WEBSOCKET = (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def environment(**variables):
    return {"env": {**os.environ, **variables}}


def ask(server, target=b"/", fields=b""):
    with server.connect() as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n" % (target, fields))
        connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def test_every_response_shows_the_replica(echod, tmp_path, some_engine):
    access = tmp_path / "access"
    server = echod("--engine", some_engine, "--log-format", "json", "--access-log", access,
                   "--access-log-format", "json", "--show-environment", "POD_NAME,PLACE",
                   "--show-environment", "ECHO_UNSET", started=None, **environment(**SHOWN))
    port = json.loads(server.wait_log(r'^\{.*"event":"listening".*$').group())["address"]
    server_port = int(port.rpartition(":")[2])
    server.connect = lambda: socket.create_connection(("127.0.0.1", server_port), timeout=60)
    for target, fields, status in [(b"/", b"", b"200"), (b"/status/503", b"", b"503"),
                                   (b"/ws", WEBSOCKET, b"101"), (b"/", b"Host: h\r\n", b"400"),
                                   (b"/?status=x", b"", b"400")]:
        head, _, body = ask(server, target, fields).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 " + status)
        assert (head + b"\r\n").count(b"\r\n" + FIELD) == 1, head
        if target == b"/" and status == b"200":
            assert json.loads(body)["environment"] == {**SHOWN, "ECHO_UNSET": None}
    start = json.loads(server.wait_log(r'^\{.*"event":"environment".*$').group())
    assert start["environment"] == {**SHOWN, "ECHO_UNSET": None}
    server.wait_log(r'"event":"shown_environment".*ECHO_UNSET is not set')
    lines = wait_until(
        lambda: len(found := access.read_text().splitlines()) == 5 and found, "lines")
    assert all(json.loads(line)["environment"] == SHOWN for line in lines)


def test_by_default_nothing_is_shown(default_server):
    answer = ask(default_server)
    assert b"X-Echo-Environment" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["environment"] == {}
    assert "Environment" not in default_server.stdout


def test_text_shows_the_replica(echod, tmp_path):
    access = tmp_path / "access"
    server = echod("--access-log", access, **environment(
        ECHOD_SHOW_ENVIRONMENT="POD_NAME,HOSTNAME", HOSTNAME="own", **SHOWN))
    shown = "POD_NAME=web-1, HOSTNAME=own"
    wait_until(lambda: f"\nEnvironment: {shown}\n" in server.stdout, "the start lines")
    url = f"http://127.0.0.1:{server.port}"
    assert curl(url).stdout.decode().endswith(f"\n# environment: {shown}\n")
    assert json.loads(curl(f"{url}/env").stdout) == {
        "env": {"POD_NAME": "web-1", "HOSTNAME": "own"}}
    wait_until(lambda: f" ms) [{shown}]\n" in access.read_text(), "a line")


def test_skipped_requests_have_no_line(echod, tmp_path):
    access = tmp_path / "access"
    server = echod("--access-log", access, "--access-log-format", "json", "--access-log-skip",
                   "/healthz status=2xx", "--access-log-skip", "/quiet*")
    for target in (b"/healthz", b"/quiet/a?b", b"/healthz?status=503", b"/healthz/", b"/"):
        ask(server, target)
    ask(server, b"/", b"Host: h\r\n")
    assert server.stop() == 0
    entries = [json.loads(line) for line in access.read_text().splitlines()]
    assert [(entry.get("target"), entry["status"]) for entry in entries] == [
        ("/healthz?status=503", 503), ("/healthz/", 200), ("/", 200), (None, 400)]


def test_requests_have_names(echod, tmp_path, some_engine):
    access = tmp_path / "access"
    server = echod("--engine", some_engine, "--access-log", access, "--access-log-format", "json")
    ask(server, b"/", b"X-Request-Id: 8f14e45f-ceea-467f-ab5b-2a1f3c0d9e77\r\n")
    for fields in (b"", b"X-Request-Id: a b\r\n", b"X-Request-Id: " + b"x" * 129 + b"\r\n",
                   b"Host: h\r\n"):
        assert b"Request-Id" not in ask(server, b"/bytes/3", fields)
    assert server.stop() == 0
    first, *drawn = [json.loads(line)["request_id"] for line in access.read_text().splitlines()]
    assert first == "8f14e45f-ceea-467f-ab5b-2a1f3c0d9e77"
    assert len(set(drawn)) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in drawn)


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize("sink", ["journal", "file"])
def test_lines_for_the_journal_have_priorities(echod, tmp_path, sink, format_):
    with open(tmp_path / "stream", "w+b") as stream:
        status = os.fstat(stream.fileno())
        inode = status.st_ino + (sink == "file")
        server = echod("--log-timestamps", "auto", "--log-format", format_, "--show-environment",
                       "ECHO_UNSET", started=None, stderr=stream,
                       **environment(JOURNAL_STREAM=f"{status.st_dev}:{inode}"))
        text = wait_until(lambda: (tmp_path / "stream").read_text(), "a line")
        assert server.stop() == 0
        lines = (tmp_path / "stream").read_text().splitlines()
    if format_ == "json":
        assert all(json.loads(line) for line in lines)
    elif sink == "journal":
        assert text.startswith("<4>ECHO_UNSET is not set")
        assert lines[-1] == "<6>Stopped"
    else:
        assert all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in lines)
