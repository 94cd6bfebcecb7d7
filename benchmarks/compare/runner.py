"""One run, and the order of many: interleaved rounds within a budget of time."""

import itertools
import json
import subprocess
import sys
import time

from compare import clients, cpu_meter, machine, process
from compare.cells import TARGET, TOGETHER, VALIDATION
from compare.servers import MAIN, OURS

OVERHEAD_SECONDS = 0.35  # of a run, beyond window and warm-up: starting, connecting, ending
SECONDS_PER_CONNECTION = 1 / 7000  # to connect, warm up and end them
SAME_THREAD = "same-thread-floor"
# The pairs with the highest number are left out first. By the tier of the cell, and the rank of the
# server (ours and the reference, main peers, other peers, a process for each connection).
IMPORTANCE = {1: (0, 1, 2, 2), 2: (1, 3, 5, 7), 3: (3, 6, 8, 9), 4: (2, 2, 2, 2)}
VALIDATED = ("echod-uring", "epoll", "go-net")  # the servers both load generators are used on
EXTRA_ROUNDS_MAX = 4  # of the targets' cells, when time is left


class Bench:
    """What all runs share: the processors, the meters and the length of a window."""

    def __init__(self, seconds, warm_up):
        self.seconds, self.warm_up = seconds, warm_up
        self.cores = machine.two_cores()
        self.server_meter = cpu_meter.open_meter("server")
        self.client_meter = cpu_meter.open_meter("client")

    def close(self):
        self.server_meter.close()
        self.client_meter.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def cpus(self, cell):
        """(the server's, the client's)"""
        if cell.placement == TOGETHER:
            # One connection has one client thread, on the second core; the server has both.
            return self.cores, self.cores if cell.client_threads > 1 else self.cores[1:]
        return self.cores[:1], self.cores[1:]

    def run(self, server, cell, client):
        """A sample: the figures, or what failed."""
        stolen, begin = machine.stolen_seconds(), time.monotonic()
        try:
            figures = self._run(server, cell, client)
        except (process.StartFailed, clients.ClientFailed) as problem:
            figures = {"failed": f"{problem}"[:200]}
        figures["client"] = client.name
        figures["stolen"] = round(
            (machine.stolen_seconds() - stolen) / (time.monotonic() - begin) / 2, 3)
        return figures

    def _run(self, server, cell, client):
        server_cpus, client_cpus = self.cpus(cell)
        with process.Running(server, cell, server_cpus, self.server_meter) as running:
            measured = clients.measure(
                client, cell, running.port, client_cpus, cell.window_seconds(self.seconds),
                self.warm_up, self.server_meter, self.client_meter)
            ended = running.has_ended
        window = measured.window
        messages = max(window.messages, 1)
        figures = {
            "messages": window.messages,
            "seconds": round(window.seconds, 6),
            "rate": round(window.messages / window.seconds, 1),
            "p50_us": window.p50_us,
            "p99_us": window.p99_us,
            "server_ns": round(measured.server_cpu_ns / messages, 1),
            "client_ns": round(measured.client_cpu_ns / messages, 1),
        }
        if ended:
            figures["failed"] = "the server ended during the run"
        elif window.errors:
            figures["failed"] = f"{window.errors} errors: {window.note}"
        elif window.messages == 0:
            figures["failed"] = "no message came back"
        return figures


class SameThreadFloor:
    """Client and server in one thread: no server, so it is run instead of one."""

    name, rank, spins = SAME_THREAD, OURS, True
    title = "bare loop (client and server in one thread)"

    def __init__(self, binary, cores):
        self.binary, self.cores = binary, cores

    def takes(self, cell):
        return (cell.placement == TOGETHER and cell.protocol == "tcp" and not cell.churn
                and cell.pipeline == 1 and cell.size <= 16 * 1024 and cell.connections == 50)

    def run(self, cell, seconds):
        run = subprocess.run(
            [str(self.binary), "-c", str(cell.connections), "-s", str(cell.size), "-d",
             str(seconds), "--cpus", ",".join(map(str, self.cores))],
            capture_output=True, text=True, timeout=seconds + 20, check=False)
        if run.returncode != 0:
            return {"failed": run.stderr.strip()[-200:]}
        return {"rate": json.loads(run.stdout)["rate"], "client": "none"}


def estimated_seconds(cell, seconds, warm_up):
    whole = cell.window_seconds(seconds) + warm_up
    if cell.client == "wrk":
        whole = max(1, round(seconds))
    return whole + OVERHEAD_SECONDS + cell.connections * SECONDS_PER_CONNECTION


def importance(tier, server):
    return IMPORTANCE[tier][server.rank]


def pairs_by_importance(tiers, servers):
    """(importance, cell, server) of all that could be measured, most important first."""
    pairs = []
    for cell, tier in tiers.items():
        for server in servers:
            if not server.takes(cell) or (tier > TARGET and not getattr(server, "in_matrix", True)):
                continue
            if tier == VALIDATION and server.name not in VALIDATED:
                continue
            pairs.append((importance(tier, server), cell, server))
    return sorted(pairs, key=lambda pair: pair[0])


