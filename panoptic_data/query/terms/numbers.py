"""Numbers as values of terms: ``width>500``, ``size:1..5MB``, ``width:500..<1000``.

Here: numbers with their units, ranges and comparisons. Not here: dates (``dates``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from panoptic_data.query.terms.term import (
    Context,
    Part,
    Span,
    Term,
    TermError,
    TermValue,
    require_single_value,
)
from panoptic_data.query.vocabulary import UNITS
from panoptic_data.views.model import Clause, Condition

__all__ = [
    "NUMBER",
    "read_number",
    "read_number_condition",
    "write_number",
    "write_number_range",
]

# A number and its unit.
NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([a-zA-Z]*)")
# Beyond this, numbers are no measure of anything, and do not fit a column.
_LARGEST = 10**18
_LONGEST_NUMBER = 400
# Numbers of properties have no units.
_NO_UNITS: Mapping[str, int] = {"": 0}


def read_number_condition(term: Term, value: TermValue, _: Context) -> Part:
    """Return the condition of one value: a number, a range or a comparison. Raises TermError."""
    field, sign, text = term.field, term.sign, value.text
    low, dots, high = text.partition("..")
    if dots and sign == ":":
        return _read_range(field, low, high, value.span)
    number = read_number(text, value.span, field)
    if sign == ":":
        return Condition(field, "between", [number, number])
    if sign == "=":
        return Condition(field, "=", number)
    require_single_value(term)
    if sign.startswith(":"):
        return Condition(field, sign[1:], number)
    if field not in UNITS and sign in ("<", ">"):
        return Condition(field, sign, number)
    if field not in UNITS:
        return Condition(field, "between", [number, None] if sign == ">=" else [None, number])
    # Widths and the like are whole: the panel of filters sets a range of whole numbers.
    ranges = {
        ">": [math.floor(number) + 1, None],
        ">=": [math.ceil(number), None],
        "<": [None, math.ceil(number) - 1],
        "<=": [None, math.floor(number)],
    }
    return Condition(field, "between", ranges[sign])


def _read_range(field: str, low: str, high: str, span: Span) -> Part:
    is_half_open = high.startswith("<")
    high = high.removeprefix("<")
    if not low and not high:
        raise TermError("range", span)
    match = NUMBER.fullmatch(high)
    if match is not None and low and low[-1].isdigit():
        # "1..5 GB" means gigabytes at both ends.
        low += match[2]
    ends = [read_number(end, span, field) if end else None for end in (low, high)]
    if not is_half_open:
        return Condition(field, "between", ends)
    if None in ends:
        raise TermError("range", span)
    return Clause("all", (Condition(field, ">=", ends[0]), Condition(field, "<", ends[1])))


def read_number(text: str, span: Span, field: str = "") -> int | float:
    """Return a number in the unit of a field's column (bytes, pixels). Raises TermError."""
    match = NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    units = {unit.casefold(): power for unit, power in UNITS.get(field, _NO_UNITS).items()}
    power = units.get(match[2].casefold()) if match else None
    if match is None or power is None:
        raise TermError("size" if field == "size" else "number", span, text=text)
    number = Decimal(match[1]).scaleb(power)
    if abs(number) >= _LARGEST:
        raise TermError("number", span, text=text)
    return int(number) if number == int(number) else float(number)


def write_number_range(condition: Condition) -> str:
    """Return what follows the name of the field, for "between"."""
    field, (low, high) = condition.field, condition.value
    if low is not None and low == high:
        return f":{write_number(low, field)}"
    if low is not None and high is not None:
        return f":{write_number(low, field)}..{write_number(high, field)}"
    end, sign, step = (high, "<", 1) if low is None else (low, ">", -1)
    if field not in UNITS:
        return f"{sign}={write_number(end, field)}"
    if end != int(end):
        text = write_number(end, field)
        return f":..{text}" if low is None else f":{text}.."
    # "width>500" is how people say 501 and more; "width>=500" is not "width>499".
    limit, beyond = int(end), int(end) + step
    if len(str(beyond).rstrip("0")) < len(str(limit).rstrip("0")):
        return sign + write_number(beyond, field)
    return f"{sign}={write_number(limit, field)}"


def write_number(value: float, field: str = "") -> str:
    """Return a number as it is typed, with the largest unit of the field that fits."""
    exact = Decimal(repr(value) if isinstance(value, float) else value)
    unit, power = next(iter(UNITS.get(field, _NO_UNITS).items()))
    if field == "size":
        units = {unit: power for unit, power in UNITS[field].items() if unit.endswith("B")}
        fitting = [pair for pair in units.items() if abs(exact) >= Decimal(1).scaleb(pair[1])]
        unit, power = fitting[-1] if fitting else ("B", 0)
    return f"{exact.scaleb(-power).normalize():f}{unit}"
