"""The load generators: `echod bench`, and the two independent ones it is checked by.

Each turns a cell into a command line and what it printed into a Window.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
from typing import NamedTuple

from compare import build
from compare.build import Unavailable
from compare.cpu_meter import Recorder

GRACE_SECONDS = 15  # beyond the window, for connecting and for printing


class Window(NamedTuple):
    """What was measured between two moments of CLOCK_MONOTONIC."""
    messages: int
    errors: int
    seconds: float
    p50_us: float
    p99_us: float
    begin_ns: int
    end_ns: int
    note: str = ""


class ClientFailed(Exception):
    """No figures came; the text says why."""


class Client:
    name = ""
    protocols = ("tcp",)

    def prepare(self):
        """Raises Unavailable."""

    def command(self, cell, port, cpus, seconds, warm_up, directory):
        raise NotImplementedError

    def window(self, run, begin_ns, end_ns, directory):
        """From what it printed, and when it started and ended."""
        raise NotImplementedError

    def takes(self, cell):
        return cell.protocol in self.protocols and cell.client in ("", self.name)


class Independent(Client):
    """benchmarks/peers/independent_client.c"""

    name = "independent"

    def prepare(self):
        self.binary = build.build("independent_client")

    def command(self, cell, port, cpus, seconds, warm_up, directory):
        command = [str(self.binary), str(port), "-c", str(cell.connections), "-s",
                   str(cell.size), "-p", str(cell.pipeline), "-t", str(cell.client_threads), "-d",
                   str(seconds), "-w", str(warm_up), "--cpus", ",".join(map(str, cpus))]
        return command + (["--churn"] if cell.churn else [])

    def window(self, run, begin_ns, end_ns, directory):
        lines = run.stdout.strip().splitlines()
        if not lines:
            raise ClientFailed(run.stderr.strip() or f"exit status {run.returncode}")
        said = json.loads(lines[-1])
        return Window(said["messages"], said["errors"], said["seconds"], said["p50_us"],
                      said["p99_us"], said["window_begin_ns"], said["window_end_ns"],
                      "bytes or connections were lost" if said["errors"] else "")


WRK_SCRIPT = """
wrk.method = "POST"
wrk.body = string.rep("x", {size})
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %.3f %.3f\\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


class Wrk(Client):
    """It has no warm-up and whole seconds only, so its window is its whole life."""

    name = "wrk"
    protocols = ("http",)

    def prepare(self):
        if subprocess.run(["sh", "-c", "command -v wrk"], capture_output=True,
                          check=False).returncode:
            raise Unavailable("wrk")

    def takes(self, cell):
        return super().takes(cell) and cell.pipeline == 1 and not cell.churn

    def command(self, cell, port, cpus, seconds, warm_up, directory):
        script = directory / "post.lua"
        script.write_text(WRK_SCRIPT.format(size=cell.size))
        return ["taskset", "-c", ",".join(map(str, cpus)), "wrk", "-c", str(cell.connections),
                "-t", str(cell.client_threads), "-d", f"{max(1, round(seconds))}s", "-s",
                str(script), f"http://127.0.0.1:{port}/"]

    def window(self, run, begin_ns, end_ns, directory):
        match = re.search(r"^RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+)$", run.stdout, re.M)
        if not match:
            raise ClientFailed((run.stderr or run.stdout).strip() or "wrk printed no result")
        requests, duration_us, errors = (int(text) for text in match.groups()[:3])
        return Window(requests, errors, duration_us / 1e6, float(match.group(4)),
                      float(match.group(5)), begin_ns, end_ns,
                      "wrk reports errors" if errors else "")


class EchodBench(Client):
    """`echod bench`, whose report is described in docs/bench-json.md."""

    name = "bench"
    protocols = ("tcp", "http")

    def __init__(self, binary):
        self.binary = pathlib.Path(binary)

    def prepare(self):
        run = subprocess.run([str(self.binary), "bench", "--help"], capture_output=True, text=True,
                             timeout=20, check=False) if self.binary.exists() else None
        if run is None or run.returncode != 0 or "--pipeline" not in run.stdout:
            raise Unavailable(f"{self.binary} has no load tester")

    def command(self, cell, port, cpus, seconds, warm_up, directory):
        command = ["taskset", "-c", ",".join(map(str, cpus)), str(self.binary), "bench",
                   f"{cell.protocol}://127.0.0.1:{port}", "-c", str(cell.connections), "-s",
                   str(cell.size), "--pipeline", str(cell.pipeline), "-t",
                   str(cell.client_threads), "-d", f"{round(seconds * 1000)}ms", "--warmup",
                   f"{round(warm_up * 1000)}ms", "--pin", "--no-view", "--json",
                   str(directory / "report.json")]
        if not cell.verify:
            command.append("--no-verify")
        return command + (["--connect-each"] if cell.churn else [])

    def window(self, run, begin_ns, end_ns, directory):
        try:
            report = json.loads((directory / "report.json").read_text())
        except (OSError, ValueError):
            raise ClientFailed((run.stderr or run.stdout).strip()[-200:]
                               or f"exit status {run.returncode}") from None
        totals, latency = report["totals"], report["latency"]["percentiles_ns"]
        first = report["errors"]["first"]
        return Window(totals["messages"], totals["errors"], totals["elapsed_s"],
                      latency["p50"] / 1000, latency["p99"] / 1000,
                      report["window"]["begin_ns"], report["window"]["end_ns"],
                      f"{first[0] if first else ''}")


class Measured(NamedTuple):
    window: Window
    server_cpu_ns: float  # in the window, all processes and threads
    client_cpu_ns: float


def measure(client, cell, port, cpus, seconds, warm_up, server_meter, client_meter):
    """Runs the client once. Raises ClientFailed."""
    with tempfile.TemporaryDirectory(prefix="echod-compare-") as name:
        directory = pathlib.Path(name)
        command = client.command(cell, port, cpus, seconds, warm_up, directory)
        limit = seconds + warm_up + GRACE_SECONDS + cell.connections / 500
        begin = time.monotonic_ns()
        with open(directory / "out", "w+", encoding="utf-8") as out, \
                open(directory / "err", "w+", encoding="utf-8") as err:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                preexec_fn=lambda: client_meter.admit(os.getpid()))
            client_meter.watch(process.pid)
            with Recorder(server_meter, client_meter) as recorder:
                try:
                    process.wait(limit)
                except subprocess.TimeoutExpired:
                    raise ClientFailed(f"{client.name} did not end within {limit:.0f} s") from None
                finally:
                    if process.poll() is None:
                        process.kill()
                        process.wait()
            end = time.monotonic_ns()
            out.seek(0)
            err.seek(0)
            run = subprocess.CompletedProcess(command, process.returncode, out.read(), err.read())
        window = client.window(run, begin, end, directory)
    return Measured(window,
                    recorder.used_between(window.begin_ns, window.end_ns, 0),
                    recorder.used_between(window.begin_ns, window.end_ns, 1))
