"""Only what differs is written, and the digest of a table is that of its content."""

import pyarrow as pa
import pytest

from panoptic_data.storage import sync
from panoptic_data.storage.digests import row_digests, table_digest
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow

NAME = "neighbours__visual"


@pytest.fixture
def database(tmp_path):
    return create_project(tmp_path / "corpus").database()


DERIVED = ("length", "nearest", "weakest", "vector_run", "row_digest")


def rows(length=None, **lists):
    fields = [arrow(NAME).field(name) for name in DERIVED]
    columns = {field.name: pa.nulls(len(lists), field.type) for field in fields}
    columns["length"] = pa.array([length] * len(lists), pa.int32())
    table = lists_only(**lists)
    return pa.table({**dict(zip(table.column_names, table.columns, strict=True)), **columns})


def lists_only(**lists):
    return pa.table(
        {
            "sha1": pa.array(list(lists), pa.string()),
            "ids": pa.array([ids for ids, _ in lists.values()], pa.list_(pa.string())),
            "similarities": pa.array([s for _, s in lists.values()], pa.list_(pa.float32())),
        }
    )


def digest(table):
    return table_digest(table.column_names, row_digests(table))


def runs(database):
    return dict(database.frame(NAME).select("sha1", "run").iter_rows())


def test_each_row_names_the_run_that_last_changed_it(database):
    same = {key: ([], []) for key in "abcdefgh"}
    sync.sync_table(database, NAME, rows(**same, x=(["a"], [0.5]), y=(["a"], [0.5])), "r1")
    wanted = {**same, "y": (["a"], [0.25]), "z": (["b"], [1.0])}
    created = sync.sync_table(database, NAME, rows(**wanted), "r2")
    assert (created.rows, created.new, created.changed, created.unchanged, created.removed) == (
        10,
        1,
        1,
        8,
        1,
    )
    assert runs(database) == {**dict.fromkeys(same, "r1"), "y": "r2", "z": "r2"}


def test_rows_that_stay_keep_their_run_when_most_are_rewritten(database):
    sync.sync_table(database, NAME, rows(a=(["b"], [0.5]), b=(["a"], [0.5])), "r1")
    wanted = rows(a=(["b"], [0.5]), b=([], []), c=([], []))
    created = sync.sync_table(database, NAME, wanted, "r2")
    assert (created.new, created.changed, created.unchanged, created.removed) == (1, 1, 1, 0)
    assert runs(database) == {"a": "r1", "b": "r2", "c": "r2"}


def test_nothing_to_hold_empties_the_table(database):
    sync.sync_table(database, NAME, rows(a=([], [])), "r1")
    created = sync.sync_table(database, NAME, rows(), "r2")
    assert (created.rows, created.removed) == (0, 1)
    assert runs(database) == {}


def test_an_empty_table_that_stays_empty_is_not_made(database):
    assert sync.sync_table(database, NAME, rows(), "r1").rows == 0
    assert database.names() == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        rows(a=(["bc"], [0.5]), d=(["e"], [0.5])),
        rows(a=(["b", "c"], [0.5]), d=(["e"], [0.25])),
        rows(a=(["b"], [0.5]), d=(["c", "e"], [0.5])),
        rows(a=(["b", "c"], [0.5]), d=([], [0.5])),
        rows(ad=(["b", "c"], [0.5]), e=(["e"], [0.5])),
    ],
)
def test_the_digest_differs_where_content_differs(other):
    table = rows(a=(["b", "c"], [0.5]), d=(["e"], [0.5]))
    assert digest(table) == digest(pa.table(table.to_pydict(), schema=table.schema))
    assert digest(table) != digest(other)


def test_the_digest_is_of_rows_and_not_of_how_they_are_stored():
    table = rows(a=(["b", "c"], [0.5]), d=(["e"], [0.5]), f=([], []))
    parts = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert digest(parts) == digest(table)
    wider = pa.concat_tables([rows(z=(["z"], [0.0])), table]).slice(1)
    assert digest(wider) == digest(table)


def test_a_row_written_again_with_its_derived_columns_keeps_its_run(database):
    sync.sync_table(database, NAME, rows(a=([], []), b=([], [])), "r1")
    changes = sync.sync_table(database, NAME, rows(a=([], []), b=([], []), length=0), "r2", DERIVED)
    assert (changes.new, changes.changed, changes.unchanged) == (0, 0, 2)
    assert runs(database) == {"a": "r1", "b": "r1"}
    assert database.frame(NAME)["length"].to_list() == [0, 0]


def test_rows_that_are_made_anew_name_the_run_although_their_values_are_the_same(database):
    first = sync.sync_table(database, NAME, rows(a=([], []), b=([], [])), "r1")
    again = sync.sync_table(database, NAME, rows(a=([], []), b=([], [])), "r2", is_made_anew=True)
    assert (again.changed, again.data_version) == (0, first.data_version)
    assert runs(database) == {"a": "r2", "b": "r2"}


def test_changes_that_are_known_are_written_alone(database):
    sync.sync_table(database, NAME, rows(a=([], []), b=([], []), c=([], [])), "r1")
    sync.write_changes(database, NAME, rows(b=(["a"], [0.5]), d=([], [])), ["c"], "r2")
    assert runs(database) == {"a": "r1", "b": "r2", "d": "r2"}
