"""Digests of rows: the same for the same values, and a sum that changes can carry forward."""

import numpy as np
import pyarrow as pa
import pytest

from panoptic_data.storage.digests import row_digests, table_digest


def rows(names, lists, numbers, flags):
    return pa.table(
        {
            "name": pa.array(names, pa.string()),
            "list": pa.array(lists, pa.list_(pa.string())),
            "number": pa.array(numbers, pa.float32()),
            "flag": pa.array(flags, pa.bool_()),
        }
    )


FULL = rows(
    ["a", "bb", "", None, "é"],
    [["x", "y"], ["y", "x"], [], None, ["xy"]],
    [0.5, -0.5, 0.0, None, 1.0],
    [True, False, True, None, False],
)


def test_every_row_of_other_values_has_another_digest():
    digests = row_digests(FULL)
    assert len(set(digests.tolist())) == 5


def test_a_digest_is_of_the_values_and_not_of_how_they_are_stored():
    parts = pa.concat_tables([FULL.slice(3), FULL.slice(0, 3)])
    expected = np.concatenate([row_digests(FULL)[3:], row_digests(FULL)[:3]])
    assert np.array_equal(row_digests(parts), expected)
    order = ["flag", "list", "name", "number"]
    assert np.array_equal(row_digests(FULL.select(order)), row_digests(FULL))


def test_digests_are_the_same_in_every_release():
    sha1 = pa.table({"sha1": pa.array(["0123456789" * 4])})
    assert [hex(number) for number in row_digests(sha1)] == ["0x77139a04c9d660c8"]
    assert table_digest(FULL.column_names, row_digests(FULL)) == "41a12d05bc8089fc"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "a\0"),
        ("name", None),
        ("list", ["y", "x"]),
        ("list", ["xy"]),
        ("list", ["x", "y", ""]),
        ("list", None),
        ("number", -0.5),
        ("number", None),
        ("flag", False),
        ("flag", None),
    ],
)
def test_another_value_is_another_row(column, value):
    first = FULL.slice(0, 1)
    field = first.schema.field(column)
    other = first.set_column(
        first.schema.get_field_index(column), field, pa.array([value], field.type)
    )
    assert row_digests(other)[0] != row_digests(first)[0]


def test_a_text_has_one_digest_whatever_stands_beside_it():
    alone, among = ["0123456789" * 4], [None, "0123456789" * 4, "short", "x" * 40]
    digests = [row_digests(pa.table({"sha1": pa.array(names)})) for names in (alone, among)]
    assert digests[0][0] == digests[1][1]


def test_nought_has_one_digest():
    signed = pa.table({"number": pa.array([0.0, -0.0], pa.float32())})
    assert len(set(row_digests(signed).tolist())) == 1


def test_a_table_is_the_sum_of_its_rows():
    digests = row_digests(FULL)
    assert table_digest(["a", "b"], digests[::-1]) == table_digest(["b", "a"], digests)
    assert table_digest(["a"], digests[:4]) != table_digest(["a"], digests)
    assert table_digest(["a"], digests[:0]) != table_digest(["b"], digests[:0])
