"""`echod bench http://` against servers of others: Node's, which also answers in chunks and ends
connections after some requests, and HAProxy in front of echod."""

import contextlib
import json
import pathlib
import subprocess

import pytest

import haproxy
from support import ECHOD, PATIENCE_S

SCRIPT = pathlib.Path(__file__).with_name("http_echo.js")

MESSAGES = 200


@contextlib.contextmanager
def node(requests_max=0):
    """The port of Node's server."""
    with subprocess.Popen(["node", SCRIPT, str(requests_max)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@pytest.fixture(scope="module")
def node_port():
    with node() as port:
        yield port


@pytest.fixture(scope="module")
def haproxy_port(default_server, tmp_path_factory):
    proxy = haproxy.Proxy(tmp_path_factory.mktemp("haproxy"), port=default_server.port)
    yield proxy.port
    proxy.close()


def run(*arguments, messages=MESSAGES, status=0):
    """How many of the messages on four connections came back, and the errors by their kinds."""
    done = subprocess.run([ECHOD, "bench", "--no-view", "--json", "-", "-n", str(messages), "-c4",
                           *arguments], capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == status, done.stderr
    report = json.loads(done.stdout)
    return report["totals"]["messages"], report["errors"]["by_kind"]


LOADS = {
    "kept": [],
    "sizes": ["-s", "1:3,1KiB:2,100KiB"],
    "pipelined": ["--pipeline", "8"],
    "connection each": ["--connect-each"],
    "open loop": ["--rate", "2k"],
    "fields": ["-H", "Content-Type: text/plain", "-H", "X-Twice: 1", "-H", "X-Twice: 2"],
}


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("path", ["sized", "chunked"])
def test_node(node_port, path, load):
    assert run(*LOADS[load], f"http://127.0.0.1:{node_port}/{path}") == (MESSAGES, {})


@pytest.mark.parametrize("load", LOADS)
def test_haproxy(haproxy_port, load):
    assert run(*LOADS[load], f"http://127.0.0.1:{haproxy_port}/") == (MESSAGES, {})


def test_connections_that_the_server_ends():
    """Each is opened again, and none of it is an error."""
    with node(requests_max=10) as port:
        assert run(f"http://127.0.0.1:{port}/sized") == (MESSAGES, {})


def test_a_server_that_echoes_something_else(default_server):
    """Against /reflect nothing is right: the tester does not merely count responses."""
    url = f"http://127.0.0.1:{default_server.port}/reflect"
    assert run(url, messages=4, status=1) == (0, {"corrupt": 4})
