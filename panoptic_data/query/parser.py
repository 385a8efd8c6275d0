"""A view typed as one line of text: reading it, and writing a view as such a line.

    posters format:png,tif date:1930s -width<500 (colour:red OR colour:orange) sort:-date

Terms beside each other must all hold; ``OR`` binds them more tightly, ``-`` denies, parentheses
nest. What is no term is a free word: the page decides what it is looked for in. ``docs/views.md``
is the reference. Not here: what single terms mean (``terms``), running a view (``catalogue``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from panoptic_data.query import terms
from panoptic_data.query.names import BARE, FIELD, QUOTED, Defined, unquoted
from panoptic_data.query.terms import Item, Known, Misread, Part, Problem, Span, Term
from panoptic_data.query.vocabulary import (
    DIRECTIVES,
    FIELD_NAMES,
    GROUP,
    IS,
    MODE,
    SORT,
    TAG,
)
from panoptic_data.text import folded
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import DEEPEST, Clause, Condition, Level, Sort, View

if TYPE_CHECKING:
    from panoptic_data.annotations.store import State

__all__ = ["Parsed", "Problem", "parse", "to_view", "unsayable", "write"]

_SPACE = re.compile(r"\s*")
_NAME = r"(?P<name>[^\W\d_]+(?:_[^\W\d_]+)*)"
_SIGN = r"(?P<sign>:[<>]=?|:|!=|[<>]=?|=)"
_HEAD = re.compile(rf"{_NAME}(?:@(?P<at>[\w.'’#-]+|{QUOTED}))?{_SIGN}")
# "width > 500": a space before a comparison is no mistake, after a field that is known.
_SPACED = re.compile(rf"{_NAME}\s+(?P<sign>!=|[<>]=?|=)")
# Properties: by their field, their name in quotes, or a name of one word.
_OWN = re.compile(rf"(?P<name>{FIELD}|{QUOTED}|{BARE})(?P<gap>\s*){_SIGN}", re.DOTALL)
_AND = re.compile(r"(?:AND|ET)(?=[\s()|]|$)")
_OR = re.compile(r"\||(?:OR|OU)(?=[\s()|]|$)")
_NOT = re.compile(r"(?:NOT|NON)(?=[\s()|]|$)")
_PATTERN = re.compile(r"/((?:[^\\/]|\\.)+)/(?=[\s),|]|$)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_ESCAPED_SLASH = re.compile(r"\\.", re.DOTALL)
_KNOWN_NAMES = {**FIELD_NAMES, **DIRECTIVES}
# What can be asked of something else: clusters of an encoder, authors of a property.
_TAKE_AT = ("cluster", "text", "like", "author")


@dataclass(frozen=True)
class Parsed:
    """What a text says. ``mode`` is None where it says none; ``phrases`` are the free words.

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
    reader: str | None = None,
    today: date | None = None,
    folders: Iterable[str] | None = None,
    formats: Collection[str] | None = None,
    state: State | None = None,
) -> Parsed:
    """Read a text. Never raises: what is not understood is in ``problems``, the rest holds.

    ``encoder`` is that of clusters, ``reader`` that of words (else ``encoder``). With the known
    ``folders`` and ``formats``, others are problems, and a folder may be said by its end. With
    the project's annotations (``state``) its properties and tags are known by their names.
    """
    defined, day = Defined(state), today or date.today()
    return _parsed(text, Known(encoder, reader or encoder, day, folders, formats, defined))


def _parsed(text: str, known: Known) -> Parsed:
    reading = _Reading(text, known)
    where = reading.terms()
    return Parsed(
        tuple(where),
        tuple(reading.sort),
        tuple(reading.group),
        reading.mode,
        tuple(reading.phrases),
        tuple(reading.problems),
    )


def to_view(parsed: Parsed, words_field: str = "path") -> View:
    """Return the view that a text asks for; each free phrase must be in ``words_field``."""
    words = (Condition(words_field, "contains", phrase) for phrase in parsed.phrases)
    return View((*parsed.where, *words), parsed.sort, parsed.group, parsed.mode or "image")


