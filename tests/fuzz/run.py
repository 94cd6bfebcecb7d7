"""Runs the fuzz targets that `scripts/fuzz` has built, and says what they reached.

Each target starts from its corpus (tests/fuzz/corpus/TARGET, ours, kept in the repository) and
keeps what it finds new in build/fuzz/corpus/TARGET, for the next run. With --fresh it forgets that
first, so that the same seed does the same again. Results for other programs are written to
build/fuzz/results.json:

  {"targets": [{"name", "executions", "seconds", "coverage_edges", "features", "corpus_files",
                "crashes": [file, ...]}, ...]}
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/clang-asan"
OURS = ROOT / "tests/fuzz/corpus"
WORK = ROOT / "build/fuzz"

# Each target's part of the executions of a run: fast ones take more of them, so that all take
# about the same time. The longest input, in bytes, that is of use to it.
SHARES = {
    "detect": (300, 256),
    "http1_request": (100, 512),
    "http1_response": (100, 512),
    "http1_encode": (40, 512),
    "http1_llhttp": (200, 512),
    "pattern": (250, 32),
    "utf8": (200, 64),
    "websocket_frame": (60, 512),
    "websocket_handshake": (60, 512),
    "permessage_deflate": (8, 512),
    "content_coding": (4, 512),
    "url": (150, 64),
    "log": (60, 256),
    "access_log": (60, 512),
    "json_report": (60, 4096),
    "hlog": (8, 8192),
    "serve_options": (8, 128),
    "bench_options": (8, 128),
    "world": (8, 1024),
}
DEFAULT_SHARE = (20, 512)
RUNS = 1_100_000  # of all targets together, unless told

# Far more than anything needs: a slow machine is no finding.
TIMEOUT_S = 60
MEMORY_MAX_MIB = 2048

# What a sanitizer says besides is set here, so that a run does not depend on who starts it.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def parse_time(text):
    match = re.fullmatch(r"(\d+)(s|m|h|)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is not a time; write 90s, 10m or 8h")
    return int(match.group(1)) * {"": 1, "s": 1, "m": 60, "h": 3600}[match.group(2)]


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description="Builds and runs the fuzz targets.")
    parser.add_argument("--runs", type=int, default=None, metavar="N",
                        help=f"executions of all targets together ({RUNS:,})")
    parser.add_argument("--time", type=parse_time, default=None, metavar="TIME",
                        help="instead: how long all of it takes: 90s, 10m, 8h")
    parser.add_argument("--target", action="append", default=[], metavar="NAME",
                        help="only this target; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, metavar="N",
                        help="targets at the same time (2)")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the mutations (1)")
    parser.add_argument("--fresh", action="store_true",
                        help="begin with the repository's corpus alone")
    return parser.parse_args(arguments)


def built_targets():
    programs = sorted(BUILD.glob("fuzz_*"))
    return [path.name[len("fuzz_"):] for path in programs if os.access(path, os.X_OK)]


class Running:
    """The processes under way, so that an interrupt ends them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.processes = set()
        self.stopped = False

    def run(self, command, log):
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                       stdin=subprocess.DEVNULL, env={**os.environ, **SANITIZERS})
            self.processes.add(process)
        try:
            return process.wait()
        finally:
            with self.lock:
                self.processes.discard(process)

    def stop(self):
        with self.lock:
            self.stopped = True
            for process in self.processes:
                process.terminate()


