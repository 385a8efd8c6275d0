"""What a text in the search box asks for: filters, names that contain its words, their meaning.

One text can be read in two ways, which are offered beside each other: the images whose names
contain its words, and those that look as they say. Not here: the language of filters
(``query.parser``) and that of searches (``views.search_expression``), completing what is typed
(``completion``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from panoptic_data.catalogue import similarity
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.errors import InvalidExpression, PanopticError
from panoptic_data.query import parser
from panoptic_data.query.parser import Problem
from panoptic_data.vectors import query_vectors
from panoptic_data.views import search_expression
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Condition, View
from panoptic_data.views.search_expression import Expression, Term

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.query.parser import Parsed
    from panoptic_data.query.terms.term import Span
    from panoptic_data.storage.project import Project

__all__ = [
    "Encoders",
    "TypedText",
    "emptied",
    "first_choice",
    "full_sha1s",
    "in_field",
    "is_by_words",
    "read",
]

# So many digits of a sha1 tell the images of a corpus apart in a text that people read.
_SHOWN_DIGITS = 12
_PICTURE = re.compile(r"(?:image|crop|file|cadre|fichier):", re.IGNORECASE)


@dataclass(frozen=True)
class Encoders:
    """The slugs of the encoders that rank searches with words, and of pictures alone."""

    words: str | None = None
    pictures: str | None = None


@dataclass(frozen=True)
class TypedText:
    """The views that a text can mean; None for what it cannot.

    ``names`` are its filters and the names that contain its words, ``meaning`` its filters and
    what its words describe. ``words`` are those that belong to no filter. ``needs_reader``: only
    an encoder that reads words is missing for ``meaning``. ``problem`` is what was not understood,
    ``is_by_meaning`` whether nothing else than the meaning can be wanted.
    """

    words: str = ""
    names: View | None = None
    meaning: View | None = None
    needs_reader: bool = False
    is_by_meaning: bool = False
    problem: Problem | InvalidExpression | PanopticError | None = None

    @property
    def span(self) -> Span | None:
        """The position of the problem in the text, [start, end); None where it has none."""
        span: Span | None = getattr(self.problem, "span", None)
        return span


def read(catalogue: Catalogue, text: str, view: View, encoders: Encoders) -> TypedText:
    """Return what a text can mean that is typed while a view is shown. Never raises.

    It takes the place of what stands in the field (:func:`in_field`); the view's other filters
    stay.
    """
    if not text.strip():
        return TypedText(names=emptied(view))
    parsed = _parse(catalogue, text, encoders)
    expression = _expression(text)
    if _PICTURE.search(text) and _names_pictures(expression, parsed):
        return _pictured(catalogue.project, expression, view, encoders)
    if parsed.problems:
        return TypedText(words=parsed.words, problem=parsed.problems[0])
    names = _with_parsed(_base_of_names(view), parsed)
    if not parsed.words:
        return TypedText(names=names)
    typed = TypedText(parsed.words, names.with_condition("path", parsed.words))
    return _with_meaning(typed, parsed, expression, view, encoders)


def first_choice(catalogue: Catalogue, typed: TypedText, view: View) -> str | None:
    """Return what someone wants who does not say: "names" or "meaning"; None where neither is.

    That is names where any has the words, unless the ``view`` that is shown searches for the
    meaning of others. Raises as running the view of names.
    """
    if typed.names is None:
        return None if typed.meaning is None else "meaning"
    if not typed.words or typed.meaning is None:
        return "names"
    if is_by_words(view) or not len(run_view(catalogue, typed.names)):
        return "meaning"
    return "names"


def in_field(view: View) -> str:
    """Return what stands in the field under a view: its search, else the names it looks for."""
    part = similarity.first_search(view)
    if part is None:
        path = view.condition("path")
        return path.value if path is not None else ""
    terms = similarity.query_of(part).expression.terms
    return str(Expression(tuple(map(_shortened, terms))))


def emptied(view: View) -> View:
    """Return the view without what stands in the field."""
    part = similarity.first_search(view)
    if part is None:
        return view.without("path")
    return replace(view, where=tuple(it for it in view.where if it is not part), compare=None)


def is_by_words(view: View) -> bool:
    """Whether the view searches for plain words, and for no picture."""
    part = similarity.first_search(view)
    if part is None:
        return False
    return all(term.kind == "text" for term in similarity.query_of(part).expression.terms)


def full_sha1s(project: Project, view: View, expression: Expression) -> Expression:
    """Return a typed search with full sha1s. Raises UnknownImage, InvalidExpression.

    Images that the search of the view names already are not looked up.
    """
    part = similarity.first_search(view)
    former = similarity.query_of(part).expression.terms if part is not None else ()
    full = {
        _shortened(term).value: term.value for term in former if term.box or term.kind == "image"
    }
    completed = (replace(term, value=full.get(term.value, term.value)) for term in expression.terms)
    return query_vectors.with_full_sha1s(project, Expression(tuple(completed)))


def _parse(catalogue: Catalogue, text: str, encoders: Encoders) -> Parsed:
    return parser.parse(
        text,
        encoder=encoders.pictures,
        text_encoder=encoders.words,
        folders=catalogue.corpus.folders.to_list(),
        state=catalogue.annotations,
    )


def _expression(text: str) -> Expression | InvalidExpression:
    try:
        return search_expression.parse(text)
    except InvalidExpression as error:
        return error


def _names_pictures(expression: Expression | InvalidExpression, parsed: Parsed) -> bool:
    """Whether a text is a search with pictures; those of a filter (``part-of:image:…``) are not."""
    if isinstance(expression, InvalidExpression):
        return bool(parsed.problems)
    return any(term.kind != "text" for term in expression.terms)


def _pictured(
    project: Project,
    expression: Expression | InvalidExpression,
    view: View,
    encoders: Encoders,
) -> TypedText:
    """Return the search that names pictures: these are in no name."""
    if isinstance(expression, InvalidExpression):
        return TypedText(is_by_meaning=True, problem=expression)
    try:
        expression = full_sha1s(project, view, expression)
    except PanopticError as error:
        return TypedText(is_by_meaning=True, problem=error)
    meaning = _searched(emptied(view), view, expression, encoders)
    return TypedText(meaning=meaning, needs_reader=meaning is None, is_by_meaning=True)


def _with_meaning(
    typed: TypedText,
    parsed: Parsed,
    expression: Expression | InvalidExpression,
    view: View,
    encoders: Encoders,
) -> TypedText:
    """Add what the words of a text mean, beside its filters."""
    if all(map(_is_other_name, parsed.where)) and not (parsed.sort or parsed.group or parsed.mode):
        # Signs and weights: "2*dress - shoes" and "dress -shoes".
        if isinstance(expression, InvalidExpression):
            return replace(typed, problem=expression)
        base = emptied(view)
    else:
        expression = Expression((Term("text", parsed.words),))
        base = _with_parsed(emptied(view), parsed)
    meaning = _searched(base, view, expression, encoders)
    return replace(typed, meaning=meaning, needs_reader=meaning is None)


def _is_other_name(part: object) -> bool:
    return isinstance(part, Condition) and (part.field, part.op) == ("path", "does not contain")


def _base_of_names(view: View) -> View:
    """Return the view to which names are added: a search with pictures stays beside them."""
    base = emptied(view) if is_by_words(view) else view
    return base.without("path")


def _searched(base: View, former: View, expression: Expression, encoders: Encoders) -> View | None:
    """Return the view that is ranked by an expression; None where no encoder can."""
    part = similarity.first_search(former)
    slug = encoders.words if expression.reads_text else encoders.pictures
    if slug is None:
        return None
    percentile = None if part is None else similarity.query_of(part).percentile
    search = similarity.condition(SimilarityQuery(slug, expression, percentile=percentile))
    if part is not None:
        return replace(base, where=(*base.where, search), compare=former.compare)
    # A new search decides the order, unless it is typed beside it.
    sort = () if base.sort == former.sort else base.sort
    return replace(base, where=(*base.where, search), sort=sort, compare=None)


def _with_parsed(view: View, parsed: Parsed) -> View:
    """Add what was typed: it replaces what a press had set on the same field."""
    for part in parsed.where:
        is_pressed = isinstance(part, Condition) and part.op == FIELDS[part.field].op
        if isinstance(part, Condition) and is_pressed:
            view = view.with_condition(part.field, part.value)
        elif part not in view.where:
            view = replace(view, where=(*view.where, part))
    return replace(
        view,
        sort=parsed.sort or view.sort,
        group=parsed.group or view.group,
        mode=parsed.mode or view.mode,
    )


def _shortened(term: Term) -> Term:
    is_image = term.kind in ("image", "crop")
    return replace(term, value=term.value[:_SHOWN_DIGITS]) if is_image else term