def write(
    view: View,
    *,
    encoder: str | None = None,
    reader: str | None = None,
    state: State | None = None,
) -> str:
    """Return a text that :func:`parse` reads back as the view.

    ``encoder`` and ``reader`` need not be named in it: give the same to :func:`parse`, and the
    same ``state``. What cannot be said is left out (see :func:`unsayable`), as is how a view is
    shown.
    """
    known = _knowing(encoder, reader, state)
    said = [_said(part, known) for part in view.where]
    parts = [text for text in said if text is not None]
    if len(view.where) == 1 and parts and _is_any(view.where[0]):
        parts = [parts[0][1:-1]]
    if view.sort:
        parts.append(f"{SORT[0]}:{','.join(terms.said_sort(one, known) for one in view.sort)}")
    levels = [_said_level(one, known) for one in view.group]
    if any(levels):
        parts.append(f"{GROUP[0]}:{','.join(filter(None, levels))}")
    if view.mode != View().mode:
        parts.append(f"{MODE[0]}:{view.mode}")
    return " ".join(parts)


def unsayable(view: View, state: State | None = None) -> tuple[Part | Level, ...]:
    """Return the parts of a view that :func:`write` leaves out: regions, selections and such."""
    known = _knowing(None, None, state)
    parts = (part for part in view.where if _said(part, known) is None)
    levels = (one for one in view.group if _said_level(one, known) is None)
    return (*parts, *levels)


def _knowing(encoder: str | None, reader: str | None, state: State | None) -> Known:
    return Known(encoder, reader or encoder, date.today(), None, None, Defined(state))


def _said(part: Part, known: Known) -> str | None:
    """Return a part as a text that is read back as it, or None: what reads otherwise is not it."""
    plain = _plain(part)
    text = _text(plain, known)
    return None if text is None or _parsed(text, known) != Parsed((plain,)) else text


def _said_level(one: Level, known: Known) -> str | None:
    text = terms.said_level(one, known)
    back = _parsed(f"{GROUP[0]}:{text}", known)
    return text if back == Parsed(group=(one,)) else None


def _text(part: Part, known: Known) -> str | None:
    if isinstance(part, Condition):
        operator = FIELDS[part.field].operator(part.op)
        is_valid = operator is not None and operator.problem(part.value) is None
        return terms.said(part, known) if is_valid else None
    bins = terms.said_range(part, known)
    if bins is not None:
        return bins
    inner = [_text(one, known) for one in part.parts]
    said = [text for text in inner if text is not None]
    if len(said) < len(inner):
        return None
    if part.kind == "not":
        return f"-{said[0]}" if said[0].startswith("(") else f"-({said[0]})"
    return f"({' OR '.join(said)})" if part.kind == "any" else f"({' '.join(said)})"


def _plain(part: Part) -> Part:
    """Return a part without clauses that hold all, or any, of one."""
    if isinstance(part, Condition):
        return part
    parts = tuple(map(_plain, part.parts))
    return parts[0] if len(parts) == 1 and part.kind != "not" else Clause(part.kind, parts)


def _is_any(part: Part) -> bool:
    plain = _plain(part)
    return isinstance(plain, Clause) and plain.kind == "any"


@dataclass(frozen=True)
class _Phrase:
    """A free word, or several in quotes."""

    text: str


@dataclass(frozen=True)
class _Head:
    """What stands before a value: ``field`` is a field or a directive, None for a name of none."""

    field: str | None
    name: str
    at: str | None
    sign: str


def _settled(found: Part | _Phrase | None) -> Part | None:
    """Return what a free word asks where the page cannot decide it: that a path contains it."""
    if not isinstance(found, _Phrase):
        return found
    return Condition("path", "contains", found.text) if found.text else None


def _depth(part: Part) -> int:
    return 1 if isinstance(part, Condition) else 1 + max(map(_depth, part.parts))


