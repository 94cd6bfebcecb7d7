"""What benchmarks/compare.sh makes of its measurements: ratios, what fits into a budget, when
documents may be written, and that they are well-formed. Nothing is measured here."""

import pathlib
import sys
import xml.etree.ElementTree

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))
from compare import cells, document, main, memory, runner, servers  # noqa: E402
from compare.cells import BASE, ONE  # noqa: E402
from compare.samples import Store  # noqa: E402

MACHINE = {"cpu": "a processor", "cores": 2, "memory_gib": 8, "kernel": "Linux 6.1",
           "congestion_control": "cubic", "echod": "echod 0", "compiler": "g++", "go": "go",
           "node": "v20", "packages": {"socat": "1.7"}}


def sample(number, cell, server, **figures):
    usual = {"server_ns": 3000.0, "rate": 1000.0, "p50_us": 50.0, "client_ns": 2000.0}
    return {"round": number, "cell": cell, "server": server, **{**usual, **figures}}


def complete_store(path=None, rounds=main.ROUNDS_MIN):
    store = Store(path, {"machine": MACHINE, "client": "bench", "seconds": 0.35, "rounds": rounds,
                         "cpu_source": "cgroup v2, cpu.stat", "missing": {}, "left_out": {},
                         "finished": True})
    store.write_header()
    pairs = [(cell, server) for cell in cells.TARGET_CELLS
             for server in servers.all_servers("echod") if server.takes(cell)]
    store.update_header(plan=[[cell.name, server.name] for cell, server in pairs])
    for number in range(rounds):
        for cell, server in pairs:
            store.add(sample(number, cell.name, server.name))
        store.add({"round": number, "cell": cells.together(BASE).name, "rate": 1500.0,
                   "server": runner.SAME_THREAD})
        for engine in ("echod-uring", "echod-epoll"):
            store.add({"round": number, "cell": memory.CELL, "server": engine, "bytes": 900,
                       "connections": 10_000})
    return store


def test_ratios_are_formed_within_rounds_and_above_1_is_better():
    store = Store()
    for number, slowness in enumerate((1, 10, 2)):
        store.add(sample(number, "c", "epoll", server_ns=3000 * slowness, rate=900 / slowness,
                         p50_us=60 * slowness))
        store.add(sample(number, "c", "echod", server_ns=2000 * slowness, rate=1800 / slowness,
                         p50_us=20 * slowness))
    assert store.ratio("c", "echod", "cpu", "epoll") == pytest.approx((1.5, 1.5, 1.5))
    assert store.ratio("c", "echod", "rate", "epoll") == pytest.approx((2, 2, 2))
    assert store.ratio("c", "echod", "p50", "epoll") == pytest.approx((3, 3, 3))


def test_a_failed_run_is_in_no_ratio_and_is_reported():
    store = Store()
    store.add(sample(0, "c", "epoll"))
    store.add(sample(0, "c", "echod", rate=1e9, failed="a wrong byte"))
    assert store.ratio("c", "echod", "rate", "epoll") is None
    assert store.failures("c", "echod") == ["a wrong byte"]


def test_results_can_be_continued(tmp_path):
    path = tmp_path / "results.jsonl"
    complete_store(path)
    with open(path, "a", encoding="utf-8") as file:
        file.write('{"round": 9, "ce')  # killed while it wrote
    store = Store.load(path)
    assert main.incomplete(store) == ""
    assert store.has(4, BASE.name, "epoll") and not store.has(5, BASE.name, "epoll")


@pytest.mark.parametrize("spoil, reason", [
    (lambda store: store.header.pop("finished"), "did not end"),
    (lambda store: store.header.update(client="independent"), "echod bench"),
    (lambda store: store.by_key.pop((2, ONE.name, "go-net")), "fewer than 5"),
    (lambda store: [store.by_key.pop(key) for key in list(store.by_key) if key[1] == ONE.name]
     and store.header.update(plan=[]), ONE.name),
])
def test_documents_are_written_from_complete_results_only(spoil, reason):
    store = complete_store()
    assert main.incomplete(store) == ""
    spoil(store)
    assert reason in main.incomplete(store)


def test_a_budget_leaves_out_what_matters_least():
    everyone = servers.all_servers("echod")
    pairs = runner.pairs_by_importance(cells.all_cells(), everyone)
    chosen, left_out, _ = runner.within_budget(pairs, 5, 600, lambda cell: 1.0)
    everything, nothing, _ = runner.within_budget(pairs, 5, None, lambda cell: 1.0)
    assert len(chosen) + len(left_out) == len(everything) and not nothing
    assert len(chosen) <= 600 / 5
    kept = {(cell, server.name) for _, cell, server in chosen}
    assert {(BASE, "echod-uring"), (BASE, "epoll"), (BASE, "go-net"), (ONE, "floor")} <= kept
    assert min(pair[0] for pair in left_out) >= max(pair[0] for pair in chosen) - 1
    for _, cell, server in chosen:
        assert cell.protocol == "http" or (cell, "epoll") in kept, f"{server.name} has no reference"


def test_the_page_and_its_charts_are_well_formed(tmp_path):
    store = complete_store()
    store.by_key[(0, BASE.name, "libuv")]["failed"] = "it | broke"
    store.header["left_out"] = {BASE.name: ["socat"]}
    store.header["missing"] = {"ncat": "ncat"}
    page, *charts = document.write(store, tmp_path)
    text = page.read_text()
    assert "1 of 5" in text and "it / broke" in text and "No time for socat" in text
    assert "| not measured" not in text, "a target that these results have is missing"
    for chart in charts:
        assert f"performance/{chart.name}" in text
        assert xml.etree.ElementTree.parse(chart).getroot().tag.endswith("svg")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    widths = {line.count("|") for line in rows}
    assert widths <= {3, 4, 7, 8, 9}, "a table's row has another number of columns"


def test_cell_names_are_unique():
    names = [cell.name for cell in cells.all_cells()]
    assert len(names) == len(set(names))
