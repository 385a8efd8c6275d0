"""What typing in the search line, and pressing what stands on it, does to the view.

Not here: drawing the line (``widgets.search_line``), what a text means
(``panoptic_data.query.parser``), the search as part of a view (``widgets.search_terms``).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.session import navigation, state, url_state
from app.widgets import search_terms
from panoptic_data.errors import InvalidExpression, InvalidView
from panoptic_data.parts import shared
from panoptic_data.search import typed_text
from panoptic_data.search.typed_text import Encoders
from panoptic_data.views import model, search_expression
from panoptic_data.views.model import Sort, View

if TYPE_CHECKING:
    from app.widgets.view_context import ViewContext

__all__ = [
    "add_terms",
    "change_view",
    "choose_encoder",
    "choose_scope",
    "clear",
    "default_sort",
    "remember_filters",
    "remembered_filters",
    "search_encoders",
    "show",
    "sort_by",
    "submit",
    "text_in_field",
    "waiting_words",
]

# Session: the filters that a search was narrowed to, or could be narrowed to again.
_FILTERS = "find.narrowed"
# Session: a text that is not taken in: ``text``, ``problem`` in words and its ``column``;
# ``waits`` where only an encoder that reads words is missing.
_TYPED = "typed"
# Before a picture: not what looks like it is sought, but where it occurs.
_PART_OF = "part-of:"
# What a text can be taken as.
_CHOICES = ("names", "meaning")
_OTHER = {"names": "meaning", "meaning": "names"}


def submit(text: str, choice: str, context: ViewContext) -> None:
    """Show what a text asks for: the images whose "names" have its words, or their "meaning".

    With "" it is what it can be taken as, or finds (``typed_text.first_choice``), and with "other"
    the other one.
    """
    st.session_state.pop(_TYPED, None)
    view = state.view()
    typed = typed_text.read(context.corpus, text, view, search_encoders(context))
    if typed.problem is not None:
        message = typed.problem.message(state.language())
        _keep_typed(text, problem=message, column=typed.span[0] if typed.span else None)
        return
    if choice not in _CHOICES:
        first = typed_text.first_choice(context.corpus, typed, view) or "meaning"
        choice = _OTHER[first] if choice == "other" and typed.words else first
    target = typed.names if choice == "names" else typed.meaning
    if target is None:
        # No encoder reads words: the page says so, and how to get one.
        _keep_typed(text, waits=typed.needs_reader)
        return
    state.show(target)


def search_encoders(context: ViewContext) -> Encoders:
    """Return the encoders that rank a search: that of the search that is on, if it can."""
    former = search_terms.get_search(state.view())
    ready = {encoder.slug: encoder for encoder in context.encoders if encoder.is_ready}
    own = None if former is None else ready.get(former.encoder)
    words = own if own is not None and own.reads_text else context.text_encoder
    pictures = own or context.encoder
    return Encoders(words.slug if words else None, pictures.slug if pictures else None)


def text_in_field(view: View) -> tuple[str, str | None, int | None]:
    """Return what stands in the field, what is wrong with it, and from which letter on."""
    typed = st.session_state.get(_TYPED, {})
    text = typed.get("text", typed_text.in_field(view))
    return text, typed.get("problem"), typed.get("column")


def waiting_words() -> str | None:
    """Return the words whose meaning cannot be searched for, as no encoder reads them."""
    typed = st.session_state.get(_TYPED, {})
    return typed["text"] if typed.get("waits") else None


def add_terms(text: str, context: ViewContext) -> None:
    """Add images that were dropped, pasted or drawn around (``file:…``, ``crop:…``).

    ``part-of:crop:…`` shows in which images of the whole corpus the very same thing occurs.
    """
    st.session_state.pop(_TYPED, None)
    if text.startswith(_PART_OF):
        _show_part(text.removeprefix(_PART_OF), context)
        return
    try:
        expression = search_expression.parse(text)
    except InvalidExpression:
        return
    if context.encoder is None:
        return
    view = state.view()
    for term in expression.terms:
        view = search_terms.with_term(view, term, context.encoder.slug)
    show(view)


def _show_part(picture: str, context: ViewContext) -> None:
    """Show where a part of an image occurs, or, before parts were looked for, what that takes."""
    try:
        search_expression.parse(picture)
    except InvalidExpression:
        return
    if shared.is_made(context.project):
        state.open_tab(None, View().with_condition("part", [picture]))
        return
    st.toast(state.text("find.part_not_yet"))
    url_state.write({url_state.IMAGE: None, "group": "part:"})
    navigation.to("duplicates")


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


def _keep_typed(text: str, **why: Any) -> None:
    """Leave a text in the field that is not taken in."""
    st.session_state[_TYPED] = {"text": text, **why}
