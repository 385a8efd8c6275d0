"""One term of a query as it was typed, what it may refer to, and what can be wrong with it.

Here: ``Term`` and ``Context``, which every reader of values takes, and the checks that several
kinds of values share. Not here: which reader a field has (``read``), finding terms in a text
(``query.parser``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from panoptic_data.messages import translate
from panoptic_data.query.names import ProjectNames
from panoptic_data.query.vocabulary import ANY_WORDS, NONE_WORDS, PREFERRED_NAMES, YIELDING_NAMES
from panoptic_data.text import closest, folded
from panoptic_data.views.fields import FIELDS, is_property
from panoptic_data.views.model import Clause, Condition

__all__ = [
    "Context",
    "Part",
    "Problem",
    "Span",
    "Term",
    "TermError",
    "TermValue",
    "any_of",
    "emptiness",
    "look_up",
    "negated",
    "preferred_name",
    "require_sign",
    "require_single_value",
    "spelling",
    "unknown_name",
]

Part = Condition | Clause
Span = tuple[int, int]

_NEGATIONS = {"=": "!=", "in": "not in", "contains": "does not contain", "is empty": "is not empty"}


@dataclass(frozen=True)
class TermValue:
    """One value of a term. ``kind`` is "bare", "quoted", "prefix" (``"…"*``) or "pattern".

    ``joins_next``: a "+" follows, so the next value must hold too. ``limits`` is what follows a
    tilde.
    """

    text: str
    kind: str
    span: Span
    joins_next: bool = False
    limits: str | None = None


@dataclass(frozen=True)
class Term:
    """``sign`` is ":", "=", a comparison, or a comparison after ":" (kept as it is).

    ``name`` is the field as it was typed. ``qualifier`` is what stands after "@": the encoder of
    a cluster or a search, the property of an author.
    """

    field: str
    name: str
    qualifier: str | None
    sign: str
    values: tuple[TermValue, ...]
    span: Span


@dataclass(frozen=True)
class Context:
    """What a text may refer to without naming it, and the names that it may use.

    ``encoder`` is that of clusters and of searches by image, ``text_encoder`` that of searches by
    words. ``folders`` and ``formats`` are those of the corpus; where None, any is taken as typed.
    """

    encoder: str | None
    text_encoder: str | None
    today: date
    folders: Iterable[str] | None
    formats: Collection[str] | None
    names: ProjectNames

    @cached_property
    def folder_spellings(self) -> Mapping[str, str]:
        """Each folder and each of its parents, with the :func:`spelling` that is compared."""
        if self.folders is None:
            return {}
        with_parents = {
            "/".join(parts[:depth])
            for parts in (folder.split("/") for folder in self.folders)
            for depth in range(1, len(parts) + 1)
        }
        return {folder: spelling(folder) for folder in sorted(with_parents)}


@dataclass(frozen=True)
class Problem:
    """A part of a text that was not understood.

    ``key`` is the message's key in the section ``query``, or a full key of another section.
    ``span`` is the part's position, [start, end) in the text.
    """

    key: str
    params: Mapping[str, str]
    span: Span

    def message(self, language: str) -> str:
        """Return what is wrong and what to type instead, in ``language``."""
        key = self.key if "." in self.key else f"query.{self.key}"
        return translate(key, language, **self.params)


class TermError(Exception):
    """A term that means nothing; its :class:`Problem` says why."""

    def __init__(self, key: str, span: Span, **params: str) -> None:
        self.problem = Problem(key, params, span)
        super().__init__(key)


def look_up(name: str, span: Span, key: str, meanings: Mapping[str, Any]) -> Any:
    """Return what a name stands for. Raises TermError, which suggests the closest name."""
    meaning = meanings.get(folded(name))
    if meaning is not None:
        return meaning
    raise unknown_name(key, name, closest(name, meanings), span)


def unknown_name(key: str, name: str, similar: Sequence[str], span: Span) -> TermError:
    """Return the error for a name that nothing has, with the known names that look like it."""
    if not similar:
        return TermError(f"{key}_none", span, name=name)
    return TermError(key, span, name=name, closest=", ".join(similar))


def require_sign(term: Term, *signs: str) -> None:
    """Raise TermError where a term has another sign than these."""
    if term.sign not in signs:
        raise TermError("sign", term.span, name=term.name, sign=term.sign.lstrip(":"))


def require_single_value(term: Term) -> None:
    """Raise TermError where a term has several values."""
    if len(term.values) > 1:
        raise TermError("one_value", term.values[1].span, name=term.name)


def emptiness(term: Term, value: TermValue) -> Condition | None:
    """Return the condition of ``field:none`` and ``field:any``; None for other values."""
    if value.kind != "bare" or term.sign not in (":", "="):
        return None
    for words, op in ((NONE_WORDS, "is empty"), (ANY_WORDS, "is not empty")):
        if folded(value.text) in words and FIELDS[term.field].operator(op):
            return Condition(term.field, op)
    return None


def any_of(parts: Sequence[Part]) -> Part:
    """Return the part that selects what any of some parts select."""
    return parts[0] if len(parts) == 1 else Clause("any", tuple(parts))


def negated(part: Part) -> Part:
    """Return the part that selects everything a part does not select."""
    if isinstance(part, Condition):
        negation = FIELDS[part.field].operator(_NEGATIONS.get(part.op))
        if negation is not None:
            return Condition(part.field, negation.name, part.value)
    return Clause("not", (part,))


def preferred_name(field: str, reserved: Collection[str], context: Context) -> str | None:
    """Return the name of a field as it is written; None for those that cannot be typed.

    ``reserved`` are names that mean something else in that position: a property of such a name
    goes in quotes.
    """
    if is_property(field):
        return context.names.written(field, reserved)
    name = PREFERRED_NAMES.get(field)
    if name is not None and name in YIELDING_NAMES and context.names.property(name) is not None:
        return YIELDING_NAMES[name]
    return name


def spelling(text: str) -> str:
    """Return a folder's path so that other cases and other forms of Unicode are equal."""
    return unicodedata.normalize("NFC", text).casefold()
