#!/usr/bin/python3
"""What metrics cost: scrapes under full load, a scrape alone, and the admin interface.

    benchmarks/scrape_cost.py scrapes      [--rate 50] [--seconds 48] [--scheme tcp|http]
    benchmarks/scrape_cost.py alone        [--connections 50 10000]
    benchmarks/scrape_cost.py instructions [--scheme tcp|http]
    --echod FILE is the program, build/release/echod if it is not given.

scrapes: one server under load, which is scraped RATE times a second or not, in windows of half a
         second. The speed of a virtual machine drifts by more than what is to be measured, so the
         load runs on, and the order of the windows is ABBA, which cancels a linear drift within
         each block of four. The cost is taken for linear, so that of a scrape a second is the
         RATEth part; at that rate itself it is lost in the noise. The scraper shares the machine,
         so its own work counts too. Throughput is the packets of the loopback interface, in a
         network namespace of its own. Printed are the median over all blocks and its 95 % bootstrap
         interval.
alone:   the processor time of a scrape (of the whole process, in which nothing else happens), with
         so many idle connections. The same median and interval, over the scrapes.
instructions: a message's, with --admin and without (valgrind counts them). Not its time: two
         processes differ more in their speed than by this.
"""

import argparse
import math
import os
import pathlib
import random
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

WINDOW_S = 0.5
SETTLE_S = 0.05  # after each switch
CONNECTIONS = 50
SCRAPES_ALONE = 300
NAMESPACE = "SCRAPE_COST_NAMESPACE"


class Server:
    def __init__(self, program, with_admin, arguments=()):
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")
        options = ["--admin", "127.0.0.1:0"] if with_admin else []
        self.process = subprocess.Popen(
            [program, *arguments, "--listen", "127.0.0.1:0", "--log-level", "warning", *options],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)
        self.port = self._wait_for(r"Echo server listening on \S+:(\d+)")
        self.admin = self._wait_for(r"Admin interface on \S+:(\d+)") if with_admin else None

    def _wait_for(self, pattern):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.output.seek(0)
            found = re.search(pattern, self.output.read())
            if found:
                return int(found.group(1))
            time.sleep(0.01)
        raise SystemExit(f"the server did not say {pattern}")

    def processor_ns(self):
        """Of all its threads, so far."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Scraper:
    """A connection that scrapes; as little work as possible, for it shares the machine."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.size = 0

    def scrape(self):
        self.socket.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1 << 16)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = re.search(rb"Content-Length: (\d+)", head)
        received = len(body)
        while length and received < int(length.group(1)):
            received += len(self.socket.recv(1 << 16))
        if not length:
            while not body.endswith(b"\r\n0\r\n\r\n"):
                body += self.socket.recv(1 << 16)
            received = len(body)
        self.size = received


class RegularScraper:
    """Scrapes `rate` times a second while it is switched on."""

    def __init__(self, port, rate):
        self.scraper = Scraper(port)
        self.pause_s = 1 / rate
        self.on = threading.Event()
        self.over = False
        self.scrapes = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over:
            self.on.wait()
            due = time.monotonic()
            while self.on.is_set():
                self.scraper.scrape()
                self.scrapes += 1
                due += self.pause_s
                time.sleep(max(due - time.monotonic(), 0))


