"""What the end-to-end tests share: the server as a process, and clients to talk to it.

Nothing here waits for a fixed time: everything polls for what it expects, up to a deadline that is
generous enough for a loaded machine and a sanitizer build.
"""

import os
import pathlib
import re
import select
import signal
import socket
import struct
import subprocess
import time

PATIENCE_S = 60  # for what should come at once

ECHOD = pathlib.Path(os.environ.get("ECHOD", "build/release/echod")).absolute()

ENGINES = ["sequential", "threads", "pool", "epoll", "uring"]

# Each test on every engine and at full size; -DECHOD_FULL=ON of the build sets it.
FULL = os.environ.get("ECHOD_FULL", "") == "1"


def is_sanitized():
    if "ECHOD_SANITIZED" in os.environ:
        return os.environ["ECHOD_SANITIZED"] == "1"
    binary = ECHOD.read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary


SANITIZED = is_sanitized()

# One engine of each loop: the others differ in how many connections a thread has.
LOOPS = ENGINES if FULL else ["threads", "epoll", "uring"]

# For what an engine has no part in, such as what the protocols answer: a loop that blocks and one
# that does not, of which io_uring is the default; under the sanitizers the third.
SOME_ENGINES = ENGINES if FULL else ["epoll"] if SANITIZED else ["threads", "uring"]

# Whatever is set for the tests, or where they run, is no setting of the servers that they start.
for name in [name for name in os.environ if name.startswith("ECHOD_")]:
    del os.environ[name]

# Where Debian has the packages for Node.js; its own looks there by itself.
NODE_ENVIRONMENT = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}


def wait_until(condition, what, pause_s=0.005):
    """The first true value of condition(), which is asked again and again."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(pause_s)


class Server:
    """echod as a process. Its output is in files, so that it never waits for a reader."""

    def __init__(self, directory, *arguments, listen=("127.0.0.1:0",), launcher=(),
                 started=r"^Engine: .*\n", **popen):
        self.directory = pathlib.Path(directory)
        command = [*map(str, launcher), str(ECHOD)]
        if "--log-timestamps" not in arguments:
            arguments = ("--log-timestamps", "off") + tuple(arguments)
        for url in listen:
            command += ["--listen", url]
        command += map(str, arguments)
        self.popen = {
            "stdin": subprocess.DEVNULL,
            "stdout": open(self.directory / "stdout", "wb"),
            "stderr": open(self.directory / "stderr", "wb"),
        }
        self.popen.update(popen)
        self.process = subprocess.Popen(command, **self.popen)
        self.ended_by_test = False
        if started:
            try:
                wait_until(lambda: re.search(started, self.stdout, re.M) or self.has_ended, started)
                assert not self.has_ended, f"{command} ended: {self.log}"
            except BaseException:  # nobody else could end it
                self.process.kill()
                self.process.wait()
                raise

    @property
    def stdout(self):
        return (self.directory / "stdout").read_text()

    @property
    def log(self):
        return (self.directory / "stderr").read_text()

    @property
    def pid(self):
        return self.process.pid

    @property
    def has_ended(self):
        return self.process.poll() is not None

    @property
    def ports(self):
        return [int(port) for port in re.findall(r"^Echo server listening on \S+:(\d+)$",
                                                 self.stdout, re.M)]

    @property
    def port(self):
        return self.ports[0]

    def listener(self, index):
        """One of several, for whoever wants a server to connect to."""
        return Listener(self.ports[index])

    @property
    def engine_line(self):
        return re.search(r"^Engine: .*$", self.stdout, re.M).group()

    def wait_log(self, pattern):
        """Waits until the log matches `pattern`, and returns the match."""
        return wait_until(lambda: re.search(pattern, self.log, re.M), f"{pattern!r} in the log")

    def connect(self, host="127.0.0.1", **options):
        return socket.create_connection((host, self.port), timeout=PATIENCE_S, **options)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Its exit status, when it has ended."""
        self.ended_by_test = True
        return self.process.wait(PATIENCE_S)

    def stop(self):
        """Ends it as an administrator would. Returns the exit status."""
        if not self.has_ended:
            self.signal(signal.SIGTERM)
        return self.wait()

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        """At the end of a test: nothing of it stays, and it ended well."""
        try:
            if not self.ended_by_test:
                assert self.stop() == 0, self.log
        finally:
            if not self.has_ended:
                self.process.kill()
                self.process.wait()
            for stream in self.popen.values():
                if hasattr(stream, "close"):
                    stream.close()


class Listener:
    def __init__(self, port):
        self.port = port

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)


class Interactive:
    """A client with a person at its keyboard: nc, ncat or socat."""

    COMMANDS = {
        "nc": ["nc", "127.0.0.1", "{port}"],
        "ncat": ["ncat", "127.0.0.1", "{port}"],
        "socat": ["socat", "-", "TCP4:127.0.0.1:{port}"],
    }

    def __init__(self, client, port):
        command = [part.format(port=port) for part in self.COMMANDS[client]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        bufsize=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def type(self, text):
        self.process.stdin.write(text)

    def see(self, text):
        """Expects exactly `text` to be printed next."""
        seen = b""
        deadline = time.monotonic() + PATIENCE_S
        while len(seen) < len(text):
            ready, _, _ = select.select([self.process.stdout], [], [], deadline - time.monotonic())
            assert ready, f"saw {seen!r} instead of {text!r}"
            more = os.read(self.process.stdout.fileno(), len(text) - len(seen))
            assert more, f"saw {seen!r} and the end instead of {text!r}"
            seen += more
        assert seen == text


def curl(*arguments, **options):
    """Runs curl. The result has stdout, stderr (bytes) and returncode."""
    options = {"timeout": PATIENCE_S, "stdin": subprocess.DEVNULL, "capture_output": True,
               **options}
    return subprocess.run(["curl", "--silent", "--show-error", *map(str, arguments)], **options)


def receive_exactly(connection, size):
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        assert more, f"the end after {len(received)} of {size} bytes"
        received += more
    return received


def receive_all(connection):
    """Everything up to the end of the stream."""
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def expect_end(connection):
    """Expects the end of the connection, in order or by a reset, and nothing before it."""
    connection.settimeout(PATIENCE_S)
    try:
        assert connection.recv(1) == b""
    except ConnectionResetError:
        pass


def echo(connection, data):
    """Sends `data` and expects it back."""
    connection.sendall(data)
    assert receive_exactly(connection, len(data)) == data


def reset(connection):
    """Closes with a reset instead of in order."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_until_blocked(connection):
    """Sends, never reading, until nobody takes any more. Returns the bytes sent."""
    connection.setblocking(False)
    block = b"x" * 65536
    sent, quiet_since = 0, time.monotonic()
    while time.monotonic() - quiet_since < 0.3:
        try:
            sent += connection.send(block)
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    return sent


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False
