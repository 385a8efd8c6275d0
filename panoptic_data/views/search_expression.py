"""What a search looks for, typed as one line: words and pictures with signs and weights.

    2*"golden retriever" + image:ab12… - fruit

A term is words (bare or in quotes), ``image:`` with a sha1 or its beginning, ``crop:`` with a
sha1 and a rectangle (left, top, width, height as parts of the upright picture), or ``file:`` with
the digest of a picture that was uploaded. ``docs/search.md`` is the reference. Pure. Not here:
the vector that it stands for (``vectors.query_vectors``), conditions of a view
(``catalogue.similarity``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from panoptic_data.errors import InvalidExpression

__all__ = ["KINDS", "MAX_WEIGHT", "MIN_WEIGHT", "Box", "Expression", "Term", "parse"]

Box = tuple[float, float, float, float]

KINDS = ("text", "image", "crop", "file")
# Beyond these weights a term outweighs all others, or does not count.
MIN_WEIGHT, MAX_WEIGHT = 0.001, 1000.0
# Other names are read as well; the first that stands for a kind is written.
_KIND_NAMES = {"image": "image", "crop": "crop", "file": "file", "cadre": "crop", "fichier": "file"}
_NAME = "|".join(_KIND_NAMES)
_SPACE = re.compile(r"\s*")
_SIGN = re.compile(r"[+−-]")
_WEIGHT = re.compile(r"([0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)\s*[*×]")
_NAMED = re.compile(rf"({_NAME}):([^\s+]*)", re.IGNORECASE)
_OTHER = re.compile(r"[^\W\d_]+:\S")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|“([^”]*)”|«\s*([^»]*?)\s*»', re.DOTALL)
_OPENS = ('"', "“", "«")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Up to "+", a quotation mark, a "-" after a space, or another kind of term after a space: words
# have hyphens of their own.
_BARE = re.compile(rf'(?:(?!\s[−-]|[+"“«]|\s(?:{_NAME}):).)+', re.DOTALL | re.IGNORECASE)
# What is written without quotes and read back as it is.
_PLAIN = re.compile(r"[^\W\d_][\w'’-]*(?: [\w'’][\w'’-]*)*")
_HEX = re.compile(r"[0-9a-f]{4,40}")
_DIGEST = re.compile(r"[0-9a-f]{40}")
_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_LONGEST_QUOTATION = 40
# Edges that were rounded may add up to a little over the whole.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Term:
    """One thing to look for, or with a negative ``weight`` to stay away from.

    ``value``: words, or hexadecimal digits; ``box`` is that of a crop.
    """

    kind: str
    value: str
    weight: float = 1.0
    box: Box | None = None

    def __str__(self) -> str:
        """Return the term as it is typed, without its sign."""
        weight = abs(self.weight)
        return f"{'' if weight == 1 else f'{_written_number(weight)}*'}{self.name}"

    @property
    def name(self) -> str:
        """The term without sign and weight."""
        if self.kind == "text":
            return _written_text(self.value)
        edges = "" if self.box is None else f"@{','.join(map(_written_number, self.box))}"
        return f"{self.kind}:{self.value}{edges}"


@dataclass(frozen=True)
class Expression:
    """Terms, one at least; ``str`` gives a text that :func:`parse` reads back as it."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """Return the whole as it is typed."""
        first, *others = self.terms
        texts = [f"{'-' if first.weight < 0 else ''}{first}"]
        texts += [f"{'-' if term.weight < 0 else '+'} {term}" for term in others]
        return " ".join(texts)

    @property
    def reads_text(self) -> bool:
        """Whether it takes an encoder that reads words."""
        return any(term.kind == "text" for term in self.terms)

    @property
    def images(self) -> frozenset[str]:
        """The images of the corpus that it names, whole or in part: its results leave them out."""
        return frozenset(term.value for term in self.terms if term.kind in ("image", "crop"))

    def without(self, index: int) -> Expression | None:
        """Return the expression without one term; None where it was the last."""
        kept = self.terms[:index] + self.terms[index + 1 :]
        return Expression(kept) if kept else None


def parse(text: str) -> Expression:
    """Read a text. Raises InvalidExpression, which says where and what to write instead."""
    terms = tuple(_terms(text))
    if not terms:
        raise InvalidExpression("empty", (0, len(text)))
    return Expression(terms)


def _terms(text: str) -> Iterator[Term]:
    position = _after_spaces(text, 0)
    is_first = True
    while position < len(text):
        start = position
        sign = _SIGN.match(text, position)
        if sign is None and not is_first:
            raise _problem("sign", text, position, len(text))
        position = _after_spaces(text, sign.end()) if sign else position
        weight, position = _weight(text, position)
        if position == len(text) or text[position] in "+-−*×":
            raise _problem("no_term", text, start, position)
        term, position = _term(text, position, -weight if sign and sign[0] != "+" else weight)
        yield term
        position = _after_spaces(text, position)
        is_first = False


def _weight(text: str, position: int) -> tuple[float, int]:
    match = _WEIGHT.match(text, position)
    if match is None:
        return 1.0, position
    weight = float(match[1].replace(",", "."))
    if not MIN_WEIGHT <= weight <= MAX_WEIGHT:
        raise _problem("weight", text, position, match.end())
    return weight, _after_spaces(text, match.end())


def _term(text: str, position: int, weight: float) -> tuple[Term, int]:
    if text[position] in _OPENS:
        return _quoted(text, position, weight)
    named = _NAMED.match(text, position)
    if named is not None:
        kind = _KIND_NAMES[named[1].casefold()]
        value = _READERS[kind](named[2].lower())
        if value is None:
            raise _problem(kind, text, position, named.end())
        return Term(kind, value[0], weight, value[1]), named.end()
    return _bare(text, position, weight)


def _quoted(text: str, position: int, weight: float) -> tuple[Term, int]:
    match = _QUOTED.match(text, position)
    if match is None:
        raise _problem("quote", text, position, len(text))
    words = _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2] or match[3] or ""
    if not words.strip():
        raise _problem("no_words", text, position, match.end())
    return Term("text", words, weight), match.end()


def _bare(text: str, position: int, weight: float) -> tuple[Term, int]:
    match = _BARE.match(text, position)
    assert match is not None
    words = " ".join(match[0].split())
    if _OTHER.match(words):
        raise _problem("kind", text, position, match.end())
    if "*" in words or "×" in words:
        raise _problem("star", text, position, match.end())
    return Term("text", words, weight), match.end()


def _image(text: str) -> tuple[str, Box | None] | None:
    return (text, None) if _HEX.fullmatch(text) else None


def _file(text: str) -> tuple[str, Box | None] | None:
    return (text, None) if _DIGEST.fullmatch(text) else None


def _crop(text: str) -> tuple[str, Box | None] | None:
    sha1, _, edges = text.partition("@")
    numbers = edges.split(",")
    is_right = _HEX.fullmatch(sha1) and len(numbers) == 4 and all(map(_PART.fullmatch, numbers))
    if not is_right:
        return None
    left, top, width, height = map(float, numbers)
    ends = (left + width, top + height)
    if min(width, height) <= 0 or max(ends) > 1 + _ROUNDING or not all(map(math.isfinite, ends)):
        return None
    return sha1, (left, top, width, height)


_READERS = {"image": _image, "crop": _crop, "file": _file}


def _after_spaces(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _problem(problem: str, text: str, start: int, end: int) -> InvalidExpression:
    part = " ".join(text[start:end].split())
    shown = part if len(part) <= _LONGEST_QUOTATION else f"{part[:_LONGEST_QUOTATION]}…"
    return InvalidExpression(problem, (start, end), part=shown, place=start + 1)


def _written_text(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _written_number(value: float) -> str:
    # Never with an exponent: that is not how people write weights.
    return f"{Decimal(repr(value)).normalize():f}"
