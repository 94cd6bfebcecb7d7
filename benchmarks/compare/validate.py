"""Whether `echod bench` can be believed: its figures beside those of an independent load generator,
on the same servers in the same rounds."""

from compare import cells
from compare.samples import METRICS


def pairs(store):
    """(cell measured by `echod bench`, the same measured by another)"""
    measured = set(store.cells())
    for name, cell in cells.by_name().items():
        if cell.client and name in measured:
            for usual in cell.without_client:
                if usual.name in measured:
                    yield usual, cell
                    break


def rows(store):
    """(cell of `echod bench`, the other's, server, {metric: Spread, above 1 bench is better})"""
    for usual, other in pairs(store):
        for server in store.servers(other.name):
            ratios = {metric: store.ratio_across((usual.name, server), (other.name, server), metric)
                      for metric in METRICS}
            if any(ratios.values()):
                yield usual, other, server, ratios


def text(store):
    lines = ["`echod bench` beside an independent load generator on the same servers; 1.00 is",
             "equal, and above 1 `echod bench` measured more messages, less time, less CPU.", ""]
    for usual, other, server, ratios in rows(store):
        figures = ", ".join(f"{metric} {ratio}" for metric, ratio in ratios.items() if ratio)
        lines.append(f"{usual.name}, {server}, against {other.client}: {figures}")
        for label, cell in (("bench", usual), (other.client, other)):
            rate = store.values(cell.name, server, "rate")
            p50 = store.values(cell.name, server, "p50_us")
            client = store.values(cell.name, server, "client_ns")
            if rate and p50 and client:
                lines.append(f"    {label:12} {rate.median:12,.0f} messages/s  p50 "
                             f"{p50.median:9.1f} us  its own CPU {client.median:8.0f} ns a message")
    for usual, other in pairs(store):
        for cell in (usual, other):
            for server in store.servers(cell.name):
                for failure in store.failures(cell.name, server):
                    lines.append(f"FAILED {cell.name}, {server}: {failure}")
    return "\n".join(lines)
