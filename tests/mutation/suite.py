"""The stages of the suite, from cheap to dear, and what each says of a build.

A stage is a program, run in as many processes as it is worth. It has noticed a bug when one of
them fails, or says nothing for much longer than it ever does without a bug: then the case it is in
hangs.
"""

import os
import re
import selectors
import signal
import subprocess
import tempfile
import time
from typing import NamedTuple

from table import ROOT
from tree import BUILD, TREE, environment

# From the bottom up, as CMakeLists.txt has them.
LAYERS = re.findall(r"^echod_layer\((\w+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
SEEDS = 3000
SHARDS = 4  # of the suites that mostly wait

# A hang is a silence this many times the longest one without a bug, and never less than so many
# seconds: caught in time, and not mistaken on a slow machine.
SILENCE_FACTOR = 5
SILENCE_SECONDS_MIN = 10
SILENCE_SECONDS_MAX = 600  # without a bug

# The end-to-end tests that drive the server; the others look at reports, measurements, examples.
END_TO_END = ["first_session", "half_close", "http", "limits", "listen", "logging", "access_log",
              "signals", "start_failures", "direct_descriptors", "stuck_clients", "bench"]


class Stage(NamedTuple):
    name: str
    target: str  # to build
    commands: list  # run at the same time
    real_time: bool = False  # much of it waits for time to pass


def gtest(name, program, shards=1, real_time=False):
    path = str(BUILD / program)
    commands = [["env", f"GTEST_TOTAL_SHARDS={shards}", f"GTEST_SHARD_INDEX={index}", path,
                 "--gtest_fail_fast"] for index in range(shards)]
    return Stage(name, program, commands, real_time)


def unit(layer):
    return gtest(f"unit {layer}", f"{layer}_test", SHARDS if layer in ("app", "engine") else 1,
                 real_time=layer == "app")


def simulation():
    return Stage("simulation", "echod",
                 [[str(BUILD / "echod"), "sim", "--seeds", str(SEEDS), "--jobs", "1"]])


def end_to_end():
    commands = [
        ["/usr/bin/python3", "-m", "pytest", "-x", "-v", "--color=no", "-p", "no:cacheprovider",
         str(TREE / "tests" / "e2e" / f"test_{name}.py")] for name in END_TO_END]
    return Stage("end to end", "echod", commands, True)


def stages_of(layer):
    """The stages that can notice a bug in `layer`: its own tests, the simulation, what stands on
    it, the conformance suite on every engine, real clients. Where operations hang rather than fail,
    the simulation comes first: it tells a hang by its own clock, at once."""
    own = LAYERS.index(layer)
    stages = [unit(layer), simulation()]
    if layer in ("engine", "stream"):
        stages.reverse()
    elif layer == "app":
        stages = [simulation()]
    stages += [unit(above) for above in LAYERS[own + 1:] if above != "app"]
    return stages + [unit("app"), gtest("conformance", "conformance_test", SHARDS, True),
                     gtest("steady state", "steady_state_test"), end_to_end()]


class Outcome(NamedTuple):
    noticed_by: str  # empty: nothing failed
    silence: float  # seconds, the longest
    tail: str = ""  # the end of what the failing process said


class Process:
    def __init__(self, command):
        # pytest says what it does in a file of its own, its children's output apart.
        self.scratch = tempfile.TemporaryDirectory(prefix="echod-mutation-")
        self.running = subprocess.Popen(
            command, cwd=self.scratch.name, env=environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.text = ""
        self.last = time.monotonic()
        self.silence = 0.0

    def hear(self):
        """Whether there will be more."""
        data = os.read(self.running.stdout.fileno(), 65536)
        now = time.monotonic()
        self.silence = max(self.silence, now - self.last)
        self.last = now
        self.text = (self.text + data.decode(errors="replace"))[-400_000:]
        return bool(data)

    def end(self):
        try:
            os.killpg(self.running.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.running.wait()
        self.running.stdout.close()
        self.scratch.cleanup()


def case_of(text):
    """The name of the case that failed, or in which the process ended or hung."""
    failed = re.findall(r"^\[  FAILED  \] ([^\s,]+)", text, re.MULTILINE)
    if failed:
        return failed[0]
    seeds = re.findall(r"^(?:seed (\d+) failed|.*again with: echod sim --seed (\d+))", text,
                       re.MULTILINE)
    if seeds:
        return "seed " + (seeds[0][0] or seeds[0][1])
    failed = re.findall(r"^FAILED \S*?(test_\w+\.py::\S+)", text, re.MULTILINE)
    if failed:
        return failed[0]
    begun = re.findall(r"^(?:\[ RUN      \] (\S+)|\S*?(test_\w+\.py::\S+))", text, re.MULTILINE)
    return (begun[-1][0] or begun[-1][1]) if begun else "before its first case"


def run(stage, silence_max):
    """Runs the stage to its end, or to the first process that fails or hangs."""
    processes = [Process(command) for command in stage.commands]
    silence = 0.0
    try:
        with selectors.DefaultSelector() as heard:
            for process in processes:
                heard.register(process.running.stdout, selectors.EVENT_READ, process)
            while heard.get_map():
                for key, _ in heard.select(timeout=0.5):
                    process = key.data
                    if process.hear():
                        continue
                    heard.unregister(process.running.stdout)
                    silence = max(silence, process.silence)
                    if process.running.wait() != 0:
                        return Outcome(f"{stage.name}: {case_of(process.text)}", silence,
                                       process.text[-3000:])
                now = time.monotonic()
                for key in list(heard.get_map().values()):
                    if now - key.data.last > silence_max:
                        return Outcome(f"{stage.name}: {case_of(key.data.text)} (hangs)", silence,
                                       key.data.text[-3000:])
        return Outcome("", silence)
    finally:
        for process in processes:
            process.end()
