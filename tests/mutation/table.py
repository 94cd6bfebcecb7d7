"""The bugs to plant: the files in bugs/, each a list of entries.

An entry names a file, a text that stands there exactly once, the text to put in its place, and says
in a sentence what goes wrong and what a user would see. A text that is not found, or not once only,
is an error: a table that no longer fits the source proves nothing.
"""

import pathlib
import tomllib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = pathlib.Path(__file__).resolve().parent / "bugs"


class Bug(NamedTuple):
    name: str
    file: str  # from the root, with slashes
    old: str
    new: str
    says: str

    @property
    def layer(self):
        return self.file.split("/")[1]


def load(folder=FOLDER):
    bugs = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            bugs += [Bug(**entry) for entry in tomllib.load(file)["bug"]]
    return bugs


def problem_of(bug, root=ROOT):
    """Why `bug` cannot be planted, or None."""
    path = root / bug.file
    if not bug.file.startswith("src/") or not path.is_file():
        return f"{bug.name}: there is no {bug.file} under src/"
    count = path.read_text(encoding="utf-8").count(bug.old)
    if count != 1:
        return f"{bug.name}: its text stands {count} times in {bug.file}, not once"
    if bug.old == bug.new:
        return f"{bug.name}: changes nothing"
    if not bug.says.endswith("."):
        return f"{bug.name}: says what goes wrong in no sentence"
    return None


def planted(bug, root=ROOT):
    """The text of the bug's file with the bug in it."""
    problem = problem_of(bug, root)
    if problem:
        raise ValueError(problem)
    return (root / bug.file).read_text(encoding="utf-8").replace(bug.old, bug.new)
