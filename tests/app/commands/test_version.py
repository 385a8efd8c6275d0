"""``panoptic version`` and ``--version``, as a person runs them."""

import json
from pathlib import Path

import pytest

import panoptic_data
from app.cli import main
from app.commands import version_arguments
from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.log import current_user
from panoptic_data.errors import DataUnavailable, InvalidVersion
from panoptic_data.ingest import images, sources
from panoptic_data.provenance import stages
from panoptic_data.versions import create, record
from tests import synthetic
from tests.small_corpus import write_pictures

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
    assert "  ~ s/cats/a.jpg  Note: before → after" in lines
    assert "  + s/cats/e.jpg" in lines
    assert not any(digest in line for line in lines for digest in (A, synthetic.sha1("e")))
    sections = {part["kind"]: part for part in json_of("version", "diff", "submitted")["sections"]}
    assert sections["annotations"]["changed"] == 1
    row = sections["images"]["rows"][0]
    assert (row["sha1"], row["path"]) == (synthetic.sha1("e"), "s/cats/e.jpg")
    row = sections["annotations"]["rows"][0]
    assert (row["target"], row["path"], row["property"]) == (A, "s/cats/a.jpg", "Note")
    assert run("version", "diff", "submitted", "submitted")[1] == "Nothing differs.\n"


def test_restoring_and_deleting_say_what_they_would_do_before_they_do_it(changed, run, json_of):
    would = run("version", "restore", "submitted")[1]
    assert "with --yes" in would
    assert "taken back by a restoration" in would
    assert "before → after" in would
    assert json_of("query", "")["total"] == 5
    before = json_of("version", "restore", "submitted", "--yes")["before"]
    assert before["name"] == "before restoring “submitted”"
    # As a sentence quotes it.
    assert json_of("version", "show", "before restoring ‘submitted’")["id"] == before["id"]
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


def test_tags_and_properties_that_differ_are_listed_by_their_names(corpus, store, run):
    theme, changes = properties.create(store.state().properties, "Theme", "tags")
    store.commit(changes, "property")
    war, changes = tags.create({}, theme.id, "war")
    store.commit(changes, "tag")
    run("version", "create", "submitted")
    store.commit(edits.add_tags(store.state(), theme.id, [A], [war.id]), "tag")
    store.commit(tags.update(store.state().tags, war.id, name="peace"), "tag")
    synthetic.write(corpus, "images", [synthetic.image("f", run="r2")])
    lines = run("version", "diff", "submitted")[1].splitlines()
    assert "  ~ Theme: war → peace" in lines
    assert "  ~ s/cats/a.jpg  Theme: – → peace" in lines or (
        "  + s/cats/a.jpg  Theme: – → peace" in lines
    )
    assert f"  + image {synthetic.sha1('f')[:12]}… without a file" in lines


def test_restoring_what_is_there_says_so_and_makes_no_version(changed, run, json_of, reported):
    before = json_of("version", "restore", "submitted", "--yes")["before"]
    del reported[:]
    assert json_of("version", "restore", "submitted", "--yes")["restored"] is None
    assert "no version was made" in run("version", "restore", "submitted", "--yes")[1]
    assert (len(record.list_versions(changed)), reported) == (2, [])
    # What was restored by mistake is restored back, under a name that does not nest.
    again = json_of("version", "restore", before["id"], "--yes")["before"]
    assert again["name"].startswith("before the restoring of 20")
    assert again["note"] == "The corpus before “before restoring ‘submitted’” was restored."
    third = json_of("version", "restore", again["id"], "--yes")["before"]
    assert third["name"].count("before") == 1


def test_a_version_says_which_earlier_one_is_the_same_and_when_folders_were_read(changed, json_of):
    assert json_of("version", "create", "second")["same_as"] is None
    answer = json_of("version", "create", "third")
    assert answer["same_as"]["name"] == "second"
    assert (answer["folders_read_at"], answer["folders_changed"]) == (None, {})


def test_files_that_came_since_the_folders_were_read_are_told(tmp_path, monkeypatch, capsys):
    write_pictures(tmp_path / "pictures", range(3))
    project = synthetic.project(tmp_path / "project")
    source = sources.add(project, tmp_path / "pictures")
    images.ingest(project, source, "r1", stages.ignore_progress)
    for name in ("files", "images"):
        stages.record(project, f"{name}/pictures", stages.StageResult(3, "v"), {}, "1", "r1")
    write_pictures(tmp_path / "pictures", range(3, 5))
    assert main(["version", "create", "a", "--project", str(project.root)]) == 0
    output = capsys.readouterr().out
    assert "Folders were last read on 20" in output
    assert "Since then in pictures: 2 new, 0 changed, 0 gone." in output
    assert "panoptic process --version NAME" in output


