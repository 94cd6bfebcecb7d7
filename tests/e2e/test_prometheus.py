"""Debian's Prometheus scrapes a server, and finds what the dashboard and the rules ask for. Each
alert fires where it should, and is quiet where it should not."""

import contextlib
import http.client
import json
import re
import socket
import subprocess

import pytest

import prometheus_rules
import prometheus_server
import support


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """A server under a little load, and the Prometheus that scrapes it."""
    directory = tmp_path_factory.mktemp("prometheus")
    server = support.Server(directory, "--admin", "127.0.0.1:0", "--drain-timeout", "2s",
                            "--access-log", directory / "access.log")
    with contextlib.ExitStack() as to_end:
        to_end.callback(server.close)
        target = f"127.0.0.1:{prometheus_server.admin_port(server)}"
        prometheus = prometheus_server.Prometheus(directory, target)
        to_end.callback(prometheus.close)
        yield server, prometheus


def load(server):
    web = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for target in ("/", "/?status=503"):
        web.request("GET", target)
        web.getresponse().read()
    web.close()
    with socket.create_connection(("127.0.0.1", server.port)) as refused:
        refused.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while refused.recv(4096):
            pass


def dashboard_expressions():
    dashboard = json.loads(prometheus_server.DASHBOARD.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) > 30
    return expressions


def with_values(expression):
    """As Grafana fills in the variables."""
    for name, value in {"$job": "echod", "$instance": ".+", "$__rate_interval": "1m"}.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


# The first one, because Prometheus takes 5 s to look at a target for the first time.
@pytest.mark.usefixtures("scraped")
def test_each_alert_fires_and_is_quiet(tmp_path):
    text = prometheus_server.RULES.read_text()
    assert set(re.findall(r"- alert: (\w+)", text)) == set(prometheus_rules.CASES)
    file = tmp_path / "tests.json"
    file.write_text(json.dumps(prometheus_rules.unit_tests(prometheus_server.RULES)))
    run = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_scrape_succeeds_and_is_stored(scraped):
    server, prometheus = scraped
    support.wait_until(lambda: [sample["value"][1] for sample in prometheus.query("up")] == ["1"],
                       "a scrape")
    found = prometheus.query("echod_build_info")[0]["metric"]
    assert found["instance"] == f"127.0.0.1:{prometheus_server.admin_port(server)}"
    targets = prometheus.api("targets")["activeTargets"]
    assert [target["lastError"] for target in targets] == [""]
    metadata = prometheus.api("targets/metadata", match_target='{job="echod"}')
    units = {row["metric"]: row["unit"] for row in metadata}
    # It read OpenMetrics: the older format has no units.
    assert units["echod_loop_lag_seconds"] == "seconds"


# An expression of the dashboard that names a metric or a label wrongly gives nothing.
def test_each_panel_of_the_dashboard_shows_something(scraped):
    server, prometheus = scraped
    missing = [with_values(expression) for expression in dashboard_expressions()]

    def ask():
        load(server)
        missing[:] = [expression for expression in missing if not prometheus.query(expression)]
        return not missing

    support.wait_until(ask, "samples for " + "; ".join(missing), pause_s=0.2)


def test_rules_are_loaded_and_evaluated(scraped):
    _, prometheus = scraped

    def rules():
        return [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]

    support.wait_until(lambda: all(rule["health"] != "unknown" for rule in rules()), "evaluation")
    assert [rule for rule in rules() if rule["health"] != "ok"] == []
    for rule in rules():
        if rule["type"] == "recording":
            support.wait_until(lambda name=rule["name"]: prometheus.query(name), rule["name"])


def test_alerts_name_documented_metrics():
    documented = set(re.findall(r"^\| `(\w+)` \|", (prometheus_server.ROOT / "docs/metrics.md")
                                .read_text(), re.M))
    used = set(re.findall(r"\b((?:echod|process)_\w+)\b(?=[{\[ )])",
                          prometheus_server.RULES.read_text()))
    base = {re.sub(r"_bucket$", "", name) for name in used} - {"echod_dashboard"}
    assert base <= documented, base - documented