@dataclass
class _Reading:
    """One text on its way to be read: how far we are, and what it said so far."""

    text: str
    known: Known
    at: int = 0
    sort: list[Sort] = field(default_factory=list)
    group: list[Level] = field(default_factory=list)
    mode: str | None = None
    phrases: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def terms(self) -> list[Part]:
        """Read the whole text."""
        parts: list[Part] = []
        while self._goes_on():
            if self._take(")"):
                self._tell("close", (self.at - 1, self.at))
                continue
            start = self.at
            part = self._either(0)
            if isinstance(part, _Phrase):
                self.phrases += [part.text] if part.text else []
            elif part is not None and _depth(part) > DEEPEST:
                self._tell("too_deep", (start, self.at))
            elif part is not None:
                parts.append(part)
        return parts

    def _group(self, depth: int) -> Part | None:
        """Read what stands in parentheses, the first of which has been read."""
        start = self.at - 1
        if depth > DEEPEST:
            self._tell("too_deep", (start, len(self.text)))
            self.at = len(self.text)
            return None
        parts: list[Part] = []
        while self._goes_on() and self.text[self.at] != ")":
            part = _settled(self._either(depth))
            if part is not None:
                parts.append(part)
        if not self._take(")"):
            self._tell("open", (start, start + 1))
        elif not self.text[start + 1 : self.at - 1].strip():
            self._tell("nothing", (start, self.at))
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Clause("all", tuple(parts))

    def _either(self, depth: int) -> Part | _Phrase | None:
        """Read terms with OR between them."""
        if sign := self._match(_OR):
            self._tell("or", sign.span())
            return None
        found = [self._term(depth)]
        while self._goes_on() and (sign := self._match(_OR)):
            if not self._is_at_term():
                self._tell("or", sign.span())
                break
            found.append(self._term(depth))
        if len(found) == 1:
            return found[0]
        parts = [part for part in map(_settled, found) if part is not None]
        if not parts:
            return None
        return parts[0] if len(parts) == 1 else Clause("any", tuple(parts))

    def _term(self, depth: int) -> Part | _Phrase | None:
        start = self.at
        is_denied = self._denials()
        if not self._is_at_term():
            self._tell("not", (start, self.at))
            return None
        if self._take("("):
            part = self._group(depth + 1)
            return Clause("not", (part,)) if part is not None and is_denied else part
        try:
            found = self._single(is_denied)
        except Misread as misread:
            self.problems.append(misread.problem)
            return None
        if isinstance(found, _Phrase) and not is_denied:
            return found
        settled = _settled(found)
        return terms.denied(settled) if is_denied and settled is not None else settled

    def _denials(self) -> bool:
        """Read NOT and "-" before a term; say whether it is denied."""
        is_denied = False
        while self._goes_on() and self._match(_NOT):
            is_denied = not is_denied
        following = self.text[self.at + 1 : self.at + 2]
        if following.strip() and following not in ")|" and self._take("-"):
            is_denied = not is_denied
        return is_denied

    def _single(self, is_denied: bool) -> Part | _Phrase | None:
        """Read ``field:value``, a directive or a free word. Raises Misread."""
        start = self.at
        head = self._head()
        if head is None:
            return self._phrase()
        items = self._values(head)
        if head.field is None or (head.at is not None and head.field not in _TAKE_AT):
            full = head.name if head.at is None else f"{head.name}@{head.at}"
            names = self.known.defined.closest(head.name, _KNOWN_NAMES)
            raise terms.unknown("field", full, names, (start, start + len(full)))
        if not items:
            raise Misread("no_value", (start, self.at), name=head.name)
        term = Term(head.field, head.name, head.at, head.sign, items, (start, self.at))
        if head.field in FIELDS:
            return terms.read(term, self.known)
        return self._directive(term, is_denied)

    def _directive(self, term: Term, is_denied: bool) -> Part | None:
        """Note an order, groups or a mode; return what ``is:`` and ``tag:`` stand for."""
        name = term.field
        if name == TAG[0]:
            return terms.tagged(term, self.known)
        if term.sign not in (":", "="):
            raise Misread("sign", term.span, name=name, sign=term.sign)
        if name == IS[0]:
            return terms.state(term.items)
        if is_denied:
            raise Misread("denied", term.span, name=name)
        if name == SORT[0]:
            self.sort += [terms.sort(item, self.known) for item in term.items]
        elif name == GROUP[0]:
            self.group += [terms.level(item, self.known) for item in term.items]
        else:
            self.mode = terms.mode(term.items)
        return None

    def _head(self) -> _Head | None:
        """Read the name of a field and what follows it, up to the value."""
        match = _HEAD.match(self.text, self.at)
        if match is None:
            spaced = _SPACED.match(self.text, self.at)
            match = spaced if spaced and folded(spaced["name"]) in FIELD_NAMES else None
        field = _KNOWN_NAMES.get(folded(match["name"])) if match else None
        at = match.groupdict().get("at") if match else None
        if field is None:
            own = self._own_head()
            match, field = own or (match, None)
        if match is None:
            return None
        self.at = match.end()
        if not match["sign"].startswith(":"):
            self._skip()
        return _Head(field, match["name"], at, match["sign"])

    def _own_head(self) -> tuple[re.Match[str], str | None] | None:
        """Read the name of a property; what looks like one that there is is no free word."""
        match = _OWN.match(self.text, self.at)
        if match is None or (match["gap"] and match["sign"].startswith(":")):
            return None
        name, defined = unquoted(match["name"]), self.known.defined
        field = defined.field(name)
        if field is not None:
            return match, field
        is_meant = name != match["name"] or bool(defined.closest(name, ()))
        return (match, None) if is_meant and not match["gap"] else None

    def _values(self, head: _Head) -> tuple[Item, ...]:
        """Read what follows a head: values with commas between them."""
        if head.field in (SORT[0], GROUP[0]):
            return self._items(lambda: self._item(False, ",", names=True), ",")
        known = FIELDS.get(head.field or "")
        kind = known.kind if known else ""
        if kind == "tags" or head.field == TAG[0]:
            return self._items(lambda: self._item(False, ",+"), ",+")
        if head.field == "like":
            return self._items(lambda: self._from(self._item(False, ",")), ",")
        return self._items(lambda: self._item(kind == "text" and head.sign == ":", ","), ",")

    def _from(self, item: Item | None) -> Item | None:
        """Read how alike a search wants images to be, after a tilde."""
        if item is None:
            return None
        if item.kind == "bare":
            text, _, least = item.text.partition("~")
            return replace(item, text=text, least=least if "~" in item.text else None)
        if not self._take("~"):
            return item
        least = self._bare(",")
        return replace(item, least=least, span=(item.span[0], self.at))

    def _items(self, read: Callable[[], Item | None], signs: str) -> tuple[Item, ...]:
        items = []
        while True:
            item = read()
            sign = next((one for one in signs if self._take(one)), None)
            if item is not None:
                items.append(replace(item, joins=sign == "+"))
            if sign is None:
                return tuple(items)

    def _item(self, is_words: bool, stops: str, *, names: bool = False) -> Item | None:
        """Read one value: ``is_words`` have patterns and ``abc*``, ``names`` quotes inside."""
        start = self.at
        if is_words and (match := _PATTERN.match(self.text, start)):
            self.at = match.end()
            pattern = _ESCAPED_SLASH.sub(
                lambda pair: "/" if pair[0] == r"\/" else pair[0], match[1]
            )
            return Item(pattern, "pattern", (start, self.at))
        is_quoted = self.text.startswith('"', start) and not names
        text = self._quoted() if is_quoted else self._bare(stops, names=names)
        if not text and not is_quoted:
            return None
        kind = "quoted" if is_quoted else "bare"
        if is_words and is_quoted and self._take("*"):
            kind = "begins"
        elif is_words and text.endswith("*") and len(text) > 1 and not is_quoted:
            text, kind = text[:-1], "begins"
        return Item(text, kind, (start, self.at))

    def _phrase(self) -> _Phrase:
        is_quoted = self.text.startswith('"', self.at)
        return _Phrase(self._quoted() if is_quoted else self._bare(""))

    def _quoted(self) -> str:
        """Read a text in quotes, in which a backslash goes before a quote or a backslash."""
        start = self.at
        match = _QUOTED.match(self.text, start)
        body = match[1] if match else ""
        if match is None or not match[2]:
            self._tell("quote", (start, start + 1))
            body = self.text[start + 1 :]
        self.at = start + 2 + len(body) if match and match[2] else len(self.text)
        return _ESCAPED.sub(r"\1", body)

    def _bare(self, stops: str, *, names: bool = False) -> str:
        """Read up to a space, "|", one of ``stops`` or a parenthesis that was not opened here.

        With ``names`` what stands in quotes is read over.
        """
        start, inside = self.at, 0
        while self.at < len(self.text):
            letter = self.text[self.at]
            if names and letter == '"':
                self._quoted()
                continue
            if letter.isspace() or letter == "|":
                break
            if not inside and letter in f"){stops}":
                break
            inside += (letter == "(") - (letter == ")")
            self.at += 1
        return self.text[start : self.at]

    def _goes_on(self) -> bool:
        """Go to the next term, over spaces and AND; say whether there is one."""
        self._skip()
        while self._match(_AND):
            self._skip()
        return self.at < len(self.text)

    def _is_at_term(self) -> bool:
        return self._goes_on() and self.text[self.at] != ")" and not _OR.match(self.text, self.at)

    def _skip(self) -> None:
        self._match(_SPACE)

    def _take(self, letter: str) -> bool:
        if not self.text.startswith(letter, self.at):
            return False
        self.at += 1
        return True

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def _tell(self, key: str, span: Span) -> None:
        self.problems.append(Problem(key, {}, span))
