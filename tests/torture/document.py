"""What is made of the results: a table for the terminal, and docs/reliability.md, which is written
from a full run and never by hand.

A result is one entry of echo-torture's JSON: case, size_text, verdict, reason, seconds, figures.
"""

import pathlib
import re

import targets

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIGNS = {"passed": "ok", "failed": "FAILED", "skipped": "-"}

INTRODUCTION = """\
# Reliability

Stress and fault testing of echod and other echo servers, from one run on one machine.
`echo-torture` (`tests/torture/`) is a client that shares no code with the server. It works with
any TCP echo server and verifies every byte that comes back. `tests/torture/run.py --full
--write-docs` writes this page.

- **A case fails** if a byte is lost, repeated, reordered or invented, if the connection ends
  early or with a reset, if nothing moves for {patience_ours} s ({patience_peer} s for the
  peers), if descriptors stay open, or if the server ends.
- **Figures decide nothing.** Compare them within this run. Client and server share the
  machine's {cores} CPUs, so latencies show what a case costs other clients, not how fast a
  server is. Other load on the machine affects them too.
- A dash means that a case was left out: the server serves one client at a time, or failed a
  smaller size already, or holds no descriptors for its clients (starved).
"""

COMMANDS = """\
## Commands

```
scripts/deps build test bench             # installs the servers to compare with
./test torture                            # builds the client and tests it against faulty servers
tests/torture/run.py --quick              # echod's five engines, in about a minute
tests/torture/run.py --full --write-docs  # all servers, and this page
build/release/echo-torture --port 7       # any server; see --help and --list
```

The run took {minutes:.0f} minutes. Its seed was {seed}.
"""

# (title, text, case, [(figure, heading, format)]), one table each, with a row for each server.
FIGURE_TABLES = [
    ("Clients that never read",
     "{case_what} A server that keeps accepting has no bound. What the others pin is kernel "
     "memory, and memory of the server's processes.",
     "never-reading",
     [("taken-kib", "accepted from each, KiB", ",.0f"),
      ("user-kib", "user memory each, KiB", ",.0f"),
      ("kernel-kib", "kernel memory each, KiB", ",.0f"),
      ("plateau-s", "stops accepting after, s", ".1f"),
      ("stuck-clients", "clients", ".0f"), ("others-p99-ratio", "p99 of others / idle", ".1f")]),
    ("A connection flood from one source",
     "{case_what}",
     "storm",
     [("connections", "connections", ",.0f"), ("refused", "refused", ",.0f"),
      ("victim-served", "victim served", ",.0f"),
      ("victim-idle-p99-us", "victim's p99 before, us", ",.0f"),
      ("victim-p99-us", "during, us", ",.0f"), ("victim-p99-ratio", "ratio", ".1f")]),
    ("One busy client beside many quiet ones",
     "{case_what}",
     "fairness",
     [("quiet-clients", "quiet clients", ",.0f"), ("loud-mib", "MiB of the busy client", ",.0f"),
      ("quiet-idle-p99-us", "quiet p99 before, us", ",.0f"),
      ("quiet-p99-us", "during, us", ",.0f"),
      ("quiet-p99-ratio", "ratio", ".1f")]),
    ("Out of descriptors",
     f"{{case_what}} The limit here is {targets.DESCRIPTORS_STARVED}. Servers that start a "
     "process for each client need no descriptor for it and are left out.",
     "starved",
     [("clients", "clients", ",.0f"), ("served", "served", ",.0f"), ("refused", "refused", ",.0f"),
      ("cpu-percent", "CPU meanwhile, % of one CPU", ".1f"),
      ("recovery-ms", "recovery time, ms", ",.1f")]),
    ("A long stream",
     "{case_what} It ended after {stream_ours} s here, {stream_peer} s for the peers.",
     "long-stream",
     [("mib", "MiB each way", ",.0f"), ("mib-per-s", "MiB/s", ",.0f"),
      ("memory-growth-kib", "growth of user memory, KiB", ",.0f")]),
]


def rows_of(found):
    """(case, size_text) of all results, in the order they ran."""
    rows = {}
    for server in found.values():
        for one in server["results"]:
            rows.setdefault((one["case"], one.get("size_text", "")))
    return list(rows)


def result_of(server, row):
    for one in server["results"] if server else ():
        if (one["case"], one.get("size_text", "")) == row:
            return one
    return None


def table(usable, found):
    """For the terminal: a line for each case and size, a column for each server."""
    servers = [target for target in usable if target.name in found]
    names = [target.name.removeprefix("echod-") for target in servers]
    lines = [" " * 28 + "  ".join(f"{name:>11}" for name in names)]
    for row in rows_of(found):
        results = [result_of(found[target.name], row) for target in servers]
        cells = "  ".join(f"{SIGNS[one['verdict']] if one else '-':>11}" for one in results)
        lines.append(f"{row[0]:19}{row[1]:>8} {cells}")
    return "\n".join(lines)


def failures(usable, found):
    """(target, result) of each case that failed."""
    return [(target, one) for target in usable
            for one in found.get(target.name, {}).get("results", ()) if one["verdict"] == "failed"]


