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
    """Return what the groups at a level call each image, or each file: target, name.

    An image that stands in several groups comes once for each, in their order; what is in a
    group without a value ("in no cluster") does not come. ``is_short`` leaves of a folder's path
    its last part, so that folders of the same name are one.
    """
    found = run_view(current, replace(view, mode="file") if by_file else view)
    if found.groups is None or not 0 <= depth < len(found.groups.levels):
        return pl.DataFrame(schema={"target": pl.String, "name": pl.String})
    groups = found.groups
    chosen = _chosen(groups, depth)
    said = labels(current, found, language)
    named = pl.Series(_told_apart((groups.values[at], said[at]) for at in chosen), dtype=pl.String)
    if is_short and groups.levels[depth].field == "folder":
        named = named.str.replace(r"^.*/", "")
    counts = groups.count[chosen]
    places = np.repeat(groups.start[chosen] - np.cumsum(counts) + counts, counts)
    places += np.arange(len(places))
    group = np.repeat(np.arange(len(chosen)), counts)
    rows = pl.DataFrame({"target": _targets(current, found, places, by_file), "group": group})
    rows = rows.with_columns(name=named.gather(rows["group"]))
    return rows.select("target", "name").unique(maintain_order=True)


def _chosen(groups: Groups, depth: int) -> list[int]:
    """Return the places of the groups of a level that have a value."""
    places = np.flatnonzero(groups.depth == depth).tolist()
    return [at for at in places if groups.values[at] is not None]


def _targets(
    current: Catalogue, found: ViewResult, places: npt.NDArray[np.int64], by_file: bool
) -> pl.Series:
    """Return the sha1s, or the ids of the files, at some places of a view's order."""
    if not by_file:
        return current.frame["sha1"].gather(found.rows[places])
    assert found.files is not None
    numbers = current.corpus.files["file"].gather(found.files[places]).to_numpy()
    # Ids are 16 digits of base 16.
    digits = np.frombuffer(numbers.astype(">u8").tobytes().hex().encode(), dtype="S16")
    return pl.Series(digits.astype(str), dtype=pl.String)


def _told_apart(groups: Iterable[tuple[Any, str]]) -> list[str]:
    """Give groups of other values other names: two duplicates' first files may be called alike."""
    told: dict[Any, str] = {}
    times: dict[str, int] = {}
    found = []
    for value, name in groups:
        key = tuple(value) if isinstance(value, list) else value
        if key not in told:
            times[name] = times.get(name, 0) + 1
            told[key] = name if times[name] == 1 else f"{name} ({times[name]})"
        found.append(told[key])
    return found


def _level_name(current: Catalogue, level: Level, language: str) -> str:
    if is_property(level.field):
        return current.property(level.field).name
    text = translate(f"explore.field_{level.field}", language)
    return text[:1].upper() + text[1:]
