"""Settings: files, variables and the command line, which of them counts, what mistakes are told,
and whether the documents and completions that are made from the options are current."""

import os
import pathlib
import re
import shutil
import subprocess
import tomllib

import pytest

from support import ECHOD, PATIENCE_S

ROOT = pathlib.Path(__file__).resolve().parents[2]

DOCUMENTS = {
    "markdown": "docs/options.md",
    "man": "docs/man/echod.1",
    "bash": "completions/echod.bash",
    "zsh": "completions/_echod",
    "fish": "completions/echod.fish",
}


def run(*arguments, **variables):
    return subprocess.run([ECHOD, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S,
                          env={**os.environ, **variables})


def dump(*arguments, **variables):
    """The lines of `config dump` by key, and what a reader of TOML makes of them."""
    ended = run("config", "dump", *arguments, **variables)
    assert ended.returncode == 0, ended.stderr
    lines = {}
    for line in ended.stdout.splitlines():
        match = re.match(r"([a-z-]+) = ", line)
        if match:
            lines[match.group(1)] = line
    return lines, tomllib.loads(ended.stdout), ended.stdout


def test_a_server_with_a_file(echod, tmp_path):
    file = tmp_path / "echod.toml"
    file.write_text('# of the test\nengine = "sequential"\nmax-body = "1KiB"\n'
                    'listen = ["http://127.0.0.1:0"]\n\n[bench]\nconnections = 1\n')
    server = echod("--config", file, listen=[])
    assert "Engine: sequential" in server.stdout
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_admin_address_that_others_reach_is_a_mistake(tmp_path):
    file = tmp_path / "echod.toml"
    for address in ("0.0.0.0:9090", "*:9090", "[::]:9090", "192.0.2.1:9090"):
        file.write_text(f'workers = 1\nadmin = ["127.0.0.1:9091", "{address}"]\n')
        for arguments in (("config", "check", file), ("--config", file)):
            ended = run(*arguments)
            assert ended.returncode == 2
            assert f"{file}:2: admin: {address}: others could reach it; use a" in ended.stderr
        file.write_text(file.read_text() + 'admin-allow-remote = "on"\n')
        assert run("config", "check", file).returncode == 0
    file.write_text('admin = ["localhost:9090", "[::1]:9090", "9090", "unix:/run/x.sock"]\n')
    assert run("config", "check", file).returncode == 0


def test_which_place_counts(tmp_path):
    file = tmp_path / "echod.toml"
    file.write_text("queue = 2\nworkers = 2\nmax-waiting = 2\n")
    lines, values, _ = dump("--config", file, "--workers", "4", ECHOD_WORKERS="3",
                            ECHOD_QUEUE="3")
    assert (values["workers"], values["queue"], values["max-waiting"]) == (4, 3, 2)
    assert lines["workers"].endswith(" # command line --workers")
    assert lines["queue"].endswith(" # environment ECHOD_QUEUE")
    assert lines["max-waiting"].endswith(f" # file {file}:3: max-waiting")
    assert lines["max-body"].endswith(" # default")
    assert dump(ECHOD_CONFIG=str(file))[1]["workers"] == 2


@pytest.mark.parametrize("verb, arguments", [
    ("serve", ["--listen", "tcp://:0", "--listen", "[::1]:7", "--workers", "2", "--log-file",
               'a "file" \\ of # me', "--spin", "20us", "--response-control", "no"]),
    ("bench", ["--header", "A: it's, \"quoted\"", "--fail-if", "p99>5ms", "--fail-if", "errors>0",
               "--no-verify", "--pin", "-r", "20k", "--size", "64:9,1KiB:1"]),
    ("sim", ["--seed", "18", "--no-faults", "--engine", "uring"]),
])
def test_a_dump_can_be_read_back(tmp_path, verb, arguments):
    _, values, text = dump(verb, *arguments)
    file = tmp_path / "dump.toml"
    file.write_text(text)
    assert run("config", "check", file).returncode == 0
    lines, again, _ = dump(verb, "--config", file)
    assert again == values
    assert all(f"# file {file}:" in line for line in lines.values())


def test_the_example_holds_every_setting_and_is_right(tmp_path):
    example = run("config", "example")
    assert example.returncode == 0
    file = tmp_path / "echod.toml"
    file.write_text(example.stdout)
    assert run("config", "check", file).stdout == f"{file}: ok\n"
    # The same with every setting in effect.
    file.write_text(re.sub(r"^#(?=[a-z])", "", example.stdout, flags=re.MULTILINE))
    checked = run("config", "check", file)
    assert (checked.returncode, checked.stdout) == (0, f"{file}: ok\n"), checked.stderr
    settings = tomllib.loads(file.read_text())
    for verb in ("serve", "bench", "sim"):
        _, _, text = dump(verb)
        keys = set(re.findall(r"^(?:# )?([a-z-]+)(?: =|:) ", text, re.MULTILINE))
        stated = settings if verb == "serve" else settings[verb]
        assert keys == {key for key, value in stated.items() if not isinstance(value, dict)}
    assert max(map(len, example.stdout.splitlines())) <= 100


@pytest.mark.parametrize("text, mistake", [
    ("workres = 2\n", ":1: unknown key 'workres'; did you mean workers?"),
    ("\nworkers = 0\n", ":2: workers: '0' is not a number from 1 to 10000"),
    ('engine = "turbo"\n',
     ":1: engine: 'turbo' is not one of auto|sequential|threads|pool|epoll|uring"),
    ('listen = ["tcp://:1",\n  "ftp://h"]\n', ":1: listen: 'ftp' is not a protocol: "),
    ("[bench]\n\nsizes = 64\n", ":3: unknown key 'sizes'; did you mean size?"),
    ("[sim]\nfaults = 'perhaps'\n", ":2: faults: 'perhaps' is not one of on|off"),
    ("[benhc]\n", ":1: unknown table 'benhc'; did you mean bench?"),
    ("workers\n", ":1: 'workers' is not `key = value`"),
])
def test_mistakes_in_a_file(tmp_path, text, mistake):
    file = tmp_path / "echod.toml"
    file.write_text(text)
    checked = run("config", "check", file)
    assert checked.returncode == 2
    assert checked.stderr.startswith(f"echod: {file}{mistake}")
    assert checked.stderr.count("\n") == 1
    if "[bench]" not in text and "[sim]" not in text:  # the server's own, or the file as a whole
        served = run("--config", file)
        assert served.returncode == 2
        assert served.stderr.startswith(f"echod: {file}{mistake}")


def test_files_that_cannot_be_read(tmp_path):
    for name in (tmp_path, tmp_path / "none"):
        for arguments in (("config", "check", name), ("--config", name)):
            ended = run(*arguments)
            assert ended.returncode == 2
            assert ended.stderr.startswith(f"echod: cannot read {name}: ")
    assert run("config", "check", "/dev/zero").returncode == 2


def test_the_words_of_config():
    assert run("config", "--help").stdout == run("help", "config").stdout != ""
    assert run("config", "dump", "--help").stdout == run("--help").stdout
    for wrong in ([], ["chekc"], ["check"], ["example", "more"], ["docs"], ["docs", "pdf"],
                  ["dump", "compare"], ["dump", "--workres", "2"]):
        ended = run("config", *wrong)
        assert ended.returncode == 2, wrong
        assert ended.stderr.startswith("echod: ") and ended.stderr.count("\n") == 1
    assert "did you mean check?" in run("config", "chekc").stderr


def test_unknown_variables_are_pointed_out(echod):
    variables = {"ECHOD_WORKRES": "2", "ECHOD_PORT_80_TCP": "x", "ECHOD_SERVICE_HOST": "x"}
    warning = "unknown variable ECHOD_WORKRES; did you mean ECHOD_WORKERS?"
    assert run("config", "dump", **variables).stderr == f"echod: warning: {warning}\n"
    server = echod(env={**os.environ, **variables})
    server.wait_log(rf"^{re.escape(warning)}$")
    assert "ECHOD_PORT" not in server.log


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_current(name):
    path = ROOT / DOCUMENTS[name]
    made = run("config", "docs", name)
    assert made.returncode == 0
    kept = path.read_text() if path.exists() else ""
    assert kept == made.stdout, f"{DOCUMENTS[name]} is out of date; run scripts/docs {ECHOD}"


@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
def test_the_manual_page_is_valid():
    formatted = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", ROOT / DOCUMENTS["man"]],
                               capture_output=True, text=True, timeout=PATIENCE_S)
    assert (formatted.returncode, formatted.stderr) == (0, "")


