"""Finds the functions that C++ source defines, by name.

It is no parser: comments and literals are blanked, and what follows a name and its parameters up to
a block in braces is taken for a definition. That is enough for this code base's layout.
"""

import re
from typing import NamedTuple

# Comments, raw strings, strings, characters; a digit separator (1'000) is none of them.
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<!\w)'(?:\\.|[^'\\\n])*'", re.DOTALL)

# A name as it stands before its parameters: Class::name, Class<T>::name, ~Class, operator==.
CANDIDATE = re.compile(
    r"(?P<scope>(?:\w+(?:<[^<>;{}()]*>)?::)*)(?P<name>~?\w+|operator\s*[^\s\w(]+)\s*\(")

# What may stand between the parameters and the block; an initialiser list is skipped by itself.
QUALIFIER = re.compile(
    r"\s*(?:const|noexcept|override|final|mutable|&&?|->\s*[\w:<>,&*\s]+?(?=\s*\{)"
    r"|requires\s+[^{;]*?(?=\s*\{))")

KEYWORDS = frozenset(
    "if for while switch catch return co_return co_await sizeof alignof decltype static_assert "
    "constexpr noexcept requires alignas assert defined new delete throw".split())


class Function(NamedTuple):
    name: str  # as qualified as the source says: Class::name
    begin: int  # of its name
    end: int  # behind its closing brace


def blanked(text):
    """`text` with comments and literals blanked; every position stays where it is."""
    return TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def closing(code, begin):
    """Behind the bracket that closes the one at `begin`, or None."""
    depth = 0
    for match in re.compile(r"[(){}\[\]]").finditer(code, begin):
        depth += 1 if match.group() in "([{" else -1
        if depth == 0:
            return match.end()
    return None


def block_after(code, position):
    """Where the function's block begins whose parameters end at `position`; None if it has none."""
    while match := QUALIFIER.match(code, position):
        position = match.end()
        if (arguments := re.compile(r"\s*\(").match(code, position)) and \
                match.group().strip() == "noexcept":
            position = closing(code, arguments.end() - 1) or len(code)
    if initialisers := re.compile(r"\s*:(?!:)").match(code, position):
        position = initialisers.end()
        # name(value) or name{value}, separated by commas
        one = re.compile(r"\s*[\w:<>,\s]+?\s*(?=[({])")
        while named := one.match(code, position):
            position = closing(code, named.end())
            if position is None:
                return None
            comma = re.compile(r"\s*(?:\.\.\.)?\s*,").match(code, position)
            if not comma:
                break
            position = comma.end()
    block = re.compile(r"\s*\{").match(code, position)
    return block.end() - 1 if block else None


CLASS = re.compile(r"\b(?:class|struct)\s+(?:\[\[\w+\]\]\s*)?(\w+)[^;{}()]*\{")


def functions_of(text):
    """Every function that `text` defines, in order; a class's have its name before theirs."""
    code = blanked(text)
    classes = [(match.end() - 1, closing(code, match.end() - 1) or len(code), match.group(1))
               for match in CLASS.finditer(code)]
    found, end_of_last = [], 0
    for match in CANDIDATE.finditer(code):
        name = match.group("name")
        if match.start() < end_of_last or name in KEYWORDS:
            continue
        parameters_end = closing(code, match.end() - 1)
        block = parameters_end and block_after(code, parameters_end)
        if not block:
            continue
        end_of_last = closing(code, block) or len(code)
        scope = re.sub(r"<[^<>]*>", "", match.group("scope"))
        around = [class_name for begin, end, class_name in classes if begin < match.start() < end]
        qualified = "::".join([*around, scope + name])
        found.append(Function(qualified, match.start(), end_of_last))
    return found
