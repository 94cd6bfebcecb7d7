"""docs/performance.md and the charts beside it, written from complete results and never by hand."""

from compare import build, cells, charts, memory, targets, validate
from compare.cells import (APART, AXIS, BASE, BULK, CHURN, CONNECTIONS, HTTP_WRK, ONE, PIPELINES,
                           REST, SIZES, TARGET, TOGETHER, Cell, size_text, together)
from compare.report import REFERENCES, in_order, titles
from compare.samples import METRICS

INTRODUCTION = """\
# Performance

echod beside other echo servers, in one run on one machine. One command repeats the run and
writes this page:

```
benchmarks/compare.sh --budget 25m --write-docs
```

[benchmarks/README.md](../benchmarks/README.md) explains the method.
"""

COMPARISON = """\
## echod beside other servers

Messages per second, relative to plain epoll in C (one thread, level-triggered, 64 KiB buffer).
For HTTP the reference is nginx, which returns a fixed body of the same size. **Above 1 is
faster.** Each figure is the median of ratios formed within a round, in which the servers take
turns; a difference below 5 % is a tie. The last column is the user memory of an idle
connection.
"""

DETAILS = """\
## Each load in detail

The tables show ratios to the reference, and the medians behind them. Above 1 is always better:
less CPU, more messages, lower latency. In brackets are the lowest and the highest round.

- **CPU per message** covers the kernel and user time of all threads and processes of the
  server. Other load on the machine hardly changes it, so it is the most reliable figure.
- **p50** is the median latency.
- Servers that busy-poll (the bare loop, and echod when it expects a message) trade CPU for
  latency: [processor-time.md](processor-time.md) has the price. For one connection and for new
  connections, compare rate and p50.
"""

TARGETS = """\
## Targets

A target is a fraction of what the same run shows to be possible. echod should reach at least
{loop:.2f} of a bare loop, which does nothing but poll, receive and send, and at least
{peer:.2f} of the best peer in each load. Where client and server share cores, the bare loop is
both in one thread.
"""

# The loads of the first table, with a short heading for each.
COMPARED = {
    BASE: "64 B, 50 connections", together(BASE): "64 B, 50 connections, shared cores",
    ONE: "64 B, 1 connection", BULK: "256 KiB, 50 connections", CHURN: "connect, echo, close",
    together(HTTP_WRK): "HTTP POST, 64 B, shared cores",
}

MAIN_CELLS = {
    "base": BASE, "shared-cores": together(BASE), "one-connection": ONE,
    "one-connection-same-core": together(ONE), "bulk": BULK, "connect-echo-close": CHURN,
    "http": together(HTTP_WRK),
}


def clean(text):
    """A message without paths of this machine, fit for a table."""
    return " ".join(text.replace(f"{build.ROOT}/", "").replace("|", "/").split())


def machine_text(store):
    about = store.header["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    return "\n".join([
        "## The machine", "", "| | |", "| --- | --- |",
        f"| CPU | {about['cpu']}, {about['cores']} cores, of which two are used |",
        f"| memory | {about['memory_gib']} GiB |",
        f"| kernel | {about['kernel']}, TCP congestion control {about['congestion_control']} |",
        f"| echod | {about['echod']}, {about['compiler']} |",
        f"| peers | {packages}, {about['go']}, Node {about['node']} |",
        f"| CPU time | {store.header['cpu_source']} |",
        f"| load | `echod {store.header['client']}`, closed loop, every byte verified; "
        f"windows of {store.header['seconds']} s after a warm-up, a fresh server for each |",
        f"| rounds | at least {store.header['rounds']} of every server under every load |", ""])


def comparison_text(store):
    """One figure for each server and load: how many times the reference's rate."""
    known = {name for cell in COMPARED for name in in_order(store, cell.name)}
    lines = [COMPARISON, f"| server | {' | '.join(COMPARED.values())} | idle connection |",
             "| --- |" + " --: |" * (len(COMPARED) + 1)]
    for server, title in titles().items():
        if server not in known or server.endswith("-nospin"):
            continue
        figures = [store.ratio(cell.name, server, "rate", REFERENCES[cell.protocol])
                   if server in in_order(store, cell.name) else None for cell in COMPARED]
        idle = store.values(memory.CELL, server, "bytes")
        row = [f"{figure.median:.2f}" if figure else "–" for figure in figures]
        row.append(f"{idle.median:,.0f} B" if idle else "–")
        lines.append(f"| {title} | {' | '.join(row)} |")
    rates = [with_unit(store.values(cell.name, REFERENCES[cell.protocol], "rate"), ",.0f") + "/s"
             for cell in COMPARED]
    return "\n".join([*lines, f"| *1.00 is* | {' | '.join(rates)} | |", "",
                      "Server and client have a core each unless the column says that they share "
                      "two.", ""])


