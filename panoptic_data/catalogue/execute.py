"""Runs a view on a catalogue: which rows it shows, in which order and groups, and their values.

Results, orders and values of groups are kept in the catalogue's ``cache``. Not here: which rows a
condition selects (``filters``), counts of a view (``field_counts``, ``facets``, ``charts``).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue import embedded, filters, grouping
from panoptic_data.catalogue.corpus import NO_TIME
from panoptic_data.catalogue.filters import Selected
from panoptic_data.catalogue.ordering import (
    dense_ranks,
    directed,
    order_by,
    similarity_ranks,
    sort_values,
)
from panoptic_data.catalogue.spelling import order_keys
from panoptic_data.catalogue.view_result import ViewResult, uses_annotations
from panoptic_data.media.embedded_texts import TEXTS
from panoptic_data.storage import background
from panoptic_data.views.fields import SORTS, property_of
from panoptic_data.views.model import Sort, conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from panoptic_data.catalogue.groups import Groups, LevelCodes
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.views.model import Level, View

__all__ = ["field_ranks", "index_of", "run_view", "warm", "window"]

# As many digits as ``vectors.scores`` tells apart.
SIMILARITY_DIGITS = 6
# What a row of a window has of its image.
WINDOW_COLUMNS = (
    "sha1",
    "name",
    "place",
    "width",
    "height",
    "format",
    "taken_at",
    "copies",
    "size",
    "colour",
    "status",
    "camera",
    "frames",
    "added",
)

Mask = npt.NDArray[np.bool_]
Similarity = npt.NDArray[np.float32]
Ranks = npt.NDArray[np.int64]
# Rows of images, or positions in ``Corpus.files`` in mode "file".
Units = npt.NDArray[Any]


def run_view(catalogue: Catalogue, view: View) -> ViewResult:
    """Return the rows that a view shows, in its order. Raises InvalidView, NoEmbeddings."""
    key = view.key
    if catalogue.frozen is not None and catalogue.frozen[0].key == key:
        return catalogue.frozen[1]
    cache = catalogue.cache
    with cache.lock:
        known = cache.results.get(key)
    if known is not None:
        return known
    result = _run(catalogue, view)
    with cache.lock:
        cache.results[key] = result
    return result


def warm(catalogue: Catalogue) -> None:
    """Make ahead what the first views would wait for: orders, maps, clusters."""
    for make in _made_ahead(catalogue):
        if background.is_exiting():
            return
        make()


def _made_ahead(catalogue: Catalogue) -> Iterator[Callable[[], object]]:
    yield lambda: catalogue.corpus.by_sha1
    for encoder in catalogue.encoders:
        yield partial(catalogue.projection, encoder)
        yield partial(catalogue.clusters, encoder)
    for field in SORTS:
        if field != "similarity":
            yield partial(_order, catalogue, Sort(field), by_file=False)


def window(
    catalogue: Catalogue, result: ViewResult, start: int, count: int
) -> list[dict[str, Any]]:
    """Return some rows of a result as plain values, for a gallery or a list."""
    rows = result.rows[start : start + count]
    images = catalogue.frame[rows]
    if result.files is not None:
        # A file is shown alone, whatever else has the same content.
        paths = catalogue.corpus.files["place"].gather(result.files[start : start + count])
        images = images.with_columns(paths.alias("place"), copies=pl.lit(1))
    images = images.with_columns(
        pl.col("format", "status").cast(pl.String),
        name=pl.col("place").str.replace(r"^.*/", ""),
        taken_at=embedded.dates_as_texts("taken_at"),
        added=pl.col("added").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    values = images.select(WINDOW_COLUMNS).to_dicts()
    if result.similarity is not None:
        similarities = result.similarity[start : start + count].tolist()
        for value, similarity in zip(values, similarities, strict=True):
            value["similarity"] = round(similarity, SIMILARITY_DIGITS)
    return values


def index_of(catalogue: Catalogue, result: ViewResult, sha1: str, near: int = 0) -> int | None:
    """Return the index of an image in a result's order, or None where it is not in it.

    Of several, in groups that it shares, the one nearest to an index.
    """
    rows = catalogue.rows_of([sha1])
    indices = np.flatnonzero(result.rows == rows[0]) if len(rows) else rows
    if not len(indices):
        return None
    return int(indices[np.argmin(np.abs(indices.astype(np.int64) - near))])


def _run(catalogue: Catalogue, view: View) -> ViewResult:
    selected = _selected(catalogue, view)
    mask, similarity = selected.mask, selected.similarity
    by_file = view.mode == "file"
    by_similarity = (Sort("similarity", True),) if similarity is not None else ()
    sorts = view.sort or by_similarity
    if similarity is None:
        sorts = tuple(sort for sort in sorts if sort.field != "similarity")
    units = _ordered(catalogue, mask, sorts, similarity, by_file)
    groups: Groups | None = None
    count, repeats = len(units), 0
    if view.group:
        encoded = [_level_codes(catalogue, level, by_file) for level in view.group]
        units, exploded = grouping.explode(encoded, units)
        order, groups = grouping.arrange(view.group, exploded)
        repeats, units = len(units) - count, units[order]
    rows = catalogue.corpus.file_row[units] if by_file else units
    return ViewResult(
        rows.astype(np.uint32, copy=False),
        None if similarity is None else similarity[rows],
        units if by_file else None,
        groups,
        _is_fixed(view),
        repeats,
        selected.is_unclear,
    )


def _selected(catalogue: Catalogue, view: View) -> Selected:
    """Return which units a view shows, and each row's similarity if the view searches by it."""
    if catalogue.frozen is None:
        return filters.select(catalogue, view)
    frozen_view, result = catalogue.frozen
    if (frozen_view.where, frozen_view.mode) != (view.where, view.mode):
        return filters.select(catalogue, view)
    size = len(catalogue) if result.files is None else catalogue.corpus.files.height
    mask = np.zeros(size, dtype=bool)
    mask[result.rows if result.files is None else result.files] = True
    if result.similarity is None:
        return Selected(mask)
    similarity = np.full(len(catalogue), np.nan, dtype=np.float32)
    similarity[result.rows] = result.similarity
    return Selected(mask, similarity, result.is_unclear)


