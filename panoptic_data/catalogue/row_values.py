"""The values of properties, and what files say of themselves, for a window of a view's rows.

Not here: the rows' own columns (``execute.window``), how a language writes numbers and dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue.embedded import dates_as_texts
from panoptic_data.errors import InvalidView
from panoptic_data.media.embedded_texts import KEYWORD_SEPARATOR, KEYWORDS, TEXTS

if TYPE_CHECKING:
    from panoptic_data.catalogue.property_columns import Column
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult

__all__ = ["DESCRIBED", "described_texts", "property_texts"]

DIGITISED = "digitised_at"
DESCRIBED = (*TEXTS, KEYWORDS, DIGITISED)
"""The fields of what files say of themselves."""

# Rows of images or positions of files, -1 for none.
Units = npt.NDArray[Any]


def property_texts(
    catalogue: Catalogue, result: ViewResult, start: int, count: int, fields: Iterable[str]
) -> list[dict[str, str]]:
    """Return the property values of some rows of a result: id → text, without empty ones.

    Tags are their names, in their order, joined by ", "; a link is the name of its image; others
    are their canonical texts. Where the view shows images, a property of files is that of their
    first file. Properties that do not exist, or have another type by now, are left out.
    """
    rows = result.rows[start : start + count]
    texts_by_row: list[dict[str, str]] = [{} for _ in range(len(rows))]
    for field in fields:
        try:
            property, column = catalogue.property(field), catalogue.column(field)
        except InvalidView:
            continue
        units: Units = rows
        if column.by_file:
            units = _files(catalogue, result, start, count)
        texts = _tags(catalogue, column, units) if property.has_tags else _singles(column, units)
        if property.type == "image":
            texts = _names(catalogue, texts)
        for row_texts, text in zip(texts_by_row, texts, strict=True):
            if text:
                row_texts[property.id] = text
    return texts_by_row


def described_texts(
    catalogue: Catalogue, result: ViewResult, start: int, count: int, fields: Iterable[str]
) -> list[dict[str, str]]:
    """Return what files of some rows say of themselves: field → text, without empty ones.

    ``fields`` are those of ``embedded_texts`` and the date of digitisation; any other is left out.
    Keywords are joined by ", ", each after those above it.
    """
    wanted = [field for field in dict.fromkeys(fields) if field in DESCRIBED]
    rows = result.rows[start : start + count]
    keywords = pl.col(KEYWORDS).list.join(", ")
    as_text = {
        KEYWORDS: keywords.str.replace_all(KEYWORD_SEPARATOR, " › ", literal=True),
        DIGITISED: dates_as_texts(DIGITISED),
    }
    frame = catalogue.frame[rows].select(as_text.get(field, pl.col(field)) for field in wanted)
    return [{name: text for name, text in row.items() if text} for row in frame.to_dicts()] or [
        {} for _ in range(len(rows))
    ]


def _files(catalogue: Catalogue, result: ViewResult, start: int, count: int) -> Units:
    if result.files is not None:
        return result.files[start : start + count]
    # Files lie in the order of their images; an image may have none for a moment.
    file_row, rows = catalogue.corpus.file_row, result.rows[start : start + count]
    if not len(file_row):
        return np.full(len(rows), -1)
    first = np.minimum(np.searchsorted(file_row, rows), len(file_row) - 1)
    return np.where(file_row[first] == rows, first, -1)


def _singles(column: Column, units: Units) -> list[str | None]:
    assert column.single is not None
    texts = column.single.texts
    if not len(texts):
        return [None] * len(units)
    gathered = texts.gather(np.maximum(units, 0)).to_list()
    return [
        text if unit >= 0 else None for text, unit in zip(gathered, units.tolist(), strict=True)
    ]


def _tags(catalogue: Catalogue, column: Column, units: Units) -> list[str | None]:
    assert column.units is not None
    assert column.tags is not None
    tag_by_id = catalogue.annotations.tags
    wanted = units.astype(np.int32)
    begins = np.searchsorted(column.units, wanted, side="left")
    ends = np.searchsorted(column.units, wanted, side="right")
    codes = [column.tags[begin:end].tolist() for begin, end in zip(begins, ends, strict=True)]
    tag_of = {code: tag_by_id[column.ids[code]] for of_unit in codes for code in of_unit}
    tags = ([tag_of[code] for code in of_unit] for of_unit in codes)
    return [
        ", ".join(tag.name for tag in sorted(of_unit, key=lambda tag: (tag.place, tag.id)))
        for of_unit in tags
    ]


def _names(catalogue: Catalogue, sha1s: list[str | None]) -> list[str | None]:
    """Return the names of images that are linked to; of those that are gone, the sha1."""
    linked = sorted({sha1 for sha1 in sha1s if sha1})
    rows = catalogue.rows_of(linked)
    paths = catalogue.frame["place"].gather(rows).to_list()
    path_of = dict(zip(catalogue.sha1s(rows), paths, strict=True))
    return [sha1 and (path_of.get(sha1) or sha1).rpartition("/")[2] for sha1 in sha1s]
