"""The table of bugs to plant fits the source: no build needed, so it runs with every other test."""

import collections

import pytest

import table

BUGS = table.load()


def test_every_bug_can_be_planted():
    misfits = table.misfits(BUGS)
    if misfits:
        pytest.fail("\n".join(misfits), pytrace=False)


def test_names_are_unique():
    counts = collections.Counter(bug.name for bug in BUGS)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.fixture(name="root")
def small_tree(tmp_path):
    (tmp_path / "src" / "net").mkdir(parents=True)
    (tmp_path / "src" / "net" / "a.cc").write_text(
        "int A::size() const {\n  return one(a,\n             b);\n}\n"
        "int B::size() { return 2; }\n")
    return tmp_path


def bug(**changes):
    entry = {"name": "x", "function": "A::size", "find": "one(a, b)", "replace": "1", "says": "."}
    return table.Bug(**{**entry, **changes})


@pytest.mark.parametrize("function", ["A::size", "size", "Renamed::size"])
def test_a_bug_survives_a_rename_of_file_and_class(root, function):
    name, text = table.planted(bug(function=function), root)
    assert name == "src/net/a.cc"
    assert text.startswith("int A::size() const {\n  return 1;\n}\n")


@pytest.mark.parametrize("changes, said", [
    ({"function": "gone"}, "stands in: A::size (src/net/a.cc:1)"),
    ({"function": "gone", "find": "nowhere"}, "remove the entry"),
    ({"find": "one(a, c)"}, "Most like it is 'return one(a,'"),
    ({"function": "size", "find": "return"}, "stands 2 times"),
    ({"function": "B::size", "find": "2", "replace": "2"}, "stands there already"),
])
def test_a_misfit_says_what_to_mend(root, changes, said):
    with pytest.raises(table.Misfit) as raised:
        table.planted(bug(**changes), root)
    assert said in str(raised.value)
