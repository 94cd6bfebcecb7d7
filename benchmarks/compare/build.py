"""Builds the peers and the clients that are ours, one command each, into build/peers."""

import hashlib
import os
import pathlib
import shutil
import subprocess
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "benchmarks" / "peers"
OUTPUT = ROOT / "build" / "peers"

C = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-pthread"]
CXX = ["c++", "-std=c++20", "-O2", "-Wall", "-Wextra", "-pthread"]
GO = ["go", "build"]
BUILD_SECONDS_MAX = 300


class Program(NamedTuple):
    source: str
    compiler: list
    libraries: tuple = ()
    package: str = ""  # the Debian package that has what it needs beyond the compiler
    needs: str = ""  # a file that is there when the package is


PROGRAMS = {
    "epoll": Program("epoll.c", C),
    "floor": Program("floor.c", C),
    "same_thread_floor": Program("same_thread_floor.c", C),
    "independent_client": Program("independent_client.c", C),
    "ws_floor": Program("ws_floor.c", C, ("-lcrypto",), "libssl-dev", "openssl/sha.h"),
    "libwebsockets": Program("libwebsockets.c", C, ("-lwebsockets",), "libwebsockets-dev",
                             "libwebsockets.h"),
    "libuv": Program("libuv.c", C, ("-luv",), "libuv1-dev", "uv.h"),
    "libevent": Program("libevent.c", C, ("-levent_core",), "libevent-dev",
                        "event2/bufferevent.h"),
    "asio_callbacks": Program("asio_callbacks.cc", CXX, (), "libasio-dev", "asio.hpp"),
    "asio_coroutines": Program("asio_coroutines.cc", CXX, (), "libasio-dev", "asio.hpp"),
    "go_net": Program("go_net.go", GO, (), "golang-go"),
}


class Unavailable(Exception):
    """What a program needs is not installed; the text says what."""


def has_header(compiler, header):
    language = "c++" if compiler == CXX[0] else "c"
    run = subprocess.run([compiler, "-x", language, "-E", "-include", header, "/dev/null"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return run.returncode == 0


def check_available(name):
    program = PROGRAMS[name]
    compiler = program.compiler[0]
    if not shutil.which(compiler):
        raise Unavailable(program.package or compiler)
    if program.needs and not has_header(compiler, program.needs):
        raise Unavailable(program.package)


def fingerprint(command, sources):
    digest = hashlib.sha256(" ".join(command).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def build(name, output=OUTPUT):
    """The path of the program, built if its sources or its command changed. Raises Unavailable."""
    check_available(name)
    program = PROGRAMS[name]
    source, binary = SOURCES / program.source, output / name
    # Another process may build or use it at the same time, so it appears all at once.
    partial = output / f"{name}.{os.getpid()}"
    command = [*program.compiler, "-o", str(partial), str(source), *program.libraries]
    stamp = output / f"{name}.stamp"
    wanted = fingerprint([*program.compiler, *program.libraries],
                         [source, *sorted(SOURCES.glob("*.h"))])
    if binary.exists() and stamp.exists() and stamp.read_text() == wanted:
        return binary
    output.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GO111MODULE": "off", "CGO_ENABLED": "0"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment,
                         timeout=BUILD_SECONDS_MAX, check=False)
    if run.returncode != 0:
        raise SystemExit(f"error: cannot build {source.name}:\n{run.stdout}{run.stderr}")
    partial.replace(binary)
    stamp.write_text(wanted)
    return binary
