"""What each condition of a view selects: one boolean per row of the catalogue.

Not here: the conditions' shape and its checks (``views``), the order (``catalogue``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.errors import NoEmbeddings
from panoptic_data.polygons import inside
from panoptic_data.views import STATUSES

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


def select(catalogue: Catalogue, view: View) -> tuple[Mask, Similarity | None]:
    """Return which rows a view shows, (n,) bool, and their similarity if it asks for likeness.

    Similarity is (n,) float32, NaN where a row was not found. Raises NoEmbeddings when an
    encoder has none, UnknownEncoder or TextNotSupported as ``search`` does.
    """
    mask = _shown_statuses(catalogue, view)
    similarity: Similarity | None = None
    for condition in view.where:
        if condition.field in _RANKED:
            similarity = _ranked(catalogue, _RANKED[condition.field](catalogue, condition.value))
            mask &= ~np.isnan(similarity)
        elif condition.field != "status":
            mask &= _MASKS[condition.field](catalogue, condition.value)
    return mask, similarity


def _shown_statuses(catalogue: Catalogue, view: View) -> Mask:
    asked = view.condition("status")
    shown = asked.value if asked is not None else ["ok"]
    return np.isin(catalogue.corpus.statuses, [STATUSES.index(status) for status in shown])


def _in_folder(catalogue: Catalogue, value: list[str]) -> Mask:
    corpus = catalogue.corpus
    chosen = pl.Series([False]).new_from_index(0, len(corpus.folders))
    for folder in value:
        below = corpus.folders.str.starts_with(folder.rstrip("/") + "/")
        chosen = chosen | below | (corpus.folders == folder.rstrip("/"))
    return _of_files(catalogue, chosen.to_numpy()[corpus.file_folder])


def _in_path(catalogue: Catalogue, value: str) -> Mask:
    text = unicodedata.normalize("NFC", value).lower()
    return _of_files(
        catalogue, catalogue.corpus.files["text"].str.contains(text, literal=True).to_numpy()
    )


def _of_files(catalogue: Catalogue, chosen: Mask) -> Mask:
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[catalogue.corpus.file_row[chosen]] = True
    return mask


def _in_cluster(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    clusters = catalogue.clusters(value["encoder"])
    if clusters is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return np.isin(clusters, value["numbers"])


def _in_format(catalogue: Catalogue, value: list[str]) -> Mask:
    formats = catalogue.frame["format"]
    return formats.cast(pl.String).is_in(value).fill_null(False).to_numpy()


def _between(column: str) -> Callable[[Catalogue, list[Any]], Mask]:
    def mask(catalogue: Catalogue, value: list[Any]) -> Mask:
        return _within(catalogue.frame[column], value[0], value[1])

    return mask


def _taken_between(catalogue: Catalogue, value: list[str | None]) -> Mask:
    first, last = (None if one is None else date.fromisoformat(one) for one in value)
    # Days include their last microsecond.
    since = None if first is None else datetime.combine(first, time.min)
    until = (
        None
        if last is None
        else datetime.combine(last, time.max)
        if last == date.max
        else datetime.combine(last + timedelta(days=1), time.min) - timedelta(microseconds=1)
    )
    return _within(catalogue.frame["taken_at"], since, until)


def _within(values: pl.Series, low: Any, high: Any) -> Mask:
    kept = values.is_not_null()
    if low is not None:
        kept = kept & (values >= low)
    if high is not None:
        kept = kept & (values <= high)
    return kept.fill_null(False).to_numpy()


def _in_region(catalogue: Catalogue, value: Mapping[str, Any]) -> Mask:
    projection = catalogue.projection(value["encoder"])
    if projection is None:
        raise NoEmbeddings(encoder=value["encoder"])
    return inside(projection.x, projection.y, value["polygon"], projection.by_y)


def _in_selection(catalogue: Catalogue, value: list[str]) -> Mask:
    mask = np.zeros(len(catalogue), dtype=bool)
    mask[catalogue.rows_of(value)] = True
    return mask


def _in_duplicates(catalogue: Catalogue, value: Mapping[str, list[str]]) -> Mask:
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


def _ranked(catalogue: Catalogue, hits: list[Hit]) -> Similarity:
    similarity = np.full(len(catalogue), np.nan, dtype=np.float32)
    by_sha1 = {hit.sha1: hit.similarity for hit in hits}
    rows = catalogue.rows_of(list(by_sha1))
    similarity[rows] = [by_sha1[sha1] for sha1 in catalogue.sha1s(rows)]
    return similarity


_MASKS: Mapping[str, Callable[[Catalogue, Any], Mask]] = {
    "folder": _in_folder,
    "path": _in_path,
    "cluster": _in_cluster,
    "format": _in_format,
    "width": _between("width"),
    "height": _between("height"),
    "pixels": _between("pixels"),
    "size": _between("size"),
    "taken_at": _taken_between,
    "region": _in_region,
    "selection": _in_selection,
    "duplicate": _in_duplicates,
}
_RANKED: Mapping[str, Callable[[Catalogue, Any], list[Hit]]] = {
    "similar": _similar,
    "text": _meaning,
}
