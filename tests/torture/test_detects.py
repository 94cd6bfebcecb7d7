"""echo-torture itself: it must pass a right server, and tell every kind of wrong one from it.

The servers are threads of this process on loopback, each wrong in one way.
"""

import json
import os
import pathlib
import re
import socket
import socketserver
import struct
import subprocess
import threading

import pytest

TORTURE = pathlib.Path(os.environ.get("ECHO_TORTURE", "build/release/echo-torture")).absolute()
PATIENCE_S = 60
SIZE = 65536


def receive_all(connection):
    received = bytearray()
    while more := connection.recv(65536):
        received += more
    return bytes(received)


def echo_until_end(connection):
    while more := connection.recv(65536):
        connection.sendall(more)


def half_closed(alter):
    """A server that waits for the client's FIN, and then sends what alter() makes of its bytes."""
    def serve(connection):
        connection.sendall(alter(receive_all(connection)))
    return serve


def resetting(connection):
    connection.sendall(receive_all(connection))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ending_first(connection):
    for _ in range(3):
        connection.sendall(connection.recv(1))


def staying(connection):
    """Echoes, and keeps the connection until the client goes."""
    connection.sendall(receive_all(connection))
    connection.settimeout(PATIENCE_S)
    try:
        while connection.send(b""):
            pass
        connection.recv(1)
        threading.Event().wait(3)
    except OSError:
        pass


def swallowing(connection):
    """As staying, without the last byte."""
    connection.sendall(receive_all(connection)[:-1])
    threading.Event().wait(3)


class Crossing:
    """Gives every client but the first the bytes of the first."""

    def __init__(self):
        self.first = b""
        self.lock = threading.Lock()

    def __call__(self, connection):
        data = receive_all(connection)
        with self.lock:
            self.first = self.first or data
        connection.sendall(self.first)


class Leaking:
    def __init__(self):
        self.kept = []

    def __call__(self, connection):
        echo_until_end(connection)
        connection.shutdown(socket.SHUT_WR)
        self.kept.append(connection.dup())


class Hoarding:
    """Reads whatever comes, and sends it when it can."""

    def __call__(self, connection):
        received = []
        done = threading.Event()

        def send():
            try:
                while not done.is_set() or received:
                    if received:
                        connection.sendall(received.pop(0))
                    else:
                        done.wait(0.01)
            except OSError:
                pass

        threading.Thread(target=send, daemon=True).start()
        try:
            while more := connection.recv(1 << 20):
                received.append(more)
        finally:
            done.set()


class OneAtATime:
    def __init__(self):
        self.lock = threading.Lock()

    def __call__(self, connection):
        with self.lock:
            echo_until_end(connection)


class FaultyServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, serve):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    serve(self.request)
                except OSError:
                    pass  # a client that went

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def shutdown_request(self, request):
        request.close()  # without the half-close before it, which would be a FIN of its own

    def close(self):
        self.shutdown()
        self.server_close()


def torture(*arguments):
    command = [TORTURE, "--quick", *arguments]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)


@pytest.fixture(name="start")
def fixture_start():
    servers = []

    def start(serve):
        servers.append(FaultyServer(serve))
        return servers[-1].server_address[1]

    yield start
    for server in servers:
        server.close()


def half_close(port, *more):
    return torture("--port", port, "--case", "half-close", "--sizes", SIZE, "--clients", 4, *more)


def test_right_servers_pass(start):
    port = start(echo_until_end)
    run = torture("--port", port, "--pid", os.getpid(), "--case",
                  "half-close,zero-bytes,simultaneous-close,resets,connect-close,storm",
                  "--sizes", 5000, "--clients", 20)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^6 passed, 0 failed, 0 skipped$", run.stdout, re.M)


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1:]


