"""The rows of a CSV, with the line on which each begins; a quote that is never closed costs none.

Not here: encodings (``encodings``), what the columns are (``readers``, ``tables``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Literal

__all__ = ["DELIMITERS", "CsvRows", "detect_delimiter"]

DELIMITERS = (";", ",", "\t", "|")
# Characters looked at to recognise the delimiter; a longer sample changes no answer.
_SAMPLE = 200_000
_SAMPLED_ROWS = 200
# Rows turned into columns at once, so that a million are never held as lists of texts.
_CHUNK = 50_000
_LONGEST_CELL = 2**31 - 1


class CsvRows:
    """The rows of a CSV that are not empty; ``line`` is where the last one began.

    A quote that opens a cell and is closed in another row, or never, is a sign as any other: the
    row ends with its line, and ``open_quotes`` has the number of that line.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        csv.field_size_limit(_LONGEST_CELL)
        self.line = 0
        self.open_quotes: list[int] = []
        self._delimiter = delimiter
        self._width: int | None = None
        self._lines = _Lines(text)
        self._rows = self._reader()

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            self.line = self._lines.begin()
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except csv.Error:
                row = self._row_of_line()
            else:
                if self._lines.taken > 1 and self._has_swallowed(row):
                    row = self._row_of_line()
            if any(cell and not cell.isspace() for cell in row):
                self._width = self._width or len(row)
                yield row

    def chunks(self) -> Iterator[tuple[list[list[str]], list[int]]]:
        """Yield up to ``_CHUNK`` rows at a time, with their line numbers."""
        rows: list[list[str]] = []
        lines: list[int] = []
        for row in self:
            rows.append(row)
            lines.append(self.line)
            if len(rows) == _CHUNK:
                yield rows, lines
                rows, lines = [], []
        if rows:
            yield rows, lines

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)

    def _row_of_line(self) -> list[str]:
        """Return the row that the line is alone; the lines after it are read again."""
        is_multiline = self._lines.taken > 1
        line = self._lines.keep_first()
        if is_multiline or line.count('"') % 2 == 1:
            self.open_quotes.append(self.line)
        # After an error a reader does not go on.
        self._rows = self._reader()
        return self._cells(line)

    def _cells(self, line: str) -> list[str]:
        if line.count('"') % 2 == 0:
            return _parsed(line, self._delimiter)
        # Either the quote begins the last cell, or there is none that is quoted.
        closed = _parsed(line.rstrip("\r\n") + '"', self._delimiter)
        plain = _parsed(line, self._delimiter, csv.QUOTE_NONE)
        if len(plain) == self._width or len(closed) != self._width:
            return plain
        return [*closed[:-1], f'"{closed[-1]}']

    def _has_swallowed(self, row: list[str]) -> bool:
        """Whether a row of several lines is several rows: each line has all cells, it has not."""
        if self._width is None or len(row) == self._width:
            return False
        quotes = (line.count('"') for line in self._lines.buffer)
        return next(quotes) % 2 == 1 and all(
            len(self._cells(line)) == self._width for line in self._lines.buffer
        )


def _parsed(line: str, delimiter: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, quoting=quoting), [])


class _Lines:
    """The lines of a text, of which those of the last row can be read again."""

    def __init__(self, text: str) -> None:
        # Line ends stay as they are inside cells.
        self._file = io.StringIO(text, newline="")
        self._again: list[str] = []
        self._number = 1
        self.buffer: list[str] = []

    @property
    def taken(self) -> int:
        return len(self.buffer)

    def begin(self) -> int:
        """Begin a row; return the number of its first line."""
        self._number += len(self.buffer)
        self.buffer = []
        return self._number

    def keep_first(self) -> str:
        """Return the first line of the row; the others are read again."""
        self._again += reversed(self.buffer[1:])
        del self.buffer[1:]
        return self.buffer[0]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline()
        if not line:
            raise StopIteration
        self.buffer.append(line)
        return line


def detect_delimiter(text: str) -> str:
    """Return the delimiter under which most rows have as many cells as the first."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = _sample_rows(text[:_SAMPLE], delimiter)
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(DELIMITERS, key=score)


def _sample_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in CsvRows(text, delimiter):
        rows.append(row)
        if len(rows) == _SAMPLED_ROWS:
            break
    # The last row may be cut in the middle.
    return rows[:-1] if len(rows) > 2 else rows
