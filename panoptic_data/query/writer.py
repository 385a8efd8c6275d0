"""A view written as one line of text that is read back as it.

Here: how terms, parentheses and OR are put together. Not here: writing single terms (``terms``),
reading a text (``parser``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from panoptic_data.query.names import ProjectNames
from panoptic_data.query.parser import Parsed, parse_in
from panoptic_data.query.terms.ordering import write_level, write_sort
from panoptic_data.query.terms.term import Context, Part
from panoptic_data.query.terms.write import write_bin, write_condition
from panoptic_data.query.vocabulary import GROUP, MODE, SORT
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Clause, Condition, Level, View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = ["unwritable", "write"]


def write(
    view: View,
    *,
    encoder: str | None = None,
    text_encoder: str | None = None,
    state: State | None = None,
) -> str:
    """Return a text that :func:`parser.parse` reads back as the view.

    ``encoder`` and ``text_encoder`` are not named in it: give the same to ``parse``, and the same
    ``state``. What has no text is left out (see :func:`unwritable`), as is how a view is shown.
    """
    context = _context(encoder, text_encoder, state)
    parts = [text for part in view.where if (text := _write_part(part, context)) is not None]
    if len(view.where) == 1 and parts and _is_any(view.where[0]):
        parts = [parts[0][1:-1]]
    if view.sort:
        parts.append(f"{SORT[0]}:{','.join(write_sort(sort, context) for sort in view.sort)}")
    levels = [_write_level(level, context) for level in view.group]
    if any(levels):
        parts.append(f"{GROUP[0]}:{','.join(filter(None, levels))}")
    if view.mode != View().mode:
        parts.append(f"{MODE[0]}:{view.mode}")
    return " ".join(parts)


def unwritable(view: View, state: State | None = None) -> tuple[Part | Level, ...]:
    """Return the parts of a view that :func:`write` leaves out: regions, selections and such."""
    context = _context(None, None, state)
    parts = (part for part in view.where if _write_part(part, context) is None)
    levels = (level for level in view.group if _write_level(level, context) is None)
    return (*parts, *levels)


def _context(encoder: str | None, text_encoder: str | None, state: State | None) -> Context:
    names = ProjectNames(state)
    return Context(encoder, text_encoder or encoder, date.today(), None, None, names)


def _write_part(part: Part, context: Context) -> str | None:
    """Return a part as a text; None where none is read back as that part."""
    simplified = _simplified(part)
    text = _unchecked(simplified, context)
    if text is None or parse_in(context, text) != Parsed((simplified,)):
        return None
    return text


def _write_level(level: Level, context: Context) -> str | None:
    """Return a level as a text; None where none is read back as that level."""
    text = write_level(level, context)
    is_read_back = parse_in(context, f"{GROUP[0]}:{text}") == Parsed(group=(level,))
    return text if is_read_back else None


def _unchecked(part: Part, context: Context) -> str | None:
    """Return a part as a text that may be read back as something else."""
    if isinstance(part, Condition):
        operator = FIELDS[part.field].operator(part.op)
        is_valid = operator is not None and operator.check(part.value) is None
        return write_condition(part, context) if is_valid else None
    bin = write_bin(part, context)
    if bin is not None:
        return bin
    inner = [_unchecked(child, context) for child in part.parts]
    texts = [text for text in inner if text is not None]
    if len(texts) < len(inner):
        return None
    if part.kind == "not":
        return f"-{texts[0]}" if texts[0].startswith("(") else f"-({texts[0]})"
    return f"({' OR '.join(texts)})" if part.kind == "any" else f"({' '.join(texts)})"


def _simplified(part: Part) -> Part:
    """Return a part without clauses of "all" or "any" that have a single part."""
    if isinstance(part, Condition):
        return part
    parts = tuple(map(_simplified, part.parts))
    return parts[0] if len(parts) == 1 and part.kind != "not" else Clause(part.kind, parts)


def _is_any(part: Part) -> bool:
    simplified = _simplified(part)
    return isinstance(simplified, Clause) and simplified.kind == "any"