def targets_text(store):
    wanted = TARGETS.format(loop=targets.LOOP_WANTED, peer=targets.PEER_WANTED)
    lines = [wanted, "| load | measure | io_uring / bare loop | io_uring / best peer | "
             "epoll / bare loop | epoll / best peer |", "| --- | --- | --- | --- | --- | --- |"]
    for target in targets.all_targets(store):
        figures = [str(fraction) for result in target.results for fraction in result]
        lines.append(f"| {target.cell.title} | {METRICS[target.metric]} | "
                     f"{' | '.join(figures)} |")
    for what, found in (
            (f"User memory of an idle connection, at most {targets.IDLE_BYTES_MAX:,} bytes",
             targets.idle_memory(store)),
            ("Rate of `echod bench` relative to wrk over HTTP/1.1, at least 1, with every byte "
             "verified", targets.tester(store))):
        lines += ["", f"{what}: io_uring {found[0]}, epoll {found[1]}."]
    return "\n".join([*lines, "", "`benchmarks/million.sh` holds a million connections.", ""])


def with_unit(value, pattern):
    return format(value.median, pattern) if value else "–"


def table(store, cell):
    reference = REFERENCES[cell.protocol]
    lines = ["| server | CPU per message | rate | p50 | CPU, ns | messages/s | p50, us | failed |",
             "| --- | --- | --- | --- | --: | --: | --: | --- |"]
    for server in in_order(store, cell.name):
        ratios = [str(store.ratio(cell.name, server, metric, reference) or "–")
                  for metric in METRICS]
        runs, failures = store.rounds(cell.name, server), store.failures(cell.name, server)
        failed = f"{len(failures)} of {len(runs)}" if failures else ""
        lines.append(
            f"| {titles()[server]} | {' | '.join(ratios)} | "
            f"{with_unit(store.values(cell.name, server, 'server_ns'), ',.0f')} | "
            f"{with_unit(store.values(cell.name, server, 'rate'), ',.0f')} | "
            f"{with_unit(store.values(cell.name, server, 'p50_us'), ',.1f')} | {failed} |")
    return "\n".join(lines)


def kind_of(server, cell):
    if server.startswith("echod"):
        return "ours"
    return "reference" if server == REFERENCES[cell.protocol] else "peer"


def bar_chart(store, cell):
    reference = REFERENCES[cell.protocol]
    rows = []
    for server in in_order(store, cell.name):
        figures = {metric: store.ratio(cell.name, server, metric, reference) for metric in METRICS}
        name = titles()[server].replace("*", "").replace("`", "")
        rows.append((name, kind_of(server, cell), figures))
    return charts.bars(f"{cell.load}: ratio to {titles()[reference]}, above 1 is better", rows,
                       METRICS)


def chart_text(path, alternative):
    return f"![{alternative}](performance/{path})"


def main_cells_text(store, files):
    lines = [DETAILS]
    for name, cell in MAIN_CELLS.items():
        if cell.name not in store.cells():
            continue
        files[f"{name}.svg"] = bar_chart(store, cell)
        lines += [f"### {cell.title}", "", chart_text(f"{name}.svg", cell.title), "",
                  table(store, cell), ""]
    return "\n".join(lines)


def overview_text(store, files):
    lines = ["## The whole matrix", "",
             "echod with io_uring relative to plain epoll, by the server's CPU per message."]
    for placement, name in ((APART, "matrix-apart"), (TOGETHER, "matrix-together")):
        rows = []
        for pipeline in PIPELINES:
            for connections in CONNECTIONS:
                ratios = [store.ratio(Cell(connections, size, pipeline, placement=placement).name,
                                      "echod-uring", "cpu", "epoll") for size in SIZES]
                label = "1 connection" if connections == 1 else f"{connections:,} connections"
                if pipeline > 1:
                    label += f" x {pipeline}"
                if any(ratios):
                    rows.append((label, [ratio and ratio.median for ratio in ratios]))
        title = cells.PLACEMENTS[placement]
        files[f"{name}.svg"] = charts.heat_map(title, [size_text(size) for size in SIZES], rows)
        lines += ["", chart_text(f"{name}.svg", title)]
    lines += ["", "\"x 16\" means sixteen messages in flight on each connection. Combinations with "
              f"more than {cells.IN_FLIGHT_MAX >> 20} MiB in flight are not measured.", ""]
    return "\n".join(lines)


