"""Texts as values of terms: ``name:scan``, ``name:img*``, ``name:/^img_[0-9]+/``, ``camera:"a b"``.

Here: conditions on texts, and when a value needs quotes. Not here: searches by meaning
(``similarity``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from panoptic_data.query.names import quoted
from panoptic_data.query.terms.term import Context, Part, Term, TermError, TermValue, require_sign
from panoptic_data.query.vocabulary import ANY_WORDS, NONE_WORDS
from panoptic_data.text import folded
from panoptic_data.views.model import Condition

__all__ = ["is_bare", "read_text", "write_text", "write_text_condition"]

# What is written without quotes and read back as it is.
_BARE = re.compile(r"[\w.#&+'-][\w./:#&+'-]*")


def read_text(term: Term, value: TermValue, _: Context) -> Part:
    """Return the condition of one value. Raises TermError."""
    require_sign(term, ":", "=")
    if not value.text:
        raise TermError("no_value", term.span, name=term.name)
    if term.sign == "=":
        return Condition(term.field, "=", value.text)
    op = {"pattern": "matches", "prefix": "begins with"}.get(value.kind, "contains")
    return Condition(term.field, op, value.text)


def is_bare(text: str) -> bool:
    """Whether a text is read back as it is without quotes."""
    return _BARE.fullmatch(text) is not None


def write_text(text: str) -> str:
    """Return a text as a value, in quotes where it needs them."""
    if is_bare(text) and folded(text) not in (*NONE_WORDS, *ANY_WORDS):
        return text
    return quoted(text)


def write_text_condition(condition: Condition) -> str:
    """Return what follows the name of the field."""
    if condition.op == "matches":
        return ":/" + "".join(_escaped_slashes(condition.value)) + "/"
    return f":{write_text(condition.value)}{'*' if condition.op == 'begins with' else ''}"


def _escaped_slashes(pattern: str) -> Iterator[str]:
    """Yield a pattern with a backslash before each slash that has none."""
    for match in re.finditer(r"\\.|/|[^\\/]+", pattern, re.DOTALL):
        yield "\\/" if match[0] == "/" else match[0]
