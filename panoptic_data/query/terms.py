"""One term of a query, ``field:value``, as the condition that a panel would set, and back.

Here: what values of each field look like when typed. Not here: how terms are put together
(``query``), the words themselves (``vocabulary``), what a condition selects (``conditions``).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from panoptic_data.errors import InvalidExpression
from panoptic_data.media.colour import HUE_NAMES
from panoptic_data.messages import translate
from panoptic_data.query.names import (
    FIELD,
    QUOTED,
    Defined,
    alike,
    id_of,
    quoted,
    unquoted,
)
from panoptic_data.query.vocabulary import (
    ANY,
    DAYS,
    DIRECTIVES,
    FIELD_NAMES,
    FORMATS,
    IS_NAMES,
    MODE_NAMES,
    NONE,
    ORDER_NAMES,
    PERIOD_NAMES,
    SORT_NAMES,
    STATUS_NAMES,
    TRUTHS,
    UNITS,
    WRITTEN,
)
from panoptic_data.text import closest, folded
from panoptic_data.views import search_expression
from panoptic_data.views.fields import FIELDS, LEVELS, PERIODS, SORTS, is_property
from panoptic_data.views.model import Clause, Condition, Level, Sort

__all__ = [
    "Item",
    "Known",
    "Misread",
    "Part",
    "Problem",
    "Term",
    "denied",
    "level",
    "mode",
    "named",
    "read",
    "said",
    "said_level",
    "said_range",
    "said_sort",
    "sort",
    "state",
    "tagged",
    "unknown",
]

Part = Condition | Clause
Span = tuple[int, int]

# Beyond this, numbers are no measure of anything, and do not fit a column.
_LARGEST = 10**18
_LONGEST_NUMBER = 400
_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([a-zA-Z]*)")
_COLOUR = re.compile(r"(#[0-9a-f]{6})(?:~(.*))?")
# How many of the most alike are kept: as many as a corpus can hold.
_MOST = re.compile(r"top([1-9][0-9]{0,8})", re.IGNORECASE)
_CLUSTER = re.compile(r"-?[0-9]{1,9}")
_PERIOD = re.compile(r"(?P<decade>[0-9]{3})0s|(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2}))?")
_FRENCH = re.compile(r"(?:(?P<day>[0-9]{1,2})/)?(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST_DAYS = re.compile(r"([0-9]{1,5})[dj]")
_LEVEL = re.compile(
    rf'(-?)({QUOTED}|{FIELD}|[^()@:"-][^()@:"]*)(?:\((.*)\))?(?::([^():"]+))?', re.DOTALL
)
# What is written without quotes and read back as it is.
_BARE = re.compile(r"[\w.#&+'-][\w./:#&+'-]*")
_DENIALS = {"=": "!=", "in": "not in", "contains": "does not contain", "is empty": "is not empty"}
_POSITIVES = {denial: positive for positive, denial in _DENIALS.items()}
_COMPARED = ("<", "<=", ">", ">=")
_DAY = timedelta(days=1)
_SHA1 = re.compile(r"[0-9a-f]{40}")
# What names of properties cannot be without quotes, as terms and in sort: and group:.
_HEADS = frozenset((*FIELD_NAMES, *DIRECTIVES))
_SORTS = {name: field for name, field in SORT_NAMES.items() if field in SORTS}
_LEVELS = {name: field for name, field in FIELD_NAMES.items() if field in LEVELS}
# Numbers of properties have no units.
_NO_UNITS: Mapping[str, int] = {"": 0}


@dataclass(frozen=True)
class Item:
    """One value of a term. ``kind`` is "bare", "quoted", "begins" (``"…"*``) or "pattern".

    ``joins``: a "+" follows, the next one must hold too. ``least`` is what follows a tilde.
    """

    text: str
    kind: str
    span: Span
    joins: bool = False
    least: str | None = None


@dataclass(frozen=True)
class Term:
    """``sign`` is ":", "=", a comparison, or a comparison after ":" (kept as it is).

    ``name`` is the field as it was typed, ``at`` what stands after "@": of what it is asked.
    """

    field: str
    name: str
    at: str | None
    sign: str
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True)
class Known:
    """What a text may refer to: folders and formats are taken as typed where None."""

    encoder: str | None
    reader: str | None
    today: date
    folders: Iterable[str] | None
    formats: Collection[str] | None
    defined: Defined

    @cached_property
    def every_folder(self) -> Mapping[str, str]:
        """Each folder and each above one, with the spelling that is compared."""
        if self.folders is None:
            return {}
        ups = {
            "/".join(parts[:depth])
            for parts in (folder.split("/") for folder in self.folders)
            for depth in range(1, len(parts) + 1)
        }
        return {folder: _spelling(folder) for folder in sorted(ups)}


@dataclass(frozen=True)
class Problem:
    """What of a text was not understood: ``key`` is one of the section ``query``, or a whole one.

    ``span`` is where it stands, [start, end) in the text.
    """

    key: str
    params: Mapping[str, str]
    span: Span

    def message(self, language: str) -> str:
        """Say what is wrong and what to type instead, in ``language``."""
        key = self.key if "." in self.key else f"query.{self.key}"
        return translate(key, language, **self.params)


class Misread(Exception):
    """A term means nothing; :class:`Problem` says why."""

    def __init__(self, key: str, span: Span, **params: str) -> None:
        self.problem = Problem(key, params, span)
        super().__init__(key)


def named(name: str, span: Span, key: str, names: Mapping[str, Any]) -> Any:
    """Return what a name stands for; raise Misread with the closest one."""
    found = names.get(folded(name))
    if found is not None:
        return found
    raise unknown(key, name, closest(name, names), span)


def unknown(key: str, name: str, alike: Sequence[str], span: Span) -> Misread:
    """Return what to raise for a name that nothing has, with those that look like it."""
    if not alike:
        return Misread(f"{key}_none", span, name=name)
    return Misread(key, span, name=name, closest=", ".join(alike))


def read(term: Term, known: Known) -> Part:
    """Return what a term asks for. Raises Misread."""
    if term.sign == "!=":
        return denied(read(replace(term, sign="="), known))
    reader = _READERS.get(term.field) or _OF_KIND[FIELDS[term.field].kind]
    return _any_of([_checked(part, term) for part in reader(term, known)])


def denied(part: Part) -> Part:
    """Return what asks for all that a part does not select."""
    if isinstance(part, Condition):
        twin = FIELDS[part.field].operator(_DENIALS.get(part.op))
        if twin is not None:
            return Condition(part.field, twin.name, part.value)
    return Clause("not", (part,))


def state(items: Sequence[Item]) -> Part:
    """Return what ``is:…`` asks for."""
    found = [named(item.text, item.span, "is", IS_NAMES) for item in items]
    return _any_of([Condition(field, FIELDS[field].op, value) for field, value in found])


def tagged(term: Term, known: Known) -> Part:
    """Return what ``tag:…`` asks for: tags of that name, of whichever property."""
    _signs(term, ":", "=")
    groups = [[_tagged_so(item, known) for item in group] for group in _joined(term.items)]
    parts = [group[0] if len(group) == 1 else Clause("all", tuple(group)) for group in groups]
    return _any_of([one for part in parts for one in _alternatives(part)])


def mode(items: Sequence[Item]) -> str:
    """Return the mode that ``mode:…`` sets."""
    if len(items) > 1:
        raise Misread("one_value", items[1].span, name="mode")
    return str(named(items[0].text, items[0].span, "mode", MODE_NAMES))


def sort(item: Item, known: Known) -> Sort:
    """Return one key of ``sort:…``."""
    name = item.text.removeprefix("-")
    return Sort(_field(name, item.span, "sort", _SORTS, known), item.text.startswith("-"))


def level(item: Item, known: Known) -> Level:
    """Return one level of ``group:…``."""
    match = _LEVEL.fullmatch(item.text)
    if match is None:
        raise unknown("group", item.text, (), item.span)
    minus, name, inner, order = match.groups()
    found = _field(name, item.span, "group", {**_LEVELS, **PERIOD_NAMES}, known)
    if found in PERIODS:
        dates = {name: field for name, field in _LEVELS.items() if FIELDS[field].kind == "date"}
        by, inner, name = found, name, inner or "date"
        found = _field(name, item.span, "group", dates, known)
    else:
        by = _by(found, name, inner, item, known)
    if not LEVELS[found](by):
        raise Misread("by", item.span, text=inner or "", name=unquoted(name))
    ordered = "value" if order is None else named(order, item.span, "order", ORDER_NAMES)
    return Level(found, by, ordered, bool(minus))


def said(condition: Condition, known: Known) -> str | None:
    """Return a condition as a term; None where there is no term for it.

    What is said of the known encoder, and words of the known reader, need not name it.
    """
    field, op, value = condition.field, condition.op, condition.value
    name = _written(field, _HEADS, known)
    if name is None:
        return None
    if op == "!=":
        return f"{name}!={_said_single(field, value)}"
    if op in ("is empty", "is not empty"):
        return f"{name}:{NONE[0] if op == 'is empty' else ANY[0]}"
    if op in _POSITIVES:
        positive = said(Condition(field, _POSITIVES[op], value), known)
        return None if positive is None else f"-{positive}"
    if op == "=":
        return f"{name}={_said_single(field, value)}"
    if op in _COMPARED:
        is_plain = is_property(field) and op in ("<", ">") and FIELDS[field].kind == "number"
        return f"{name}{'' if is_plain else ':'}{op}{_said_single(field, value)}"
    if field in ("cluster", "text", "like"):
        usual = known.reader if _reads(condition) else known.encoder
        name += "" if value["encoder"] == usual else f"@{value['encoder']}"
    if field == "author" and "property" in value:
        name += f"@{known.defined.reference(value['property'])}"
    if FIELDS[field].kind == "tags":
        return f"{name}:{_said_tags(condition, known.defined)}"
    return name + _SAID[FIELDS[field].kind](condition)


def said_range(clause: Clause, known: Known) -> str | None:
    """Return a bin of numbers as a term, ``width:500..<1000``; None for any other clause."""
    match clause.parts:
        case (Condition(field, ">=", low), Condition(other, "<", high)) if clause.kind == "all":
            if field == other and FIELDS[field].kind == "number":
                ends = f"{_said_number(field, low)}..<{_said_number(field, high)}"
                return f"{_written(field, _HEADS, known)}:{ends}"
    return None


def said_sort(one: Sort, known: Known) -> str:
    """Return a key of the order as a value of ``sort:``."""
    name = _written(one.field, _SORTS, known) or one.field
    return f"{'-' if one.descending else ''}{name}"


def said_level(one: Level, known: Known) -> str | None:
    """Return a level of groups as a value of ``group:``; None where it cannot be said."""
    name, by = _written(one.field, (*_LEVELS, *PERIOD_NAMES), known), one.by
    kind = FIELDS[one.field].kind
    if kind == "date":
        text = f"{by}({name})"
    elif by is None or (one.field == "cluster" and by == known.encoder):
        text = f"{name}"
    elif one.field == "author":
        text = f"{name}({known.defined.reference(by)})"
    else:
        text = f"{name}({_said_number(one.field, by) if kind == 'number' else by})"
    return f"{'-' if one.descending else ''}{text}{':size' if one.order == 'size' else ''}"


def _written(field: str, taken: Collection[str], known: Known) -> str | None:
    """Return the name of a field as it is typed; None for those that have none."""
    return known.defined.written(field, taken) if is_property(field) else WRITTEN.get(field)


def _field(typed: str, span: Span, key: str, names: Mapping[str, str], known: Known) -> str:
    """Return the field that a name stands for: in quotes, a property's name goes first."""
    name = unquoted(typed)
    own, found = known.defined.field(name), names.get(folded(name))
    field = own or found if name != typed else found or own
    if field is None:
        raise unknown(key, name, known.defined.closest(name, names), span)
    return field