def _is_fixed(view: View) -> bool:
    """Whether a view does not depend on annotations."""
    fields = [condition.field for condition in conditions(view)]
    fields += [sort.field for sort in view.sort] + [level.field for level in view.group]
    return not any(map(uses_annotations, fields))


def _level_codes(catalogue: Catalogue, level: Level, by_file: bool) -> LevelCodes:
    """Return the value of every unit at a level, made once: how it is ordered comes after."""
    cache = catalogue.cache
    key = (level.field, level.by, by_file)
    with cache.lock:
        known = cache.level_codes.get(key)
    if known is not None:
        return known
    codes = grouping.encode_level(catalogue, level, by_file)
    with cache.lock:
        cache.level_codes[key] = codes
    return codes


def _ordered(
    catalogue: Catalogue,
    mask: Mask,
    sorts: tuple[Sort, ...],
    similarity: Similarity | None,
    by_file: bool,
) -> Units:
    """Return the units of a mask in their order: images, or files in mode "file"."""
    if len(sorts) <= 1 and all(sort.field != "similarity" for sort in sorts):
        order = _order(catalogue, sorts[0] if sorts else Sort("path"), by_file)
        selected: Units = order[mask[order]]
        return selected
    by_path = _order(catalogue, Sort("path"), by_file)
    units = by_path[mask[by_path]]
    ranks = [_ranks_of(catalogue, units, sort, similarity, by_file) for sort in sorts]
    ordered: Units = units[order_by(ranks)]
    return ordered


