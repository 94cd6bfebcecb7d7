"""The rules of this code base that a compiler does not know, each as a test.

Every rule is a function from a file to violations, "path:line: what is wrong and what to do", and a
test that applies it to the whole tree. The tables that follow are the rules' contents: to allow
something new, edit a table and say why. The last part feeds bad samples to the two rules that are
more than an expression.

Run with: /usr/bin/python3 -m pytest -q tests/tidy_test.py
"""

import fnmatch
import os
import pathlib
import re
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Which layers a layer of src/ may include, besides itself. Arrows point down only: a codec (wire)
# does no I/O, a protocol knows its Stream and neither sockets nor the engine under it.
LAYERS = {
    "base": set(),
    "wire": {"base"},
    "net": {"base"},
    "engine": {"base", "net"},
    "sim": {"base", "net"},
    "stream": {"base", "net", "engine", "wire"},
    "http": {"base", "wire", "stream"},
    "protocol": {"base", "wire", "stream", "http"},
    "app": {"base", "wire", "net", "engine", "stream", "http", "protocol"},
}

# A part of a layer that may include more: what is served does not know that it is simulated, and
# the loops are tested over the modelled kernel.
PARTS = {"src/app/sim/": {"sim"}, "src/sim/sim_loop_test.cc": {"engine"}}

# Parts of a layer that may not be included there, and why.
HIDDEN = {
    "http": (("wire/http1/", "wire/http2/"), "HTTP's middle layer knows no version of HTTP"),
}

# The operating system is visible in these layers alone, and in the files below.
# The model of it (sim) speaks its types and error numbers.
OS_LAYERS = {"net", "engine", "sim"}
OS_HEADERS = re.compile(
    r"(sys|netinet|arpa|net|linux|asm)/.*|(unistd|poll|fcntl|liburing|pthread|signal|netdb|nss"
    r"|sched|dirent|dlfcn|glob|grp|ifaddrs|pwd|semaphore|spawn|syslog|termios|ucontext)\.h")
OS_EXCEPTIONS = {
    "src/app/log/line_writer.cc": "a log's file and pipe, polled lest a slow reader block",
    "src/app/serve/serve.cc": "the process: it ends at once at a second signal",
    "src/app/serve/stop_signals.cc": "the process: its signals and its standard streams",
    "src/app/serve/service_manager.cc": "the process: the socket of its service manager",
    "src/app/serve/inherited_sockets.cc": "the process: descriptors that it was started with",
    "src/app/bench/report/view.cc": "the terminal: whether it is one, and how wide",
    "src/app/bench/bench.cc": "the process: it ends at once at a second signal",
}

# Libraries with one place: header prefix -> (files that may include it, how many of them may).
# The first two take seconds to compile, so they stay out of headers and in few files.
LIBRARIES = {
    "CLI/": ("src/app/cli/argument_parser.cc", 1),
    "nlohmann/json.hpp": ("src/app/*_json_reader.cc", 2),
    # One of the files of the next four asks the libraries for their versions.
    "openssl/": ("src/wire/*.cc", 2),
    "zlib.h": ("src/*.cc", 4),
    "brotli/": ("src/wire/*.cc", 2),
    "zstd": ("src/wire/*.cc", 2),
    "nghttp2/": ("src/wire/http2*", 2),
}

# Who may write to standard output and error directly. Everyone else logs, or returns text.
PRINTERS = ["src/app/*", "src/base/check.cc"]

FILE_LINES_MAX = 800  # aim at 400
LINE_COLUMNS_MAX = 100  # functions have a limit too (70 lines), which clang-tidy checks

PATH_DOCUMENTS = ["README.md", "ARCHITECTURE.md"]

# Written in pieces so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root)/")


# --- What the rules look at ---------------------------------------------------------------------

NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache", ".cache", "node_modules"}


class Source(NamedTuple):
    path: str  # from the root, with slashes
    text: str

    @property
    def lines(self):
        return self.text.split("\n")

    @property
    def is_cxx(self):
        return self.path.endswith((".h", ".cc"))

    @property
    def is_test(self):
        name = self.path.split("/")[-1]
        return self.path.startswith("tests/") or re.search(r"_test[_.]", name) is not None

    @property
    def layer(self):
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def at(self, line, message):
        return f"{self.path}:{line}: {message}"


def read_tree(root):
    sources = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - NOT_OURS)
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            try:
                text = path.read_text(encoding="utf-8")
            except (UnicodeDecodeError, OSError):
                continue  # not text, or removed meanwhile
            sources.append(Source(path.relative_to(root).as_posix(), text))
    return sources


