"""What each condition of a view selects: one boolean per image, or per file.

In file mode what is asked of files (folder, path, name) is asked of each; in image mode an
image is selected when one of its files is. A folder is asked for with all below it; "posters/."
(which no folder can be called) is what lies in "posters" itself.

Not here: the conditions' shape and its checks (``fields``), the order (``catalogue``).
"""

from __future__ import annotations

import operator
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue.corpus import NO_TIME, folded
from panoptic_data.catalogue.polygons import inside
from panoptic_data.catalogue.similarity import SEARCH_FIELDS, Similarities, similarities
from panoptic_data.errors import InvalidView, NoEmbeddings
from panoptic_data.media.colour import HUES, hues, lab
from panoptic_data.views import stored_selections
from panoptic_data.views.fields import FIELDS, STATUSES, property_of
from panoptic_data.views.model import Clause, Condition, conditions

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["select"]

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]

# CIE76: some two and a half times what the eye calls another shade.
NEAR_COLOUR = 25.0
# Of colours in single precision, so that each is near itself.
_ROUNDING = 1e-3
_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
# Each selects what its twin does not.
_DENIALS = {"!=": "=", "not in": "in", "does not contain": "contains", "is not empty": "is empty"}
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def select(catalogue: Catalogue, view: View) -> tuple[Mask, Similarity | None]:
    """Return what a view shows, and each image's similarity if it asks for likeness.

    The mask is (n,) bool over images, or over files in mode "file". Similarity is (images,)
    float32, NaN where an image is not shown: that of the first search that stands alone, else of
    the first within a clause. What keeps the most alike keeps so many of what all else selects.
    Raises NoEmbeddings when an encoder has none, and what else ``search.find`` raises, InvalidView
    for a pattern that cannot be searched with.
    """
    asked = _Asked(catalogue, view.mode == "file")
    mask = asked.everything()
    fields = {one.field for one in conditions(view)}
    if "status" not in fields:
        mask &= asked.of_images(_status(catalogue, ["ok"]))
    if EXCLUDED not in fields and EXCLUDED in catalogue.annotations.values_by_property:
        mask &= ~asked.of_images(catalogue.column(EXCLUDED).filled)
    searches = [part for part in view.where if _is_search(part)]
    for part in view.where:
        if part not in searches:
            mask &= asked.mask(part)
    # What all else selects is known: only that needs to be compared.
    shown = asked.images_of(mask).copy()
    found = [asked.alike(part, shown) for part in searches if isinstance(part, Condition)]
    for alike in found:
        if alike.count is None:
            shown &= alike.is_enough
    chosen = np.logical_and.reduce([shown, *(alike.best(shown) for alike in found)])
    similarity = found[0].similarity if found else asked.similarity
    if similarity is None:
        return mask, None
    return mask & asked.of_images(chosen), np.where(chosen, similarity, np.float32(np.nan))


def _is_search(part: Condition | Clause) -> bool:
    return isinstance(part, Condition) and part.field in SEARCH_FIELDS


class _Asked:
    """One run of a view: what its conditions select, and the first likeness within a clause."""

    def __init__(self, catalogue: Catalogue, by_file: bool) -> None:
        self.catalogue = catalogue
        self.by_file = by_file
        self.similarity: Similarity | None = None
        self._everyone = np.ones(len(catalogue), dtype=bool)

    def everything(self) -> Mask:
        corpus = self.catalogue.corpus
        return np.ones(corpus.files.height if self.by_file else len(self.catalogue), dtype=bool)

    def mask(self, part: Condition | Clause) -> Mask:
        if isinstance(part, Condition):
            return self._condition(part)
        masks = [self.mask(one) for one in part.parts]
        if part.kind == "not":
            return ~masks[0]
        combined = masks[0]
        for mask in masks[1:]:
            combined = combined & mask if part.kind == "all" else combined | mask
        return combined

    def _condition(self, condition: Condition) -> Mask:
        twin = _DENIALS.get(condition.op)
        if twin is not None:
            return ~self._condition(Condition(condition.field, twin, condition.value))
        field = condition.field
        if field in SEARCH_FIELDS:
            found = self.alike(condition)
            if self.similarity is None:
                self.similarity = found.similarity
            return self.of_images(found.best(self._everyone))
        if field in _FILES:
            return self.of_files(_FILES[field](self.catalogue, condition))
        if field in _IMAGES:
            return self.of_images(_IMAGES[field](self.catalogue, condition.value))
        is_empty = property_of(field) is not None and condition.op == "is empty"
        if is_empty:
            # Of an image's files, none has a value.
            mask = self.catalogue.column(field).filled
        else:
            special = _property(self.catalogue, condition) if property_of(field) else None
            mask = _column(self.catalogue, condition) if special is None else special
        chosen = self.of_files(mask) if self.catalogue.is_of_files(field) else self.of_images(mask)
        return ~chosen if is_empty else chosen

    def of_images(self, mask: Mask) -> Mask:
        return mask[self.catalogue.corpus.file_row] if self.by_file else mask

    def of_files(self, chosen: Mask) -> Mask:
        return chosen if self.by_file else self._held(chosen)

    def _held(self, chosen: Mask) -> Mask:
        """Return the images that chosen files hold."""
        mask = np.zeros(len(self.catalogue), dtype=bool)
        mask[self.catalogue.corpus.file_row[chosen]] = True
        return mask

    def images_of(self, mask: Mask) -> Mask:
        """Return the images of what is selected, images or files."""
        return self._held(mask) if self.by_file else mask

    def alike(self, condition: Condition, among: Mask | None = None) -> Similarities:
        """Return how alike images are; of ``among`` at least."""
        return similarities(self.catalogue, condition, among)


