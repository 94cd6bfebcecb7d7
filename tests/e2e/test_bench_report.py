"""The load tester's reports, given to programs that others wrote."""

import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import jsonschema
import pytest

import support

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = pathlib.Path(os.environ.get("SAMPLE_REPORT", support.ECHOD.parent / "sample_report"))


def sample(*arguments):
    """A report of a made-up run."""
    done = subprocess.run([SAMPLE, *arguments], stdout=subprocess.PIPE, check=True,
                          timeout=support.PATIENCE_S)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def schema():
    return json.loads((ROOT / "docs/bench.schema.json").read_text())


@pytest.mark.parametrize("kind", ["json", "json-empty"])
def test_json_report_is_as_its_schema_says(schema, kind):
    report = json.loads(sample(kind))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(report)


def unnamed(schema, document, path="", definitions=None):
    """The members of `document` that `schema` does not name."""
    definitions = definitions or schema["$defs"]
    if "$ref" in schema:
        schema = definitions[schema["$ref"].split("/")[-1]]
    if isinstance(document, list):
        return [found for part in document
                for found in unnamed(schema.get("items", {}), part, f"{path}[]", definitions)]
    if not isinstance(document, dict) or "additionalProperties" in schema:
        return []
    known = schema.get("properties", {})
    unknown = [f"{path}.{name}" for name in document if name not in known]
    return unknown + [found for name in document if name in known
                      for found in unnamed(known[name], document[name], f"{path}.{name}",
                                           definitions)]


def test_schema_names_every_member(schema):
    assert unnamed(schema, json.loads(sample("json"))) == []


def test_every_member_is_explained(schema):
    explanation = (ROOT / "docs/bench-json.md").read_text()
    groups = [schema, *schema["properties"].values(), schema["$defs"]["histogram"],
              schema["properties"]["intervals"]["items"]]
    names = {name for group in groups for name in group.get("properties", {})}
    assert sorted(name for name in names if f"`{name}`" not in explanation) == []


@pytest.mark.parametrize("group, member, value", [
    ("plan", "loop", "ajar"),
    ("totals", "messages", -1),
    ("totals", "elapsed_s", "10"),
    ("latency", "hdr_v2", "AAAA"),
    ("latency", "curve", [[101, 5]]),
    ("tester", "at_ceiling", None),
])
def test_schema_finds_what_is_wrong(schema, group, member, value):
    report = json.loads(sample("json"))
    report[group][member] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(report)


JAVA_HISTOGRAM = sorted(pathlib.Path("/usr/share").glob(
    "maven-repo/org/hdrhistogram/HdrHistogram/debian/HdrHistogram*.jar"))


@pytest.mark.skipif(not (shutil.which("java") and JAVA_HISTOGRAM),
                    reason="needs libhdrhistogram-java and a Java runtime")
@pytest.mark.parametrize("kind, tag", [("latency", None), ("service", "service"),
                                       ("connect", "connect")])
def test_hdr_histogram_reads_the_log_as_we_do(tmp_path, kind, tag):
    """The percentile curve of the JSON report is the one that the original library reads off the
    interval log, value by value."""
    log = tmp_path / "sample.hlog"
    log.write_text(sample("hlog"))
    command = ["java", "-cp", JAVA_HISTOGRAM[0], "org.HdrHistogram.HistogramLogProcessor",
               "-i", log, "-o", tmp_path / "out", "-outputValueUnitRatio", "1"]
    subprocess.run(command + (["-tag", tag] if tag else []), check=True,
                   timeout=support.PATIENCE_S)
    lines = re.findall(r"^ *([\d.]+) +([\d.]+) +(\d+)", (tmp_path / "out.hgrm").read_text(), re.M)
    read = {round(100 * float(share), 6): float(value) for value, share, _ in lines}
    written = {round(percentile, 6): value
               for percentile, value in json.loads(sample("json"))[kind]["curve"]}
    assert len(written) > 20
    # Near the end it prints fewer points than there are halvings.
    assert {at: read[at] for at in written if at in read} == {
        at: written[at] for at in written if at in read}
    assert len(read.keys() & written.keys()) > 0.8 * len(read)
    assert int(lines[-1][2]) == json.loads(sample("json"))[kind]["count"]


CHROMIUM = shutil.which("chromium")


def script_of(page):
    return re.search(r"<script>(.*?)</script>", page, re.S).group(1)


def test_script_is_the_one_that_the_page_allows():
    page = (ROOT / "src/app/bench/report/report.html").read_text()
    digest = base64.b64encode(hashlib.sha256(script_of(page).encode()).digest()).decode()
    assert re.findall(r"'sha256-([^']*)'", page) == [digest]


@pytest.mark.parametrize("kind", ["html", "html-empty", "html-hostile"])
def test_page_needs_nothing_else(kind):
    page = sample(kind)
    assert "default-src 'none'" in page
    assert re.findall(r"<(?:link|img|iframe|object|embed|base|form)\b|<\w[^<>]*\s(?:src|href)="
                      r"|@import|url\(|fetch\(|import\(", page) == []


@pytest.fixture
def browse(tmp_path):
    """The title, the elements and the console's messages of a page, when its script has run."""
    if not CHROMIUM:
        pytest.skip("needs chromium")

    def run(kind):
        page = tmp_path / "report.html"
        page.write_text(sample(kind))
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom",
             page.as_uri()], capture_output=True, timeout=2 * support.PATIENCE_S, check=True)
        console = [line for line in done.stderr.decode(errors="replace").splitlines()
                   if "CONSOLE" in line]
        return done.stdout.decode(), console

    return run


def test_browser_draws_the_charts(browse):
    page, console = browse("html")
    assert console == []
    figures = dict(re.findall(r'<figure data-chart="(\w+)">(.*?)</figure>', page, re.S))
    assert sorted(figures) == ["errors", "latency", "percentiles", "rate"]
    lines = {name: len(re.findall('<path class="path"', figure))
             for name, figure in figures.items()}
    assert lines == {"percentiles": 2, "rate": 1, "latency": 3, "errors": 0}
    assert len(re.findall('<rect class="bar"', figures["errors"])) == 1
    for label in ["99.99\u00a0%", "100\u00a0ms"]:
        assert label in figures["percentiles"].replace("&nbsp;", "\u00a0")
    for figure in figures.values():
        assert "NaN" not in figure and "undefined" not in figure and "Infinity" not in figure


def test_browser_shows_a_run_without_anything(browse):
    page, console = browse("html-empty")
    assert console == []
    assert "<figure" not in page
    assert "No message came back." in page


def test_no_text_becomes_markup_or_script(browse):
    page, console = browse("html-hostile")
    assert console == []
    assert "<title>echod bench &lt;/script&gt;" in page
    assert "<img" not in page
    assert page.count("<script") == 2
    assert page.count("<svg") == 4