def within_budget(pairs, rounds, budget_seconds, estimate):
    """Splits the pairs into those there is time for, and the rest. The targets' cells of our
    servers and the main peers are always in. Pairs of a cell that matter alike stay together: a
    server without its reference says nothing."""
    chosen, left_out, spent = [], [], 0.0
    for (number, cell), group in itertools.groupby(pairs, key=lambda pair: pair[:2]):
        group = list(group)
        cost = estimate(cell) * rounds * len(group)
        if budget_seconds and spent + cost > budget_seconds and number > MAIN:
            left_out += group
        else:
            spent += cost
            chosen += group
    return chosen, left_out, spent


def beside_each_other(cells):
    """The cells, with those that differ in the load generator alone one after the other: they are
    compared, so the machine should be the same for them."""
    groups = {}
    for cell in cells:
        groups.setdefault(cell.without_client[0], []).append(cell)
    return [cell for group in groups.values() for cell in group]


class Progress:
    """A line that says how far it is: rewritten on a terminal, now and then elsewhere."""

    def __init__(self, total, stream=sys.stderr):
        self.total, self.done, self.stream = total, 0, stream
        self.begin = self.said = time.monotonic()
        self.is_terminal = stream.isatty()

    def seconds_each(self, otherwise):
        return (time.monotonic() - self.begin) / self.done if self.done >= 20 else otherwise

    def step(self, text, remaining_seconds):
        self.done += 1
        now = time.monotonic()
        eta = f"{int(remaining_seconds) // 60}m{int(remaining_seconds) % 60:02d}s"
        line = f"[{self.done}/{self.total}] {text}; {eta} left"
        if self.is_terminal:
            self.stream.write(f"\r{line[:110]}\033[K")
            self.stream.flush()
        elif now - self.said > 15 or self.done == 1:
            self.said = now
            print(line, file=self.stream, flush=True)

    def end(self):
        if self.is_terminal:
            self.stream.write("\n")


class Schedule:
    """All rounds of the chosen pairs: in each round every cell, in each cell every server, in an
    order that is rotated from round to round. When it runs late, the least important pairs are left
    out of the remaining rounds, and named."""

    def __init__(self, bench, store, chosen, rounds, client_for, deadline=None):
        self.bench, self.store, self.client_for = bench, store, client_for
        self.chosen, self.rounds, self.deadline = chosen, rounds, deadline
        self.dropped = []
        self.progress = Progress(self._remaining(0))
        self.time_begin = time.monotonic()
        self.estimated = self.spent = 0.0

    def _estimate(self, pairs):
        return sum(estimated_seconds(pair[1], self.bench.seconds, self.bench.warm_up)
                   for pair in pairs)

    def _remaining(self, first):
        return sum(not self.store.has(number, pair[1].name, pair[2].name)
                   for number in range(first, self.rounds) for pair in self.chosen)

    def _slowness(self):
        """How much longer runs take than estimated."""
        return self.spent / self.estimated if self.estimated > 10 else 1.0

    def _drop_what_does_not_fit(self, number):
        if self.deadline is None or number == 0:
            return
        left = self.deadline - time.monotonic()
        rounds = self.rounds - number
        while len(self.chosen) > 1 and (
                self._estimate(self.chosen) * self._slowness() * rounds > left):
            if self.chosen[-1][0] <= MAIN:
                return  # what targets need is measured, even if it takes longer
            last = self.chosen[-1][:2]
            while self.chosen[-1][:2] == last:
                self.dropped.append(self.chosen.pop())

    def run(self):
        for number in range(self.rounds):
            self._drop_what_does_not_fit(number)
            self._run_round(number, self.chosen)
        self.progress.end()
        return self.dropped

    def run_extra(self):
        """More rounds of the targets' cells, as long as there is time."""
        targets = [pair for pair in self.chosen if pair[0] <= MAIN]
        for number in range(self.rounds, self.rounds + EXTRA_ROUNDS_MAX):
            cost = self._estimate(targets) * self._slowness()
            if self.deadline is None or time.monotonic() + cost > self.deadline:
                return
            self.progress.total += len(targets)
            self._run_round(number, targets)

    def _run_round(self, number, pairs):
        by_cell = {}
        for _, cell, server in pairs:
            by_cell.setdefault(cell, []).append(server)
        for index, cell in enumerate(beside_each_other(by_cell)):
            servers = by_cell[cell]
            shift = (number + index) % len(servers)
            for server in servers[shift:] + servers[:shift]:
                if not self.store.has(number, cell.name, server.name):
                    self._run_one(number, cell, server)

    def _run_one(self, number, cell, server):
        begin = time.monotonic()
        client = self.client_for(cell)
        if isinstance(server, SameThreadFloor):
            figures = server.run(cell, self.bench.seconds)
        else:
            figures = self.bench.run(server, cell, client)
        self.store.add({"round": number, "cell": cell.name, "server": server.name, **figures})
        self.spent += time.monotonic() - begin
        self.estimated += estimated_seconds(cell, self.bench.seconds, self.bench.warm_up)
        left = self._estimate(self.chosen) * self.rounds * self._slowness() - (
            time.monotonic() - self.time_begin)
        self.progress.step(f"round {number + 1}/{self.rounds}, {cell.name}: {server.name}"
                           + (f" FAILED: {figures['failed']}" if "failed" in figures else ""),
                           max(0, left))
