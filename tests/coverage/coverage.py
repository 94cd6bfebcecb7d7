"""The figures of a coverage run: coverage.py BUILD_DIRECTORY ok|failed SEEDS.

Reads BUILD_DIRECTORY/export.json, as llvm-cov wrote it; prints a table for each layer; writes
results.json, and uncovered.txt with each range of lines that never ran.
"""

import collections
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# From the bottom up, as CMakeLists.txt has them.
LAYERS = re.findall(r"^echod_layer\((\w+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
OURS = re.compile(r"src/(\w+)/(?!.*_test)")


def lines_of(file):
    """Of each line that has code, whether it ran, by llvm-cov's own rule for `show`: as often as
    the region that reaches into the line, or one that begins in it. (Its summary instead counts a
    line once for each function made of it, a template's line once for each instance.)

    A segment is [line, column, count, has a count, begins a region, is a gap between regions], and
    holds up to the next one.
    """
    in_line = collections.defaultdict(list)
    for segment in file["segments"]:
        in_line[segment[0]].append(segment)
    ran, reaching = {}, None
    for number in range(min(in_line, default=0), max(in_line, default=-1) + 1):
        here = in_line[number]
        begun = [count for _, _, count, has_count, begins, is_gap in here
                 if has_count and begins and not is_gap]
        skipped = bool(here) and here[0][4] and not here[0][3]
        reached = reaching is not None and reaching[3]
        if not skipped and (reached or begun):
            ran[number] = max(begun + ([reaching[2]] if reached else [])) > 0
        reaching = here[-1] if here else reaching
    return ran


def branches_of(file):
    """Of each side of each condition, whether it was taken. A branch is [line, column, last line,
    last column, count when true, count when false, ...]; one in a template stands once for each
    instance."""
    taken = collections.defaultdict(bool)
    for branch in file["branches"]:
        place = tuple(branch[:4])
        taken[place, True] |= branch[4] > 0
        taken[place, False] |= branch[5] > 0
    return taken


def ranges_of(numbers):
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def measure(export):
    layers = {layer: {"lines": 0, "lines_run": 0, "branches": 0, "branches_taken": 0}
              for layer in LAYERS}
    uncovered = []
    for file in export["data"][0]["files"]:
        path = pathlib.Path(file["filename"])
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
        match = OURS.match(name)
        if not match:
            continue
        layer = layers[match.group(1)]
        ran, taken = lines_of(file), branches_of(file)
        layer["lines"] += len(ran)
        layer["lines_run"] += sum(ran.values())
        layer["branches"] += len(taken)
        layer["branches_taken"] += sum(taken.values())
        text = path.read_text(encoding="utf-8").split("\n")
        for first, last in ranges_of(number for number, did in ran.items() if not did):
            code = "\n".join(f"    {line}" for line in text[first - 1:last])
            uncovered.append(f"{name}:{first}-{last}\n{code}\n")
    return layers, uncovered


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "none"


def main():
    folder, status, seeds = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    layers, uncovered = measure(json.loads((folder / "export.json").read_text()))
    (folder / "uncovered.txt").write_text("\n".join(uncovered))
    result = {"tests": status, "seeds": seeds, "layers": layers}
    (folder / "results.json").write_text(json.dumps(result, indent=1))
    print(f"{'layer':10} {'lines':>8} {'run':>9} {'branches':>9} {'taken':>9}")
    for name, layer in layers.items():
        print(f"{name:10} {layer['lines']:8} {percent(layer['lines_run'], layer['lines']):>9} "
              f"{layer['branches']:9} {percent(layer['branches_taken'], layer['branches']):>9}")


if __name__ == "__main__":
    main()
