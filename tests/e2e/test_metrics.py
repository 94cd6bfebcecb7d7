"""What a scrape says: to promtool, to the OpenMetrics parser of Prometheus' Python library, and
compared with docs/metrics.md and with what clients did."""

import http.client
import pathlib
import re
import socket
import subprocess

import pytest

import support
from prometheus_server import admin_port

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def scrape(server, accept=None):
    connection = http.client.HTTPConnection("127.0.0.1", admin_port(server), timeout=60)
    connection.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
    response = connection.getresponse()
    assert response.status == 200
    text = response.read().decode()
    connection.close()
    return response.headers["Content-Type"], text


def samples(text):
    """"NAME{LABELS}" -> value."""
    return {series: float(value) for series, value in
            re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", text, re.M)}


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """A server that had some of everything, and its metrics."""
    server = support.Server(tmp_path_factory.mktemp("metrics"), "--admin", "127.0.0.1:0",
                            "--drain-timeout", "2s")
    web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for target in ("/", "/?status=503", "/status/299", "/?status=404"):
        web.request("GET", target)
        web.getresponse().read()
    with socket.create_connection(("127.0.0.1", server.port)) as refused:
        refused.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while refused.recv(4096):
            pass
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        for _ in range(3):
            raw.sendall(b"\0raw\n")
            assert raw.recv(100) == b"\0raw\n"
    with socket.create_connection(("127.0.0.1", server.port)) as websocket:
        websocket.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                          b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        received = b""
        while b"\r\n\r\n" not in received:
            received += websocket.recv(4096)
        # Masked with zeros: a message in two frames, a ping, and text that is not UTF-8.
        websocket.sendall(b"\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b\x89\x80\0\0\0\0\x81\x81\0\0\0\0\xff")
        while websocket.recv(4096):
            pass
    support.wait_until(lambda: 'outcome="closed"} 1' in scrape(server)[1], "the ends to be counted")
    yield server
    web.close()
    server.close()


def test_promtool_finds_nothing(scraped):
    content_type, text = scrape(scraped)
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                           text=True, check=False)
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_openmetrics_is_well_formed_and_says_the_same(scraped):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    content_type, text = scrape(scraped, OPENMETRICS)
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert families["echod_connection_duration_seconds"].unit == "seconds"
    assert families["echod_build"].type == "info"
    names = {sample.name for family in families.values() for sample in family.samples}
    plain = {series.partition("{")[0] for series in samples(scrape(scraped)[1])}
    assert names == plain


def test_counts_are_what_clients_did(scraped):
    values = samples(scrape(scraped)[1])
    listener = f'listener="127.0.0.1:{scraped.port}"'
    assert values[f'echod_connections_total{{{listener},transport="tcp"}}'] == 4
    assert values[f'echod_connections_active{{{listener}}}'] == 1, "that of HTTP is kept"
    assert values['echod_connections_closed_total{protocol="raw",outcome="closed"}'] == 1
    assert values['echod_connection_duration_seconds_count{protocol="raw"}'] == 1
    counts = {"101": 1, "200": 1, "2xx": 1, "400": 1, "404": 1, "500": 0, "503": 1}
    for code, count in counts.items():
        assert values[f'echod_requests_total{{protocol="http/1",code="{code}"}}'] == count, code
    assert values['echod_request_duration_seconds_count{protocol="http/1"}'] == 6
    assert values['echod_refusals_total{protocol="http/1",reason="malformed"}'] == 1
    assert values['echod_messages_total{protocol="websocket"}'] == 1, "not each frame"
    assert values['echod_refusals_total{protocol="websocket",reason="invalid_data"}'] == 1
    assert values['echod_bytes_total{direction="received"}'] > 15
    assert values["echod_receives_total"] >= 8
    assert values["echod_loop_lag_seconds_count"] > 0
    assert values['echod_buffer_bytes{state="in_use"}'] >= 0
    assert values["echod_ready"] == 1


def documented_values(document, label, family):
    """What the table of labels says of a label's values."""
    for names, only, values in re.findall(r"^\| ((?:`\w+`(?:, )?)+)(?: of `(\w+)`)? \| (.*) \|$",
                                          document, re.M):
        if f"`{label}`" in names and only in ("", family):
            return values
    raise AssertionError(f"the label {label} of {family} is not in the table")


def test_the_document_lists_each_metric_and_label(scraped):
    text = scrape(scraped)[1]
    document = DOCUMENT.read_text()
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*)\|", document, re.M)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    found = {name: (kind, set()) for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)}
    for series in samples(text):
        name, _, labels = series.partition("{")
        family = name if name in found else re.sub(r"_(bucket|sum|count)$", "", name)
        for label, value in re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', labels):
            if label == "le":
                continue
            found[family][1].add(label)
            values = documented_values(document, label, family)
            if "operator" in values or "one, " in values or value.isdigit():
                continue
            assert f"`{value}`" in values, f"{family}: {label}={value} is not in the table"
    assert found == documented


def test_bytes_are_counted_while_a_connection_lives(scraped):
    series = 'echod_bytes_total{direction="sent"}'
    before = samples(scrape(scraped)[1])[series]
    with socket.create_connection(("127.0.0.1", scraped.port)) as raw:
        raw.sendall(b"\0" * 1000)
        received = 0
        while received < 1000:
            received += len(raw.recv(1000))
        # The bytes may arrive before they are counted.
        support.wait_until(lambda: samples(scrape(scraped)[1])[series] >= before + 1000, series)


# Series are a scraper's memory: what clients send must not make any.
def test_no_client_adds_a_series(scraped):
    def ask(number):
        web = http.client.HTTPConnection("127.0.0.1", scraped.port, timeout=60)
        for path in range(20):
            web.request(f"M{number}", f"/{number}/{path}?status={200 + number}",
                        headers={"Host": f"h{number}"})
            web.getresponse().read()
        web.close()

    ask(0)
    before = set(samples(scrape(scraped)[1]))
    for number in (10, 20, 50, 90):  # statuses without a name
        ask(number)
    assert set(samples(scrape(scraped)[1])) == before


def test_engines_without_event_loops_have_the_same_series(echod):
    server = echod("--engine", "threads", "--admin", "127.0.0.1:0")
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"\0")
        assert raw.recv(1) == b"\0"
    closed = 'echod_connections_closed_total{protocol="raw",outcome="closed"}'
    support.wait_until(lambda: samples(scrape(server)[1])[closed] == 1, closed)
    values = samples(scrape(server)[1])
    assert values['echod_bytes_total{direction="received"}'] == 1, "of a thread that has ended"
    assert values["echod_loop_lag_seconds_count"] == 0
