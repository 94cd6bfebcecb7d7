"""What the scripts of packaging/ in Python share: what is released, and the time it has."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def git(*arguments):
    """What git says, or nothing where there is no repository."""
    told = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True,
                          check=False)
    return told.stdout.strip() if told.returncode == 0 else ""


def version():
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"^project\(echod VERSION ([\d.]+)", text, re.M).group(1)


def commit():
    return git("rev-parse", "HEAD") or "unknown"


def epoch():
    """Seconds: what the environment asks for, or else the commit's time."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or git("show", "--no-patch", "--format=%ct")
               or "0")
