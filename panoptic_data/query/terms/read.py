"""A term read as the condition that a panel would set: which reader each field has.

Here: the table of readers, and terms of several values. Not here: the readers, each in the module
of its kind of values; finding terms in a text (``query.parser``); what a condition selects
(``catalogue.filters``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from panoptic_data.query.terms.choices import (
    read_authors,
    read_clusters,
    read_duplicates,
    read_folder,
    read_format,
    read_image,
    read_proposed,
    read_status,
    read_truth,
)
from panoptic_data.query.terms.colours import read_colour
from panoptic_data.query.terms.dates import read_date
from panoptic_data.query.terms.numbers import read_number_condition
from panoptic_data.query.terms.similarity import read_like, read_means, read_parts
from panoptic_data.query.terms.tags import read_tags
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Term,
    TermError,
    TermValue,
    any_of,
    emptiness,
    look_up,
    negated,
    require_sign,
)
from panoptic_data.query.terms.texts import read_text
from panoptic_data.query.vocabulary import IS_NAMES, MODE_NAMES
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Condition

__all__ = ["read_is", "read_mode", "read_term"]

_Reader = Callable[[Term, Context], list[Part]]


def read_term(term: Term, context: Context) -> Part:
    """Return the part of a view that a term stands for. Raises TermError."""
    if term.sign == "!=":
        return negated(read_term(replace(term, sign="="), context))
    reader = _READERS.get(term.field) or _READERS_OF_KIND[FIELDS[term.field].kind]
    return any_of([_checked(part, term) for part in reader(term, context)])


def read_is(values: Sequence[TermValue]) -> Part:
    """Return the part that ``is:…`` stands for. Raises TermError."""
    states = [look_up(value.text, value.span, "is", IS_NAMES) for value in values]
    return any_of([Condition(field, FIELDS[field].op, chosen) for field, chosen in states])


def read_mode(values: Sequence[TermValue]) -> str:
    """Return the mode that ``mode:…`` sets. Raises TermError."""
    if len(values) > 1:
        raise TermError("one_value", values[1].span, name="mode")
    return str(look_up(values[0].text, values[0].span, "mode", MODE_NAMES))


def _checked(part: Part, term: Term) -> Part:
    if isinstance(part, Condition):
        operator = FIELDS[part.field].operator(part.op)
        if operator is None or operator.check(part.value) is not None:
            # Readers check all other values themselves.
            key = "pattern" if part.op == "matches" else "no_value"
            raise TermError(key, term.span, name=term.name)
    return part


def _each(read_value: Callable[[Term, TermValue, Context], Part]) -> _Reader:
    """Make a reader of one value a reader of several, which also takes none and any."""

    def read_values(term: Term, context: Context) -> list[Part]:
        return [emptiness(term, value) or read_value(term, value, context) for value in term.values]

    return read_values


def _listed(read_value: Callable[[TermValue, Context], Sequence[str]]) -> _Reader:
    """Make a reader of one value a reader of several, whose results are in one condition."""

    def read_values(term: Term, context: Context) -> list[Part]:
        require_sign(term, ":", "=")
        empty = [emptiness(term, value) for value in term.values]
        pairs = zip(term.values, empty, strict=True)
        chosen = [
            text
            for value, condition in pairs
            if condition is None
            for text in read_value(value, context)
        ]
        listed = [Condition(term.field, "in", chosen)] if chosen else []
        return [*listed, *(condition for condition in empty if condition is not None)]

    return read_values


_READERS: Mapping[str, _Reader] = {
    "folder": _listed(read_folder),
    "format": _listed(read_format),
    "status": _listed(read_status),
    "cluster": read_clusters,
    "duplicate": read_duplicates,
    "text": read_means,
    "like": read_like,
    "part": read_parts,
    "author": read_authors,
    "proposed": read_proposed,
}
_READERS_OF_KIND: Mapping[str, _Reader] = {
    "text": _each(read_text),
    "number": _each(read_number_condition),
    "date": _each(read_date),
    "truth": _each(read_truth),
    "colour": _each(read_colour),
    "link": _listed(read_image),
    "tags": read_tags,
}
