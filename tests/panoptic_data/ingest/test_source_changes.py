"""Moving, renaming and removing a source: what stays, what goes, and that nothing is done twice."""

import hashlib
import os
import shutil
import time

import pytest

from panoptic_data.errors import (
    FolderLooksMoved,
    FolderNotFound,
    FolderOverlaps,
    UnknownSource,
    UsageError,
)
from panoptic_data.ingest import images, source_changes, sources
from panoptic_data.ingest.scan import scan_source
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project
from tests.small_corpus import write_pictures

LONG_AGO = time.time() - 3600


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def posters(tmp_path):
    for path in write_pictures(tmp_path / "posters", range(12)):
        os.utime(path, (LONG_AGO, LONG_AGO))
    return tmp_path / "posters"


def read(project, source, run="run"):
    result = images.ingest(project, source, run)
    for stage, part in zip((f"files/{source.name}", f"images/{source.name}"), result, strict=True):
        stages.record(project, stage, part, {}, stages.CODE_VERSIONS[stage.split("/")[0]], run)
    return result


def ids(project):
    rows = project.database().frame("files", ["path", "file_id"])
    return dict(rows.iter_rows())


def test_a_folder_that_was_moved_is_recognised_and_nothing_is_read_again(project, posters):
    source = sources.add(project, posters)
    read(project, source)
    before = ids(project)
    moved = posters.rename(posters.with_name("elsewhere"))
    with pytest.raises(FolderLooksMoved) as refused:
        source_changes.add(project, moved)
    assert "panoptic sources relink posters" in refused.value.message("en")
    assert [source.name for source in sources.listing(project)] == ["posters"]
    relinked = source_changes.relink(project, "posters", moved)
    assert (relinked.root, relinked.presence.is_away) == (moved, False)
    assert scan_source(project, relinked).is_unchanged
    assert read(project, relinked)[0].extra["read"] == 0
    assert ids(project) == before


def test_a_person_can_say_that_it_is_another_folder(project, posters):
    read(project, sources.add(project, posters))
    moved = posters.rename(posters.with_name("elsewhere"))
    assert source_changes.add(project, moved, is_new=True).name == "elsewhere"


def test_a_copy_beside_a_folder_that_is_there_is_a_new_source(project, posters):
    read(project, sources.add(project, posters))
    copied = shutil.copytree(posters, posters.with_name("copy"))
    assert source_changes.add(project, copied).name == "copy"


def test_other_pictures_of_the_same_names_and_sizes_are_no_moved_folder(project, posters):
    read(project, sources.add(project, posters))
    moved = posters.rename(posters.with_name("elsewhere"))
    for path in moved.rglob("*.jpg"):
        path.write_bytes(path.read_bytes()[::-1])
    assert source_changes.add(project, moved).name == "elsewhere"


def test_relinking_refuses_what_cannot_be_a_source(project, posters, tmp_path):
    read(project, sources.add(project, posters))
    write_pictures(tmp_path / "stamps", range(20, 22))
    sources.add(project, tmp_path / "stamps")
    with pytest.raises(FolderNotFound):
        source_changes.relink(project, "posters", tmp_path / "nowhere")
    with pytest.raises(FolderOverlaps):
        source_changes.relink(project, "posters", tmp_path / "stamps" / "subject-4")
    with pytest.raises(UnknownSource):
        source_changes.relink(project, "maps", tmp_path / "stamps")
    empty = tmp_path / "empty"
    empty.mkdir()
    source = sources.select(project, ["posters"])[0]
    assert not source_changes.compare(project, source, empty).is_same


def test_a_renamed_source_keeps_its_files_and_nothing_is_stale(project, posters):
    source = sources.add(project, posters)
    results = read(project, source)
    versions = {"files/posters": results[0].data_version, "images/posters": results[1].data_version}
    for name in ("files", "images"):
        made_of = {"files/posters": versions["files/posters"]} if name == "images" else {}
        result = results[name == "images"]
        stages.record(
            project, f"{name}/posters", result, made_of, stages.CODE_VERSIONS[name], "run"
        )
    stages.record(project, "corpus", results[1], versions, stages.CODE_VERSIONS["corpus"], "run")
    before = ids(project)
    stale = stages.stale(stages.latest(project), ["posters"], [])
    renamed = source_changes.rename(project, "posters", "Affiches d'été")
    assert renamed.name == "Affiches-d-été"
    assert [source.name for source in sources.listing(project)] == [renamed.name]
    assert renamed.presence.renamed_from == ""
    assert ids(project) == before
    assert stages.stale(stages.latest(project), [renamed.name], []) == stale
    assert scan_source(project, renamed).is_unchanged
    assert project.database().count("files", "source = 'posters'") == 0
    with pytest.raises(UnknownSource):
        source_changes.rename(project, "posters", "x")


def test_a_name_that_is_taken_is_refused(project, posters, tmp_path):
    sources.add(project, posters)
    write_pictures(tmp_path / "stamps", range(20, 22))
    sources.add(project, tmp_path / "stamps")
    with pytest.raises(UsageError):
        source_changes.rename(project, "posters", "Stamps")
    assert [source.name for source in sources.listing(project)] == ["posters", "stamps"]


@pytest.mark.parametrize("step", ["_rename_files", "_rename_stages"])
def test_a_renaming_that_was_killed_is_finished_by_the_next_run(
    project, posters, monkeypatch, step
):
    read(project, sources.add(project, posters))
    before = ids(project)

    class KilledError(BaseException):
        pass

    def kill(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(source_changes, step, kill)
        with pytest.raises(KilledError):
            source_changes.rename(project, "posters", "affiches")
    source_changes.finish_renames(project)
    assert [source.name for source in sources.listing(project)] == ["affiches"]
    assert ids(project) == before
    assert set(project.database().frame("files", ["source"])["source"]) == {"affiches"}


def test_removing_a_source_keeps_what_others_hold(project, posters, tmp_path):
    read(project, sources.add(project, posters))
    stamps = tmp_path / "stamps"
    stamps.mkdir()
    shared = next(posters.rglob("*.jpg"))
    shutil.copy(shared, stamps / "shared.jpg")
    read(project, sources.add(project, stamps))
    before = ids(project)
    removal = source_changes.preview_removal(project, "posters")
    assert (removal.files, len(removal.leaving), removal.staying) == (12, 11, 1)
    assert len(sources.listing(project)) == 2
    assert source_changes.remove(project, "posters") == removal
    assert [source.name for source in sources.listing(project)] == ["stamps"]
    left = project.database().frame("images", ["sha1"])["sha1"].to_list()
    assert left == [hashlib.sha1(shared.read_bytes()).hexdigest()]
    assert not [name for name in stages.latest(project)["stage"] if name.endswith("/posters")]
    assert len(list(posters.rglob("*.jpg"))) == 12
    # Added again, its files are who they were: what was noted of them is back.
    read(project, sources.add(project, posters))
    assert ids(project) == before


def test_a_removal_that_was_killed_is_finished_by_the_next_run(project, posters):
    read(project, sources.add(project, posters))
    project.database().delete("sources", ["posters"])
    images.prune(project, "run")
    assert project.database().count("files") == project.database().count("images") == 0


@pytest.mark.parametrize("name", ["", "  ", "…"])
def test_a_source_is_not_called_nothing(project, posters, name):
    source = sources.add(project, posters)
    with pytest.raises(UsageError, match="is no name for a source"):
        source_changes.rename(project, source.name, name)
    assert [source.name for source in sources.listing(project)] == ["posters"]