def _any_of(parts: Sequence[Part]) -> Part:
    return parts[0] if len(parts) == 1 else Clause("any", tuple(parts))


def _checked(part: Part, term: Term) -> Part:
    if isinstance(part, Condition):
        operator = FIELDS[part.field].operator(part.op)
        if operator is None or operator.problem(part.value) is not None:
            # Patterns are the only values that are not read with more care before.
            key = "pattern" if part.op == "matches" else "no_value"
            raise Misread(key, term.span, name=term.name)
    return part


def _signs(term: Term, *signs: str) -> None:
    if term.sign not in signs:
        raise Misread("sign", term.span, name=term.name, sign=term.sign.lstrip(":"))


def _emptiness(term: Term, item: Item) -> Condition | None:
    """Return what ``field:none`` and ``field:any`` ask; None for other values and fields."""
    if item.kind != "bare" or term.sign not in (":", "="):
        return None
    for names, op in ((NONE, "is empty"), (ANY, "is not empty")):
        if folded(item.text) in names and FIELDS[term.field].operator(op):
            return Condition(term.field, op)
    return None


def _singly(
    one: Callable[[Term, Item, Known], Part],
) -> Callable[[Term, Known], list[Part]]:
    """Make a reader of one value a reader of several, which also takes none and any."""

    def several(term: Term, known: Known) -> list[Part]:
        return [_emptiness(term, item) or one(term, item, known) for item in term.items]

    return several