TREE = read_tree(ROOT)
PATHS = {source.path for source in TREE}


def includes(source):
    """(line, name, quoted) of every #include."""
    for number, line in enumerate(source.lines, 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match.group(1) or match.group(2), match.group(1) is not None


CXX_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<!\w)'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_of(source):
    """The text with comments and literals blanked; lines and columns stay where they are."""
    return CXX_TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source.text)


# --- The rules: Source -> list of violations ----------------------------------------------------


def wrong_layers(source, paths=None):
    if source.layer is None or not source.is_cxx:
        return []
    if source.layer not in LAYERS:
        return [source.at(1, f"unknown layer src/{source.layer}: add it to LAYERS")]
    may_include = LAYERS[source.layer] | {
        layer for part, layers in PARTS.items() if source.path.startswith(part)
        for layer in layers}
    wrong = []
    for number, name, quoted in includes(source):
        if not quoted:
            continue
        target = name.split("/")[0]
        if target not in LAYERS or "/" not in name:
            wrong.append(source.at(number, f'"{name}": write the path from src/: "layer/file.h"'))
        elif target != source.layer and target not in may_include:
            allowed = ", ".join(sorted(may_include)) or "nothing"
            wrong.append(source.at(
                number, f'"{name}": {source.layer} may not include {target}, only {allowed}'))
        elif name.startswith(HIDDEN.get(source.layer, ((), ""))[0]):
            wrong.append(source.at(number, f'"{name}": {HIDDEN[source.layer][1]}'))
        elif paths is not None and "src/" + name not in paths:
            wrong.append(source.at(number, f'"{name}": there is no src/{name}'))
    return wrong


def visible_os(source):
    if source.layer is None or not source.is_cxx or source.is_test or source.layer in OS_LAYERS:
        return []
    return [
        source.at(number, f"<{name}>: the operating system is visible in net/ and engine/ alone; "
                  "ask for what you need there, or add a reason to OS_EXCEPTIONS")
        for number, name, quoted in includes(source)
        if not quoted and OS_HEADERS.fullmatch(name) and source.path not in OS_EXCEPTIONS
    ]


def kernel_io_uring(source):
    if not source.is_cxx:
        return []
    return [
        source.at(number, "<linux/io_uring.h> clashes with <liburing.h>, which brings its own")
        for number, name, _ in includes(source) if name == "linux/io_uring.h"
    ]


def misplaced_library(source):
    if source.layer is None or not source.is_cxx or source.is_test:
        return []
    wrong = []
    for number, name, _ in includes(source):
        for prefix, (place, _) in LIBRARIES.items():
            if name.startswith(prefix) and not fnmatch.fnmatch(source.path, place):
                wrong.append(source.at(number, f"<{name}> belongs in {place} alone"))
    return wrong


def too_long(source):
    limited = source.path.endswith((".h", ".cc", ".py", ".sh")) or source.text.startswith("#!")
    if not limited:
        return []
    wrong = [
        source.at(number, f"{len(line)} columns; at most {LINE_COLUMNS_MAX}")
        for number, line in enumerate(source.lines, 1) if len(line) > LINE_COLUMNS_MAX
    ]
    count = source.text.count("\n")
    if count > FILE_LINES_MAX:
        wrong.append(source.at(count, f"{count} lines; at most {FILE_LINES_MAX}, better 400"))
    return wrong


PROSE = re.compile(r"// *\S+ \S+")


def unexplained(source, paths=frozenset()):
    """Headers say what they are for; so does every .cc whose header does not say it already."""
    if source.layer is None or not source.is_cxx:
        return []
    explained = PROSE.match(source.text) is not None
    if source.path.endswith(".h"):
        wrong = []
        if not explained:
            wrong.append(source.at(1, "begin with a // comment: why it is here, how it works"))
        if not re.search(r"^#pragma once$", source.text, re.MULTILINE):
            wrong.append(source.at(1, "#pragma once is missing"))
        return wrong
    if explained or source.is_test or source.path[:-len(".cc")] + ".h" in paths:
        return []
    return [source.at(1, "no header of the same name: begin with a // comment that explains it")]


PRINTING = re.compile(
    r"\bstd::(cout|cerr|clog)\b|\bv?f?printf\s*\(|\bf?put[cs]\s*\(|\bputchar\s*\("
    r"|\bperror\s*\(|\b(fmt|std)::print(ln)?\s*\(")


