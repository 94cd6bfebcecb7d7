"""`echod sim` as a user runs it."""

import os
import re
import subprocess

ECHOD = os.environ["ECHOD"]


def sim(*arguments):
    return subprocess.run([ECHOD, "sim", *arguments], capture_output=True, text=True, timeout=120)


def trace_of(result):
    return re.search(r"trace ([0-9a-f]{16})", result.stdout).group(1)


def test_worlds_are_as_they_should_be():
    result = sim("--seeds", "300")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith("300 worlds, 0 failed;")


def test_a_seed_is_the_same_world_again_with_any_number_of_jobs():
    once = sim("--seed", "7", "--seeds", "50", "--jobs", "1")
    again = sim("--seed", "7", "--seeds", "50", "--jobs", "2")
    other = sim("--seed", "57", "--seeds", "50")
    assert trace_of(once) == trace_of(again)
    assert trace_of(once) != trace_of(other)


def test_engines_and_a_world_without_faults():
    for engine in ("epoll", "uring"):
        result = sim("--engine", engine, "--no-faults", "--seeds", "50")
        assert result.returncode == 0, result.stdout + result.stderr


def test_mistakes_are_explained():
    for arguments in (["--engine", "threads"], ["--seeds", "0"], ["--what"]):
        result = sim(*arguments)
        assert result.returncode == 2
        assert result.stderr.startswith("echod sim: ") or result.stderr.startswith("echod: ")


def test_help_says_what_it_is():
    result = sim("--help")
    assert result.returncode == 0
    assert "simulated worlds" in result.stdout
