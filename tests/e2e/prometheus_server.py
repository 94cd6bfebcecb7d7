"""Debian's Prometheus as a process: on its own port, with a storage that goes with the test."""

import json
import pathlib
import re
import subprocess
import urllib.parse
import urllib.request

import support

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "packaging" / "prometheus" / "echod.rules.yml"
DASHBOARD = ROOT / "packaging" / "prometheus" / "echod-dashboard.json"


def admin_port(server):
    line = support.wait_until(
        lambda: re.search(r"^Admin interface on \S+:(\d+)$", server.stdout, re.M),
        "the admin interface's port")
    return int(line.group(1))


class Prometheus:
    """Scrapes `target` as job "echod", several times a second, and evaluates the rules."""

    def __init__(self, directory, target):
        configuration = {
            "global": {"scrape_interval": "200ms", "evaluation_interval": "200ms"},
            "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "echod", "static_configs": [{"targets": [target]}]}],
        }
        self.log_path = directory / "prometheus.log"
        file = directory / "prometheus.yml"
        file.write_text(json.dumps(configuration))
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory / 'data'}",
                 "--web.listen-address=127.0.0.1:0"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.port = support.wait_until(self._port, "Prometheus to listen")
            support.wait_until(self._ready, "Prometheus to be ready")
        except BaseException:  # nobody else could end it
            self.close()
            raise

    def _port(self):
        assert self.process.poll() is None, self.log_path.read_text()
        sockets = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True,
                                 check=True).stdout
        found = re.search(rf"127\.0\.0\.1:(\d+) .*pid={self.process.pid},", sockets)
        return int(found.group(1)) if found else None

    def _ready(self):
        try:
            return self._get("/-/ready") is not None
        except OSError:
            return False

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return answer.read()

    def api(self, path, **parameters):
        document = json.loads(self._get(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters)))
        assert document["status"] == "success"
        return document["data"]

    def query(self, expression):
        return self.api("query", query=expression)["result"]

    def close(self):
        self.process.terminate()
        self.process.wait(support.PATIENCE_S)
