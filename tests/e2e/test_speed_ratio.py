"""echod takes no more processor time a message than a plain epoll server in C, give or take.

The margins are wide and only ratios count, formed within rounds in which the servers take turns.
Where the median of five rounds is beyond the margin, more rounds decide whether it was the machine.
"""

import os
import pathlib
import shutil
import sys

import pytest

import support
from conftest import available

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))
from compare import clients, machine, runner, servers  # noqa: E402
from compare.cells import BASE, Cell  # noqa: E402
from compare.samples import Store  # noqa: E402

ROUNDS_MIN, ROUNDS_MAX = 5, 9
WINDOW_SECONDS, WARM_UP_SECONDS = 0.2, 0.1
CPU_RATIO_MAX = 1.5  # echod's processor time a message, over plain epoll's

pytestmark = [
    pytest.mark.skipif(support.SANITIZED, reason="a sanitizer changes what a message costs"),
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors"),
    pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler"),
]


def measured_round(store, bench, number, cell, contenders, client):
    shift = number % len(contenders)
    for server in contenders[shift:] + contenders[:shift]:
        sample = bench.run(server, cell, client)
        assert "failed" not in sample, f"{server.name}: {sample['failed']}"
        store.add({"round": number, "cell": cell.name, "server": server.name, **sample})


LARGE = Cell(50, size=16 * 1024)


@pytest.mark.parametrize("engine, cell", [
    ("epoll", LARGE), ("uring", BASE),
    *([("epoll", BASE), ("uring", LARGE)] if support.FULL else [])],
    ids=lambda value: getattr(value, "name", value))
def test_processor_time_a_message(engine, cell, tmp_path_factory):
    available(engine, tmp_path_factory)
    machine.raise_descriptor_limit()
    store = Store()
    reference = servers.Built("epoll", "plain epoll", fixed_threads=1)
    contenders = [servers.Echod(support.ECHOD, engine), reference]
    client = clients.Independent()
    for part in (*contenders, client):
        part.prepare()
    with runner.Bench(WINDOW_SECONDS, WARM_UP_SECONDS) as bench:
        for number in range(ROUNDS_MAX):
            measured_round(store, bench, number, cell, contenders, client)
            ratio = store.ratio(cell.name, f"echod-{engine}", "cpu", reference.name)
            if number + 1 >= ROUNDS_MIN and 1 / ratio.median <= CPU_RATIO_MAX:
                return
    pytest.fail(f"{1 / ratio.median:.2f} times the processor time of plain epoll "
                f"({1 / ratio.high:.2f} to {1 / ratio.low:.2f} in {ROUNDS_MAX} rounds)")
