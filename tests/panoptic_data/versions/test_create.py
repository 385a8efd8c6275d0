import shutil
from datetime import timedelta

import pytest

from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidVersion, UnknownVersion, VersionReadOnly
from panoptic_data.integrity import check, rebuild, repair
from panoptic_data.provenance import runs
from panoptic_data.storage import checksums
from panoptic_data.storage.folder import ProjectFolder
from panoptic_data.storage.per_project import VERSIONS_KEPT
from panoptic_data.storage.project import open_project
from panoptic_data.storage.tables import Database
from panoptic_data.versions import content, known_digests, record
from panoptic_data.versions.create import create, give_up_unrecorded_pins, pin_tables
from panoptic_data.versions.delete import delete
from panoptic_data.versions.opened import at
from panoptic_data.versions.verify import verify


def test_a_version_says_what_it_holds_and_what_made_it(project, mark, sha1s_of):
    mark(project, "Seen", sha1s_of(project)[:3])
    version = create(project, "  submitted to   the journal ", "before review", author="ada")
    assert version == record.find(project, "Submitted to the journal")
    assert (version.name, version.note, version.author) == (
        "submitted to the journal",
        "before review",
        "ada",
    )
    assert version.counts["images"] == len(sha1s_of(project))
    assert (version.counts["values"], version.counts["properties"]) == (3, 1)
    assert version.counts["clusters"]["visual"] > 1
    assert version.stages["projection/visual"]["parameters"]["seed"] == 42
    assert version.encoders["visual"]["fingerprint"]
    assert version.events == annotations_of(project).state().position
    assert len(version.digest) == 32
    assert "lancedb" in version.packages
    assert set(version.runs) <= set(project.database().read("runs")["run"].to_pylist())
    assert version.tables == {name: project.database().version(name) for name in version.tables}


def test_an_old_version_is_read_as_it_was_and_nothing_can_be_written(project, mark, sha1s_of):
    first = sha1s_of(project)[:3]
    seen = mark(project, "Seen", first)
    version = create(project, "a")
    database = project.database()
    database.delete("images", first)
    annotations_of(project).commit([Change("image", first[0], seen.id, "set", None)], "value")
    database.clean("images", kept_for=timedelta(0))
    opened = at(project, version.id)
    assert sha1s_of(opened) == sorted({*sha1s_of(project), *first})
    then, now = (annotations_of(of).state(fresh=True) for of in (opened, project))
    assert then.values(seen.id).height == 3
    assert now.values(seen.id).height == 2
    assert registry.get(opened).annotations is then
    assert content.part_digests(opened) == dict(version.digests)
    with pytest.raises(VersionReadOnly):
        annotations_of(opened).commit([Change("image", first[0], seen.id, "set", "no")], "value")
    with pytest.raises(VersionReadOnly):
        opened.database().delete("files", ["x"])
    with pytest.raises(VersionReadOnly), runs.start(opened, "process", {}):
        pass


def test_the_digest_is_of_the_content_however_it_is_stored(project):
    before = content.part_digests(project)
    database = project.database()
    rows = database.read("files")
    order = list(reversed(range(rows.num_rows)))
    database.replace("files", rows.take(order))
    database.compact("images")
    assert content.part_digests(project) == before
    database.delete("files", rows["file_id"].to_pylist()[:1])
    after = content.part_digests(project)
    assert {name for name in before if before[name] != after[name]} == {"files"}
    assert content.corpus_digest(after) != content.corpus_digest(before)


def test_a_table_that_is_dropped_stays_for_the_versions_that_read_it(project):
    version = create(project, "a")
    database = project.database()
    vectors = database.count("embeddings__visual")
    rows = database.read("embeddings__visual")
    database.drop("embeddings__visual")
    assert "embeddings__visual" not in database.names() | database.expected()
    assert database.count("embeddings__visual") == 0
    assert at(project, "a").database().count("embeddings__visual") == vectors
    database.append("embeddings__visual", rows.slice(0, 2))
    assert database.count("embeddings__visual") == 2
    assert at(project, "a").database().count("embeddings__visual") == vectors
    assert content.part_digests(at(project, "a")) == dict(version.digests)


