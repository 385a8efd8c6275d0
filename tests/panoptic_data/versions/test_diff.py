import pyarrow as pa

from panoptic_data.annotations.log import Change
from panoptic_data.annotations.store import annotations_of
from panoptic_data.storage.schema import arrow
from panoptic_data.versions.create import create
from panoptic_data.versions.diff import diff


def test_nothing_differs_between_equal_states(project):
    create(project, "a")
    create(project, "b")
    assert diff(project, "a", "b").is_empty
    assert diff(project, "a").is_empty


def test_exactly_what_changed_is_listed_on_either_side(project, mark, sha1s_of):
    first, second, third, *_ = sha1s_of(project)
    seen = mark(project, "Seen", [first, second])
    create(project, "a")
    store, database = annotations_of(project), project.database()
    store.commit(
        [
            Change("image", first, seen.id, "set", "no"),
            Change("image", second, seen.id, "set", None),
            Change("image", third, seen.id, "set", "new"),
            Change("property", seen.id, "name", "set", '"Viewed"'),
        ],
        "value",
    )
    file = database.frame("files", where=f"sha1 = '{third}'").to_dicts()[0]
    database.delete("files", [file["file_id"]])
    moved = database.read("projection__visual").slice(0, 1)
    x = moved["x"].to_pylist()[0]
    database.upsert(
        "projection__visual",
        moved.set_column(1, "x", [[x + 3.0]]).cast(arrow("projection__visual")),
    )
    result = diff(project, "a")
    assert {(part.kind, part.encoder) for part in result.sections} == {
        ("annotations", None),
        ("properties", None),
        ("files", None),
        ("map", "visual"),
    }
    values = result.section("annotations").rows.sort("change")
    assert values.select("change", "target", "value_before", "value_after").rows() == [
        ("added", third, None, "new"),
        ("changed", first, "yes", "no"),
        ("removed", second, "yes", None),
    ]
    names = result.section("properties").rows
    assert names.select("name_before", "name_after").rows() == [("Seen", "Viewed")]
    files = result.section("files")
    assert (files.added, files.removed, files.changed) == (0, 1, 0)
    assert files.rows["file_id"].to_list() == [file["file_id"]]
    assert result.section("map", "visual").rows["distance"].round(3).to_list() == [3.0]
    create(project, "b")
    back = diff(project, "b", "a")
    assert (back.section("files").added, back.section("annotations").added) == (1, 1)


def test_parameters_and_encoders_that_differ_are_named(project):
    create(project, "a")
    database = project.database()
    row = database.frame("stages", where="stage = 'clusters/visual'").to_dicts()[0]
    changed = row | {"parameters": row["parameters"].replace("42", "43")}
    database.upsert("stages", pa.Table.from_pylist([changed], schema=arrow("stages")))
    database.delete("encoders", ["visual"])
    result = diff(project, "a")
    assert ("clusters/visual", "seed", 42, 43) in result.parameters
    assert [(slug, after) for slug, _, after in result.encoders] == [("visual", None)]
