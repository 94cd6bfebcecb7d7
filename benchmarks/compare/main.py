"""The command line of benchmarks/compare.sh."""

import argparse
import fnmatch
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

from compare import (build, cells, clients, document, machine, memory, report, runner, servers,
                     validate)
from compare.samples import Store

ROUNDS_MIN = 5  # of results that documents may be written from
DEFAULT_RESULTS = build.ROOT / "build" / "compare" / "results.jsonl"
UNITS = {"s": 1, "m": 60, "h": 3600}
MEMORY_ROUNDS = 3
MEMORY_SECONDS = 3  # of one run, about


def duration(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 90s, 25m or 1h")
    return float(match.group(1)) * UNITS[match.group(2) or "s"]


def parser():
    made = argparse.ArgumentParser(
        prog="benchmarks/compare.sh",
        description="Compares echod with other echo servers, in one run on one machine. Without "
        "options the whole matrix is measured; benchmarks/README.md says how.")
    add = made.add_argument
    add("--quick", action="store_true", help="a few cells and three rounds, for a first look")
    add("--cell", action="append", metavar="PATTERN", help="only cells whose name matches; --list")
    add("--servers", metavar="PATTERN,...", help="only servers whose name matches")
    add("--rounds", type=int, help="of each cell and server (5; 3 with --quick)")
    add("--seconds", type=float, default=0.35,
        help="length of a measured window (0.35)")
    add("--warmup", type=float, default=0.25, help="seconds before it (0.25)")
    add("--budget", type=duration, metavar="TIME",
        help="leave out what matters least, to end by then")
    add("--client", choices=["bench", "independent"], help="the load generator (bench)")
    add("--resume", action="store_true", help="continue the results in --results")
    add("--results", type=pathlib.Path, default=DEFAULT_RESULTS, help="the file of results")
    add("--write-docs", action="store_true",
        help="write docs/performance.md from the results, if they are complete")
    add("--docs", type=pathlib.Path, default=build.ROOT / "docs", help=argparse.SUPPRESS)
    add("--validate", action="store_true",
        help="run `echod bench` and independent load generators on the same servers")
    add("--no-memory", action="store_true", help="leave out the memory of idle connections")
    add("--list", action="store_true", help="print cells and servers, and run nothing")
    add("--echod", type=pathlib.Path, default=build.ROOT / "build" / "release" / "echod")
    add("--tester", type=pathlib.Path, metavar="ECHOD",
        help="the program whose `bench` is the load generator (the one that is compared)")
    return made


def selected_cells(options):
    tiers = cells.all_cells()
    if options.validate:
        wanted = set(cells.VALIDATION_CELLS) | {
            cell.without_client[0] for cell in cells.VALIDATION_CELLS} | {
            cell for cell in cells.TARGET_CELLS if cell.protocol == "http"}
        return {cell: cells.VALIDATION for cell in tiers if cell in wanted}
    if options.cell:
        chosen = {cell: tier for cell, tier in tiers.items()
                  if any(fnmatch.fnmatch(cell.name, pattern) for pattern in options.cell)}
        if not chosen:
            raise SystemExit(f"error: no cell matches {', '.join(options.cell)}; see --list")
        return chosen
    if options.quick:
        return {cell: tiers[cell] for cell in cells.QUICK_CELLS}
    return tiers


def selected_servers(options, cores):
    everyone = servers.all_servers(options.echod)
    if options.servers:
        patterns = options.servers.split(",")
        everyone = [server for server in everyone
                    if any(fnmatch.fnmatch(server.name, pattern) for pattern in patterns)]
        if not everyone:
            raise SystemExit(f"error: no server matches {options.servers}; see --list")
    elif options.quick:
        everyone = [server for server in everyone if server.rank <= servers.MAIN]
    usable, missing = servers.prepared(everyone)
    if not options.servers or "same" in options.servers:
        usable.append(runner.SameThreadFloor(build.build("same_thread_floor"), cores))
    return usable, missing


def selected_clients(options):
    """{name: client} of those that can run, and the name of the usual one."""
    usable = {}
    tester = clients.EchodBench(options.tester or options.echod)
    for client in (tester, clients.Independent(), clients.Wrk()):
        try:
            client.prepare()
            usable[client.name] = client
        except build.Unavailable:
            continue
    usual = options.client or ("bench" if "bench" in usable else "independent")
    if usual not in usable:
        raise SystemExit(f"error: the load generator {usual!r} cannot run here")
    return usable, usual


class Comparison:
    """One invocation: what was chosen, where results go, what is done with them."""

    def __init__(self, options):
        self.options = options
        self.descriptors = machine.raise_descriptor_limit()
        self.cores = machine.two_cores()
        self.tiers = selected_cells(options)
        self.servers, self.missing = selected_servers(options, self.cores)
        self.clients, self.usual_client = selected_clients(options)
        self.rounds = options.rounds or (3 if options.quick else ROUNDS_MIN)
        self.left_out = {}

    def client_for(self, cell):
        client = self.clients.get(cell.client or self.usual_client)
        return client if client and client.takes(cell) else None

    def can_run(self, cell):
        enough = cell.connections + memory.DESCRIPTORS_SPARE <= self.descriptors
        return enough and self.client_for(cell) is not None

    def plan(self):
        tiers = {cell: tier for cell, tier in self.tiers.items() if self.can_run(cell)}
        pairs = runner.pairs_by_importance(tiers, self.servers)
        budget = self.options.budget
        if budget and self.measures_memory():
            budget -= MEMORY_SECONDS * MEMORY_ROUNDS * len(self.memory_servers())
        chosen, left_out, seconds = runner.within_budget(
            pairs, self.rounds, budget, lambda cell: runner.estimated_seconds(
                cell, self.options.seconds, self.options.warmup))
        self.remember_left_out(left_out)
        return chosen, seconds

    def remember_left_out(self, pairs):
        for _, cell, server in pairs:
            self.left_out.setdefault(cell.name, []).append(server.name)

    def measures_memory(self):
        options = self.options
        return not (options.no_memory or options.quick or options.cell or options.validate)

    def memory_servers(self):
        return [server for server in self.servers
                if "tcp" in getattr(server, "protocols", ()) and not server.spins]

    def open_store(self):
        path = self.options.results
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.options.resume and path.exists():
            return Store.load(path)
        store = Store(path, {"machine": machine.describe(self.options.echod)})
        store.write_header()
        return store

    def measure(self):
        store = self.open_store()
        deadline = time.monotonic() + self.options.budget if self.options.budget else None
        chosen, seconds = self.plan()
        print(f"{len(chosen)} pairs of cell and server, {self.rounds} rounds: about "
              f"{seconds / 60:.0f} minutes", file=sys.stderr)
        with runner.Bench(self.options.seconds, self.options.warmup) as bench:
            store.update_header(
                cpu_source=bench.server_meter.source, client=self.usual_client,
                seconds=self.options.seconds, rounds=self.rounds, missing=self.missing,
                plan=[[cell.name, server.name] for _, cell, server in chosen])
            if self.measures_memory():
                self.measure_memory(store, bench)
            schedule = runner.Schedule(bench, store, chosen, self.rounds, self.client_for, deadline)
            self.remember_left_out(schedule.run())
            schedule.run_extra()
        store.update_header(left_out=self.left_out, finished=True)
        return store

    def measure_memory(self, store, bench):
        for number in range(MEMORY_ROUNDS):
            print(f"memory of idle connections, round {number + 1}/{MEMORY_ROUNDS}",
                  file=sys.stderr)
            for server in self.memory_servers():
                if not store.has(number, memory.CELL, server.name):
                    store.add({"round": number, "cell": memory.CELL, "server": server.name,
                               **memory.run(server, bench, self.descriptors)})


def print_list(options):
    print("cells, most important first:")
    for cell, tier in cells.all_cells().items():
        print(f"  {tier}  {cell.name:32} {cell.title}")
    print("servers:")
    _, missing = servers.prepared(everyone := servers.all_servers(options.echod))
    for server in everyone:
        reason = f"  (missing: {missing[server.name]})" if server.name in missing else ""
        print(f"  {server.name:24} {server.title.replace('*', '')}{reason}")


def incomplete(store):
    """Why documents cannot be written from these results; empty when they can."""
    if not store.header.get("finished"):
        return "the run did not end; continue it with --resume"
    if store.header.get("client") != "bench":
        return "they were not measured by `echod bench`"
    left_out = store.header.get("left_out", {})
    short = [f"{cell}: {server}" for cell, server in store.header["plan"]
             if server not in left_out.get(cell, ())
             and len(store.rounds(cell, server)) < ROUNDS_MIN]
    if short:
        return f"fewer than {ROUNDS_MIN} rounds of {', '.join(short[:5])}"
    missing = [cell.name for cell in cells.TARGET_CELLS if cell.name not in store.cells()]
    return f"cells of targets were not measured: {', '.join(missing)}" if missing else ""


def write_docs(store, options):
    reason = incomplete(store)
    if reason:
        print(f"error: docs/performance.md is written from complete results only: {reason}",
              file=sys.stderr)
        return 1
    for path in document.write(store, options.docs):
        print(f"wrote {path}")
    return 0


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    options = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    if options.list:
        print_list(options)
        return 0
    try:
        if options.write_docs and options.resume and options.results.exists() and not incomplete(
                store := Store.load(options.results)):
            return write_docs(store, options)
        store = Comparison(options).measure()
    except KeyboardInterrupt:
        print(f"\ninterrupted; continue with --resume (results so far: {options.results})",
              file=sys.stderr)
        return 130
    except (json.JSONDecodeError, subprocess.SubprocessError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(validate.text(store) if options.validate else report.text(store))
    return write_docs(store, options) if options.write_docs else 0
