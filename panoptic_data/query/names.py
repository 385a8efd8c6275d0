"""Properties and tags by the names that people type: which one is meant, and how it is written.

Here: finding a property, a tag or an author by its name, the names that come close, and the
shortest way to write a property's name. Not here: how a query is put together (``parser``), the
words that are not a project's own (``vocabulary``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from panoptic_data.annotations import ratings
from panoptic_data.annotations.tags import SEPARATOR, labels
from panoptic_data.text import closest, folded
from panoptic_data.views.fields import is_property, property_field, property_of

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag

__all__ = [
    "BARE",
    "FIELD",
    "QUOTED",
    "ProjectNames",
    "called",
    "id_of",
    "quoted",
    "similar_names",
    "unquoted",
]

# A name that needs no quotes, a name in quotes, a property by its field.
BARE = r"\w[\w.'’-]*"
QUOTED = r'"(?:[^"\\]|\\.)+"'
FIELD = r"p:[a-z]+:[0-9a-z]{1,40}"
_BARE = re.compile(BARE)
_GAPS = re.compile(r"[\s_-]+")
_ESCAPED = re.compile(r'\\(["\\])')
# Comparing a mistyped name with more names than this takes long.
_MAX_COMPARED = 5_000
_MAX_SUGGESTED = 3
_ID = re.compile(r"#([0-9a-z]{1,40})")
T = TypeVar("T")
_Named = TypeVar("_Named", "Property", "Tag")

_RATING_WORDS = frozenset(("rating", "stars", "note", "evaluation", "etoiles"))
_PICK_WORDS = frozenset(("pick", "picked", "retenue", "retenues"))


class ProjectNames:
    """The properties, tags and authors of one project by their names. Without a state, none.

    A name is compared as it is first, then in any case, then without accents and with hyphens
    for spaces: ``my-notes`` is "My notes".
    """

    def __init__(self, state: State | None = None) -> None:
        self._state = state

    @cached_property
    def properties(self) -> Sequence[Property]:
        """The properties that are not deleted."""
        return self._state.live_properties if self._state else ()

    def property(self, typed: str) -> Property | None:
        """Return the property that a typed name stands for."""
        matches = _called(typed, self.properties)
        return matches[0] if matches else self._rating_or_pick(typed)

    def _rating_or_pick(self, typed: str) -> Property | None:
        """Return the property of stars or picks, by a word for it in either language."""
        word = folded(typed)
        if self._state is None or word not in _RATING_WORDS | _PICK_WORDS:
            return None
        read = ratings.rating_property if word in _RATING_WORDS else ratings.pick_property
        return read(self._state)

    def field(self, typed: str) -> str | None:
        """Return the field of a property: by its name, or ``p:<type>:<id>`` as it is."""
        if is_property(typed):
            return typed
        property = self.property(typed)
        return property_field(property.type, property.id) if property else None

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The fields of all properties by their names."""
        return {
            property.name: property_field(property.type, property.id)
            for property in self.properties
        }

    @cached_property
    def tag_fields(self) -> Sequence[str]:
        """The fields of the properties whose values are tags."""
        return [
            property_field(property.type, property.id)
            for property in self.properties
            if property.has_tags
        ]

    def closest(self, typed: str, names: Iterable[str]) -> Sequence[str]:
        """Return the one of some names, or of properties' as they are typed, that looks like it."""
        matches = closest(typed, (*names, *self.fields))
        return [
            self.written(self.fields[name], ()) if name in self.fields else name for name in matches
        ]

    def id(self, typed: str) -> str | None:
        """Return the id of a property that is referred to: by its name, or as ``#id``."""
        given = id_of(typed)
        property = self.property(unquoted(typed))
        return given or (property.id if property else None)

    def reference(self, id: str) -> str:
        """Return a text that :meth:`id` reads as an id."""
        property = self._with_id(id)
        name = self.written(property_field(property.type, id), ()) if property else ""
        return f"#{id}" if not name or name.startswith("p:") else name

    def field_of(self, id: str) -> str | None:
        """Return the field of the property that has an id."""
        property = self._with_id(id)
        return property_field(property.type, id) if property else None

    def written(self, field: str, reserved: Collection[str]) -> str:
        """Return a property's field as it is typed: by its name where that is read as it.

        ``reserved`` are names, without accents and capitals, that mean something else there.
        """
        property = self._with_id(property_of(field))
        if property is None or property_field(property.type, property.id) != field:
            return field
        name = property.name
        if self.property(name) is not property or not name:
            return field
        is_bare = _BARE.fullmatch(name) and folded(name) not in (*reserved, "p")
        return name if is_bare else quoted(name)

    def tags(self, field: str, typed: str) -> list[str]:
        """Return the ids of a property's tags of a name, most often a single one.

        One of several tags of a name is meant by the names above it, too ("Sea › Other").
        """
        named = [tag.id for tag in _called(typed, self.tags_of(field))]
        if named or SEPARATOR.strip() not in typed:
            return named
        wanted = _hyphenated(typed)
        return [
            id for id, text in labels(self.tags_of(field)).items() if _hyphenated(text) == wanted
        ]

    def tags_of(self, field: str) -> Sequence[Tag]:
        """Return a property's tags that are not deleted."""
        id = property_of(field)
        return self._state.tags_of(id) if self._state and id else ()

    def tag_name(self, field: str, id: str) -> str | None:
        """Return the name of a tag, or its label; None where other tags have that, too."""
        tag = self._state.tags.get(id) if self._state else None
        if tag is None or self.tags(field, tag.name) == [id]:
            return tag.name if tag else None
        label = labels(self.tags_of(field)).get(id, "")
        return label if label and self.tags(field, label) == [id] else None

    def author(self, typed: str) -> str:
        """Return the author who is meant; a name that no author has is returned as typed."""
        if typed in self._authors:
            return typed
        return next((name for name in self._authors if folded(name) == folded(typed)), typed)

    @cached_property
    def _authors(self) -> Sequence[str]:
        if not self._state:
            return ()
        names = {
            name
            for cells in self._state.values_by_property.values()
            for part in (cells.base, cells.overlay)
            for name in part["author"].unique().drop_nulls()
        }
        return sorted(names)

    def _with_id(self, id: str | None) -> Property | None:
        return next((property for property in self.properties if property.id == id), None)


