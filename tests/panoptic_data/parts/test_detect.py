"""Parts that are planted into real files are found, once, at the places where they are."""

import shutil

import cv2
import numpy as np
import polars as pl
import pytest

from panoptic_data import open_version
from panoptic_data.errors import SharedPartsNotMade, UnknownImage, UsageError
from panoptic_data.ingest import images, purge, source_changes, sources
from panoptic_data.parts import detect, find, same_part, shared
from panoptic_data.provenance import stages
from panoptic_data.storage.project import create_project, open_project
from panoptic_data.versions import create
from tests.panoptic_data.parts import planted

TABLES = ("shared_parts", "part_groups", "part_comparisons", "visual_words")


def read(project, folder):
    images.ingest(project, sources.add(project, folder), "r0")


def make(project, run="r1"):
    """Find the parts and record it, as a run does."""
    result = detect.update(project, run, [])
    version = stages.CODE_VERSIONS[shared.STAGE]
    stages.record(project, shared.STAGE, result, {}, version, run)
    return result


def names_of(project):
    return dict(project.database().frame("files", ["sha1", "path"]).iter_rows())


def pairs(project):
    names = names_of(project)
    rows = project.database().frame("shared_parts", ["left", "right"])
    return {frozenset((names[left], names[right])) for left, right in rows.iter_rows()}


def content(project):
    """Return all rows that the stage processed, without their runs."""
    database = project.database()
    return {name: sorted(map(str, database.frame(name).drop("run").iter_rows())) for name in TABLES}


def overlap(outline, other):
    """Return the intersection of two convex polygons beside their union."""
    ours, theirs = (np.asarray(points, np.float32) for points in (outline, other))
    shared_area, _ = cv2.intersectConvexConvex(ours, theirs)
    return shared_area / (cv2.contourArea(ours) + cv2.contourArea(theirs) - shared_area)


@pytest.fixture(scope="module")
def processed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    planted.write_all(folder / "pictures")
    project = create_project(folder / "project")
    read(project, folder / "pictures")
    make(project)
    return project


@pytest.fixture
def copy(processed, tmp_path):
    shutil.copytree(processed.root, tmp_path / "project")
    shutil.copytree(processed.root.parent / "pictures", tmp_path / "pictures")
    project = open_project(tmp_path / "project")
    folder = tmp_path / "pictures"
    source_changes.relink(project, "pictures", folder)
    return project, folder


def sha1_of(project, name):
    return next(sha1 for sha1, path in names_of(project).items() if path == name)


def test_each_pair_that_shows_the_motif_is_there_and_no_other(processed):
    expected = {frozenset(pair) for pair in (("a.jpg", "b.jpg"), ("a.jpg", "c.jpg"))}
    expected.add(frozenset(("b.jpg", "c.jpg")))
    assert pairs(processed) == expected


def test_the_outlines_lie_on_the_motif_and_the_matrix_leads_from_one_to_the_other(processed):
    names = names_of(processed)
    for part in shared.parts_of_image(processed, sha1_of(processed, "a.jpg")):
        other = names[part.other]
        assert overlap(part.outline, planted.corners("a.jpg")) > 0.6
        assert overlap(part.other_outline, planted.corners(other)) > 0.6
        matrix = np.reshape(part.matrix, (2, 3))
        led = planted.corners(other) @ matrix[:, :2].T + matrix[:, 2]
        assert np.abs(led - planted.corners("a.jpg")).max() < 0.02
        assert part.inliers >= 15
        assert 0.5 <= part.sureness <= 1


def test_the_three_are_one_group_around_its_hub(processed):
    (group,) = shared.groups(processed).to_dicts()
    assert group["images"] == 3
    members = shared.members_of(processed, group["group"])
    names = names_of(processed)
    assert {names[member.sha1] for member in members} == set(planted.PLACES)
    assert [member.is_hub for member in members] == [True, False, False]
    assert members[0].sha1 == group["hub"]
    for member in members:
        assert overlap(member.outline, planted.corners(names[member.sha1])) > 0.6
    grouped = {part.group for part in shared.parts_of_image(processed, group["hub"])}
    assert grouped == {group["group"]}


def test_made_again_nothing_is_compared_and_nothing_changes(copy, monkeypatch):
    project, _ = copy
    before = content(project)
    monkeypatch.setattr(same_part, "same_part", None)
    result = make(project, "r2")
    assert result.is_unchanged
    assert content(project) == before


def test_only_what_is_new_is_compared_and_what_left_is_forgotten(copy, monkeypatch):
    project, folder = copy
    compared = []
    whole = same_part.same_part
    monkeypatch.setattr(same_part, "same_part", lambda *args: compared.append(1) or whole(*args))
    before = content(project)
    (folder / "c.jpg").rename(folder.parent / "c.jpg")
    read(project, folder)
    assert make(project, "r2").removed == 2
    assert pairs(project) == {frozenset(("a.jpg", "b.jpg"))}
    assert compared == []
    (folder.parent / "c.jpg").rename(folder / "c.jpg")
    read(project, folder)
    assert make(project, "r3").new == 2
    assert content(project) == before
    assert len(compared) <= 5


