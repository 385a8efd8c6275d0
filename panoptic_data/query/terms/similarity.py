"""Searches as values of terms: ``like:"2*cat - dog"~0.61``, ``like:cat~99%~top50``, ``means:cat``.

Here: the encoder and the limits of a search by similarity. Not here: what is searched for
(``views.search_expression``), running a search (``catalogue.similarity``).
"""

from __future__ import annotations

import math
import re

from panoptic_data.errors import InvalidExpression
from panoptic_data.query.names import quoted
from panoptic_data.query.terms.numbers import NUMBER, write_number
from panoptic_data.query.terms.term import Context, Part, Term, TermError, TermValue, require_sign
from panoptic_data.query.terms.texts import is_bare, write_text
from panoptic_data.views import search_expression
from panoptic_data.views.model import Condition

__all__ = ["read_like", "read_means", "read_parts", "takes_text_encoder", "write_similarity"]

_KIND = re.compile(r"\w+:")
# How many of the most similar are kept: up to as many as a corpus can hold.
_COUNT = re.compile(r"top([1-9][0-9]{0,8})", re.IGNORECASE)


def read_means(term: Term, context: Context) -> list[Part]:
    """Return the conditions of ``means:…``: words, compared by an encoder that reads them."""
    require_sign(term, ":", "=")
    encoder = term.qualifier or context.text_encoder
    if encoder is None:
        raise TermError("encoder", term.span, name=term.name)
    return [
        Condition("text", "means", {"encoder": encoder, "text": value.text})
        for value in term.values
    ]


def read_like(term: Term, context: Context) -> list[Part]:
    """Return the conditions of ``like:…``, one for each of its values."""
    require_sign(term, ":", "=")
    parts: list[Part] = []
    for value in term.values:
        try:
            expression = search_expression.parse(value.text)
        except InvalidExpression as error:
            params = {name: str(param) for name, param in error.params.items()}
            raise TermError(f"{error.key}.{error.problem}", value.span, **params) from None
        default = context.text_encoder if expression.reads_text else context.encoder
        encoder = term.qualifier or default
        if encoder is None:
            raise TermError("encoder", term.span, name=term.name)
        search = {"encoder": encoder, "query": value.text, **_read_limits(value)}
        parts.append(Condition("like", "at least", search))
    return parts


def read_parts(term: Term, _: Context) -> list[Part]:
    """Return the condition of ``part-of:…``: images, or rectangles on them."""
    require_sign(term, ":", "=")
    return [Condition("part", "in", [_picture(value) for value in term.values])]


def _picture(value: TermValue) -> str:
    """Return ``image:ab12`` or ``crop:ab12@…`` of a value that may leave out which it is."""
    typed = value.text.strip().lower()
    kind, digits = typed.partition(":")[::2] if _KIND.match(typed) else ("", typed)
    is_crop = "@" in digits
    if kind in ("", "image") and is_crop:
        kind = "crop"
    try:
        terms = search_expression.parse(f"{kind or 'image'}:{digits}").terms
    except InvalidExpression:
        key = "rectangle" if is_crop else "part"
        raise TermError(key, value.span, text=value.text) from None
    if len(terms) != 1 or terms[0].kind not in ("image", "crop"):
        raise TermError("part", value.span, text=value.text)
    return str(terms[0])


def _read_limits(value: TermValue) -> dict[str, float]:
    """Read the limits of a search: ``0.31``, ``99%``, ``top50``, ``99%~top50``."""
    if value.limits is None:
        return {}
    pairs = [_read_limit(text, value) for text in value.limits.split("~")]
    limits = dict(pairs)
    # Each once, and a cosine or its percentile.
    if len(limits) < len(pairs) or {"threshold", "percentile"} <= set(limits):
        raise TermError("least", value.span, text=value.limits)
    return limits


def _read_limit(text: str, value: TermValue) -> tuple[str, float]:
    count = _COUNT.fullmatch(text)
    if count is not None:
        return "count", int(count[1])
    name, largest = ("percentile", 100) if text.endswith("%") else ("threshold", 1)
    match = NUMBER.fullmatch(text.removesuffix("%"))
    number = float(match[1]) if match and not match[2] else math.inf
    if abs(number) > largest or (name == "percentile" and number < 0):
        raise TermError("least", value.span, text=text)
    return name, number


def takes_text_encoder(condition: Condition) -> bool:
    """Whether a condition is a search that takes an encoder that reads words."""
    if condition.field != "like":
        return condition.field == "text"
    return search_expression.parse(condition.value["query"]).reads_text


def write_similarity(condition: Condition) -> str:
    """Return what follows the name of the field, for ``like``, ``means`` and ``part-of``."""
    search = condition.value
    if condition.field == "part":
        return f":{','.join(search)}"
    if condition.field == "text":
        return f":{write_text(search['text'])}"
    query = search["query"]
    text = f":{query if is_bare(query) and '~' not in query else quoted(query)}"
    for name, before, after in (
        ("threshold", "", ""),
        ("percentile", "", "%"),
        ("count", "top", ""),
    ):
        if search.get(name) is not None:
            text += f"~{before}{write_number(search[name])}{after}"
    return text