def test_pins_of_a_version_that_a_kill_prevented_are_given_up(project):
    pin_tables(project, "killed00")
    assert record.list_versions(project) == []
    assert project.database().pins.of("images") == {"version-killed00"}
    version = create(project, "a")
    assert project.database().pins.of("images") == {f"version-{version.id}"}
    assert give_up_unrecorded_pins(project) == 0


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "taken", " TAKEN "])
def test_a_name_that_is_missing_too_long_or_used_is_refused(project, name):
    create(project, "taken")
    with pytest.raises(InvalidVersion):
        create(project, name)
    assert len(record.list_versions(project)) == 1


def test_an_unknown_version_is_refused_with_those_that_there_are(project):
    create(project, "first")
    with pytest.raises(UnknownVersion, match="first"):
        at(project, "second")


def test_a_version_outlasts_a_move_of_the_project_and_cleaning_up_there(project, tmp_path):
    version = create(project, "a")
    moved = open_project(project.root.rename(tmp_path / "moved"))
    database = moved.database()
    for name in version.tables:
        rows = database.read(name)
        database.replace(name, rows.slice(0, 1))
        database.clean(name, timedelta(0))
    assert content.part_digests(at(moved, "a")) == dict(version.digests)
    copied = open_project(shutil.copytree(moved.root, tmp_path / "copied"))
    for name in version.tables:
        copied.database().clean(name, timedelta(0))
    assert content.part_digests(at(copied, "a")) == dict(version.digests)


def test_nothing_is_cleaned_up_where_pins_would_not_be_seen(project, monkeypatch):
    with monkeypatch.context() as elsewhere:
        # As on a system where an open folder has no path of its own.
        elsewhere.setattr(ProjectFolder, "fixed", ProjectFolder.anchored)
        version = create(project, "a")
    database = project.database()
    database.replace("images", database.read("images").slice(0, 1))
    database.clean("images", timedelta(0))
    assert content.part_digests(at(project, "a")) == dict(version.digests)


def test_what_an_earlier_version_read_is_not_read_again_and_all_else_is(project, monkeypatch):
    first = create(project, "a")
    database = project.database()
    database.delete("clusters__visual", database.read("clusters__visual")["sha1"].to_pylist()[:1])
    read = []
    batches = Database.batches

    def noted(self, name, columns, version=None):
        read.append(name)
        return batches(self, name, columns, version)

    monkeypatch.setattr(Database, "batches", noted)
    second = create(project, "b")
    monkeypatch.undo()
    assert read == ["clusters__visual"]
    differing = {part for part in first.digests if first.digests[part] != second.digests[part]}
    assert differing == {"clusters/visual"}
    assert dict(second.digests) == content.part_digests(at(project, "b"))


def test_doctor_takes_no_version_for_damaged(project):
    create(project, "a")
    create(project, "b")
    assert list(check.check_tables(project, in_full=True)) == []


def drop_rows(project):
    shutil.rmtree(project.lance / f"{record.TABLE}.lance")


def test_a_lost_row_is_not_missed_and_gives_nothing_up(project):
    first = create(project, "a")
    project.database().delete(record.TABLE, [first.id])
    opened = open_project(project.root)
    assert record.list_versions(opened) == [first]
    second = create(opened, "b")
    assert verify(opened, "a").is_whole
    ids = project.database().read(record.TABLE)["id"].to_pylist()
    assert sorted(ids) == sorted([first.id, second.id])


def test_a_table_of_versions_that_is_gone_is_made_of_the_copies(project):
    first, second = create(project, "a"), create(project, "b")
    drop_rows(project)
    opened = open_project(project.root)
    (step,) = repair.plan(opened)
    assert (step.table, step.kept, step.lost) == (record.TABLE, 2, 0)
    assert [done for done, _ in repair.perform(opened, (step,))] == [step]
    assert record.list_versions(opened) == [second, first]
    assert verify(opened, "a").is_whole
    assert repair.plan(opened) == ()


