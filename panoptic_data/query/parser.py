"""A view typed as one line of text: how terms, parentheses and OR go together.

    posters format:png,tif date:1930s -width<500 (colour:red OR colour:orange) sort:-date

Terms beside each other must all hold; ``OR`` binds them more tightly, ``-`` negates, parentheses
nest. A word that is no term is a free word: the page decides what it is looked for in.
``docs/views.md`` is the reference. Not here: what single terms mean (``terms``), writing a view as
a text (``writer``), running a view (``catalogue.execute``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from panoptic_data.errors import UsageError
from panoptic_data.query.names import BARE, FIELD, QUOTED, ProjectNames, unquoted
from panoptic_data.query.scanner import OR, Scanner
from panoptic_data.query.terms.ordering import read_level, read_sort
from panoptic_data.query.terms.read import read_is, read_mode, read_term
from panoptic_data.query.terms.tags import read_any_tag
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Problem,
    Term,
    TermError,
    TermValue,
    negated,
    unknown_name,
)
from panoptic_data.query.vocabulary import (
    DIRECTIVES,
    FIELD_NAMES,
    GROUP,
    IS,
    SORT,
    TAG,
    YIELDING_NAMES,
)
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS, MAX_DEPTH, WHO_FIELDS
from panoptic_data.views.model import Clause, Condition, Level, Sort, View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = ["Parsed", "Problem", "parse", "parse_in", "to_view"]

# The fields whose names have a hyphen; in other words a hyphen says nothing.
_HYPHENATED = "|".join(name for name in FIELD_NAMES if "-" in name)
_NAME = rf"(?P<name>(?i:{_HYPHENATED})|[^\W\d_]+(?:_[^\W\d_]+)*)"
_SIGN = r"(?P<sign>:[<>]=?|:|!=|[<>]=?|=)"
_HEAD = re.compile(rf"{_NAME}(?:@(?P<qualifier>[\w.'’#-]+|{QUOTED}))?{_SIGN}")
# "width > 500": a space before a comparison is no mistake after a name that is known.
_SPACED_HEAD = re.compile(rf"{_NAME}\s+(?P<sign>!=|[<>]=?|=)")
# Properties: by their field, their name in quotes, or a name of one word.
_PROPERTY_HEAD = re.compile(rf"(?P<name>{FIELD}|{QUOTED}|{BARE})(?P<gap>\s*){_SIGN}", re.DOTALL)
_NOT = re.compile(r"(?:NOT|NON)(?=[\s()|]|$)")
_KNOWN_NAMES = {**FIELD_NAMES, **DIRECTIVES}
# Fields that may name something else after "@": an encoder, or the property whose values count.
_QUALIFIED = ("cluster", "text", "like", *WHO_FIELDS)


@dataclass(frozen=True)
class Parsed:
    """What a text means. ``mode`` is None where it sets none; ``phrases`` are the free words.

    A phrase is one word, or several that stood in quotes.
    """

    where: tuple[Part, ...] = ()
    sort: tuple[Sort, ...] = ()
    group: tuple[Level, ...] = ()
    mode: str | None = None
    phrases: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def words(self) -> str:
        """The free words, as one text."""
        return " ".join(self.phrases)


def parse(
    text: str,
    *,
    encoder: str | None = None,
    text_encoder: str | None = None,
    today: date | None = None,
    folders: Iterable[str] | None = None,
    formats: Collection[str] | None = None,
    state: State | None = None,
) -> Parsed:
    """Read a text. Never raises: what is not understood is in ``problems``, the rest holds.

    ``encoder`` is that of clusters and searches by image, ``text_encoder`` that of searches by
    words (else ``encoder``). With the known ``folders`` and ``formats``, others are problems, and
    a folder may be named by its end. With the project's annotations (``state``) its properties
    and tags are known by their names; without, such a name is a problem.
    """
    names, day = ProjectNames(state), today or date.today()
    return parse_in(Context(encoder, text_encoder or encoder, day, folders, formats, names), text)


def parse_in(context: Context, text: str) -> Parsed:
    """Read a text in a context that was made before. Never raises."""
    parser = _Parser(Scanner(text), context)
    where = parser.parse_all()
    return Parsed(
        tuple(where),
        tuple(parser.sort),
        tuple(parser.group),
        parser.mode,
        tuple(parser.phrases),
        tuple(parser.scanner.problems),
    )


def to_view(parsed: Parsed, words_field: str = "path") -> View:
    """Return the view that a text means; each free phrase must be in ``words_field``.

    Raises UsageError where something was not understood (``parsed.problems``): without that
    condition the view would show other images than were asked for.
    """
    if parsed.problems:
        raise UsageError(problem=parsed.problems[0].message("en"))
    words = (Condition(words_field, "contains", phrase) for phrase in parsed.phrases)
    return View((*parsed.where, *words), parsed.sort, parsed.group, parsed.mode or "image")


@dataclass(frozen=True)
class _Phrase:
    """A free word, or several in quotes."""

    text: str


@dataclass(frozen=True)
class _Head:
    """What stands before a value: ``field`` is a field or a directive, None for unknown names."""

    field: str | None
    name: str
    qualifier: str | None
    sign: str


@dataclass
class _Parser:
    """Recursive descent over one text: OR over terms, terms over parentheses."""

    scanner: Scanner
    context: Context
    sort: list[Sort] = field(default_factory=list)
    group: list[Level] = field(default_factory=list)
    mode: str | None = None
    phrases: list[str] = field(default_factory=list)

    def parse_all(self) -> list[Part]:
        """Read the whole text; return the parts that must all hold."""
        scanner = self.scanner
        parts: list[Part] = []
        while scanner.go_to_next():
            if scanner.take(")"):
                scanner.report("close", (scanner.position - 1, scanner.position))
                continue
            start = scanner.position
            part = self._alternatives(0)
            if isinstance(part, _Phrase):
                self.phrases += [part.text] if part.text else []
            elif part is not None and _depth(part) > MAX_DEPTH:
                scanner.report("too_deep", (start, scanner.position))
            elif part is not None:
                parts.append(part)
        return parts

    def _parenthesis(self, depth: int) -> Part | None:
        """Read what stands in parentheses, the first of which has been read."""
        scanner = self.scanner
        start = scanner.position - 1
        if depth > MAX_DEPTH:
            scanner.report("too_deep", (start, len(scanner.text)))
            scanner.position = len(scanner.text)
            return None
        parts: list[Part] = []
        while scanner.go_to_next() and scanner.text[scanner.position] != ")":
            part = _as_part(self._alternatives(depth))
            if part is not None:
                parts.append(part)
        if not scanner.take(")"):
            scanner.report("open", (start, start + 1))
        elif not scanner.text[start + 1 : scanner.position - 1].strip():
            scanner.report("nothing", (start, scanner.position))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Clause("all", tuple(parts))

    def _alternatives(self, depth: int) -> Part | _Phrase | None:
        """Read terms with OR between them."""
        scanner = self.scanner
        if sign := scanner.match(OR):
            scanner.report("or", sign.span())
            return None
        terms = [self._term(depth)]
        while scanner.go_to_next() and (sign := scanner.match(OR)):
            if not scanner.is_at_term():
                scanner.report("or", sign.span())
                break
            terms.append(self._term(depth))
        if len(terms) == 1:
            return terms[0]
        parts = [part for part in map(_as_part, terms) if part is not None]
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Clause("any", tuple(parts))

    def _term(self, depth: int) -> Part | _Phrase | None:
        start = self.scanner.position
        is_negated = self._negations()
        if not self.scanner.is_at_term():
            self.scanner.report("not", (start, self.scanner.position))
            return None
        if self.scanner.take("("):
            inner = self._parenthesis(depth + 1)
            return Clause("not", (inner,)) if inner is not None and is_negated else inner
        try:
            term = self._single_term(is_negated)
        except TermError as error:
            self.scanner.problems.append(error.problem)
            return None
        if isinstance(term, _Phrase) and not is_negated:
            return term
        part = _as_part(term)
        return negated(part) if is_negated and part is not None else part

    def _negations(self) -> bool:
        """Read NOT and "-" before a term; say whether it is negated."""
        scanner = self.scanner
        is_negated = False
        while scanner.go_to_next() and scanner.match(_NOT):
            is_negated = not is_negated
        following = scanner.text[scanner.position + 1 : scanner.position + 2]
        if following.strip() and following not in ")|" and scanner.take("-"):
            is_negated = not is_negated
        return is_negated

    def _single_term(self, is_negated: bool) -> Part | _Phrase | None:
        """Read ``field:value``, a directive or a free word. Raises TermError."""
        start = self.scanner.position
        head = self._head()
        if head is None:
            return _Phrase(self.scanner.read_word())
        values = self._values(head)
        if head.field is None or (head.qualifier is not None and head.field not in _QUALIFIED):
            full = head.name if head.qualifier is None else f"{head.name}@{head.qualifier}"
            similar = self.context.names.closest(head.name, _KNOWN_NAMES)
            raise unknown_name("field", full, similar, (start, start + len(full)))
        span = (start, self.scanner.position)
        if not values:
            raise TermError("no_value", span, name=head.name)
        term = Term(head.field, head.name, head.qualifier, head.sign, values, span)
        if head.field in FIELDS:
            return read_term(term, self.context)
        return self._directive(term, is_negated)

    def _directive(self, term: Term, is_negated: bool) -> Part | None:
        """Note an order, groups or a mode; return the part that ``is:`` and ``tag:`` mean."""
        name = term.field
        if name == TAG[0]:
            return read_any_tag(term, self.context)
        if term.sign not in (":", "="):
            raise TermError("sign", term.span, name=name, sign=term.sign)
        if name == IS[0]:
            return read_is(term.values)
        if is_negated:
            raise TermError("denied", term.span, name=name)
        if name == SORT[0]:
            self.sort += [read_sort(value, self.context) for value in term.values]
        elif name == GROUP[0]:
            self.group += [read_level(value, self.context) for value in term.values]
        else:
            self.mode = read_mode(term.values)
        return None

    def _head(self) -> _Head | None:
        """Read the name of a field and the sign after it; None where there are none."""
        text, position = self.scanner.text, self.scanner.position
        match = _HEAD.match(text, position)
        if match is None:
            spaced = _SPACED_HEAD.match(text, position)
            match = spaced if spaced and folded(spaced["name"]) in FIELD_NAMES else None
        field = self._known(match["name"]) if match else None
        qualifier = match.groupdict().get("qualifier") if match else None
        if field is None:
            match, field = self._property_head() or (match, None)
        if match is None:
            return None
        self.scanner.position = match.end()
        if not match["sign"].startswith(":"):
            self.scanner.skip_spaces()
        return _Head(field, match["name"], qualifier, match["sign"])

    def _known(self, name: str) -> str | None:
        """Return the field or directive of a name, unless a property of the name goes first."""
        key = folded(name)
        is_own = key in YIELDING_NAMES and self.context.names.property(name) is not None
        return None if is_own else _KNOWN_NAMES.get(key)

    def _property_head(self) -> tuple[re.Match[str], str | None] | None:
        """Match the name of a property; one that is nearly a property's is no free word."""
        match = _PROPERTY_HEAD.match(self.scanner.text, self.scanner.position)
        if match is None or (match["gap"] and match["sign"].startswith(":")):
            return None
        name, names = unquoted(match["name"]), self.context.names
        field = names.field(name)
        if field is not None:
            return match, field
        is_meant = name != match["name"] or bool(names.closest(name, ()))
        return (match, None) if is_meant and not match["gap"] else None

    def _values(self, head: _Head) -> tuple[TermValue, ...]:
        """Read what follows a head: values with commas between them."""
        scanner = self.scanner
        if head.field in (SORT[0], GROUP[0]):
            return scanner.read_values(scanner.read_name)
        known = FIELDS.get(head.field or "")
        kind = known.kind if known else ""
        if kind == "tags" or head.field == TAG[0]:
            return scanner.read_values(scanner.read_value, ",+")
        if head.field == "part":
            return scanner.read_values(scanner.read_picture)
        if head.field == "like":
            return scanner.read_values(scanner.read_search)
        if kind == "text" and head.sign == ":":
            return scanner.read_values(scanner.read_text_value)
        return scanner.read_values(scanner.read_value)


def _as_part(term: Part | _Phrase | None) -> Part | None:
    """Return the part of a term; a free word that the page cannot decide on is one of the path."""
    if not isinstance(term, _Phrase):
        return term
    return Condition("path", "contains", term.text) if term.text else None


def _depth(part: Part) -> int:
    return 1 if isinstance(part, Condition) else 1 + max(map(_depth, part.parts))