def _status(catalogue: Catalogue, value: list[str]) -> Mask:
    return np.isin(catalogue.corpus.statuses, [STATUSES.index(status) for status in value])


def _folder(catalogue: Catalogue, condition: Condition) -> Mask:
    corpus = catalogue.corpus
    names = corpus.folder_names
    chosen = np.zeros(len(names), dtype=bool)
    for asked in condition.value:
        folder = asked.removesuffix("/.").rstrip("/")
        place = bisect_left(names, folder)
        chosen[place : place + (names[place : place + 1] == [folder])] = True
        if not asked.endswith("/."):
            # All that begins with "folder/" comes before what begins with the next sign, 0.
            chosen[bisect_left(names, f"{folder}/") : bisect_left(names, f"{folder}0")] = True
    return chosen[corpus.file_folder]


def _path(catalogue: Catalogue, condition: Condition) -> Mask:
    return _words(catalogue.corpus.files["text"], condition)


def _name(catalogue: Catalogue, condition: Condition) -> Mask:
    return _words(catalogue.corpus.file_names, condition)


def _words(texts: pl.Series, condition: Condition) -> Mask:
    """Ask texts as ``corpus.folded`` spells them, none of them null."""
    if condition.op == "matches":
        return _matching(texts, condition)
    asked = folded(pl.Series([condition.value]))[0]
    if condition.op == "contains":
        return texts.str.contains(asked, literal=True).to_numpy()
    if condition.op == "begins with":
        return texts.str.starts_with(asked).to_numpy()
    same: pl.Series = texts == asked
    return same.to_numpy()


def _matching(texts: pl.Series, condition: Condition) -> Mask:
    pattern = unicodedata.normalize("NFC", condition.value)
    try:
        return texts.str.contains(f"(?i){pattern}").to_numpy()
    except pl.exceptions.PolarsError:
        raise InvalidView(condition.field, "pattern") from None


def _property(catalogue: Catalogue, condition: Condition) -> Mask | None:
    """Ask what only properties are asked; None where they are asked as other fields are."""
    column, op, value = catalogue.column(condition.field), condition.op, condition.value
    kind = FIELDS[condition.field].kind
    if kind == "tags":
        groups = [{id, *catalogue.annotations.descendants([id])} for id in value]
        if op != "all of":
            return column.tagged(set().union(*groups))
        joined: Mask = np.logical_and.reduce([column.tagged(ids) for ids in groups])
        return joined
    if kind not in ("truth", "link", "colour"):
        return None
    texts, places = catalogue.texts(condition.field)
    if kind == "truth":
        wanted = texts == ("true" if value else "false")
    elif kind == "link":
        wanted = texts.is_in(value)
    else:
        wanted = pl.Series(_like(lab(texts), hues(lab(texts)), value))
    return np.append(wanted.to_numpy(), False)[places]


def _like(
    shades: npt.NDArray[np.float32], names: npt.NDArray[np.integer], value: Mapping[str, Any] | str
) -> Mask:
    """Which colours (in CIELAB, and by the place of their names) are near one, or called so."""
    if isinstance(value, str):
        named: Mask = names == HUES.index(value)
        return named
    away = shades - lab(pl.Series([value["colour"]]))[0]
    distance = float(value.get("distance", NEAR_COLOUR)) + _ROUNDING
    # NaN is near nothing.
    near: Mask = np.einsum("ij,ij->i", away, away) <= distance * distance
    return near


