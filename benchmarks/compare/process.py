"""A server as a process: started pinned and measured, waited for, and always ended."""

import itertools
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_SECONDS_MAX = 10
STOP_SECONDS_MAX = 3
PORT_ATTEMPTS_MAX = 8
# Below the ports that connections are made from, so that no client takes a server's.
PORTS = range(20000, 32000)
IN_USE = ("in use", "EADDRINUSE")


class StartFailed(Exception):
    """The server did not come up; the text says why."""


class PortTaken(StartFailed):
    """Somebody else had the port."""


def next_ports():
    yield from itertools.cycle(random.sample(PORTS, len(PORTS)))


PORT_SOURCE = next_ports()


def free_port():
    for _ in range(100):
        port = next(PORT_SOURCE)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise StartFailed("no free port")


def admitting(meter, cpus):
    """What the child does before it becomes the server: it is pinned and measured from its start,
    and its children after it."""
    def enter():
        os.sched_setaffinity(0, cpus)
        meter.admit(os.getpid())
    return enter


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Running:
    """A started server; a context that ends it."""

    def __init__(self, server, cell, cpus, meter):
        self.server, self.cell, self.cpus, self.meter = server, cell, cpus, meter
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="echod-compare-"))
        self.directory.chmod(0o755)  # nginx looks into it as another user
        self.process = None
        self.port = 0

    def __enter__(self):
        try:
            for attempt in range(PORT_ATTEMPTS_MAX):
                try:
                    self._start()
                    return self
                except PortTaken:
                    self._end()
                    if attempt + 1 == PORT_ATTEMPTS_MAX:
                        raise
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self._end()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def _start(self):
        self.port = free_port()
        command = self.server.command(self.cell, self.port, self.cpus, self.directory)
        with open(self.directory / "output", "wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=admitting(self.meter, self.cpus))
        self.meter.watch(self.process.pid)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not accepts(self.port):
            if self.process.poll() is not None:
                text = self.output()
                kind = PortTaken if any(sign in text for sign in IN_USE) or (
                    self.process.returncode == 98) else StartFailed
                raise kind(f"ended at once ({self.process.returncode}): {text.strip()[-200:]}")
            if time.monotonic() > deadline:
                raise StartFailed(f"does not listen after {START_SECONDS_MAX} s")
            time.sleep(0.005)

    def output(self):
        return (self.directory / "output").read_text(errors="replace")

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def _end(self):
        if self.process is None:
            return
        if self.server.ends_by_sigterm and not self.has_ended:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                pass
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while True:
            alive = set(self.meter.pids())
            if not self.has_ended:
                alive.add(self.process.pid)
            if not alive or time.monotonic() > deadline:
                break
            for pid in alive:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.poll()
            time.sleep(0.005)
        self.process = None