def _listed(
    values: Callable[[Item, Known], Sequence[str]],
) -> Callable[[Term, Known], list[Part]]:
    """Make a reader of a field whose values stand together in one list."""

    def several(term: Term, known: Known) -> list[Part]:
        _signs(term, ":", "=")
        empty = [_emptiness(term, item) for item in term.items]
        pairs = zip(term.items, empty, strict=True)
        listed = [one for item, no in pairs if no is None for one in values(item, known)]
        chosen = [Condition(term.field, "in", listed)] if listed else []
        return [*chosen, *(one for one in empty if one is not None)]

    return several


def _folders(item: Item, known: Known) -> Sequence[str]:
    if known.folders is None:
        return [item.text]
    typed = item.text.strip("/")
    if typed in known.every_folder:
        return [typed]
    asked = _spelling(typed)
    found = [
        folder
        for folder, spelling in known.every_folder.items()
        if spelling == asked or spelling.endswith(f"/{asked}")
    ]
    if found and asked:
        return found
    lasts = {folder.rpartition("/")[2] for folder in known.every_folder}
    raise unknown("folder", item.text, closest(typed.rpartition("/")[2], lasts, 3), item.span)


def _spelling(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _formats(item: Item, known: Known) -> Sequence[str]:
    found = FORMATS.get(folded(item.text), item.text.upper())
    if known.formats is None or found in known.formats or found in FORMATS.values():
        return [found]
    raise unknown("format", item.text, closest(item.text, known.formats), item.span)


def _statuses(item: Item, _: Known) -> Sequence[str]:
    return [named(item.text, item.span, "status", STATUS_NAMES)]


def _clusters(term: Term, known: Known) -> list[Part]:
    _signs(term, ":", "=")
    encoder = term.at or known.encoder
    if encoder is None:
        raise Misread("encoder", term.span, name=term.name)
    numbers = [_cluster(item) for item in term.items]
    return [Condition("cluster", "in", {"encoder": encoder, "numbers": numbers})]


def _cluster(item: Item) -> int:
    if folded(item.text) in NONE:
        return -1
    if not _CLUSTER.fullmatch(item.text):
        raise Misread("cluster", item.span, text=item.text)
    return int(item.text)


def _duplicates(term: Term, known: Known) -> list[Part]:
    _signs(term, ":", "=")
    kinds: list[str] = []
    groups: list[str] = []
    for item in term.items:
        if folded(item.text) in (*ANY, *NONE):
            # What has no copy is what is in no group of copies.
            every = Condition("duplicate", "in", IS_NAMES["duplicate"][1])
            if len(term.items) > 1:
                raise Misread("duplicate", item.span, text=item.text)
            return [every if folded(item.text) in ANY else denied(every)]
        kind = _kind(item, known)
        (groups if kind is None else kinds).append(kind or item.text)
    found = {"kinds": kinds, "groups": groups}
    return [Condition("duplicate", "in", {name: one}) for name, one in found.items() if one]


def _kind(item: Item, known: Known) -> str | None:
    """Return a kind of duplicates; None for the name of a group, which begins with its kind."""
    name, _, rest = item.text.partition(":")
    if name == "semantic" and rest and ":" not in rest:
        return item.text
    if name in ("exact", "near", "semantic") and rest:
        return None
    if name == "semantic" and known.encoder:
        return f"semantic:{known.encoder}"
    if name == "semantic":
        raise Misread("encoder", item.span, name=name)
    if name not in ("exact", "near"):
        raise Misread("duplicate", item.span, text=item.text)
    return name


def _word(term: Term, item: Item, _: Known) -> Part:
    _signs(term, ":", "=")
    if not item.text:
        raise Misread("no_value", term.span, name=term.name)
    if term.sign == "=":
        return Condition(term.field, "=", item.text)
    op = {"pattern": "matches", "begins": "begins with"}.get(item.kind, "contains")
    return Condition(term.field, op, item.text)


def _meaning(term: Term, known: Known) -> list[Part]:
    _signs(term, ":", "=")
    encoder = term.at or known.reader
    if encoder is None:
        raise Misread("encoder", term.span, name=term.name)
    return [
        Condition("text", "means", {"encoder": encoder, "text": item.text}) for item in term.items
    ]


def _likeness(term: Term, known: Known) -> list[Part]:
    """Read searches by likeness: one is enough where several stand with commas between them."""
    _signs(term, ":", "=")
    parts: list[Part] = []
    for item in term.items:
        try:
            expression = search_expression.parse(item.text)
        except InvalidExpression as error:
            params = {name: str(value) for name, value in error.params.items()}
            raise Misread(f"{error.key}.{error.problem}", item.span, **params) from None
        encoder = term.at or (known.reader if expression.reads_text else known.encoder)
        if encoder is None:
            raise Misread("encoder", term.span, name=term.name)
        value = {"encoder": encoder, "query": item.text, **_least(item)}
        parts.append(Condition("like", "at least", value))
    return parts


def _least(item: Item) -> dict[str, float]:
    """Read from where on, and how many at most: ``0.31``, ``99%``, ``top50``, ``99%~top50``."""
    if item.least is None:
        return {}
    limits = [_limit(text, item) for text in item.least.split("~")]
    found = dict(limits)
    # Each once, and a cosine or its percentile.
    if len(found) < len(limits) or {"threshold", "percentile"} <= set(found):
        raise Misread("least", item.span, text=item.least)
    return found


def _limit(text: str, item: Item) -> tuple[str, float]:
    most = _MOST.fullmatch(text)
    if most is not None:
        return "count", int(most[1])
    name, largest = ("percentile", 100) if text.endswith("%") else ("threshold", 1)
    match = _NUMBER.fullmatch(text.removesuffix("%"))
    value = float(match[1]) if match and not match[2] else math.inf
    if abs(value) > largest or (name == "percentile" and value < 0):
        raise Misread("least", item.span, text=text)
    return name, value


def _hue(term: Term, item: Item, _: Known) -> Part:
    _signs(term, ":", "=")
    match = _COLOUR.fullmatch(item.text.lower())
    if match is None:
        return Condition(term.field, "is", named(item.text, item.span, "colour", HUE_NAMES))
    near: dict[str, Any] = {"colour": match[1]}
    if match[2] is not None:
        near["distance"] = _number("copies", match[2], item.span)
        if near["distance"] < 0:
            raise Misread("number", item.span, text=match[2])
    return Condition(term.field, "near", near)


def _quantity(term: Term, item: Item, _: Known) -> Part:
    field, sign, text = term.field, term.sign, item.text
    low, dots, high = text.partition("..")
    if dots and sign == ":":
        return _between(field, low, high, item.span)
    value = _number(field, text, item.span)
    if sign == ":":
        return Condition(field, "between", [value, value])
    if sign == "=":
        return Condition(field, "=", value)
    _one(term)
    if sign.startswith(":"):
        return Condition(field, sign[1:], value)
    if field not in UNITS and sign in ("<", ">"):
        return Condition(field, sign, value)
    if field not in UNITS:
        return Condition(field, "between", [value, None] if sign == ">=" else [None, value])
    # Widths and the like are whole: what panels set is a range of whole numbers.
    ends = {
        ">": [math.floor(value) + 1, None],
        ">=": [math.ceil(value), None],
        "<": [None, math.ceil(value) - 1],
        "<=": [None, math.floor(value)],
    }
    return Condition(field, "between", ends[sign])


def _between(field: str, low: str, high: str, span: Span) -> Part:
    is_open = high.startswith("<")
    high = high.removeprefix("<")
    if not low and not high:
        raise Misread("range", span)
    match = _NUMBER.fullmatch(high)
    if match is not None and low and low[-1].isdigit():
        # "1..5 GB" means gigabytes at both ends.
        low += match[2]
    ends = [_number(field, end, span) if end else None for end in (low, high)]
    if not is_open:
        return Condition(field, "between", ends)
    if None in ends:
        raise Misread("range", span)
    return Clause("all", (Condition(field, ">=", ends[0]), Condition(field, "<", ends[1])))


def _number(field: str, text: str, span: Span) -> int | float:
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    known = UNITS.get(field, _NO_UNITS)
    units = {unit.casefold(): power for unit, power in known.items()}
    power = units.get(match[2].casefold()) if match else None
    if match is None or power is None:
        raise Misread("size" if field == "size" else "number", span, text=text)
    value = Decimal(match[1]).scaleb(power)
    if abs(value) >= _LARGEST:
        raise Misread("number", span, text=text)
    return int(value) if value == int(value) else float(value)


def _days(term: Term, item: Item, known: Known) -> Part:
    field, sign, text = term.field, term.sign, item.text
    low, dots, high = text.partition("..")
    if dots and sign == ":":
        if not low and not high:
            raise Misread("range", item.span)
        first = _period(low, item.span, known.today)[0].isoformat() if low else None
        last = _period(high, item.span, known.today)[1].isoformat() if high else None
        return Condition(field, "between", [first, last])
    begin, end = _period(text, item.span, known.today)
    if sign == "=" and begin == end:
        return Condition(field, "=", begin.isoformat())
    if sign in (":", "="):
        return Condition(field, "between", [begin.isoformat(), end.isoformat()])
    _one(term)
    return _compared(field, sign, begin, end)


def _compared(field: str, sign: str, begin: date, end: date) -> Part:
    edge = begin if sign.endswith(("<", ">=")) else end
    if sign.startswith(":"):
        return Condition(field, sign[1:], edge.isoformat())
    try:
        days = {
            ">": lambda: [(edge + _DAY).isoformat(), None],
            ">=": lambda: [edge.isoformat(), None],
            "<": lambda: [None, (edge - _DAY).isoformat()],
            "<=": lambda: [None, edge.isoformat()],
        }[sign]()
    except OverflowError:
        # Time ends here as far as dates go.
        return Condition(field, sign, edge.isoformat())
    return Condition(field, "between", days)


def _one(term: Term) -> None:
    if len(term.items) > 1:
        raise Misread("one_value", term.items[1].span, name=term.name)


def _period(text: str, span: Span, today: date) -> tuple[date, date]:
    """Return the first and the last day of what is typed."""
    try:
        period = _ago(text, today) or _calendar(text)
    except (ValueError, OverflowError):
        period = None
    if period is None:
        raise Misread("date", span, text=text)
    return period


def _ago(text: str, today: date) -> tuple[date, date] | None:
    days = DAYS.get(folded(text))
    if days is not None:
        return today - days * _DAY, today - days * _DAY
    match = _LAST_DAYS.fullmatch(text)
    if match is None or int(match[1]) < 1:
        return None
    return today - (int(match[1]) - 1) * _DAY, today


def _calendar(text: str) -> tuple[date, date] | None:
    if _ISO.fullmatch(text):
        day = date.fromisoformat(text)
        return day, day
    french = _FRENCH.fullmatch(text)
    if french is not None and french["day"]:
        day = date(*(int(french[part]) for part in ("year", "month", "day")))
        return day, day
    match = french or _PERIOD.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    if parts.get("decade"):
        first = int(parts["decade"]) * 10
        return date(first, 1, 1), date(first + 9, 12, 31)
    year = int(parts["year"])
    if not parts["month"]:
        return date(year, 1, 1), date(year, 12, 31)
    begin = date(year, int(parts["month"]), 1)
    return begin, _month_end(begin)


def _month_end(day: date) -> date:
    if day.month == 12:
        return day.replace(day=31)
    return day.replace(month=day.month + 1, day=1) - _DAY


def _by(field: str, name: str, inner: str | None, item: Item, known: Known) -> Any:
    """Return what a level is made by: what stands in parentheses, or what goes without saying."""
    if field == "cluster":
        if inner is None and known.encoder is None:
            raise Misread("encoder", item.span, name=name)
        return inner or known.encoder
    if field == "duplicate":
        return _kind(Item(inner or "near", "bare", item.span), known)
    if field == "author":
        return None if inner is None else _property(inner, item.span, known)
    if FIELDS[field].kind == "date":
        return named(inner or "year", item.span, "group", PERIOD_NAMES)
    if inner is None or (FIELDS[field].kind != "number" and field != "folder"):
        return inner
    return _number("copies" if field == "folder" else field, inner, item.span)


def _property(typed: str, span: Span, known: Known) -> str:
    """Return the id of a property that is referred to within a term."""
    id = known.defined.id(typed)
    if id is None:
        name = unquoted(typed)
        raise unknown("property", name, known.defined.closest(name, ()), span)
    return id


def _authors(term: Term, known: Known) -> list[Part]:
    """Read who set what, of any property, or of the one after "@"."""
    _signs(term, ":", "=")
    id = None if term.at is None else _property(term.at, term.span, known)
    # What nobody set of a property is what has no value of it.
    asked = replace(term, field=known.defined.field_of(id) or term.field) if id else term
    empty = [_emptiness(asked, item) for item in term.items]
    pairs = zip(term.items, empty, strict=True)
    names = [known.defined.author(item.text) for item, no in pairs if no is None]
    by = {"authors": names} if id is None else {"authors": names, "property": id}
    chosen = [Condition(term.field, "in", by)] if names else []
    return [*chosen, *(one for one in empty if one is not None)]


def _truth(term: Term, item: Item, _: Known) -> Part:
    _signs(term, ":", "=")
    found = TRUTHS.get(folded(item.text))
    if found is None:
        raise Misread("truth", item.span, text=item.text)
    return Condition(term.field, "is", found)


def _image(item: Item, _: Known) -> Sequence[str]:
    sha1 = item.text.lower()
    if not _SHA1.fullmatch(sha1):
        raise Misread("image", item.span, text=item.text)
    return [sha1]


def _tags(term: Term, known: Known) -> list[Part]:
    """Read tags of one property: with "," one of them, with "+" all of them."""
    _signs(term, ":", "=")
    listed: list[str] = []
    parts: list[Part] = []
    for group in _joined(term.items):
        no = None if group[0].joins else _emptiness(term, group[0])
        if no is not None:
            parts.append(no)
            continue
        ids = [id for item in group for id in _tag(term.field, item, known)]
        if group[0].joins:
            parts.append(_all_of(term.field, ids))
        else:
            listed += ids
    return [Condition(term.field, "in", listed), *parts] if listed else parts


def _all_of(field: str, ids: Sequence[str]) -> Part:
    if FIELDS[field].operator("all of"):
        return Condition(field, "all of", ids)
    # One tag can be below several: what holds one tag may still be asked for more.
    return Clause("all", tuple(Condition(field, "in", [id]) for id in ids))


def _joined(items: Sequence[Item]) -> list[list[Item]]:
    """Return items in groups, those with "+" between them together."""
    groups: list[list[Item]] = []
    is_joined = False
    for item in items:
        if is_joined:
            groups[-1].append(item)
        else:
            groups.append([item])
        is_joined = item.joins
    return groups


def _tag(field: str, item: Item, known: Known) -> Sequence[str]:
    """Return the ids of the tags of a name; a bare ``#id`` is that one, whatever became of it."""
    id = id_of(item.text) if item.kind == "bare" else None
    found = [id] if id else known.defined.tags(field, item.text)
    if found:
        return found
    raise _no_tag(item, [field], known)


def _tagged_so(item: Item, known: Known) -> Part:
    """Return what asks for tags of a name, of any property; none and any are those of all."""
    fields = known.defined.tag_fields
    word = folded(item.text) if item.kind == "bare" and fields else ""
    if word in (*NONE, *ANY):
        some = _any_of([Condition(field, "is not empty") for field in fields])
        return some if word in ANY else denied(some)
    pairs = [(field, known.defined.tags(field, item.text)) for field in fields]
    found = [Condition(field, "in", ids) for field, ids in pairs if ids]
    if not found:
        raise _no_tag(item, fields, known)
    return _any_of(found)


def _no_tag(item: Item, fields: Sequence[str], known: Known) -> Misread:
    names = (tag.name for field in fields for tag in known.defined.tags_of(field))
    return unknown("tag", item.text, alike(item.text, names), item.span)


def _alternatives(part: Part) -> Sequence[Part]:
    return part.parts if isinstance(part, Clause) and part.kind == "any" else (part,)


_READERS: Mapping[str, Callable[[Term, Known], list[Part]]] = {
    "folder": _listed(_folders),
    "format": _listed(_formats),
    "status": _listed(_statuses),
    "cluster": _clusters,
    "duplicate": _duplicates,
    "text": _meaning,
    "like": _likeness,
    "author": _authors,
}
_OF_KIND: Mapping[str, Callable[[Term, Known], list[Part]]] = {
    "text": _singly(_word),
    "number": _singly(_quantity),
    "date": _singly(_days),
    "truth": _singly(_truth),
    "colour": _singly(_hue),
    "link": _listed(_image),
    "tags": _tags,
}


def _said_text(text: str) -> str:
    if _BARE.fullmatch(text) and folded(text) not in (*NONE, *ANY):
        return text
    return quoted(text)


def _said_single(field: str, value: Any) -> str:
    kind = FIELDS[field].kind
    if kind == "number":
        return _said_number(field, value)
    return str(value) if kind == "date" else _said_text(value)


def _said_words(condition: Condition) -> str:
    if condition.op == "matches":
        return ":/" + "".join(_said_pattern(condition.value)) + "/"
    return f":{_said_text(condition.value)}{'*' if condition.op == 'begins with' else ''}"


def _said_pattern(pattern: str) -> Iterator[str]:
    """Escape the slashes of a pattern that are not escaped yet."""
    for match in re.finditer(r"\\.|/|[^\\/]+", pattern, re.DOTALL):
        yield "\\/" if match[0] == "/" else match[0]


def _said_choice(condition: Condition) -> str:
    value = condition.value
    if condition.field == "cluster":
        return ":" + ",".join(map(str, value["numbers"]))
    if condition.field == "author":
        value = value["authors"]
    if condition.field == "duplicate":
        value = [one for texts in value.values() for one in texts]
    return ":" + ",".join(map(_said_text, value))


def _said_tags(condition: Condition, defined: Defined) -> str:
    field, ids = condition.field, condition.value
    names = [defined.tag_name(field, id) for id in ids]
    texts = [
        f"#{id}" if name is None else _said_tag(name) for id, name in zip(ids, names, strict=True)
    ]
    if condition.op == "all of":
        return "+".join(texts) if len(texts) > 1 else f"{texts[0]}+"
    return ",".join(texts)


def _said_tag(name: str) -> str:
    return quoted(name) if "+" in name or name.startswith("#") else _said_text(name)


def _said_truth(condition: Condition) -> str:
    return ":" + next(word for word, value in TRUTHS.items() if value is condition.value)


def _said_colour(condition: Condition) -> str:
    if condition.op == "is":
        return f":{condition.value}"
    distance = condition.value.get("distance")
    away = "" if distance is None else f"~{_said_number('copies', distance)}"
    return f":{condition.value['colour']}{away}"


def _said_meaning(condition: Condition) -> str:
    return f":{_said_text(condition.value['text'])}"


def _reads(condition: Condition) -> bool:
    """Whether a condition is asked of what reads words."""
    if condition.field != "like":
        return condition.field == "text"
    return search_expression.parse(condition.value["query"]).reads_text


def _said_likeness(condition: Condition) -> str:
    value = condition.value
    if condition.field == "text":
        return _said_meaning(condition)
    text = value["query"]
    plain = _BARE.fullmatch(text) and "~" not in text
    said = f":{text if plain else quoted(text)}"
    for name, before, after in (
        ("threshold", "", ""),
        ("percentile", "", "%"),
        ("count", "top", ""),
    ):
        if value.get(name) is not None:
            said += f"~{before}{_said_number('copies', value[name])}{after}"
    return said


def _said_ends(condition: Condition) -> str:
    field, (low, high) = condition.field, condition.value
    if low is not None and low == high:
        return f":{_said_number(field, low)}"
    if low is not None and high is not None:
        return f":{_said_number(field, low)}..{_said_number(field, high)}"
    end, sign, step = (high, "<", 1) if low is None else (low, ">", -1)
    if field not in UNITS:
        return f"{sign}={_said_number(field, end)}"
    if end != int(end):
        number = _said_number(field, end)
        return f":..{number}" if low is None else f":{number}.."
    # "width>500" is how people say 501 and more; "width>=500" is not "width>499".
    whole, beside = int(end), int(end) + step
    if len(str(beside).rstrip("0")) < len(str(whole).rstrip("0")):
        return sign + _said_number(field, beside)
    return f"{sign}={_said_number(field, whole)}"


def _said_number(field: str, value: float) -> str:
    exact = Decimal(repr(value) if isinstance(value, float) else value)
    unit, power = next(iter(UNITS.get(field, _NO_UNITS).items()))
    if field == "size":
        units = {unit: power for unit, power in UNITS[field].items() if unit.endswith("B")}
        fit = [one for one in units.items() if abs(exact) >= Decimal(1).scaleb(one[1])]
        unit, power = fit[-1] if fit else ("B", 0)
    return f"{exact.scaleb(-power).normalize():f}{unit}"


def _said_days(condition: Condition) -> str:
    if condition.value[0] is None:
        return f"<={_shortest(date.fromisoformat(condition.value[1]), _last_names)}"
    if condition.value[1] is None:
        return f">={_shortest(date.fromisoformat(condition.value[0]), _first_names)}"
    low, high = map(date.fromisoformat, condition.value)
    both = [name for name in _first_names(low) if name in _last_names(high)]
    if both:
        return f":{both[0]}"
    names = _shortest(low, _first_names), _shortest(high, _last_names)
    if len(names[0]) != len(names[1]):
        names = low.isoformat(), high.isoformat()
    return f":{names[0]}..{names[1]}"


def _shortest(day: date, names: Callable[[date], list[str]]) -> str:
    return min((name for name in names(day) if not name.endswith("s")), key=len)


def _first_names(day: date) -> list[str]:
    """Return the periods that a day begins, the longest first."""
    iso = day.isoformat()
    if day.day != 1:
        return [iso]
    if day.month != 1:
        return [iso[:7], iso]
    decade = [f"{iso[:4]}s"] if day.year % 10 == 0 else []
    return [*decade, iso[:4], iso[:7], iso]


def _last_names(day: date) -> list[str]:
    """Return the periods that a day ends, the longest first."""
    iso = day.isoformat()
    if day != _month_end(day):
        return [iso]
    if day.month != 12:
        return [iso[:7], iso]
    decade = [f"{iso[:3]}0s"] if day.year % 10 == 9 else []
    return [*decade, iso[:4], iso[:7], iso]


_SAID: Mapping[str, Callable[[Condition], str]] = {
    "text": _said_words,
    "choice": _said_choice,
    "number": _said_ends,
    "date": _said_days,
    "colour": _said_colour,
    "likeness": _said_likeness,
    "truth": _said_truth,
    "link": _said_choice,
}
