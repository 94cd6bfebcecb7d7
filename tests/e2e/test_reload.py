"""Options that change while the server runs: SIGHUP reads the configuration file anew, all of it or
nothing of it, and connections that are open stay as they are."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import time

import pytest

from support import PATIENCE_S, SANITIZED, curl, echo, receive_exactly, wait_until

POST = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s"


@pytest.fixture
def config(tmp_path):
    return tmp_path / "echod.toml"


def reload(server):
    """SIGHUP; what it has logged, when it is done."""
    before = len(server.log)

    def log():
        return server.log[before:]

    server.signal(signal.SIGHUP)
    wait_until(lambda: re.search(r"^Configuration (not )?reloaded.*\n", log(), re.M), "the reload")
    return log()


def status_of(server, size):
    return int(curl("--output", "/dev/null", "--write-out", "%{http_code}", "--data-binary",
                    "x" * size, f"http://127.0.0.1:{server.port}/").stdout)


def post(connection, size):
    """The status of a request on an open connection."""
    connection.sendall(POST % (size, b"x" * size))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive_exactly(connection, 1)
    length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
    receive_exactly(connection, length)
    return int(head.split()[1])


def test_new_connections_have_the_new_values(echod, loop, config):
    config.write_text('max-body = 10\nidle-timeout = "5m"\n')
    server = echod("--engine", loop, "--config", config)
    with server.connect() as before:
        assert post(before, 10) == 200
        assert status_of(server, 11) == 413
        config.write_text('max-body = 20\nidle-timeout = "1m"\nheader-timeout = "7s"\n')
        log = reload(server)
        assert "Reloaded: max-body 10 -> 20\n" in log
        assert "Reloaded: idle-timeout 5m -> 1m\n" in log
        assert "Reloaded: header-timeout 10s -> 7s\n" in log
        assert "Configuration reloaded: 3 options changed\n" in log
        assert status_of(server, 20) == 200
        assert status_of(server, 21) == 413
        assert post(before, 11) == 413, "an open connection keeps what it began with"
    assert "Configuration reloaded: no option changed\n" in reload(server)


MISTAKES = {
    "unknown key": ('max-boddy = 20\n', ":1: unknown key 'max-boddy'; did you mean max-body?"),
    "bad value": ('max-body = 20\nidle-timeout = "soon"\n', ":2: idle-timeout: 'soon' is not"),
    "half written": ('max-body = 20\nidle-timeout = "1', ":2: idle-timeout: "),
    "huge": ("#" * (1 << 20) + "\nmax-body = 20\n", ": the file is larger than 1MiB"),
    "bytes": ("max-body = 20\n\0\xff", ":2: "),
    "what waits": ("max-body = 20\nworkers = 0\n", ":2: workers: '0' is not a number"),
}


def test_a_mistake_changes_nothing(echod, config):
    config.write_text("max-body = 10\n")
    server = echod("--config", config)
    prefix = "Configuration not reloaded, the previous one stays in effect: "

    def expect(problem):
        log = reload(server)
        assert prefix + problem in log, log
        assert "Reloaded:" not in log
        assert status_of(server, 10) == 200 and status_of(server, 11) == 413

    for text, problem in MISTAKES.values():
        config.write_text(text)
        expect(f"{config}{problem}")
    config.unlink()
    expect(f"cannot read {config}: No such file or directory")
    config.mkdir()
    expect(f"cannot read {config}: Is a directory")
    config.rmdir()
    os.mkfifo(config)  # which would keep a reader waiting
    expect(f"cannot read {config} again: it is not a regular file")
    config.unlink()
    config.write_text("max-body = 20\n")
    assert "Reloaded: max-body 10 -> 20\n" in reload(server)


def test_the_command_line_and_the_environment_come_first(echod, config):
    config.write_text("max-body = 10\nmax-header = 1k\n".replace("1k", '"1k"'))
    server = echod("--config", config, "--max-body", "30",
                   env={**os.environ, "ECHOD_DRAIN_DELAY": "0"})
    config.write_text('max-body = 20\ndrain-delay = "1h"\nmax-header = "2k"\n')
    log = reload(server)
    assert log.count("Reloaded: ") == 1 and "Reloaded: max-header 1k -> 2k\n" in log
    assert status_of(server, 30) == 200


def test_what_takes_a_restart_is_said_and_the_rest_applies(echod, config):
    config.write_text("max-body = 10\nworkers = 1\n")
    server = echod("--config", config)
    config.write_text('max-body = 20\nworkers = 2\nengine = "pool"\n')
    for changed in ["1 option", "no option"]:
        log = reload(server)
        assert "Changed, takes effect after a restart: engine auto -> pool\n" in log
        assert "Changed, takes effect after a restart: workers 1 -> 2\n" in log
        assert f"Configuration reloaded: {changed} changed\n" in log
    assert status_of(server, 20) == 200


def test_level_and_format_of_the_log(echod, config):
    config.write_text("")
    server = echod("--config", config)
    config.write_text('log-level = "error"\n')
    server.signal(signal.SIGHUP)
    # The log is silent from here on, so that a connection shows when it is.
    def is_silent():
        before = len(server.log)
        with server.connect() as connection:
            echo(connection, b"hello")
        return len(server.log) == before
    wait_until(is_silent, "a silent log")
    config.write_text('log-format = "json"\n')
    server.signal(signal.SIGHUP)
    server.wait_log('^{.*"event":"reload"')
    with server.connect() as connection:
        echo(connection, b"hello")
    server.wait_log('^{.*"event":"connection_closed"')


def test_connection_limits_change_at_once(echod, loop, config):
    config.write_text("max-connections-per-source = 2\n")
    server = echod("--engine", loop, "--config", config)

    def is_served():
        try:
            with server.connect() as connection:
                echo(connection, b"?")
            return True
        except (AssertionError, ConnectionError):
            return False

    with server.connect() as one, server.connect() as two:
        echo(one, b"1")
        echo(two, b"2")
        assert not is_served()
        config.write_text("max-connections-per-source = 3\n")
        reload(server)
        assert is_served()
        config.write_text("max-connections-per-source = 1\n")
        reload(server)
        assert not is_served()
        echo(one, b"still")
        echo(two, b"here")
        config.write_text("")
        reload(server)
        assert is_served()


def test_the_drain_delay_is_the_newest(echod, config):
    config.write_text("")
    server = echod("--config", config)
    with server.connect() as connection:
        echo(connection, b"hello")
        config.write_text('drain-delay = "10ms"\n')  # the timeout is the fixture's
        reload(server)
        assert server.stop() == 0
    assert "Shutting down in 10ms" in server.log


def test_logs_and_what_is_shown(echod, config, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    config.write_text("")
    server = echod("--config", config, "--workers", "1", env={**os.environ, "POD_NAME": "web-1"})
    url = f"http://127.0.0.1:{server.port}"
    config.write_text(f'access-log = "{one}"\nshow-environment = ["POD_NAME", "ECHO_UNSET"]\n')
    log = reload(server)
    assert f"Reloaded: access-log default -> {one}\n" in log
    assert "ECHO_UNSET is not set (--show-environment)\n" in log
    assert "Log files reopened" not in log
    with server.connect() as open_before:
        assert b"X-Echo-Environment: POD_NAME=web-1\r\n" in curl("-i", url).stdout
        assert post(open_before, 1) == 200
        wait_until(lambda: one.exists() and one.read_text().count("[POD_NAME=web-1]\n") == 2,
                   "lines")
        # A file that cannot be opened: nothing changes, whatever else does.
        config.write_text(f'access-log = "{tmp_path}/none/x"\nmax-body = 10\n')
        assert f"not reloaded, the previous one stays in effect: cannot open the access log " \
            f"{tmp_path}/none/x: No such file or directory\n" in reload(server)
        assert status_of(server, 11) == 200
        wait_until(lambda: one.read_text().count("\n") == 3, "its line")
        config.write_text(f'access-log = "{two}"\naccess-log-format = "json"\n'
                          'access-log-skip = "/healthz"\n')
        reload(server)
        assert post(open_before, 1) == 200, "and its line is one of the new ones"
        assert b"Environment" not in curl("-i", f"{url}/healthz").stdout
        wait_until(lambda: two.read_text(), "a line")
    assert json.loads(two.read_text())["method"] == "POST"
    assert one.read_text().count("\n") == 3
    config.write_text(f'log-file = "{tmp_path}/log"\n')
    server.signal(signal.SIGHUP)
    log = tmp_path / "log"
    wait_until(lambda: log.exists() and "Configuration reloaded: 4 options" in log.read_text(),
               "the log in its new place")
    assert curl(url).returncode == 0
    assert two.read_text().count("\n") == 1, "the access log is off"


def test_reopening_the_logs_alone(echod, config, tmp_path):
    config.write_text("max-body = 10\n")
    server = echod("--config", config, "--access-log", tmp_path / "access")
    config.write_text("max-body = 20\n")
    server.signal(signal.SIGUSR1)
    server.wait_log("^Log files reopened$")
    assert status_of(server, 11) == 413
    assert "eloaded" not in server.log


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def test_a_storm_of_reloads(echod, config):
    """A thousand reloads, with connections that come and go, grow nothing and lose nobody."""
    def write(number):
        new = config.with_suffix(".new")
        new.write_text(f"max-body = {1000 + number}\nmax-waiting = {number}\n")
        new.rename(config)

    write(0)
    server = echod("--config", config, "--log-level", "error")
    reloads = 100 if SANITIZED else 1000
    connections = [server.connect() for _ in range(50)]
    sizes = []
    for number in range(1, reloads + 1):
        write(number)
        server.signal(signal.SIGHUP)
        if number % 10 == 0:
            echo(connections[number // 10 % 50], b"x" * 1000)
            connections.append(server.connect())
            connections.pop(0).close()
        if number in (reloads // 2, reloads):
            wait_until(lambda: status_of(server, 1000 + number) == 200, "the last reload")
            assert status_of(server, 1001 + number) == 413
            sizes.append(resident_kib(server))
    for connection in connections:
        echo(connection, b"still here")
        connection.close()
    assert SANITIZED or sizes[1] - sizes[0] < 2048, sizes


def test_a_flood_of_reloads_does_not_keep_it_from_ending(echod, config):
    config.write_text("")
    server = echod("--config", config, "--log-level", "off")
    child = os.fork()
    if child == 0:
        try:
            while True:
                os.kill(server.pid, signal.SIGHUP)
        except ProcessLookupError:
            pass
        finally:
            os._exit(0)
    try:
        time.sleep(0.1)
        assert server.stop() == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


# --- One option at a time, through the admin interface ------------------------------------------


class AdminConnection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self.path)


@pytest.fixture
def admin(tmp_path):
    """Calls the admin interface of the test's server."""
    connection = AdminConnection("localhost")
    connection.path = str(tmp_path / "admin.sock")

    def call(body=None, status=200, method=None, **headers):
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        method = method or ("GET" if body is None else "PATCH")
        connection.request(method, "/api/v1/limits", body and body.encode("latin-1"), headers)
        response = connection.getresponse()
        text = response.read().decode()
        assert response.status == status, text
        return json.loads(text) if status == 200 else text

    call.option = f"unix:{connection.path}"
    yield call
    connection.close()


