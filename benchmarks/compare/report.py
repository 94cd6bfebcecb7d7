"""What a comparison says: tables on the terminal, and docs/performance.md."""

from compare import cells
from compare.samples import METRICS

REFERENCES = {"tcp": "epoll", "http": "nginx"}


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
            f"{'p50 us':>10}"]
        for server in store.servers(name):
            row = f"  {server:24}"
            for metric in METRICS:
                ratio = store.ratio(name, server, metric, reference)
                row += f"{ratio or '':>22}" if ratio is None else f"{str(ratio):>22}"
            for field in ("server_ns", "rate", "p50_us"):
                value = store.values(name, server, field)
                row += f"{value.median:12.1f}" if value else f"{'':12}"
            failures = store.failures(name, server)
            if failures:
                row += f"  {len(failures)} failed: {failures[0]}"
            lines.append(row)
    return "\n".join(lines)
