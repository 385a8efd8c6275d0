"""Freeing disk space: what is listed goes, and nothing that a version or a reader needs."""

import json
import os
import time
from datetime import timedelta

import pyarrow as pa
import pytest
from filelock import FileLock

from app.cli import main
from panoptic_data.errors import ProjectBusy
from panoptic_data.integrity import clean
from panoptic_data.provenance.runs import LOCK
from panoptic_data.storage import disk_use, set_aside
from panoptic_data.storage.connection import Connection
from panoptic_data.storage.project import open_project
from panoptic_data.storage.schema import arrow
from tests import synthetic

IMAGES = 40


@pytest.fixture
def project(tmp_path):
    """A project with the thumbnails of forty images, written one after the other."""
    opened = synthetic.project(tmp_path / "project", encoders=("visual",))
    for number in range(IMAGES):
        row = synthetic.image(f"{number:02}", thumbnail=os.urandom(2_000), run="r")
        synthetic.write(opened, "images", [row])
    return opened


@pytest.fixture
def kept_for(monkeypatch):
    """Say how long old versions are kept."""

    def keep(seconds):
        monkeypatch.setattr(clean, "KEPT_FOR", timedelta(seconds=seconds))

    return keep


def size(root):
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def rewrite(project):
    """Write every thumbnail anew, so that the old versions hold others."""
    rows = project.database().read("images").to_pylist()
    again = [{**row, "thumbnail": os.urandom(2_000)} for row in rows]
    project.database().upsert("images", pa.Table.from_pylist(again, schema=arrow("images")))


def test_every_byte_is_counted_once_and_said_to_be_of_something(project):
    (project.root / "cache").mkdir()
    (project.root / "cache" / "a").write_bytes(bytes(500))
    (project.root / "dagster").mkdir()
    (project.root / "dagster" / "runs.db").write_bytes(bytes(700))
    vectors = [{"sha1": "a" * 40, "vector": [1.0, 0.0], "run": "r"}]
    table = pa.Table.from_pylist(vectors, schema=arrow("embeddings__visual", 2))
    project.database().append("embeddings__visual", table)
    uses = disk_use.disk_use(project)
    assert sum(use.bytes for use in uses) == size(project.root)
    totals = disk_use.by_kind(uses)
    assert totals["thumbnails"] > IMAGES * 2_000
    assert (totals["cache"], totals["history"]) == (500, 700)
    assert {use.encoder for use in uses if use.kind == "vectors"} == {"visual"}


def test_old_versions_beyond_retention_are_listed_and_go(project, kept_for):
    rewrite(project)
    assert clean.freeable(project) == []
    assert disk_use.by_kind(disk_use.disk_use(project))["old_versions"] > IMAGES * 2_000
    kept_for(0)
    before, rows = size(project.root), project.database().read("images").sort_by("sha1")
    [item] = clean.freeable(project)
    assert (item.kind, item.name) == ("old_versions", "images")
    assert item.bytes > IMAGES * 2_000
    cleaned = clean.clean(project)
    assert cleaned.left == ()
    assert cleaned.bytes == before - size(project.root)
    assert abs(cleaned.bytes - item.bytes) < 0.2 * item.bytes
    assert project.database().read("images").sort_by("sha1") == rows
    assert clean.freeable(project) == []


def test_what_a_pin_holds_is_neither_listed_nor_freed(project, kept_for):
    kept_for(0)
    clean.clean(project)
    database = project.database()
    version = database.pins.add("images", "version-a")
    pinned = database.read("images", version=version).sort_by("sha1")
    rewrite(project)
    # Versions between the pinned one and the current one go.
    rewrite(project)
    uses = {use.kind: use.bytes for use in disk_use.disk_use(project) if use.name == "images"}
    assert uses["versions"] > IMAGES * 2_000
    [item] = clean.freeable(project)
    assert IMAGES * 2_000 < item.bytes < 1.5 * IMAGES * 2_000
    clean.clean(project)
    assert database.read("images", version=version).sort_by("sha1") == pinned
    assert clean.freeable(project) == []
    database.pins.remove("images", "version-a")
    [item] = clean.freeable(project)
    assert item.bytes > IMAGES * 2_000


