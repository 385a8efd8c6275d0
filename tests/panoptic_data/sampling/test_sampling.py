"""Samples and divisions of a real project: which images get which tag, and what the log says."""

import numpy as np
import polars as pl
import pytest

from panoptic_data import read_values, sample_images, select_images, split_images, undo
from panoptic_data.annotations import edits
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import InvalidSample, UsageError
from panoptic_data.sampling import recipe
from tests import synthetic
from tests.annotating import create_property
from tests.labelled import KINDS, SHA1S, VECTORS, create_project, create_tags

WITH_FILE = SHA1S[:-1].tolist()


@pytest.fixture
def project(tmp_path):
    project = create_project(tmp_path / "project")
    ready = {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False}
    synthetic.write(project, "encoders", [ready])
    return project


def find_copies(project, *groups):
    """Write groups of near duplicates, as the stage would."""
    rows = [
        {"group": f"near-{number}", "sha1": sha1, "kind": "near", "distance": 0.0}
        for number, group in enumerate(groups)
        for sha1 in group
    ]
    if rows:
        synthetic.write(project, "duplicates", rows)
    synthetic.write(project, "stages", [{"stage": "duplicates", "data_version": "1"}])


def last_line(project):
    return annotations_of(project).history(1).row(0, named=True)


def test_a_sample_is_one_batch_that_says_how_it_was_made_and_is_undone_as_one(project):
    drawn = sample_images(project, 40, seed=5, view="folder:s/even")
    assert drawn["tag"].unique().to_list() == ["40 by chance"]
    even = select_images(project, "folder:s/even")["sha1"].to_list()
    assert len(set(drawn["sha1"])) == 40
    assert set(drawn["sha1"]) <= set(even)
    assert set(read_values(project, "Sample")["target"]) == set(drawn["sha1"])
    line = last_line(project)
    assert line["act"] == "sample"
    assert recipe.read(line["about"]) == recipe.Recipe(
        "chance", f"40/{len(even)}", 5, view="folder:s/even"
    )
    undo(project)
    assert annotations_of(project).state(fresh=True).live_properties == []


def test_the_same_seed_gives_the_same_images_and_writes_them_once(project):
    first = sample_images(project, 30, method="diverse", seed=2)
    again = sample_images(project, 30, method="diverse", seed=2)
    assert again.equals(first)
    assert annotations_of(project).history().height == 1
    # Another seed gives others, under another name.
    other = sample_images(project, 30, method="diverse", seed=3)
    assert set(other["sha1"]) != set(first["sha1"])
    assert other["tag"][0] == "30 diverse (2)"
    with pytest.raises(InvalidSample, match="on other images"):
        sample_images(project, 30, seed=9, tag="30 Diverse")


def test_a_diverse_sample_covers_what_one_by_chance_does_not(project):
    def farthest(method):
        drawn = sample_images(project, 12, method=method, dry=True)["sha1"].to_list()
        chosen = VECTORS[np.isin(SHA1S, drawn)].astype(float)
        return (VECTORS[10:-1].astype(float) @ chosen.T).max(axis=1).min()

    assert farthest("diverse") > farthest("chance")
    kinds = KINDS[np.isin(SHA1S, sample_images(project, 9, method="typical", dry=True)["sha1"])]
    assert set(kinds) == {0, 1, 2}
    assert annotations_of(project).state(fresh=True).live_properties == []


def test_a_typical_sample_has_one_of_each_set_of_copies(project):
    drawn = sample_images(project, 20, method="typical", dry=True)["sha1"].to_list()
    find_copies(project, drawn)
    again = sample_images(project, 20, method="typical", dry=True)["sha1"].to_list()
    assert len(set(drawn) & set(again)) == 1


def test_what_an_encoder_gave_is_in_the_log(project):
    sample_images(project, 5, method="typical")
    line_read = recipe.read(last_line(project)["about"])
    assert (line_read.how, line_read.amount, line_read.encoder) == ("typical", "5/299", "visual")
    assert len(line_read.vectors) == 12