def test_encoders_that_wait_are_not_among_those_of_a_version(changed, run, json_of):
    answer = json_of("version", "show", "submitted")
    assert (answer["encoders"], answer["encoders_waiting"]) == ({}, ["clip", "visual"])
    assert "encoders:" not in run("version", "show", "submitted")[1]


@pytest.mark.parametrize("action", version_arguments.ACTIONS)
def test_the_help_of_each_action_has_examples(run, action):
    code, output, _ = run("version", action, "--help")
    assert (code, f"panoptic version {action} " in output.split("examples:")[1]) == (0, True)


def test_a_wrong_argument_names_the_help_of_the_action(run):
    code, output, errors = run("version", "create", "x", "--nosuch")
    assert (code, output) == (2, "")
    assert errors.endswith("unrecognized arguments: --nosuch (panoptic version create --help)\n")


def test_export_and_deposit_answer_in_json_and_import_says_where_it_put_images(
    changed, json_of, run, tmp_path
):
    answer = json_of("version", "export", "submitted", str(tmp_path / "a.zip"))
    assert (Path(answer["path"]).stat().st_size, answer["bytes"]) == (answer["bytes"],) * 2
    says = ("--author", "Ada", "--license", "CC0-1.0", "--originals")
    answer = json_of("version", "deposit", "submitted", str(tmp_path / "bag"), *says)
    assert "data/corpus.zip" in answer["files"]
    assert answer["originals_missing"] == sum(answer["originals_missing_by_reason"].values()) == 5
    again = str(tmp_path / "again")
    assert main(["version", "import", str(tmp_path / "bag"), "--project", again]) == 0


def test_all_that_is_wrong_with_a_deposit_is_told_at_once(changed, run, tmp_path):
    target = str(tmp_path / "bag")
    code, _, errors = run(
        "version", "deposit", "submitted", target, "--author", "Ada (0)", "--doi", "x"
    )
    assert code == 2
    assert all(text in errors for text in ("needs a licence", "“0” is no ORCID", "“x” is no DOI"))
    assert "needs an author" in run("version", "deposit", "submitted", target)[2]


def test_an_import_of_nothing_is_one_sentence(tmp_path, capsys):
    target = ["--project", str(tmp_path / "again")]
    assert main(["version", "import", str(tmp_path / "nosuch"), *target]) == 2
    errors = capsys.readouterr().err
    assert "There is nothing at" in errors
    (tmp_path / "a.zip").write_text("no zip")
    assert main(["version", "import", str(tmp_path / "a.zip"), *target]) == 2
    assert "Errno" not in errors + capsys.readouterr().err
    assert not (tmp_path / "again").exists()


def test_a_restoration_that_would_change_nothing_promises_no_version(corpus, run, json_of):
    run("version", "create", "now")
    assert run("version", "restore", "now")[1] == (
        "The corpus is what it was at “now”: restoring it would change nothing, "
        "and make no version.\n"
    )
    assert json_of("version", "restore", "now")["would_restore"] is None
    assert [version.name for version in record.list_versions(corpus)] == ["now"]


def test_names_that_no_command_could_take_are_refused_and_changed_ones_said(corpus, run):
    for name in ("-rf", "a\x1bb", "a\u202eb", "a\udcffb"):
        with pytest.raises(InvalidVersion) as refused:
            create.checked_name(corpus, name)
        assert "\n" not in str(refused.value)
    assert run("version", "create", "a\x07b")[0] == 2
    assert record.list_versions(corpus) == []
    assert "kept as “a b”" in run("version", "create", " a\n b")[1]
    assert "kept as" not in run("version", "create", "c d")[1]


def test_who_deleted_a_version_is_said_to_those_who_have_it_open(corpus, run, json_of):
    run("version", "create", "gone")
    [version] = record.list_versions(corpus)
    opened = panoptic_data.open_version(corpus, "gone")
    assert json_of("version", "delete", "gone", "--yes")["deleted"]
    for name in ("gone", "GONE", version.id):
        code, _, errors = run("version", "show", name)
        assert code == 2
        assert f"The version “gone” was deleted by {current_user()} on 20" in errors
    with pytest.raises(DataUnavailable, match="was deleted by"):
        opened.database().read("images")
    # Another one of that name is that one.
    run("version", "create", "gone")
    assert run("version", "show", "gone")[0] == 0


def test_missing_images_are_counted_among_the_images(corpus, run, json_of):
    rows = [row for row in corpus.database().read("files").to_pylist() if row["sha1"] == A]
    corpus.database().delete("files", [row["file_id"] for row in rows])
    synthetic.write(corpus, "files", [{**row, "status": "missing"} for row in rows])
    run("version", "create", "one gone")
    counted = "4 images, 1 of them missing"
    assert f"({counted})" in run("version", "list")[1]
    assert f"  {counted}\n" in run("version", "show", "one gone")[1]
    assert counted in run("status")[1]
    synthetic.write(corpus, "images", [synthetic.image("e", run="r2")])
    assert f"({counted})" in run("version", "restore", "one gone")[1]
