#!/usr/bin/python3
"""Memory that clients which send and never read pin in the server, under different settings.

    benchmarks/stuck_clients.py [--clients N] [--seconds S] [--read-first BYTES] [ECHOD]

Each client sends as much as the server takes and reads nothing (with --read-first, only after it
has behaved well for that many bytes, which lets the kernel's buffers grow). Printed for each
setting, per client: the bytes it could send before the server stopped reading, the server's user
memory (private pages) and the kernel memory of the server's sockets (what ss(8) calls skmem:
receive and send queues with their overhead).
"""

import argparse
import os
import re
import resource
import socket
import subprocess
import time

SETTINGS = [
    ("the kernel's defaults", ["--unsent-buffer", "0"]),
    ("--unsent-buffer 128KiB (default)", []),
    ("--unsent-buffer 16KiB", ["--unsent-buffer", "16KiB"]),
    ("--socket-buffer 128KiB", ["--socket-buffer", "128KiB"]),
    ("--socket-buffer 64KiB", ["--socket-buffer", "64KiB"]),
    ("--socket-buffer 32KiB", ["--socket-buffer", "32KiB"]),
]


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+)", file.read()).group(1)) * 1024


def kernel_bytes(port):
    """The sum of rmem, wmem, fwd, backlog and option memory of the server's side of connections."""
    command = ["ss", "-tmnH", "state", "established", f"( sport = :{port} )"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    total = 0
    pattern = r"skmem:\(r(\d+),rb\d+,t\d+,tb\d+,f(\d+),w(\d+),o(\d+),bl(\d+)"
    for parts in re.findall(pattern, text):
        total += sum(int(part) for part in parts)
    return total


def push(client):
    """Sends until the server takes no more; the bytes sent."""
    block = b"x" * 65536
    sent = 0
    try:
        while sent < 1 << 30:
            sent += client.send(block)
    except BlockingIOError:
        pass
    return sent


def read_first(client, size):
    """Echoes `size` bytes at full speed, so that the kernel lets its buffers grow."""
    block = b"x" * 65536
    sent = received = 0
    while received < size:
        try:
            if sent < size:
                sent += client.send(block)
        except BlockingIOError:
            pass
        try:
            received += len(client.recv(1 << 20))
        except BlockingIOError:
            pass


def warm_up(port):
    """Moves data through every event loop, to touch the buffers that all clients share. A loop has
    the clients whose packets arrive on its processor; a busy system may keep us on one."""
    processors = os.sched_getaffinity(0)
    try:
        for processor in processors:
            os.sched_setaffinity(0, {processor})
            for _ in range(8):
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.setblocking(False)
                    read_first(client, 4 << 20)
    finally:
        os.sched_setaffinity(0, processors)


def push_until_stopped(sockets, seconds):
    """Sends for `seconds`, and on until no client could send for a while: before, the server may
    have a buffer in use that it is about to give back. The bytes sent."""
    sent, passes_without = 0, 0
    end = time.monotonic() + seconds
    give_up = end + 30
    while time.monotonic() < end or (passes_without < 5 and time.monotonic() < give_up):
        more = sum(push(client) for client in sockets)
        sent += more
        passes_without = 0 if more else passes_without + 1
        time.sleep(0.05)
    return sent


def measure(echod, options, clients, seconds, read_first_bytes):
    command = [echod, "--listen", "tcp://127.0.0.1:0", "--log-level", "off", "--engine", "epoll"]
    server = subprocess.Popen(command + options, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline().rsplit(":", 1)[1])
        warm_up(port)
        before = private_bytes(server.pid)
        sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
        for client in sockets:
            client.setblocking(False)
            read_first(client, read_first_bytes)
        sent = push_until_stopped(sockets, seconds)
        user = private_bytes(server.pid) - before
        kernel = kernel_bytes(port)
        for client in sockets:
            client.close()
        return sent / clients, user / clients, kernel / clients
    finally:
        server.terminate()
        server.wait(timeout=20)


def main():
    default = os.path.join(os.path.dirname(__file__), "..", "build", "release", "echod")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--read-first", type=int, default=0, help="bytes echoed before stopping")
    parser.add_argument("echod", nargs="?", default=default)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"{arguments.clients} clients that never read; KiB per client")
    print(f"{'setting':36} {'sent':>8} {'user':>8} {'kernel':>8} {'total':>8}")
    for name, options in SETTINGS:
        row = measure(arguments.echod, options, arguments.clients, arguments.seconds,
                      arguments.read_first)
        sent, user, kernel = (value / 1024 for value in row)
        print(f"{name:36} {sent:8.0f} {user:8.0f} {kernel:8.0f} {user + kernel:8.0f}")


if __name__ == "__main__":
    main()
