"""docs/performance.md and the charts beside it, written from complete results and never by hand."""

from compare import build, cells, charts, memory, targets, validate
from compare.cells import (APART, AXIS, BASE, BULK, CHURN, CONNECTIONS, HTTP_WRK, ONE, PIPELINES,
                           REST, SIZES, TARGET, TOGETHER, Cell, size_text, together)
from compare.report import REFERENCES, in_order, titles
from compare.samples import METRICS

INTRODUCTION = """\
# Performance

This page is written by `benchmarks/compare.sh --write-docs` from the results of one run on one
machine. [benchmarks/README.md](../benchmarks/README.md) says how it measures and how to repeat it.

- **What compares is a ratio, and above 1 is better than the reference**: plain epoll in C
  (level-triggered, 64 KiB buffer), and nginx with a fixed body for HTTP. Under 5 % is a tie.
- The first figure is the **server's CPU a message**: of all its threads and processes, kernel and
  user. What else runs on the machine hardly changes it. Rate and median latency stand beside it.
- A ratio is formed within a round, in which the servers take turns; a table has the median of the
  rounds and, in brackets, the lowest and the highest.
- Spinning servers (the bare poll loop, and echod while a message is about to come) trade CPU for
  latency: with one connection, and while clients connect, look at rate and p50.
"""

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
        f"{store.header['seconds']} s a window after a warm-up, a fresh server for each |",
        f"| rounds | at least {store.header['rounds']} of every server in every cell |", ""])


def targets_text(store):
    lines = ["## Targets", "", "| load | target | io_uring | | epoll | | the bare poll loop |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for target in targets.all_targets(store):
        columns = []
        for result in target.results:
            verdict = "reached" if result.reached else "**not reached**"
            columns += [result.figure or "not measured", verdict if result.figure else ""]
        lines.append(f"| {target.load} | {target.wanted} | {' | '.join(columns)} | "
                     f"{target.ceiling} |")
    return "\n".join([*lines, "", "Against several peers the figure is that over the best of them, "
                      "which is named. The last column has what a server reaches on this machine "
                      "that does nothing but receive and send in a loop (on two cores: in the "
                      "client's own thread). The million connections are "
                      "`benchmarks/million.sh`.", ""])


def with_unit(value, pattern):
    return format(value.median, pattern) if value else "–"


def table(store, cell):
    reference = REFERENCES[cell.protocol]
    lines = ["| server | CPU a message | rate | p50 | CPU, ns | messages/s | p50, us | failed |",
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
    lines = ["## The main cells", ""]
    for name, cell in MAIN_CELLS.items():
        if cell.name not in store.cells():
            continue
        files[f"{name}.svg"] = bar_chart(store, cell)
        lines += [f"### {cell.title}", "", chart_text(f"{name}.svg", cell.title), "",
                  table(store, cell), ""]
    return "\n".join(lines)


def overview_text(store, files):
    lines = ["## The whole matrix", "",
             "echod with io_uring against plain epoll, by the server's CPU a message."]
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
    lines += ["", "\"x 16\": sixteen messages under way on each connection. Combinations with more "
              f"than {cells.IN_FLIGHT_MAX >> 20} MiB under way are not measured.", ""]
    return "\n".join(lines)


def other_cells_text(store):
    lines = ["## The other cells", ""]
    shown = set(MAIN_CELLS.values())
    for cell, tier in cells.all_cells().items():
        if cell in shown or tier not in (TARGET, AXIS, REST) or cell.name not in store.cells():
            continue
        lines += [f"### {cell.title}", "", table(store, cell), ""]
    return "\n".join(lines)


def memory_text(store):
    lines = ["## Memory of an idle connection", "",
             "How much the server's share of memory (PSS, all its processes) grows for each "
             "connection that has", "echoed one message and then says nothing.", "",
             "| server | bytes a connection | connections |", "| --- | --: | --: |"]
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
    lines = ["## Whether the load tester can be believed", "",
             "`echod bench` beside load generators that share nothing with it, on the same servers "
             "in the same rounds:", "`benchmarks/peers/independent_client.c`, and wrk for HTTP. "
             "Above 1, `echod bench` measured more messages a", "second, a shorter median, or less "
             "CPU of the server.", "",
             "| load | server | beside | rate | p50 | server CPU | its own CPU |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for usual, other, server, ratios in validate.rows(store):
        ours = store.values(usual.name, server, "client_ns")
        theirs = store.values(other.name, server, "client_ns")
        own = f"{theirs.median / ours.median:.2f}" if ours and theirs and ours.median else "–"
        lines.append(f"| {usual.title} | {server} | {other.client} | {ratios['rate'] or '–'} | "
                     f"{ratios['p50'] or '–'} | {ratios['cpu'] or '–'} | {own} |")
    return "\n".join([*lines, ""])


def omissions_text(store):
    lines = ["## What is not here", ""]
    for server, reason in store.header.get("missing", {}).items():
        lines.append(f"- {server} did not take part: {clean(reason)}.")
    by_servers = {}
    for cell, servers in store.header.get("left_out", {}).items():
        rest = set(store.servers(cell)) - set(servers)
        key = f"No time for {', '.join(servers)}" if rest else "No time at all"
        by_servers.setdefault(key, []).append(cell)
    lines += [f"- {key} in {', '.join(found)}." for key, found in by_servers.items()]
    for cell in store.cells():
        for server in in_order(store, cell):
            failures = store.failures(cell, server)
            if failures:
                lines.append(f"- {cell}, {server}: {len(failures)} of "
                             f"{len(store.rounds(cell, server))} runs failed, the first with "
                             f"\"{clean(failures[0])}\". Failed runs are in no median.")
    if len(lines) == 2:
        lines.append("Every server took part in every cell that it can, and no run failed.")
    return "\n".join([*lines, ""])


def write(store, directory):
    """Writes the page and its charts; returns their paths."""
    files = {}
    page = "\n".join([
        INTRODUCTION, targets_text(store), main_cells_text(store, files), memory_text(store),
        overview_text(store, files), other_cells_text(store), validity_text(store),
        machine_text(store), omissions_text(store)]).rstrip() + "\n"
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
