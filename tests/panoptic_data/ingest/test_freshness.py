"""The note that says there is nothing to do: true as long as nothing at all has changed."""

import os
import time
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from panoptic_data.errors import FolderNotFound
from panoptic_data.ingest import freshness
from panoptic_data.provenance import runs
from panoptic_data.storage.project import add_encoder, create_project, open_project, save_settings
from panoptic_data.storage.schema import arrow
from tests.small_corpus import write_pictures

SUMMARY = {"files": 3, "stages": {"corpus": {"rows": 3}}}
LONG_AGO = time.time() - 3600


@pytest.fixture
def folder(tmp_path):
    for path in write_pictures(tmp_path / "pictures", range(3)):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return tmp_path / "pictures"


@pytest.fixture
def project(tmp_path):
    opened = replace(create_project(tmp_path / "corpus"), encoders=("visual",))
    save_settings(opened)
    write_stage(opened, "1")
    return opened


def write_stage(project, version):
    row = dict.fromkeys(arrow("stages").names, None) | {"stage": "corpus", "data_version": version}
    project.database().upsert("stages", pa.Table.from_pylist([row], schema=arrow("stages")))


def remember(project, folder):
    freshness.record_complete_run(project, freshness.folder_state({"pictures": folder}), SUMMARY)


def test_as_long_as_nothing_changes_the_summary_comes_back(project, folder):
    remember(project, folder)
    assert freshness.unchanged_summary(project) == SUMMARY
    assert freshness.unchanged_summary(open_project(project.root)) == SUMMARY


def test_before_the_first_complete_run_there_is_no_note(project):
    assert freshness.unchanged_summary(project) is None


def test_a_run_that_only_looked_is_no_change(project, folder):
    remember(project, folder)
    with runs.start(project, "process", {}):
        pass
    assert freshness.unchanged_summary(project) == SUMMARY


def add_a_file(project, folder):
    write_pictures(folder, range(7, 8))


def remove_a_file(project, folder):
    (folder / "subject-1" / "00001.jpg").unlink()


def rename_a_file(project, folder):
    path = folder / "subject-1" / "00001.jpg"
    path.rename(path.with_name("other.jpg"))


def overwrite_at_the_same_length(project, folder):
    path = folder / "subject-1" / "00001.jpg"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def change_a_time(project, folder):
    os.utime(folder / "subject-1" / "00001.jpg", (LONG_AGO + 1, LONG_AGO + 1))


def take_the_folder_away(project, folder):
    folder.rename(folder.with_name("elsewhere"))


def change_the_settings(project, folder):
    add_encoder(project, "clip")


def write_a_table(project, folder):
    write_stage(project, "2")


def make_a_table(project, folder):
    project.database().upsert("sources", arrow("sources").empty_table())


def spoil_the_note(project, folder):
    (project.root / freshness.FILE_NAME).write_text("{")


@pytest.mark.parametrize(
    "change",
    [
        add_a_file,
        remove_a_file,
        rename_a_file,
        overwrite_at_the_same_length,
        change_a_time,
        take_the_folder_away,
        change_the_settings,
        write_a_table,
        make_a_table,
        spoil_the_note,
    ],
)
def test_any_change_ends_it(project, folder, change):
    remember(project, folder)
    change(project, folder)
    assert freshness.unchanged_summary(open_project(project.root)) is None


def test_other_code_ends_it(project, folder, monkeypatch):
    remember(project, folder)
    monkeypatch.setattr(freshness, "code_version", lambda: "another")
    assert freshness.unchanged_summary(project) is None


def test_weights_written_anew_end_it(project, folder, tmp_path):
    weights = tmp_path / "weights.pt"
    weights.write_bytes(b"1")
    os.utime(weights, (LONG_AGO, LONG_AGO))
    project = add_encoder(project, f"timm:resnet50?checkpoint={weights}")
    remember(project, folder)
    assert freshness.unchanged_summary(project) == SUMMARY
    weights.write_bytes(b"2")
    assert freshness.unchanged_summary(project) is None


def test_of_a_folder_being_written_nothing_is_remembered(project, folder):
    remember(project, folder)
    write_pictures(folder, range(8, 9))
    assert not freshness.folder_state({"pictures": folder}).is_stable
    remember(project, folder)
    assert not (project.root / freshness.FILE_NAME).exists()


def test_a_note_expires_after_its_validity(project, folder):
    seen = freshness.folder_state({"pictures": folder})
    freshness.record_complete_run(project, seen, SUMMARY, timedelta(hours=1))
    assert freshness.unchanged_summary(project) == SUMMARY
    freshness.record_complete_run(project, seen, SUMMARY, timedelta(seconds=-1))
    assert freshness.unchanged_summary(project) is None


def test_a_camera_with_a_clock_ahead_is_no_file_being_written(project, folder):
    ahead = time.time() + 86400
    os.utime(folder / "subject-1" / "00001.jpg", (ahead, ahead))
    remember(project, folder)
    assert freshness.unchanged_summary(project) == SUMMARY


def test_a_folder_that_is_gone_cannot_be_looked_at(tmp_path):
    with pytest.raises(FolderNotFound):
        freshness.folder_state({"pictures": tmp_path / "nowhere"})
