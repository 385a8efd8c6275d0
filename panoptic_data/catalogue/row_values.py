"""What a window of a view's rows says of properties, as texts.

Not here: the rows themselves (``Catalogue.window``), how a language writes numbers and dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from panoptic_data.errors import InvalidView

if TYPE_CHECKING:
    from panoptic_data.catalogue.property_columns import Column
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult

__all__ = ["property_texts"]

Units = npt.NDArray[Any]


def property_texts(
    catalogue: Catalogue, found: ViewResult, start: int, count: int, fields: Iterable[str]
) -> list[dict[str, str]]:
    """Return what some rows of an order say of properties: id → text, without what is empty.

    Tags are their names, in their order, joined by ", "; a link is the name of its image; others
    are their canonical texts. Where the view shows images, a property of files is that of their
    first file. Properties that are not there, or have another type by now, are left out.
    """
    rows = found.rows[start : start + count]
    said: list[dict[str, str]] = [{} for _ in range(len(rows))]
    for field in fields:
        try:
            one, column = catalogue.property(field), catalogue.column(field)
        except InvalidView:
            continue
        units: Units = rows
        if column.by_file:
            units = _files(catalogue, found, start, count)
        texts = _tags(catalogue, column, units) if one.has_tags else _singles(column, units)
        if one.type == "image":
            texts = _names(catalogue, texts)
        for row, text in zip(said, texts, strict=True):
            if text:
                row[one.id] = text
    return said


def _files(catalogue: Catalogue, found: ViewResult, start: int, count: int) -> Units:
    if found.files is not None:
        return found.files[start : start + count]
    # Files lie in the order of their images; an image may have none for a moment.
    file_row, rows = catalogue.corpus.file_row, found.rows[start : start + count]
    first = np.minimum(np.searchsorted(file_row, rows), max(len(file_row) - 1, 0))
    return np.where(file_row[first] == rows, first, -1) if len(file_row) else np.full(len(rows), -1)


def _singles(column: Column, units: Units) -> list[str | None]:
    assert column.single is not None
    texts = column.single.texts
    found = texts.gather(np.maximum(units, 0)).to_list() if len(texts) else [None] * len(units)
    return [text if unit >= 0 else None for text, unit in zip(found, units.tolist(), strict=True)]


def _tags(catalogue: Catalogue, column: Column, units: Units) -> list[str | None]:
    assert column.units is not None
    assert column.tags is not None
    known = catalogue.annotations.tags
    asked = units.astype(np.int32)
    begins = np.searchsorted(column.units, asked, side="left")
    ends = np.searchsorted(column.units, asked, side="right")
    held = [column.tags[begin:end].tolist() for begin, end in zip(begins, ends, strict=True)]
    tag_of = {place: known[column.ids[place]] for some in held for place in some}
    ordered = ((tag_of[place] for place in some) for some in held)
    return [
        ", ".join(tag.name for tag in sorted(some, key=lambda tag: (tag.place, tag.id)))
        for some in ordered
    ]


def _names(catalogue: Catalogue, sha1s: list[str | None]) -> list[str | None]:
    """Return the names of the images that are linked to; of those that are gone, the sha1."""
    asked = sorted({sha1 for sha1 in sha1s if sha1})
    rows = catalogue.rows_of(asked)
    places = catalogue.frame["place"].gather(rows).to_list()
    found = dict(zip(catalogue.sha1s(rows), places, strict=True))
    return [sha1 and (found.get(sha1) or sha1).rpartition("/")[2] for sha1 in sha1s]
