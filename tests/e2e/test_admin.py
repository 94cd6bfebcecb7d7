"""The admin interface over real sockets: probes through a shutdown, the open connections, who may
call it, and what hostile clients cannot do to it. Its endpoints have unit tests."""

import json
import os
import resource
import signal
import socket
import stat
import subprocess

import pytest

from support import (ECHOD, LOOPS, PATIENCE_S, SOME_ENGINES, curl, echo, expect_end, receive_all,
                     wait_until)

HELD = 2000  # connections of a hostile client


@pytest.fixture
def admin(echod, tmp_path):
    """Starts servers with an admin interface on a Unix socket."""
    def start(*arguments, **options):
        path = tmp_path / "admin.sock"
        server = echod("--admin", f"unix:{path}", *arguments, **options)
        server.admin = path
        return server
    return start


def ask(server, path, *arguments):
    """(status, body) of the admin interface's response."""
    done = curl("--unix-socket", server.admin, "-w", "\n%{http_code}", *arguments,
                f"http://localhost{path}")
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), body


def probe(server, path):
    """The status of a new connection's request to the echo itself."""
    done = curl("-o", "/dev/null", "-w", "%{http_code}", f"http://127.0.0.1:{server.port}{path}")
    return int(done.stdout)


def listed(server, query=""):
    status, body = ask(server, f"/api/v1/connections{query}")
    assert status == 200, body
    return json.loads(body)["connections"]


def test_a_request_has_a_time_limit(admin):
    """However steadily its body arrives."""
    server = admin()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(0.2)
        client.connect(str(server.admin))
        client.sendall(b"PATCH /api/v1/limits HTTP/1.1\r\nHost: localhost\r\n"
                       b"Content-Length: 10000\r\n\r\n")
        for _ in range(PATIENCE_S * 5):
            try:
                client.sendall(b"{")
                assert client.recv(1) == b""
                break
            except TimeoutError:
                pass
            except ConnectionError:
                break
        else:
            pytest.fail("still open")


def test_over_tcp_and_a_unix_socket(echod, tmp_path):
    path = tmp_path / "admin.sock"
    server = echod("--admin", "0", "--admin", f"unix:{path}", "--workers", "1")
    server.admin = path
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
    port = wait_until(lambda: [line for line in server.stdout.splitlines()
                               if line.startswith("Admin interface on 127.0.0.1:")],
                      "the port")[0].rpartition(":")[2]
    assert ask(server, "/readyz") == (200, "ok\n")
    head = curl("-I", f"http://127.0.0.1:{port}/config").stdout
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"application/json" in head
    config = json.loads(curl(f"http://localhost:{port}/config").stdout)
    assert config["workers"] == {"value": "1", "origin": "command line", "place": "--workers"}
    assert json.loads(ask(server, "/version")[1])["engine"] in server.engine_line
    # A handshake is an ordinary request here: WebSocket would echo for any caller.
    done = curl("-i", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket",
                "-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: " + "A" * 22 + "==",
                "-H", "Origin: http://evil.example", f"http://127.0.0.1:{port}/")
    assert done.stdout.startswith(b"HTTP/1.1 403 ")
    assert curl("-H", "Host: evil.example", "-w", "%{http_code}", "-o", "/dev/null",
                f"http://127.0.0.1:{port}/livez").stdout == b"403"
    server.stop()
    assert not path.exists()


@pytest.mark.parametrize("engine", ["sequential"] + LOOPS)
def test_unready_from_the_signal_on_while_it_still_accepts(admin, engine):
    server = admin("--engine", engine, "--health-endpoints", "on", "--drain-delay", "1h")
    assert probe(server, "/readyz") == 200
    assert ask(server, "/readyz")[0] == 200
    server.signal(signal.SIGTERM)
    server.wait_log("^Shutting down in")
    assert ask(server, "/readyz") == (503, "stopping\n")
    assert ask(server, "/livez")[0] == 200
    for _ in range(3):  # each on a connection of its own
        assert probe(server, "/readyz") == 503
        assert probe(server, "/livez") == 200
        assert probe(server, "/") == 200
    server.signal(signal.SIGTERM)  # at once
    assert server.wait() == 128 + signal.SIGTERM


@pytest.mark.parametrize("engine", SOME_ENGINES)
def test_answers_until_the_drain_is_over(admin, engine):
    server = admin("--engine", engine, "--drain-delay", "1ms", "--drain-timeout", "1h")
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe")
        server.wait_log("Received")
        server.signal(signal.SIGTERM)
        server.wait_log("^Shutting down: 1 active connection")
        assert ask(server, "/readyz")[0] == 503
        assert [row["protocol"] for row in listed(server)] == ["http/1"]
        with pytest.raises(ConnectionRefusedError):
            wait_until(lambda: server.connect().close(), "the listener's end")
        connection.sendall(b"llo")
        assert receive_all(connection).endswith(b"hello")
    assert server.wait() == 0
    assert not server.admin.exists()


