"""The values of a chart as a table that opens on a press: for keyboards and screen readers.

Each name, and each count of a series, is a button. Not here: the chart (``widgets.chart``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.components.assets import component

__all__ = ["values"]


def values(
    *,
    version: str,
    head: Sequence[str],
    rows: Sequence[tuple[str, Sequence[int]]],
    pressable: tuple[int, int],
    language: str,
    texts: Mapping[str, str],
    on_pick: Callable[[int, int], None],
    key: str = "values",
) -> None:
    """Show a name and its counts in each row, under the headings ``head``.

    ``pressable`` is how many rows and how many columns of counts are buttons, from the first on.
    ``on_pick`` gets row and column; a name is the column after the last that is a button. A press
    on a table of another ``version`` is ignored.
    """

    def picked(value: Any) -> None:
        cell = _cell(value)
        if cell is not None and value.get("version") == version:
            on_pick(*cell)

    component("values")(
        key=key,
        data={
            "version": version,
            "head": list(head),
            "rows": [[name, list(counts)] for name, counts in rows],
            "pressable": list(pressable),
            "language": language,
            "texts": dict(texts),
        },
        presses={"pick": picked},
    )


def _cell(value: Any) -> tuple[int, int] | None:
    """Read the browser's message; None where it is not one."""
    if not isinstance(value, Mapping):
        return None
    row, column = value.get("row"), value.get("column")
    if not isinstance(row, int) or not isinstance(column, int) or min(row, column) < 0:
        return None
    return row, column