def options_of(answer):
    assert answer["persistent"] is False
    return {option["name"]: option for option in answer["options"]}


def test_limits_are_read_and_changed(echod, config, admin):
    config.write_text("max-body = 10\n")
    server = echod("--config", config, "--admin", admin.option)
    options = options_of(admin())
    assert options["max-body"] == {"name": "max-body", "value": "10", "origin": "file",
                                   "place": f"{config}:1: max-body"}
    assert options["idle-timeout"] == {"name": "idle-timeout", "value": None, "origin": "default"}
    assert options["allow-redirect"]["value"] == []
    assert not {"listen", "admin", "log-file", "show-environment"} & options.keys()

    with server.connect() as before:
        assert post(before, 10) == 200
        options = options_of(admin({
            "max-body": 20, "allow-redirect": ["a.example", "b.example"], "max-connections": "1k",
            "response-control": False}))
        assert options["max-body"] == {"name": "max-body", "value": "20", "origin": "admin"}
        assert options["allow-redirect"]["value"] == ["a.example", "b.example"]
        assert status_of(server, 20) == 200
        assert post(before, 11) == 413
    server.wait_log("^.*Changed through the admin interface: max-body 10 -> 20$")
    answer = admin({"answer-header": "Authorization: Basic c2VjcmV0"})
    assert options_of(answer)["answer-header"]["value"] == ["Authorization:REDACTED"]
    server.wait_log("^.*: answer-header default -> Authorization:REDACTED$")
    reload(server)
    assert status_of(server, 20) == 413, "a reload returns to the file"
    assert options_of(admin())["max-body"]["origin"] == "file"


