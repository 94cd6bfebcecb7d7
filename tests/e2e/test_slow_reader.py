"""Clients that read slowly: who takes 32 KiB in each --stall-timeout is served, who takes less is
reset, whatever the kernel's buffers hold."""

import socket
import time

import pytest

from support import PATIENCE_S, SANITIZED

STALL_S = 2
FLOOR = 32 * 1024 / STALL_S  # bytes a second


def read_at(server, rate, seconds):
    """Reads /bytes at so many bytes a second. Returns whether the server went on for so long."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE_S)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET /bytes/16777216 HTTP/1.1\r\nHost: h\r\n\r\n")
        begin = time.monotonic()
        taken = 0
        while time.monotonic() < begin + seconds:
            # By the clock from the begin, so that a slow machine catches up.
            due = int(rate * (time.monotonic() - begin)) - taken
            try:
                taken += len(client.recv(due)) if due > 0 else 0
            except ConnectionResetError:
                return False
            time.sleep(0.02)
        return True


@pytest.mark.skipif(SANITIZED, reason="reads at a rate")
def test_the_floor(echod, some_engine):
    server = echod("--engine", some_engine, "--stall-timeout", f"{STALL_S}s",
                   "--drain-timeout", "100ms")
    # With room for a loaded machine that lets the client wait for a while.
    assert read_at(server, 1.5 * FLOOR, 3 * STALL_S)
    assert not read_at(server, 0.5 * FLOOR, 20 * STALL_S)
