"""What each condition of a view selects: one boolean per image, or per file.

In file mode a condition on files (folder, path, name) holds for each; in image mode an image is
selected when one of its files is. A folder stands for all below it; "posters/." (which no folder
can be called) for what lies in "posters" itself.

Not here: the conditions' shape and its checks (``views.fields``), the order (``execute``),
searches by similarity (``similarity``).
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue import embedded
from panoptic_data.catalogue.date_filters import days
from panoptic_data.catalogue.part_filters import images_with_part
from panoptic_data.catalogue.polygons import inside
from panoptic_data.catalogue.similarity import SEARCH_FIELDS, Similarities, similarities
from panoptic_data.catalogue.spelling import folded, without_accents
from panoptic_data.errors import InvalidView, NoEmbeddings
from panoptic_data.media.colour import HUES, hues, lab
from panoptic_data.media.embedded_texts import KEYWORDS
from panoptic_data.views import stored_selections
from panoptic_data.views.fields import FIELDS, STATUSES, WHO_FIELDS, property_of
from panoptic_data.views.model import Clause, Condition, conditions

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import View

__all__ = ["Selected", "matching_files", "select"]

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]

# A distance in CIELAB (CIE76): about two and a half times a difference that the eye notices.
NEAR_COLOUR = 25.0
# Colours are in single precision: with this each is near itself.
_ROUNDING = 1e-3
# Each operator selects what the other does not.
_OPPOSITES = {"!=": "=", "not in": "in", "does not contain": "contains", "is not empty": "is empty"}
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Selected:
    """What a view shows: ``mask`` (n,) bool over images, or over files in mode "file".

    ``similarity`` is (images,) float32, NaN where an image is not shown: that of the first search
    that is not in a clause, else of the first within one; None where the view has no search.
    ``is_unclear``: nothing is clearly like the words of a search.
    """

    mask: Mask
    similarity: Similarity | None = None
    is_unclear: bool = False


def select(catalogue: Catalogue, view: View) -> Selected:
    """Return what a view shows, and each image's similarity if the view searches by similarity.

    A search that keeps a number of images keeps so many of what all other conditions select; one
    that finds nothing clearly keeps the nearest few. Raises NoEmbeddings when an encoder has none,
    and what else ``search.find`` raises, InvalidView for a pattern that cannot be searched with.
    """
    selector = _Selector(catalogue, view.mode == "file")
    mask = selector.everything()
    fields = {condition.field for condition in conditions(view)}
    if "status" not in fields:
        mask &= selector.of_images(_status(catalogue, ["ok"]))
    if EXCLUDED not in fields and EXCLUDED in catalogue.annotations.values_by_property:
        mask &= ~selector.of_images(catalogue.column(EXCLUDED).filled)
    searches = [part for part in view.where if _is_search(part)]
    for part in view.where:
        if part not in searches:
            mask &= selector.mask(part)
    # What all other conditions select is known: only that needs to be compared.
    shown = selector.images_of(mask).copy()
    searched = [selector.similarities(it, shown) for it in searches if isinstance(it, Condition)]
    for result in searched:
        if result.count is None:
            shown &= result.is_enough
    best = np.logical_and.reduce([shown, *(result.best(shown) for result in searched)])
    similarity = searched[0].similarity if searched else selector.similarity
    if similarity is None:
        return Selected(mask)
    is_unclear = bool(best.any()) and any(result.is_unclear for result in searched)
    shown_similarity = np.where(best, similarity, np.float32(np.nan))
    return Selected(mask & selector.of_images(best), shown_similarity, is_unclear)


def matching_files(catalogue: Catalogue, view: View) -> Mask | None:
    """Return which files match what a view asks of files: (files,) bool; None for nothing.

    Asked of files are their folders, paths and names, and properties of files.
    """
    asking = [part for part in view.where if _asks_of_files(catalogue, part)]
    if not asking:
        return None
    selector = _Selector(catalogue, by_file=True)
    mask = selector.everything()
    for part in asking:
        mask &= selector.mask(part)
    return mask


def _asks_of_files(catalogue: Catalogue, part: Condition | Clause) -> bool:
    if isinstance(part, Clause):
        return any(_asks_of_files(catalogue, inner) for inner in part.parts)
    return part.field in _FILES or catalogue.is_of_files(part.field)


def _is_search(part: Condition | Clause) -> bool:
    return isinstance(part, Condition) and part.field in SEARCH_FIELDS


class _Selector:
    """What the conditions of one view select, in its mode.

    ``similarity`` is that of the first search within a clause that was met, None before.
    """

    def __init__(self, catalogue: Catalogue, by_file: bool) -> None:
        self.catalogue = catalogue
        self.by_file = by_file
        self.similarity: Similarity | None = None
        self._all_images = np.ones(len(catalogue), dtype=bool)

    def everything(self) -> Mask:
        corpus = self.catalogue.corpus
        return np.ones(corpus.files.height if self.by_file else len(self.catalogue), dtype=bool)

    def mask(self, part: Condition | Clause) -> Mask:
        """Return what a part of a view selects, images or files."""
        if isinstance(part, Condition):
            return self._condition(part)
        masks = [self.mask(inner) for inner in part.parts]
        if part.kind == "not":
            return ~masks[0]
        combined = masks[0]
        for mask in masks[1:]:
            combined = combined & mask if part.kind == "all" else combined | mask
        return combined

    def _condition(self, condition: Condition) -> Mask:
        opposite = _OPPOSITES.get(condition.op)
        if opposite is not None:
            return ~self._condition(Condition(condition.field, opposite, condition.value))
        field = condition.field
        if field in SEARCH_FIELDS:
            result = self.similarities(condition)
            if self.similarity is None:
                self.similarity = result.similarity
            return self.of_images(result.best(self._all_images))
        if field in _FILES:
            return self.of_files(_FILES[field](self.catalogue, condition))
        if field in _IMAGES:
            return self.of_images(_IMAGES[field](self.catalogue, condition.value))
        is_empty = property_of(field) is not None and condition.op == "is empty"
        if is_empty:
            # An image has no value when none of its files has one.
            mask = self.catalogue.column(field).filled
        else:
            of_kind = _property(self.catalogue, condition) if property_of(field) else None
            mask = _column(self.catalogue, condition) if of_kind is None else of_kind
        of_files = self.catalogue.is_of_files(field)
        selected = self.of_files(mask) if of_files else self.of_images(mask)
        return ~selected if is_empty else selected

    def of_images(self, mask: Mask) -> Mask:
        """Return a mask of images as a mask of what the view shows."""
        return mask[self.catalogue.corpus.file_row] if self.by_file else mask

    def of_files(self, mask: Mask) -> Mask:
        """Return a mask of files as a mask of what the view shows."""
        return mask if self.by_file else self._images_with(mask)

    def images_of(self, mask: Mask) -> Mask:
        """Return a mask of what the view shows as a mask of images."""
        return self._images_with(mask) if self.by_file else mask

    def _images_with(self, files: Mask) -> Mask:
        """Return the images that have one of some files."""
        mask = np.zeros(len(self.catalogue), dtype=bool)
        mask[self.catalogue.corpus.file_row[files]] = True
        return mask

    def similarities(self, condition: Condition, among: Mask | None = None) -> Similarities:
        """Return how similar images are to what a condition asks for; of ``among`` at least."""
        return similarities(self.catalogue, condition, among)


def _status(catalogue: Catalogue, value: list[str]) -> Mask:
    return np.isin(catalogue.corpus.statuses, [STATUSES.index(status) for status in value])


def _folder(catalogue: Catalogue, condition: Condition) -> Mask:
    corpus = catalogue.corpus
    names = corpus.folder_names
    is_chosen = np.zeros(len(names), dtype=bool)
    for path in condition.value:
        folder = path.removesuffix("/.").rstrip("/")
        index = bisect_left(names, folder)
        is_chosen[index : index + (names[index : index + 1] == [folder])] = True
        if not path.endswith("/."):
            # All that begins with "folder/" comes before what begins with the next sign, 0.
            is_chosen[bisect_left(names, f"{folder}/") : bisect_left(names, f"{folder}0")] = True
    return is_chosen[corpus.file_folder]


def _path(catalogue: Catalogue, condition: Condition) -> Mask:
    return _match_texts(catalogue.corpus.files["text"], condition)


def _name(catalogue: Catalogue, condition: Condition) -> Mask:
    return _match_texts(catalogue.corpus.file_names, condition)


def _match_texts(texts: pl.Series, condition: Condition) -> Mask:
    """Compare texts as ``spelling.folded`` spells them, none of them null."""
    if condition.op == "matches":
        return _matching(texts, condition)
    wanted = folded(pl.Series([condition.value]))[0]
    if condition.op == "contains":
        return texts.str.contains(wanted, literal=True).to_numpy()
    if condition.op == "begins with":
        return texts.str.starts_with(wanted).to_numpy()
    is_same: pl.Series = texts == wanted
    return is_same.to_numpy()


def _matching(texts: pl.Series, condition: Condition) -> Mask:
    pattern = without_accents(pl.Series([condition.value]))[0]
    try:
        return texts.str.contains(f"(?i){pattern}").to_numpy()
    except pl.exceptions.PolarsError:
        raise InvalidView(condition.field, "pattern") from None


def _property(catalogue: Catalogue, condition: Condition) -> Mask | None:
    """Return what a condition of properties alone selects; None for those of other fields too."""
    column, op, value = catalogue.column(condition.field), condition.op, condition.value
    kind = FIELDS[condition.field].kind
    if kind == "tags":
        groups = [{id, *catalogue.annotations.descendants([id])} for id in value]
        if op != "all of":
            return column.tagged(set().union(*groups))
        has_all: Mask = np.logical_and.reduce([column.tagged(ids) for ids in groups])
        return has_all
    if kind not in ("truth", "link", "colour"):
        return None
    texts, codes = catalogue.texts(condition.field)
    if kind == "truth":
        wanted = texts == ("true" if value else "false")
    elif kind == "link":
        wanted = texts.is_in(value)
    else:
        wanted = pl.Series(_near_colour(lab(texts), hues(lab(texts)), value))
    return np.append(wanted.to_numpy(), False)[codes]


def _near_colour(
    labs: npt.NDArray[np.float32],
    hue_codes: npt.NDArray[np.integer],
    value: Mapping[str, Any] | str,
) -> Mask:
    """Return which colours are near one, or have its name.

    ``labs`` (n, 3) float32 in CIELAB, ``hue_codes`` (n,) indices into ``colour.HUES``.
    """
    if isinstance(value, str):
        has_name: Mask = hue_codes == HUES.index(value)
        return has_name
    difference = labs - lab(pl.Series([value["colour"]]))[0]
    distance = float(value.get("distance", NEAR_COLOUR)) + _ROUNDING
    # NaN is near nothing.
    is_near: Mask = np.einsum("ij,ij->i", difference, difference) <= distance * distance
    return is_near


def _excluded(catalogue: Catalogue, value: bool) -> Mask:
    mask = catalogue.column(EXCLUDED).filled
    return mask if value else ~mask


def _author(catalogue: Catalogue, value: Mapping[str, Any] | None) -> Mask:
    """Return the images that authors set a value of; of None, those without any value."""
    return _who(catalogue, "author", value)


def _proposed(catalogue: Catalogue, value: Mapping[str, Any] | None) -> Mask:
    """Return the images with a value that one of these proposed; of None, those without any."""
    return _who(catalogue, "proposed", value)


def _who(catalogue: Catalogue, field: str, value: Mapping[str, Any] | None) -> Mask:
    query = value or {}
    rows, codes, names = catalogue.people(field, query.get("property"))
    chosen = query.get(WHO_FIELDS[field], ())
    wanted = np.array([value is None or name in chosen for name in names], dtype=bool)
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[rows[wanted[codes]]] = True
    return ~mask if value is None else mask


def _column(catalogue: Catalogue, condition: Condition) -> Mask:
    field = condition.field
    kind = FIELDS[field].kind
    if field == KEYWORDS:
        return _keywords(catalogue, condition)
    if kind == "text":
        return _text_column(catalogue, condition)
    if kind == "date":
        return days(catalogue.spans(field), condition)
    values = catalogue.numbers(field)
    if condition.op == "is empty":
        return np.isnan(values)
    if condition.op == "between":
        return _within(values, *condition.value)
    # NaN compares with nothing. An integer may be larger than those of arrays.
    mask: Mask = _SIGNS[condition.op](values, float(condition.value))
    return mask


def _text_column(catalogue: Catalogue, condition: Condition) -> Mask:
    values, codes = catalogue.texts(condition.field)
    if condition.op == "is empty":
        return _is_empty(codes)
    # The last stands for what has none: its code is -1.
    return np.append(_match_texts(folded(values), condition), False)[codes]


def _keywords(catalogue: Catalogue, condition: Condition) -> Mask:
    rows_with = partial(embedded.rows_with, catalogue.corpus.keywords, len(catalogue))
    if condition.op == "is empty":
        return ~rows_with()
    return rows_with(lambda values: _match_texts(folded(values), condition))


def _within(values: npt.NDArray[np.float64], low: float | None, high: float | None) -> Mask:
    in_range = ~np.isnan(values)
    if low is not None:
        in_range &= values >= float(low)
    if high is not None:
        in_range &= values <= float(high)
    return in_range


def _cluster(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    clusters = catalogue.clusters(value["encoder"])
    if clusters is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return np.isin(clusters, value["numbers"])


def _is_empty(codes: npt.NDArray[Any]) -> Mask:
    mask: Mask = codes < 0
    return mask


def _format(catalogue: Catalogue, value: list[str] | None) -> Mask:
    values, codes = catalogue.corpus.texts("format")
    if value is None:
        return _is_empty(codes)
    return np.append(values.is_in(value).to_numpy(), False)[codes]


def _colour(catalogue: Catalogue, value: Mapping[str, Any] | str | None) -> Mask:
    if value is None:
        return _is_empty(catalogue.corpus.hues)
    return _near_colour(catalogue.corpus.lab, catalogue.corpus.hues, value)


def _region(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    projection = catalogue.projection(value["encoder"])
    if projection is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return inside(projection.x, projection.y, value["polygon"], projection.by_y)


def _selection(catalogue: Catalogue, value: list[str] | Mapping[str, Any]) -> Mask:
    sha1s: Sequence[str]
    if isinstance(value, Mapping):
        sha1s = stored_selections.read(catalogue.project, value["key"])
    else:
        sha1s = value
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[catalogue.rows_of(sha1s)] = True
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
    "part": images_with_part,
    "status": _status,
    "excluded": _excluded,
    "author": _author,
    "proposed": _proposed,
}
