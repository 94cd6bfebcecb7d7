"""echod version --json: the schema, the commit, and why an engine is missing."""

import errno
import json
import pathlib
import subprocess
import sys

import jsonschema
import pytest

from support import ECHOD

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FORBID = [sys.executable, str(pathlib.Path(__file__).with_name("forbid_io_uring.py"))]


def version(*arguments, launcher=()):
    return subprocess.run([*launcher, ECHOD, "version", *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def schema():
    schema = json.loads((ROOT / "docs/version.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_json_is_as_its_schema_says(schema):
    done = version("--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    schema.validate(document)
    assert set(document) == set(schema.schema["properties"])
    assert version().stdout == f"echod {document['version']}\n"


def test_commit_is_that_of_the_tree():
    told = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True)
    expected = told.stdout.strip() if told.returncode == 0 else "unknown"
    # A build of an earlier commit may be under test.
    commit = json.loads(version("--json").stdout)["commit"]
    if commit != expected and commit != "unknown":
        known = subprocess.run(["git", "-C", ROOT, "cat-file", "-e", commit]).returncode
        assert known == 0, f"{commit} is no commit of this repository"


def test_reason_of_a_missing_engine(schema):
    launcher = [*FORBID, str(errno.EPERM)]
    if subprocess.run([*launcher, "/bin/true"]).returncode == 77:
        pytest.skip("seccomp filters cannot be set here")
    document = json.loads(version("--json", launcher=launcher).stdout)
    schema.validate(document)
    engines = {engine["name"]: engine for engine in document["engines"]}
    assert engines["uring"]["reason"].startswith("io_uring is forbidden here")
    assert engines["epoll"]["available"] and document["default_engine"] == "epoll"


def test_unknown_arguments_are_refused():
    for arguments in (["--jsn"], ["--json", "more"], ["text"]):
        done = version(*arguments)
        assert done.returncode == 2 and repr(arguments[-1]) in done.stderr, done
    assert "--json" in version("--help").stdout
