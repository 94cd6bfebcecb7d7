"""docs/http1-differences.md, from the rules."""

INTRODUCTION = """\
# HTTP/1 parsing differences

echod's HTTP/1 request decoder beside two widely used ones: llhttp 8, the parser of Node.js, in
its strict mode, and h11, the parser of Python's httpx and uvicorn. A test
(`tests/differential/`) gives all three the same bytes and compares the results: accepted,
rejected or incomplete; method, target, version, fields in order, body, chunk boundaries,
keep-alive, and where each request ends. Every difference must be explained by a row of this
table, otherwise the test fails. This page is generated from the test's rules.

Nearly all differences go one way: echod rejects what the others accept. Neither of the others
frames a request that echod accepts in a different way, which is what request smuggling would
need.

"""

TABLE = """\
| difference | input | echod | others | which | reason | RFC |
| --- | --- | --- | --- | --- | --- | --- |
"""

REPEAT = """
To repeat the test with more requests and another seed:
`/usr/bin/python3 tests/differential/compare.py --count 100000 --seed 2`.
"""


def shown(data):
    """The bytes in source code notation, shortened, and safe in a table."""
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