def test_versions_of_before_get_a_copy_with_the_next(project):
    first = create(project, "a")
    shutil.rmtree(project.root / record.COPIES)
    second = create(project, "b")
    assert record.copied_ids(project) == {first.id, second.id}
    delete(project, "a")
    assert record.copied_ids(project) == {second.id}
    assert record.list_versions(project) == [second]


def test_a_repair_names_the_versions_that_lose_a_table(project):
    create(project, "a")
    next((project.lance / "files.lance" / "data").glob("*.lance")).write_bytes(b"")
    steps = {step.table: step for step in repair.plan(project)}
    assert steps["files"].versions == ("a",)


def test_the_digest_of_the_log_goes_on_from_the_events_that_were_summed(project, mark, sha1s_of):
    mark(project, "Seen", sha1s_of(project)[:3])
    assert known_digests.of_log(project) == content.part_digests(project)["log"]
    mark(project, "Read", sha1s_of(project)[:2])
    expected = content.part_digests(project)["log"]
    assert known_digests.of_log(project) == expected
    assert known_digests.of_log(project) == expected
    kept = project.root / "cache" / "log-digest.json"
    kept.write_text(kept.read_text().replace('"last": ', '"last": 1'))
    # Of another log nothing is known.
    assert known_digests.of_log(project) == expected
    assert create(project, "a").digests["log"] == expected


def test_what_is_known_of_tables_is_not_read_again_and_of_others_is(project, monkeypatch):
    known_digests.keep_current(project)
    expected = content.part_digests(project)
    read = []
    batches = Database.batches

    def noted(self, name, columns, version=None):
        read.append(name)
        return batches(self, name, columns, version)

    monkeypatch.setattr(Database, "batches", noted)
    assert dict(create(project, "a").digests) == expected
    assert read == []
    # A table that is made anew has the same numbers and other rows.
    rows = project.database().read("clusters__visual")
    project.database().drop("clusters__visual")
    for _ in range(8):
        project.database().replace("clusters__visual", rows.slice(1))
    version = create(project, "b")
    assert "clusters__visual" in read
    assert version.digests["clusters/visual"] != expected["clusters/visual"]
    (project.root / "cache" / "part-digests.json").write_text("[1]")
    assert create(project, "c").digest == version.digest


def test_what_is_made_again_stays_readable_for_the_versions_that_pinned_it(project):
    create(project, "a")
    database = project.database()
    table = "projection__visual"
    rows = database.read(table)
    kept = {path.name for path in (project.lance / f"{table}.lance" / "data").iterdir()}
    database.replace(table, rows.slice(0, 50))
    checksums.record(project)
    for path in (project.lance / f"{table}.lance" / "data").iterdir():
        if path.name not in kept:
            path.write_bytes(b"damaged")
    steps = {step.table: step for step in repair.plan(project)}
    assert (steps[table].action, steps[table].versions) == ("rebuild", ())
    moved = {step.table: path for step, path in repair.perform(project, tuple(steps.values()))}
    assert (project.root / moved[table]).is_dir()
    assert at(project, "a").database().count(table) == rows.num_rows
    assert verify(project, "a").is_whole
    assert (table in database.names(), database.version(table)) == (False, 0)
    database.replace(table, rows)
    assert check.check_table(project, table, in_full=True) is None
    assert rebuild.prepare_run(project) == ()
    assert verify(project, "a").is_whole


def test_of_many_versions_that_are_opened_few_are_kept_in_memory(project):
    now = registry.get(project)
    names = [create(project, f"v{number}").name for number in range(VERSIONS_KEPT + 2)]
    for name in names:
        assert len(registry.get(at(project, name)).frame) == len(now.frame)
    kept = [folder.version for folder in registry._shared.folders() if folder.root == project.root]
    ids = {version.name: version.id for version in record.list_versions(project)}
    assert kept == ["", *(ids[name] for name in names[2:])]
    assert registry.get(project) is now
