"""Node.js's HTTP clients on every engine: undici, which pipelines, its fetch(), which is
Node.js's own, and node:http with its keep-alive agent."""

import json
import pathlib
import subprocess

from support import NODE_ENVIRONMENT, PATIENCE_S

SCRIPT = pathlib.Path(__file__).with_name("http_node.js")


def test_conversations(shared_server):
    run = subprocess.run(["node", SCRIPT, f"http://127.0.0.1:{shared_server.port}/"],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S,
                         env=NODE_ENVIRONMENT, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "pipelined": {"connections": 1, "right": 50},
        "kept": {"connections": 1, "chunked": "chunked", "right": True, "target": "/last?x=1"},
        "fetched": {"right": True, "form": "a=1+2", "target": "/shown", "streamed": True},
        "agent": {"right": 20, "reused": 19, "head": 0, "waited": "body",
                  "trailers": ["X-T: trailing"]},
    }
