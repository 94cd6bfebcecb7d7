"""The page that `GET /` shows a browser, in a browser."""

import base64
import hashlib
import http.client
import json
import re

import pytest

from support import PATIENCE_S, SANITIZED

# The server has little to do here; what it does is tested under sanitizers by src/protocol/.
pytestmark = pytest.mark.skipif(SANITIZED, reason="a browser does the work")

# Markup, quotes, an escape, characters of two and four bytes, and a line break as forms keep it.
TEXT = "<img src=x onerror=alert(1)>\n\"'&amp; \\u0041 \u00e4 \U0001f600 </script>"

SUBMIT = "document.getElementById({!r}).requestSubmit()"


@pytest.fixture
def page(default_server, browser):
    page = browser.page()
    page.navigate(f"http://127.0.0.1:{default_server.port}/")
    yield page
    page.close()


def fill(page, name, text):
    page.evaluate(f"document.getElementById({name!r}).value = {json.dumps(text)}")


def text_of(page, name):
    return page.evaluate(f"document.getElementById({name!r}).textContent")


def is_disabled(page, name):
    return page.evaluate(f"document.getElementById({name!r}).disabled")


def log_lines(page):
    """(kind, text without the round trip time) of each line of the WebSocket's log."""
    return [tuple(line) for line in page.evaluate(
        "[...document.querySelectorAll('#ws-log li')].map((line) =>"
        " [line.className, line.firstChild.textContent])")]


def post(page, path, text):
    fill(page, "http-path", path)
    fill(page, "http-body", text)
    page.evaluate(SUBMIT.format("http-form"))
    # Until then the button that stops the exchange can be pressed.
    page.wait("document.getElementById('http-stop').disabled")


def test_loads_without_a_complaint(page):
    assert page.evaluate("document.title") == "echod: an echo server"
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    assert text_of(page, "base") == page.evaluate("location.href")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "1000px"
    assert page.complaints() == []


