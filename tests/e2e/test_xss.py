"""Nothing that a client sends runs as a script when it comes back.

Twice. Every payload in every place, in turn with several clients' Accept: no answer is of a type
that a browser runs, and each forbids it to guess another and to run anything. Then the browser
itself: every payload, each in another place than the last, is navigated to, and none of them runs.

Most of those navigations are frames of one page, whose documents are relayed from echod byte for
byte: whether a document's scripts run is decided by its own response, by its type, nosniff and the
sandbox of its policy, in a frame as in a tab, and the relay lets it be the answer to any request,
also to one that no browser would send. Navigations of a tab, straight to echod, are there too. A
control shows that what runs would be seen.
"""

import itertools
import json
import socket
import time
from urllib.parse import quote_from_bytes

import pytest

from devtools import DevToolsError
from support import FULL, PATIENCE_S, SANITIZED, Server, receive_all
from xss_payloads import payloads, texts
from xss_places import PLACES
from xss_server import Attacker

BROWSER_ACCEPT = (b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
                  b"image/apng,*/*;q=0.8")
ACCEPTS = [BROWSER_ACCEPT, b"*/*", b"application/json", b"text/plain"]

SANDBOX = b"sandbox; default-src 'none'"

# What a browser shows as text or picture, or saves.
HARMLESS_TYPES = {
    b"application/json", b"text/plain", b"application/octet-stream", b"text/event-stream",
    b"application/x-www-form-urlencoded", b"multipart/form-data", b"image/png", b"image/gif",
}

needs_browser = pytest.mark.skipif(SANITIZED, reason="a browser does the work")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that takes everything for HTTP: what is none is refused, not echoed as it came."""
    running = Server(tmp_path_factory.mktemp("echod"), "--drain-timeout", "2s",
                     "--log-reads", "none", listen=["http://127.0.0.1:0"])
    yield running
    running.close()


def test_payloads_are_many_and_different():
    made = {encode(text) for _, text, encode in texts()}
    assert len(made) == len(list(texts())) >= 600
    assert len(PLACES) == len({place.name for place in PLACES}) >= 100


# --- What the answers say ------------------------------------------------------------------------


class Answer:
    """One response, taken from the front of `data`. Its body is cut where its request's was."""

    def __init__(self, data):
        self.head, _, rest = data.partition(b"\r\n\r\n")
        lines = self.head.split(b"\r\n")
        self.status = int(lines[0][9:12])
        assert lines[0].startswith(b"HTTP/1.1 "), lines[0]
        self.fields = [tuple(line.split(b": ", 1)) for line in lines[1:]]
        names = {name.lower(): value for name, value in self.fields}
        assert len(names) == len(self.fields), self.head
        self.names = names
        if names.get(b"transfer-encoding") == b"chunked":
            self.body, self.rest, self.is_cut = unchunked(rest)
        else:
            size = int(names.get(b"content-length", 0))
            self.body, self.rest, self.is_cut = rest[:size], rest[size:], len(rest) < size


def unchunked(rest):
    body = b""
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return body, b"", True
        size = int(line, 16)
        if size == 0:
            break
        body, rest = body + rest[:size], rest[size + 2:]
    while line:  # trailers, up to an empty line
        line, end, rest = rest.partition(b"\r\n")
    return body, rest, not end


def check(answer, seen):
    """Fails where a browser could run `answer`. `seen`: heads that were found right."""
    head = b"\r\n".join(b": ".join(field) for field in answer.fields
                        if field[0] not in (b"Date", b"Content-Length"))
    looked_at = (answer.status, head, bool(answer.body))
    if looked_at in seen:
        return
    if answer.status in (100, 101):
        assert b"content-type" not in answer.names
        return
    assert answer.names[b"x-content-type-options"] == b"nosniff", answer.head
    if answer.names.get(b"content-type") == b"text/html; charset=utf-8":
        return check_page(answer)
    assert answer.names[b"content-security-policy"] == SANDBOX, answer.head
    if answer.body:
        kind = answer.names[b"content-type"].split(b";")[0].strip().lower()
        assert kind in HARMLESS_TYPES, answer.head
    location = answer.names.get(b"location", b"/")
    assert location.lower().startswith((b"http://", b"https://", b"/")), answer.head
    assert not {b"refresh", b"link", b"sourcemap", b"service-worker-allowed"} & set(answer.names)
    seen.add(looked_at)


def check_page(answer):
    """The one document that runs: the same for all, so with nothing of theirs."""
    assert answer.names[b"content-security-policy"].startswith(b"default-src 'none'; ")
    check_page.first = getattr(check_page, "first", answer.body)
    assert answer.body == check_page.first


