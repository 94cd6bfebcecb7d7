"""Node.js's own WebSocket, the one of browsers' programming interface, on every engine. Skipped
where there is no Node.js, or one without it: it is there since version 22, and behind a flag since
20.10."""

import functools
import json
import pathlib
import shutil
import subprocess

import pytest

from support import PATIENCE_S

SCRIPT = pathlib.Path(__file__).with_name("websocket_node.js")
FLAG = "--experimental-websocket"
PROBE = "process.exit(typeof WebSocket === 'undefined' ? 2 : 0)"


def node(*arguments):
    return subprocess.run(["node", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE_S)


@functools.cache
def flags():
    """What Node.js must be told to have a WebSocket; skips the test where nothing helps."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node.js")
    for candidate in ([], [FLAG]):
        if node(*candidate, "--eval", PROBE).returncode == 0:
            return candidate
    version = node("--version").stdout.decode().strip()
    pytest.skip(f"Node.js {version} has no WebSocket; 20.10 has one behind {FLAG}, 22 without")


def test_conversation(shared_server):
    """Text, binary, empty and large messages; the subprotocol; compression, which this client
    offers and reads but does not write; and its close."""
    run = node(*flags(), SCRIPT, f"ws://127.0.0.1:{shared_server.port}/any?path")
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert "error" not in seen, seen
    assert seen["messages"] == [True] * 5
    assert seen["protocol"] == "one"
    assert seen["extensions"].startswith("permessage-deflate")
    assert seen["close"] == {"code": 4321, "clean": True}
