"""What a service manager such as systemd sees of the server: its notifications, its watchdog, the
listening sockets that it hands over, and a server that is the first process of a container."""

import ctypes
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from support import (
    ECHOD, ENGINES, PATIENCE_S, SANITIZED, curl, echo, receive_exactly, wait_until)


class Manager:
    """The receiving end of NOTIFY_SOCKET."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1))
        self.socket.settimeout(PATIENCE_S)
        self.name = name

    def environment(self, **variables):
        return {**os.environ, "NOTIFY_SOCKET": self.name, **variables}

    def receive(self):
        """The next message, as a dictionary."""
        message = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in message.splitlines())

    def wait_for(self, key):
        """The next message with `key`; others before it are skipped."""
        while True:
            message = self.receive()
            if key in message:
                return message

    def keys_for(self, seconds):
        """Which keys come in a while."""
        keys, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                keys += self.receive()
            except TimeoutError:
                break
        self.socket.settimeout(PATIENCE_S)
        return keys


@pytest.fixture(params=["path", "abstract"])
def address(request, tmp_path):
    return str(tmp_path / "notify") if request.param == "path" else f"@echod-test-{os.getpid()}"


@pytest.fixture
def manager(tmp_path):
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def test_from_ready_to_stopping(echod, address):
    manager = Manager(address)
    server = echod("--engine", "epoll", env=manager.environment())
    ready = manager.receive()
    assert ready == {"READY": "1", "STATUS": "0 connections, epoll engine"}
    with server.connect() as connection:  # listening by then
        echo(connection, b"hello")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.signal(signal.SIGHUP)
        reloading = manager.receive()
        assert reloading["RELOADING"] == "1"
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert before <= int(reloading["MONOTONIC_USEC"]) <= after
        assert manager.receive() == {"READY": "1", "STATUS": "1 connection, epoll engine"}
        server.signal(signal.SIGTERM)
        assert manager.receive() == {
            "STOPPING": "1", "STATUS": "Shutting down: 1 connection, epoll engine"}
        # As long as the drain lasts, it asks for more time than is left of the last time.
        assert int(manager.wait_for("EXTEND_TIMEOUT_USEC")["EXTEND_TIMEOUT_USEC"]) == 10_000_000
        manager.wait_for("EXTEND_TIMEOUT_USEC")
    assert server.wait() == 0
    # The variables are for this process alone.
    assert b"NOTIFY_SOCKET" not in subprocess.run(
        [ECHOD, "config", "dump"], env=manager.environment(), capture_output=True).stdout
    manager.socket.close()


@pytest.mark.parametrize("name, why", [
    ("/nowhere/notify", "No such file or directory"),
    ("relative", "unsupported address"),
    ("vsock:2:1", "unsupported address"),
    ("/" + "x" * 200, "the name is too long"),
])
def test_a_manager_that_is_not_there_is_a_warning(echod, name, why):
    server = echod(env={**os.environ, "NOTIFY_SOCKET": name})
    server.wait_log(f"^cannot reach the service manager at '{re.escape(name)}': {why}$")
    with server.connect() as connection:
        echo(connection, b"hello")


def test_a_manager_that_does_not_read_delays_nothing_for_long(echod, manager):
    server = echod(env=manager.environment(WATCHDOG_USEC="40000"))
    manager.wait_for("READY")
    time.sleep(0.3)  # its socket holds ten messages
    with server.connect() as connection:
        echo(connection, b"hello")
    assert server.stop() == 0


def fill(manager):
    """Fills the manager's queue; returns the sockets that hold its messages."""
    senders = []
    while True:
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        senders.append(sender)
        sender.connect(manager.name)
        try:
            sent = 0
            while True:
                sender.send(b"x=x")
                sent += 1
        except BlockingIOError:
            if sent == 0:
                return senders


def unready_before_the_manager_knows(echod, manager, admin):
    server = echod("--admin", f"unix:{admin}", "--drain-delay", "1h", env=manager.environment())
    manager.wait_for("READY")
    senders = fill(manager)
    server.signal(signal.SIGTERM)
    wait_until(
        lambda: curl("--unix-socket", admin, "http://localhost/readyz").stdout == b"stopping\n",
        "the end of readiness")
    for sender in senders:
        sender.close()
    messages = []
    while "EXTEND_TIMEOUT_USEC" not in messages:  # comes later, if there is room
        messages += manager.receive()
    server.signal(signal.SIGTERM)
    server.wait()
    return "STOPPING" in messages


