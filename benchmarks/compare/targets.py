"""The targets, and what a comparison says about each. All are ratios formed within rounds, but for
the two that are limits: a latency and an amount of memory."""

from typing import NamedTuple

from compare import memory
from compare.cells import BASE, BULK, CHURN, HTTP, HTTP_ANY, HTTP_WRK, ONE, together
from compare.runner import SAME_THREAD

ENGINES = ("echod-uring", "echod-epoll")
SHARING = ("epoll", "epoll-hash", "asio-callbacks", "asio-coroutines", "libuv", "libevent",
           "node-net")
BLOCKING = ("epoll", "asio-callbacks", "asio-coroutines", "libuv", "libevent", "go-net",
            "node-net", "socat", "ncat", "xinetd")
BULK_PEERS = ("asio-callbacks", "asio-coroutines", "libuv", "go-net")


class Result(NamedTuple):
    engine: str
    figure: str  # empty where it was not measured
    reached: bool


class Target(NamedTuple):
    load: str
    wanted: str
    results: list
    ceiling: str = ""  # what the bare poll loop reaches here; empty where there is none


def lowest_ratio(store, cell, metric, server, peers):
    """The ratio to the best of the peers, and which it is; nothing where none was measured."""
    ratios = {peer: store.ratio(cell.name, server, metric, peer) for peer in peers}
    ratios = {peer: ratio for peer, ratio in ratios.items() if ratio}
    if not ratios:
        return None, ""
    peer = min(ratios, key=lambda name: ratios[name].median)
    return ratios[peer], peer


def at_least(store, cell, metric, peers, wanted):
    """Against the best of the peers: the one over which the ratio is lowest."""
    results = []
    for engine in ENGINES:
        ratio, peer = lowest_ratio(store, cell, metric, engine, peers)
        if ratio is None:
            results.append(Result(engine, "", False))
            continue
        figure = f"{ratio}" + (f", {peer}" if len(peers) > 1 else "")
        results.append(Result(engine, figure, ratio.median >= wanted))
    return results


def ceiling(store, cell, metric, peers, floor="floor"):
    """What a server that does nothing but receive and send reaches against the same peers."""
    ratio, _ = lowest_ratio(store, cell, metric, floor, peers)
    return f"{ratio}" if ratio else ""


def at_most(store, cell_name, field, limit, unit):
    results = []
    for engine in ENGINES:
        value = store.values(cell_name, engine, field)
        figure = f"{value.median:.1f} ({value.low:.1f} to {value.high:.1f}) {unit}" if value else ""
        results.append(Result(engine, figure, bool(value) and value.median <= limit))
    return results


def tester(store):
    """`echod bench` beside wrk, on echod's own HTTP server, with a core for each side."""
    results = []
    for engine in ENGINES:
        ratio = store.ratio_across((HTTP.name, engine), (HTTP_WRK.name, engine), "rate")
        results.append(Result(engine, str(ratio or ""), bool(ratio) and ratio.median >= 1))
    return results


def all_targets(store):
    apart, shared = "different cores", "two cores, a client thread on each"
    return [
        Target(f"64 B, 50 connections, {apart}", "server CPU a message >= 1.10x plain epoll",
               at_least(store, BASE, "cpu", ["epoll"], 1.10),
               ceiling(store, BASE, "cpu", ["epoll"])),
        Target(f"64 B, 50 connections, {apart}", "CPU within 5 % of the bare poll loop (>= 0.95x)",
               at_least(store, BASE, "cpu", ["floor"], 1 / 1.05)),
        Target(f"64 B, 50 connections, {shared}",
               "rate >= 2.0x every peer with hash reuseport or one thread",
               at_least(store, together(BASE), "rate", SHARING, 2.0),
               ceiling(store, together(BASE), "rate", SHARING, SAME_THREAD)),
        Target(f"64 B, 50 connections, {shared}", "rate >= 2.8x Go",
               at_least(store, together(BASE), "rate", ["go-net"], 2.8),
               ceiling(store, together(BASE), "rate", ["go-net"], SAME_THREAD)),
        Target(f"64 B, 50 connections, {shared}", "rate >= 85 % of the same-thread floor",
               at_least(store, together(BASE), "rate", [SAME_THREAD], 0.85)),
        Target(f"64 B, one connection, {apart}", "rate >= 3.3x every peer that does not spin",
               at_least(store, ONE, "rate", BLOCKING, 3.3), ceiling(store, ONE, "rate", BLOCKING)),
        Target("64 B, one connection, the server on the client's core and another",
               "p50 <= 6 us", at_most(store, together(ONE).name, "p50_us", 6, "us")),
        Target(f"256 KiB, 50 connections, {apart}", "rate >= 1.2x plain epoll",
               at_least(store, BULK, "rate", ["epoll"], 1.2),
               ceiling(store, BULK, "rate", ["epoll"])),
        Target(f"256 KiB, 50 connections, {apart}", "rate >= 1.35x Asio, libuv and Go",
               at_least(store, BULK, "rate", BULK_PEERS, 1.35),
               ceiling(store, BULK, "rate", BULK_PEERS)),
        Target(f"connect, echo, close, {apart}", "rate >= 1.35x plain epoll",
               at_least(store, CHURN, "rate", ["epoll"], 1.35),
               ceiling(store, CHURN, "rate", ["epoll"])),
        Target(f"HTTP/1.1 POST, 64 B, 50 connections, {shared}, by wrk",
               "rate >= 1.2x nginx with a fixed body",
               at_least(store, together(HTTP_WRK), "rate", ["nginx"], 1.2)),
        Target("the same by `echod bench`", "rate >= 1.2x nginx with a fixed body",
               at_least(store, together(HTTP_ANY), "rate", ["nginx"], 1.2)),
        Target("idle connection", "<= 1 KiB of user memory",
               at_most(store, memory.CELL, "bytes", 1024, "B")),
        Target("`echod bench`, HTTP/1.1, different cores", "rate >= wrk's, every byte verified",
               tester(store)),
    ]
