"""What the results of every part have in common: which commit they are of, and when they came."""

import datetime
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def commit():
    """The commit of the working tree, marked where the tree has changes besides the ledger."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True,
                              text=True).stdout.strip()

    name = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changes = git("status", "--porcelain", "--", ".", ":!docs/quality.md")
    return name + ("-dirty" if changes else "")


def stamp():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"commit": commit(), "date": now.strftime("%Y-%m-%d %H:%M UTC")}
