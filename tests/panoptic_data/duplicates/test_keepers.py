"""Which image of a group of duplicates is kept, and why."""

import polars as pl
import pytest

from panoptic_data.duplicates.altered import LESS_SURE_BITS, altered, steps
from panoptic_data.duplicates.keepers import (
    CRITERIA,
    CRITERIA_SCHEMA,
    REASONS,
    choose_keepers,
    reason_text,
)
from panoptic_data.messages import LANGUAGES


def criteria(*rows):
    names = ("sha1", "pixels", "oldest", "annotated", "bytes", "place")
    table = pl.DataFrame(rows, CRITERIA_SCHEMA, orient="row").select(names)
    # Rows give minutes.
    return table.with_columns(pl.col("oldest") * 60 * 10**9)


def members(**groups):
    rows = [(group, sha1) for group, sha1s in groups.items() for sha1 in sha1s]
    return pl.DataFrame(rows, ["group", "sha1"], orient="row")


@pytest.mark.parametrize(
    ("left", "right", "keeper", "reason"),
    [
        ((200, 9, 0, 5), (100, 1, 9, 9), "x", "pixels"),
        ((100, 9, 9, 9), (100, 1, 0, 5), "y", "oldest"),
        ((100, 1, 0, 9), (100, 1, 2, 5), "y", "annotated"),
        ((100, 1, 2, 9), (100, 1, 2, 5), "x", "bytes"),
        ((100, 1, 2, 5), (100, 1, 2, 5), "x", "first"),
    ],
)
def test_the_largest_stays_then_the_oldest_then_the_most_annotated(left, right, keeper, reason):
    known = criteria(("y", *right, "s/2.jpg"), ("x", *left, "s/1.jpg"))
    [row] = choose_keepers(members(g=["y", "x"]), known).to_dicts()
    other = {"x": "y", "y": "x"}[keeper]
    assert row == {"group": "g", "keeper": keeper, "others": [other], "reason": reason}


def test_what_was_copied_together_is_as_old():
    known = criteria(("x", 100, 3, 0, 5, "s/1.jpg"), ("y", 100, 3, 1, 5, "s/2.jpg"))
    sooner = pl.when(pl.col("sha1") == "x").then(pl.col("oldest")).otherwise(pl.col("oldest") + 1)
    [row] = choose_keepers(members(g=["x", "y"]), known.with_columns(oldest=sooner)).to_dicts()
    assert (row["keeper"], row["reason"]) == ("y", "annotated")


@pytest.mark.parametrize(
    ("edits", "colours", "grey", "kept"),
    [
        ([[], ["recoloured"]], ["#c03020", "#707070"], [], "a"),
        ([[], ["recoloured"]], ["#707070", "#c03020"], [], "b"),
        ([[], ["recoloured"]], ["#ffffff", "#ffffff"], ["a"], "b"),
        ([[], ["recoloured"]], ["#c03020", "#c08080"], [], "a"),
        ([[], [], ["recoloured"]], ["#803020", "#803020", "#ff0000"], [], "b"),
        ([[], ["recoloured"], ["recoloured"]], ["#777777", "#c08080", "#c02020"], [], "c"),
        ([[], ["cropped"]], ["#c03020", "#707070"], [], "b"),
    ],
)
@pytest.mark.parametrize("first", CRITERIA)
def test_no_grey_or_recoloured_image_stays_beside_another(edits, colours, grey, kept, first):
    names = "abc"[: len(edits)]
    known = criteria(*((n, 100 + i, 9 - i, i, 5 + i, f"s/{n}") for i, n in enumerate(names)))
    rows = pl.DataFrame(
        {
            **{"group": "g", "sha1": list(names), "centre": "a", "edits": edits},
            **{"colour": colours, "is_grey": [name in grey for name in names], "distance": 0.0},
        },
        schema_overrides={"edits": pl.List(pl.String), "distance": pl.Float32},
    )
    [row] = choose_keepers(members(g=list(names)), known, first, altered(rows)).to_dicts()
    assert row["keeper"] == kept
    [step] = steps(rows)["step"]
    assert step == LESS_SURE_BITS
    assert steps(rows.with_columns(edits=pl.lit(["mirrored"])))["step"].to_list() == [0.0]


def test_groups_are_judged_apart_and_those_of_one_are_none():
    known = criteria(
        ("a", 10, 1, 0, 1, "s/a"), ("b", 20, 1, 0, 1, "s/b"), ("c", 30, 1, 0, 1, "s/c")
    )
    chosen = choose_keepers(
        members(one=["a", "b"], two=["b", "c", "a"], three=["c", "gone"]), known
    )
    assert dict(chosen.select("group", "keeper").iter_rows()) == {"one": "b", "two": "c"}
    assert chosen.filter(group="two")["others"].to_list() == [["b", "a"]]


def test_every_reason_is_told_in_both_languages():
    texts = {reason_text(reason, language) for reason in REASONS for language in LANGUAGES}
    assert len(texts) == 2 * len(REASONS)
    for first in CRITERIA[1:]:
        texts = {
            reason_text(reason, language, first) for reason in REASONS for language in LANGUAGES
        }
        assert len(texts) == 2 * len(REASONS)


@pytest.mark.parametrize(
    ("first", "keeper", "reason"),
    [("pixels", "x", "pixels"), ("oldest", "y", "oldest"), ("annotated", "x", "pixels")],
)
def test_what_counts_first_can_be_chosen(first, keeper, reason):
    known = criteria(("x", 200, 9, 1, 5, "s/1.jpg"), ("y", 100, 2, 1, 5, "s/2.jpg"))
    [row] = choose_keepers(members(g=["y", "x"]), known, first).to_dicts()
    assert (row["keeper"], row["reason"]) == (keeper, reason)