def printing(source):
    if source.layer is None or not source.is_cxx or source.is_test:
        return []
    if any(fnmatch.fnmatch(source.path, pattern) for pattern in PRINTERS):
        return []
    return [
        source.at(number, f"{match.group().strip('( ')}: only {', '.join(PRINTERS)} may print")
        for number, line in enumerate(code_of(source).split("\n"), 1)
        for match in [PRINTING.search(line)] if match
    ]


def unfinished(source):
    return [
        source.at(number, f"{match.group()}: do it now, or open an issue")
        for number, line in enumerate(source.lines, 1)
        for match in [UNFINISHED.search(line)] if match
    ]


def machine_paths(source):
    return [
        source.at(number, f"{match.group()}: a path of somebody's machine")
        for number, line in enumerate(source.lines, 1)
        for match in [MACHINE_PATH.search(line)] if match
    ]


STATEMENT_WORD = re.compile(r"\b(if|while|for|switch|try|do|co_return|return)\b")


def top_level(code, begin, end):
    """code[begin:end] without what stands in brackets inside it."""
    depth, kept = 0, []
    for character in code[begin:end]:
        depth -= character in ")]}"
        if depth == 0:
            kept.append(character)
        depth += character in "([{"
    return "".join(kept)


def closing_of(code, begin):
    """Where the bracket ends whose inside contains `begin`."""
    depth = 0
    for index in range(begin, len(code)):
        if code[index] in "([{":
            depth += 1
        elif code[index] in ")]}":
            depth -= 1
            if depth < 0:
                return index
    return len(code)


def enclosing(code, position):
    """(index, text at the same level between it and `position`) of each bracket that is open at
    `position`, inwards out, up to the block or the statement it stands in."""
    depth, end = 0, position
    for index in range(position - 1, -1, -1):
        character = code[index]
        if character in ")]}":
            depth += 1
        elif character in "([{" and depth > 0:
            depth -= 1
        elif depth == 0 and character in "([{":
            yield index, top_level(code, index + 1, end)
            end = index
        elif depth == 0 and character == ";":
            yield None, top_level(code, index + 1, end)
            return
    yield None, top_level(code, 0, end)


def unsafe_co_await(source):
    """g++ 12 destroys temporaries twice when a co_await stands in a conditional expression or in a
    braced initialiser. See base/task.h for the four places that are safe."""
    if not source.is_cxx:
        return []
    code, wrong = code_of(source), []
    for match in re.finditer(r"\bco_await\b", code):
        line = code.count("\n", 0, match.start()) + 1
        after = match.end()
        for bracket, before in enclosing(code, match.start()):
            close = closing_of(code, after)
            behind = re.split(r"[;,{]", top_level(code, after, close))[0]
            if "?" in before.split(",")[-1] or "?" in behind:
                wrong.append(source.at(line, "co_await in a conditional expression; use an if"))
                break
            if bracket is None:
                break
            if code[bracket] == "{":
                inside = top_level(code, bracket + 1, close)
                if ";" not in inside and not STATEMENT_WORD.search(inside):
                    wrong.append(source.at(
                        line, "co_await in a braced initialiser; await into a variable first"))
                break
            if re.search(r"\b(if|while|for|switch)\s*(constexpr\s*)?$", code[:bracket][-40:]):
                break
            after = close + 1
    return wrong


DOCUMENTED_PATH = re.compile(
    r"`((?:src|tests|scripts|deps|docs|examples|benchmarks|packaging)/[\w./*{},-]*)(?::\d+)?`")


def expand_braces(pattern):
    match = re.search(r"\{([^{}]*)\}", pattern)
    if not match:
        return [pattern]
    head, tail = pattern[:match.start()], pattern[match.end():]
    return [path for choice in match.group(1).split(",") for path in expand_braces(
        head + choice + tail)]


def dead_paths(source, root):
    return [
        source.at(number, f"`{path}` does not exist")
        for number, line in enumerate(source.lines, 1)
        for pattern in DOCUMENTED_PATH.findall(line)
        for path in expand_braces(pattern) if not any(root.glob(path.rstrip("/")))
    ]


# --- The tests: every rule over the whole tree --------------------------------------------------


def check(rule):
    violations = [violation for source in TREE for violation in rule(source)]
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


def test_includes_point_down_the_layers():
    check(lambda source: wrong_layers(source, PATHS))


def test_operating_system_is_visible_in_net_and_engine_alone():
    check(visible_os)