def complete(*words):
    """What bash offers when the last of `words` is completed."""
    script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _echod; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    ended = subprocess.run(["bash", "-c", script, ROOT / DOCUMENTS["bash"], "echod", *words],
                           capture_output=True, text=True, timeout=PATIENCE_S)
    assert (ended.returncode, ended.stderr) == (0, "")
    return set(ended.stdout.split())


def test_bash_completes(tmp_path):
    assert complete("") == {"serve", "bench", "health", "sim", "config", "help",
                            "version"}
    assert complete("be") == {"bench"}
    assert complete("--max-conn") == {"--max-connections", "--max-connections-per-source"}
    assert complete("--engine", "ep") == {"epoll"}
    assert complete("--engine", "=", "u") == {"uring"}
    assert complete("--engine", "=") >= {"auto", "threads"}
    assert complete("-e", "") >= {"auto", "threads"}
    assert complete("serve", "-e", "") >= {"auto", "threads"}
    assert complete("--workers", "") == set()
    assert complete("bench", "--no-ver") == {"--no-verify"}
    assert complete("bench", "-e", "") == {"auto", "epoll", "uring"}
    assert complete("bench", "") == {"compare", "merge"}
    assert complete("bench", "compare", "--thr") == {"--threshold"}
    assert complete("sim", "--engine", "a") == {"any"}
    assert complete("config", "") == {"check", "dump", "example", "docs"}
    assert complete("config", "docs", "") == set(DOCUMENTS)
    assert complete("config", "dump", "bench", "--conne") == {"--connections", "--connect-each",
                                                              "--connect-rate"}
    (tmp_path / "settings.toml").touch()
    for before in (["--config"], ["config", "check"], ["bench", "merge"]):
        assert complete(*before, f"{tmp_path}/se") == {f"{tmp_path}/settings.toml"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_read_their_completions(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    ended = subprocess.run([shell, "-n", ROOT / DOCUMENTS[shell]], capture_output=True, text=True,
                           timeout=PATIENCE_S)
    assert (ended.returncode, ended.stderr) == (0, "")
