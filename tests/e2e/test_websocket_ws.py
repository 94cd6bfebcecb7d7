"""The WebSocket library `ws` of Node.js on every engine, plain and with several agreements about
compression."""

import json
import pathlib
import subprocess

from support import NODE_ENVIRONMENT, PATIENCE_S

SCRIPT = pathlib.Path(__file__).with_name("websocket_ws.js")

def conversations(server):
    run = subprocess.run(["node", SCRIPT, f"ws://127.0.0.1:{server.port}/"], env=NODE_ENVIRONMENT,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                         check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def exchanged(extensions):
    return {"extensions": extensions, "right": 100, "code": 1000}


RIGHT = {
    "plain": exchanged(""),
    "deflated": exchanged("permessage-deflate"),
    "windowed": exchanged("permessage-deflate"),
    "framed": {"pong": "still there?", "text": ["a\u20acb"], "protocol": "one",
               "close": [4321, ""]},
    "streamed": True,
}


def test_conversations(shared_server):
    assert conversations(shared_server) == RIGHT


def test_messages_that_refer_to_earlier_ones(echod):
    """Compressed with the memory of all messages before, both ways, as this library likes it."""
    assert conversations(echod("--ws-compression", "context")) == RIGHT


def test_compression_is_declined(echod):
    declined = {name: exchanged("") for name in ("deflated", "windowed")}
    assert conversations(echod("--ws-compression", "off")) == {**RIGHT, **declined}
