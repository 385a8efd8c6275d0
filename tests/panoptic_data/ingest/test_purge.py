"""Removing images for good: no byte of them is left in the project, and no run brings them back."""

import shutil
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from panoptic_data.catalogue import registry
from panoptic_data.errors import UnknownImage
from panoptic_data.ingest import images, purge, sources
from panoptic_data.storage import schema
from panoptic_data.storage.project import create_project
from tests.panoptic_data.catalogue.test_embedded import packet
from tests.small_corpus import write_pictures

GONE = 3


@pytest.fixture
def folder(tmp_path):
    write_pictures(tmp_path / "pictures", range(40))
    return tmp_path / "pictures"


@pytest.fixture
def project(tmp_path, folder):
    created = create_project(tmp_path / "project")
    images.ingest(created, sources.add(created, folder), "run")
    return created


@pytest.fixture
def sha1s(project):
    return project.database().frame("images", ["sha1"])["sha1"].sort().to_list()


def vector_of(number):
    return np.random.default_rng(number).normal(size=64).astype(np.float16)


def embed(project, sha1s):
    rows = [
        {"sha1": sha1, "vector": vector_of(number), "run": "r"} for number, sha1 in enumerate(sha1s)
    ]
    shape = schema.arrow("embeddings__x", 64)
    project.database().upsert("embeddings__x", pa.Table.from_pylist(rows, schema=shape))


def holding(project, data):
    paths = (path for path in project.root.rglob("*") if path.is_file())
    return [path for path in paths if data in path.read_bytes()]


def test_no_byte_of_a_purged_image_is_left_and_all_others_are(project, sha1s):
    embed(project, sha1s)
    thumbnails = images.thumbnails(project, sha1s)
    vectors = {sha1: vector_of(number).tobytes() for number, sha1 in enumerate(sha1s)}
    gone = sha1s[:GONE]
    for sha1 in gone:
        assert holding(project, thumbnails[sha1])
        assert holding(project, vectors[sha1])
    what = purge.preview_purge(project, gone)
    assert (what.files, what.rows) == (GONE, {"embeddings__x": GONE, "images": GONE})
    assert purge.purge(project, gone) == what
    for sha1 in gone:
        assert holding(project, thumbnails[sha1]) == []
        assert holding(project, vectors[sha1]) == []
    assert images.thumbnails(project, sha1s) == {sha1: thumbnails[sha1] for sha1 in sha1s[GONE:]}
    rows = project.database().frame("embeddings__x", ["sha1", "vector"])
    assert {sha1: np.float16(v).tobytes() for sha1, v in rows.iter_rows()} == {
        sha1: vectors[sha1] for sha1 in sha1s[GONE:]
    }


def test_no_word_of_its_sidecar_is_left_and_those_of_others_are(project, folder):
    paths = project.database().frame("files", ["path"])["path"].sort()[:2].to_list()
    for path in paths:
        (folder / f"{path}.xmp").write_bytes(packet(f"Words beside {path}"))
    images.ingest(project, sources.listing(project)[0], "run")
    rows = project.database().frame("files").sort("path")
    assert f"Words beside {paths[0]}" in rows["sidecar"][0]
    # Texts are compressed: what is looked for is any file that held them.
    data = project.lance / "files.lance" / "data"
    holding_texts = set(data.iterdir())
    purge.purge(project, [rows["sha1"][0]])
    assert not holding_texts & set(data.iterdir())
    after = project.database().frame("files").sort("path")
    assert after["sidecar"][0] is None
    assert after[1:].equals(rows[1:])
    assert after["status"].to_list()[:2] == ["purged", "ok"]


def test_no_run_brings_a_purged_image_back_wherever_it_lies(project, folder, sha1s, tmp_path):
    gone = sha1s[0]
    purge.purge(project, [gone])
    rows = project.database().frame("files", where=f"sha1 = '{gone}'").to_dicts()
    (row,) = rows
    assert (row["status"], row["reason"]) == ("purged", "purged")
    result, _ = images.ingest(project, sources.add(project, folder), "later")
    assert result.is_unchanged
    shutil.copy(folder / row["path"], folder / "copy.jpg")
    (tmp_path / "other").mkdir()
    shutil.move(folder / row["path"], tmp_path / "other" / "moved.jpg")
    images.ingest(project, sources.add(project, folder), "later", reread=True)
    images.ingest(project, sources.add(project, tmp_path / "other"), "later")
    images.prune(project, "later")
    statuses = project.database().frame("files", ["status"], f"sha1 = '{gone}'")["status"]
    assert statuses.to_list() == ["purged"] * 3
    assert project.database().take("images", [gone]).num_rows == 0
    assert gone not in images.taking_part(project).to_list()
    assert registry.get(project, fresh=True).frame.height == len(sha1s) - 1


def test_a_selection_that_names_it_keeps_the_others(project, sha1s):
    row = {"key": "k" * 20, "sha1s": sha1s[:5], "at": datetime.now(UTC)}
    shape = schema.arrow("selections")
    project.database().upsert("selections", pa.Table.from_pylist([row], schema=shape))
    purge.purge(project, sha1s[:2])
    (kept,) = project.database().read("selections").to_pylist()
    assert (kept["key"], kept["sha1s"]) == ("k" * 20, sha1s[2:5])


def test_an_unknown_image_is_refused_and_nothing_is_done(project, sha1s):
    for unknown in ("0" * 40, "x' OR 1=1"):
        with pytest.raises(UnknownImage):
            purge.purge(project, [sha1s[0], unknown])
    assert project.database().count("images") == len(sha1s)


def test_a_purge_that_was_killed_is_finished_by_calling_it_again(project, sha1s, monkeypatch):
    embed(project, sha1s)
    thumbnail = images.thumbnails(project, sha1s[:1])[sha1s[0]]

    class KilledError(BaseException):
        pass

    def kill(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(purge, "_erase", kill)
        with pytest.raises(KilledError):
            purge.purge(project, sha1s[:1])
    purge.purge(project, sha1s[:1])
    assert holding(project, thumbnail) == []
