"""The ledger shows what was found for its commit, and nothing else."""

import json
import shutil
import subprocess

import pytest

import coverage
import ledger
import parts
import results

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


class Repository:
    def __init__(self, folder):
        self.folder = folder
        self.build = folder / "build"
        self.git("init", "-q")
        (folder / ".gitignore").write_text("/build/\n")
        self.change("source", "one")

    def git(self, *arguments):
        who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        return subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True,
                              capture_output=True, text=True).stdout.strip()

    def change(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")

    def result(self, part, content):
        folder = self.build / part
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.json").write_text(json.dumps(content))


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "ROOT", tmp_path)
    return Repository(tmp_path)


MUTATION = {"planted": 2, "in_table": 2, "caught": 1, "missed": 1, "broken": 0, "bugs": [
    {"name": "a", "file": "x.cc", "says": "A.", "status": "caught", "by": "unit base: T.A"},
    {"name": "b", "file": "y.cc", "says": "B.", "status": "missed", "by": ""}]}


def section_of(text, heading):
    return text.split(f"## {heading}\n")[1].split("\n## ")[0]


def test_without_results_every_part_says_so(repository):
    text = ledger.document(repository.build)
    assert text.count("not run for this commit") == len(parts.PARTS)


def test_a_result_of_this_commit_is_shown(repository):
    repository.result("mutation", results.stamp() | MUTATION)
    section = section_of(ledger.document(repository.build), "Planted bugs")
    assert "1 of 2 planted bugs caught, 50.0 %" in section
    assert "| b | y.cc | B. |" in section


def test_the_commit_of_the_ledger_itself_changes_nothing(repository):
    repository.result("mutation", results.stamp() | MUTATION)
    repository.change("docs/quality.md", "the ledger")
    assert "50.0 %" in section_of(ledger.document(repository.build), "Planted bugs")


def test_a_result_of_another_commit_is_not_shown(repository):
    repository.result("mutation", results.stamp() | MUTATION)
    repository.change("source", "two")
    section = section_of(ledger.document(repository.build), "Planted bugs")
    assert "not run for this commit" in section
    assert "50.0 %" not in section


def test_a_tree_with_changes_has_no_results(repository):
    repository.result("mutation", results.stamp() | MUTATION)
    (repository.folder / "source").write_text("two")
    assert "50.0 %" not in ledger.document(repository.build)
    assert "-dirty |" in ledger.document(repository.build)


def test_reads_what_the_gate_wrote(repository):
    step = {"name": "test tsan", "status": "ok", "seconds": 61, "passed": 1234, "failed": 0}
    repository.result("ci", results.stamp() | {"seconds": 61, "steps": [step]})
    (repository.build / "ci" / "simulation.log").write_text(
        "100000 worlds, 0 failed; 487, 5 steps\n"
        "100000 worlds, 0 failed; 487097 connections, 105916 steps, 2437860 simulated seconds in "
        "20.0 s; trace c1925a6867d409a5\n")
    (repository.build / "ci" / "fail-nth.json").write_text(json.dumps(
        {"tests": 435, "runs": 11501, "failed_calls": 10632, "positions": 1, "broken": ["T"]}))
    (repository.build / "ci" / "torture.json").write_text(json.dumps({"servers": {"echod-epoll": {
        "results": [{"verdict": "passed", "figures": {"bytes-lost": 0}},
                    {"verdict": "failed", "figures": {"bytes-lost": 1234}},
                    {"verdict": "skipped", "figures": {}}]}}}))
    text = ledger.document(repository.build)
    assert "| test tsan | ok | 1,234 | 0 | 61 |" in text
    assert "| 121,893 | 5,000 |" in section_of(text, "Simulated worlds")
    assert "| 435 | 11,501 | 10,632 | 1 |" in section_of(text, "Every call failed once")
    assert "| echod-epoll | 1 | 1 | 1 | 1,234 |" in section_of(text, "Torture")


def test_reads_what_the_fuzzer_wrote(repository):
    target = {"name": "http1", "executions": 1_000_000, "seconds": 12.5, "coverage_edges": 900,
              "features": 4000, "crashes": []}
    repository.result("fuzz", {"targets": [target, target | {"name": "detect"}]})
    section = section_of(ledger.document(repository.build), "Fuzzing")
    assert "| http1 | 1,000,000 | 12.5 | 900 | 4,000 | 0 |" in section
    assert "| all | 2,000,000 | 25 |  |  | 0 |" in section


def test_a_line_ran_where_what_reaches_into_it_or_begins_in_it_did():
    segments = [[1, 20, 5, True, True, False],    # int f(int x) {
                [2, 14, 0, True, True, False],    #   if (x < 0) {
                                                  #     return 1;
                [4, 4, 5, True, False, False],    #   }
                                                  #   return 2;
                [6, 2, 0, False, False, False],   # }
                [8, 10, 0, True, True, False],    # int g() {
                [9, 2, 0, False, False, False]]   # }
    assert coverage.lines_of({"segments": segments}) == {
        1: True, 2: True, 3: False, 4: False, 5: True, 6: True, 8: False, 9: False}


def test_a_branch_in_a_template_is_taken_where_any_instance_takes_it():
    branches = [[1, 1, 1, 9, 3, 0, 0, 0, 4], [1, 1, 1, 9, 0, 2, 0, 0, 4]]
    assert sum(coverage.branches_of({"branches": branches}).values()) == 2
