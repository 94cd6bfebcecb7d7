"""What a client that sends and never reads can pin, user and kernel memory together."""

import pathlib
import sys

import pytest

import support

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "benchmarks"))
import stuck_clients  # noqa: E402  (the command that prints these figures)

MIB = 1 << 20
KIB = 1 << 10

SETTINGS = [
    pytest.param([], 1 * MIB, id="default"),
    pytest.param(["--socket-buffer", "64KiB"], 256 * KIB, id="socket-buffer"),
]


@pytest.mark.skipif(support.SANITIZED, reason="the sanitizers' own memory hides the server's")
@pytest.mark.parametrize("options, total_max", SETTINGS)
def test_pins_little(loop, options, total_max):
    clients = 1 if loop == "sequential" else 10  # it serves one
    sent, user, kernel = stuck_clients.measure(
        str(support.ECHOD), ["--engine", loop, *options], clients, 1.5, 0
    )
    assert sent > 100 * KIB, "the client was not stopped by the server"
    assert user + kernel <= total_max, f"user {user:.0f}, kernel {kernel:.0f}"
    if loop in ("epoll", "uring"):
        assert user <= 64 * KIB
