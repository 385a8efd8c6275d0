"""What each condition of a view selects: one boolean per image, or per file.

In file mode what is asked of files (folder, path, name) is asked of each; in image mode an
image is selected when one of its files is. Not here: the conditions' shape and its checks
(``fields``), the order (``catalogue``).
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.colours import hues, lab
from panoptic_data.errors import InvalidView, NoEmbeddings
from panoptic_data.fields import FIELDS, HUES, STATUSES
from panoptic_data.polygons import inside
from panoptic_data.views import Clause, Condition, conditions

if TYPE_CHECKING:
    from panoptic_data.catalogue import Catalogue
    from panoptic_data.search import Hit
    from panoptic_data.views import View

__all__ = ["select"]

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]

# Nobody scrolls further through what is ranked by likeness; a threshold may say less.
SIMILAR_AT_MOST = 10_000
MEANING_AT_MOST = 500
# CIE76: some two and a half times what the eye calls another shade.
NEAR_COLOUR = 25.0
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
    float32, NaN where an image was not found: that of the first likeness asked for. Raises
    NoEmbeddings when an encoder has none, UnknownEncoder or TextNotSupported as ``search``
    does, InvalidView for a pattern that cannot be searched with.
    """
    asked = _Asked(catalogue, view.mode == "file")
    mask = asked.everything()
    if all(one.field != "status" for one in conditions(view)):
        mask &= asked.of_images(_status(catalogue, ["ok"]))
    for part in view.where:
        mask &= asked.mask(part)
    return mask, asked.similarity


class _Asked:
    """One run of a view: what its conditions select, and the first likeness it met."""

    def __init__(self, catalogue: Catalogue, by_file: bool) -> None:
        self.catalogue = catalogue
        self.by_file = by_file
        self.similarity: Similarity | None = None

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
        if field in _RANKED:
            hits = _RANKED[field](self.catalogue, condition.value)
            return self.of_images(self._ranked(hits))
        if field in _FILES:
            return self.of_files(_FILES[field](self.catalogue, condition))
        if field in _IMAGES:
            return self.of_images(_IMAGES[field](self.catalogue, condition.value))
        return self.of_images(_column(self.catalogue, condition))

    def of_images(self, mask: Mask) -> Mask:
        return mask[self.catalogue.corpus.file_row] if self.by_file else mask

    def of_files(self, chosen: Mask) -> Mask:
        if self.by_file:
            return chosen
        mask = np.zeros(len(self.catalogue), dtype=bool)
        mask[self.catalogue.corpus.file_row[chosen]] = True
        return mask

    def _ranked(self, hits: list[Hit]) -> Mask:
        similarity = np.full(len(self.catalogue), np.nan, dtype=np.float32)
        by_sha1 = {hit.sha1: hit.similarity for hit in hits}
        rows = self.catalogue.rows_of(list(by_sha1))
        similarity[rows] = [by_sha1[sha1] for sha1 in self.catalogue.sha1s(rows)]
        if self.similarity is None:
            self.similarity = similarity
        return ~np.isnan(similarity)


def _status(catalogue: Catalogue, value: list[str]) -> Mask:
    return np.isin(catalogue.corpus.statuses, [STATUSES.index(status) for status in value])


def _folder(catalogue: Catalogue, condition: Condition) -> Mask:
    corpus = catalogue.corpus
    chosen = pl.Series([False]).new_from_index(0, len(corpus.folders))
    for folder in condition.value:
        below = corpus.folders.str.starts_with(folder.rstrip("/") + "/")
        chosen = chosen | below | (corpus.folders == folder.rstrip("/"))
    mask: Mask = chosen.to_numpy()[corpus.file_folder]
    return mask


def _path(catalogue: Catalogue, condition: Condition) -> Mask:
    return _words(catalogue.corpus.files["text"], condition)


def _name(catalogue: Catalogue, condition: Condition) -> Mask:
    return _words(catalogue.corpus.file_names, condition)


