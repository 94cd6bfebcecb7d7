"""What is said about the machine: its class, never its name."""

import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess


def cpu_model():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    match = re.search(r"^(?:model name|Hardware|uarch)\s*:\s*(.*)$", text, re.M)
    return match.group(1).strip() if match else platform.machine()


def is_virtual():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return re.search(r"^flags\s*:.*\bhypervisor\b", text, re.M) is not None


def congestion_control():
    try:
        return pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    except OSError:
        return "unknown"


def version_of(*command):
    """The first line a program says about its version; empty where it is missing."""
    if not shutil.which(command[0]):
        return ""
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0].strip() if lines else ""


def package_version(package):
    run = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", package],
                         capture_output=True, text=True, timeout=20, check=False)
    return run.stdout.strip() if run.returncode == 0 else ""


def describe(echod):
    release = platform.release()
    return {
        "cpu": cpu_model() + (" (a virtual machine)" if is_virtual() else ""),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        # What follows the version may name a builder, so only the numbers are kept.
        "kernel": "Linux " + re.match(r"[\d.]+\d", release).group(),
        "congestion_control": congestion_control(),
        "echod": version_of(str(echod), "--version"),
        "compiler": version_of("g++", "--version"),
        "packages": {package: version for package in
                     ("libasio-dev", "libuv1-dev", "libevent-dev", "socat", "ncat", "xinetd",
                      "nginx", "wrk") if (version := package_version(package))},
        "go": version_of("go", "version"),
        "node": version_of("node", "--version"),
    }


def raise_descriptor_limit():
    """Servers and clients inherit it. Returns the limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def stolen_seconds():
    """Processor time the host has taken from this machine so far, over all processors."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = file.readline().split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK") if len(fields) > 8 else 0.0


def two_cores():
    """The two processors everything is pinned to."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise SystemExit("error: a comparison needs two processors; this process may use one\n"
                         "  What to do: give it more (taskset -p, or the container's settings)")
    return available[:2]
