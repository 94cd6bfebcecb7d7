#!/usr/bin/python3
"""Starts echo servers, runs echo-torture against each, and prints the results side by side.

    tests/torture/run.py --quick                 echod on its five engines, for CI
    tests/torture/run.py --full --write-docs     all servers, and docs/reliability.md from it

Ends with 1 if a case failed on one of echod's engines; what the others fail is only shown.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import document  # noqa: E402
import targets  # noqa: E402
from compare import cpu_meter, machine, process  # noqa: E402
from compare.servers import prepared  # noqa: E402

# Nothing that echoes is silent so long, on however busy a machine; a deadlock is, for ever. Some
# peers have many, so they are given up sooner.
PATIENCE_OURS_S, PATIENCE_PEER_S = 60, 6
STREAM_SECONDS_OURS, STREAM_SECONDS_PEER = 25, 4  # of the long stream, in a full run
SERVER_SECONDS_MAX = 600  # all cases of a server, as a last resort


def parser():
    made = argparse.ArgumentParser(prog="tests/torture/run.py", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    add = made.add_argument
    mode = made.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="echod only, few and small (default)")
    mode.add_argument("--full", action="store_true", help="all servers, many and large")
    add("--write-docs", action="store_true", help="write docs/reliability.md (with --full)")
    add("--servers", metavar="PATTERN,...", help="only servers whose name matches")
    add("--case", metavar="NAME,...", help="only these cases")
    add("--seed", type=int, default=1)
    add("--echod", type=pathlib.Path, default=ROOT / "build" / "release" / "echod")
    add("--torture", type=pathlib.Path, help="the client (echo-torture beside echod)")
    add("--results", type=pathlib.Path, help="write all results to this file, as JSON")
    add("--from-results", type=pathlib.Path, metavar="FILE",
        help="run nothing: write docs/reliability.md from the results of a full run")
    add("--docs", type=pathlib.Path, default=ROOT / "docs", help=argparse.SUPPRESS)
    add("--list", action="store_true", help="print the servers, and run nothing")
    return made


def chosen_targets(options):
    """(those that can run, {title: why not} of the others)"""
    everyone = targets.all_targets(options.echod)
    if options.servers:
        patterns = options.servers.split(",")
        everyone = [target for target in everyone
                    if any(fnmatch.fnmatch(target.name, pattern) for pattern in patterns)]
    elif not options.full:
        everyone = [target for target in everyone if target.is_ours]
    return prepared(everyone, "title")


class Torturer:
    """Runs the client against one server after another."""

    def __init__(self, options):
        self.options = options
        self.client = options.torture or options.echod.with_name("echo-torture")
        if not self.client.exists():
            raise SystemExit(f"error: {self.client} is missing\n  What to do: build it, or name "
                             "another with --torture")
        self.cpus = os.sched_getaffinity(0)

    def client_command(self, target, server, output, extra):
        options = self.options
        command = [self.client, "--port", server.port, "--pid", server.pid, "--json", output,
                   "--seed", options.seed, "--full" if options.full else "--quick",
                   "--patience", PATIENCE_OURS_S if target.is_ours else PATIENCE_PEER_S]
        if options.full:
            command += ["--stream-seconds",
                        STREAM_SECONDS_OURS if target.is_ours else STREAM_SECONDS_PEER]
        for name, value in target.limits.items():
            command += ["--limit", f"{name}={value}"]
        return [str(word) for word in [*command, *target.options, *extra]]

    def run_once(self, target, extra):
        """The results of one server, started anew."""
        with tempfile.TemporaryDirectory() as directory:
            output = pathlib.Path(directory) / "results.json"
            meter = cpu_meter.ProcessTree()
            with process.Running(target, None, self.cpus, meter) as server:
                command = self.client_command(target, server, output, extra)
                try:
                    status = subprocess.run(command, timeout=SERVER_SECONDS_MAX,
                                            check=False).returncode
                except subprocess.TimeoutExpired:
                    status = "no end"
            meter.close()
            if status not in (0, 1) or not output.exists():
                raise process.StartFailed(f"echo-torture ended with {status}")
            return json.loads(output.read_text(encoding="utf-8"))

    def run(self, target):
        """{"results": [...], "cases": {...}} of one server, starvation included."""
        print(f"--- {target.title}", flush=True)
        cases = self.options.case.split(",") if self.options.case else []
        usual = [name for name in cases if name != "starved"]
        found = {"results": [], "cases": {}}
        if usual or not cases:
            found = self.run_once(target, ["--case", ",".join(usual)] if usual else [])
        if target.can_starve and (not cases or "starved" in cases):
            starved = self.run_once(targets.Starved(target), ["--case", "starved"])
            found["results"] += starved["results"]
            found["cases"] = starved["cases"]
        return found


def run_all(options, usable):
    """{name: results} and {name: why there are none}"""
    torturer = Torturer(options)
    found, broken = {}, {}
    for target in usable:
        begin = time.monotonic()
        try:
            found[target.name] = torturer.run(target)
            found[target.name]["seconds"] = time.monotonic() - begin
        except process.StartFailed as problem:
            broken[target.title] = str(problem)
            print(f"error: {target.title}: {problem}", file=sys.stderr)
    return found, broken


def exit_code(usable, found):
    """1 when a case failed on echod, or one of its engines was not run."""
    for target in usable:
        if target.is_ours and (target.name not in found or any(
                one["verdict"] == "failed" for one in found[target.name]["results"])):
            return 1
    return 0


def write_docs(options, usable, report):
    path = options.docs / "reliability.md"
    values = {"patience_ours": PATIENCE_OURS_S, "patience_peer": PATIENCE_PEER_S,
              "stream_ours": STREAM_SECONDS_OURS, "stream_peer": STREAM_SECONDS_PEER}
    path.write_text(document.page(usable, report, values), encoding="utf-8")
    print(f"wrote {path}")


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    options = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)  # so that no server stays behind
    machine.raise_descriptor_limit()
    if options.list:
        for target in targets.all_targets(options.echod):
            print(f"{target.name:16} {target.title}")
        return 0
    if options.from_results:
        report = json.loads(options.from_results.read_text(encoding="utf-8"))
        write_docs(options, [target for target in targets.all_targets(options.echod)
                             if target.name in report["servers"]], report)
        return 0
    usable, missing = chosen_targets(options)
    if options.write_docs and (not options.full or options.servers or options.case):
        print("error: --write-docs needs all of --full", file=sys.stderr)
        return 2
    if not usable:
        print(f"error: no server to test: {missing or options.servers}", file=sys.stderr)
        return 2
    begin = time.monotonic()
    found, broken = run_all(options, usable)
    seconds = time.monotonic() - begin
    print(document.table(usable, found))
    for title, reason in {**missing, **broken}.items():
        print(f"{title} did not take part: {reason}")
    print(document.failures_text(usable, found))
    failed = sum(target.is_ours for target, _ in document.failures(usable, found))
    print(f"{len(found)} servers in {seconds:.0f} s; {failed} cases failed on echod")
    report = {"machine": machine.describe(options.echod), "seconds": seconds, "seed": options.seed,
              "servers": found, "missing": {**missing, **broken}}
    if options.results:
        options.results.write_text(json.dumps(report, indent=1), encoding="utf-8")
    if options.write_docs:
        write_docs(options, usable, report)
    return exit_code(usable, found)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