@pytest.mark.parametrize("at", ["words", "vocabulary", "before", "between", "groups"])
def test_killed_at_any_moment_it_goes_on_and_ends_in_the_same(processed, tmp_path, monkeypatch, at):
    project = create_project(tmp_path / "project")
    read(project, processed.root.parent / "pictures")
    write = {"upsert": type(project.database()).upsert, "replace": type(project.database()).replace}
    stopped_at = {
        "vocabulary": ("replace", "visual_vocabulary"),
        "words": ("upsert", "visual_words"),
        "before": ("upsert", "shared_parts"),
        "between": ("upsert", "part_comparisons"),
        "groups": ("replace", "part_groups"),
    }[at]

    def stop(kind):
        def written(database, name, rows):
            is_last = name != "part_comparisons" or any(rows["is_complete"].to_pylist())
            if (kind, name) == stopped_at and is_last:
                raise KeyboardInterrupt
            return write[kind](database, name, rows)

        return written

    with monkeypatch.context() as killed:
        for kind in write:
            killed.setattr(type(project.database()), kind, stop(kind))
        with pytest.raises(KeyboardInterrupt):
            detect.update(project, "r1", [])
    assert not shared.is_made(project)
    make(project, "r2")
    assert content(project) == content(processed)


def test_a_picture_that_was_only_saved_again_shares_no_part_with_itself(copy):
    project, folder = copy
    planted.Image.open(folder / "d.jpg").save(folder / "again.jpg", quality=70)
    read(project, folder)
    make(project, "r2")
    assert not any("again.jpg" in pair for pair in pairs(project))


def test_a_rectangle_is_found_on_the_other_pictures(processed):
    left, top, side, _ = (number / planted.SIDE for number in planted.PLACES["a.jpg"])
    parts = find.part_of(processed, sha1_of(processed, "a.jpg")[:12], (left, top, side, side))
    names = names_of(processed)
    assert {names[part.other] for part in parts} == {"b.jpg", "c.jpg"}
    for part in parts:
        assert overlap(part.outline, planted.corners("a.jpg")) > 0.6
        assert overlap(part.other_outline, planted.corners(names[part.other])) > 0.6
    # Where the motif is not.
    assert find.part_of(processed, sha1_of(processed, "a.jpg"), (0.7, 0, 0.3, 1)) == []


def test_wrong_arguments_are_refused_in_one_sentence(processed, tmp_path):
    sha1 = sha1_of(processed, "a.jpg")
    for rectangle in ((0, 0, 2, 1), (0, 0, 0, 1), (0.1, 0.2, 0.5), (-0.1, 0, 1, 1)):
        with pytest.raises(UsageError, match="inside the picture"):
            find.part_of(processed, sha1, rectangle)
    with pytest.raises(UnknownImage):
        find.part_of(processed, "0000")
    empty = create_project(tmp_path / "empty")
    read(empty, processed.root.parent / "pictures")
    assert shared.groups(empty).is_empty()
    assert shared.parts_of_image(empty, sha1) == []
    with pytest.raises(SharedPartsNotMade, match="--stage shared_parts"):
        find.part_of(empty, sha1)


def test_the_term_shows_the_images_that_share_the_part(processed):
    from panoptic_data import select_images

    names = names_of(processed)
    sha1 = sha1_of(processed, "a.jpg")[:10]
    left, top, side, _ = (number / planted.SIDE for number in planted.PLACES["a.jpg"])
    for query in (
        f"part-of:image:{sha1}",
        f"partie-de:{sha1}@{left:.3f},{top:.3f},{side:.3f},{side:.3f}",
    ):
        shown = {names[it] for it in select_images(processed, query)["sha1"]}
        assert shown == {"b.jpg", "c.jpg"}
    others = {names[it] for it in select_images(processed, f"-part-of:image:{sha1}")["sha1"]}
    assert others == {"a.jpg", *planted.PLAIN}


def test_a_corpus_version_keeps_the_parts_that_there_were(copy):
    project, folder = copy
    sha1 = sha1_of(project, "a.jpg")
    version = create.create(project, "before")
    before = shared.parts_of_image(project, sha1)
    (folder / "b.jpg").unlink()
    read(project, folder)
    make(project, "r2")
    assert len(shared.parts_of_image(project, sha1)) == 1
    opened = open_version(project, version.name)
    assert shared.is_made(opened)
    assert shared.parts_of_image(opened, sha1) == before
    assert len(find.part_of(opened, sha1)) == 2


def test_of_a_purged_image_nothing_is_left(copy):
    project, _ = copy
    sha1 = sha1_of(project, "b.jpg")
    purge.purge(project, [sha1])
    for name in TABLES:
        frame = project.database().frame(name)
        texts = frame.select(pl.col(pl.String)).rows()
        assert not any(sha1 in str(text) for row in texts for text in row), name
    make(project, "r2")
    assert len(shared.parts_of_image(project, sha1_of(project, "a.jpg"))) == 1