def failures_text(usable, found):
    """For the terminal: what failed on echod, and how to repeat it."""
    return "\n".join(
        f"failed: {target.title}, {one['case']} {one.get('size_text', '')}: {one['reason']}\n"
        f"  repeat: tests/torture/run.py --servers {target.name} --case {one['case']}"
        for target, one in failures(usable, found) if target.is_ours)


def clean(text):
    """A message fit for a page: without paths of this machine, process ids, or line ends."""
    text = " ".join(text.replace(f"{ROOT}/", "").replace("|", "/").split())
    return re.sub(r"\bpid \d+", "pid", text)


def verdict_table(usable, found):
    servers = [target for target in usable if target.name in found]
    lines = ["## Results: every byte in order, once, then FIN", "",
             "| case | size | " + " | ".join(target.title for target in servers) + " |",
             "| --- | --: |" + " --- |" * len(servers)]
    signs = {"passed": "ok", "failed": "**failed**", "skipped": "–"}
    for row in rows_of(found):
        results = [result_of(found[target.name], row) for target in servers]
        cells = [signs[one["verdict"]] if one else "–" for one in results]
        lines.append(f"| {row[0]} | {row[1]} | {' | '.join(cells)} |")
    counts = [sum(one["verdict"] == "passed" for one in found[target.name]["results"])
              for target in servers]
    ran = [sum(one["verdict"] != "skipped" for one in found[target.name]["results"])
           for target in servers]
    totals = [f"{passed} of {all_}" for passed, all_ in zip(counts, ran)]
    return "\n".join([*lines, f"| passed | | {' | '.join(totals)} |", ""])


def lost_text(usable, found):
    lines = ["### What failed", ""]
    for target, one in failures(usable, found):
        size = f", {one['size_text']}" if "size_text" in one else ""
        lost = one["figures"].get("bytes-lost", 0)
        lost = f" ({lost:,.0f} bytes did not come back in all)" if lost else ""
        lines.append(f"- {target.title}, {one['case']}{size}: {clean(one['reason'])}{lost}")
    if len(lines) == 2:
        lines.append("Nothing.")
    return "\n".join([*lines, ""])


def figure_table(usable, found, cases, values, entry):
    title, text, case, columns = entry
    what = f"Clients {cases[case]['what']}."
    lines = [f"## {title}", "", text.format(case_what=what, **values), "",
             "| server | " + " | ".join(heading for _, heading, _ in columns) + " | verdict |",
             "| --- |" + " --: |" * len(columns) + " --- |"]
    for target in usable:
        one = result_of(found.get(target.name), (case, "10 GiB" if case == "long-stream" else ""))
        if not one or one["verdict"] == "skipped":
            continue
        cells = [format(one["figures"][name], pattern) if name in one["figures"] else "–"
                 for name, _, pattern in columns]
        verdict = "ok" if one["verdict"] == "passed" else "**failed**"
        lines.append(f"| {target.title} | {' | '.join(cells)} | {verdict} |")
    return "\n".join([*lines, ""])


def cases_text(cases):
    lines = ["## The cases", "", "| case | its clients |", "| --- | --- |"]
    lines += [f"| {name} | {clean(about['what'])} |" for name, about in cases.items()]
    return "\n".join([*lines, ""])


def machine_text(about):
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items()
                         if name in ("socat", "ncat", "xinetd"))
    return "\n".join([
        "## The machine", "", "| | |", "| --- | --- |",
        f"| CPU | {about['cpu']}, {about['cores']} cores |",
        f"| memory | {about['memory_gib']} GiB |",
        f"| kernel | {about['kernel']}, TCP congestion control {about['congestion_control']} |",
        f"| echod | {about['echod']}, {about['compiler']} |",
        f"| peers | {packages}, Node {about['node']} |", ""])


def servers_text(usable, missing):
    lines = ["## Server configurations", ""]
    lines += [f"- {target.title}: {target.remark}." for target in usable if target.remark]
    lines += [f"- Servers that start a process for each client get at most "
              f"{targets.FORKED_CLIENTS_MAX} concurrent clients."]
    lines += [f"- {title} did not take part: {clean(reason)}."
              for title, reason in missing.items()]
    lines += ["- nginx is not included: it has no module that echoes a TCP stream, and a fixed "
              "HTTP body has no bytes to lose."]
    return "\n".join([*lines, ""])


def page(usable, report, values):
    """The page, from the report of a full run. `values`: how patient it was, in seconds."""
    found, about = report["servers"], report["machine"]
    cases = next(iter(found.values()))["cases"]
    return "\n".join([
        INTRODUCTION.format(cores=about["cores"], **values),
        verdict_table(usable, found), lost_text(usable, found),
        *(figure_table(usable, found, cases, values, entry) for entry in FIGURE_TABLES),
        cases_text(cases),
        COMMANDS.format(minutes=report["seconds"] / 60, seed=report["seed"]),
        servers_text(usable, report["missing"]), machine_text(about)]).rstrip() + "\n"
