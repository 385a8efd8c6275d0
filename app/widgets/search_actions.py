"""What typing in the search line, and pressing what stands on it, does to the view.

Not here: drawing the line (``widgets.search_line``), what a text means
(``panoptic_data.query.parser``), the search as part of a view (``widgets.search_terms``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.session import state
from app.widgets import search_terms
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.errors import InvalidExpression, InvalidView, PanopticError
from panoptic_data.query import parser
from panoptic_data.views import model, search_expression
from panoptic_data.views.fields import FIELDS
from panoptic_data.views.model import Condition, Sort, View
from panoptic_data.views.search_expression import Expression, Term

if TYPE_CHECKING:
    from app.widgets.view_context import ViewContext
    from panoptic_data.storage.project import Project

__all__ = [
    "add_terms",
    "change_view",
    "choose_encoder",
    "choose_scope",
    "clear",
    "default_sort",
    "remember_filters",
    "remembered_filters",
    "search_mode",
    "show",
    "sort_by",
    "submit",
    "typed_text",
    "without_typed",
]

# Session: the filters that a search was narrowed to, or could be narrowed to again.
_FILTERS = "find.narrowed"
# Session: what the field searches, and a text that is not taken in yet, with its problem.
_MODE, _TYPED = "mode", "typed"


def submit(text: str, mode: str, context: ViewContext, is_final: bool = True) -> None:
    """Show what a text asks for.

    Unless the text ``is_final``, someone is still typing: then only plain words and complete
    searches are taken in. Half a date is no condition yet, and half a search no mistake.
    """
    view = state.view()
    previous = search_mode(view)
    st.session_state[_MODE] = mode
    st.session_state.pop(_TYPED, None)
    if mode != previous and _keeps_search(view, mode):
        return
    base = without_typed(view, previous) if mode != previous else view
    if mode == "meaning" and context.text_encoder is not None and not text:
        _load_model(context.project, context.text_encoder.slug)
    expression = _parse_search(text) if mode == "meaning" else None
    if isinstance(expression, Expression):
        _search(base, expression, text, context, is_final)
        return
    parsed = _parse_query(text, context)
    is_plain = not (parsed.where or parsed.sort or parsed.group or parsed.problems or parsed.mode)
    if not is_plain and not is_final:
        return
    # A text that names no field is meant as a search.
    is_search = mode == "meaning" and bool(text) and (is_plain or bool(parsed.problems))
    problem = expression if is_search else next(iter(parsed.problems), None)
    if problem is not None:
        if is_final:
            _report(text, problem.message(state.language()))
        return
    words = parsed.words
    if words and mode == "meaning":
        _search(
            _with_parsed(base, parsed), Expression((Term("text", words),)), text, context, is_final
        )
        return
    view = _with_parsed(without_typed(base, mode), parsed)
    state.show(view.with_condition("path", words) if words else view)


def add_terms(text: str, context: ViewContext) -> None:
    """Add images that were dropped, pasted or drawn around (``file:…``, ``crop:…``)."""
    st.session_state.pop(_TYPED, None)
    expression = _parse_search(text)
    if isinstance(expression, InvalidExpression) or context.encoder is None:
        return
    view = state.view()
    for term in expression.terms:
        view = search_terms.with_term(view, term, context.encoder.slug)
    show(view)


def choose_encoder(slug: str, context: ViewContext) -> None:
    """Rank the search by another encoder; its threshold goes: cosines of encoders differ."""
    view = state.view()
    search = search_terms.get_search(view)
    ready = (encoder for encoder in context.encoders if encoder.is_ready)
    chosen = next((encoder for encoder in ready if encoder.slug == slug), None)
    st.session_state.pop(_TYPED, None)
    if search is None or chosen is None:
        return
    if search.expression.reads_text and not chosen.reads_text:
        problem = state.text("find.no_words", encoder=chosen.name)
        st.session_state[_TYPED] = {"problem": problem}
        return
    # An encoder is not compared with itself: the two change sides.
    compare = search.encoder if view.compare == slug else view.compare
    view = search_terms.with_search(view, replace(search, encoder=slug, threshold=None))
    state.show(replace(view, compare=compare))


def choose_scope(scope: str) -> None:
    """Search the whole corpus ("corpus"), or within the filters of before ("view")."""
    view = state.view()
    if scope == "corpus":
        show(search_terms.only_search(view))
    elif not search_terms.other_filters(view):
        show(replace(view, where=(*remembered_filters(), *view.where)))


def remember_filters(view: View) -> None:
    """Keep the filters of a view for a search that begins, or goes on, without them."""
    filters = search_terms.other_filters(view)
    if filters or search_terms.get_search(view) is None:
        st.session_state[_FILTERS] = filters


def remembered_filters() -> tuple[model.Condition | model.Clause, ...]:
    """Return the filters that a search can be narrowed to again."""
    filters: tuple[model.Condition | model.Clause, ...] = st.session_state.get(_FILTERS, ())
    return filters


def clear() -> None:
    """Drop all filters and the search."""
    st.session_state.pop(_FILTERS, None)
    state.show(replace(state.view(), where=(), compare=None))


def show(view: View) -> None:
    """Show a view; a text that was not taken in is forgotten."""
    st.session_state.pop(_TYPED, None)
    state.show(view)


def sort_by(field: str, descending: bool) -> None:
    """Change the first sort key; ties stay in the order that was chosen before."""
    view = state.view()
    first = Sort(field, descending)
    others = tuple(key for key in view.sort[1:] if key.field != field)
    is_default = first == default_sort(view) and not others
    state.show(view.sorted_by(*(() if is_default else (first, *others))))


def change_view(parts: Mapping[str, Any]) -> None:
    """Change parts of the view to what the browser sends, read as strictly as an address."""
    with suppress(InvalidView):
        state.show(model.from_json({**model.to_json(state.view()), **parts}))


def default_sort(view: View) -> Sort:
    """Return the order of a view that names none."""
    if search_terms.get_search(view) is None:
        return Sort("path")
    return Sort("similarity", True)


def search_mode(view: View) -> str:
    """Return what the field searches: "path" or "meaning"."""
    chosen: str | None = st.session_state.get(_MODE)
    return chosen or ("path" if search_terms.get_search(view) is None else "meaning")


def typed_text(view: View) -> tuple[str, str | None]:
    """Return what stands in the field, and what is wrong with it or None."""
    mode, path = search_mode(view), view.condition("path")
    text = search_terms.to_text(view) if mode == "meaning" else path.value if path else ""
    typed = st.session_state.get(_TYPED, {})
    return typed.get("text", text), typed.get("problem")


def without_typed(view: View, mode: str) -> View:
    """Return the view without what stands in the search field."""
    return view.without("path") if mode == "path" else search_terms.without_search(view)


def _parse_search(text: str) -> Expression | InvalidExpression:
    """Return a text as a search, or what is wrong with it (it may ask of fields)."""
    try:
        return search_expression.parse(text)
    except InvalidExpression as error:
        return error


def _parse_query(text: str, context: ViewContext) -> parser.Parsed:
    return parser.parse(
        text,
        encoder=context.encoder.slug if context.encoder else None,
        text_encoder=context.text_encoder.slug if context.text_encoder else None,
        folders=context.corpus.corpus.folders.to_list(),
        state=context.corpus.annotations,
    )


def _search(
    view: View, expression: Expression, text: str, context: ViewContext, is_final: bool
) -> None:
    """Rank by similarity to an expression, by the encoder of the former search if it can."""
    former = search_terms.get_search(state.view())
    slug = _encoder_for(expression, former, context)
    if slug is None:
        # No encoder reads words: the page says so, and how to get one.
        _report(text, None)
        return
    try:
        expression = search_terms.with_full_sha1s(context.project, state.view(), expression)
    except PanopticError as error:
        if is_final:
            _report(text, error.message(state.language()))
        return
    percentile = former.percentile if former is not None else None
    search = SimilarityQuery(slug, expression, percentile=percentile)
    state.show(search_terms.with_search(view, search))


def _encoder_for(
    expression: Expression, former: SimilarityQuery | None, context: ViewContext
) -> str | None:
    """Return the slug of the encoder that ranks a search."""
    slugs = [
        encoder.slug
        for encoder in context.encoders
        if encoder.is_ready and (encoder.reads_text or not expression.reads_text)
    ]
    if former is not None and former.encoder in slugs:
        return former.encoder
    default = context.text_encoder if expression.reads_text else context.encoder
    return default.slug if default is not None else None


def _report(text: str, problem: str | None) -> None:
    """Leave the text in the field, and show what is wrong with it."""
    st.session_state[_TYPED] = {"text": text, "problem": problem}


def _with_parsed(view: View, parsed: parser.Parsed) -> View:
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


def _keeps_search(view: View, mode: str) -> bool:
    """Whether the search of a view stays as chips while the field turns to something else."""
    search = search_terms.get_search(view)
    if search is None:
        return False
    # Words alone move to the new mode, as those of a name do: they are looked for there.
    terms = [(term.kind, term.weight) for term in search.expression.terms]
    return mode == "meaning" or terms != [("text", 1)]


def _load_model(project: Project, slug: str) -> None:
    """Load the model while the person types: torch and its weights take 5 to 15 s, once."""
    from panoptic_data.search.by_text import by_text

    def load() -> None:
        # Whatever goes wrong is reported when the person has typed and searches.
        with suppress(PanopticError):
            by_text(project, "image", slug, k=1)

    Thread(target=load, daemon=True).start()
