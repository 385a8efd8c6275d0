"""The names of groups in a person's language.

Pure functions of the language: routes have no session. Not here: which groups there are
(``panoptic_data.catalogue.grouping``), drawing them (``components.gallery``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.session.language import number
from panoptic_data.catalogue.groups import period_of
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.messages import translate
from panoptic_data.views.fields import FIELDS, is_property
from panoptic_data.views.model import Level

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.catalogue.view_result import ViewResult

__all__ = ["label", "labels"]

# The unit in which each number is written.
_SCALES: Mapping[str, float] = {"pixels": 1e6, "size": 1e6}


def label(
    level: Level, value: Any, language: str, name: str = "", corpus: Catalogue | None = None
) -> str:
    """Return what a group is called. ``name`` is that of the first file in it.

    Without a ``corpus`` properties and tags have no names.
    """
    if is_property(level.field):
        return _of_property(level, value, language, corpus)
    if value is None:
        return translate(f"groups.none_{level.field}", language)
    if level.field == "duplicate":
        return translate("groups.duplicate", language, name=name)
    return _WRITERS[level.field](level, value, language)


def labels(corpus: Catalogue, result: ViewResult, language: str) -> list[str]:
    """Return the name of each group of a view, in their order."""
    groups = result.groups
    if groups is None:
        return []
    all_texts = [""] * len(groups)
    for depth, level in enumerate(groups.levels):
        indices = np.flatnonzero(groups.depth == depth)
        values = [groups.values[index] for index in indices.tolist()]
        if level.field == "duplicate":
            names = _first_names(corpus, result, groups.start[indices])
            texts = _duplicates(level, values, names, language)
        else:
            texts = _each(level, values, language, corpus)
        for index, text in zip(indices.tolist(), texts, strict=True):
            all_texts[index] = text
    return all_texts


def _each(level: Level, values: list[Any], language: str, corpus: Catalogue) -> list[str]:
    """Return the label of each value of a level.

    A label is made once a value: the same month is in each folder.
    """
    label_of: dict[Any, str] = {}
    texts = []
    for value in values:
        key = tuple(value) if isinstance(value, list) else value
        text = label_of.get(key)
        if text is None:
            text = label_of[key] = label(level, value, language, corpus=corpus)
        texts.append(text)
    return texts


def _duplicates(level: Level, values: list[Any], names: list[str], language: str) -> list[str]:
    """Return the labels of groups of duplicates: fast, as every other image may have a group."""
    none = label(level, None, language)
    before, after = label(level, "", language, "\0").split("\0")
    pairs = zip(values, names, strict=True)
    return [none if value is None else f"{before}{name}{after}" for value, name in pairs]


def _first_names(corpus: Catalogue, result: ViewResult, firsts: npt.NDArray[np.int64]) -> list[str]:
    """Return the names of the files at some positions of a view's order."""
    paths = (
        corpus.frame["place"].gather(result.rows[firsts])
        if result.files is None
        else corpus.corpus.files["place"].gather(result.files[firsts])
    )
    names: list[str] = paths.str.replace(r"^.*/", "").to_list()
    return names


def _of_property(level: Level, value: Any, language: str, corpus: Catalogue | None) -> str:
    """Return the label of a group by a property: mostly the value itself."""
    kind = FIELDS[level.field].kind
    name = level.field if corpus is None else corpus.property(level.field).name
    if value is None:
        return translate("groups.none_property", language, name=name)
    if kind == "tags":
        known = None if corpus is None else corpus.annotations.tags.get(value)
        return known.name if known else str(value)
    if kind == "truth":
        text = translate(f"groups.truth_{value}", language)
        return translate("groups.property_value", language, name=name, value=text)
    if kind == "number":
        return _property_number(name, value, language)
    if kind == "date":
        return _period(level, value, language)
    return _linked(value, corpus) if kind == "link" else str(value)


