#!/usr/bin/python3
"""Very many connections held open at once by one `echod --engine uring`, each of which echoes.

    benchmarks/million.sh [--connections N] [--per-client N] [--descriptors N] [--echod PATH]

The server runs with a limit of --descriptors open files, far fewer than there are connections:
those beyond it are direct descriptors of its io_urings. Clients are processes of this program, each
with a source address of its own (127.0.0.0/8), because one address has no more than 64,000 ports.

Three rounds: connect all, echo on every one while all are open, close all. Printed: how long each
took, the connections the kernel counts, and the memory per connection, of the server's process and
of the kernel (the fall of the machine's free memory that no process accounts for, halved, because
both ends of each connection are on this machine). Exit code 0 when every connection echoed.
"""

import argparse
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRST_PORT = 10_000  # of each client
CONNECT_TIMEOUT_S = 60
ECHO_TIMEOUT_S = 60
START_TIMEOUT_S = 20


def say(text):
    print(text, flush=True)


def meminfo():
    with open("/proc/meminfo", encoding="ascii") as file:
        rows = re.findall(r"(\w+):\s+(\d+) kB", file.read())
    return {key: int(value) * 1024 for key, value in rows}


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+)", file.read()).group(1)) * 1024


def established(port):
    """Connections to `port`, as the kernel counts its side of them."""
    command = ["ss", "-tnH", "state", "established", f"( sport = :{port} )"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        return sum(block.count(b"\n") for block in iter(lambda: process.stdout.read(1 << 20), b""))


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


# --- A client process ---------------------------------------------------------------------------


def connect(port, source, own_port):
    """A port of our choice: the kernel's search for a free one takes longer than all the rest."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT will do
    client.bind((source, own_port))
    client.settimeout(CONNECT_TIMEOUT_S)
    client.connect(("127.0.0.1", port))
    return client


def echo_all(clients, salt):
    """Sends a message of its own on every connection, then reads every answer."""
    for number, client in enumerate(clients):
        client.settimeout(ECHO_TIMEOUT_S)
        client.sendall(f"{salt}-{number}".encode())
    wrong = 0
    for number, client in enumerate(clients):
        expected = f"{salt}-{number}".encode()
        received = b""
        while len(received) < len(expected):
            part = client.recv(len(expected))
            if not part:
                break
            received += part
        wrong += received != expected
    return wrong


def run_client(port, source, count):
    """Does what standard input says, a word a line, and answers each with a line."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = []
    for command in map(str.strip, sys.stdin):
        if command == "connect":
            clients = [connect(port, source, FIRST_PORT + i) for i in range(count)]
            say(str(len(clients)))
        elif command == "echo":
            say(str(len(clients) - echo_all(clients, source)))
        else:
            break


# --- The run ------------------------------------------------------------------------------------


class Client:
    def __init__(self, port, index, count):
        self.count = count
        source = f"127.1.{index // 250}.{index % 250 + 1}"
        command = [sys.executable, __file__, "--client", str(port), source, str(count)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        return int(line) if line.strip() else 0

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def every(clients, command, parallel):
    """Tells all clients, at most `parallel` at a time, and sums their answers, with progress."""
    done = 0
    for at in range(0, len(clients), parallel):
        batch = clients[at:at + parallel]
        for client in batch:
            client.tell(command)
        done += sum(client.answer() for client in batch)
        if sys.stderr.isatty():
            print(f"\r{command}: {done:,}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr)
    return done


def start_server(arguments):
    def limit():
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (arguments.descriptors, arguments.descriptors))

    command = [arguments.echod, "--engine", "uring", "--listen", "tcp://127.0.0.1:0",
               "--max-connections", str(arguments.connections + 1000), "--idle-timeout", "0",
               "--log-level", "off"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=limit)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    return server, port


def measure(arguments):
    server, port = start_server(arguments)
    clients = []
    try:
        sizes = [min(arguments.per_client, arguments.connections - at)
                 for at in range(0, arguments.connections, arguments.per_client)]
        clients = [Client(port, index, size) for index, size in enumerate(sizes)]
        time.sleep(1)
        user_before, memory_before = private_bytes(server.pid), meminfo()
        begin = time.monotonic()
        connected = every(clients, "connect", 2)
        say(f"connected {connected:,} in {time.monotonic() - begin:.0f} s, "
            f"{descriptors_of(server.pid):,} descriptors in the server")
        count = established(port)
        user = private_bytes(server.pid) - user_before
        kernel = kernel_growth(memory_before, meminfo()) / 2
        begin = time.monotonic()
        echoed = every(clients, "echo", 2)
        say(f"established {count:,} at once; echoed on {echoed:,} in "
            f"{time.monotonic() - begin:.0f} s")
        say(f"per connection: user {user / max(count, 1):.0f} bytes, "
            f"kernel about {kernel / max(count, 1):.0f} bytes")
        return count >= arguments.connections and echoed == arguments.connections
    finally:
        for client in clients:
            client.stop()
        server.terminate()
        server.wait(timeout=60)


def kernel_growth(before, after):
    """Memory that went since `before` and belongs to no process and no file."""
    def taken(memory):
        return memory["MemTotal"] - memory["MemFree"] - memory["Buffers"] - memory["Cached"] - \
            memory["AnonPages"]
    return taken(after) - taken(before)


def main():
    if sys.argv[1:2] == ["--client"]:
        run_client(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=1_000_000)
    parser.add_argument("--per-client", type=int, default=19_000, help="of each client process")
    parser.add_argument("--descriptors", type=int, default=20_000, help="the server's limit")
    parser.add_argument("--echod", default=str(ROOT / "build" / "release" / "echod"))
    arguments = parser.parse_args()
    needed = arguments.connections * 11_000
    if meminfo()["MemAvailable"] < needed:
        print(f"error: {arguments.connections:,} connections take about {needed >> 30} GiB, more "
              "than is available; lower --connections", file=sys.stderr)
        return 1
    return 0 if measure(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