def command_for(name, options, amount):
    corpus, crashes = WORK / "corpus" / name, WORK / "crashes"
    if options.fresh:
        shutil.rmtree(corpus, ignore_errors=True)
    for folder in (corpus, crashes, WORK / "logs"):
        folder.mkdir(parents=True, exist_ok=True)
    length = SHARES.get(name, DEFAULT_SHARE)[1]
    command = [
        BUILD / f"fuzz_{name}", f"-seed={options.seed}", f"-max_len={length}",
        f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MAX_MIB}", "-print_final_stats=1",
        "-len_control=20", f"-artifact_prefix={crashes}/{name}-", amount,
    ]
    dictionary = OURS.parent / "dictionaries" / f"{name}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    return [str(word) for word in command + [corpus] + [OURS / name] * (OURS / name).is_dir()]


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run_target(name, options, amount, running):
    begin = time.monotonic()
    log_path = WORK / "logs" / f"{name}.log"
    before = set((WORK / "crashes").glob(f"{name}-*"))
    command = command_for(name, options, amount)
    with log_path.open("wb") as log:
        status = running.run(command, log)
    text = log_path.read_text(errors="replace")
    crashes = sorted(set((WORK / "crashes").glob(f"{name}-*")) - before)
    if status != 0 and not crashes:
        crashes = [log_path]  # it ended without an input to blame: at start, or when it was told to
    return {
        "name": name,
        # When it crashes it says no total: then what its last line of progress said.
        "executions": last_number(r"stat::number_of_executed_units:\s*(\d+)", text)
        or last_number(r"#(\d+)\s", text),
        "seconds": round(time.monotonic() - begin, 1),
        "coverage_edges": last_number(r"\bcov: (\d+)", text),
        "features": last_number(r"\bft: (\d+)", text),
        "corpus_files": len(list((WORK / "corpus" / name).iterdir())),
        "crashes": [path.relative_to(ROOT).as_posix() for path in crashes],
    }


def amounts(names, options):
    """What each target is told: a number of runs, or of seconds."""
    if options.time is not None:
        rounds = -(-len(names) // options.jobs)
        return {name: f"-max_total_time={max(1, options.time // rounds)}" for name in names}
    shares = {name: SHARES.get(name, DEFAULT_SHARE)[0] for name in names}
    runs, whole = options.runs if options.runs is not None else RUNS, sum(shares.values())
    return {name: f"-runs={max(1, runs * shares[name] // whole)}" for name in names}


def table(results):
    head = f"{'target':<16}{'executions':>12}{'exec/s':>9}{'edges':>8}{'features':>10}" \
           f"{'corpus':>8}{'crashes':>9}"
    rows = [head] + [
        f"{one['name']:<16}{one['executions']:>12,}"
        f"{one['executions'] / max(one['seconds'], 0.1):>9,.0f}{one['coverage_edges']:>8,}"
        f"{one['features']:>10,}{one['corpus_files']:>8,}{len(one['crashes']):>9}"
        for one in results
    ]
    return "\n".join(rows + [f"{'all':<16}{sum(one['executions'] for one in results):>12,}"])


def crash_report(results):
    lines = []
    for one in results:
        for path in one["crashes"]:
            log = f"build/fuzz/logs/{one['name']}.log"
            lines.append(f"fuzz {one['name']} FAILED: {path} (what it said: {log})")
            if path != log:
                lines.append(f"  again with: build/clang-asan/fuzz_{one['name']} {path}")
    return "\n".join(lines)


def main(arguments):
    options = parse_arguments(arguments)
    built = built_targets()
    names = options.target or built
    if unknown := sorted(set(names) - set(built)) or not built:
        print(f"error: no such target: {unknown}; there are {', '.join(built)}", file=sys.stderr)
        return 2
    told = amounts(names, options)
    # The longest first, so that none of them is left alone at the end.
    names = sorted(names, key=lambda name: name not in ("world", "bench_options", "serve_options"))
    running = Running()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(run_target, name, options, told[name], running) for name in names]
        try:
            results = sorted((one.result() for one in futures), key=lambda one: one["name"])
        except KeyboardInterrupt:
            running.stop()
            return 130
    (WORK / "results.json").write_text(json.dumps({"targets": results}, indent=2) + "\n")
    print(table(results))
    print(f"{time.monotonic() - begin:.0f} s, results in build/fuzz/results.json")
    if any(one["crashes"] for one in results):
        print(crash_report(results))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
