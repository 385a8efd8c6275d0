"""Properties and tags by the names that people type: which one is meant, and how it is written.

Here: finding a property, a tag or an author by its name, the names that come close, and the
shortest way to write a property's name. Not here: how a query is put together (``query``), the
words that are not a project's own (``vocabulary``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from panoptic_data.text import closest, folded
from panoptic_data.views.fields import is_property, property_field, property_of

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.store import State
    from panoptic_data.annotations.tags import Tag

__all__ = ["BARE", "FIELD", "QUOTED", "Defined", "alike", "id_of", "quoted", "unquoted"]

# A name that needs no quotes, a name in quotes, a property by its field.
BARE = r"\w[\w.'’-]*"
QUOTED = r'"(?:[^"\\]|\\.)+"'
FIELD = r"p:[a-z]+:[0-9a-z]{1,40}"
_BARE = re.compile(BARE)
_GAPS = re.compile(r"[\s_-]+")
_ESCAPED = re.compile(r'\\(["\\])')
# More names than this take long to compare with one that was mistyped.
_COMPARED_AT_MOST = 5_000
_NAMES_PROPOSED = 3
_ID = re.compile(r"#([0-9a-z]{1,40})")
_Named = TypeVar("_Named", "Property", "Tag")


class Defined:
    """What one project has defined, by names. Without a state nothing is.

    A name is taken as it is first, then in any case, then without accents and with hyphens for
    spaces: ``my-notes`` is "My notes".
    """

    def __init__(self, state: State | None = None) -> None:
        self._state = state

    @cached_property
    def properties(self) -> Sequence[Property]:
        """The properties that are not deleted."""
        return self._state.shown if self._state else ()

    def property(self, typed: str) -> Property | None:
        """Return the property that a typed name stands for."""
        found = _called(typed, self.properties)
        return found[0] if found else None

    def field(self, typed: str) -> str | None:
        """Return the field of a property: by its name, or ``p:<type>:<id>`` as it is."""
        if is_property(typed):
            return typed
        one = self.property(typed)
        return property_field(one.type, one.id) if one else None

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The fields of all properties by their names."""
        return {one.name: property_field(one.type, one.id) for one in self.properties}

    @cached_property
    def tag_fields(self) -> Sequence[str]:
        """The fields of the properties whose values are tags."""
        return [property_field(one.type, one.id) for one in self.properties if one.has_tags]

    def closest(self, typed: str, names: Iterable[str]) -> Sequence[str]:
        """Return the one of some names, or of properties' as they are typed, that looks like it."""
        found = closest(typed, (*names, *self.fields))
        return [self.written(self.fields[one], ()) if one in self.fields else one for one in found]

    def id(self, typed: str) -> str | None:
        """Return the id of a property that is referred to: by its name, or as ``#id``."""
        given = id_of(typed)
        one = self.property(unquoted(typed))
        return given or (one.id if one else None)

    def reference(self, id: str) -> str:
        """Return what :meth:`id` reads as an id."""
        one = self._at(id)
        name = self.written(property_field(one.type, id), ()) if one else ""
        return f"#{id}" if not name or name.startswith("p:") else name

    def field_of(self, id: str) -> str | None:
        """Return the field of the property that has an id."""
        one = self._at(id)
        return property_field(one.type, id) if one else None

    def written(self, field: str, taken: Collection[str]) -> str:
        """Return a property's field as it is typed: by its name where that is read as it.

        ``taken`` are names, without accents and capitals, that mean something else there.
        """
        one = self._at(property_of(field))
        if one is None or property_field(one.type, one.id) != field:
            return field
        if self.property(one.name) is not one or not one.name:
            return field
        is_bare = _BARE.fullmatch(one.name) and folded(one.name) not in (*taken, "p")
        return one.name if is_bare else quoted(one.name)

    def tags(self, field: str, typed: str) -> list[str]:
        """Return the ids of a property's tags of a name, most often one."""
        return [tag.id for tag in _called(typed, self.tags_of(field))]

    def tags_of(self, field: str) -> Sequence[Tag]:
        """Return a property's tags that are not deleted."""
        id = property_of(field)
        return self._state.tags_of(id) if self._state and id else ()

    def tag_name(self, field: str, id: str) -> str | None:
        """Return the name of a tag where that name means it alone."""
        tag = self._state.tags.get(id) if self._state else None
        return tag.name if tag and self.tags(field, tag.name) == [id] else None

    def author(self, typed: str) -> str:
        """Return the author who is meant; what nobody is called is taken as it was typed."""
        if typed in self._authors:
            return typed
        return next((one for one in self._authors if folded(one) == folded(typed)), typed)

    @cached_property
    def _authors(self) -> Sequence[str]:
        if not self._state:
            return ()
        names = {
            name
            for cells in self._state.cells.values()
            for part in (cells.base, cells.beside)
            for name in part["author"].unique().drop_nulls()
        }
        return sorted(names)

    def _at(self, id: str | None) -> Property | None:
        return next((one for one in self.properties if one.id == id), None)


def id_of(typed: str) -> str | None:
    """Return the id that is typed as ``#id``; None for a name."""
    match = _ID.fullmatch(typed)
    return match[1] if match else None


def alike(typed: str, names: Iterable[str]) -> Sequence[str]:
    """Return the names that a mistyped one may stand for: that contain it, or look like it."""
    known = list(dict.fromkeys(names))
    asked = folded(typed)
    within = [one for one in known if asked and asked in folded(one)]
    if within:
        return sorted(within, key=lambda one: (not folded(one).startswith(asked), len(one)))[
            :_NAMES_PROPOSED
        ]
    # Of many, only those can be meant that are as long, give or take a slip or two.
    near = [one for one in known if abs(len(one) - len(typed)) <= max(2, len(typed) // 2)]
    return closest(typed, near[:_COMPARED_AT_MOST], _NAMES_PROPOSED)


def quoted(text: str) -> str:
    """Return a text in quotes, with a backslash before a quote or a backslash."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """Return what stands in quotes; a text that is not in quotes as it is."""
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return _ESCAPED.sub(r"\1", text[1:-1]) if is_quoted else text


def _spelled(name: str) -> str:
    return _GAPS.sub("-", folded(name))


_SPELLINGS: Sequence[Callable[[str], str]] = (str, str.casefold, _spelled)


def _called(typed: str, known: Sequence[_Named]) -> list[_Named]:
    for spelling in _SPELLINGS:
        asked = spelling(typed)
        found = [one for one in known if spelling(one.name) == asked]
        if found:
            return found
    return []
