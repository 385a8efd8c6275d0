"""A condition written as a term: which writer each kind of field has.

Here: the table of writers, operators and comparisons. Not here: the writers, each in the module of
its kind of values; writing a whole view (``query.writer``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from panoptic_data.query.terms.choices import write_choice, write_truth
from panoptic_data.query.terms.colours import write_colour
from panoptic_data.query.terms.dates import write_date_range
from panoptic_data.query.terms.numbers import write_number, write_number_range
from panoptic_data.query.terms.similarity import takes_text_encoder, write_similarity
from panoptic_data.query.terms.tags import write_tags
from panoptic_data.query.terms.term import Context, preferred_name
from panoptic_data.query.terms.texts import write_text, write_text_condition
from panoptic_data.query.vocabulary import ANY_WORDS, DIRECTIVES, FIELD_NAMES, NONE_WORDS
from panoptic_data.views.fields import FIELDS, WHO_FIELDS, is_property
from panoptic_data.views.model import Clause, Condition

__all__ = ["write_bin", "write_condition"]

_POSITIVES = {"not in": "in", "does not contain": "contains"}
_COMPARISONS = ("<", "<=", ">", ">=")
# A property of such a name is written in quotes.
_RESERVED = frozenset((*FIELD_NAMES, *DIRECTIVES))


def write_condition(condition: Condition, context: Context) -> str | None:
    """Return a condition as a term; None where there is no term for it.

    The encoders of ``context`` are not named in it.
    """
    field, op, value = condition.field, condition.op, condition.value
    name = preferred_name(field, _RESERVED, context)
    if name is None:
        return None
    if op == "!=":
        return f"{name}!={_write_single(field, value)}"
    if op in ("is empty", "is not empty"):
        return f"{name}:{NONE_WORDS[0] if op == 'is empty' else ANY_WORDS[0]}"
    if op in _POSITIVES:
        positive = write_condition(Condition(field, _POSITIVES[op], value), context)
        return None if positive is None else f"-{positive}"
    if op == "=":
        return f"{name}={_write_single(field, value)}"
    if op in _COMPARISONS:
        is_plain = is_property(field) and op in ("<", ">") and FIELDS[field].kind == "number"
        return f"{name}{'' if is_plain else ':'}{op}{_write_single(field, value)}"
    name += _write_qualifier(condition, context)
    if FIELDS[field].kind == "tags":
        return f"{name}:{write_tags(condition, context.names)}"
    return name + _WRITERS[FIELDS[field].kind](condition)


def _write_qualifier(condition: Condition, context: Context) -> str:
    """Return "@" and the encoder or property that a condition names; "" where it needs none."""
    field, value = condition.field, condition.value
    if field in ("cluster", "text", "like"):
        takes_text = takes_text_encoder(condition)
        default = context.text_encoder if takes_text else context.encoder
        return "" if value["encoder"] == default else f"@{value['encoder']}"
    if field in WHO_FIELDS and "property" in value:
        return f"@{context.names.reference(value['property'])}"
    return ""


def write_bin(clause: Clause, context: Context) -> str | None:
    """Return a bin of numbers as a term, ``width:500..<1000``; None for any other clause."""
    match clause.parts:
        case (Condition(field, ">=", low), Condition(other, "<", high)) if clause.kind == "all":
            if field == other and FIELDS[field].kind == "number":
                name = preferred_name(field, _RESERVED, context)
                return f"{name}:{write_number(low, field)}..<{write_number(high, field)}"
    return None


def _write_single(field: str, value: Any) -> str:
    kind = FIELDS[field].kind
    if kind == "number":
        return write_number(value, field)
    return str(value) if kind == "date" else write_text(value)


_WRITERS: Mapping[str, Callable[[Condition], str]] = {
    "text": write_text_condition,
    "choice": write_choice,
    "number": write_number_range,
    "date": write_date_range,
    "colour": write_colour,
    "likeness": write_similarity,
    "truth": write_truth,
    "link": write_choice,
}
