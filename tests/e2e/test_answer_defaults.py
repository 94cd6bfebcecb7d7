"""What the operator lays down for all responses, with real clients: from each place it is read,
over connections that close, with a WebSocket handshake, and in a browser of another origin. Unit
tests have every value and precedence (src/http/answer_policy_test.cc)."""

import http.server
import json
import os
import subprocess
import threading

import pytest

import support
from support import PATIENCE_S, curl

DELAY_S = 0.05

HANDSHAKE = ("--http1.1", "--max-time", "1", "--header", "Connection: Upgrade", "--header",
             "Upgrade: websocket", "--header", "Sec-WebSocket-Version: 13", "--header",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


@pytest.fixture(scope="module")
def server(some_directory):
    """One server whose settings come from the three places."""
    file = some_directory / "echod.toml"
    file.write_text(f'answer-delay = "1h"\nanswer-status = "500"\n'
                    f'[path."/closing"]\nanswer-close = true\n'
                    f'[path."/plain"]\nanswer-delay = ""\nanswer-status = ""\n')
    server = support.Server(some_directory, "--config", file, "--answer-status", "503",
                            "--cors", "any", "--drain-timeout", "2s",
                            env={**os.environ, "ECHOD_ANSWER_DELAY": f"{DELAY_S}s"})
    yield server
    server.close()


@pytest.fixture(scope="module")
def some_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("answers")


def get(server, path, *options):
    """The status, the body, and how long it took."""
    result = curl("--silent", "--write-out", "\n%{http_code} %{time_total}", *options,
                  f"http://127.0.0.1:{server.port}{path}")
    body, _, facts = result.stdout.decode().rpartition("\n")
    status, took = facts.split()
    return int(status), body, float(took)


def test_flag_variable_and_file(server):
    status, body, took = get(server, "/any", "--data", "echo")
    assert (status, body) == (503, "echo") and took >= DELAY_S
    assert get(server, "/any?status=201&delay=0", "--data", "echo")[:2] == (201, "echo")
    assert get(server, "/plain/x", "--data", "echo")[:2] == (200, "echo")
    assert get(server, "/healthz")[:2] == (200, "ok\n")


def test_closing_costs_the_client_its_connection(server):
    url = f"http://127.0.0.1:{server.port}/closing?delay=0"
    result = curl("--silent", "--output", "/dev/null", "--write-out", "%{num_connects} ", url,
                  "--next", "--output", "/dev/null", "--write-out", "%{num_connects}", url)
    assert result.stdout == b"1 1"


def test_handshakes(server):
    status, _, took = get(server, "/any?status=200", *HANDSHAKE)
    assert status == 503 and took >= DELAY_S
    # Without a status the handshake succeeds, and curl waits in vain for more.
    assert get(server, "/plain", *HANDSHAKE)[0] == 101


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page of another origin."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


FETCH = """(async () => {{
  const response = await fetch({url}, {{method: "PUT", body: "Hello", headers: {{"X-Test": "1"}}}});
  return [response.status, await response.text(), response.headers.get("X-Test-A")];
}})().catch((error) => [String(error)])"""


@pytest.mark.skipif(support.SANITIZED, reason="a browser does the work")
def test_a_browser_reads_across_origins(server, echod, browser):
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    listed = echod("--cors", f"http://127.0.0.1:{other.server_port}")
    closed = echod()
    try:
        page = browser.page()
        page.navigate(f"http://127.0.0.1:{other.server_port}/")
        for allowed in (server, listed):
            url = f"http://127.0.0.1:{allowed.port}/x?status=418&delay=0&header=X-Test-A:2"
            assert page.evaluate(FETCH.format(url=json.dumps(url))) == [418, "Hello", "2"]
        url = f"http://127.0.0.1:{closed.port}/x"
        assert page.evaluate(FETCH.format(url=json.dumps(url))) == ["TypeError: Failed to fetch"]
        page.close()
    finally:
        other.shutdown()
        thread.join()
        other.server_close()


@pytest.mark.skipif(support.SANITIZED, reason="a browser does the work")
def test_the_page_below_a_base_path(echod, browser):
    server = echod("--base-path", "/echo")
    page = browser.page()
    page.navigate(f"http://127.0.0.1:{server.port}/echo")
    assert page.evaluate("location.pathname") == "/echo/"
    assert page.evaluate("document.getElementById('base').textContent") == page.evaluate(
        "location.href")
    links = page.evaluate("[...document.querySelectorAll('td a, th a')].map((a) => a.pathname)")
    assert "/echo/reflect" in links and all(link.startswith("/echo/") for link in links)
    page.evaluate("document.getElementById('http-form').requestSubmit()")
    page.wait("document.getElementById('http-answer').textContent === 'Hello, echo server!'")
    page.evaluate("document.getElementById('ws-open-form').requestSubmit()")
    page.wait("document.getElementById('ws-status').textContent.startsWith('Connected')")
    page.close()


def test_unsafe_answers_beyond_loopback_are_warned_of(echod):
    assert "unsafe" not in echod("--unsafe-answers", "on").log
    server = echod("--unsafe-answers", "on", listen=["0.0.0.0:0"])
    server.wait_log("--unsafe-answers is on and 0.0.0.0:")


@pytest.mark.parametrize("arguments, mistake", [
    (["--answer-status", "99"], "--answer-status: '99': expected a status from 200 to 599"),
    (["--answer-delay", "2ms:60,1ms:50"], "--answer-delay: '2ms:60,1ms:50': the percentages add"),
    (["--answer-header", "TE: x"], "--answer-header: 'TE: x': header: TE is reserved"),
    (["--cors", "any", "--cors", "http://a"], "--cors: any is every origin; give it alone"),
    (["--base-path", "echo"], "--base-path: 'echo' is not a path, such as /echo"),
])
def test_mistakes(arguments, mistake):
    ended = subprocess.run([support.ECHOD, *arguments], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"echod: {mistake}") and ended.stderr.count("\n") == 1
