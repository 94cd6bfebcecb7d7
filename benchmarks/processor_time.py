#!/usr/bin/python3
"""Processor time per message at a fixed rate (open loop), in rounds in which servers take turns.

    benchmarks/processor_time.py spin              what busy-polling costs, and what it gains
    benchmarks/processor_time.py peers             echod without busy-polling beside other servers
    benchmarks/processor_time.py peers --cell ws-64 --server 'other=/path/to/server {port}'
    benchmarks/processor_time.py all --write-docs  both, and docs/processor-time.md

A closed loop would send more to a faster server, and hide the price. Server and client are pinned
to a CPU each. The median and the range of the ratios within rounds are printed; other load on the
machine changes latency a lot, and processor time little.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from compare import cpu_meter, machine, servers  # noqa: E402
from compare.cells import APART, Cell, size_text  # noqa: E402
from compare.process import Running, StartFailed  # noqa: E402

MEASURED = "<!-- What follows is measured. -->"
LOG_FREE = ["--log-level", "off", "--drain-timeout", "100ms"]


class Load:
    """What the client sends, and who can answer."""

    def __init__(self, protocol, size, peers=(), verify=True):
        self.protocol, self.size, self.peers, self.verify = protocol, size, peers, verify
        self.cell = Cell(50, size=size, protocol="http" if protocol == "http" else "tcp",
                         verify=verify, placement=APART)

    @property
    def name(self):
        return f"{self.protocol}-{self.size}"


PEERS = ("epoll", "asio-callbacks", "asio-coroutines", "libuv", "libevent", "go-net", "node-net")
LOADS = [
    Load("tcp", 64, PEERS),
    Load("tcp", 16 * 1024, PEERS),
    Load("http", 64, ("nginx",), verify=False),  # nginx returns a fixed body
    Load("ws", 64, ("ws-floor", "libwebsockets", "node-ws")),
]


class Echod:
    ends_by_sigterm = True

    def __init__(self, binary, engine, spin):
        self.binary, self.engine, self.spin = binary, engine, spin
        self.name = f"echod {engine} --spin {spin}"

    def prepare(self):
        pass

    def command(self, cell, port, cpus, directory):
        return [str(self.binary), "--listen", f"127.0.0.1:{port}", "--engine", self.engine,
                "--workers", "1", "--spin", self.spin, *LOG_FREE]


class Other:
    """A server given on the command line."""
    ends_by_sigterm = True

    def __init__(self, text):
        self.name, _, self.text = text.partition("=")

    def prepare(self):
        pass

    def command(self, cell, port, cpus, directory):
        return shlex.split(self.text.format(port=port))


def peers_of(load, arguments):
    known = {server.name: server for server in servers.all_servers(arguments.echod)}
    for server in servers.websocket_servers():
        known[server.name] = server
    chosen, missing = servers.prepared([known[name] for name in load.peers])
    for name, reason in missing.items():
        print(f"  without {name}: {reason}", file=sys.stderr)
    return chosen + [Other(text) for text in arguments.server]


def client_command(arguments, load, port, cpu, report):
    command = ["taskset", "-c", str(cpu), str(arguments.echod), "bench",
               f"{load.protocol}://127.0.0.1:{port}/", "-c", str(arguments.connections), "-s",
               str(load.size), "--rate", str(arguments.rate), "-d", f"{arguments.seconds}s",
               "--warmup", "200ms", "-t", "1", "--no-view", "--json", str(report)]
    return command + ([] if load.verify else ["--no-verify"])


def measure(server, load, arguments, meter):
    """(processor ns per message, p50 in us, p99 in us)"""
    server_cpu, client_cpu = arguments.cpus
    with Running(server, load.cell, [server_cpu], meter) as running, \
            tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory, "report.json")
        with cpu_meter.Recorder(meter) as recorder:
            client = subprocess.run(
                client_command(arguments, load, running.port, client_cpu, report),
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=arguments.seconds + 60)
        if not report.exists():
            raise StartFailed(client.stderr.strip()[-300:])
        result = json.loads(report.read_text())
    window, totals = result["window"], result["totals"]
    if totals["errors"]:
        raise StartFailed(f"{totals['errors']} errors, such as {result['errors']['first'][:1]}")
    used = recorder.used_between(window["begin_ns"], window["end_ns"])
    latency = result["latency"]["percentiles_ns"]
    return used / totals["messages"], latency["p50"] / 1000, latency["p99"] / 1000


def rounds(competitors, load, arguments, meter):
    """{name: [measurement or None, for each round]}"""
    runs = {server.name: [] for server in competitors}
    for number in range(arguments.rounds):
        turn = number % len(competitors)
        for server in competitors[turn:] + competitors[:turn]:
            try:
                runs[server.name].append(measure(server, load, arguments, meter))
            except (StartFailed, subprocess.TimeoutExpired) as problem:
                runs[server.name].append(None)
                print(f"  {server.name}: {problem}", file=sys.stderr)
    return runs


def ratios(runs, reference, figure):
    """Of each server to the reference, within rounds: (median, lowest, highest)."""
    table = {}
    for name, own in runs.items():
        pairs = [mine[figure] / other[figure] for mine, other in zip(own, runs[reference])
                 if mine and other]
        table[name] = (statistics.median(pairs), min(pairs), max(pairs)) if pairs else None
    return table


def text_of(ratio):
    return "failed" if ratio is None else f"{ratio[0]:.2f} ({ratio[1]:.2f} to {ratio[2]:.2f})"


def table(title, runs, reference):
    """The lines of a table in Markdown."""
    columns = [ratios(runs, reference, figure) for figure in range(3)]
    lines = [f"### {title}", "",
             "| server | processor time | p50 | p99 | ns per message | p50, us | p99, us |",
             "| --- | --- | --- | --- | --: | --: | --: |"]
    for name, own in runs.items():
        good = [run for run in own if run]
        medians = [statistics.median(run[i] for run in good) if good else 0 for i in range(3)]
        cells = [text_of(column[name]) for column in columns]
        lines.append(f"| {name} | {' | '.join(cells)} | {medians[0]:,.0f} | {medians[1]:,.1f} | "
                     f"{medians[2]:,.1f} |")
    return lines + [""]


def best_peer(runs, ours):
    """The one with the least processor time per message."""
    peers = {name: statistics.median(run[0] for run in own if run)
             for name, own in runs.items() if name not in ours and any(own)}
    return min(peers, key=peers.get) if peers else None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["spin", "peers", "all"])
    parser.add_argument("--cell", action="append", choices=[load.name for load in LOADS],
                        help="only these loads; all of them unless told")
    parser.add_argument("--rate", type=int, default=20_000, help="messages per second")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1, help="of each run")
    parser.add_argument("--engine", action="append", choices=["epoll", "uring"])
    parser.add_argument("--echod", type=pathlib.Path, default=ROOT / "build/release/echod")
    parser.add_argument("--write-docs", action="store_true", help="write docs/processor-time.md")
    parser.add_argument("--server", action="append", default=[], metavar="NAME=COMMAND",
                        help="another server; {port} in the command is its port")
    return parser.parse_args()


def title_of(load, arguments):
    kind = {"tcp": "raw TCP", "http": "HTTP POST", "ws": "WebSocket"}[load.protocol]
    return (f"{kind}, {size_text(load.size)}, {arguments.connections} connections, "
            f"{arguments.rate:,} messages/s")


def spin_tables(load, engines, arguments, meter):
    for engine in engines:
        pair = [Echod(arguments.echod, engine, spin) for spin in ("off", "auto")]
        runs = rounds(pair, load, arguments, meter)
        yield table(f"{title_of(load, arguments)}: busy-polling, {engine}", runs, pair[0].name)


def peer_tables(load, engines, arguments, meter):
    ours = [Echod(arguments.echod, engine, "off") for engine in engines]
    runs = rounds(ours + peers_of(load, arguments), load, arguments, meter)
    reference = best_peer(runs, {server.name for server in ours}) or ours[0].name
    yield table(f"{title_of(load, arguments)}: relative to {reference}", runs, reference)


def write_page(sections, arguments):
    facts = machine.describe(arguments.echod)
    page = ROOT / "docs" / "processor-time.md"
    begin = page.read_text(encoding="utf-8").split(MEASURED)[0]
    lines = [MEASURED, "", f"{arguments.rounds} rounds, each server {arguments.seconds:g} s in "
             f"each. {facts['cpu']}, {facts['cores']} cores, {facts['kernel']}; load average "
             f"{os.getloadavg()[0]:.0f}. In brackets the lowest and the highest round.", ""]
    for title, tables in sections.items():
        lines += [f"## {title}", ""] + [line for one in tables for line in one]
    page.write_text(begin + "\n".join(lines).rstrip() + "\n", encoding="utf-8")


def main():
    arguments = parse_arguments()
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        sys.exit("two CPUs are needed: one for the server, one for the client")
    arguments.cpus = cpus[-1], cpus[0]
    loads = [load for load in LOADS if load.name in (arguments.cell or [load.name])]
    kinds = {"spin": ("The price of busy-polling", spin_tables),
             "peers": ("Beside other servers, with `--spin off`", peer_tables)}
    sections = {}
    meter = cpu_meter.open_meter("time")
    try:
        for kind in kinds if arguments.what == "all" else [arguments.what]:
            title, tables_of = kinds[kind]
            sections[title] = []
            for load in loads:
                for lines in tables_of(load, arguments.engine or ["epoll", "uring"], arguments,
                                       meter):
                    sections[title].append(lines)
                    print("\n".join(lines), flush=True)
    finally:
        meter.close()
    if arguments.write_docs:
        write_page(sections, arguments)


if __name__ == "__main__":
    main()
