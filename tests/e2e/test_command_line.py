"""The program as it is typed: help, versions, words and listeners that people write, limits of the
system under which it cannot start, and log files that are rotated or full."""

import re
import resource
import signal
import socket
import subprocess

import pytest

from support import ECHOD, PATIENCE_S, SANITIZED, wait_until


def run(*arguments, **options):
    return subprocess.run([ECHOD, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=PATIENCE_S, **options)


def test_help_and_version_by_verbs():
    assert run("help").stdout == run("--help").stdout
    assert run("help", "bench").stdout == run("bench", "--help").stdout
    assert run("version").stdout == run("--version").stdout
    assert run("help", "conquer").returncode == 2


def test_short_help_shows_ten_options_and_names_the_rest():
    for verb in ([], ["bench"]):
        short, full = run(*verb, "--help").stdout, run(*verb, "--help-all").stdout
        options = re.compile(r"^ {2,6}(?:-\w, )*--", re.MULTILINE)
        assert len(options.findall(short)) == 10 + 3  # and --help, --help-all, --version
        count = len(options.findall(full))
        assert f"{' '.join(['echod', *verb])} --help-all lists all {count} options.\n" in short
        assert max(map(len, full.splitlines())) <= 100
    assert run("sim", "--help").stdout == run("sim", "--help-all").stdout


@pytest.mark.parametrize("arguments, words", [
    (["--lisen", ":1"], "unknown option '--lisen'; did you mean --listen?"),
    (["bench", "--durration", "1s"], "unknown option '--durration'; did you mean --duration?"),
    (["sim", "--no-fault"], "unknown option '--no-fault'; did you mean --no-faults?"),
    (["bench"], "missing URL; give one, such as tcp://localhost:8080"),
])
def test_mistakes_say_what_to_do(arguments, words):
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("echod: ") and words in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["bench", "--help"],
                                       ["sim", "--help"]])
def test_help_that_cannot_be_written(arguments):
    with open("/dev/full", "w") as full:
        ended = subprocess.run([ECHOD, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                               timeout=PATIENCE_S)
    assert ended.returncode == 1
    assert ended.stderr == "echod: cannot write to standard output: No space left on device\n"


def test_a_port_alone_is_loopback_and_a_colon_all_interfaces(echod):
    assert "listening on 127.0.0.1:" in echod(listen=["0"]).stdout
    for listener in (":0", "*:0", "tcp://:0"):
        assert re.search(r"listening on (\[::\]|0\.0\.0\.0):", echod(listen=[listener]).stdout)


def test_a_listener_given_twice():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ended = run("--listen", port, "--listen", f"127.0.0.1:{port}")
    assert ended.returncode == 1
    assert ended.stderr == (f"echod: cannot listen on 127.0.0.1:{port}: another --listen already "
                            "uses that port\n")
    assert run("--listen", "").returncode == 2


def test_an_option_without_effect_is_pointed_out(echod):
    server = echod("--engine", "epoll", "--queue", "5")
    server.wait_log(r"^--queue has no effect with the epoll engine$")


@pytest.mark.parametrize("limit, values", [
    (resource.RLIMIT_AS, [20 << 20, 24 << 20, 32 << 20, 48 << 20]),
    (resource.RLIMIT_NOFILE, [4, 5, 6, 7, 8, 9]),
])
def test_limits_too_low_to_start_end_with_a_sentence(limit, values):
    if SANITIZED and limit == resource.RLIMIT_AS:
        pytest.skip("a sanitizer needs far more addresses")
    for value in values:
        process = subprocess.Popen(
            [ECHOD, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(limit, (value, value)))
        first = process.stdout.readline()
        if first:  # it could start
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert "terminate called" not in errors
        if not first:
            assert process.returncode in (1, 127), errors  # 127: not even loaded
            assert any(line.startswith(("echod: ", str(ECHOD))) for line in errors.splitlines())


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_rotated_logs(echod, tmp_path, number):
    log, access = tmp_path / "log", tmp_path / "access"
    server = echod("--log-file", log, "--access-log", access)
    for name in ("first", "second"):
        with server.connect() as connection:
            connection.sendall(f"GET /{name} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            connection.recv(100)
        wait_until(lambda: access.exists() and f"/{name} " in access.read_text(), name)
        if name == "first":
            log.rename(tmp_path / "log.1")
            access.rename(tmp_path / "access.1")
            server.signal(number)
            wait_until(lambda: log.exists() and "Log files reopened" in log.read_text(), "log")
    assert "/second" not in (tmp_path / "access.1").read_text()
    assert "/first" not in access.read_text()
    assert server.stop() == 0


def test_a_full_log_is_told_once(echod):
    server = echod("--log-file", "/dev/full")
    for _ in range(3):
        server.connect().close()
    server.wait_log(r"^echod: cannot write the log file /dev/full: No space left on device")
    assert server.stop() == 0
    assert server.log.count("No space left on device") == 1


def test_lines_in_a_file_have_the_time(echod, tmp_path):
    log = tmp_path / "log"
    server = echod("--log-file", log, "--log-timestamps", "auto")
    server.connect().close()
    time_of = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[127"
    wait_until(lambda: log.exists() and re.search(time_of, log.read_text(), re.M), "a line")
