"""echod bench as its users run it: against echod, against echo servers of others, interrupted, in a
terminal, and with what can go wrong."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

import pytest

import support


def bench(*arguments, **options):
    """Runs it to its end. The result has stdout, stderr and returncode."""
    options = {"timeout": support.PATIENCE_S, "stdin": subprocess.DEVNULL, "capture_output": True,
               "text": True, **options}
    return subprocess.run([support.ECHOD, "bench", *map(str, arguments)], **options)


def totals(text):
    """A JSON report's totals and plan in one, with its errors by kind."""
    report = json.loads(text)
    return {**report["plan"], **report["totals"], "errors": report["errors"]["by_kind"],
            "tester": report["tester"]}


def result_of(*arguments):
    """The totals of a run that ends well."""
    process = bench("--json", "-", "--no-view", *arguments)
    assert process.returncode == 0, process.stderr
    return totals(process.stdout)


@pytest.fixture
def tcp(echod):
    return f"tcp://127.0.0.1:{echod(listen=['tcp://127.0.0.1:0']).port}"


@pytest.fixture
def http(echod):
    return f"http://127.0.0.1:{echod(listen=['http://127.0.0.1:0']).port}/"


@pytest.fixture
def nobody():
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


# --- Runs -----------------------------------------------------------------------------------------


def test_report_of_a_tcp_run(tcp):
    process = bench("-n", 500, "-c", 5, tcp)
    assert process.returncode == 0
    assert process.stdout.startswith(tcp + "\n")
    assert re.search(r"^  Messages +500 ", process.stdout, re.M)
    assert re.search(r"^  Errors +none$", process.stdout, re.M)
    assert "every byte verified" in process.stdout


def test_report_of_an_http_run(http):
    result = result_of("-n", 500, "-c", 5, "-s", "1KiB", "-H", "X-Test: yes", http)
    assert result["messages"] == 500
    assert result["bytes"] == 500 * 1024
    assert result["errors"] == {}


def test_short_flags_of_other_load_testers(tcp, http):
    assert result_of("-c3", "-t2", "-z", "200ms", http)["threads"] == 2  # hey, oha
    assert result_of("-c3", "-t2", "-d0.2s", "-R100", tcp)["rate_per_s"] == 100  # wrk2
    assert result_of("-n50", "-q", "1k", tcp)["loop"] == "open"  # hey, oha
    assert result_of("-n50", "--disable-keepalive", http)["connect_each"]


def test_a_mix_of_sizes(tcp):
    result = result_of("-n", 400, "-s", "10:3,1000:1", tcp)
    assert result["messages"] == 400
    assert 400 * 10 < result["bytes"] < 400 * 1000


def test_localhost_by_name(echod):
    server = echod(listen=["localhost:0"])
    assert result_of("-n", 20, f"tcp://localhost:{server.ports[0]}")["messages"] == 20
    assert result_of("-n", 20, f"localhost:{server.ports[0]}")["messages"] == 20


@pytest.mark.skipif(not support.has_ipv6(), reason="no IPv6")
def test_ipv6(echod):
    server = echod(listen=["[::1]:0"])
    port = re.search(r"\[::1\]:(\d+)", server.stdout).group(1)
    assert result_of("-n", 20, f"http://[::1]:{port}/x?y=1")["messages"] == 20


def test_more_connections_than_one_source_address_has_ports_for(tcp):
    result = result_of("-n", 500, "-c", 50, "-B", "127.0.0.2", "-B", "127.0.0.3", tcp)
    assert result["messages"] == 500


def test_many_connections(tcp):
    count = 500 if support.SANITIZED else 2000
    result = result_of("-n", 2 * count, "-c", count, "--idle", count, tcp)
    assert result["errors"] == {}
    assert result["messages"] == 2 * count
    assert result["connects"] == count


