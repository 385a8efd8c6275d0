"""``panoptic version`` and ``--version``, as a person runs them."""

import json

import pytest

from app.cli import main
from panoptic_data.annotations import edits, properties
from panoptic_data.versions import record
from tests import synthetic

A = synthetic.sha1("a")


@pytest.fixture(autouse=True)
def _in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def run(corpus, capsys):
    """Run a command on the corpus; return its exit code, its output and its errors."""

    def command(*arguments):
        try:
            code = main([*arguments, "--project", str(corpus.root)])
        except SystemExit as error:
            code = error.code
        output = capsys.readouterr()
        return code, output.out, output.err

    return command


@pytest.fixture
def json_of(run):
    def command(*arguments, code=0):
        result, output, errors = run(*arguments, "--json")
        assert (result, errors) == (code, "")
        return json.loads(output)

    return command


@pytest.fixture
def changed(corpus, store, run, reported):
    """A version at which a says "before"; by now it says "after", and there is an image e."""
    note, changes = properties.create(store.state().properties, "Note", "text")
    store.commit(changes, "property")
    store.commit(edits.set_value(store.state(), note.id, [A], "before"), "text")
    code, output, errors = run("version", "create", "submitted", "--note", "to the journal")
    assert code == 0, errors
    assert "“submitted”" in output
    assert [project.root for project in reported] == [corpus.root]
    store.commit(edits.set_value(store.state(), note.id, [A], "after"), "text")
    synthetic.write(corpus, "images", [synthetic.image("e", run="r2")])
    synthetic.write(corpus, "files", [synthetic.file("s/cats/e.jpg", "e")])
    return corpus


def test_without_a_version_one_is_told_how_to_make_one(run):
    assert run("version", "list")[1].startswith("No versions yet. Make one with:")
    code, output, errors = run("version", "show", "nosuch")
    assert (code, output) == (2, "")
    assert "no version “nosuch”" in errors
    code, _, errors = run("version")
    assert (code, errors.count("\n")) == (2, 1)


def test_a_version_is_listed_shown_and_read_by_other_commands(changed, run, json_of):
    [version] = record.list_versions(changed)
    assert version.name in run("version", "list")[1]
    assert [row["id"] for row in json_of("version", "list")["versions"]] == [version.id]
    assert "note: to the journal" in run("version", "show", "SUBMITTED")[1]
    assert json_of("version", "show", version.id)["digest"] == version.digest
    assert json_of("query", "")["total"] == 5
    assert json_of("query", "", "--version", "submitted")["total"] == 4
    assert run("query", "", "--version", "submitted", "--address")[1].endswith(
        f"version={version.id}\n"
    )
    assert run("query", "", "--version", "nosuch")[0] == 2


def test_what_differs_is_counted_first_then_listed(changed, run, json_of):
    lines = run("version", "diff", "submitted")[1].splitlines()
    assert "images: 1 added, 0 removed, 0 changed" in lines
    assert any("before" in line and "after" in line for line in lines)
    sections = {part["kind"]: part for part in json_of("version", "diff", "submitted")["sections"]}
    assert sections["annotations"]["changed"] == 1
    assert sections["images"]["rows"][0]["sha1"] == synthetic.sha1("e")
    assert run("version", "diff", "submitted", "submitted")[1] == "Nothing differs.\n"


def test_restoring_and_deleting_say_what_they_would_do_before_they_do_it(changed, run, json_of):
    assert "with --yes" in run("version", "restore", "submitted")[1]
    assert json_of("query", "")["total"] == 5
    before = json_of("version", "restore", "submitted", "--yes")["before"]
    assert before["name"] == "before restoring “submitted”"
    assert json_of("query", "")["total"] == 4
    assert json_of("version", "verify", "submitted")["is_whole"]
    freed = json_of("version", "delete", before["id"])
    assert (freed["deleted"], freed["bytes"] > 0) == (False, True)
    assert json_of("version", "delete", before["id"], "--yes")["deleted"]
    assert [version.name for version in record.list_versions(changed)] == ["submitted"]


def test_a_damaged_version_is_told_and_the_exit_code_says_so(changed, run, json_of):
    # One of them is of the version, the other came after it.
    for path in (changed.lance / "images.lance" / "data").glob("*.lance"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    assert not json_of("version", "verify", "submitted", code=1)["is_whole"]
    assert "is not whole" in run("version", "verify", "submitted")[1]