def test_in_a_project_that_was_moved_pinned_versions_stay(project, kept_for, tmp_path):
    kept_for(0)
    version = project.database().pins.add("images", "version-a")
    pinned = project.database().read("images", version=version).sort_by("sha1")
    project.root.rename(tmp_path / "moved")
    moved = open_project(tmp_path / "moved")
    rewrite(moved)
    rewrite(moved)
    clean.clean(moved)
    assert moved.database().read("images", version=version).sort_by("sha1") == pinned
    assert clean.freeable(moved) == []


def test_where_it_cannot_be_seen_what_is_pinned_nothing_of_a_table_is_freed(
    project, kept_for, monkeypatch
):
    kept_for(0)
    rewrite(project)
    monkeypatch.setattr(Connection, "has_stale_pins", lambda *_: True)
    before = size(project.root)
    assert clean.freeable(project) == []
    assert clean.clean(project).bytes == 0
    assert size(project.root) == before


def test_what_was_set_aside_goes_when_it_is_old(project):
    path = set_aside.set_aside(project, "images")
    (project.root / "dagster.set-aside-1").mkdir()
    (project.root / "dagster.set-aside-1" / "runs.db").write_bytes(bytes(700))
    assert clean.freeable(project) == []
    listed = clean.freeable(project, days=0)
    assert [(item.kind, item.name) for item in listed] == [
        ("set_aside", path.parent.as_posix()),
        ("set_aside", "dagster.set-aside-1"),
    ]
    clean.clean(project)
    assert (project.root / path).exists()
    clean.clean(project, days=0)
    assert not (project.root / path).exists()
    assert not (project.root / "dagster.set-aside-1").exists()


def test_drafts_of_killed_programs_go_after_a_day(project, monkeypatch):
    draft = project.root / ".tables.json.4711"
    draft.write_text("{")
    (project.root / ".hidden").write_text("mine")
    assert clean.freeable(project) == []
    monkeypatch.setattr(clean, "DAY_SECONDS", 0)
    time.sleep(0.01)
    assert [item.name for item in clean.freeable(project)] == [".tables.json.4711"]
    clean.clean(project)
    assert not draft.exists()
    assert (project.root / ".hidden").exists()


def test_a_damaged_table_is_left_and_the_rest_goes(project, kept_for):
    rewrite(project)
    kept_for(0)
    synthetic.write(project, "files", [synthetic.file("s/a.jpg", "a")])
    synthetic.write(project, "files", [synthetic.file("s/b.jpg", "b")])
    names = {item.name for item in clean.freeable(project)}
    assert names >= {"images", "files"}
    for path in (project.lance / "files.lance" / "data").glob("*"):
        path.write_bytes(b"damaged")
    assert set(clean.clean(project).left) <= {"files"}
    assert "images" not in {item.name for item in clean.freeable(project)}


def test_beside_a_run_nothing_is_freed(project, kept_for):
    rewrite(project)
    kept_for(0)
    with FileLock(project.root / LOCK), pytest.raises(ProjectBusy):
        clean.clean(project)


def test_the_command_shows_first_what_it_would_free(project, kept_for, capsys):
    rewrite(project)
    kept_for(0)
    before = size(project.root)

    def panoptic(*arguments, code=0):
        assert main(["clean", "--project", str(project.root), *arguments]) == code
        return capsys.readouterr().out

    shown = panoptic()
    assert "kB  thumbnails" in shown
    assert "old versions that nothing reads, of: images" in shown
    assert "Add --yes" in shown
    assert size(project.root) == before
    answer = json.loads(panoptic("--json"))
    assert answer["freed"] is None
    assert {item["name"] for item in answer["freeable"]} == {"images"}
    assert "Freed" in panoptic("--yes")
    assert size(project.root) < before
    assert "Nothing can be freed." in panoptic()
    with pytest.raises(SystemExit) as wrong:
        main(["clean", "--older-than", "a week"])
    assert wrong.value.code == 2
