"""docs/http1-differences.md, from the rules."""

INTRODUCTION = """\
# Where our HTTP/1 differs from others

Our request decoder (`src/wire/http1/request.h`) beside two that many rely on: llhttp 8, the parser
of Node.js, in its strict mode, and h11, the parser of Python's httpx and uvicorn. A test gives all
three the same bytes (`tests/differential/`) and compares what they make of them: accepted, rejected
or incomplete; method, target, version, fields in their order, body, extents of the chunks, whether
the connection is kept, and where each request ends. Every difference has to be one of these:
another one fails the test. This page is made from its rules.

Almost all go one way: we refuse what they take. Nothing that we take is framed in another way by
either of them, which is what request smuggling would need.

"""

TABLE = """\
| difference | input | ours | theirs | with | why | RFC |
| --- | --- | --- | --- | --- | --- | --- |
"""

REPEAT = """
Repeat it, with more requests and another seed:
`/usr/bin/python3 tests/differential/compare.py --count 100000 --seed 2`.
"""


def shown(data):
    """The bytes as people write them in code, shortened, harmless in a table."""
    text = repr(data)[2:-1].replace("|", "\\|").replace("`", "'")
    if len(text) > 120:
        text = text[:80] + " ... " + text[-30:]
    return f"`{text}`"


def document(rules, peers_of):
    rows = [
        f"| {rule.name} | {shown(rule.example)} | {rule.ours} | {rule.theirs} | "
        f"{', '.join(peers_of[rule.name])} | {rule.why} | {rule.rfc} |\n" for rule in rules
    ]
    return INTRODUCTION + TABLE + "".join(rows) + REPEAT
