"""The values of a field that fit what is typed of them, each with how many images have it.

Not here: which field that is and where its value stands (``completion``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panoptic_data.annotations.tags import labels
from panoptic_data.catalogue import facets, field_counts
from panoptic_data.catalogue.execute import run_view
from panoptic_data.media.colour import HUES
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.query.names import ProjectNames, quoted
from panoptic_data.query.terms.texts import write_text
from panoptic_data.query.vocabulary import (
    DIRECTIVES,
    FIELD_NAMES,
    FRENCH_NAMES,
    GROUP,
    IS,
    MODE,
    NONE_WORDS,
    PREFERRED_NAMES,
    PROPOSER_NAMES,
    SORT,
    STATUS_NAMES,
    TAG,
    TRUTH_NAMES,
)
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS, SORTS, WHO_FIELDS, is_property
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["Completed", "field_values", "tags_named"]

MOST_VALUES = 12
# More values than these are not looked through for what was typed.
_LOOKED_AT = 5_000
# A colour that stands for each hue beside its name.
_SWATCHES = dict(
    zip(
        HUES,
        ("#000000", "#808080", "#ffffff", "#d32f2f", "#f57c00", "#fbc02d", "#388e3c", "#00acc1",
         "#1e63c8", "#7b3fb0", "#ec6ba5"),
        strict=True,
    )
)  # fmt: skip
_FRENCH_HUES = dict(
    zip(
        HUES,
        ("noir", "gris", "blanc", "rouge", "orange", "jaune", "vert", "cyan", "bleu", "violet",
         "rose"),
        strict=True,
    )
)  # fmt: skip
_FRENCH_WORDS: Mapping[str, str] = {
    "yes": "oui",
    "no": "non",
    "none": "aucun",
    "duplicate": "doublon",
    "unreadable": "illisible",
    "missing": "absent",
    "excluded": "exclu",
    "file": "fichier",
    "person": "personne",
    "model": "modele",
}
_IS = ("duplicate", "unreadable", "missing", "excluded")


@dataclass(frozen=True)
class Completed:
    """One way to go on: ``label`` to read, ``text`` to put in its place.

    ``kind`` is "field", "value" or "tag". ``field`` is the field that it names or belongs to,
    ``count`` how many images have the value, ``colour`` that of a tag or a hue as "#rrggbb" or the
    name of one.
    """

    kind: str
    label: str
    text: str
    count: int | None = None
    colour: str | None = None
    field: str | None = None


def field_values(
    catalogue: Catalogue,
    view: View,
    field: str,
    typed: str,
    language: str = "en",
    encoder: str | None = None,
) -> Sequence[Completed]:
    """Return the values of a field that fit a beginning, the most frequent first.

    Those that begin with it come first, then those that contain it. ``encoder`` is that of
    clusters. Fields of numbers and dates have none.
    """
    if field == TAG[0]:
        return tags_named(catalogue, view, folded(typed), MOST_VALUES, is_value=True)
    if field in _LISTED:
        return _fitting(_LISTED[field](catalogue, view, language), typed)
    if field == "cluster":
        counts = field_counts.clusters(catalogue, encoder, view) if encoder else {}
        return _fitting((_value(str(number), count) for number, count in counts.items()), typed)
    if field in FIELDS and is_property(field):
        return _property_values(catalogue, view, field, typed, language)
    return ()


def tags_named(
    catalogue: Catalogue, view: View, wanted: str, most: int, *, is_value: bool = False
) -> Sequence[Completed]:
    """Return tags of any property with a word that begins so (folded), the most frequent first.

    Each is written with the name of its property, or ``is_value``: as the value of ``tag:``.
    """
    names = ProjectNames(catalogue.annotations)
    tags: list[Completed] = []
    for field in names.tag_fields:
        prefix = "" if is_value else f"{names.written(field, (*FIELD_NAMES, *DIRECTIVES))}:"
        tags += _tags(catalogue, view, field, wanted, prefix)
    return sorted(tags, key=lambda item: -(item.count or 0))[:most]


def _tags(
    catalogue: Catalogue, view: View, field: str, wanted: str, prefix: str
) -> Iterable[Completed]:
    names = ProjectNames(catalogue.annotations)
    tags = names.tags_of(field)
    fitting = [tag for tag in tags if _rank(tag.name, wanted) is not None]
    if not fitting:
        return
    counts = facets.tags(catalogue, view, field).counts
    texts = labels(tags)
    fitting.sort(key=lambda tag: (_rank(tag.name, wanted), -counts.get(tag.id, 0)))
    for tag in fitting[:MOST_VALUES]:
        name = names.tag_name(field, tag.id)
        written = f"#{tag.id}" if name is None else _write_tag(name)
        yield Completed(
            "tag", texts.get(tag.id, tag.name), prefix + written, counts.get(tag.id, 0), tag.colour,
            field,
        )  # fmt: skip


def _write_tag(name: str) -> str:
    return quoted(name) if "+" in name or name.startswith("#") else write_text(name)


def _property_values(
    catalogue: Catalogue, view: View, field: str, typed: str, language: str
) -> Sequence[Completed]:
    kind = FIELDS[field].kind
    if kind == "tags":
        fitting = [*_tags(catalogue, view, field, folded(typed), "")]
        empty = facets.tags(catalogue, view, field).empty
        return [*fitting, *_fitting([_word("none", language, empty)], typed)]
    if kind == "truth":
        counted = facets.values(catalogue, view, field)
        words = {"yes": counted.counts.get("true", 0), "no": counted.counts.get("false", 0)}
        return _fitting((_word(word, language, count) for word, count in words.items()), typed)
    if kind == "text":
        counted = facets.values(catalogue, view, field, _LOOKED_AT)
        fitting = [*_fitting((_value(*pair) for pair in counted.counts.items()), typed)]
        return [*fitting, *_fitting([_word("none", language, counted.empty)], typed)]
    if kind == "colour":
        return _fitting(_hues(catalogue, view, language, counted=False), typed)
    return ()


def _folders(catalogue: Catalogue, view: View, _: str) -> Iterable[Completed]:
    for path, count in field_counts.folders(catalogue, view).items():
        yield Completed("value", path, write_text(path), count)


def _formats(catalogue: Catalogue, view: View, _: str) -> Iterable[Completed]:
    for name, count in field_counts.formats(catalogue, view).items():
        yield _value(name.lower(), count)


def _described(field: str) -> Callable[[Catalogue, View, str], Iterable[Completed]]:
    def values(catalogue: Catalogue, view: View, language: str) -> Iterable[Completed]:
        counted = facets.described(catalogue, view, field, _LOOKED_AT)
        yield from (_value(*pair) for pair in counted.counts.items())
        yield _word("none", language, counted.empty)

    return values


def _colours(catalogue: Catalogue, view: View, language: str) -> Iterable[Completed]:
    return _hues(catalogue, view, language, counted=True)


def _hues(catalogue: Catalogue, view: View, language: str, *, counted: bool) -> Iterable[Completed]:
    counts: Sequence[int | None] = [None] * len(HUES)
    if counted:
        rows = run_view(catalogue, view.without("colour").grouped_by()).rows
        hues = catalogue.corpus.hues[rows]
        counts = np.bincount(hues[hues >= 0], minlength=len(HUES)).tolist()
    for hue, count in zip(HUES, counts, strict=True):
        name = _FRENCH_HUES[hue] if language == "fr" else hue
        yield Completed("value", name, name, count, _SWATCHES[hue])


def _statuses(catalogue: Catalogue, _: View, language: str) -> Iterable[Completed]:
    counts = dict(catalogue.frame["status"].value_counts().iter_rows())
    for status in dict.fromkeys(STATUS_NAMES.values()):
        yield _word(status, language, counts.get(status, 0))


def _people(field: str) -> Callable[[Catalogue, View, str], Iterable[Completed]]:
    def values(catalogue: Catalogue, view: View, language: str) -> Iterable[Completed]:
        counts = facets.people(catalogue, view, field).counts
        is_kind = field == "proposed"
        for name, count in counts.items():
            is_word = is_kind and name in PROPOSER_NAMES
            yield _word(name, language, count) if is_word else _value(name, count)

    return values


def _words(*words: str) -> Callable[[Catalogue, View, str], Iterable[Completed]]:
    return lambda _, __, language: (_word(word, language) for word in words)


def _orders(catalogue: Catalogue, _: View, language: str) -> Iterable[Completed]:
    names = ProjectNames(catalogue.annotations)
    for name, field in names.fields.items():
        yield Completed("value", name, names.written(field, (*FIELD_NAMES, *DIRECTIVES)))
    for field in SORTS:
        if field in PREFERRED_NAMES:
            preferred = PREFERRED_NAMES[field]
            yield _value(FRENCH_NAMES.get(field, preferred) if language == "fr" else preferred)


_LISTED: Mapping[str, Callable[[Catalogue, View, str], Iterable[Completed]]] = {
    "folder": _folders,
    "format": _formats,
    "camera": _described("camera"),
    **{field: _described(field) for field in (*TEXTS, KEYWORDS)},
    "colour": _colours,
    "status": _statuses,
    "duplicate": _words("exact", "near", "semantic"),
    "excluded": _words(*dict.fromkeys("yes" if truth else "no" for truth in TRUTH_NAMES.values())),
    **{field: _people(field) for field in WHO_FIELDS},
    IS[0]: _words(*_IS),
    MODE[0]: _words("image", "file"),
    SORT[0]: _orders,
    GROUP[0]: _orders,
}


def _value(text: str, count: int | None = None) -> Completed:
    return Completed("value", text, write_text(text), count)


def _word(word: str, language: str, count: int | None = None) -> Completed:
    """Return a word of the query language; it is never in quotes."""
    spoken = _FRENCH_WORDS.get(word, word) if language == "fr" else word
    text = spoken if word != "none" or folded(spoken) in NONE_WORDS else word
    return Completed("value", spoken, text, count)


def _fitting(values: Iterable[Completed], typed: str) -> Sequence[Completed]:
    """Return the values that fit a beginning: those that begin with it, then all others."""
    wanted = folded(typed)
    ranked = [(rank, value) for value in values if (rank := _rank(value.label, wanted)) is not None]
    ranked.sort(key=lambda pair: (pair[0], -(pair[1].count or 0)))
    return [value for _, value in ranked[:MOST_VALUES]]


def _rank(name: str, wanted: str) -> int | None:
    """Return 0 for a name that begins so, 1 for one of whose words does, 2 for any that has it."""
    key = folded(name)
    if key.startswith(wanted) or key.rpartition("/")[2].startswith(wanted):
        return 0
    if any(word.startswith(wanted) for word in key.split()):
        return 1
    return 2 if wanted in key else None
