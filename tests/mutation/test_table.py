"""The table of bugs to plant fits the source: no build needed, so it runs with every other test."""

import collections

import pytest

import table

BUGS = table.load()
BUGS_MIN = 36


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_can_be_planted(bug):
    assert table.problem_of(bug) is None


def test_names_are_unique():
    counts = collections.Counter(bug.name for bug in BUGS)
    assert [name for name, count in counts.items() if count > 1] == []


def test_there_are_enough_in_every_layer():
    assert len(BUGS) >= BUGS_MIN
    counts = collections.Counter(bug.layer for bug in BUGS)
    layers = {"base", "wire", "net", "engine", "stream", "protocol", "app"}
    assert {layer for layer in layers if counts[layer] < 2} == set()


def test_a_text_that_is_not_there_is_refused():
    bug = BUGS[0]._replace(old="no such text")
    assert "0 times" in table.problem_of(bug)
    with pytest.raises(ValueError):
        table.planted(bug)


def test_a_text_that_is_there_twice_is_refused():
    bug = BUGS[0]._replace(old="\n")
    assert "not once" in table.problem_of(bug)


def test_a_bug_that_changes_nothing_is_refused():
    bug = BUGS[0]
    assert "changes nothing" in table.problem_of(bug._replace(new=bug.old))
