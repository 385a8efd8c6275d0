import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from app import cli
from panoptic_data.annotations import materialize
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.state import from_log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.project import open_project
from panoptic_data.storage.version_files import LAST_VERSION
from panoptic_data.versions import content, record, restore, verify
from panoptic_data.versions.create import create
from panoptic_data.versions.delete import delete
from panoptic_data.versions.diff import diff
from panoptic_data.versions.opened import at

RESTORE = """
import sys
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.project import open_project
from panoptic_data.storage.version_files import LAST_VERSION
from panoptic_data.versions import restore
project = open_project(sys.argv[1])
print("ready", flush=True)
restore.restore(project, "a", "before")
"""
CREATE = """
import sys
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.project import open_project
from panoptic_data.storage.version_files import LAST_VERSION
from panoptic_data.versions.create import create
project = open_project(sys.argv[1])
print("ready", flush=True)
create(project, "b")
"""


def digest(project):
    return content.corpus_digest(content.part_digests(project))


def change(project, seen, sha1s):
    """Change values, files and clusters, add a property, drop a table."""
    annotations_of(project).commit(
        [
            Change("image", sha1s[0], seen.id, "set", "no"),
            Change("image", sha1s[1], seen.id, "set", None),
        ],
        "value",
    )
    database = project.database()
    database.delete("files", database.read("files", ["file_id"])["file_id"].to_pylist()[:3])
    database.drop("clusters__visual")


def test_a_restored_version_is_the_corpus_again_and_nothing_is_lost(project, mark, sha1s_of):
    sha1s = sha1s_of(project)
    seen = mark(project, "Seen", sha1s[:4])
    version = create(project, "a")
    change(project, seen, sha1s)
    mark(project, "Later", sha1s[:2])
    after = digest(project)
    before = restore.restore(project, "a", "before restoring a", author="ada")
    assert digest(project) == version.digest
    assert diff(project, "a").is_empty
    assert materialize.behind(project) == 0
    assert before.name == "before restoring a"
    assert before.digest == after
    assert digest(at(project, before.id)) == after
    # What came later is not gone from the log, and comes back with the version before.
    restore.restore(project, before.id, "before restoring a")
    assert digest(project) == after
    assert [version.name for version in record.list_versions(project)] == [
        "before restoring a (2)",
        "before restoring a",
        "a",
    ]


def test_restoring_what_is_there_does_nothing(project, mark, sha1s_of):
    create(project, "a")
    mark(project, "Seen", sha1s_of(project)[:1])
    restore.restore(project, "a", "before")
    position = annotations_of(project).state(fresh=True).position
    tables = {name: project.database().version(name) for name in ("files", "clusters__visual")}
    pins = project.database().pins.of("files")
    assert restore.restore(project, "a", "before") is None
    assert {name: project.database().version(name) for name in tables} == tables
    assert project.database().pins.of("files") == pins
    assert annotations_of(project).state(fresh=True).position == position
    assert [version.name for version in record.list_versions(project)] == ["before", "a"]


def test_undo_takes_the_annotations_of_a_restoration_back(project, mark, sha1s_of):
    sha1s = sha1s_of(project)
    seen = mark(project, "Seen", sha1s[:4])
    create(project, "a")
    store = annotations_of(project)
    store.commit([Change("image", sha1s[0], seen.id, "set", "no")], "value", author="ada")

    def values():
        return dict(store.state(fresh=True).values(seen.id).select("target", "value").iter_rows())

    restore.restore(project, "a", "before", author="ada")
    assert values()[sha1s[0]] == "yes"
    store.undo("ada")
    assert values()[sha1s[0]] == "no"
    store.redo("ada")
    assert values()[sha1s[0]] == "yes"
    # A process that reads the log anew comes to the same.
    assert from_log(store.log()).inactive == store.state().inactive


def interrupt(project, mark, sha1s):
    """Begin to restore a version of a project that changed since, and do none of it."""
    seen = mark(project, "Seen", sha1s[:4])
    version = create(project, "a")
    change(project, seen, sha1s)
    position = annotations_of(project).state(fresh=True).position
    plan = {"version": version.id, "author": "ada", "events": position}
    (project.root / restore.FILE_NAME).write_text(json.dumps(plan))
    return version


