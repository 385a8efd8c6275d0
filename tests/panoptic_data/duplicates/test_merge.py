"""Which image of a group of duplicates stays, and what it takes over."""

import polars as pl
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import merge
from panoptic_data.messages import LANGUAGES
from tests import synthetic

NAMES = ["a", "b", "c", "d", "e"]
A, B, C, D, E = (synthetic.sha1(name) for name in NAMES)


def known(*rows):
    names = ("sha1", "pixels", "oldest", "annotated", "bytes", "place")
    made = pl.DataFrame(rows, merge.FACTS, orient="row").select(names)
    # Told in minutes here.
    return made.with_columns(pl.col("oldest") * 60 * 10**9)


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
    facts = known(("y", *right, "s/2.jpg"), ("x", *left, "s/1.jpg"))
    [row] = merge.keepers(members(g=["y", "x"]), facts).to_dicts()
    other = {"x": "y", "y": "x"}[keeper]
    assert row == {"group": "g", "keeper": keeper, "others": [other], "reason": reason}


def test_what_was_copied_together_is_as_old():
    facts = known(("x", 100, 3, 0, 5, "s/1.jpg"), ("y", 100, 3, 1, 5, "s/2.jpg"))
    sooner = pl.when(pl.col("sha1") == "x").then(pl.col("oldest")).otherwise(pl.col("oldest") + 1)
    [row] = merge.keepers(members(g=["x", "y"]), facts.with_columns(oldest=sooner)).to_dicts()
    assert (row["keeper"], row["reason"]) == ("y", "annotated")


def test_groups_are_judged_apart_and_those_of_one_are_none():
    facts = known(("a", 10, 1, 0, 1, "s/a"), ("b", 20, 1, 0, 1, "s/b"), ("c", 30, 1, 0, 1, "s/c"))
    found = merge.keepers(members(one=["a", "b"], two=["b", "c", "a"], three=["c", "gone"]), facts)
    assert dict(found.select("group", "keeper").iter_rows()) == {"one": "b", "two": "c"}
    assert found.filter(group="two")["others"].to_list() == [["b", "a"]]


def test_every_reason_is_told_in_both_languages():
    told = {merge.said(reason, one) for reason in merge.REASONS for one in LANGUAGES}
    assert len(told) == 2 * len(merge.REASONS)
    for first in merge.FIRSTS[1:]:
        told = {merge.said(reason, one, first) for reason in merge.REASONS for one in LANGUAGES}
        assert len(told) == 2 * len(merge.REASONS)


@pytest.mark.parametrize(
    ("first", "keeper", "reason"),
    [("pixels", "x", "pixels"), ("oldest", "y", "oldest"), ("annotated", "x", "pixels")],
)
def test_what_counts_first_can_be_chosen(first, keeper, reason):
    facts = known(("x", 200, 9, 1, 5, "s/1.jpg"), ("y", 100, 2, 1, 5, "s/2.jpg"))
    [row] = merge.keepers(members(g=["y", "x"]), facts, first).to_dicts()
    assert (row["keeper"], row["reason"]) == (keeper, reason)


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    rows = [synthetic.image(name, width=48 + at) for at, name in enumerate(NAMES)]
    synthetic.write(opened, "images", rows)
    files = [
        synthetic.file(f"s/{name}.jpg", name, mtime_ns=at, size=100 + at)
        for at, name in enumerate(NAMES)
    ]
    files[-1]["status"] = "missing"
    files.append(synthetic.file("s/0.jpg", "b", mtime_ns=0, size=7))
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def store(project):
    return annotations_of(project)


def make(store, name, type):
    one, changes = properties.create(store.state().properties, name, type)
    store.commit(changes, "property")
    return one.id


def put(store, property, **values):
    sha1 = dict(zip("abcde", (A, B, C, D, E), strict=True))
    for name, value in values.items():
        store.commit(edits.set_value(store.state(), property, [sha1[name]], value), "set")


def values(store, property):
    return sorted(store.state().values(property).select("target", "value").iter_rows())


def test_what_decides_is_read_from_the_tables(project, store):
    note, year = make(store, "Note", "text"), make(store, "Year", "date")
    put(store, note, a="x", b="y")
    put(store, year, b="1912")
    facts = merge.facts(project, store.state()).sort("sha1")
    assert set(facts["sha1"]) == {A, B, C, D}
    [row] = facts.filter(sha1=B).to_dicts()
    told = {"pixels": 49 * 32, "oldest": 0, "annotated": 2, "bytes": 101, "place": "s/0.jpg"}
    assert row == {"sha1": B, **told}


def test_values_go_where_there_are_none_and_others_leave_in_one_batch(store):
    note, theme = make(store, "Note", "text"), make(store, "Theme", "tags")
    ids = []
    for name in ("War", "Sea", "Sky"):
        tag, changes = tags.create(store.state().tags, theme, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    put(store, note, b="first", c="second", d="own", e="other")
    put(store, theme, a=[ids[0]], b=[ids[0], ids[1]], c=[ids[2]])
    changes, lost = merge.merged(store.state(), {A: [B, C], D: [E]})
    store.commit(changes, "duplicates")
    assert dict(values(store, note))[A] == "first"
    assert dict(values(store, note))[D] == "own"
    assert sorted(value for sha1, value in values(store, theme) if sha1 == A) == sorted(ids)
    assert set(store.state().excluded.frame()["target"]) == {B, C, E}
    found = set(lost.select("keeper", "sha1", "value").iter_rows())
    assert found == {(A, C, "second"), (D, E, "other")}
    assert set(lost["property"]) == {note}
    store.undo()
    assert store.state().excluded.frame().is_empty()
    assert A not in dict(values(store, note))


def test_nobody_is_kept_and_given_up_at_once(store):
    note = make(store, "Note", "text")
    put(store, note, c="said")
    # B goes to A in one group, and C to B in another; a third says the first the other way round.
    changes, lost = merge.merged(store.state(), {A: [B], B: [C, A]})
    store.commit(changes, "duplicates")
    assert dict(values(store, note))[A] == "said"
    assert set(store.state().excluded.frame()["target"]) == {B, C}
    assert lost.is_empty()


def test_the_others_may_stay(store):
    changes, _ = merge.merged(store.state(), {A: [B]}, out=False)
    assert changes.is_empty()
