"""Results as JSON lines, one for each run, and the statistics over them.

The first line describes the machine and the plan. A file can be continued: a run that is in it is
not made again. Ratios are formed within a round, so that what the machine does to both sides at
about the same time cancels; a ratio above 1 is better than the reference.
"""

import json
import statistics
from typing import NamedTuple

METRICS = {
    "cpu": "server CPU per message",
    "rate": "messages per second",
    "p50": "median latency",
}
FIELDS = {"cpu": "server_ns", "rate": "rate", "p50": "p50_us"}
HIGHER_IS_BETTER = {"rate"}


class Spread(NamedTuple):
    median: float
    low: float
    high: float

    def __str__(self):
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def spread(values):
    values = list(values)
    return Spread(statistics.median(values), min(values), max(values)) if values else None


class Store:
    """The samples of one comparison: dictionaries with at least round, cell and server."""

    def __init__(self, path=None, header=None):
        self.path, self.header, self.samples = path, header or {}, []
        self.by_key = {}

    @classmethod
    def load(cls, path):
        store = cls(path)
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # the last line of a run that was ended
                if "header" in entry:
                    store.header = entry["header"]
                else:
                    store.remember(entry)
        return store

    def write_header(self):
        if self.path:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(json.dumps({"header": self.header}) + "\n")

    def update_header(self, **fields):
        """Later headers replace earlier ones when the file is read."""
        self.header.update(fields)
        self._append({"header": self.header})

    def _append(self, entry):
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    def add(self, sample):
        self.remember(sample)
        self._append(sample)

    def remember(self, sample):
        self.samples.append(sample)
        self.by_key[(sample["round"], sample["cell"], sample["server"])] = sample

    def has(self, number, cell, server):
        return (number, cell, server) in self.by_key

    def rounds(self, cell, server):
        """All runs of a server in a cell, good and bad, by round."""
        return {key[0]: sample for key, sample in self.by_key.items()
                if key[1:] == (cell, server)}

    def good(self, cell, server):
        return {number: sample for number, sample in self.rounds(cell, server).items()
                if not sample.get("failed")}

    def failures(self, cell, server):
        return [sample["failed"] for sample in self.rounds(cell, server).values()
                if sample.get("failed")]

    def values(self, cell, server, field):
        return spread(sample[field] for sample in self.good(cell, server).values()
                      if field in sample)

    def ratio(self, cell, server, metric, reference):
        """How much better the server is than the reference; None without a common round."""
        return self.ratio_across((cell, server), (cell, reference), metric)

    def ratio_across(self, ours, theirs, metric):
        """The same between a (cell, server) and another."""
        field = FIELDS[metric]
        mine, other = self.good(*ours), self.good(*theirs)
        ratios = []
        for number in sorted(mine.keys() & other.keys()):
            a, b = mine[number].get(field), other[number].get(field)
            if a and b:
                ratios.append(a / b if metric in HIGHER_IS_BETTER else b / a)
        return spread(ratios)

    def servers(self, cell):
        return list(dict.fromkeys(key[2] for key in self.by_key if key[1] == cell))

    def cells(self):
        return list(dict.fromkeys(key[1] for key in self.by_key))
