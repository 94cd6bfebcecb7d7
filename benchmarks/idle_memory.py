#!/usr/bin/python3
"""User memory of an idle connection: private pages of the server, divided by 15,000 connections.

    benchmarks/idle_memory.py [--connections N] [ECHOD]

Measured twice: before a connection's first byte and after an echo, on the epoll and uring engines,
on a listener that detects the protocol and on a raw one. Every connection echoes again at the end.
"""

import argparse
import os
import re
import resource
import socket
import subprocess

WARM_UP = 64  # connections made beforehand, so that what the first ones cost once does not count


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+)", file.read()).group(1)) * 1024


def exchange(client, message=b"0123456789abcdef"):
    client.sendall(message)
    received = b""
    while len(received) < len(message):
        received += client.recv(len(message))
    if received != message:
        raise SystemExit("the echo differs")


def measure(echod, engine, scheme, count):
    """Bytes per idle connection before and after its first echo."""
    command = [echod, "--listen", f"{scheme}://127.0.0.1:0", "--engine", engine]
    server = subprocess.Popen(command + ["--log-level", "off"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline().rsplit(":", 1)[1])
        warm = [socket.create_connection(("127.0.0.1", port)) for _ in range(WARM_UP)]
        for client in warm:
            exchange(client)
        start = private_bytes(server.pid)
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        exchange(clients[-1])  # the server has accepted all of them then, or nearly
        before = private_bytes(server.pid)
        for client in clients:
            exchange(client)
        after = private_bytes(server.pid)
        for client in clients:
            exchange(client)
        for client in warm + clients:
            client.close()
        return (before - start) / count, (after - start) / count
    finally:
        server.terminate()
        server.wait(timeout=30)


def main():
    default = os.path.join(os.path.dirname(__file__), "..", "build", "release", "echod")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=15000)
    parser.add_argument("echod", nargs="?", default=default)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"user memory of {arguments.connections} idle connections, bytes each")
    print(f"{'engine':8} {'listener':10} {'unspoken':>10} {'after an echo':>15}")
    for engine in ("epoll", "uring"):
        for scheme in ("auto", "tcp"):
            row = measure(arguments.echod, engine, scheme, arguments.connections)
            print(f"{engine:8} {scheme:10} {row[0]:10.0f} {row[1]:15.0f}")


if __name__ == "__main__":
    main()
