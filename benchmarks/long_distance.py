#!/usr/bin/python3
"""Echo throughput over a path with a long round trip, under different buffer settings. Needs root.

    benchmarks/long_distance.py [--rtt MS] [--mebibytes N] [--rounds N] [ECHOD]

Two network namespaces, made for this run, are joined by two TUN devices and a forwarder in this
process that holds every packet for half the round trip. The server runs in one, the client in the
other. A setting that bounds a stuck client's memory (benchmarks/stuck_clients.py) must not slow
down a healthy client far away: what a fixed socket buffer does, and a limit of unsent bytes does
not.
"""

import argparse
import collections
import ctypes
import fcntl
import os
import select
import statistics
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
MTU = 9000

SETTINGS = [
    ("the kernel's defaults", ["--unsent-buffer", "0"]),
    ("--unsent-buffer 128KiB (default)", []),
    ("--socket-buffer 1MiB", ["--socket-buffer", "1MiB"]),
    ("--socket-buffer 128KiB", ["--socket-buffer", "128KiB"]),
]

CLIENT = """
import socket, sys, threading, time
size = int(sys.argv[1]) << 20
s = socket.create_connection(("10.111.0.1", 9000))
def send():
    block, left = b"x" * 65536, size
    while left > 0:
        left -= s.send(block[:left])
thread = threading.Thread(target=send)
start = time.monotonic()
thread.start()
got = 0
while got < size:
    got += len(s.recv(1 << 20))
print(size / (time.monotonic() - start))
"""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


def open_tun(namespace, address):
    """A TUN device in the namespace, as a file descriptor of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    away = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(away, 0) != 0:
        sys.exit("setns failed: this needs root")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN_WITHOUT_HEADER))
    libc.setns(home, 0)
    ip("-n", namespace, "address", "add", f"{address}/24", "dev", "tun0")
    ip("-n", namespace, "link", "set", "tun0", "mtu", str(MTU), "up", "txqueuelen", "10000")
    return tun


def forward(tuns, delay, stop):
    """Moves packets between the two devices, each `delay` seconds after it came."""
    peer = {tuns[0]: tuns[1], tuns[1]: tuns[0]}
    held = collections.deque()
    while not stop.is_set():
        wait = 0.1 if not held else max(0, held[0][0] - time.monotonic())
        for tun in select.select(tuns, [], [], wait)[0]:
            try:
                held.append((time.monotonic() + delay, peer[tun], os.read(tun, MTU + 64)))
            except BlockingIOError:
                pass
        while held and held[0][0] <= time.monotonic():
            _, tun, packet = held.popleft()
            try:
                os.write(tun, packet)
            except OSError:
                pass


def measure(echod, options, mebibytes, server_ns, client_ns):
    inside = ["ip", "netns", "exec"]
    command = [echod, "--listen", "tcp://10.111.0.1:9000", "--log-level", "off", *options]
    server = subprocess.Popen(inside + [server_ns] + command, stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        client = [sys.executable, "-c", CLIENT, str(mebibytes)]
        result = subprocess.run(
            inside + [client_ns] + client, check=True, capture_output=True, text=True, timeout=120
        )
        return float(result.stdout)
    finally:
        server.terminate()
        server.wait(timeout=20)


def main():
    default = os.path.join(os.path.dirname(__file__), "..", "build", "release", "echod")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rtt", type=float, default=50, help="round trip in ms")
    parser.add_argument("--mebibytes", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5, help="of all settings, interleaved")
    parser.add_argument("echod", nargs="?", default=default)
    arguments = parser.parse_args()
    names = [f"echod-{side}-{os.getpid()}" for side in ("server", "client")]
    stop = threading.Event()
    try:
        for name in names:
            ip("netns", "add", name)
        tuns = [open_tun(names[0], "10.111.0.1"), open_tun(names[1], "10.111.0.2")]
        delay = arguments.rtt / 2000
        forwarder = threading.Thread(target=forward, args=(tuns, delay, stop))
        forwarder.start()
        print(f"{arguments.mebibytes} MiB echoed over a round trip of {arguments.rtt:g} ms")
        rates = {name: [] for name, _ in SETTINGS}
        echod = os.path.abspath(arguments.echod)
        for _ in range(arguments.rounds):
            for name, options in SETTINGS:
                rates[name].append(measure(echod, options, arguments.mebibytes, *names) / 2**20)
        first = statistics.median(next(iter(rates.values())))
        print(f"{'MiB/s':36} {'median':>8} {'min':>8} {'max':>8}   ratio")
        for name, row in rates.items():
            median = statistics.median(row)
            ratio = median / first
            print(f"{name:36} {median:8.1f} {min(row):8.1f} {max(row):8.1f}   {ratio:4.2f}")
    finally:
        stop.set()
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


if __name__ == "__main__":
    main()