# --- Other people's servers -----------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("server", ["socat", "ncat"])
def test_other_echo_servers(server):
    port = free_port()
    commands = {
        "socat": ["socat", f"TCP4-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr", "EXEC:cat"],
        "ncat": ["ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", str(port)],
    }
    process = subprocess.Popen(commands[server], stderr=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    try:

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        support.wait_until(listens, server)
        result = result_of("-n", 300, "-c", 3, "--pipeline", 4, "-s", "1000", f"127.0.0.1:{port}")
        assert result["errors"] == {}
        assert result["messages"] == 300
        # Larger than what cat's pipe holds. Ncat then blocks for ever: it waits for cat to take
        # what cat cannot take before ncat reads.
        size = "1MiB" if server == "socat" else "16KiB"
        result = result_of("-n", 4, "-c", 2, "-s", size, f"127.0.0.1:{port}")
        assert result["errors"] == {}
        assert result["messages"] == 4
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# --- Files and exit codes -------------------------------------------------------------------------


def test_files(tcp, tmp_path):
    names = [tmp_path / f"r.{kind}" for kind in ("json", "html", "hlog")]
    names[0].write_text("what was there before " * 10_000)
    process = bench("-n", 100, "--json", names[0], "--html", names[1], "--hlog", names[2], tcp)
    assert process.returncode == 0
    assert "Messages" in process.stdout
    assert totals(names[0].read_text())["messages"] == 100
    assert "<html" in names[1].read_text()
    assert names[2].read_text().startswith("#")
    merged = bench("merge", names[0], names[0], "--json", "-")
    assert merged.returncode == 0, merged.stderr
    assert totals(merged.stdout)["messages"] == 200
    assert bench("compare", names[0], names[0]).returncode == 0


def test_a_file_that_cannot_be_written_is_found_out_before_the_run(tcp, tmp_path):
    began = time.monotonic()
    process = bench("-d", "1h", "--json", tmp_path / "missing" / "r.json", tcp)
    assert process.returncode == 1
    assert re.fullmatch(r"echod: cannot write \S+r\.json: No such file or directory\n",
                        process.stderr)
    assert time.monotonic() - began < 3600


def test_a_file_that_nothing_was_written_to_is_not_left(nobody, tmp_path):
    assert bench("--json", tmp_path / "r.json", nobody).returncode == 1
    assert list(tmp_path.iterdir()) == []
    kept = tmp_path / "kept.json"
    kept.write_text("kept")
    assert bench("--json", kept, nobody).returncode == 1
    assert kept.read_text() == "kept"


def test_nothing_can_be_reached(nobody):
    process = bench(nobody)
    assert process.returncode == 1
    assert process.stdout == ""
    lines = process.stderr.splitlines()
    assert len(lines) == 1
    assert "cannot connect to 127.0.0.1:" in lines[0]
    assert "is the server running there?" in lines[0]


def test_thresholds(tcp):
    process = bench("-n", 50, "--fail-if", "errors>0", "--fail-if", "p50>10s", tcp)
    assert process.returncode == 0, process.stderr
    process = bench("-n", 50, "--fail-if", "p50>1us", "--fail-if", "rate>1", "--no-view", tcp)
    assert process.returncode == 99
    assert process.stderr == "echod: failed, because p50>1us\nechod: failed, because rate>1\n"
    assert "Messages" in process.stdout  # the report comes first


@pytest.mark.parametrize("arguments, words", [
    ([], "missing URL; give one"),
    (["tcp://localhost"], "has no port"),
    (["ftp://localhost:1"], "'ftp' is not a protocol"),
    (["tcp://localhost:99999"], "'99999' is not a port"),
    (["--rate", "fast", "localhost:1"], "--rate: 'fast' is not a rate"),
    (["--size", "0", "localhost:1"], "--size: '0' is not a size"),
    (["--conections", "5", "localhost:1"], "did you mean --connections?"),
    (["-H", "A: b", "localhost:1"], "--header is for http"),
    (["-H", "A b", "http://localhost:1"], "is not NAME: VALUE"),
    (["--fail-if", "p99", "localhost:1"], "--fail-if"),
    (["--engine", "pool", "localhost:1"], "is not one of auto|epoll|uring"),
    (["compare", "one.json"], "give two results"),
    (["merge"], "give the results"),
])
def test_wrong_command_lines(arguments, words):
    process = bench(*arguments)
    assert process.returncode == 2
    assert process.stdout == ""
    assert words in process.stderr
    assert process.stderr.count("\n") == 1


def test_help():
    process = bench("--help-all")
    assert process.returncode == 0
    for word in ["--rate", "--pipeline", "--connect-each", "--idle", "--json", "--fail-if",
                 "compare", "merge", "99"]:
        assert word in process.stdout
    for verb in ["compare", "merge"]:
        assert bench(verb, "--help").stdout.startswith(f"Usage: echod bench {verb} ")
    assert "echod bench" in subprocess.run([support.ECHOD, "--help"], capture_output=True,
                                           text=True, timeout=support.PATIENCE_S).stdout


def test_own_ceiling():
    process = bench("--self", "-t1", "-c4")
    assert process.returncode == 0, process.stderr
    assert re.match(r"The load tester's own ceiling here is [\d,.]+ messages/s", process.stdout)


def test_own_ceiling_before_a_run(tcp):
    result = result_of("--self", "-n", 100, tcp)
    assert result["messages"] == 100
    assert result["tester"]["ceiling_per_s"] > 0


# --- Signals and the view -------------------------------------------------------------------------


class Running:
    """echod bench as a process that is stopped in the end."""

    def __init__(self, *arguments, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "text": True, **options}
        self.process = subprocess.Popen([support.ECHOD, "bench", *map(str, arguments)], **options)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_its_report(tcp, tmp_path, number):
    with Running("-d", "1h", "-i", "100ms", "--json", tmp_path / "r.json", tcp) as process:
        assert "messages/s" in process.stderr.readline()  # it measures
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=support.PATIENCE_S)
        assert process.returncode == 128 + number
    assert "Interrupted after" in stdout
    result = totals((tmp_path / "r.json").read_text())
    assert result["interrupted"] is True
    assert result["messages"] > 0