def exchange(port, requests):
    """What comes back for `requests`, sent one behind the other on one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"".join(requests))
        connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def check_pipelined(port, requests, seen):
    """Each has exactly one answer. A refusal ends the connection; the rest then goes on another."""
    BATCH = 64
    answered = 0
    while answered < len(requests):
        data = exchange(port, requests[answered:answered + BATCH])
        count = 0
        while data:
            answer = Answer(data)
            check(answer, seen)
            assert not answer.is_cut, answer.head
            data = answer.rest
            count += 1
        assert 1 <= count <= BATCH
        answered += count


def check_alone(port, request, seen):
    """However many requests it is taken for."""
    data = exchange(port, [request])
    while data:
        answer = Answer(data)
        check(answer, seen)
        if answer.status == 101:
            return
        data = answer.rest


@pytest.mark.parametrize("accept", ACCEPTS, ids=lambda accept: accept.decode().split(",")[0])
def test_no_answer_is_of_a_type_that_runs(server, accept):
    seen = set()
    made = payloads("http://127.0.0.1:1/ran/")[::50 if SANITIZED else 1]
    for index, place in enumerate(PLACES):
        pipelined = []
        for payload in made:
            turn = (payload.number + index) % len(ACCEPTS)
            if (place.is_raw or not FULL) and ACCEPTS[turn] != accept:
                continue  # each payload in each place with one of them
            request = place.make(payload.data, accept)
            if place.is_raw and b"\n" in payload.data or place.name == "raw subprotocol":
                check_alone(server.port, request, seen)
            else:
                pipelined.append(request)
        check_pipelined(server.port, pipelined, seen)
    assert seen


def test_checks_find_what_would_run():
    good = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
            b"Content-Security-Policy: " + SANDBOX + b"\r\nContent-Length: 1\r\n\r\nx")
    check(Answer(good), set())
    for old, new in [(b"plain", b"html"), (b"plain", b"xml; x=text/plain"), (b"nosniff", b"none"),
                     (SANDBOX, b"default-src 'none'"), (b"X-Content", b"Y-Content"),
                     (b"Content-Security", b"X-Content-Security"),
                     (b"Content-Length", b"Location: javascript:1\r\nContent-Length"),
                     (b"Content-Length", b"Refresh: 0\r\nContent-Length"),
                     (b"Content-Length", b"content-type: text/html\r\nContent-Length")]:
        bad = good.replace(old, new)
        assert bad != good
        with pytest.raises((AssertionError, KeyError)):
            check(Answer(bad), set())


# --- What a browser makes of them ----------------------------------------------------------------


@pytest.fixture(scope="module")
def attacker(server):
    running = Attacker(server.port)
    yield running
    running.close()


@pytest.fixture
def host(browser, attacker):
    browser.call("Browser.setDownloadBehavior", behavior="deny", eventsEnabled=True)
    attacker.ran.clear()
    page = browser.page(quiet=True)
    page.call("Page.navigate", url=attacker.url + "/host")
    page.wait("typeof open_all === 'function'")
    yield page
    page.close()


def finish_frames(host, count):
    """Waits until `count` frames are loaded, or were saved instead."""
    browser = host.browser
    deadline = time.monotonic() + 2 * PATIENCE_S
    while True:
        saved = [parameters["url"] for _, method, parameters in browser.events
                 if method == "Browser.downloadWillBegin"]
        browser.events.clear()
        finished = host.evaluate(f"{json.dumps(saved)}.forEach(finish), finished")
        if finished >= count:
            assert finished == count
            return
        assert time.monotonic() < deadline, host.evaluate("[...frames.keys()]")
        browser.take(0.02)


def open_frames(host, attacker, frames):
    """Opens (kind, url), waits for all, and then for one that is sure to run: what ran before it
    has been seen when that has."""
    last = 10**6 + len(attacker.documents)
    end = attacker.bare(b"<script>location='%s%d'</script>" % (attacker.beacon.encode(), last))
    host.evaluate(f"finished = 0, open_all({json.dumps(frames)})")
    finish_frames(host, len(frames))
    host.evaluate(f"open_all({json.dumps([('iframe', end)])})")
    deadline = time.monotonic() + PATIENCE_S
    while last not in attacker.ran:
        assert time.monotonic() < deadline
        host.browser.take(0.01)
    return [number for number in attacker.ran if number != last]


@needs_browser
def test_control_sees_payloads_that_run(host, attacker):
    """What a careless server sends does run, as a document and in a sandbox that allows scripts."""
    made = payloads(attacker.beacon)
    chosen = [payload for payload in made[::8] if payload.family in ("script", "handler",
                                                                    "break-out", "signature")]
    frames = [("iframe", attacker.bare(payload.data)) for payload in chosen]
    sandboxed = [("iframe", attacker.bare(made[0].data, b"text/html",
                                          b"Content-Security-Policy: sandbox allow-scripts"))]
    svg = next(payload for payload in made if payload.family == "xml")
    drawn = [("iframe", attacker.bare(svg.data, b"image/svg+xml"))]
    ran = set(open_frames(host, attacker, frames + sandboxed + drawn))
    assert {made[0].number, svg.number} <= ran
    assert len(ran) > 0.6 * len(chosen), [p for p in chosen if p.number not in ran]


@needs_browser
def test_no_payload_runs_in_a_frame(host, attacker):
    """Five of six payloads: those take half a minute of processor time."""
    made = [payload for payload in payloads(attacker.beacon) if payload.number % 6]
    assert len(made) >= 500
    places = itertools.cycle(PLACES)
    kinds = itertools.cycle(["iframe"] * 5 + ["object", "iframe", "embed"])
    frames = [(next(kinds), attacker.relayed(next(places).make(payload.data, BROWSER_ACCEPT)))
              for payload in made]
    assert open_frames(host, attacker, frames) == []


def is_at(page, url):
    try:
        return page.evaluate(
            f"document.readyState === 'complete' && location.href === {json.dumps(url)}")
    except DevToolsError:  # asked between two documents
        return False


def wait_for_navigation(page, url):
    """Until `url` is what the tab shows, or it was saved instead."""
    browser = page.browser
    deadline = time.monotonic() + PATIENCE_S
    while not is_at(page, url):
        if any(method == "Browser.downloadWillBegin" and parameters["url"] == url
               for _, method, parameters in browser.events):
            break
        assert time.monotonic() < deadline, url
        browser.take(0.01)
    browser.events.clear()


@needs_browser
def test_no_payload_runs_in_a_tab(host, attacker, server):
    """Straight from echod: addresses that a victim opens, and forms that a page makes it send."""
    origin = f"http://127.0.0.1:{server.port}"
    made = payloads(attacker.beacon)
    for payload in made[::50]:
        text = quote_from_bytes(payload.data, safe="")
        url = f"{origin}/{payload.number}/{text}?{text}={text}"
        host.call("Page.navigate", url=url)
        wait_for_navigation(host, url)
    types = itertools.cycle(["text/plain", "multipart/form-data",
                             "application/x-www-form-urlencoded"])
    for path, payload in itertools.product(["", "x.html", "reflect", "raw"], made[1::150]):
        host.call("Page.navigate", url=attacker.url + "/host")
        wait_for_navigation(host, attacker.url + "/host")
        url = f"{origin}/{path}?{payload.number}"
        form = {"method": "post", "enctype": next(types), "action": url}
        text = payload.data.decode("latin-1")
        host.evaluate(f"""(() => {{
          const form = Object.assign(document.createElement("form"), {json.dumps(form)});
          const field = document.createElement("textarea");
          field.name = field.value = {json.dumps(text)};
          form.append(field);
          document.body.append(form);
          form.submit();
        }})()""")
        wait_for_navigation(host, url)
    host.call("Page.navigate", url=attacker.url + "/host")
    wait_for_navigation(host, attacker.url + "/host")
    assert open_frames(host, attacker, []) == []


LOADERS = """
  const loaders = {
    script: (url) => new Promise((done) => {
      const script = document.createElement("script");
      script.onload = () => done(true);
      script.onerror = () => done(false);
      script.src = url;
      document.body.append(script);
    }),
    module: (url) => import(url).then(() => true, () => false),
    worker: (url) => new Promise((done) => {
      const worker = new Worker(url);
      worker.onmessage = () => done(true);
      worker.onerror = () => done(false);
    }),
    service: (url) => navigator.serviceWorker.register(url).then(
        (service) => service.unregister().then(() => true), () => false),
  };
"""


@needs_browser
def test_no_answer_loads_as_a_script(host, attacker):
    """Nor into the attacker's own page, or behind it as a worker."""
    text = b"globalThis.postMessage?.(1)"
    good = attacker.bare(text, b"text/javascript")
    urls = [attacker.relayed(place.make(text, b"*/*")) for place in PLACES]
    lists = {"script": urls, "module": urls, "worker": urls[::6], "service": urls[::6]}
    for kind, chosen in lists.items():
        outcome = host.evaluate("(async () => {" + LOADERS + f"""
          return Promise.all({json.dumps([good, *chosen])}.map(loaders[{json.dumps(kind)}]));
        }})()""")
        assert outcome == [True] + [False] * len(chosen), kind
