"""The matrix: which cells there are, and how much each matters.

A cell is one kind of load: how many connections, which message size, how many messages in flight on
each, or a connection for every message; and a placement, which says where server and client run.
"""

import itertools
from typing import NamedTuple

APART, TOGETHER = "apart", "together"
PLACEMENTS = {
    APART: "server and client on separate cores",
    TOGETHER: "server and client share two cores",
}

CONNECTIONS = (1, 50, 1000, 10000)
SIZES = (64, 1024, 16 * 1024, 256 * 1024)
PIPELINES = (1, 16)
IN_FLIGHT_MAX = 512 * 1024 * 1024  # bytes; combinations with more would measure memory

# Tier 1 are the cells that targets name, tier 2 those that change one property of the usual load,
# tier 3 the rest of the product, and tier 4 cells of those that another load generator measures.
TARGET, AXIS, REST, VALIDATION = 1, 2, 3, 4


def size_text(size):
    return f"{size} B" if size < 1024 else f"{size // 1024} KiB"


class Cell(NamedTuple):
    connections: int
    size: int = 64
    pipeline: int = 1
    churn: bool = False  # connect, echo one message, close
    placement: str = APART
    protocol: str = "tcp"
    client: str = ""  # a load generator this cell insists on
    verify: bool = True  # False: bodies are counted, for servers that answer with others

    @property
    def name(self):
        kind = "churn" if self.churn else self.protocol
        parts = [kind, f"c{self.connections}", f"s{self.size}"]
        if self.pipeline > 1:
            parts.append(f"p{self.pipeline}")
        if self.client:
            parts.append(self.client)
        elif not self.verify:
            parts.append("any")
        return "-".join([*parts, self.placement])

    @property
    def without_client(self):
        """The cells to compare this one with, where a load generator is insisted on: the same by
        `echod bench`, rather with every byte verified."""
        usual = self._replace(client="", verify=True)
        return usual, usual._replace(verify=self.verify)

    @property
    def load(self):
        """The load in words, without the placement."""
        count = "1 connection" if self.connections == 1 else f"{self.connections:,} connections"
        if self.churn:
            return f"connect, echo {size_text(self.size)}, close; {count} at once"
        text = f"{size_text(self.size)} messages, {count}"
        if self.protocol == "http":
            text = f"HTTP/1.1 POST, body of {size_text(self.size)}, {count}"
        if self.pipeline > 1:
            text += f", {self.pipeline} in flight on each"
        if self.client:
            return f"{text}, measured by {self.client}"
        return text if self.verify else f"{text}, response not verified"

    @property
    def title(self):
        return f"{self.load}; {PLACEMENTS[self.placement]}"

    def window_seconds(self, usual):
        """With very many connections each gets its turn only a few times a second."""
        return usual * 2 if self.connections >= 10_000 else usual

    @property
    def client_threads(self):
        return 2 if self.placement == TOGETHER and self.connections > 1 else 1


BASE = Cell(50)
ONE = Cell(1)
BULK = Cell(50, size=256 * 1024)
CHURN = Cell(50, churn=True)
HTTP = Cell(50, protocol="http")
HTTP_ANY = Cell(50, protocol="http", verify=False)
HTTP_WRK = Cell(50, protocol="http", client="wrk", verify=False)  # which does not look at bodies


def together(cell):
    return cell._replace(placement=TOGETHER)


TARGET_CELLS = (
    BASE, together(BASE), ONE, together(ONE), BULK, CHURN,
    together(HTTP_WRK), together(HTTP_ANY), HTTP_WRK, HTTP,
)


VALIDATION_CELLS = tuple(cell._replace(client="independent") for cell in (
    BASE, ONE, Cell(50, size=16 * 1024), BULK, Cell(50, pipeline=16), CHURN, together(BASE)))


def changes_one_property(cell):
    differences = (cell.connections != BASE.connections, cell.size != BASE.size,
                   cell.pipeline != BASE.pipeline)
    return sum(differences) <= 1


def all_cells():
    """Every cell with its tier, most important first."""
    tiers = {cell: TARGET for cell in TARGET_CELLS}
    for placement, pipeline, connections, size in itertools.product(
            PLACEMENTS, PIPELINES, CONNECTIONS, SIZES):
        if connections * size * pipeline <= IN_FLIGHT_MAX:
            cell = Cell(connections, size, pipeline, placement=placement)
            tiers.setdefault(cell, AXIS if changes_one_property(cell) else REST)
    tiers.setdefault(together(CHURN), AXIS)
    tiers.update({cell: VALIDATION for cell in VALIDATION_CELLS})
    return dict(sorted(tiers.items(), key=lambda item: item[1]))


QUICK_CELLS = (BASE, ONE, BULK, CHURN, together(BASE))


def by_name():
    return {cell.name: cell for cell in all_cells()}
