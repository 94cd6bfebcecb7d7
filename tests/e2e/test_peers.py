"""The servers that benchmarks/compare.sh compares echod with: they echo correctly, so that a figure
of theirs is that of a working server. Those whose library is not installed are skipped."""

import contextlib
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time

import pytest

import support

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))
from compare import build, cpu_meter, process, servers  # noqa: E402
from compare.cells import Cell, together  # noqa: E402

pytestmark = pytest.mark.skipif(not support.FULL, reason="what echod is compared with")

PEERS = [server for server in servers.all_servers(support.ECHOD)
         if isinstance(server, (servers.Built, servers.Node))]


@contextlib.contextmanager
def started(server, cell):
    try:
        server.prepare()
    except build.Unavailable as missing:
        pytest.skip(f"{missing} is not installed")
    with process.Running(server, cell, {0}, cpu_meter.ProcessTree()) as running:
        yield running


@pytest.fixture(params=PEERS, ids=[server.name for server in PEERS])
def peer(request):
    cell = next(cell for cell in (Cell(1), together(Cell(1))) if request.param.takes(cell))
    with started(request.param, cell) as running:
        yield running


def connect(peer):
    return socket.create_connection(("127.0.0.1", peer.port), timeout=support.PATIENCE_S)


def test_many_bytes_come_back_in_order_and_the_end_after_them(peer):
    sent = b"".join(number.to_bytes(4, "big") for number in range(1_000_000))
    with connect(peer) as connection:
        def send():
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        received = support.receive_all(connection)
        sender.join()
    assert received == sent


def send_until_blocked(connection, pattern):
    """The same as support's, but the byte at a position tells the position."""
    connection.setblocking(False)
    twice = memoryview(pattern * 2)
    sent, quiet_since = 0, time.monotonic()
    while time.monotonic() - quiet_since < 0.3:
        begin = sent % len(pattern)
        try:
            sent += connection.send(twice[begin:begin + len(pattern)])
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    return sent


def test_a_client_that_reads_late_loses_nothing(peer):
    pattern = random.Random(1).randbytes(65521)  # prime, so that a shift by a buffer is noticed
    with connect(peer) as connection:
        sent = send_until_blocked(connection, pattern)
        connection.settimeout(support.PATIENCE_S)
        connection.shutdown(socket.SHUT_WR)
        received = support.receive_all(connection)
    assert len(received) == sent
    assert received == (pattern * (sent // len(pattern) + 1))[:sent]


def test_many_small_messages_on_many_connections(peer):
    clients = [connect(peer) for _ in range(50)]
    for turn in range(40):
        for number, client in enumerate(clients):
            client.sendall(f"{turn:4}/{number:4}".encode())
        for number, client in enumerate(clients):
            assert support.receive_exactly(client, 9) == f"{turn:4}/{number:4}".encode()
    for client in clients:
        client.close()


def test_a_reset_ends_that_connection_alone(peer):
    with connect(peer) as other:
        for _ in range(20):
            client = connect(peer)
            client.sendall(b"x" * 1000)
            support.reset(client)
        support.echo(other, b"still there")


def test_the_independent_client_verifies():
    """It counts what a server does to the bytes; here one that answers with others."""
    client = build.build("independent_client")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def answer():
            connection, _ = listener.accept()
            with connection:
                while received := connection.recv(64):
                    connection.sendall(received[:-1] + b"!")
        server = threading.Thread(target=answer)
        server.start()
        command = [str(client), str(listener.getsockname()[1]), "-d", "0.2", "-w", "0.1"]
        run = subprocess.run(command, capture_output=True, text=True,
                             timeout=support.PATIENCE_S, check=False)
        server.join()
    assert run.returncode == 1
    assert '"errors": 1,' in run.stdout


def test_processor_time_beside_the_websocket_floor():
    build.build("ws_floor")
    script = pathlib.Path(build.ROOT, "benchmarks", "processor_time.py")
    command = [sys.executable, str(script), "peers", "--cell", "ws-64", "--rounds", "1",
               "--seconds", "0.2", "--rate", "500", "--engine", "epoll", "--echod",
               str(support.ECHOD)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=support.PATIENCE_S,
                         check=False)
    assert run.returncode == 0, run.stderr
    assert "relative to ws-floor" in run.stdout and "failed" not in run.stdout, run.stderr