def other_cells_text(store):
    lines = ["## Other loads", ""]
    shown = set(MAIN_CELLS.values())
    for cell, tier in cells.all_cells().items():
        if cell in shown or tier not in (TARGET, AXIS, REST) or cell.name not in store.cells():
            continue
        lines += [f"### {cell.title}", "", table(store, cell), ""]
    return "\n".join(lines)


def memory_text(store):
    lines = ["## Memory per idle connection", "",
             "Growth of the server's proportional set size (PSS, all its processes) for each "
             "connection that has", "echoed one message and is idle.", "",
             "| server | bytes per connection | connections |", "| --- | --: | --: |"]
    for server in in_order(store, memory.CELL):
        value = store.values(memory.CELL, server, "bytes")
        count = store.values(memory.CELL, server, "connections")
        failures = store.failures(memory.CELL, server)
        if value:
            lines.append(f"| {titles()[server]} | {value.median:,.0f} ({value.low:,.0f} to "
                         f"{value.high:,.0f}) | {count.median:,.0f} |")
        elif failures:
            lines.append(f"| {titles()[server]} | failed: {clean(failures[0])} | |")
    return "\n".join([*lines, ""])


def validity_text(store):
    lines = ["## Validation of the load tester", "",
             "`echod bench` and independent load generators measured the same servers in the same "
             "rounds: wrk for HTTP,", "`benchmarks/peers/independent_client.c` for TCP. Above 1, "
             "`echod bench` measured more messages, a", "lower median, or less server CPU. The "
             "last column compares the clients' own CPU.", "",
             "| load | server | compared with | rate | p50 | server CPU | client CPU |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for usual, other, server, ratios in validate.rows(store):
        ours = store.values(usual.name, server, "client_ns")
        theirs = store.values(other.name, server, "client_ns")
        own = f"{theirs.median / ours.median:.2f}" if ours and theirs and ours.median else "–"
        lines.append(f"| {usual.title} | {server} | {other.client} | {ratios['rate'] or '–'} | "
                     f"{ratios['p50'] or '–'} | {ratios['cpu'] or '–'} | {own} |")
    return "\n".join([*lines, ""])


def omissions_text(store):
    lines = ["## Not measured", ""]
    for server, reason in store.header.get("missing", {}).items():
        lines.append(f"- {server} did not take part: {clean(reason)}.")
    by_servers, nothing = {}, 0
    for cell, found in store.header.get("left_out", {}).items():
        if set(store.servers(cell)) - set(found):
            by_servers.setdefault(f"No time for {', '.join(found)}", []).append(cell)
        else:
            nothing += 1
    lines += [f"- {key} in {', '.join(found)}." for key, found in by_servers.items()]
    if nothing:
        lines.append(f"- No time for {nothing} combinations of the matrix, which shows them as a "
                     "dash.")
    for cell in store.cells():
        for server in in_order(store, cell):
            failures = store.failures(cell, server)
            if failures:
                lines.append(f"- {cell}, {server}: {len(failures)} of "
                             f"{len(store.rounds(cell, server))} runs failed, the first with "
                             f"\"{clean(failures[0])}\". No median includes failed runs.")
    if len(lines) == 2:
        lines.append("Every server took part in every load that it supports, and no run failed.")
    return "\n".join([*lines, ""])


def write(store, directory):
    """Writes the page and its charts; returns their paths."""
    files = {}
    page = "\n".join([
        INTRODUCTION, comparison_text(store), targets_text(store), main_cells_text(store, files),
        memory_text(store), overview_text(store, files), other_cells_text(store),
        validity_text(store), machine_text(store), omissions_text(store)]).rstrip() + "\n"
    images = directory / "performance"
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob("*.svg"):
        old.unlink()
    paths = [directory / "performance.md"]
    paths[0].write_text(page, encoding="utf-8")
    for name, content in files.items():
        paths.append(images / name)
        paths[-1].write_text(content, encoding="utf-8")
    return paths
