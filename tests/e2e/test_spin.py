"""Busy-polling is off where it takes CPU time that is limited, and the first lines say why."""

import json
import os
import pathlib
import re

import pytest

from support import wait_until

PERIOD_US = 100_000


@pytest.fixture
def quota_group():
    """Makes control groups with a CPU quota: quota_group(50_000) is the folder of one."""
    groups = []

    def make(quota_us):
        for base in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpu"):
            folder = pathlib.Path(base, f"echod-test-{os.getpid()}-{len(groups)}")
            try:
                folder.mkdir()
            except OSError:
                continue
            if (folder / "cpu.max").exists():
                (folder / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
            elif (folder / "cpu.cfs_quota_us").exists():
                (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (folder / "cpu.cfs_quota_us").write_text(str(quota_us))
            else:
                folder.rmdir()  # no control group, or one without this controller
                continue
            groups.append(folder)
            return folder
        pytest.skip("no control group with a CPU quota can be made here")

    yield make
    for folder in groups:
        wait_until(lambda: not (folder / "cgroup.procs").read_text(), f"{folder} to be empty")
        folder.rmdir()


def within(group):
    """A launcher that moves itself into the group first."""
    return ["/bin/sh", "-c", f"echo $$ > {group}/cgroup.procs; exec \"$@\"", "sh"]


@pytest.mark.parametrize("quota_us,cpus", [(50_000, "0.5"), (100_000, "1")])
def test_a_quota_limits_workers_and_turns_busy_polling_off(echod, quota_group, quota_us, cpus):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("a quota of one CPU takes no effect on one CPU")
    group = quota_group(quota_us)
    server = echod(launcher=within(group))
    try:
        assert server.engine_line.endswith(
            f", 1 worker, busy-polling off: CPU quota of {cpus}")
    finally:
        server.stop()


def test_an_explicit_duration_is_obeyed_with_a_warning(echod, quota_group):
    group = quota_group(50_000)
    server = echod("--spin", "20us", "--log-format", "json", launcher=within(group), started=None)
    try:
        engine = json.loads(server.wait_log(r'^.*"event":"engine".*$').group())
        assert (engine["spin"], engine["spin_reason"]) == ("20us", "chosen with --spin")
        warning = json.loads(server.wait_log(r'^.*"event":"spin_costs".*$').group())
        assert warning["level"] == "warning" and "CPU quota of 0.5" in str(warning)
    finally:
        server.stop()


def test_more_loops_than_cpus(echod):
    cpus = len(os.sched_getaffinity(0))
    server = echod("--engine", "epoll", "--workers", str(cpus + 1))
    assert re.search(rf", busy-polling off: {cpus + 1} workers on {cpus} CPUs?$",
                     server.engine_line)
    assert "busy-polling" not in echod("--engine", "pool", "--workers", "40").engine_line
