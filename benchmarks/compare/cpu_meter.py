"""Processor time of a server, or of a client: a process with all its threads and children.

In order of preference: a cgroup with the cpuacct controller (version 1, in nanoseconds), a cgroup
of version 2 (cpu.stat, in microseconds), and where neither can be made the process tree in /proc:
schedstat of its threads (in nanoseconds), or utime and stime (in ticks). A cgroup also counts all
of what processes used that have ended meanwhile.
"""

import bisect
import os
import pathlib
import signal
import subprocess
import threading
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def mount_points():
    """Of cgroups: (version, path), version 1 first."""
    points = []
    with open("/proc/mounts", encoding="utf-8") as file:
        for line in file:
            _, path, kind, options, *_ = line.split()
            if kind == "cgroup" and "cpuacct" in options.split(","):
                points.append((1, pathlib.Path(path)))
            elif kind == "cgroup2":
                points.append((2, pathlib.Path(path)))
    return sorted(points)


def own_path(version):
    """Where this process is in the hierarchy, relative to its mount."""
    for line in pathlib.Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if (version == 2 and controllers == "") or (version == 1 and "cpuacct" in controllers):
            return path.lstrip("/")
    return ""


class Cgroup:
    """A cgroup of its own for one process after another."""

    interval_s = 0.01  # between two readings

    def __init__(self, version, path):
        self.version, self.path = version, path
        self.source = f"cgroup v{version}, " + ("cpuacct.usage" if version == 1 else "cpu.stat")
        path.mkdir()

    def admit(self, pid):
        """Measures the process from now on. It may call this itself, between fork and exec."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def watch(self, pid):
        """The same, said by its parent after the fork."""

    def pids(self):
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def usage_ns(self):
        if self.version == 1:
            return int((self.path / "cpuacct.usage").read_text())
        first = (self.path / "cpu.stat").read_text().splitlines()[0]
        return int(first.split()[1]) * 1000

    def close(self):
        for _ in range(50):
            try:
                self.path.rmdir()
                return
            except OSError:  # a process that was killed is not gone yet
                time.sleep(0.02)


def stat_of(pid):
    """(parent, processor seconds), or None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return int(fields[1]), sum(int(field) for field in fields[11:13]) / TICKS_PER_SECOND


def used_seconds(pid):
    """By a process: of its threads where the kernel counts it in nanoseconds, else in ticks."""
    try:
        total = 0
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9
    except (OSError, IndexError):
        stat = stat_of(pid)
        return stat[1] if stat else 0


def tree_of(root):
    """The pids of a process and all its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        stat = stat_of(name) if name.isdigit() else None
        if stat:
            children.setdefault(stat[0], []).append(int(name))
    tree, position = [root], 0
    while position < len(tree):
        tree += children.get(tree[position], [])
        position += 1
    return tree


class ProcessTree:
    """The same without cgroups. Descendants are looked up when usage is asked for; those that have
    ended count with what they had used when they were last seen."""

    source = "schedstat, or utime + stime, of the process tree in /proc"
    interval_s = 0.1  # every reading looks through all of /proc

    def __init__(self):
        self.root = 0
        self.seconds = {}

    def admit(self, pid):
        pass  # in the child nobody would remember

    def watch(self, pid):
        self.root = pid
        self.seconds = {}

    def pids(self):
        return [pid for pid in tree_of(self.root) if stat_of(pid)] if self.root else []

    def usage_ns(self):
        for pid in tree_of(self.root) if self.root else []:
            self.seconds[pid] = max(used_seconds(pid), self.seconds.get(pid, 0))
        return int(sum(self.seconds.values()) * 1e9)

    def close(self):
        pass


def works(group):
    """Whether a process can be moved into it, and what it then uses is seen."""
    child = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL)
    try:
        group.admit(child.pid)
        group.watch(child.pid)
        return child.pid in group.pids() and group.usage_ns() >= 0
    except (OSError, ValueError, IndexError):
        return False
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def open_meter(label):
    """The best meter this machine allows."""
    for version, mount in mount_points():
        for parent in dict.fromkeys([mount / own_path(version), mount]):
            try:
                group = Cgroup(version, parent / f"echod-compare-{os.getpid()}-{label}")
            except OSError:
                continue
            if works(group):
                return group
            group.close()
    return ProcessTree()


class Recorder:
    """Reads meters again and again beside a run, so that the usage at any moment of it can be told
    afterwards: between two readings it is taken to grow evenly."""

    def __init__(self, *meters):
        self.meters = meters
        self.times, self.readings = [], []
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._read()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        self._read()

    def _read(self):
        before = time.monotonic_ns()
        reading = [meter.usage_ns() for meter in self.meters]
        self.times.append((before + time.monotonic_ns()) // 2)
        self.readings.append(reading)

    def _run(self):
        while not self.done.wait(max(meter.interval_s for meter in self.meters)):
            self._read()

    def usage_at(self, moment_ns, meter=0):
        after = bisect.bisect_left(self.times, moment_ns)
        if after == 0:
            return self.readings[0][meter]
        if after == len(self.times):
            return self.readings[-1][meter]
        begin, end = self.times[after - 1], self.times[after]
        share = (moment_ns - begin) / max(1, end - begin)
        low, high = self.readings[after - 1][meter], self.readings[after][meter]
        return low + (high - low) * share

    def used_between(self, begin_ns, end_ns, meter=0):
        return self.usage_at(end_ns, meter) - self.usage_at(begin_ns, meter)