def test_a_wrong_change_of_limits_changes_nothing(echod, config, admin):
    config.write_text("max-body = 10\n")
    server = echod("--config", config, "--admin", admin.option)
    before = admin()
    for body, reason in [
            ({"max-body": 20, "idle-timeout": "soon"}, "idle-timeout: 'soon' is not a duration"),
            ({"max-boddy": 20}, "unknown option 'max-boddy'; did you mean max-body?"),
            ({"max-body": 20, "listen": "*:7"}, "listen cannot change while the server runs"),
            ({"log-file": "/etc/passwd"}, "log-file changes through the configuration alone"),
            ({"show-environment": ["PATH"]}, "show-environment changes through the configuration"),
            ({"max-body": [10, 20]}, "max-body: give one value"),
            ({"max-body": None}, "null is no value"),
            ({"max-body": {"max-body": 20}}, "an object is no value"),
            ({"allow-redirect": [["a"]]}, "an array does not belong here"),
            ({"max-body": -1}, "max-body: '-1' is not a size"),
            ({}, "there is no option to change"),
            ([], "an array does not belong here"),
            ('{"max-body": 20, "max-body": 20}', "it is given twice: max-body"),
            ('{"max-body": 20', "malformed JSON at byte "),
            ('{"max-body": 20} {}', "malformed JSON at byte "),
            ('"max-body"', "write an object of option names and values"),
            ("[" * 16000, "an array does not belong here"),
            ("\x01\xff", "malformed JSON at byte "),
    ]:
        text = admin(body, status=400)
        assert text.startswith(reason) and text.endswith("; nothing was changed\n"), text
    admin('{"max-body": "' + "2" * 20000 + '"}', status=413)
    assert admin() == before
    assert status_of(server, 11) == 413
    admin("{}", status=405, method="POST")
    # A page of another site cannot make a browser do it.
    admin({"max-body": 20}, status=403, Origin="http://evil.example")
    assert admin() == before
