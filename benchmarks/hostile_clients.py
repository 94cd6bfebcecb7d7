#!/usr/bin/python3
"""What eight clients with the most expensive requests do to one client with cheap ones: the latency
of the cheap requests alone, and beside each kind of the eight, all on one event loop.

    benchmarks/hostile_clients.py [--echod build/release/echod] [--seconds 4]
"""

import argparse
import http.client
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

RANDOM = random.Random(1)
TEXT = bytes(RANDOM.choice(b"abcdefghijklmnopqrstuvwxyz0123456789 ") for _ in range(256 << 10))
HOSTILE = {
    "form": ("/anything", b"&".join(b"%d=%s" % (i, TEXT[60 * i:60 * i + 55]) for i in range(4000)),
             {"Content-Type": "application/x-www-form-urlencoded"}),
    "json": ("/anything", b"[" * 90 + b"1," * 18_000 + b"1" + b"]" * 90,
             {"Content-Type": "application/json"}),
    "gzip": ("/anything", TEXT, {"Content-Type": "text/plain", "Accept-Encoding": "gzip"}),
    "br": ("/anything", TEXT, {"Content-Type": "text/plain", "Accept-Encoding": "br"}),
    "zstd": ("/anything", TEXT, {"Content-Type": "text/plain", "Accept-Encoding": "zstd"}),
    "gzip of an echo": ("/?gzip=true", TEXT, {"Accept-Encoding": "gzip"}),
}


def hostile(port, target, body, headers):
    """A process of its own, so that only the processors are shared."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    while True:
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        if response.status not in (200, 503):
            sys.exit(f"{target}: {response.status}")
        response.read()


def latencies(port, seconds):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        connection.request("GET", "/status/204")
        connection.getresponse().read()
        taken.append(time.monotonic() - begin)
        time.sleep(0.002)
    return sorted(taken)


def measure(arguments, name):
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory, "out")
        server = subprocess.Popen(
            [arguments.echod, "--listen", "127.0.0.1:0", "--engine", arguments.engine,
             "--workers", "1", "--log-level", "off"], stdout=output.open("w"))
        children = []
        try:
            while not (found := re.search(r"listening on \S+:(\d+)", output.read_text())):
                time.sleep(0.01)
            port = int(found[1])
            for _ in range(8 if name else 0):
                child = os.fork()
                if child == 0:
                    try:
                        hostile(port, *HOSTILE[name])
                    finally:
                        os._exit(0)
                children.append(child)
            time.sleep(0.5)
            taken = latencies(port, arguments.seconds)
        finally:
            for child in children:
                os.kill(child, 9)
                os.waitpid(child, 0)
            server.kill()
            server.wait()
    pick = lambda share: 1000 * taken[min(int(share * len(taken)), len(taken) - 1)]
    print(f"{name or 'alone':16} p50 {pick(0.5):8.2f}  p99 {pick(0.99):8.2f}"
          f"  max {pick(1):8.2f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--echod", default="build/release/echod")
    parser.add_argument("--engine", default="epoll")
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    for name in (None, *HOSTILE):
        measure(arguments, name)


if __name__ == "__main__":
    main()
