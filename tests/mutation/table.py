"""The bugs to plant: the files in bugs/, each a list of entries.

An entry says in which `function` the bug is planted (`Class::name`, or `name` alone), which text to
`find` in it, what to `replace` it with, and, in a sentence, what goes wrong for a user. The
function is looked for under all of src/, so a file may be renamed or moved, and a class renamed:
where no Class::name is left, every function called `name` is searched. White space does not matter
in `find`. The text must stand in these functions exactly once: else nobody knows what is tested.
"""

import difflib
import functools
import pathlib
import re
import tomllib
from typing import NamedTuple

from functions import functions_of

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = pathlib.Path(__file__).resolve().parent / "bugs"
WORD_OR_SIGN = re.compile(r"\w+|[^\w\s]")


class Bug(NamedTuple):
    name: str
    function: str
    find: str
    replace: str
    says: str


class Place(NamedTuple):
    """Where `find` stands."""
    file: str  # from the root, with slashes
    begin: int
    end: int

    @property
    def layer(self):
        return self.file.split("/")[1]


class Misfit(Exception):
    """A bug that cannot be planted; says what to mend."""


class Definition(NamedTuple):
    file: str
    name: str
    text: str  # of the function
    begin: int  # in the file
    line: int

    def __str__(self):
        return f"{self.name} ({self.file}:{self.line})"


def load(folder=FOLDER):
    bugs = []
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            bugs += [Bug(**entry) for entry in tomllib.load(file)["bug"]]
    return bugs


@functools.cache
def definitions(root=ROOT):
    """Every function of the product, by its last name."""
    by_name = {}
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".h", ".cc") or path.stem.endswith("_test"):
            continue
        text = path.read_text(encoding="utf-8")
        for name, begin, end in functions_of(text):
            by_name.setdefault(name.split("::")[-1], []).append(
                Definition(path.relative_to(root).as_posix(), name, text[begin:end], begin,
                           text.count("\n", 0, begin) + 1))
    return by_name


def pattern_of(text):
    """Matches `text` however it is spaced and broken into lines."""
    pieces = WORD_OR_SIGN.findall(text)
    is_word = [piece[0].isalnum() or piece[0] == "_" for piece in pieces]
    pattern = r"(?<!\w)" if is_word[0] else ""
    for index, piece in enumerate(pieces):
        pattern += re.escape(piece)
        if index + 1 < len(pieces):
            pattern += r"\s+" if is_word[index] and is_word[index + 1] else r"\s*"
    return re.compile(pattern + (r"(?!\w)" if is_word[-1] else ""))


def candidates(bug, root):
    """The functions that `bug` may mean."""
    called = definitions(root).get(bug.function.split("::")[-1], [])
    exact = [one for one in called if ("::" + one.name).endswith("::" + bug.function)]
    return exact or called


def nearest(bug, functions):
    """The line of `functions` that is most like the one to find."""
    wanted = bug.find.strip().split("\n")[0].strip()
    lines = [(one, line.strip()) for one in functions for line in one.text.split("\n")]
    one, line = max(lines, key=lambda pair: difflib.SequenceMatcher(
        None, wanted, pair[1]).ratio())
    return f"{line!r} in {one}"


def place_of(bug, root=ROOT):
    """Where `bug` is planted. Raises Misfit."""
    pattern = pattern_of(bug.find)
    functions = candidates(bug, root)
    if not functions:
        holders = [str(one) for several in definitions(root).values() for one in several
                   if pattern.search(one.text)]
        raise Misfit(f"{bug.name}: no function {bug.function} is defined under src/. "
                     + (f"Its text stands in: {', '.join(holders[:5])}; set `function` to one of "
                        "these." if holders else "Nor does its text stand anywhere: the bug cannot "
                        "be made any more; remove the entry, or write it for what came instead."))
    places = [Place(one.file, one.begin + match.start(), one.begin + match.end())
              for one in functions for match in pattern.finditer(one.text)]
    if not places:
        raise Misfit(f"{bug.name}: {bug.find.strip()!r} does not stand in "
                     f"{', '.join(map(str, functions[:5]))}. Most like it is "
                     f"{nearest(bug, functions)}; mend `find` and `replace`.")
    if len(places) > 1:
        where = ", ".join(sorted({place.file for place in places}))
        raise Misfit(f"{bug.name}: {bug.find.strip()!r} stands {len(places)} times in "
                     f"{bug.function} of {where}; make `find` longer, or `function` Class::name.")
    return places[0]


def planted(bug, root=ROOT):
    """The bug's file, and its text with the bug in it. Raises Misfit."""
    place = place_of(bug, root)
    text = (root / place.file).read_text(encoding="utf-8")
    changed = text[:place.begin] + bug.replace.strip("\n") + text[place.end:]
    if changed == text:
        raise Misfit(f"{bug.name}: `replace` is what stands there already")
    return place.file, changed


def misfits(bugs):
    """Of each bug that cannot be planted, what to mend."""
    found = []
    for bug in bugs:
        try:
            planted(bug)
        except Misfit as misfit:
            found.append(str(misfit))
    return found