def test_every_exception_is_used():
    used = {
        source.path for source in TREE
        if any(OS_HEADERS.fullmatch(name) for _, name, quoted in includes(source) if not quoted)
    }
    unused = sorted(set(OS_EXCEPTIONS) - used)
    if unused:
        pytest.fail(f"remove from OS_EXCEPTIONS what needs no exception: {unused}", pytrace=False)


def test_io_uring_comes_from_liburing():
    check(kernel_io_uring)


def test_libraries_stay_in_their_place():
    check(misplaced_library)


@pytest.mark.parametrize("prefix", LIBRARIES)
def test_library_is_included_by_few_files(prefix):
    users = sorted({
        source.path for source in TREE if source.layer and source.is_cxx and not source.is_test
        for _, name, _ in includes(source) if name.startswith(prefix)
    })
    most = LIBRARIES[prefix][1]
    if len(users) > most:
        pytest.fail(f"<{prefix}...> in {len(users)} files, at most {most}: {users}", pytrace=False)


def test_files_and_lines_are_short():
    check(too_long)


def test_files_say_what_they_are_for():
    check(lambda source: unexplained(source, PATHS))


def test_only_the_program_prints():
    check(printing)


def test_nothing_is_left_unfinished():
    check(unfinished)


def test_no_paths_of_a_machine():
    check(machine_paths)


def test_co_await_stands_in_safe_places():
    check(unsafe_co_await)


@pytest.mark.parametrize("document", PATH_DOCUMENTS)
def test_documented_paths_exist(document):
    if document not in PATHS:
        pytest.skip(f"there is no {document} yet")
    check(lambda source: dead_paths(source, ROOT) if source.path == document else [])


# --- The rules that are more than one expression: what they find, and what they leave alone ------


def test_rule_layers():
    def wrong(path, include):
        return len(wrong_layers(Source(path, f"// A.\n#include {include}\n")))
    assert wrong("src/wire/http1.cc", '"base/error.h"') == 0
    assert wrong("src/wire/http1.cc", '"net/fd.h"') == 1
    assert wrong("src/app/sim/world.cc", '"sim/sim_kernel.h"') == 0
    assert wrong("src/app/main.cc", '"sim/sim_kernel.h"') == 1
    assert wrong("src/http/endpoints/echo.cc", '"wire/http/target.h"') == 0
    assert wrong("src/http/endpoints/echo.cc", '"wire/http1/request.h"') == 1


@pytest.mark.parametrize("code", [
    "Task<> f() { auto x = c ? T(co_await g()) : T(); }",
    "Task<> f() { auto x = c\n  ? co_await g()\n  : T(); }",
    "Task<> f() { auto x = co_await g() ? 1 : 2; }",
    "Task<> f() { use(a, (c ? co_await g() : h())); }",
    "Task<> f() { auto x = Pair{co_await g(), 1}; }",
    "Task<> f() { auto x = Pair{.a = 1,\n .b = co_await g()}; }",
    "Task<> f() { std::vector<int> x{1, co_await g()}; }",
    "Task<> f() { co_return {co_await g(), 2}; }",
    "Task<> f() { while (c) { use(Pair{1, h(co_await g())}); } }",
])
def test_rule_co_await_finds(code):
    assert len(unsafe_co_await(Source("src/base/x.cc", code))) == 1


@pytest.mark.parametrize("code", [
    "Task<> f() { co_await g(); }",
    "Task<> f() { while (Chunk c = co_await r()) co_await s(std::move(c)); co_await t(); }",
    "Task<> f() { while (int x = co_await g()) { y = x ? 1 : 2; } }",
    "Task<> f() { if (co_await g()) x = c ? 1 : 2; }",
    "Task<> f() { int y = c ? 1 : 2; co_await g(y); int z = y ? 1 : 2; }",
    "Task<> f() { co_await g(c ? 1 : 2); co_await failed({Errc::kTimeout}); }",
    "Task<> f() { use(c ? 1 : 2, co_await g(), c ? 3 : 4); }",
    "Task<> f() { if (c) { for (;;) { co_return co_await g(); } } }",
    "Task<> f() { Pair x{1, 2}; auto y = co_await g(Pair{1, 2}); }",
    "auto f = []() -> Task<> { co_await g(); };",
    "Task<> f() { switch (x) { case 1: co_await g(); } }",
    '// x ? co_await y : z\nauto s = "{co_await ?}";',
])
def test_rule_co_await_allows(code):
    assert unsafe_co_await(Source("src/base/x.cc", code)) == []
