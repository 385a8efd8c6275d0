"""The builder of filters: the conditions of a view as a tree that can be edited in a dialog.

A draft is counted and checked while the person edits; the view changes when it is applied. Not
here: the tree's markup (``components.builder``), values to choose from
(``widgets.filter_choices``), what a condition selects (``panoptic_data.catalogue.filters``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.builder import (
    Answer,
    Draft,
    Field,
    Hue,
    Operator,
    Property,
    builder,
    drafted,
)
from app.session import state
from app.session.texts import section_texts
from app.widgets.filter_chips import SCALES, field_name, operator_name, part_label
from app.widgets.filter_choices import filter_choices, property_headings
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidView, PanopticError
from panoptic_data.views import model
from panoptic_data.views.fields import FIELDS, WHO_FIELDS, is_property
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = [
    "HUE_SAMPLES",
    "check_draft",
    "draw",
    "editable_parts",
    "editor_kind",
    "open_dialog",
    "request_dialog",
    "with_where",
]

# A sample of each named colour.
HUE_SAMPLES: Mapping[str, str] = {
    "black": "#101010",
    "grey": "#8a8a8a",
    "white": "#fafafa",
    "red": "#c8202c",
    "orange": "#e88a2c",
    "yellow": "#e8c91e",
    "green": "#2e9d43",
    "cyan": "#12a8a8",
    "blue": "#2463c4",
    "purple": "#8a3fc0",
    "pink": "#e65aa0",
}
_UNITS = ("width", "height")
_CHOICES = ("folder", "format", "status")
_EMPTY = ("is empty", "is not empty")
# The editor of what is chosen on a map, in a gallery or in words, and cannot be edited here.
_FIXED = "fixed"
# Session: the key of the view that the dialog is open on ("" before it is drawn), and how often
# it was opened.
_OPEN, _OPENED = "builder_open", "builder_opened"


def request_dialog() -> None:
    """Open the dialog in the next run of the page; for callbacks."""
    st.session_state[_OPEN] = ""
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def open_dialog(corpus: Catalogue, view: View, on_change: Callable[[View], None]) -> None:
    """Draw the dialog over the page if it was requested; called in every run of the page."""
    opened_on = st.session_state.get(_OPEN)
    if opened_on is None:
        return
    if opened_on not in ("", view.key):
        # The browser's own button led back to another view.
        _close()
        return
    st.session_state[_OPEN] = view.key

    @st.dialog(state.text("builder.title"), width="large", on_dismiss=_close)
    def dialog() -> None:
        if st.session_state.get(_OPEN) is None:
            # Applied or cancelled: only a run of the whole page takes the dialog away.
            st.rerun()
        draw(corpus, view, applied, _close)

    def applied(changed: View) -> None:
        _close()
        on_change(changed)

    dialog()


def draw(
    corpus: Catalogue,
    view: View,
    on_change: Callable[[View], None],
    on_cancel: Callable[[], None] = lambda: None,
) -> None:
    """Draw the builder in the current container; ``on_change`` gets the view once it is applied.

    Only its conditions differ from those of ``view``. ``on_cancel`` is called when the person
    leaves without applying.
    """
    # Each opening begins a new draft: what an earlier one left unapplied is forgotten.
    key = f"builder_{st.session_state.get(_OPENED, 0)}"
    draft = drafted(key) or Draft(0, model.to_json(view)["where"])

    def apply(where: Any) -> None:
        try:
            changed = with_where(view, where)
        except InvalidView:
            # The problem is shown beside the condition; the draft stays.
            return
        on_change(changed)

    choices = filter_choices(corpus)
    builder(
        where=editable_parts(view, draft.where, corpus.annotations),
        fields=_fields(corpus.annotations),
        choices=choices.choices,
        clusters=choices.clusters,
        properties=[
            Property(property.id, property.name) for property in corpus.annotations.live_properties
        ],
        hues=[
            Hue(hue, state.text(f"groups.hue_{hue}"), sample) for hue, sample in HUE_SAMPLES.items()
        ],
        answer=check_draft(corpus, view, draft),
        language=state.language(),
        texts=section_texts("builder", "ui_"),
        on_apply=apply,
        on_cancel=on_cancel,
        key=key,
    )


def _close() -> None:
    st.session_state[_OPEN] = None


def with_where(view: View, where: Any) -> View:
    """Return the view with other conditions, read as strictly as an address."""
    return model.from_json({**model.to_json(view), "where": where})


def editable_parts(view: View, where: Any, annotations: State) -> list[dict[str, Any]]:
    """Return the parts that the tree begins with, as JSON.

    Conditions that cannot be edited have a ``label``: those made elsewhere, and those on
    properties that were deleted or have changed their type.
    """
    try:
        with_where(view, where)
    except InvalidView:
        where = model.to_json(view)["where"]
    return [_labelled(part, annotations) for part in where]


def editor_kind(condition_field: str, op: str) -> str:
    """Return the kind of editor that a value is typed or chosen with."""
    kind = FIELDS[condition_field].kind
    if op in _EMPTY:
        return "nothing"
    if kind == "number":
        return "range" if op == "between" else "number"
    if kind == "date":
        return "dates" if op == "between" else "date"
    if kind == "text":
        return "pattern" if op == "matches" else "text"
    if condition_field in _CHOICES or kind in ("tags", "link"):
        return "choices"
    if kind == "truth":
        return "truth"
    special = {"cluster": "clusters", "duplicate": "kinds", **WHO_FIELDS}
    colours = {"near": "near", "is": "hue"} if kind == "colour" else {}
    return special.get(condition_field) or colours.get(op, _FIXED)


def check_draft(corpus: Catalogue, view: View, draft: Draft) -> Answer:
    """Count what a draft would show, or report what is wrong with it and where."""
    try:
        edited = with_where(view, draft.where)
    except InvalidView as error:
        return _problems(corpus, draft, error)
    try:
        count = len(run_view(corpus, replace(edited, sort=(), group=())))
    except InvalidView as error:
        return _problems(corpus, draft, error)
    except PanopticError as error:
        return Answer(draft.turn, problem=error.message(state.language()))
    total = state.number(count)
    text = state.text(f"builder.count_{view.mode}", count=count, total=total)
    return Answer(draft.turn, text)


def _problems(corpus: Catalogue, draft: Draft, error: InvalidView) -> Answer:
    problems = {}
    for index, condition in enumerate(_conditions(draft.where)):
        reason = _reason(corpus, condition)
        if reason is not None:
            problems[index] = reason
    problem = "" if problems else error.message(state.language())
    return Answer(draft.turn, problem=problem, problems=problems)


def _reason(corpus: Catalogue, condition: Any) -> str | None:
    """Say what is wrong with one condition by itself, or None."""
    try:
        alone = with_where(View(), [condition])
        [parsed] = model.conditions(alone)
        if is_property(parsed.field):
            corpus.property(parsed.field)
        if parsed.op == "matches":
            # What Python can search with is not always what the catalogue can.
            run_view(corpus, alone)
    except InvalidView as error:
        text = state.text(f"view.{error.problem}", **error.details)
        return f"{text[:1].upper()}{text[1:]}."
    return None


def _conditions(where: Any) -> list[Any]:
    """Return every condition of the browser's message, valid or not, in order."""
    conditions = []
    waiting = list(reversed(where)) if isinstance(where, list) else []
    while waiting:
        part = waiting.pop()
        kind = next(
            (clause for clause in model.CLAUSES if isinstance(part, dict) and clause in part), None
        )
        if kind is None:
            conditions.append(part)
        elif kind == "not":
            waiting.append(part[kind])
        elif isinstance(part[kind], list):
            waiting += reversed(part[kind])
    return conditions