def test_a_name_with_two_addresses_of_which_one_answers(echod, tmp_path):
    """The fallback is no error: localhost is ::1 too on most machines, and here in any case."""
    hosts = tmp_path / "hosts"
    hosts.write_text("::1 localhost\n127.0.0.1 localhost\n")
    with_hosts = ["unshare", "--mount", "sh", "-c",
                  f'mount --bind "{hosts}" /etc/hosts && exec "$@"', "--"]
    if subprocess.run([*with_hosts, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a mount namespace")
    for address in ("127.0.0.1", "[::1]"):
        port = echod(listen=[f"{address}:0"]).port
        for scheme in ("tcp", "http", "ws"):
            for more in ([], ["--connect-each"]):
                command = [*with_hosts, support.ECHOD, "bench", "-n50", "-c5", "--fail-if",
                           "errors>0", *more, f"{scheme}://localhost:{port}"]
                result = subprocess.run(command, capture_output=True, text=True, check=False,
                                        timeout=support.PATIENCE_S)
                assert result.returncode == 0, result.stdout + result.stderr


def test_a_run_in_which_nothing_comes_back_ends(tcp, echod):
    """Against a server of another protocol each message fails, and there is always a next one."""
    port = tcp.rpartition(":")[2]
    result = bench("-n", 100, "--timeout", "1s", f"ws://127.0.0.1:{port}")
    assert result.returncode == 1
    assert "echod: failed: no message was echoed for 1s; last error: " in result.stderr


def test_a_host_replaces_the_one_of_the_url(http):
    assert result_of("-n", 50, "-H", "Host: example.com", http)["errors"] == {}
    for own in ("Content-Length: 1", "transfer-encoding: chunked"):
        refused = bench("-n", 50, "-H", own, http)
        assert refused.returncode == 2 and "is set by bench itself" in refused.stderr


def test_what_another_protocol_said_is_shown(tcp, http):
    port = tcp.rpartition(":")[2]
    against_raw = bench("-n", 5, "-c", 1, "--timeout", "500ms", f"ws://127.0.0.1:{port}")
    assert "it sent 'GET / HTTP/1.1" in against_raw.stdout
    assert "which looks like a raw echo of the request" in against_raw.stdout
    against_http = bench("-n", 5, "-c", 1, "--timeout", "500ms", "tcp://" + http.split("/")[2])
    assert "it sent 'HTTP/1.1 4" in against_http.stdout
    assert "which looks like HTTP/1" in against_http.stdout


def test_any_http_server_by_its_statuses(http):
    for arguments, count in (
            (["-X", "GET", http], 20), (["-X", "HEAD", http], 20),
            (["-X", "PUT", "--body", "text", "--chunked", http + "anything"], 20),
            (["-X", "GET", "--expect-status", "404,2xx", http + "status/404"], 20),
            (["-X", "GET", http + "status/503"], 0), ([http + "status/204"], 0)):
        process = bench("-n", 20, "-c", 2, "--no-view", "--json", "-", *arguments)
        report = totals(process.stdout)
        assert report["messages"] == count, arguments
        assert report["errors"] == ({} if count else {"status": 20})
        assert process.returncode == (0 if count else 1)
    for wrong in (["-X", "GET", "-s", "5", http], ["--chunked", http], ["--body", "@/none", http],
                  ["--expect-status", "2x", http], ["-X", "GET", "tcp://127.0.0.1:1"]):
        assert bench("-n", 1, *wrong).returncode == 2


def test_fewer_messages_than_connections(tcp):
    result = bench("-n", 1, "-c", 50, "--no-view", tcp)
    assert result.stderr == "echod: 1 connection, as there are no more messages\n"
    assert result.returncode == 0


def test_a_report_that_cannot_be_written(tcp):
    for arguments in ([], ["--json", "/dev/full"], ["--html", "/dev/full"]):
        with open("/dev/full", "w") as full:
            result = bench("-n", 10, "--no-view", *arguments, tcp, capture_output=False,
                           stdout=subprocess.DEVNULL if arguments else full,
                           stderr=subprocess.PIPE)
        assert result.returncode == 1
        assert result.stderr.count("No space left on device") == 1


def test_a_second_signal_ends_at_once():
    """A server that never answers: the first signal waits for what is under way."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with Running("-d", "1h", "-c", 1, f"127.0.0.1:{port}") as process:
            connection, _ = silent.accept()
            support.receive_exactly(connection, 64)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)  # apart, so that they are two
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=support.PATIENCE_S)
            connection.close()
            # On a machine so busy that the first one came late, the run may end by itself.
            assert process.returncode in (0, 128 + signal.SIGINT)
            if process.returncode != 0:
                assert "second signal" in stderr


def test_plain_lines_where_there_is_no_terminal(tcp):
    process = bench("-d", "500ms", "-i", "100ms", tcp)
    lines = process.stderr.splitlines()
    assert len(lines) >= 3
    for line in lines:
        assert re.fullmatch(r"\d+ s: [\d,.]+ messages/s, p50 .*, p99 .*, no errors", line), line
    assert bench("-d", "100ms", "--no-view", tcp).stderr == ""


def terminal_output(arguments, environment):
    """What a run writes to a terminal that its standard error is."""
    ours, theirs = pty.openpty()
    with Running(*arguments, stderr=theirs, stdout=subprocess.DEVNULL,
                 env={**os.environ, **environment}) as process:
        os.close(theirs)
        text = b""
        deadline = time.monotonic() + support.PATIENCE_S
        while time.monotonic() < deadline:
            ready, _, _ = select.select([ours], [], [], deadline - time.monotonic())
            assert ready
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not more:
                break
            text += more
        assert process.wait(support.PATIENCE_S) == 0
    os.close(ours)
    return text.decode()


def test_a_terminal_sees_one_line_redrawn(tcp):
    text = terminal_output(["-d", "500ms", tcp], {"TERM": "xterm"})
    assert text.startswith("\r")
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")
    assert "[=" in text and "p99" in text


def test_a_dumb_terminal_sees_plain_lines(tcp):
    text = terminal_output(["-d", "500ms", "-i", "100ms", tcp], {"TERM": "dumb"})
    assert "\x1b" not in text
    assert "messages/s" in text