def _ranks_of(
    catalogue: Catalogue, units: Units, sort: Sort, similarity: Similarity | None, by_file: bool
) -> Ranks:
    if sort.field == "similarity" and similarity is not None:
        rows = catalogue.corpus.file_row[units] if by_file else units
        return similarity_ranks(similarity[rows], sort.descending)
    ranks: Ranks = _unit_ranks(catalogue, sort, by_file)[units]
    return ranks


def _order(catalogue: Catalogue, sort: Sort, by_file: bool) -> Units:
    # Filters change more often than orders: each order is made once for all rows.
    orders = catalogue.cache.orders
    order = orders.get((sort, by_file))
    if order is None:
        ranks = _unit_ranks(catalogue, sort, by_file)
        if by_file:
            by_path = catalogue.corpus.files_by_path
            order = by_path[order_by([ranks[by_path]])]
        else:
            order = order_by([ranks]).astype(np.uint32)
        orders[sort, by_file] = order
    return order


def _unit_ranks(catalogue: Catalogue, sort: Sort, by_file: bool) -> Ranks:
    if catalogue.is_of_files(sort.field):
        ranks = field_ranks(catalogue, sort)
        return ranks if by_file else _of_first_file(catalogue, ranks)
    if not by_file:
        return field_ranks(catalogue, sort)
    if sort.field not in ("path", "name"):
        return field_ranks(catalogue, sort)[catalogue.corpus.file_row]
    return directed(_file_ranks(catalogue, sort.field), sort.descending)


def _of_first_file(catalogue: Catalogue, file_ranks: Ranks) -> Ranks:
    ranks = np.full(len(catalogue), len(file_ranks) + 1, dtype=np.int64)
    # Backwards: the first file of an image is written last.
    ranks[catalogue.corpus.file_row[::-1]] = file_ranks[::-1]
    return ranks


def _file_ranks(catalogue: Catalogue, field: str) -> Ranks:
    known = catalogue.cache.ranks
    ranks = known.get(f"file {field}")
    if ranks is None:
        corpus = catalogue.corpus
        is_path = field == "path"
        ranks = dense_ranks(corpus.files["by_place"] if is_path else order_keys(corpus.file_names))
        known[f"file {field}"] = ranks
    return ranks


def field_ranks(catalogue: Catalogue, sort: Sort) -> Ranks:
    """Return the rank of each value of a field, equal where values are; no value comes last."""
    known = catalogue.cache.ranks
    ranks = known.get(sort.field)
    if ranks is None:
        ranks = dense_ranks(_sort_values(catalogue, sort.field))
        known[sort.field] = ranks
    return directed(ranks, sort.descending)


def _sort_values(catalogue: Catalogue, field: str) -> pl.Series:
    if property_of(field):
        return _property_values(catalogue, field)
    if field == "name":
        return order_keys(catalogue.corpus.names)
    if field == "camera" or field in TEXTS:
        return order_keys(catalogue.frame[field])
    return sort_values(catalogue.frame, field)


def _property_values(catalogue: Catalogue, field: str) -> pl.Series:
    """Return what a sort by a property looks at; of tags, the first in their order."""
    property, column = catalogue.property(field), catalogue.column(field)
    if column.single is not None:
        if property.type == "number":
            return pl.Series(column.single.numbers).fill_nan(None)
        if property.type == "date":
            times = pl.Series(column.single.times)
            return times.set(times == NO_TIME, None)
        return order_keys(column.single.texts)
    tags = catalogue.annotations.tags_of(property.id)
    index_of_tag = {tag.id: index for index, tag in enumerate(tags)}
    ranks = np.array([index_of_tag[id] for id in column.ids] or [0])[column.tags]
    first = np.full(column.size, len(tags), dtype=np.int64)
    assert column.units is not None
    np.minimum.at(first, column.units, ranks)
    return pl.Series(first).set(pl.Series(first == len(tags)), None)