@pytest.mark.parametrize("alter, complaint", [
    (lambda data: data[:30000] + data[30001:], "lost: 1 bytes lost at offset 30000"),
    (lambda data: data[:16384] + data[24576:], "lost: 8192 bytes lost at offset 16384"),
    (lambda data: data[1:], "lost: 1 bytes lost at offset 0"),
    (lambda data: data[:500] + data[400:],
     "duplicated: 100 bytes from offset 400 on came again at offset 500"),
    (lambda data: data[:40000] + data[39999:],
     "duplicated: 1 bytes from offset 39999 on came again at offset 40000"),
    (lambda data: data[:1000] + data[2000:3000] + data[1000:2000] + data[3000:],
     "reordered: 1000 bytes of offset 1000 came after those of offset 2000"),
    (lambda data: flipped(data, 12345), "corrupt: 1 bytes at offset 12345 are none that were sent"),
    (lambda data: data + b"x", f"extra: 1 bytes more than the {SIZE} that were sent"),
    (lambda data: data[:-10], f"early-end: the end came 10 bytes early, at offset {SIZE - 10}"),
    (lambda data: b"", f"early-end: the end came {SIZE} bytes early, at offset 0"),
    (lambda data: data[:-3] + data[-2:], "corrupt: 2 bytes from offset 65533"),
], ids=["byte-lost", "block-lost", "first-lost", "block-twice", "byte-twice", "swapped", "flipped",
        "extra", "early-end", "nothing", "byte-lost-at-end"])
def test_wrong_bytes(start, alter, complaint):
    run = half_close(start(half_closed(alter)))
    assert run.returncode == 1
    assert complaint in run.stdout


@pytest.mark.parametrize("serve, complaint", [
    (resetting, "reset: receiving at offset"),
    (staying, r"hung: all 65536 bytes came back, but not the end"),
    (swallowing, r"hung: 1 of 65536 bytes did not come back"),
], ids=["reset", "no-end", "last-byte-missing"])
def test_wrong_ends(start, serve, complaint):
    run = half_close(start(serve), "--patience", 1)
    assert run.returncode == 1
    assert re.search(complaint, run.stdout), run.stdout


def test_server_that_ends_first(start):
    run = torture("--port", start(ending_first), "--case", "slow-writers", "--sizes", 20)
    assert run.returncode == 1
    assert "early-end: the server ended first, at offset 3" in run.stdout


def test_bytes_of_others(start):
    run = half_close(start(Crossing()))
    assert run.returncode == 1
    assert re.search(r"crossed: at offset 0 come bytes of another connection, number \d+, offset 0",
                     run.stdout)


def test_descriptors_that_stay_open(start):
    run = torture("--port", start(Leaking()), "--pid", os.getpid(), "--case", "zero-bytes",
                  "--patience", 1)
    assert run.returncode == 1
    assert re.search(r"\d+ descriptors before, \d+ after", run.stdout)


def test_server_that_takes_without_end(start):
    run = torture("--port", start(Hoarding()), "--case", "never-reading", "--clients", 1)
    assert run.returncode == 1
    assert "keeps taking from clients that read nothing" in run.stdout


def test_server_that_serves_one_at_a_time(start):
    run = torture("--port", start(OneAtATime()), "--case", "fairness", "--patience", 1,
                  "--clients", 3)
    assert run.returncode == 1
    assert re.search("hung|did not come back", run.stdout), run.stdout


def test_nobody_there():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        run = torture("--port", closed.getsockname()[1], "--patience", 1)
    assert run.returncode == 1
    assert "Connection refused" in run.stderr


def test_limits_and_json(start, tmp_path):
    output = tmp_path / "results.json"
    port = start(echo_until_end)
    run = torture("--port", port, "--case", "connect-close", "--json", output, "--limit",
                  "connect-close.connections=5")
    assert run.returncode == 1
    assert "connections is 300.0, above 5.0" in run.stdout
    [result] = json.loads(output.read_text())["results"]
    assert result["verdict"] == "failed" and result["figures"]["connections"] == 300


@pytest.mark.parametrize("arguments", [
    [], ["--port", 0], ["--port", 7, "--case", "nonsense"], ["--port", 7, "--limit", "storm.x=1"],
    ["--port", 7, "--limit", "storm.refused=many"], ["--port", 7, "--pid", 99999999],
    ["--port", 7, "--full"], ["--port", 7, "--host", "no such host"],
])
def test_wrong_command_lines(arguments):
    run = torture(*arguments)
    assert run.returncode == 2
    assert run.stderr


def test_list_names_every_case():
    run = torture("--list")
    assert run.returncode == 0
    for name in ("half-close", "never-reading", "resets", "storm", "fairness", "starved"):
        assert re.search(rf"^{name}\b", run.stdout, re.M)
