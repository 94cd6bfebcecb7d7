"""The parts of the ledger, each read from what its program wrote.

A part is a heading, the command it comes from, and a function from the folder of results to lines
of Markdown. The function raises Missing where there is nothing of the commit in question; a figure
is read, never made up.
"""

import collections
import json
import re

from results import is_of_this_tree


class Missing(Exception):
    """There is no result of this commit; says what there is, if anything."""


def read(path):
    if not path.is_file():
        raise Missing("")
    try:
        result = json.loads(path.read_text())
    except ValueError as error:
        raise Missing(f"{path.name} cannot be read") from error
    if not is_of_this_tree(result.get("commit"), path):
        raise Missing(f"the last run was of {result.get('commit', 'an unnamed commit')}")
    return result


def table(header, rows, right=()):
    """A Markdown table; the columns numbered in `right` are numbers."""
    line = ["---:" if index in right else "---" for index in range(len(header))]
    return ["| " + " | ".join(str(cell) for cell in row) + " |" for row in [header, line, *rows]]


def number(value):
    return f"{value:,}"


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "none"


def ci_steps(build):
    return read(build / "ci" / "results.json")["steps"]


def tests(build):
    rows = [[step["name"], step["status"], number(step["passed"]), number(step["failed"]),
             number(step["seconds"])] for step in ci_steps(build)]
    return table(["step", "status", "passed", "failed", "seconds"], rows, {2, 3, 4})


WORLDS = re.compile(
    r"^(\d+) worlds, (\d+) failed; (\d+) connections, (\d+) steps, (\d+) simulated seconds in "
    r"([\d.]+) s", re.MULTILINE)


def simulation(build):
    ci_steps(build)  # for its commit
    log = build / "ci" / "simulation.log"
    match = WORLDS.search(log.read_text()) if log.is_file() else None
    if not match:
        raise Missing("the last run of .ci/run had no simulation")
    worlds, failed, connections, steps, simulated = map(int, match.groups()[:5])
    seconds = float(match.group(6)) or 0.1
    return table(["worlds", "failed", "connections", "steps", "simulated seconds", "seconds",
                  "simulated seconds a second", "worlds a second"],
                 [[number(worlds), failed, number(connections), number(steps), number(simulated),
                   seconds, number(round(simulated / seconds)), number(round(worlds / seconds))]],
                 set(range(8)))


def fail_nth(build):
    ci_steps(build)
    result = read(build / "ci" / "fail-nth.json")
    return table(["tests", "runs", "with a failed call", "broken"],
                 [[number(result["tests"]), number(result["runs"]), number(result["failed_calls"]),
                   len(result["broken"])]], {0, 1, 2, 3})


def fuzzing(build):
    targets = read(build / "fuzz" / "results.json")["targets"]
    names = ["name", "executions", "seconds", "coverage_edges", "features", "crashes"]
    for target in targets:
        target["crashes"] = len(target["crashes"])
    rows = [[number(t[name]) if isinstance(t.get(name), int) else t.get(name, "") for name in names]
            for t in targets]
    rows.append(["all", number(sum(t["executions"] for t in targets)),
                 round(sum(t["seconds"] for t in targets)), "", "",
                 sum(t["crashes"] for t in targets)])
    return table(["target", "executions", "seconds", "edges", "features", "crashes"], rows,
                 {1, 2, 3, 4, 5})


def torture(build):
    ci_steps(build)
    servers = read(build / "ci" / "torture.json")["servers"]
    rows = []
    for name, found in servers.items():
        verdicts = collections.Counter(case["verdict"] for case in found["results"])
        lost = sum(case["figures"].get("bytes-lost", 0) for case in found["results"])
        rows.append([name, verdicts["passed"], verdicts["failed"], verdicts["skipped"],
                     number(round(lost))])
    return table(["server", "passed", "failed", "skipped", "bytes lost"], rows, {1, 2, 3, 4})


def mutation(build):
    result = read(build / "mutation" / "results.json")
    caught, missed = result["caught"], result["missed"]
    lines = [f"{caught} of {caught + missed} planted bugs caught, "
             f"{percent(caught, caught + missed)}."]
    if result["planted"] < result["in_table"] or result["broken"]:
        left = result["in_table"] - caught - missed
        lines.append(f"{left} bugs of the table were not judged.")
    by = collections.Counter(bug["by"].split(":")[0] for bug in result["bugs"]
                             if bug["status"] == "caught")
    lines += ["", *table(["caught by", "bugs"], by.most_common(), {1})]
    rows = [[bug["name"], bug["file"], bug["says"]] for bug in result["bugs"]
            if bug["status"] == "missed"]
    return lines + ([""] + table(["missed", "in", "what it is"], rows) if rows else [])


def coverage(build):
    result = read(build / "coverage" / "results.json")
    rows = [[name, number(layer["lines"]), percent(layer["lines_run"], layer["lines"]),
             number(layer["branches"]), percent(layer["branches_taken"], layer["branches"])]
            for name, layer in result["layers"].items()]
    note = [] if result["tests"] == "ok" else ["Some tests failed while this was measured.", ""]
    return note + table(["layer", "lines", "run", "branches", "taken"], rows, {1, 2, 3, 4})


# Heading, command, reader.
PARTS = [
    ("Tests and checks", ".ci/run", tests),
    ("Simulated worlds", "build/release/echod sim --seeds 100000", simulation),
    ("Every call failed once", "build/release/fail_nth_test --jobs 16", fail_nth),
    ("Torture", "tests/torture/run.py --quick", torture),
    ("Fuzzing", "scripts/fuzz --fresh", fuzzing),
    ("Planted bugs", "scripts/mutate", mutation),
    ("Coverage", "scripts/coverage", coverage),
]
