"""Our HTTP/1 request decoder beside llhttp and h11, over many requests: each difference must be one
that rules.py explains. Needs the dump programs in build/release, or in another build directory.

  compare.py [--count N] [--seed N] [--build DIRECTORY]
                          tries N connections; prints how often each rule was needed
  compare.py --document   prints docs/http1-differences.md

Exits with 1 for a difference that no rule explains, a rule whose example shows no difference, or a
document that is not up to date.
"""

import argparse
import collections
import pathlib
import sys

from case import Case
from differences import first_difference
from document import document
from requests import generate
from rules import RULES, classify
from views import all_views

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "tests/fuzz/corpus/http1_request"
DOCUMENT = ROOT / "docs/http1-differences.md"
BATCH = 5000  # inputs at a time
SHOWN_MAX = 20


class Comparison:
    def __init__(self, build):
        self.build = build
        self.inputs = 0
        self.counts = collections.Counter()  # by peer and rule
        self.unexplained = []

    def add(self, inputs):
        views = all_views(inputs, self.build)
        ours = views.pop("ours")
        self.inputs += len(inputs)
        for peer, theirs in views.items():
            for data, mine, other in zip(inputs, ours, theirs, strict=True):
                self.compare(peer, data, mine, other)

    def compare(self, peer, data, mine, other):
        difference = first_difference(mine, other)
        if difference is None:
            return
        case = Case(data, mine, other, *difference)
        rule = classify(case)
        if rule is None:
            self.unexplained.append((peer, difference, case))
        else:
            self.counts[peer, rule.name] += 1

    def report(self):
        print(f"{self.inputs} connections; differences, each explained in {DOCUMENT.name}:")
        for (peer, name), count in sorted(self.counts.items()):
            print(f"  {peer:<7} {name:<40} {count:>8}")
        for peer, difference, case in self.unexplained[:SHOWN_MAX]:
            print(f"NOT EXPLAINED ({peer}): {difference}\n  input  {case.data!r}\n"
                  f"  ours   {case.ours}\n  theirs {case.theirs}")
        print(f"{len(self.unexplained)} differences not explained")


def shown_by_example(rule, peers, build):
    """Which peers differ on the rule's example, as the rule says."""
    comparison = Comparison(build)
    comparison.add([rule.example])
    assert not comparison.unexplained, (rule.name, comparison.unexplained)
    return [peer for peer in peers if comparison.counts[peer, rule.name] > 0]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--document", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    options = parser.parse_args(arguments)
    peers = [peer for peer in all_views([], options.build) if peer != "ours"]
    shown = {rule.name: shown_by_example(rule, peers, options.build) for rule in RULES}
    text = document(RULES, shown)
    if options.document:
        print(text, end="")
        return 0
    complete = "llhttp" in peers  # without it some examples show nothing
    failures = [f"the example of '{name}' shows nothing" for name, by in shown.items()
                if complete and not by]
    if complete and DOCUMENT.read_text(encoding="utf-8") != text:
        failures.append(f"{DOCUMENT.name} is out of date: write it with compare.py --document")
    comparison = Comparison(options.build)
    comparison.add([path.read_bytes() for path in sorted(CORPUS.iterdir())])
    inputs = generate(options.seed, options.count)
    for begin in range(0, len(inputs), BATCH):
        comparison.add(inputs[begin:begin + BATCH])
    comparison.report()
    for failure in failures:
        print(f"FAILED: {failure}")
    return 1 if failures or comparison.unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