def _excluded(catalogue: Catalogue, value: bool) -> Mask:
    mask = catalogue.column(EXCLUDED).filled
    return mask if value else ~mask


def _author(catalogue: Catalogue, value: Mapping[str, Any] | None) -> Mask:
    """Who said something of an image; of None, the images of which nobody said anything."""
    asked = value or {}
    rows, codes, names = catalogue.authors(asked.get("property"))
    wanted = np.array([value is None or name in asked["authors"] for name in names], dtype=bool)
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[rows[wanted[codes]]] = True
    return ~mask if value is None else mask


def _column(catalogue: Catalogue, condition: Condition) -> Mask:
    field = condition.field
    kind = FIELDS[field].kind
    if kind == "text":
        return _of_few_texts(catalogue, condition)
    if kind == "date":
        return _days(catalogue.times(field), condition)
    values = catalogue.numbers(field)
    if condition.op == "is empty":
        return np.isnan(values)
    if condition.op == "between":
        return _within(values, *condition.value)
    # NaN compares with nothing. A whole number may be larger than what arrays hold.
    mask: Mask = _SIGNS[condition.op](values, float(condition.value))
    return mask


def _of_few_texts(catalogue: Catalogue, condition: Condition) -> Mask:
    values, places = catalogue.texts(condition.field)
    if condition.op == "is empty":
        return _none(places)
    # The last stands for what has none: its place is -1.
    return np.append(_words(folded(values), condition), False)[places]


def _days(times: npt.NDArray[np.int64], condition: Condition) -> Mask:
    """Compare times with whole days: a day begins with its first microsecond."""
    is_known: Mask = times != NO_TIME
    if condition.op == "is empty":
        return ~is_known
    low, high = condition.value if condition.op == "between" else _ends(condition)
    kept = is_known.copy()
    if low is not None:
        kept &= times >= _begin(low)
    if high is not None:
        kept &= times < _begin(high) + _DAY
    return is_known & ~kept if condition.op in ("<", ">") else kept


def _ends(condition: Condition) -> tuple[str | None, str | None]:
    """Return the days from and to which a comparison holds; for < and > those where it fails."""
    day = condition.value
    return {
        "=": (day, day),
        "<=": (None, day),
        ">": (None, day),
        ">=": (day, None),
        "<": (day, None),
    }[condition.op]


def _begin(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - _EPOCH) * _DAY


def _within(values: npt.NDArray[np.float64], low: float | None, high: float | None) -> Mask:
    kept = ~np.isnan(values)
    if low is not None:
        kept &= values >= float(low)
    if high is not None:
        kept &= values <= float(high)
    return kept


def _cluster(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    clusters = catalogue.clusters(value["encoder"])
    if clusters is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return np.isin(clusters, value["numbers"])


def _none(places: npt.NDArray[Any]) -> Mask:
    mask: Mask = places < 0
    return mask


def _format(catalogue: Catalogue, value: list[str] | None) -> Mask:
    values, places = catalogue.corpus.texts("format")
    if value is None:
        return _none(places)
    return np.append(values.is_in(value).to_numpy(), False)[places]


def _colour(catalogue: Catalogue, value: Mapping[str, Any] | str | None) -> Mask:
    if value is None:
        return _none(catalogue.corpus.hues)
    return _like(catalogue.corpus.lab, catalogue.corpus.hues, value)


def _region(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    projection = catalogue.projection(value["encoder"])
    if projection is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return inside(projection.x, projection.y, value["polygon"], projection.by_y)


def _selection(catalogue: Catalogue, value: list[str] | Mapping[str, Any]) -> Mask:
    chosen: Sequence[str]
    if isinstance(value, Mapping):
        chosen = stored_selections.read(catalogue.project, value["key"])
    else:
        chosen = value
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[catalogue.rows_of(chosen)] = True
    return mask


def _duplicates(catalogue: Catalogue, value: Mapping[str, list[str]]) -> Mask:
    members = catalogue.duplicates()
    if "kinds" in value:
        members = members.filter(pl.col("kind").is_in(value["kinds"]))
    if "groups" in value:
        members = members.filter(pl.col("group").is_in(value["groups"]))
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[members["row"].to_numpy()] = True
    return mask


_FILES: Mapping[str, Callable[[Catalogue, Condition], Mask]] = {
    "folder": _folder,
    "path": _path,
    "name": _name,
}
_IMAGES: Mapping[str, Callable[[Catalogue, Any], Mask]] = {
    "cluster": _cluster,
    "format": _format,
    "colour": _colour,
    "region": _region,
    "selection": _selection,
    "duplicate": _duplicates,
    "status": _status,
    "excluded": _excluded,
    "author": _author,
}