def test_a_balanced_sample_says_where_a_value_has_fewer(project):
    store = annotations_of(project)
    theme, (war, sea) = create_tags(store)
    store.commit(edits.add_tags(store.state(), theme, WITH_FILE[:100], [war]), "tag")
    store.commit(edits.add_tags(store.state(), theme, WITH_FILE[100:104], [sea]), "tag")
    drawn = sample_images(project, 20, method="balanced", by="Theme")
    assert drawn.height == 14
    assert len(set(drawn["sha1"]) & set(WITH_FILE[100:104])) == 4
    assert drawn["tag"][0] == "14 balanced by Theme"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"count": 400}, "only 299"),
        ({"count": 0}, "whole number of 1 or more"),
        ({"count": 3, "seed": -1}, "whole number of 0 or more"),
        ({"count": 3, "method": "best"}, "chance, diverse, typical, balanced"),
        ({"count": 3, "by": "folder"}, "method balanced only"),
        ({"count": 3, "method": "balanced"}, "needs the field"),
        ({"count": 1, "method": "balanced", "by": "folder"}, "at least 2"),
        ({"count": 3, "method": "balanced", "by": "folder sort:name"}, "folder sort:name"),
        ({"count": 3, "method": "balanced", "by": "camera"}, "No image of the view has a value"),
        ({"count": 3, "encoder": "visual"}, "diverse or typical sample only"),
        ({"count": 3, "view": "name:nothing"}, "shows no image"),
        ({"count": 3, "property": "Remark"}, "holds no tags"),
        ({"count": 3, "property": "Kind"}, "one tag an image"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_writes_nothing(project, given, problem):
    store = annotations_of(project)
    create_property(store, "Remark", "text")
    create_property(store, "Kind", "tag")
    before = store.history().height
    with pytest.raises(UsageError, match=problem):
        sample_images(project, **given)
    assert store.history().height == before


def test_copies_are_never_in_two_parts(project):
    groups = [WITH_FILE[start : start + 7] for start in range(0, 140, 7)]
    find_copies(project, *groups, [WITH_FILE[0], WITH_FILE[7]])
    parts = split_images(project, seed=3)
    assert parts.height == 299
    part_of = dict(parts.iter_rows())
    for group in groups:
        assert len({part_of[sha1] for sha1 in group}) == 1
    assert part_of[WITH_FILE[0]] == part_of[WITH_FILE[7]]
    sizes = dict(parts.group_by("tag").len().iter_rows())
    assert abs(sizes["train"] - 239) <= 7
    assert set(sizes) == {"train", "validation", "test"}
    line = last_line(project)
    assert (line["act"], recipe.read(line["about"]).copies) == ("split", 140)


def test_a_division_is_alike_by_value_and_replaces_the_one_before(project):
    find_copies(project)
    parts = split_images(project, (50, 50), by="folder", seed=1)
    images = select_images(project, "").select("sha1", folder=pl.col("place").str.slice(0, 5))
    sizes = images.join(parts, on="sha1").group_by("folder", "tag").len()
    assert sorted(sizes["len"].to_list()) == [74, 75, 75, 75]
    split_images(project, (90, 10), seed=1)
    values = read_values(project, "Split").group_by("value").len()
    assert dict(values.select("value", "len").iter_rows()) == {"train": 269, "validation": 30}
    undo(project)
    assert read_values(project, "Split").filter(value="train").height in (149, 150)


def test_a_division_takes_no_other_tags_away(project):
    find_copies(project)
    sample_images(project, 20, seed=1, property="Mine")
    with pytest.raises(InvalidSample, match="20 of these images have other tags of “Mine”"):
        split_images(project, property="Mine", seed=1)
    assert read_values(project, "Mine").height == 20


def test_a_division_without_known_copies_is_refused(project):
    with pytest.raises(InvalidSample, match="Copies have not been looked for"):
        split_images(project)


@pytest.mark.parametrize("shares", [(1,), (0, 0, 0), (80, -1, 5), (1, 1, 1, 1), (float("nan"), 1)])
def test_shares_that_are_none_are_refused(project, shares):
    with pytest.raises(InvalidSample, match="are no shares"):
        split_images(project, shares)


@pytest.mark.parametrize(
    "written",
    [
        recipe.Recipe("diverse", "3/7", 0, encoder="clip", vectors="ab", view='name:"a \\ b" c'),
        recipe.Recipe("split", "80/10/10", 7, of=9, by="Thème 1", copies=0, selection=4),
    ],
)
def test_a_recipe_is_read_back(written):
    assert recipe.read(written.line()) == written
    assert recipe.read("labels.csv") is recipe.read(None) is None
