#!/usr/bin/python3
"""What a scrape a second costs a server under full load.

    benchmarks/scrape_cost.py [--pairs N] [--seconds S] [--url-scheme tcp|http|ws] [ECHOD]

One server runs all the time. Each pair is two runs of the load tester, one with a scrape of
/metrics each second and one without, in an order that alternates; printed is the ratio of their
rates, and the median over all pairs with its spread. Pairs cancel what the machine does meanwhile.
Under 1 % is the target. The other cost is that of counting, which no switch turns off:
--without COMMAND compares with another build of echod, started with the same options, instead.
"""

import argparse
import json
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

SCRAPE_PAUSE_S = 1


class Server:
    def __init__(self, command, with_admin):
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")
        options = ["--admin", "127.0.0.1:0"] if with_admin else []
        self.process = subprocess.Popen(
            [command, "--listen", "127.0.0.1:0", *options],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)
        self.port = self._wait_for(r"Echo server listening on \S+:(\d+)")
        self.admin = self._wait_for(r"Admin interface on \S+:(\d+)") if with_admin else None

    def _wait_for(self, pattern):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self.output.seek(0)
            found = re.search(pattern, self.output.read())
            if found:
                return int(found.group(1))
            time.sleep(0.01)
        raise SystemExit(f"the server did not say {pattern}")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Scraper:
    """Scrapes while it is entered."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.over = threading.Event()
        self.scrapes = 0

    def __enter__(self):
        self.over.clear()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def _run(self):
        while not self.over.is_set():
            with urllib.request.urlopen(self.url, timeout=10) as answer:
                answer.read()
            self.scrapes += 1
            self.over.wait(SCRAPE_PAUSE_S)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def rate(echod, scheme, port, seconds):
    run = subprocess.run([echod, "bench", f"{scheme}://127.0.0.1:{port}", "-c", "50", "-d",
                          f"{seconds}s", "--json", "-"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["totals"]["messages_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--url-scheme", default="tcp", choices=["tcp", "http", "ws"])
    parser.add_argument("--without", help="another echod: compare with it, without scrapes")
    parser.add_argument("echod", nargs="?", default="build/release/echod")
    arguments = parser.parse_args()
    echod = str(pathlib.Path(arguments.echod).absolute())

    server = Server(echod, with_admin=not arguments.without)
    other = Server(arguments.without, with_admin=False) if arguments.without else server
    scraper = Scraper(server.admin)
    ratios = []
    try:
        rate(echod, arguments.url_scheme, server.port, 1)  # warms up
        for pair in range(arguments.pairs):
            rates = {}
            for measured in (True, False) if pair % 2 == 0 else (False, True):
                port = server.port if measured else other.port
                if measured and not arguments.without:
                    with scraper:
                        rates[measured] = rate(echod, arguments.url_scheme, port, arguments.seconds)
                else:
                    rates[measured] = rate(echod, arguments.url_scheme, port, arguments.seconds)
            ratios.append(rates[True] / rates[False])
            print(f"pair {pair + 1}: {rates[True]:,.0f} and {rates[False]:,.0f} messages/s, "
                  f"ratio {ratios[-1]:.4f}", flush=True)
    finally:
        server.close()
        if other is not server:
            other.close()
    quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
    what = "with the other build" if arguments.without else "with and without a scrape a second"
    print(f"ratio {what}: median {statistics.median(ratios):.4f}, half of the pairs within "
          f"{quarters[0]:.4f} to {quarters[2]:.4f}; {scraper.scrapes} scrapes")


if __name__ == "__main__":
    main()
