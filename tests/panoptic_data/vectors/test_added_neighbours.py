"""Lists that are carried forward are those of a full computation, and only what changed is read."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from panoptic_data.ingest import images
from panoptic_data.ingest.purge import purge
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import neighbours, screening
from panoptic_data.vectors.added_neighbours import DERIVED
from tests import synthetic
from tests.vectors import (
    SLUG,
    drop_columns,
    embed,
    embed_with_files,
    forget,
    grouped,
    lose_files,
    sha1s,
    table,
)

TABLE = f"neighbours__{SLUG}"


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


@pytest.fixture
def only_changes(monkeypatch):
    """Fail where all lists are computed, once the test has called what this returns."""

    def begin():
        carry = neighbours.carry_forward

        def carried(*arguments):
            result = carry(*arguments)
            assert result is not None, "all lists are computed"
            return result

        monkeypatch.setattr(neighbours, "carry_forward", carried)

    return begin


def update(project, run="r1", **options):
    return neighbours.update(project, SLUG, run, **options)


def counts(result):
    return result.rows, result.new, result.changed, result.unchanged, result.removed


def from_scratch(tmp_path, names, vectors, word="scratch"):
    other = create_project(tmp_path / word)
    embed(other, names, vectors)
    # The table is made in one go, and not carried forward.
    seen = neighbours._seen(other, SLUG)
    changes, _, _ = neighbours._compute(
        other, SLUG, seen, neighbours.K, 20_000, "r", lambda *_: None, anew=False
    )
    return other, changes.data_version


def assert_as_from_scratch(project, result, tmp_path, names, vectors, word="scratch"):
    other, version = from_scratch(tmp_path, names, vectors, word)
    assert table(project, TABLE).equals(table(other, TABLE))
    assert result.data_version == version


@pytest.mark.parametrize("dim", [24, 25, 26, 27])
def test_many_small_steps_end_as_one_full_computation(project, tmp_path, only_changes, dim):
    names, (vectors, _) = sha1s(600), grouped(600, dim=dim, width=0.8)
    order = np.random.default_rng(1).permutation(600)
    names, vectors = [names[at] for at in order], vectors[order]
    # Copies make ties, which the sha1 must break alike on both ways.
    vectors[540:] = vectors[:60]
    embed(project, names[:400], vectors[:400])
    update(project)
    only_changes()
    for turn, start in enumerate(range(400, 600, 40)):
        embed(project, names[start : start + 40], vectors[start : start + 40])
        update(project, f"added {turn}")
        forget(project, names[turn * 10 : turn * 10 + 10])
        result = update(project, f"removed {turn}")
        assert result.removed == 10
    assert_as_from_scratch(project, result, tmp_path, names[50:], vectors[50:])


def test_images_whose_files_are_missing_have_no_list_and_are_in_none(
    project, tmp_path, only_changes
):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names, vectors)
    first = update(project)
    only_changes()
    lose_files(project, names[:20])
    gone = update(project, "r2")
    assert (gone.rows, gone.removed) == (280, 20)
    assert project.database().count(f"embeddings__{SLUG}") == 300
    assert_as_from_scratch(project, gone, tmp_path, names[20:], vectors[20:])

    lose_files(project, names[:20], "ok")
    back = update(project, "r3")
    assert (back.new, back.extra["computed"], back.data_version) == (20, 20, first.data_version)


def test_a_vector_made_again_changes_the_lists_that_it_is_in(project, tmp_path, only_changes):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names, vectors)
    update(project)
    only_changes()
    vectors[40:50] = grouped(10, seed=5)[0]
    embed(project, names[40:50], vectors[40:50])
    result = update(project, "r2")
    assert_as_from_scratch(project, result, tmp_path, names, vectors)


def test_rows_that_did_not_change_keep_the_run_that_made_them(project, only_changes):
    names, (vectors, _) = sha1s(400), grouped(400, groups=8)
    embed(project, names[:390], vectors[:390])
    update(project, "r1")
    before = table(project, TABLE)
    only_changes()
    embed(project, names[390:], vectors[390:])
    result = update(project, "r2")
    runs = dict(project.database().frame(TABLE).select("sha1", "run").iter_rows())
    same = set(before.join(table(project, TABLE), on=["sha1", "ids", "similarities"])["sha1"])
    assert {name for name, run in runs.items() if run == "r1"} == same
    assert counts(result) == (400, 10, 390 - len(same), len(same), 0)


def test_a_table_of_an_earlier_release_is_filled_in_and_keeps_its_runs(project, only_changes):
    names, (vectors, _) = sha1s(200), grouped(200)
    embed(project, names[:190], vectors[:190])
    first = update(project)
    drop_columns(project, TABLE, DERIVED)
    filled = update(project, "r2")
    assert counts(filled) == (190, 0, 0, 190, 0)
    assert filled.data_version == first.data_version
    assert set(project.database().frame(TABLE)["run"]) == {"r1"}
    only_changes()
    embed(project, names[190:], vectors[190:])
    assert update(project, "r3").new == 10


def test_a_kill_before_the_removed_rows_were_deleted_is_made_good(project, tmp_path, only_changes):
    names, (vectors, _) = sha1s(300), grouped(300)
    embed(project, names[:290], vectors[:290])
    update(project)
    before = project.database().read(TABLE)
    only_changes()
    embed(project, names[290:], vectors[290:])
    forget(project, names[:5])
    update(project, "r2")
    gone = before.filter(pa.array([name in names[:5] for name in before["sha1"].to_pylist()]))
    project.database().upsert(TABLE, gone)
    assert update(project, "r3").removed == 5
    # And rows that a first fill had not written.
    project.database().delete(TABLE, names[50:60])
    result = update(project, "r4")
    assert result.new == 10
    assert_as_from_scratch(project, result, tmp_path, names[5:], vectors[5:])


def test_more_copies_than_can_be_screened_are_compared_exactly(project, tmp_path, monkeypatch):
    names, (vectors, _) = sha1s(300), grouped(300)
    vectors[:200] = vectors[0]
    embed(project, names[:290], vectors[:290])
    update(project)
    monkeypatch.setattr(screening, "PAIRS_PER_QUERY", 10)
    embed(project, names[290:], vectors[290:])
    result = update(project, "r2")
    assert_as_from_scratch(project, result, tmp_path, names, vectors)


def test_only_the_lists_that_change_are_read(project, monkeypatch):
    names, (vectors, _) = sha1s(2000), grouped(2000, groups=40)
    embed(project, names[:1990], vectors[:1990])
    update(project)
    embed(project, names[1990:], vectors[1990:])
    database, read = project.database(), []
    for method in ("read", "batches", "read_addressed"):
        original = getattr(database, method)

        def watch(name, columns=None, *rest, _original=original, **options):
            read.append((name, columns))
            return _original(name, columns, *rest, **options)

        monkeypatch.setattr(database, method, watch)
    update(project, "r2")
    wide = [c for name, c in read if name == TABLE and (c is None or "ids" in c)]
    assert wide == []


def test_lists_of_others_forget_an_image_whose_picture_was_overwritten(project):
    names, (vectors, _) = sha1s(60), grouped(60)
    source = {"name": "s", "uri": "file:///s", "added_at": synthetic.AT}
    synthetic.write(project, "sources", [source])
    embed_with_files(project, names, vectors)
    update(project, k=5)
    overwritten, purged = pl.Series(named(project)).value_counts(sort=True)[:, 0][:2]
    forget_files(project, overwritten)
    assert images.prune(project, "r2") == 1
    update(project, "r2", k=5)
    assert overwritten not in named(project)
    purge(project, [purged])
    update(project, "r3", k=5)
    assert purged not in named(project)
    assert project.database().count(TABLE) == 58


def named(project):
    """Return the images in all lists."""
    return [id for ids in project.database().read(TABLE)["ids"].to_pylist() for id in ids]


def forget_files(project, sha1):
    database = project.database()
    files = database.frame("files", ["file_id"], f"sha1 = '{sha1}'")["file_id"].to_list()
    database.delete("files", files)
