"""The log as programs and administrators meet it: formats, levels, files, and sinks that stall."""

import datetime
import fcntl
import json
import os
import re
import select
import shlex
import socket

import pytest

from support import PATIENCE_S, echo, receive_all, reset, wait_until


def parse_logfmt(line):
    """Key-value pairs; shlex knows quotes and backslashes."""
    return dict(word.split("=", 1) for word in shlex.split(line))


def parse_json(line):
    return {key: str(value) for key, value in json.loads(line).items()}


class MachineLog:
    """A server that logs for a machine: its port is in the log, and standard output is empty."""

    def __init__(self, echod, log_format, *arguments):
        self.parse = {"logfmt": parse_logfmt, "json": parse_json}[log_format]
        self.server = echod("--log-format", log_format, *arguments, started=None)
        self.events = []
        self.port = int(self.wait_event("listening")["address"].rpartition(":")[2])

    def wait_event(self, name):
        def find():
            complete = self.server.log.rpartition("\n")[0].splitlines()
            self.events = [self.parse(line) for line in complete]
            return next((event for event in self.events if event["event"] == name), None)
        return wait_until(find, f"event {name}")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_every_line_parses(echod, log_format):
    log = MachineLog(echod, log_format)
    with log.connect() as connection:
        peer = "%s:%d" % connection.getsockname()
        echo(connection, b"x" * 21)
    closed = log.wait_event("connection_closed")
    assert log.server.stop() == 0
    log.wait_event("stopped")

    assert log.server.stdout == ""
    assert [event["event"] for event in log.events] == [
        "listening", "engine", "connection_established", "received", "connection_closed",
        "draining", "stopped"]
    for event in log.events:
        datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        assert event["level"] == "info"
        assert event["message"]
    assert log.events[0]["protocol"] == "auto"
    assert log.events[2]["peer"] == peer
    assert log.events[3]["bytes"] == "21"
    assert log.events[3]["message"] == "Received 21 bytes, echoing back"
    assert closed["peer"] == peer
    assert (closed["reason"], closed["protocol"]) == ("closed", "raw")
    assert (closed["bytes_received"], closed["bytes_sent"]) == ("21", "21")
    assert float(closed["seconds"]) >= 0


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_reasons(echod, log_format):
    log = MachineLog(echod, log_format)
    connection = log.connect()
    echo(connection, b"hello")
    reset(connection)
    assert log.wait_event("connection_closed")["reason"] == "reset"


def test_what_a_client_sends_never_reaches_the_log(echod):
    server = echod("--log-reads", "all")
    with server.connect() as connection:
        echo(connection, b"x\r\n[1.2.3.4:5] Connection established\x1b[2J\r\n")
    server.wait_log("Connection closed")
    assert "1.2.3.4" not in server.log
    assert "\x1b" not in server.log


@pytest.mark.parametrize("level, logged", [("debug", True), ("info", True), ("warning", False),
                                           ("error", False), ("off", False)])
def test_levels(echod, level, logged):
    server = echod("--log-level", level)
    with server.connect() as connection:
        echo(connection, b"hello")
    assert server.stop() == 0
    assert bool(server.log) == logged
    assert server.stdout.startswith("Echo server listening on "), "the banner is not the log"


def test_warnings_pass_the_warning_level(echod):
    server = echod("--log-level", "warning", "--drain-timeout", "100ms")
    with server.connect() as connection:
        echo(connection, b"hello")
        assert server.stop() == 0
    assert server.log.splitlines() == ["Drain timeout: closing 1 active connection"]


def test_log_file(echod, tmp_path):
    path = tmp_path / "log"
    path.write_text("what was there\n")
    server = echod("--log-file", path)
    with server.connect() as connection:
        echo(connection, b"hello")
    assert server.stop() == 0
    lines = path.read_text().splitlines()
    assert lines[0] == "what was there"
    assert lines[1].endswith("Connection established")
    assert lines[-1] == "Stopped"
    assert server.log == ""


@pytest.mark.parametrize("option, count", [("0", 0), ("none", 0), ("1", 1), ("3", 3), ("10", 10),
                                           ("all", 30)])
def test_log_reads(echod, engine, option, count):
    server = echod("--engine", engine, "--log-reads", option)
    with server.connect() as connection:
        for _ in range(30):
            echo(connection, b"x")
    server.wait_log("Connection closed")
    assert server.log.count("Received 1 byte, echoing back") == count


class Pipe:
    """A pipe as standard error, which nobody reads until the test says so."""

    def __init__(self):
        self.reading, self.writing = os.pipe()
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 16384)  # room for 300 lines
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.reading)
        os.close(self.writing)

    def read_until(self, pattern):
        def find():
            if select.select([self.reading], [], [], 1)[0]:
                self.text += os.read(self.reading, 1 << 20).decode()
            return re.search(pattern, self.text, re.M)
        return wait_until(find, pattern, pause_s=0)


def fill(server):
    """Has more logged than the pipe and the queue take (4096 lines), by reads of one byte."""
    with server.connect() as connection:
        for _ in range(6000):
            echo(connection, b"x")  # comes back although nobody reads the log


def test_a_stalled_pipe_never_blocks_the_echo(echod, engine):
    with Pipe() as pipe:
        server = echod("--engine", engine, "--log-reads", "all", stderr=pipe.writing)
        fill(server)
        dropped = pipe.read_until(r"^(\d+) log lines dropped: the log is slow$")
        assert int(dropped.group(1)) > 0
        pipe.read_until("Connection closed")
        received = pipe.text.count("Received 1 byte, echoing back")
        dropped = sum(map(int, re.findall(r"^(\d+) log lines dropped", pipe.text, re.M)))
        # One line for each read, and those of the connection's beginning and end.
        assert received + dropped in (6000, 6001)


def test_a_stalled_pipe_does_not_hold_up_the_exit(echod):
    with Pipe() as pipe:
        server = echod("--log-reads", "all", stderr=pipe.writing)
        fill(server)
        assert server.stop() == 0


def test_a_full_disk_costs_only_the_log(echod):
    server = echod("--log-file", "/dev/full", "--log-reads", "all")
    with server.connect() as connection:
        for _ in range(100):
            echo(connection, b"x")
    assert server.stop() == 0


def test_a_closed_pipe_costs_only_the_log(echod):
    with Pipe() as pipe:
        server = echod("--log-reads", "all", stderr=pipe.writing)
    with server.connect() as connection:
        for _ in range(100):
            echo(connection, b"x")
    assert server.stop() == 0


# A shell's ">&-": what the server opens next must not become its output.
@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(echod, engine, closing):
    host = "127.77.0.1"  # where nobody else takes the port between these lines
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    server = echod("--engine", engine, "--log-reads", "all", listen=[f"{host}:{port}"],
                   launcher=["sh", "-c", f'exec "$0" "$@" {closing}'], started=None)

    def connect():
        assert not server.has_ended, server.log
        try:
            return socket.create_connection((host, port), timeout=PATIENCE_S)
        except ConnectionRefusedError:
            return None

    clients = [wait_until(connect, "a connection")]
    clients += [connect() for _ in range(0 if engine == "sequential" else 7)]
    for client in clients:
        for _ in range(20):
            echo(client, b"hello")
    for client in clients:
        client.shutdown(socket.SHUT_WR)
        assert receive_all(client) == b"", "nothing but the echo"
        client.close()
    assert server.stop() == 0