def test_policy_has_the_hashes_of_what_is_sent(default_server):
    connection = http.client.HTTPConnection("127.0.0.1", default_server.port, timeout=PATIENCE_S)
    connection.request("GET", "/", headers={"Accept": "text/html"})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    for element in ("script", "style"):
        content = re.search(f"<{element}>(.*)</{element}>", text, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        policy = response.getheader("Content-Security-Policy")
        assert f"; {element}-src 'sha256-{digest}';" in policy
    # One file: nothing is loaded but the icon, which the page holds.
    assert re.findall(r"\ssrc=|@import|url\(|<(?:iframe|object|embed|base)\b", text) == []
    assert re.findall(r"<link[^>]*?(?:>|\bdata:)", text) == ['<link rel="icon" href="data:']


def test_http_echo(page):
    post(page, "/some/path?and=query", TEXT)
    assert re.fullmatch(r"200 OK \([\d.]+ ms\)", text_of(page, "http-status"))
    assert text_of(page, "http-answer") == TEXT
    assert page.evaluate("document.getElementById('http-answer').childElementCount") == 0
    headers = dict(line.split(": ", 1) for line in text_of(page, "http-headers").splitlines())
    assert headers["content-length"] == str(len(TEXT.encode()))
    assert headers["content-type"] == "text/plain;charset=UTF-8"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert page.complaints() == []


def test_any_method_headers_and_body(page):
    fill(page, "http-method", "PROPFIND")
    fill(page, "http-fields", "X-Test: 1\n\nDepth:0")
    post(page, "/anything?a=b", "")
    shown = json.loads(text_of(page, "http-answer"))
    assert shown["method"] == "PROPFIND" and shown["data"] == ""
    assert shown["headers"]["X-Test"] == ["1"] and shown["headers"]["Depth"] == ["0"]
    fill(page, "http-method", "GET")
    fill(page, "http-fields", "")
    post(page, "/anything", "text")
    assert json.loads(text_of(page, "http-answer"))["method"] == "GET"
    assert "browsers send no body with it" in text_of(page, "http-status")
    fill(page, "http-fields", "no colon")
    post(page, "/", "")
    assert "write a header as Name: value" in text_of(page, "http-status")


def test_a_whole_url_is_a_path_of_this_server(page):
    post(page, page.evaluate("location.origin") + "/echo?x", "text")
    assert text_of(page, "http-status").startswith("200 OK (")
    post(page, "https://example.org/", "text")
    assert "this page can only send to http://127.0.0.1:" in text_of(page, "http-status")


def test_http_answer_of_an_error(page):
    post(page, "/" + "long" * 9000, "")
    assert text_of(page, "http-status").startswith("414 URI Too Long (")
    assert page.evaluate("document.getElementById('http-status').classList.contains('bad')")
    assert "content-type: text/plain" in text_of(page, "http-headers")


def test_http_body_is_shown_up_to_a_limit(page):
    text = "0123456789abcde\n" * 5000
    post(page, "/echo", text)
    assert text_of(page, "http-answer") == text[:65536]
    assert text_of(page, "http-status").endswith("; the first 65536 characters are shown)")


def test_connects_to_its_own_server_alone(page, default_server):
    post(page, f"http://localhost:{default_server.port}/", "x")
    assert text_of(page, "http-status").startswith("Failed: ")
    fill(page, "ws-path", f"ws://localhost:{default_server.port}/")
    page.evaluate(SUBMIT.format("ws-open-form"))
    page.wait("!document.getElementById('ws-open').disabled")
    assert text_of(page, "ws-status") == "The connection failed."
    assert "connected" not in text_of(page, "ws-log")
    # The page does not ask others over HTTP; where it did, the policy would forbid it.
    page.evaluate(f"fetch('http://localhost:{default_server.port}/').catch(() => 0)")
    assert [page.refusal(), page.refusal()] == ["connect-src", "connect-src"]


def test_websocket_echo(page):
    assert is_disabled(page, "ws-send") and is_disabled(page, "ws-close")
    fill(page, "ws-path", "/any/path")
    page.evaluate(SUBMIT.format("ws-open-form"))
    page.wait("!document.getElementById('ws-send').disabled")
    assert is_disabled(page, "ws-open")
    texts = [TEXT.replace("\n", " "), "", "x" * 100_000]
    for count, text in enumerate(texts, 1):
        fill(page, "ws-text", text)
        page.evaluate(SUBMIT.format("ws-form"))
        page.wait(f"document.querySelectorAll('#ws-log .back').length === {count}")
    fill(page, "ws-code", 3001)
    page.evaluate(SUBMIT.format("ws-close-form"))
    page.wait("!document.getElementById('ws-open').disabled")
    assert text_of(page, "ws-status") == "Closed, code 3001."
    connected, *messages, closed = log_lines(page)
    assert re.fullmatch(r"connected to ws://127\.0\.0\.1:\d+/any/path", connected[1])
    assert messages == [(kind, text) for text in texts for kind in ("sent", "back")]
    assert closed == ("note", "closed with code 3001")
    times = page.evaluate("[...document.querySelectorAll('#ws-log .back span')]"
                          ".map((time) => time.textContent)")
    assert len(times) == 3
    assert all(re.fullmatch(r" \(\d+\.\d ms\)", time) for time in times)
    assert page.complaints() == []


def test_websocket_can_be_opened_again(page):
    for _ in range(2):
        page.evaluate(SUBMIT.format("ws-open-form"))
        page.wait("!document.getElementById('ws-close').disabled")
        page.evaluate(SUBMIT.format("ws-close-form"))
        page.wait("!document.getElementById('ws-open').disabled")
    assert [text for _, text in log_lines(page)].count("closed with code 1000") == 2


def test_websocket_refuses_a_code_that_is_not_for_clients(page):
    page.evaluate(SUBMIT.format("ws-open-form"))
    page.wait("!document.getElementById('ws-close').disabled")
    fill(page, "ws-code", 1001)
    page.evaluate(SUBMIT.format("ws-close-form"))
    assert "1001" in text_of(page, "ws-status")
    assert not is_disabled(page, "ws-close")


def test_no_text_becomes_script(page):
    """What the page does not do, its policy would not let it do: not even its own script could turn
    a text into markup, or run one."""
    assert page.evaluate("""(() => {
      try { document.body.innerHTML = "<b>x</b>"; } catch (error) { return error.name; }
    })()""") == "TypeError"
    page.evaluate("""(() => {
      const image = document.createElement("img");
      image.src = "/x.png";
      image.onerror = () => { window.refused = true; };
      document.body.append(image);
    })()""")
    page.wait("window.refused")
    assert [page.refusal(), page.refusal()] == ["require-trusted-types-for", "img-src"]


def test_every_control_has_a_name(page):
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    named = {(node["role"]["value"], node["name"]["value"]) for node in nodes
             if not node["ignored"] and "name" in node}
    assert {name for role, name in named if role in ("textbox", "spinbutton")} == {
        "Path and query", "Headers, one per line", "Body", "Path", "Text", "Close code"}
    assert {name for role, name in named if role == "button"} == {
        "Send request", "Stop", "Connect", "Send", "Close"}
    assert {name for role, name in named if role in ("region", "log")} >= {
        "HTTP echo", "WebSocket echo", "Messages and round trip times", "Response body"}
    assert {role for role, _ in named} >= {"heading", "status", "main", "table", "rowheader"}


def test_follows_the_colour_scheme(page):
    def brightness():
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 3

    seen = {}
    for scheme in ("light", "dark"):
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        seen[scheme] = brightness()
    assert seen["light"] > 200 and seen["dark"] < 60
