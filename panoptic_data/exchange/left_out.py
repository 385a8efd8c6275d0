"""Everything of a file that an import does not take over, as a list and as a file of its own.

Rows that match no image, cells that cannot be read or contradict an earlier row, and what the
reader of the file left aside. Not here: what is taken over (``plan``, ``apply``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.exchange.plan import skipped_rows
from panoptic_data.messages import translate

if TYPE_CHECKING:
    from pathlib import Path

    from panoptic_data.exchange.plan import Plan
    from panoptic_data.storage.project import Project

__all__ = ["FOLDER", "described", "list_of", "write"]

FOLDER = "imports"
"""Where the lists are kept in the project's folder."""
_SCHEMA: pl.Schema = pl.Schema(
    {"line": pl.Int64, "column": pl.String, "value": pl.String, "why": pl.String}
)


def list_of(plan: Plan) -> pl.DataFrame:
    """Return line, column, value and why (a code, ``import.left_out_<why>``), in that order.

    The line is null where the file has none for it; a row that matches nothing has the text by
    which it was looked for as its value.
    """
    skipped = skipped_rows(plan)
    parts = [
        skipped.select("line", column=pl.lit(""), value="key", why="why"),
        pl.DataFrame(
            [(row.line, row.column, row.value, row.why) for row in plan.table.left_out],
            _SCHEMA,
            orient="row",
        ),
        pl.DataFrame({"line": list(plan.table.overlong)}, {"line": pl.Int64}).select(
            "line", column=pl.lit(""), value=pl.lit(""), why=pl.lit("overlong")
        ),
        pl.DataFrame(
            [(None, name, cause, "unread_file") for name, cause in plan.table.unread],
            _SCHEMA,
            orient="row",
        ),
    ]
    for reading in plan.readings:
        name = pl.lit(reading.column.name)
        for rows, why in ((reading.unreadable, "unreadable"), (reading.repeats, "repeated")):
            parts.append(rows.select("line", column=name, value="value", why=pl.lit(why)))
    return pl.concat([part.cast(_SCHEMA) for part in parts]).sort(
        "line", maintain_order=True, nulls_last=True
    )


def described(plan: Plan, language: str) -> pl.DataFrame:
    """Return the list of :func:`list_of` with the reasons as texts."""
    rows = list_of(plan)
    texts = {code: translate(f"import.left_out_{code}", language) for code in rows["why"].unique()}
    return rows.with_columns(pl.col("why").replace(texts))


def write(project: Project, plan: Plan, batch: str, language: str = "en") -> Path | None:
    """Write the list into the project's folder; return where, None where nothing is left out.

    A CSV with the columns of :func:`list_of`, the reasons as texts.
    """
    rows = described(plan, language)
    if rows.is_empty():
        return None
    stem = re.sub(r"[^\w.-]+", "-", plan.table.name).strip("-.")[:60] or "import"
    with project.anchored() as root:
        (root / FOLDER).mkdir(exist_ok=True)
        rows.write_csv(root / FOLDER / f"{stem}-left-out-{batch}.csv", include_bom=True)
    return project.root / FOLDER / f"{stem}-left-out-{batch}.csv"
