"""A server that cannot start says why in one line and tells which kind of failure it is."""

import contextlib
import os
import pathlib
import socket
import subprocess

import pytest

from support import ECHOD, PATIENCE_S, has_ipv6

USAGE, RUN_TIME = 2, 1


def run(*arguments, launcher=()):
    """Starts what cannot start. Returns its exit status and the line it printed."""
    result = subprocess.run([*launcher, ECHOD, *arguments], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=PATIENCE_S)
    assert result.stdout == ""
    assert result.stderr.startswith("echod: ")
    assert result.stderr.endswith("\n") and result.stderr.count("\n") == 1, result.stderr
    return result.returncode, result.stderr


TABLE = [
    # arguments, exit status, words of the line
    ("--lisen :1", USAGE, "did you mean --listen?"),
    ("--workres 2", USAGE, "did you mean --workers?"),
    ("--frobnicate", USAGE, "unknown option '--frobnicate'"),
    ("-q", USAGE, "unknown option '-q'; use --log-level warning"),
    ("--port 8080", USAGE, "unknown option '--port'; use --listen 127.0.0.1:PORT"),
    ("--bind=::1", USAGE, "unknown option '--bind=::1'; use --listen HOST:PORT"),
    ("--admin 127.0.0.1:9090 --admin 0.0.0.0:9090", USAGE,
     "--admin: 0.0.0.0:9090: others could reach it; use a loopback address or unix:/PATH"),
    ("--admin *:9090", USAGE, "with --admin-allow-remote on"),
    ("--listen 127.0.0.1:0 --admin unix:/nowhere/x.sock", RUN_TIME,
     "interface on unix:/nowhere/x.sock: its folder does not exist; create it"),
    ("--listen 127.0.0.1:0 --admin unix:/dev/null/x.sock", RUN_TIME,
     "a part of its path is not a folder"),
    ("serv", USAGE, "unknown command 'serv'; did you mean serve?"),
    ("destroy", USAGE, "unknown command 'destroy'"),
    ("serve 8080", USAGE, "unknown command '8080'"),
    ("--listen", USAGE, "--listen needs a value"),
    ("--listen ftp://127.0.0.1:1", USAGE,
     "'ftp' is not a protocol: use auto://, tcp:// or http://"),
    ("--listen 127.0.0.1:65536", USAGE, "'65536' is not a port: give a number from 0 to 65535"),
    ("--listen 127.0.0.1:http", USAGE, "'http' is not a port"),
    ("--listen 127.0.0.1:", USAGE, "'' is not a port"),
    ("--listen ::1:8080", USAGE, "write an IPv6 address as [::1]:8080"),
    ("--listen [::1", USAGE, "write an IPv6 address as [::1]:8080"),
    ("--engine warp", USAGE, "'warp' is not one of auto|sequential|threads|pool|epoll|uring"),
    ("--engine", USAGE, "--engine needs a value"),
    ("--workers 0", USAGE, "'0' is not a number from 1 to 10000"),
    ("--queue 0", USAGE, "--queue"),
    ("--max-connections many", USAGE, "'many' is not a number"),
    ("--idle-timeout soon", USAGE, "'soon' is not a duration; write 500ms, 10s, 5m or 1d"),
    ("--drain-timeout -1s", USAGE, "--drain-timeout"),
    ("--max-body 1XB", USAGE, "'1XB' is not a size; write 4096, 64k or 1MiB"),
    ("--max-header 1", USAGE, "out of range; it may be from 256 to 64MiB"),
    ("--log-format xml", USAGE, "'xml' is not one of text|logfmt|json"),
    ("--log-level loud", USAGE, "'loud' is not one of debug|info|warning|error|off"),
    ("--log-reads some", USAGE, "'some' is not a number, all or none"),
    ("--log-file", USAGE, "--log-file needs a value"),
    # An address of the documentation's network, to bind only: nothing is sent there.
    ("--listen 192.0.2.1:0", RUN_TIME, "this machine has no such address"),
    # A label of 64 letters cannot be asked for, so no name server is.
    (f"--listen {'a' * 64}.invalid:0", RUN_TIME, "cannot resolve host"),
    ("--listen 127.0.0.1:0 --log-file /nowhere/at/all", RUN_TIME,
     "cannot open the log file /nowhere/at/all: No such file or directory"),
    ("--access-log-format xml", USAGE, "'xml' is not one of text|json|combined"),
    ("--access-log", USAGE, "--access-log needs a value"),
    ("--listen 127.0.0.1:0 --access-log /nowhere/at/all", RUN_TIME,
     "cannot open the access log /nowhere/at/all: No such file or directory"),
    ("--listen 127.0.0.1:0 --log-file /", RUN_TIME, "cannot open the log file /: Is a directory"),
]


@pytest.mark.parametrize("arguments, status, words", TABLE, ids=[row[0] or "-" for row in TABLE])
def test_table(arguments, status, words):
    found, line = run(*arguments.split())
    assert found == status, line
    assert words in line


@contextlib.contextmanager
def foreign_listener(family=socket.AF_INET, host="127.0.0.1"):
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()
        yield listener.getsockname()[1]


def expect_in_use(status, line, where, port):
    assert status == RUN_TIME
    assert f"cannot listen on {where}:{port}: the port is in use by another program" in line
    assert f"ss -ltnp 'sport = :{port}'" in line, "it says what to do"


def test_port_of_a_foreign_listener(engine):
    with foreign_listener() as port:
        status, line = run("--engine", engine, "--listen", f"127.0.0.1:{port}")
        expect_in_use(status, line, "127.0.0.1", port)


def test_port_of_another_echod(echod, engine):
    other = echod("--engine", engine)
    status, line = run("--engine", engine, "--listen", f"127.0.0.1:{other.port}")
    expect_in_use(status, line, "127.0.0.1", other.port)
    with other.connect() as connection:
        connection.sendall(b"still here")
        assert connection.recv(100) == b"still here"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_port_in_use_on_ipv6():
    with foreign_listener(socket.AF_INET6, "::1") as port:
        status, line = run("--listen", f"[::1]:{port}")
        expect_in_use(status, line, "[::1]", port)


def test_second_of_two_addresses(echod):
    other = echod()
    status, line = run("--listen", "127.0.0.1:0", "--listen", f"127.0.0.1:{other.port}")
    expect_in_use(status, line, "127.0.0.1", other.port)


def test_privileged_port():
    first_free = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if int(first_free.read_text()) < 2:
        pytest.skip("every port is unprivileged here")
    launcher = []
    if os.geteuid() == 0:
        launcher = ["setpriv", "--bounding-set", "-net_bind_service", "--inh-caps",
                    "-net_bind_service"]
        if subprocess.run([*launcher, "true"], capture_output=True).returncode != 0:
            pytest.skip("privileges cannot be dropped here")
    status, line = run("--listen", "127.0.0.1:1", launcher=launcher)
    assert status == RUN_TIME
    assert "cannot listen on 127.0.0.1:1: ports below 1024 require a privilege" in line
    assert "setcap cap_net_bind_service=+ep" in line, "it says what to do"


@pytest.mark.parametrize("arguments, words", [
    (["--help"], "Usage: echod"), (["-h"], "--listen"), (["serve", "--help"], "Exit status"),
    (["--version"], "echod "), (["-V"], "echod "), (["serve", "-V"], "echod ")])
def test_what_is_no_failure(arguments, words):
    result = subprocess.run([ECHOD, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=PATIENCE_S)
    assert (result.returncode, result.stderr) == (0, "")
    assert words in result.stdout
