"""Open groups of duplicates in a catalogue, the criteria of their keepers, and merge plans."""

import pyarrow as pa

from panoptic_data.annotations import edits, properties
from panoptic_data.catalogue import registry
from panoptic_data.duplicates import merge, review
from panoptic_data.duplicates.sureness import sureness
from panoptic_data.storage.schema import arrow
from panoptic_data.views.model import Condition, View
from tests import synthetic

A, B, C, D, E = (synthetic.sha1(name) for name in "abcde")


def create(store, name, type):
    property, changes = properties.create(store.state().properties, name, type)
    store.commit(changes, "property")
    return property.id


def put(store, property, **values):
    sha1 = dict(zip("abcde", (A, B, C, D, E), strict=True))
    for name, value in values.items():
        store.commit(edits.set_value(store.state(), property, [sha1[name]], value), "set")


def write_groups(project, **groups):
    """Write near groups of images by their names, each a bit farther from the others."""
    rows = [
        {
            "member": f"near:{group}/{name}",
            "group": f"near:{group}",
            "kind": "near",
            "sha1": synthetic.sha1(name),
            "distance": float(index),
        }
        for group, names in groups.items()
        for index, name in enumerate(names)
    ]
    synthetic.write(project, "duplicates", rows)


def opened(project, view=None, first="pixels"):
    current = registry.get(project, fresh=True)
    frame = review.open_groups(current, "near", view, first).frame
    return {
        group: (keeper, others, reason)
        for group, keeper, others, reason in frame.select(
            "group", "keeper", "others", "reason"
        ).iter_rows()
    }


def test_the_criteria_of_keepers_are_read_from_a_catalogue(project, store):
    note, year = create(store, "Note", "text"), create(store, "Year", "date")
    put(store, note, a="x", b="y")
    put(store, year, b="1912")
    current = registry.get(project, fresh=True)
    criteria = review.keeper_criteria(current, current.rows_of([A, B, C, D]))
    assert set(criteria["sha1"]) == {A, B, C, D}
    [row] = criteria.filter(sha1=B).to_dicts()
    values = {"pixels": 49 * 32, "oldest": 0, "annotated": 2, "bytes": 101, "place": "s/0.jpg"}
    assert row == {"sha1": B, **values}


def test_a_group_is_open_while_two_of_its_images_are_shown(project, store):
    write_groups(project, one=["a", "b", "c"], two=["d", "e"])
    # The file of e is missing.
    assert opened(project) == {"near:one": (C, [B, A], "pixels")}
    assert opened(project, first="oldest") == {"near:one": (C, [B, A], "pixels")}
    view = View(where=(Condition("size", ">=", 102),))
    assert opened(project, view) == {}
    store.commit(edits.exclude(store.state(), [C]), "exclude")
    assert opened(project) == {"near:one": (B, [A], "pixels")}


def test_images_marked_as_no_duplicates_close_their_group_until_another_joins(project, store):
    write_groups(project, one=["a", "b"])
    store.commit(merge.apart_changes(store.state(), "near", [A, B]), "duplicates")
    assert opened(project) == {}
    write_groups(project, one=["a", "b", "c"])
    assert set(opened(project)) == {"near:one"}
    store.undo()
    assert set(opened(project)) == {"near:one"}


def test_a_plan_merges_groups_within_a_distance_whose_values_agree(project, store):
    write_groups(project, one=["a", "b"], two=["c", "d"])
    note = create(store, "Note", "text")
    put(store, note, a="x", c="y", d="z")
    groups = review.open_groups(registry.get(project, fresh=True), "near")
    plan = review.plan_merge(store.state(), groups)
    assert (plan.groups, plan.leaving, plan.disagreeing) == (1, 1, 1)
    assert plan.lost.rows() == [(note, D, C, "y")]
    everything = review.plan_merge(store.state(), groups, agreeing=False)
    assert (everything.groups, everything.leaving, everything.disagreeing) == (2, 2, 1)
    none = review.plan_merge(store.state(), groups, 0.5)
    assert (none.groups, none.changes.height) == (0, 0)
    store.commit(plan.changes, "duplicates")
    assert (
        dict(store.state().property_values(note).frame().select("target", "value").rows())[B] == "x"
    )
    assert set(store.state().excluded.frame()["target"]) == {A}


def test_groups_with_edits_are_merged_last_and_keep_no_recoloured_image(project):
    rows = [
        {"group": f"near:{group}", "kind": "near", "sha1": synthetic.sha1(name), "distance": 0.0}
        | {"member": f"near:{group}/{name}", "centre": synthetic.sha1(centre), "edits": edits}
        for group, centre, name, edits in (
            *(("one", "a", "a", []), ("one", "a", "b", ["stretched"])),
            *(("two", "c", "c", []), ("two", "c", "d", ["recoloured"])),
        )
    ]
    synthetic.write(project, "duplicates", rows)
    images = project.database().read("images").to_pylist()
    for row in images:
        # The largest of its group is grey.
        row["colour"] = "#707070" if row["sha1"] == D else "#c03020"
    project.database().upsert("images", pa.Table.from_pylist(images, schema=arrow("images")))
    current = registry.get(project, fresh=True)
    for first in ("pixels", "annotated"):
        groups = review.open_groups(current, "near", first=first)
        kept = groups.frame.filter(group="near:two").row(0, named=True)
        assert (kept["keeper"], kept["reason"], kept["step"]) == (C, "colours", 16.0)
    assert sureness(project, groups, [0.0, 16.0]) == ["compared", "edited"]
    state = current.annotations
    assert [review.plan_merge(state, groups, most).groups for most in (0.0, 16.0)] == [1, 2]


def test_files_of_one_image_are_listed_oldest_first(project, tmp_path):
    synthetic.write_files(project, tmp_path)
    rows = review.copies_of(project, [B]).rows(named=True)
    assert [row["path"].rpartition("/")[2] for row in rows] == ["0.jpg", "b.jpg"]
    assert [row["is_kept"] for row in rows] == [True, False]
    assert {row["kept"] for row in rows} == {rows[0]["path"]}
