"""What a comparison says on the terminal: a table for each cell."""

from compare import cells, servers
from compare.runner import SAME_THREAD
from compare.samples import METRICS

REFERENCES = {"tcp": "epoll", "http": "nginx"}


def titles():
    """{name: title} of all servers, in the order of the tables."""
    found = {server.name: server.title for server in servers.all_servers("echod")}
    return {**found, SAME_THREAD: "bare loop (client and server in one thread)"}


def in_order(store, cell):
    measured = set(store.servers(cell)) - set(store.header.get("left_out", {}).get(cell, ()))
    return [name for name in titles() if name in measured]


def text(store):
    lines = []
    known = cells.by_name()
    for name in store.cells():
        cell = known.get(name)
        if cell is None:
            continue
        reference = REFERENCES[cell.protocol]
        lines += ["", f"{name}: {cell.title}", f"  {'ratio to ' + reference:24}" + "".join(
            f"{metric:>22}" for metric in METRICS) + f"{'ns/message':>12}{'messages/s':>12}"
            f"{'p50 us':>12}"]
        for server in in_order(store, name):
            row = f"  {server:24}"
            for metric in METRICS:
                row += f"{str(store.ratio(name, server, metric, reference) or ''):>22}"
            for field in ("server_ns", "rate", "p50_us"):
                value = store.values(name, server, field)
                row += f"{value.median:12.1f}" if value else f"{'':12}"
            failures = store.failures(name, server)
            if failures:
                row += f"  {len(failures)} failed: {failures[0]}"
            lines.append(row)
    return "\n".join(lines)
