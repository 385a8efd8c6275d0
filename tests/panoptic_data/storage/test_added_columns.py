"""A table that an earlier release made gets the columns that were declared since."""

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from panoptic_data.storage import schema
from panoptic_data.storage.schema import TABLES, Column, arrow
from panoptic_data.storage.tables import Database

ADDED = (
    Column("kept", pa.bool_(), ""),
    Column("inode", pa.int64(), ""),
    Column("seen", pa.timestamp("us", tz="UTC"), ""),
    Column("parents", pa.list_(pa.string()), ""),
    Column("cause", pa.string(), ""),
)
NAMES = [column.name for column in ADDED]
NULL = dict.fromkeys(NAMES)


@pytest.fixture
def old(tmp_path):
    """Return the database of an earlier release, with three sources."""
    database = Database(str(tmp_path / "lance"))
    database.append("sources", sources("a", "b", "kept = 'x'"))
    return database


@pytest.fixture
def declared(old, monkeypatch):
    """Return the same database after a release that declares more columns of ``sources``."""
    columns = TABLES["sources"].columns
    newer = replace(TABLES["sources"], columns=(*columns[:1], *ADDED, *columns[1:]))
    monkeypatch.setitem(schema.TABLES, "sources", newer)
    return old


def sources(*names, **values):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"uri": "/x", "added_at": now, "options": "{}", **values}
    return pa.Table.from_pylist([{**row, "name": name} for name in names], schema=arrow("sources"))


def rows_of(database, **arguments):
    return sorted(database.read("sources", **arguments).to_pylist(), key=lambda row: row["name"])


def test_a_column_that_is_not_stored_reads_as_null_of_its_type(declared):
    version = declared.version("sources")
    rows = declared.read("sources")
    assert rows.schema == arrow("sources")
    assert [{name: row[name] for name in NAMES} for row in rows.to_pylist()] == [NULL] * 3
    for columns in (["inode"], ["seen", "name", "parents"]):
        expected = pa.schema([arrow("sources").field(name) for name in columns])
        assert declared.read("sources", columns).schema == expected
        assert declared.read("sources", columns, version=version).num_rows == 3
        assert [batch.schema for batch in declared.batches("sources", columns)] == [expected]
        assert declared.take("sources", ["a"], columns).schema == expected
        addressed = declared.read_addressed("sources", columns)
        assert addressed.columns == [*columns, "address"]
        taken = declared.take_at("sources", addressed["address"].to_list()[:2], columns)
        assert (taken.schema, taken.num_rows) == (expected, 2)
    # Nobody wrote: the table is what it was.
    assert declared.version("sources") == version


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("kept", 0),
        ("inode > 3 OR seen > timestamp '2020-01-01 00:00:00'", 0),
        ("inode IS NULL AND name = 'a'", 1),
        ("`cause` IS NULL", 3),
        ("cause IN ('x', 'y')", 0),
        ("name = 'kept = ''x'''", 1),
    ],
)
def test_a_condition_on_it_sees_null(declared, where, count):
    assert declared.count("sources", where) == count
    assert len(rows_of(declared, where=where)) == count


@pytest.mark.parametrize("write", ["append", "upsert", "replace"])
def test_the_first_write_adds_it(declared, write):
    before = rows_of(declared)
    seen = datetime(2026, 2, 2, tzinfo=UTC)
    new = sources("new", kept=True, inode=7, seen=seen, parents=["p"], cause="c")
    getattr(declared, write)("sources", new)
    stored = [] if write == "replace" else before
    assert rows_of(declared) == [*stored, *new.to_pylist()]
    assert declared.count("sources", "inode = 7") == 1
    declared.upsert("sources", sources("a", inode=8))
    declared.compact("sources", timedelta(0))
    assert {row["name"]: row["inode"] for row in rows_of(declared)}["a"] == 8


def test_writers_at_once_add_it_together(declared):
    def write(number):
        declared.upsert("sources", sources(f"s{number}", inode=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(12)))
    assert declared.count("sources") == 15
    assert declared.count("sources", "inode IS NOT NULL") == 12


def test_a_process_that_writes_as_the_earlier_release_did_loses_nothing(declared, tmp_path):
    declared.append("sources", sources("new", inode=7))
    script = textwrap.dedent("""
        import sys, lancedb
        table = lancedb.connect(sys.argv[1]).open_table("sources")
        table.add([{"name": "late", "uri": "/x", "options": "{}"}])
    """)
    subprocess.run([sys.executable, "-c", script, declared.uri], check=True)
    assert [row["inode"] for row in rows_of(declared)] == [None, None, None, None, 7]
