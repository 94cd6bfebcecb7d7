"""What the tests of the packages share. They test what packaging/release made: run it first."""

import contextlib
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
PATIENCE_S = 120  # for what should come at once

NATIVE = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                        check=True).stdout.strip()
ARCHITECTURES = ["amd64", "arm64"]
PRESETS = {each: "release" if each == NATIVE else each for each in ARCHITECTURES}
VERSION = re.search(r"^project\(echod VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(),
                    re.M).group(1)

FULL = os.environ.get("ECHOD_FULL", "") == "1"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="chroot and containers need root")


def static(architecture):
    return BUILD / "static" / architecture / "echod"


def run(*command, **options):
    """Its output; it must succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          errors="replace", timeout=PATIENCE_S, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def emulated(architecture):
    """The words before a program of that architecture."""
    return [] if architecture == NATIVE else ["qemu-aarch64"]


@contextlib.contextmanager
def serving(command, directory, **options):
    """Starts `command`, a server; gives the process, the port it listens on, and its log."""
    log = directory / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, **options)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while "Engine: " not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        port = int(re.search(r"listening on .*:(\d+)$", log.read_text(), re.M).group(1))
        yield process, port, log
    finally:
        process.kill()
        process.wait()


def unused_port():
    """A port that is unused on every loopback address, unless somebody is quicker."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1]
            try:
                socket.create_server(("::1", port), family=socket.AF_INET6).close()
            except OSError:
                continue
        return port


def echoes(port, text="Hello!", host="127.0.0.1"):
    assert run("curl", "-sS", "--max-time", PATIENCE_S, "--data", text,
               f"http://{host}:{port}") == text


def digest_of(path):
    """To compare large files: pytest takes hours to show where their bytes differ."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
