"""scripts/quality: writes docs/quality.md from the results of each part."""

import argparse
import os
import pathlib
import subprocess
import sys

import parts
from results import ROOT, commit, stamp

# What --run runs, in this order: the dear ones last. A program that is not there is left out, and
# its part says so.
COMMANDS = [
    [".ci/run"],
    ["scripts/coverage"],
    ["scripts/mutate"],
]


def first_line_of(command):
    try:
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "missing"
    return out.split("\n", 1)[0]


def run_all():
    for command in COMMANDS:
        if not (ROOT / command[0]).is_file():
            print(f"{command[0]}: not there, left out", flush=True)
            continue
        print(f"==> {' '.join(command)}", flush=True)
        code = subprocess.run(command, cwd=ROOT).returncode
        if code != 0:
            print(f"==> {command[0]} ended with {code}", flush=True)


def section(heading, command, reader, build):
    lines = [f"## {heading}", "", f"`{command}`", ""]
    try:
        return lines + reader(build) + [""]
    except parts.Missing as missing:
        why = f" ({missing})" if str(missing) else ""
        return lines + [f"not run for this commit{why}", ""]


def document(build):
    lines = [
        "# Quality ledger",
        "",
        "Written by `scripts/quality`, never by hand: what each part of the suite found for one "
        "commit. A part without a result of that commit says so.",
        "",
        *parts.table(["", ""], [
            ["commit", commit()],
            ["written", stamp()["date"]],
            ["g++", first_line_of(["g++", "--version"])],
            ["clang++", first_line_of(["clang++-19", "--version"])],
            ["system", f"{os.uname().sysname} {os.uname().release}, {os.cpu_count()} processors"],
        ]),
        "",
    ]
    for heading, command, reader in parts.PARTS:
        lines += section(heading, command, reader, build)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/quality", description="Writes docs/quality.md from the results of each part.")
    parser.add_argument("--from", dest="build", type=pathlib.Path, default=ROOT / "build",
                        metavar="FOLDER", help="where the results are (build)")
    parser.add_argument("--run", action="store_true", help="run every part first: hours")
    options = parser.parse_args()
    if options.run:
        run_all()
    text = document(options.build)
    (ROOT / "docs" / "quality.md").write_text(text)
    print(f"docs/quality.md: {text.count('## ')} parts, "
          f"{text.count('not run for this commit')} not run for {commit()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