def id_of(typed: str) -> str | None:
    """Return the id that is typed as ``#id``; None for a name."""
    match = _ID.fullmatch(typed)
    return match[1] if match else None


def similar_names(typed: str, names: Iterable[str]) -> Sequence[str]:
    """Return the names that a mistyped one may stand for: that contain it, or look like it."""
    known = list(dict.fromkeys(names))
    wanted = folded(typed)
    containing = [name for name in known if wanted and wanted in folded(name)]
    if containing:
        return sorted(
            containing, key=lambda name: (not folded(name).startswith(wanted), len(name))
        )[:_MAX_SUGGESTED]
    # Of many names, only those of about the same length can be meant.
    tolerance = max(2, len(typed) // 2)
    near = [name for name in known if abs(len(name) - len(typed)) <= tolerance]
    return closest(typed, near[:_MAX_COMPARED], _MAX_SUGGESTED)


def quoted(text: str) -> str:
    """Return a text in quotes, with a backslash before a quote or a backslash."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """Return what stands in quotes; a text that is not in quotes as it is."""
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return _ESCAPED.sub(r"\1", text[1:-1]) if is_quoted else text


def _hyphenated(name: str) -> str:
    return _GAPS.sub("-", folded(name))


_SPELLINGS: Sequence[Callable[[str], str]] = (str, str.casefold, _hyphenated)


def _called(typed: str, known: Sequence[_Named]) -> list[_Named]:
    """Return the properties or tags of a name: by the strictest spelling that any has."""
    return called(typed, [(named.name, named) for named in known])


def called(typed: str, known: Sequence[tuple[str, T]]) -> list[T]:
    """Return what has a name, of pairs of name and thing: by the strictest spelling that any has.

    As they are typed, then in any case, then without accents and with hyphens for spaces.
    """
    for spelling in _SPELLINGS:
        wanted = spelling(typed)
        matches = [thing for name, thing in known if spelling(name) == wanted]
        if matches:
            return matches
    return []