def _words(texts: pl.Series, condition: Condition) -> Mask:
    """Ask texts that are in lower case; what is null is never selected."""
    if condition.op == "is empty":
        return texts.is_null().to_numpy()
    if condition.op == "matches":
        return _matching(texts, condition)
    asked = unicodedata.normalize("NFC", condition.value).lower()
    if condition.op == "contains":
        found = texts.str.contains(asked, literal=True)
    elif condition.op == "begins with":
        found = texts.str.starts_with(asked)
    else:
        found = texts == asked
    return found.fill_null(False).to_numpy()


def _matching(texts: pl.Series, condition: Condition) -> Mask:
    try:
        return texts.str.contains(f"(?i){condition.value}").fill_null(False).to_numpy()
    except pl.exceptions.PolarsError:
        raise InvalidView(condition.field, "pattern") from None


def _column(catalogue: Catalogue, condition: Condition) -> Mask:
    values = catalogue.frame[condition.field]
    if FIELDS[condition.field].kind == "text":
        return _words(values.str.to_lowercase(), condition)
    if condition.op == "is empty":
        return values.is_null().to_numpy()
    if FIELDS[condition.field].kind == "date":
        return _days(values.dt.replace_time_zone(None), condition)
    if condition.op == "between":
        return _within(values, *condition.value)
    return _SIGNS[condition.op](values, condition.value).fill_null(False).to_numpy()  # type: ignore[no-any-return]


def _days(values: pl.Series, condition: Condition) -> Mask:
    """Compare times with whole days: a day begins with its first microsecond."""
    if condition.op == "between":
        low, high = condition.value
        return _within(values, low and _begin(low), high and _end(high))
    if condition.op == "=":
        return _within(values, _begin(condition.value), _end(condition.value))
    low, high = {
        "<": (None, _begin(condition.value) - timedelta(microseconds=1)),
        "<=": (None, _end(condition.value)),
        ">": (_end(condition.value), None),
        ">=": (_begin(condition.value), None),
    }[condition.op]
    mask = _within(values, low, high)
    return mask & (values != low).fill_null(False).to_numpy() if condition.op == ">" else mask


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min)


def _end(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.max)


def _within(values: pl.Series, low: Any, high: Any) -> Mask:
    kept = values.is_not_null()
    if low is not None:
        kept = kept & (values >= low)
    if high is not None:
        kept = kept & (values <= high)
    return kept.fill_null(False).to_numpy()


def _cluster(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    clusters = catalogue.clusters(value["encoder"])
    if clusters is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return np.isin(clusters, value["numbers"])


def _format(catalogue: Catalogue, value: list[str] | None) -> Mask:
    formats = catalogue.frame["format"]
    if value is None:
        return formats.is_null().to_numpy()
    return formats.cast(pl.String).is_in(value).fill_null(False).to_numpy()


def _colour(catalogue: Catalogue, value: Mapping[str, Any] | str | None) -> Mask:
    known = catalogue.lab
    if value is None:
        return np.isnan(known[:, 0])
    if isinstance(value, str):
        named: Mask = hues(known) == HUES.index(value)
        return named
    away = known - lab(pl.Series([value["colour"]]))[0]
    # NaN is near nothing.
    near: Mask = np.einsum("ij,ij->i", away, away) <= value.get("distance", NEAR_COLOUR) ** 2
    return near


def _region(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    projection = catalogue.projection(value["encoder"])
    if projection is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return inside(projection.x, projection.y, value["polygon"], projection.by_y)


def _selection(catalogue: Catalogue, value: list[str]) -> Mask:
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[catalogue.rows_of(value)] = True
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


def _similar(catalogue: Catalogue, value: Mapping[str, Any]) -> list[Hit]:
    # Search imports lancedb (2 to 5 s): only those who search pay.
    from panoptic_data import search

    return search.similar(
        catalogue.project,
        value["sha1s"],
        value["encoder"],
        k=SIMILAR_AT_MOST,
        threshold=value["threshold"],
    )


def _meaning(catalogue: Catalogue, value: Mapping[str, Any]) -> list[Hit]:
    from panoptic_data import search

    count = value.get("count", MEANING_AT_MOST)
    return search.by_text(catalogue.project, value["text"], value["encoder"], k=count)


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
}
_RANKED: Mapping[str, Callable[[Catalogue, Any], list[Hit]]] = {
    "similar": _similar,
    "text": _meaning,
}
