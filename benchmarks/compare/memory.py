"""User memory of an idle connection: how much the server's share of memory (PSS, all its processes)
grows with many connections that have echoed once and then say nothing."""

import re
import socket
import time

from compare import process
from compare.cells import Cell
from compare.servers import MINOR

CELL = "memory"
CONNECTIONS = 10_000
CONNECTIONS_FORKED = 50  # for servers with a process for each
WARM_UP = 64  # made beforehand, so that what the first ones cost once does not count
SETTLE_SECONDS = 0.3
DESCRIPTORS_SPARE = 500


def user_bytes(meter):
    total = 0
    for pid in meter.pids():
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1)) * 1024
        except (OSError, AttributeError):
            continue  # it ended meanwhile
    return total


def exchange(client, message):
    client.sendall(message)
    received = b""
    while len(received) < len(message):
        more = client.recv(len(message))
        if not more:
            raise OSError("the server closed a connection")
        received += more
    if received != message:
        raise OSError("the echo differs")


def connect_and_echo(port, count):
    clients = []
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", port), timeout=20)
        clients.append(client)
        exchange(client, f"{number:064}".encode())
    return clients


def run(server, bench, descriptors):
    """A sample."""
    count = min(CONNECTIONS, descriptors - DESCRIPTORS_SPARE)
    if server.rank == MINOR:
        count = CONNECTIONS_FORKED
    clients = []
    try:
        cpus = bench.cores[:1]
        with process.Running(server, Cell(1), cpus, bench.server_meter) as running:
            clients += connect_and_echo(running.port, 0 if server.rank == MINOR else WARM_UP)
            time.sleep(SETTLE_SECONDS)
            before = user_bytes(bench.server_meter)
            clients += connect_and_echo(running.port, count)
            time.sleep(SETTLE_SECONDS)
            after = user_bytes(bench.server_meter)
            for client in (clients[0], clients[-1]):
                exchange(client, b"still there")
    except (OSError, process.StartFailed) as problem:
        return {"failed": str(problem)[:200], "client": "none"}
    finally:
        for client in clients:
            client.close()
    return {"bytes": round((after - before) / count), "connections": count, "client": "none"}
