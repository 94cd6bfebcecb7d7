"""The targets, and what a comparison says about each. A target is a fraction of what the same run
shows to be possible, since an absolute figure from another machine says nothing: of the bare loop,
which only receives and sends, and of the best peer. Memory of an idle connection is a limit."""

from typing import NamedTuple, Optional

from compare import memory, servers
from compare.cells import APART, BASE, BULK, CHURN, HTTP, HTTP_ANY, HTTP_WRK, ONE, together
from compare.runner import SAME_THREAD

ENGINES = ("echod-uring", "echod-epoll")
LOOP_WANTED = 0.85  # of the bare loop
PEER_WANTED = 1.0  # of the best peer
IDLE_BYTES_MAX = 1024  # of user memory
LOADS = ((BASE, "cpu"), (BASE, "rate"), (together(BASE), "rate"), (ONE, "rate"),
         (together(ONE), "rate"), (BULK, "rate"), (CHURN, "rate"), (together(HTTP_WRK), "rate"),
         (together(HTTP_ANY), "rate"))


class Fraction(NamedTuple):
    text: str  # empty where there is nothing to compare with
    reached: Optional[bool] = None

    def __str__(self):
        return f"{self.text}: {'met' if self.reached else '**not met**'}" if self.text else "–"


class Target(NamedTuple):
    cell: object
    metric: str
    results: list  # for each engine: Fraction of the bare loop, Fraction of the best peer


def peers():
    """{name: title} of every server that is neither echod nor a lower bound."""
    return {server.name: server.title for server in servers.all_servers("echod")
            if not server.name.startswith("echod") and not server.spins}


def bare_loop(cell):
    return "floor" if cell.placement == APART else SAME_THREAD


def against(store, cell, metric, engine, references):
    """The ratio to the best of the references, and which it is; nothing if none was measured."""
    ratios = {name: store.ratio(cell.name, engine, metric, name) for name in references}
    ratios = {name: ratio for name, ratio in ratios.items() if ratio}
    if not ratios:
        return None, ""
    best = min(ratios, key=lambda name: ratios[name].median)
    return ratios[best], best


def fractions(store, cell, metric, engine):
    loop, _ = against(store, cell, metric, engine, [bare_loop(cell)])
    peer, name = against(store, cell, metric, engine, peers())
    return (Fraction(str(loop), loop.median >= LOOP_WANTED) if loop else Fraction(""),
            Fraction(f"{peer}, {peers()[name]}", peer.median >= PEER_WANTED) if peer
            else Fraction(""))


def all_targets(store):
    return [Target(cell, metric, [fractions(store, cell, metric, engine) for engine in ENGINES])
            for cell, metric in LOADS]


def idle_memory(store):
    """For each engine: user memory of an idle connection."""
    found = []
    for engine in ENGINES:
        value = store.values(memory.CELL, engine, "bytes")
        found.append(Fraction(f"{value.median:,.0f} bytes", value.median <= IDLE_BYTES_MAX)
                     if value else Fraction(""))
    return found


def tester(store):
    """For each engine: the rate of `echod bench` relative to wrk's, over HTTP, separate cores."""
    found = []
    for engine in ENGINES:
        ratio = store.ratio_across((HTTP.name, engine), (HTTP_WRK.name, engine), "rate")
        found.append(Fraction(str(ratio), ratio.median >= 1) if ratio else Fraction(""))
    return found
