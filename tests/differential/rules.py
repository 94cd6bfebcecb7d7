"""Every way in which our HTTP/1 request decoder may differ from llhttp and h11, and why. A
difference that no rule names fails the test. docs/http1-differences.md is made from this list."""

from typing import Callable, NamedTuple

import request_rules
import peer_rules


class Rule(NamedTuple):
    name: str
    example: bytes  # shows it, with one peer at least
    ours: str
    theirs: str
    why: str
    rfc: str
    applies: Callable  # of a Case


RULES = [Rule(*row) for row in request_rules.ROWS + peer_rules.ROWS]


def classify(case):
    """The first rule that names the difference; None: nobody expected it."""
    return next((rule for rule in RULES if rule.applies(case)), None)
