"""Where io_uring is forbidden or missing, auto takes epoll and says why."""

import errno
import pathlib
import subprocess
import sys

import pytest

from support import ECHOD, PATIENCE_S, curl, echo

FORBID = [sys.executable, str(pathlib.Path(__file__).with_name("forbid_io_uring.py"))]

REASONS = [
    (errno.EPERM, "io_uring is forbidden here (a container's seccomp profile, or the sysctl "
                  "kernel.io_uring_disabled)"),
    (errno.EACCES, "io_uring is forbidden here"),
    (errno.ENOSYS, "this kernel has no io_uring, or a container's seccomp profile hides it"),
    (errno.EINVAL, "this kernel's io_uring is too old"),
    (errno.ENOMEM, "io_uring cannot be set up: no memory"),
]


@pytest.fixture(params=REASONS, ids=lambda row: errno.errorcode[row[0]])
def forbidden(request):
    """A launcher under which io_uring fails, and the reason to be given."""
    error, reason = request.param
    launcher = [*FORBID, str(error)]
    if subprocess.run([*launcher, "/bin/true"]).returncode == 77:
        pytest.skip("seccomp filters cannot be set here")
    return launcher, reason


def test_auto_takes_epoll(echod, forbidden):
    launcher, reason = forbidden
    server = echod(launcher=launcher)
    assert server.engine_line.startswith(f"Engine: epoll ({reason}")
    with server.connect() as connection:
        echo(connection, b"hello")
    assert curl("--data", "Hello!", f"localhost:{server.port}").stdout == b"Hello!"
    assert server.stop() == 0
    assert server.log.splitlines()[-1] == "Stopped"


def test_uring_asked_for_is_an_error(forbidden):
    launcher, _ = forbidden
    result = subprocess.run([*launcher, ECHOD, "--engine", "uring", "--listen", "127.0.0.1:0"],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=PATIENCE_S)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("echod: cannot start the uring engine: ")
    assert result.stderr.endswith("; try another with --engine\n")
    assert result.stderr.count("\n") == 1


def test_the_other_engines_do_not_care(echod, engine, forbidden):
    if engine == "uring":
        pytest.skip("it is the one that does")
    server = echod("--engine", engine, launcher=forbidden[0])
    assert server.engine_line.startswith(f"Engine: {engine} (chosen with --engine)")
    with server.connect() as connection:
        echo(connection, b"hello")
