"""How a text in the search box can go on: names of fields, then their values with counts.

Here: which term stands before the cursor and what fits there. Not here: the values of one field
(``completed_values``), what a whole text asks for (``typed_text``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from panoptic_data.query.names import BARE, FIELD, QUOTED, ProjectNames, unquoted
from panoptic_data.query.terms.term import Context, preferred_name
from panoptic_data.query.vocabulary import (
    DIRECTIVES,
    FIELD_NAMES,
    FRENCH_NAMES,
    GROUP,
    IS,
    MODE,
    SORT,
    TAG,
    YIELDING_NAMES,
)
from panoptic_data.search.completed_values import Completed, field_values, tags_named
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS, is_property, property_field
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.query.terms.term import Span

__all__ = ["Completion", "complete"]

# What an empty box shows, in this order, before the project's own properties.
_FIRST = ("folder", "tag", "taken_at", "colour", "format", "width", "name", "camera", "is", "sort")
_DIRECTIVES = (IS[0], TAG[0], SORT[0], GROUP[0], MODE[0])
# Fields that cannot be typed, or that only older views have.
_HIDDEN = ("region", "similar", "selection", "text")
_MOST_FIELDS = 8
_MOST_TAGS = 6
# One letter is the beginning of too many tags.
_TAGS_FROM = 2
_HEAD = re.compile(rf"-?(?P<name>{FIELD}|{QUOTED}|{BARE})(?:@[\w.'’#-]+)?(?P<sign>[:=<>!]+)")
_NOT_NAMES = re.compile(r"[\s()|]")


@dataclass(frozen=True)
class Completion:
    """What may stand at ``span`` of the text, [start, end), the likeliest first.

    ``field`` is the field whose values these are, None for names of fields.
    """

    span: Span
    items: tuple[Completed, ...] = ()
    field: str | None = None


@dataclass(frozen=True)
class _Place:
    """The term that the cursor is in: where it begins, and the text from there to the cursor."""

    start: int
    typed: str
    end: int


def complete(
    catalogue: Catalogue,
    text: str,
    position: int,
    view: View,
    language: str = "en",
    encoder: str | None = None,
) -> Completion:
    """Return how a text can go on at a position of the cursor.

    Counts are those of images of a view, without what it asks of the same field. ``encoder`` is
    that of clusters. Never raises.
    """
    position = max(0, min(position, len(text)))
    place = _place(text, position)
    head = _HEAD.match(place.typed)
    if head is None:
        return _names(catalogue, place, view, language, is_empty=not text.strip())
    field = _field(unquoted(head["name"]), ProjectNames(catalogue.annotations))
    if field is None:
        return Completion((position, position))
    # Of several values, the last is being typed.
    value = _last_value(place.typed[head.end() :])
    start = place.start + len(place.typed) - len(value)
    items = field_values(catalogue, view, field, unquoted(value.lstrip('"')), language, encoder)
    return Completion((start, _end_of_value(text, position)), tuple(items), field)


def _place(text: str, position: int) -> _Place:
    """Return the term before the cursor: from the last space or parenthesis not in quotes."""
    start, is_quoted = 0, False
    for at, letter in enumerate(text[:position]):
        if letter == '"':
            is_quoted = not is_quoted
        elif not is_quoted and _NOT_NAMES.match(letter):
            start = at + 1
    end = position
    while end < len(text) and not _NOT_NAMES.match(text[end]):
        end += 1
    return _Place(start, text[start:position], end)


def _last_value(typed: str) -> str:
    start, is_quoted = 0, False
    for at, letter in enumerate(typed):
        if letter == '"':
            is_quoted = not is_quoted
        elif not is_quoted and letter in ",+":
            start = at + 1
    return typed[start:]


def _end_of_value(text: str, position: int) -> int:
    end = position
    while end < len(text) and not _NOT_NAMES.match(text[end]) and text[end] not in ',+"':
        end += 1
    return end + 1 if text[end : end + 1] == '"' and text[:position].count('"') % 2 else end


def _field(name: str, names: ProjectNames) -> str | None:
    """Return the field or directive of a name; a property goes first where it does in a query."""
    own, key = names.field(name), folded(name)
    known = FIELD_NAMES.get(key) or DIRECTIVES.get(key)
    return own if known is None or (own and key in YIELDING_NAMES) else known


def _names(
    catalogue: Catalogue, place: _Place, view: View, language: str, *, is_empty: bool
) -> Completion:
    typed = place.typed.removeprefix("-")
    start = place.start + len(place.typed) - len(typed)
    span = (start, place.end)
    wanted = folded(typed.strip('"'))
    fields = list(_all_fields(catalogue, language))
    if is_empty:
        order = {name: at for at, name in enumerate(_FIRST)}
        first = sorted(
            (item for item in fields if item.field in order or is_property(item.field or "")),
            key=lambda item: order.get(item.field or "", len(order)),
        )
        return Completion(span, tuple(first[: len(order) + _MOST_FIELDS]))
    if not wanted:
        return Completion(span)
    matching = [item for item in fields if _begins(item, wanted)][:_MOST_FIELDS]
    tags = tags_named(catalogue, view, wanted, _MOST_TAGS) if len(wanted) >= _TAGS_FROM else []
    return Completion(span, (*matching, *tags))


def _all_fields(catalogue: Catalogue, language: str) -> Iterator[Completed]:
    """Yield each field as its name is typed, the properties of people first."""
    names = ProjectNames(catalogue.annotations)
    context = Context(None, None, date.today(), None, None, names)
    for property in names.properties:
        field = property_field(property.type, property.id)
        written = names.written(field, (*FIELD_NAMES, *DIRECTIVES))
        if not property.hidden:
            yield Completed("field", property.name, f"{written}:", field=field)
    for field in FIELDS:
        if field not in _HIDDEN:
            written = preferred_name(field, (), context) or field
            name = FRENCH_NAMES.get(field, written) if language == "fr" else written
            # A property of that name would be meant.
            name = written if names.property(name) else name
            yield Completed("field", name, f"{name}:", field=field)
    for directive in _DIRECTIVES:
        name = FRENCH_NAMES.get(directive, directive) if language == "fr" else directive
        yield Completed("field", name, f"{name}:", field=directive)


def _begins(item: Completed, wanted: str) -> bool:
    names = [item.label, *_other_names(item.field or "")]
    words = (word for name in names for word in (name, *name.split()))
    return any(folded(word).startswith(wanted) for word in words)


def _other_names(field: str) -> Sequence[str]:
    known = {**FIELD_NAMES, **DIRECTIVES}
    return [name for name, meant in known.items() if meant == field]
