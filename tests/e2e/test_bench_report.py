"""The load tester's reports, given to programs that others wrote."""

import json
import os
import pathlib
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