def test_what_is_noted_while_a_restoration_is_finished_stays(project, mark, sha1s_of):
    sha1s = sha1s_of(project)
    interrupt(project, mark, sha1s)
    mark(project, "Meanwhile", sha1s[:2])
    assert restore.is_unfinished(project)
    assert restore.finish(project)
    assert not restore.is_unfinished(project)
    names = {prop.name for prop in annotations_of(project).state(fresh=True).live_properties}
    assert names == {"Seen", "Meanwhile"}
    changed = {part.kind for part in diff(project, "a").sections}
    assert changed == {"properties", "annotations"}


def kill_at(project, script, seconds):
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(project.root)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize(
    "kills", [3, pytest.param(25, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_a_restoration_killed_anywhere_is_finished_or_was_never_begun(
    project, mark, sha1s_of, kills
):
    sha1s = sha1s_of(project)
    seen = mark(project, "Seen", sha1s[:4])
    version = create(project, "a")
    change(project, seen, sha1s)
    changed = digest(project)
    random_seconds = random.Random(os.environ.get("PANOPTIC_SEED", "kills"))
    for _ in range(kills):
        kill_at(project, RESTORE, random_seconds.uniform(0, 1.2))
        reopened = open_project(project.root)
        restore.finish(reopened)
        now = digest(reopened)
        assert now in (changed, version.digest)
        if now == version.digest:
            change(reopened, seen, sha1s)
            changed = digest(reopened)


@pytest.mark.parametrize(
    "kills", [3, pytest.param(25, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_a_version_whose_making_is_killed_is_whole_or_is_not_there(project, kills):
    random_seconds = random.Random(os.environ.get("PANOPTIC_SEED", "kills"))
    before = digest(project)
    for _ in range(kills):
        kill_at(project, CREATE, random_seconds.uniform(0, 0.8))
        versions = record.list_versions(project)
        for version in versions:
            assert digest(at(project, version.id)) == version.digest == before
            delete(project, version.id)
    create(project, "last")
    pins = project.database().pins
    assert all(len(pins.of(table)) == 1 for table in pins.tables() - {record.TABLE})


def test_a_command_finishes_an_interrupted_restoration_first(project, mark, sha1s_of, capsys):
    sha1s = sha1s_of(project)
    version = interrupt(project, mark, sha1s)
    assert cli.main(["query", "seen:yes", "--json", "--project", str(project.root)]) == 0
    assert not (project.root / restore.FILE_NAME).exists()
    assert all(sha1 in capsys.readouterr().out for sha1 in sha1s[:1])
    assert digest(project) == version.digest


def test_tables_that_were_empty_are_so_in_their_versions_and_restored(project, mark, sha1s_of):
    """Lance cleans up a pinned version that has no rows."""
    assert project.database().count("annotations") == project.database().count("tags") == 0
    first = create(project, "nothing yet")
    mark(project, "Seen", sha1s_of(project)[:3])
    second = create(project, "seen")
    for name in ("annotations", "properties", "tags"):
        project.database().clean(name, timedelta(0))
    for version in (first, second):
        assert verify.verify(project, version.id).is_whole
    assert at(project, first.id).database().read("annotations").num_rows == 0
    assert restore.restore(project, "nothing yet", "before") is not None
    assert project.database().count("annotations") == 0
    assert restore.restore(project, "seen", "again") is not None
    seen = at(project, second.id).database().count("annotations")
    assert project.database().count("annotations") == seen >= 3


def test_a_restoration_of_what_is_damaged_is_refused_and_commands_still_start(project, capsys):
    version = create(project, "a")
    project.database().delete("images", project.database().read("images")["sha1"].to_pylist()[:1])
    [manifest] = (project.lance / "images.lance" / "_versions").glob(
        f"{LAST_VERSION - version.tables['images']}.manifest"
    )
    manifest.unlink()
    with pytest.raises(DataUnavailable):
        restore.restore(project, "a", "before")
    assert [known.name for known in record.list_versions(project)] == ["a"]
    plan = {"version": version.id, "author": None, "events": 0}
    (project.root / restore.FILE_NAME).write_text(json.dumps(plan))
    assert cli.main(["version", "list", "--project", str(project.root)]) == 0
    assert "images" in capsys.readouterr().err
