"""What the results of every part have in common: which commit they are of, and when they came."""

import datetime
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# All of the source but the ledger itself, which is committed after what it tells of.
ALL_BUT_LEDGER = ["--", ".", ":!docs/quality.md"]


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)


def has_changes():
    return git("status", "--porcelain", *ALL_BUT_LEDGER).stdout.strip() != ""


def commit():
    """The commit of the working tree, marked where the tree has changes besides the ledger."""
    name = git("rev-parse", "--short=12", "HEAD").stdout.strip() or "unknown"
    return name + ("-dirty" if has_changes() else "")


def stamp():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"commit": commit(), "date": now.strftime("%Y-%m-%d %H:%M UTC")}


def is_of_this_tree(of, path):
    """Whether a result of commit `of`, in the file `path`, tells of the source as it is now. One
    that names no commit does when it is younger than the last one that changed more than the
    ledger."""
    if has_changes():
        return False
    if of is None:
        last = git("log", "-1", "--format=%ct", "HEAD", *ALL_BUT_LEDGER).stdout.strip()
        return bool(last) and path.stat().st_mtime >= int(last)
    same = git("diff", "--quiet", of, "HEAD", *ALL_BUT_LEDGER)
    return not of.endswith("-dirty") and same.returncode == 0