def test_answers_while_a_client_has_the_sequential_engine(admin):
    server = admin("--engine", "sequential")
    with server.connect() as connection:
        echo(connection, b"hello")
        assert ask(server, "/livez") == (200, "ok\n")
        assert len(listed(server)) == 1


@pytest.mark.parametrize("engine", LOOPS)
def test_connections_are_listed_and_closed(admin, engine):
    server = admin("--engine", engine, listen=("tcp://127.0.0.1:0",))
    with server.connect() as closed, server.connect() as stays:
        for connection in (closed, stays):
            echo(connection, b"hello")
        rows = {row["peer"]: row for row in listed(server, "?protocol=raw&sort=age")}
        row = rows["127.0.0.1:%d" % closed.getsockname()[1]]
        assert len(rows) == 2
        assert (row["bytes_received"], row["state"]) == (5, "established")
        assert row["rtt_us"] > 0
        assert ask(server, f"/api/v1/connections/{row['id']}", "-X", "DELETE")[0] == 200
        expect_end(closed)
        server.wait_log("Connection closed by the admin interface")
        echo(stays, b"hello")
        wait_until(lambda: len(listed(server)) == 1, "one connection to be left")
        assert ask(server, f"/api/v1/connections/{row['id']}", "-X", "DELETE")[0] == 404


def test_held_connections_do_not_keep_a_probe_out(admin):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, HELD + 200)), hard))
    server = admin()
    held = []
    try:
        for number in range(HELD):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(PATIENCE_S)
            client.connect(str(server.admin))
            held.append(client)
            if number % 3 == 1:
                try:
                    client.send(b"GET /config HTTP/1.1\r\nHost:")  # and no more
                except OSError:
                    pass  # displaced already
            if number % 500 == 499:
                assert ask(server, "/readyz") == (200, "ok\n")
        assert ask(server, "/readyz") == (200, "ok\n")
        with server.connect() as connection:
            echo(connection, b"hello")
        expect_end(held[0])
        assert len(os.listdir(f"/proc/{server.pid}/fd")) < 200
    finally:
        for client in held:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def refused_start(*arguments):
    return subprocess.run([ECHOD, "--listen", "127.0.0.1:0", *arguments], capture_output=True,
                          text=True, timeout=PATIENCE_S)


def test_others_reach_it_only_when_told_and_read_only_probes(echod):
    done = refused_start("--admin", "0.0.0.0:0")
    assert done.returncode == 2
    assert "--admin-allow-remote" in done.stderr
    server = echod("--admin", "0.0.0.0:0", "--admin-allow-remote", "on")
    port = wait_until(lambda: [line for line in server.stdout.splitlines()
                               if line.startswith("Admin interface on 0.0.0.0:")],
                      "the port")[0].rpartition(":")[2]
    codes = {path: int(curl("-o", "/dev/null", "-w", "%{http_code}",
                            f"http://127.0.0.1:{port}{path}").stdout)
             for path in ("/readyz", "/version", "/config", "/api/v1/connections")}
    assert codes == {"/readyz": 200, "/version": 200, "/config": 403, "/api/v1/connections": 403}


def test_the_file_of_a_killed_server_is_replaced_and_that_of_a_live_one_is_not(admin, echod):
    killed = admin()
    killed.process.kill()
    killed.wait()
    assert killed.admin.exists()
    server = admin()
    done = refused_start("--admin", f"unix:{server.admin}")
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert ask(server, "/livez")[0] == 200


def health(*arguments, **variables):
    return subprocess.run([ECHOD, "health", *map(str, arguments)], capture_output=True, text=True,
                          timeout=PATIENCE_S, env={**os.environ, **variables})


def test_health(admin):
    server = admin("--drain-delay", "1h", listen=("127.0.0.1:0", "tcp://127.0.0.1:0"))
    echo_port, raw_port = server.ports
    for done in (health(echo_port), health(f"tcp://127.0.0.1:{raw_port}"),
                 health(f"unix:{server.admin}"), health(ECHOD_ADMIN=f"unix:{server.admin}"),
                 health(ECHOD_LISTEN=f"*:{echo_port}"), health(ECHOD_LISTEN=f"tcp://:{raw_port}")):
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("healthy: ") and done.stdout.count("\n") == 1
    done = health(f"http://127.0.0.1:{echo_port}/status/503")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"unhealthy: http://127.0.0.1:{echo_port}/status/503: status 503\n"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = health(f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "100ms")
        assert done.returncode == 1 and "no answer in time" in done.stderr
        port = silent.getsockname()[1]
    done = health(port)
    assert done.returncode == 1 and "refused" in done.stderr
    for arguments in (["ftp://h"], ["--admin"], ["a", "b"], ["--timeout", "soon"]):
        assert health(*arguments).returncode == 2, arguments
    server.signal(signal.SIGTERM)
    server.wait_log("^Shutting down in")
    assert health(f"unix:{server.admin}").returncode == 0
    server.signal(signal.SIGTERM)
    server.wait()
