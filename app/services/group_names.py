"""The names of a view's groups, image by image: what becomes a property of them.

Not here: which groups there are (``panoptic_data.catalogue.grouping``), what a group is called
(``group_labels``), writing values (``app.api.group_names``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from app.services.group_labels import labels
from panoptic_data.catalogue.execute import run_view
from panoptic_data.messages import translate
from panoptic_data.views.fields import is_property

if TYPE_CHECKING:
    from panoptic_data.catalogue.groups import Groups
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.views.model import Level, View

__all__ = ["levels", "names"]


def levels(current: Catalogue, view: View, language: str) -> list[dict[str, Any]]:
    """Return the levels that a view is grouped by: ``label``, ``field``, ``groups`` (how many)."""
    groups = run_view(current, view).groups
    if groups is None:
        return []
    return [
        {
            "label": _level_name(current, level, language),
            "field": level.field,
            "groups": len(_chosen(groups, depth)),
        }
        for depth, level in enumerate(groups.levels)
    ]


def names(
    current: Catalogue, view: View, depth: int, language: str, *, by_file: bool, is_short: bool
) -> pl.DataFrame:
    """Return the names of the groups of each image, or of each file, at a level: target, name.

    An image that is in several groups comes once for each, in their order; what is in a
    group without a value ("in no cluster") does not come. ``is_short`` leaves of a folder's path
    its last part, so that folders of the same name are one.
    """
    result = run_view(current, replace(view, mode="file") if by_file else view)
    if result.groups is None or not 0 <= depth < len(result.groups.levels):
        return pl.DataFrame(schema={"target": pl.String, "name": pl.String})
    groups = result.groups
    chosen = _chosen(groups, depth)
    texts = labels(current, result, language)
    named = pl.Series(
        _distinct((groups.values[index], texts[index]) for index in chosen), dtype=pl.String
    )
    if is_short and groups.levels[depth].field == "folder":
        named = named.str.replace(r"^.*/", "")
    counts = groups.count[chosen]
    positions = np.repeat(groups.start[chosen] - np.cumsum(counts) + counts, counts)
    positions += np.arange(len(positions))
    group = np.repeat(np.arange(len(chosen)), counts)
    rows = pl.DataFrame({"target": _targets(current, result, positions, by_file), "group": group})
    rows = rows.with_columns(name=named.gather(rows["group"]))
    return rows.select("target", "name").unique(maintain_order=True)


def _chosen(groups: Groups, depth: int) -> list[int]:
    """Return the indices of the groups of a level that have a value."""
    indices = np.flatnonzero(groups.depth == depth).tolist()
    return [index for index in indices if groups.values[index] is not None]


def _targets(
    current: Catalogue, result: ViewResult, positions: npt.NDArray[np.int64], by_file: bool
) -> pl.Series:
    """Return the sha1s, or the ids of the files, at some positions of a view's order."""
    if not by_file:
        return current.frame["sha1"].gather(result.rows[positions])
    assert result.files is not None
    numbers = current.corpus.files["file"].gather(result.files[positions]).to_numpy()
    # Ids are 16 digits of base 16.
    digits = np.frombuffer(numbers.astype(">u8").tobytes().hex().encode(), dtype="S16")
    return pl.Series(digits.astype(str), dtype=pl.String)


def _distinct(groups: Iterable[tuple[Any, str]]) -> list[str]:
    """Give groups of other values other names: two duplicates' first files may be called alike."""
    name_of: dict[Any, str] = {}
    times: dict[str, int] = {}
    distinct = []
    for value, name in groups:
        key = tuple(value) if isinstance(value, list) else value
        if key not in name_of:
            times[name] = times.get(name, 0) + 1
            name_of[key] = name if times[name] == 1 else f"{name} ({times[name]})"
        distinct.append(name_of[key])
    return distinct


def _level_name(current: Catalogue, level: Level, language: str) -> str:
    if is_property(level.field):
        return current.property(level.field).name
    text = translate(f"explore.field_{level.field}", language)
    return text[:1].upper() + text[1:]