def load(echod, scheme, port, seconds):
    return subprocess.Popen([echod, "bench", f"{scheme}://127.0.0.1:{port}", "-c",
                             str(CONNECTIONS), "-d", f"{seconds}s", "--no-view", "--json",
                             "/dev/null"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def packets():
    """Received by the loopback interface so far."""
    for line in pathlib.Path("/proc/self/net/dev").read_text().splitlines():
        name, _, values = line.partition(":")
        if name.strip() == "lo":
            return int(values.split()[1])
    raise SystemExit("there is no loopback interface")


def window():
    time.sleep(SETTLE_S)
    before, begin = packets(), time.monotonic()
    time.sleep(WINDOW_S)
    return (packets() - before) / (time.monotonic() - begin)


def ratios(switch, seconds):
    """Of the throughput with and without, in each block of four windows."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        first = len(found) % 2 == 0
        rates = {True: [], False: []}
        for is_on in (first, not first, not first, first):
            switch(is_on)
            rates[is_on].append(window())
        found.append(math.prod(rates[True]) ** 0.5 / math.prod(rates[False]) ** 0.5)
    return found


def interval(values):
    """The median, and its 95 % interval."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(values, k=len(values))) for _ in range(4000))
    return statistics.median(values), medians[100], medians[-101]


def compare_scrapes(arguments):
    server = Server(arguments.echod, True)
    scraper = RegularScraper(server.admin, arguments.rate)
    running = load(arguments.echod, arguments.scheme, server.port, arguments.seconds + 4)
    time.sleep(1.5)

    def switch(is_on):
        (scraper.on.set if is_on else scraper.on.clear)()
    try:
        found = ratios(switch, arguments.seconds)
    finally:
        running.terminate()
        running.wait(20)
        server.close()
    median, low, high = interval(found)
    print(f"{arguments.scheme}: {scraper.scrapes} scrapes of {scraper.scraper.size} bytes, "
          f"{arguments.rate} a second: throughput {median:.4f} ({low:.4f} to {high:.4f}) of that "
          f"without, {len(found)} blocks")
    one = [1 - (1 - value) / arguments.rate for value in (median, low, high)]
    print(f"{arguments.scheme}: a scrape a second: {one[0]:.5f} ({one[1]:.5f} to {one[2]:.5f})")


def instructions(arguments, with_admin, messages):
    """Of a server from its start to its end, with so many messages on one connection."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server("valgrind", with_admin, [
            "--tool=callgrind", f"--callgrind-out-file={folder}/out", arguments.echod, "--engine",
            "epoll", "--workers", "1", "--spin", "off"])
        message = b"x" * 64
        if arguments.scheme == "http":
            message = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 64\r\n\r\n" + message
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            for _ in range(messages):
                connection.sendall(message)
                received = b""
                while not received.endswith(b"x" * 64):
                    received += connection.recv(1 << 16)
        server.close()
        counts = pathlib.Path(f"{folder}/out").read_text()
        return int(re.search(r"^(?:summary|totals): (\d+)", counts,
                             re.M).group(1))


def count_instructions(arguments):
    each = {}
    for with_admin in (True, False):
        few, many = (instructions(arguments, with_admin, count) for count in (1000, 6000))
        each[with_admin] = (many - few) / 5000
    print(f"{arguments.scheme}: {each[True]:.1f} instructions a message with --admin, "
          f"{each[False]:.1f} without: ratio {each[True] / each[False]:.4f}")


def measure_alone(arguments):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    for count in arguments.connections:
        server = Server(arguments.echod, True)
        held = []
        for number in range(count):
            source = (f"127.0.0.{2 + number // 20000}", 0)
            one = socket.create_connection(("127.0.0.1", server.port), 10, source_address=source)
            one.sendall(b"hello\r\n\r\n")  # a protocol of its own, so that detection is over
            held.append(one)
        for one in held:
            one.recv(100)
        scraper = Scraper(server.admin)
        scraper.scrape()
        each = []
        for _ in range(SCRAPES_ALONE):
            before = server.processor_ns()
            scraper.scrape()
            time.sleep(0.002)  # until the thread sleeps, when its time is complete
            each.append((server.processor_ns() - before) / 1e6)
        median, low, high = interval(each)
        print(f"{count} connections: a scrape takes {median:.3f} ms of processor time "
              f"({low:.3f} to {high:.3f}), {scraper.size} bytes")
        for one in held:
            one.close()
        server.close()


def enter_namespace():
    """Runs this program again where the loopback interface has no other traffic."""
    if os.environ.get(NAMESPACE):
        return
    os.environ[NAMESPACE] = "1"
    os.execvp("unshare", ["unshare", "--map-root-user", "--net", "sh", "-c",
                          'ip link set lo up && exec "$@"', "sh", sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["scrapes", "alone", "instructions"])
    parser.add_argument("--rate", type=int, default=50, help="scrapes a second")
    parser.add_argument("--seconds", type=int, default=48)
    parser.add_argument("--scheme", default="tcp", choices=["tcp", "http"])
    parser.add_argument("--connections", type=int, nargs="+", default=[50, 10000])
    parser.add_argument("--echod", default="build/release/echod")
    arguments = parser.parse_args()
    arguments.echod = str(pathlib.Path(arguments.echod).absolute())
    enter_namespace()
    measures = {"scrapes": compare_scrapes, "instructions": count_instructions,
                "alone": measure_alone}
    measures[arguments.what](
        arguments)


if __name__ == "__main__":
    main()