def test_readiness_does_not_wait_for_a_manager_that_does_not_read(echod, manager, tmp_path):
    # The server gives up the message after a second, which may pass on a machine that is busy.
    assert any(unready_before_the_manager_knows(echod, manager, tmp_path / "admin.sock")
               for _ in range(5))


class Stopped:
    """Stops a single thread of a process, as a debugger does."""

    SEIZE, INTERRUPT, DETACH, WAIT_ALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, thread):
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)

    def ptrace(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            pytest.skip(f"no ptrace: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self.ptrace(self.SEIZE)
        self.ptrace(self.INTERRUPT)
        os.waitpid(self.thread, self.WAIT_ALL)

    def __exit__(self, *_):
        self.ptrace(self.DETACH)


def threads_named(server, name):
    tasks = pathlib.Path(f"/proc/{server.pid}/task").iterdir()
    return [int(task.name) for task in tasks if (task / "comm").read_text().strip() == name]


PERIOD_S = 4 if SANITIZED else 1


@pytest.mark.parametrize("engine", ["epoll", "uring"], indirect=True)
def test_the_watchdog_notices_a_loop_that_is_stuck(echod, manager, engine):
    server = echod("--engine", engine, "--workers", "2", "--spin", "off",
                   env=manager.environment(WATCHDOG_USEC=str(PERIOD_S * 1_000_000)))
    manager.wait_for("READY")
    assert manager.keys_for(2 * PERIOD_S).count("WATCHDOG") >= 4, "idle loops are alive"
    with Stopped(threads_named(server, "echod-loop")[1]):
        server.wait_log("^1 event loop is not responding for .*: not telling the watchdog")
        manager.keys_for(0.05)  # what was sent before
        assert "WATCHDOG" not in manager.keys_for(2 * PERIOD_S)
    manager.wait_for("WATCHDOG")


def test_a_client_that_is_slow_is_no_thread_that_is_stuck(echod, manager):
    """Blocking engines sleep for their clients, and may."""
    server = echod("--engine", "sequential",
                   env=manager.environment(WATCHDOG_USEC=str(PERIOD_S * 1_000_000)))
    with server.connect() as connection:
        echo(connection, b"hello")
        manager.wait_for("READY")
        assert manager.keys_for(3 * PERIOD_S).count("WATCHDOG") >= 6


def test_the_watchdog_of_another_process(echod, manager):
    echod(env=manager.environment(WATCHDOG_USEC="100000", WATCHDOG_PID="1"))
    manager.wait_for("READY")
    assert "WATCHDOG" not in manager.keys_for(0.5)


# --- Sockets that are handed over ---------------------------------------------------------------


def listening(host="127.0.0.1", **options):
    return socket.create_server((host, 0), backlog=64, **options)


# The pid is only known after the fork, so this stands between: it puts the descriptors where they
# belong and becomes echod.
ACTIVATE = """
import os, sys
fds = [int(fd) for fd in sys.argv[1].split(",")]
high = [os.dup2(fd, 200 + i, inheritable=True) for i, fd in enumerate(fds)]
for i, fd in enumerate(high): os.dup2(fd, 3 + i, inheritable=True)
os.closerange(3 + len(fds), 300)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
if sys.argv[2]: os.environ["LISTEN_FDNAMES"] = sys.argv[2]
os.execv(sys.argv[3], sys.argv[3:])
"""


def activation(sockets, names=""):
    fds = [one.fileno() for one in sockets]
    return {"launcher": [sys.executable, "-c", ACTIVATE, ",".join(map(str, fds)), names],
            "listen": (), "pass_fds": fds}


def reflects(port):
    """Whether the bytes of a request are answered as HTTP."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        return receive_exactly(connection, 4) == b"HTTP"


def test_inherited_sockets_are_served(echod, engine):
    with listening() as one:
        port = one.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as early:  # before there is a server
            server = echod("--engine", engine, **activation([one]))
            assert server.ports == [port], "nothing else is opened"
            early.settimeout(PATIENCE_S)
            echo(early, b"hello")
        if engine == "sequential":
            return
        connections = [server.connect() for _ in range(6)]
        for connection in connections:
            echo(connection, b"x" * 1000)
        for connection in connections:
            connection.close()


def test_clients_in_the_queue_survive_the_server(echod, engine):
    """The socket belongs to the manager: who connects while no server runs waits for the next."""
    with listening() as one:
        port = one.getsockname()[1]
        first = echod("--engine", engine, **activation([one]))
        with first.connect() as connection:
            echo(connection, b"hello")
        assert first.stop() == 0
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as waiting:
            waiting.sendall(b"anybody there?")
            echod("--engine", engine, **activation([one]))
            assert receive_exactly(waiting, 14) == b"anybody there?"


def test_each_of_many_clients_is_taken_by_one_loop(echod, loop):
    with listening() as one:
        server = echod("--engine", loop, "--workers", "4", **activation([one]))
        for _ in range(200):
            with server.connect() as connection:
                echo(connection, b"hello")
        assert server.stop() == 0
        assert server.log.count("Connection established") == 200
        assert "paused" not in server.log


def test_protocols_by_name_or_address(echod):
    sockets = [listening() for _ in range(4)]
    ports = [one.getsockname()[1] for one in sockets]
    activated = activation(sockets, "http:tcp:echod.socket:unknown")
    activated["listen"] = (f"tcp://127.0.0.1:{ports[2]}", "http://127.0.0.1:1")
    server = echod(**activated)
    assert server.ports == ports
    assert [reflects(port) for port in ports] == [True, False, False, True]
    server.wait_log("^--listen http://127.0.0.1:1 has no effect: the service manager passed the ")
    assert server.log.count("has no effect") == 1
    with server.connect() as connection:
        connection.sendall(b"no http\r\n\r\n")
        assert receive_exactly(connection, 12) == b"HTTP/1.1 400"
    for one in sockets:
        one.close()


def test_what_cannot_be_served_is_named(tmp_path):
    def error_of(sockets, names):
        activated = activation(sockets, names)
        ended = subprocess.run(
            [*activated["launcher"], ECHOD], pass_fds=activated["pass_fds"], timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert ended.returncode in (1, 2) and ended.stdout == ""
        return ended.stderr

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as idle:
        for wrong in (datagrams, idle):
            assert error_of([wrong], "dns").startswith(
                "echod: cannot listen on inherited descriptor 3 (dns): it is not a listening TCP "
                "socket; ")
    # Descriptors that are for another process are not touched.
    with listening() as one:
        server = subprocess.Popen(
            [ECHOD, "--listen", "127.0.0.1:0"], pass_fds=[one.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "LISTEN_PID": "1", "LISTEN_FDS": "1"})
        assert str(one.getsockname()[1]) not in server.stdout.readline()
        server.terminate()
        assert server.wait(PATIENCE_S) == 0
        server.stdout.close()


def test_systemd_socket_activate(tmp_path):
    with listening() as probe:
        port = probe.getsockname()[1]
    activator = subprocess.Popen(
        ["systemd-socket-activate", "--listen", f"127.0.0.1:{port}", "--fdname", "http", ECHOD],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        def connect():
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
            except ConnectionRefusedError:
                assert activator.poll() is None
        with wait_until(connect, "the activator") as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
            assert receive_exactly(connection, 12) == b"HTTP/1.1 200"
        assert activator.stdout.readline() == f"Echo server listening on 127.0.0.1:{port}\n"
        activator.terminate()
        assert activator.wait(PATIENCE_S) == 0
    finally:
        activator.kill()
        activator.wait()
        activator.stdout.close()


# --- The first process of a container -----------------------------------------------------------


def children_of(pid):
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            yield int(stat.parent.name), fields[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a namespace")
def test_the_first_process_of_a_namespace(echod):
    server = echod(launcher=["unshare", "--pid", "--fork", "--kill-child"])
    inner = wait_until(lambda: [pid for pid, _ in children_of(server.pid)], "the server")[0]
    status = pathlib.Path(f"/proc/{inner}/status").read_text()
    assert re.search(r"^NSpid:.*\t1$", status, re.M)
    # A process whose parent has ended becomes a child of the first one.
    marker = server.directory / "orphan"
    subprocess.run(
        ["nsenter", "--target", str(inner), "--pid", "sh", "-c",
         f"(sleep 0.2; touch {marker}) & exit"], check=True, timeout=PATIENCE_S)
    wait_until(lambda: list(children_of(inner)) or marker.exists(), "an orphan")
    wait_until(marker.exists, "the end of the orphan")
    wait_until(lambda: not list(children_of(inner)), "no child, alive or dead")
    with server.connect() as connection:
        echo(connection, b"hello")
    # Signals have no default action for the first process.
    os.kill(inner, signal.SIGTERM)
    assert server.wait() == 0
    assert server.log.splitlines()[-1] == "Stopped"
