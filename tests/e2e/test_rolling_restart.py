"""A rolling restart behind HAProxy: two servers are restarted in turn under load, and no client
notices. HAProxy tries nothing twice here, so that it cannot hide what is lost."""

import csv
import json
import signal
import socket
import subprocess

import pytest

import haproxy
import support
from support import ECHOD, PATIENCE_S, wait_until

MESSAGES = 100_000
RATE = 20_000  # a second, so that the load lasts as long as the restarts
DRAIN_DELAY = "1s"  # much longer than HAProxy takes to notice

# A server leaves the rotation when one check fails, and is back when one succeeds.
CONFIGURATION = """
global
    nbthread 1
    stats socket {socket}
defaults
    mode http
    timeout connect {patience}s
    timeout client {patience}s
    timeout server {patience}s
    timeout check {patience}s
    retries 0
    http-reuse always
frontend clients
    bind fd@{descriptor}
    default_backend echo
backend echo
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    default-server inter 100ms fall 1 rise 1
    server first {first.listen} check addr {first.admin}
    server second {second.listen} check addr {second.admin}
"""


# HAProxy's counters of what went wrong: tried again, sent to the other server, not connected, no
# response, and its own 502 and 503.
FAILURES = ["wretr", "wredis", "econ", "eresp", "hrsp_5xx"]


class Replica:
    """An echod that can be started again on its port, with its admin interface on the same port of
    another address. The addresses are its own, so that no outgoing connection takes the port while
    it is down."""

    def __init__(self, name, address, admin_address, echod):
        self.name = name
        self.echod = echod
        with socket.create_server((address, 0)) as probe:
            port = probe.getsockname()[1]
        self.listen = f"{address}:{port}"
        self.admin = f"{admin_address}:{port}"
        self.start()

    def start(self):
        self.server = self.echod("--drain-delay", DRAIN_DELAY, "--admin", self.admin, "--log-level",
                                 "warning", listen=(self.listen,))


class Balancer(haproxy.Proxy):
    """HAProxy before two replicas."""

    def __init__(self, directory, first, second):
        self.socket = directory / "socket"
        super().__init__(directory, CONFIGURATION, socket=self.socket, first=first, second=second)

    def statistics(self):
        """Of the servers and their sum, by their names."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(b"show stat\n")
            text = support.receive_all(connection).decode()
        rows = csv.DictReader(text.lstrip("# ").splitlines())
        return {row["svname"]: row for row in rows if row["pxname"] == "echo"}

    def wait_for(self, name, status):
        wait_until(lambda: self.statistics()[name]["status"] == status, f"{name} to be {status}")


def restart(replica, balancer):
    """As an orchestrator does: SIGTERM, and a new one when the old one has ended by itself."""
    replica.server.signal(signal.SIGTERM)
    balancer.wait_for(replica.name, "DOWN")
    assert not replica.server.has_ended, "HAProxy knew before the listener closed"
    assert replica.server.wait() == 0
    assert replica.server.log == "", "no exchange was cut"
    replica.start()
    balancer.wait_for(replica.name, "UP")


@pytest.fixture
def replicas(echod):
    return (Replica("first", "127.0.0.2", "127.0.0.4", echod),
            Replica("second", "127.0.0.3", "127.0.0.5", echod))


@pytest.fixture
def balancer(tmp_path, replicas):
    proxy = Balancer(tmp_path, *replicas)
    yield proxy
    proxy.close()


def test_nothing_is_lost(replicas, balancer):
    for replica in replicas:
        balancer.wait_for(replica.name, "UP")
    command = [ECHOD, "bench", "--no-view", "--json", "-", "-n", str(MESSAGES), "-c", "16",
               "--pipeline", "4",
               "--rate", str(RATE), "--timeout", f"{PATIENCE_S}s",
               f"http://127.0.0.1:{balancer.port}/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as bench:
        try:
            wait_until(lambda: int(balancer.statistics()["BACKEND"]["stot"]) > 1000, "the load")
            for replica in replicas:
                restart(replica, balancer)
            assert bench.poll() is None, "the load ended before the restarts"
            text, problems = bench.communicate(timeout=4 * PATIENCE_S)
        finally:
            bench.kill()
    report = json.loads(text)
    assert report["errors"]["by_kind"] == {}, report["errors"]
    assert bench.returncode == 0, problems
    assert report["totals"]["messages"] == MESSAGES
    sums = balancer.statistics()["BACKEND"]
    assert {name: sums[name] for name in FAILURES} == dict.fromkeys(FAILURES, "0")
