"""Colours as values of terms: ``colour:red``, ``colour:#c0392b``, ``colour:#c0392b~10``."""

from __future__ import annotations

import re
from typing import Any

from panoptic_data.media.colour import HUE_NAMES
from panoptic_data.query.terms.numbers import read_number, write_number
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Term,
    TermError,
    TermValue,
    look_up,
    require_sign,
)
from panoptic_data.views.model import Condition

__all__ = ["read_colour", "write_colour"]

_COLOUR = re.compile(r"(#[0-9a-f]{6})(?:~(.*))?")


def read_colour(term: Term, value: TermValue, _: Context) -> Part:
    """Return the condition of one value: a hue, or a colour and how far others may be (CIE76)."""
    require_sign(term, ":", "=")
    match = _COLOUR.fullmatch(value.text.lower())
    if match is None:
        return Condition(term.field, "is", look_up(value.text, value.span, "colour", HUE_NAMES))
    near: dict[str, Any] = {"colour": match[1]}
    if match[2] is not None:
        near["distance"] = read_number(match[2], value.span)
        if near["distance"] < 0:
            raise TermError("number", value.span, text=match[2])
    return Condition(term.field, "near", near)


def write_colour(condition: Condition) -> str:
    """Return what follows the name of the field."""
    if condition.op == "is":
        return f":{condition.value}"
    distance = condition.value.get("distance")
    suffix = "" if distance is None else f"~{write_number(distance)}"
    return f":{condition.value['colour']}{suffix}"
