"""Rows of a CSV whose quotes are not all closed: every row is there, and the line is said."""

import pytest

from panoptic_data.exchange.csv_rows import CsvRows


def rows_of(text, delimiter=","):
    rows = CsvRows(text, delimiter)
    return list(rows), rows.open_quotes


@pytest.mark.parametrize(
    ("text", "rows", "lines"),
    [
        ('n,a\n0,5" print\n1,"unclosed\n2,x\n3,y\n',
         [["n", "a"], ["0", '5" print'], ["1", '"unclosed'], ["2", "x"], ["3", "y"]], [3]),
        # Closed by the quote of another row.
        ('n,a\n1,"open\n2,x\n3,"other\n4,y\n',
         [["n", "a"], ["1", '"open'], ["2", "x"], ["3", '"other'], ["4", "y"]], [2, 4]),
        # Closed by an inch sign at the end of another row: the cells of two rows became one.
        ('n,a,b\n1,"open,p\n2,x,5"\n3,x,y\n',
         [["n", "a", "b"], ["1", '"open', "p"], ["2", "x", '5"'], ["3", "x", "y"]], [2]),
        ('n,a\n"1, 2","open\n3,x\n', [["n", "a"], ["1, 2", '"open'], ["3", "x"]], [2]),
        ('n,a\n1,"two\nlines, ""quoted"""\n2,x\n',
         [["n", "a"], ["1", 'two\nlines, "quoted"'], ["2", "x"]], []),
        ('n,a\r\n1,"two\r\nlines"\r\n\r\n2,x\r\n',
         [["n", "a"], ["1", "two\r\nlines"], ["2", "x"]], []),
        ('n,a\n1,"a"b\n2,x', [["n", "a"], ["1", "ab"], ["2", "x"]], []),
    ],
)  # fmt: skip
def test_a_quote_that_is_never_closed_costs_no_row(text, rows, lines):
    assert rows_of(text) == (rows, lines)


def test_many_open_quotes_are_read_in_one_go():
    text = "n,a\n" + "".join(f'{n},"open {n}\n' for n in range(2_000))
    rows, lines = rows_of(text)
    assert len(rows) == 2_001
    assert rows[-1] == ["1999", '"open 1999']
    assert lines == list(range(2, 2_002))