def _property_number(name: str, value: float | list[float], language: str) -> str:
    if isinstance(value, list):
        low, high = (_figure(end, language) for end in value)
        return translate("groups.property_bin", language, name=name, low=low, high=high)
    text = _figure(value, language)
    return translate("groups.property_value", language, name=name, value=text)


def _linked(sha1: str, corpus: Catalogue | None) -> str:
    """Return the name of the image that is linked to, where it is still here."""
    if corpus is None or not len(rows := corpus.rows_of([sha1])):
        return sha1
    path: str = corpus.frame["place"][int(rows[0])]
    return path.rpartition("/")[2]


def _excluded(_: Level, value: bool, language: str) -> str:
    return translate(f"groups.excluded_{str(value).lower()}", language)


def _as_it_is(_: Level, value: str, __: str) -> str:
    return value


def _proposer(_: Level, value: str, language: str) -> str:
    return translate(f"groups.proposed_{value}", language)


def _hue(_: Level, value: str, language: str) -> str:
    return translate(f"groups.hue_{value}", language)


def _status(_: Level, value: str, language: str) -> str:
    return translate(f"explore.status_{value}", language)


def _cluster(_: Level, value: int, language: str) -> str:
    return translate("groups.cluster", language, number=value)


def _period(level: Level, value: str, language: str) -> str:
    return _PERIODS[period_of(level.by, value)](value, language)


def _years(count: int) -> Callable[[str, str], str]:
    by = {10: "decade", 100: "century"}[count]

    def write(value: str, language: str) -> str:
        last = f"{int(value) + count - 1:04}"
        return translate(f"groups.{by}", language, **{"from": value, "to": last})

    return write


def _year(value: str, _: str) -> str:
    return value


def _month(value: str, language: str) -> str:
    year, month = value.split("-")
    named = translate(f"groups.month_{int(month)}", language)
    return translate("groups.month", language, month=named, year=year)


def _week(value: str, language: str) -> str:
    year, week = value.split("-W")
    return translate("groups.week", language, year=year, week=int(week))


def _day(value: str, language: str) -> str:
    day = date.fromisoformat(value)
    named = translate(f"groups.month_{day.month}", language)
    return translate("groups.day", language, day=day.day, month=named, year=f"{day.year:04}")


def _number(level: Level, value: float | list[float], language: str) -> str:
    scale = _SCALES.get(level.field, 1)
    if isinstance(value, list):
        low, high = (_figure(end / scale, language) for end in value)
        return translate(f"groups.{level.field}", language, low=low, high=high)
    return translate(
        f"groups.{level.field}_exact", language, value=_figure(value / scale, language)
    )


def _copies(level: Level, value: float | list[float], language: str) -> str:
    # Copies are counted: from 5 up to but without 10 is 5 to 9.
    if isinstance(value, list) and all(end == int(end) for end in value):
        low, high = int(value[0]), int(value[1]) - 1
        value = low if low == high else [low, high]
    if isinstance(value, list):
        return _number(level, value, language)
    return translate("groups.copies_exact", language, count=value)


def _figure(value: float, language: str) -> str:
    is_whole = value == int(value) or value >= 1_000
    text = number(value, language) if is_whole else f"{value:.4g}"
    return text.replace(".", ",") if language == "fr" else text


_PERIODS: Mapping[str, Callable[[str, str], str]] = {
    "century": _years(100),
    "decade": _years(10),
    "year": _year,
    "month": _month,
    "week": _week,
    "day": _day,
}
_WRITERS: Mapping[str, Callable[[Level, Any, str], str]] = {
    "folder": _as_it_is,
    "format": _as_it_is,
    "status": _status,
    "camera": _as_it_is,
    "colour": _hue,
    "taken_at": _period,
    "digitised_at": _period,
    **dict.fromkeys((*TEXTS, KEYWORDS), _as_it_is),
    "added": _period,
    "width": _number,
    "height": _number,
    "pixels": _number,
    "size": _number,
    "copies": _copies,
    "cluster": _cluster,
    "excluded": _excluded,
    "author": _as_it_is,
    "proposed": _proposer,
}