def _labelled(part: Mapping[str, Any], annotations: State) -> dict[str, Any]:
    """Return a part, and what to call each condition in it that cannot be edited."""
    if "not" in part:
        return {"not": _labelled(part["not"], annotations)}
    for kind in ("all", "any"):
        if kind in part:
            return {kind: [_labelled(inner, annotations) for inner in part[kind]]}
    condition = Condition(part["field"], part["op"], part.get("value"))
    plain = {"field": condition.field, "op": condition.op, "value": condition.value}
    return (
        {**plain, "label": part_label(condition, annotations)}
        if _is_fixed(condition, annotations)
        else plain
    )


def _is_fixed(condition: Condition, annotations: State) -> bool:
    if is_property(condition.field) and condition.field not in property_headings(annotations):
        return True
    kind = editor_kind(condition.field, condition.op)
    # One group of duplicates has no name that could be chosen from.
    return kind == _FIXED or (kind == "kinds" and "groups" in condition.value)


def _fields(annotations: State) -> list[Field]:
    headings = property_headings(annotations)
    built_in = state.text("builder.built_in") if headings else ""
    fields = [
        _field(name, annotations, headings.get(name, built_in)) for name in (*FIELDS, *headings)
    ]
    return [field for field in fields if field.operators]


def _field(name: str, annotations: State, heading: str) -> Field:
    kinds = {operator.name: editor_kind(name, operator.name) for operator in FIELDS[name].operators}
    return Field(
        name,
        field_name(name, annotations),
        [Operator(op, operator_name(op), kind) for op, kind in kinds.items() if kind != _FIXED],
        SCALES.get(name, 1),
        state.text(f"builder.unit_{name}") if name in _UNITS else "",
        heading,
    )
