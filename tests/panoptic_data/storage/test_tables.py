"""Reading and writing tables, on a real database in a temporary folder."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from panoptic_data.storage.connection import Connection
from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import TABLES, arrow, table_name
from panoptic_data.storage.tables import Database
from tests import synthetic


@pytest.fixture
def database(tmp_path):
    return Database(str(tmp_path / "lance"))


def sources(*names, uri="/x"):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [{"name": n, "uri": uri, "added_at": now, "options": "{}"} for n in names]
    return pa.Table.from_pylist(rows, schema=arrow("sources"))


def names_in(database):
    return sorted(database.read("sources", ["name"])["name"].to_pylist())


def test_an_absent_table_reads_as_an_empty_one(database):
    for name in TABLES:
        rows = database.read(name)
        assert rows.num_rows == 0
        assert rows.column_names == [column.name for column in TABLES[name].columns]
    assert database.version("sources") == 0
    assert database.count("sources") == 0
    assert database.dim("embeddings__visual") is None


def test_upsert_replaces_known_keys_and_adds_the_others(database):
    database.append("sources", sources("a", "b"))
    database.upsert("sources", sources("b", "c", uri="/new"))
    rows = database.read("sources", ["name", "uri"]).sort_by("name").to_pylist()
    assert rows == [
        {"name": "a", "uri": "/x"},
        {"name": "b", "uri": "/new"},
        {"name": "c", "uri": "/new"},
    ]


def test_each_write_is_one_version_and_a_past_version_still_reads(database):
    first = database.append("sources", sources("a"))
    second = database.append("sources", sources("b", "c"))
    assert second == first + 1
    assert database.version("sources") == second
    assert database.read("sources", ["name"], version=first)["name"].to_pylist() == ["a"]
    assert names_in(database) == ["a", "b", "c"]


def test_keys_with_quotes_are_taken_and_deleted_literally(database):
    database.append("sources", sources("it's", "x' OR '1'='1", "other"))
    assert database.take("sources", ["x' OR '1'='1"], ["name"])["name"].to_pylist() == [
        "x' OR '1'='1"
    ]
    database.delete("sources", ["it's", "nobody"])
    assert names_in(database) == ["other", "x' OR '1'='1"]


def test_take_leaves_out_unknown_keys_and_crosses_the_chunk_limit(database):
    many = [f"s{i:05}" for i in range(2_500)]
    database.append("sources", sources(*many))
    taken = database.take("sources", [*many, "nobody"], ["name"])["name"].to_pylist()
    assert sorted(taken) == many
    assert database.take("sources", []).num_rows == 0


def test_replace_puts_new_rows_in_place_of_all(database):
    database.append("sources", sources("a", "b"))
    database.replace("sources", sources("z"))
    assert names_in(database) == ["z"]


def test_vectors_of_another_length_can_take_the_place_of_the_old(database):
    name = table_name("embeddings", "visual")
    for dim in (4, 6):
        rows = pa.table(
            {"sha1": ["a"], "vector": [[0.5] * dim], "run": ["r"]}, schema=arrow(name, dim)
        )
        database.replace(name, rows)
        assert database.dim(name) == dim


def test_rows_that_do_not_fit_the_schema_are_refused(database):
    with pytest.raises(ValueError, match="rows of sources"):
        database.append("sources", pa.table({"name": ["a"]}))


def test_writers_at_once_lose_nothing(database):
    database.append("sources", sources("first"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: database.upsert("sources", sources(f"s{i}")), range(40)))
    assert names_in(database) == sorted(["first", *(f"s{i}" for i in range(40))])


def test_compacting_keeps_rows_and_indexes_the_key_of_a_large_table(database):
    many = [f"s{i:05}" for i in range(6_000)]
    for start in range(0, 6_000, 1_000):
        database.append("sources", sources(*many[start : start + 1_000]))
    database.compact("sources")
    assert names_in(database) == many
    assert database.indexed_columns("sources") == [["name"]]
    database.compact("sources")
    assert database.indexed_columns("sources") == [["name"]]


def test_deleting_more_keys_than_one_statement_holds(database):
    many = [f"s{i:05}" for i in range(2_500)]
    database.append("sources", sources(*many, "kept"))
    database.delete("sources", many)
    assert names_in(database) == ["kept"]


def test_rows_are_read_where_they_lie_until_they_move(tmp_path):
    opened = synthetic.project(tmp_path / "p")
    for name in "abc":
        synthetic.write(opened, "images", [synthetic.image(name, format=name)])
    database = opened.database()
    addresses = dict(database.read_addressed("images", ("format",)).iter_rows())
    assert set(addresses) == set("abc")
    there = database.take_at("images", [addresses["c"], addresses["a"]], ("format",))
    assert sorted(there["format"].to_pylist()) == ["a", "c"]
    database.clean("images", timedelta(0))
    moved = database.take_at("images", [*addresses.values()], ("format",))
    assert moved.num_rows < len(addresses)
    assert database.read_addressed("views", ("view",)).is_empty()


def test_a_table_that_is_made_between_two_looks_is_not_missing(tmp_path, monkeypatch):
    database = create_project(tmp_path / "p").database()
    looks = []
    look = Connection._open_on_disk

    def made_after_the_first_look(self, name):
        looks.append(name)
        if len(looks) == 1:
            database.append("views", arrow("views").empty_table())
            return None
        return look(self, name)

    monkeypatch.setattr(Connection, "_open_on_disk", made_after_the_first_look)
    assert database.count("views") == 0
    assert looks[0] == "views"
