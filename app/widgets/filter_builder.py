"""Every filter of a view as conditions that can be combined: what can be asked, and the answers.

What is being edited is counted and checked while the person edits; the view changes when it is
applied. Not here: drawing the tree (``components.builder``), what a condition selects
(``panoptic_data.catalogue.filters``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.builder import (
    Answer,
    Clusters,
    Draft,
    Field,
    Hue,
    Item,
    Operator,
    Property,
    builder,
    drafted,
)
from app.session import state
from app.session.texts import section_texts
from app.widgets.filter_chips import SCALES, field_name, operator_name, part_label
from panoptic_data.annotations import tags
from panoptic_data.catalogue import facets, field_counts
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidView, PanopticError
from panoptic_data.views import model
from panoptic_data.views.fields import FIELDS, STATUSES, is_property, property_field
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
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

# One colour that every person would call by the name.
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
# What is chosen on a map, in a gallery or in words, and cannot be typed here.
_FIXED = "fixed"
# Those that most images have are sent to the browser; others can be typed in the search field.
MOST_TAGS = 3_000
MOST_LINKED = 1_000
# The key of the view that the dialog is open on ("" before it is drawn), how often it was opened,
# and what can be chosen.
_OPEN, _OPENED, _CHOICES_KEY = "builder_open", "builder_opened", "builder_words"


def request_dialog() -> None:
    """Open the dialog in the run that follows (a callback of what opens it)."""
    st.session_state[_OPEN] = ""
    st.session_state[_OPENED] = st.session_state.get(_OPENED, 0) + 1


def open_dialog(corpus: Catalogue, view: View, on_change: Callable[[View], None]) -> None:
    """Draw the builder over the page if it was asked for; called in every run of the page."""
    opened_on = st.session_state.get(_OPEN)
    if opened_on is None:
        return
    if opened_on not in ("", view.key):
        # The browser's own button led back to another view.
        _close()
        return
    st.session_state[_OPEN] = view.key

    @st.dialog(state.say("builder.title"), width="large", on_dismiss=_close)
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
    """Draw the builder where we are; ``on_change`` gets the view once it is applied.

    Only its conditions differ from those of ``view``. ``on_cancel`` is called when the person
    leaves without applying.
    """
    # Each opening begins anew: what an earlier one left unapplied is forgotten.
    key = f"builder_{st.session_state.get(_OPENED, 0)}"
    draft = drafted(key) or Draft(0, model.to_json(view)["where"])

    def apply(where: Any) -> None:
        try:
            changed = with_where(view, where)
        except InvalidView:
            # It is told beside the condition; nothing is lost.
            return
        on_change(changed)

    choices = _choices(corpus)
    builder(
        where=editable_parts(view, draft.where, corpus.annotations),
        fields=_fields(corpus.annotations),
        choices=choices.choices,
        clusters=choices.clusters,
        properties=[Property(item.id, item.name) for item in corpus.annotations.live_properties],
        hues=[
            Hue(item, state.say(f"groups.hue_{item}"), HUE_SAMPLES[item]) for item in HUE_SAMPLES
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
    """Return the parts that the tree begins with; what cannot be edited has a ``label``.

    So have conditions on properties that were deleted or have changed their type.
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
    special = {"cluster": "clusters", "duplicate": "kinds", "author": "authors"}
    colours = {"near": "near", "is": "hue"} if kind == "colour" else {}
    return special.get(condition_field) or colours.get(op, _FIXED)


def check_draft(corpus: Catalogue, view: View, draft: Draft) -> Answer:
    """Count what a draft would show, or say what is wrong with it and where."""
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
    text = state.say(f"builder.count_{view.mode}", count=count, total=total)
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
        text = state.say(f"view.{error.problem}", **error.details)
        return f"{text[:1].upper()}{text[1:]}."
    return None


def _conditions(where: Any) -> list[Any]:
    """Return every condition of what the browser told, right or wrong, in order."""
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
            return {kind: [_labelled(one, annotations) for one in part[kind]]}
    condition = Condition(part["field"], part["op"], part.get("value"))
    plain = {"field": condition.field, "op": condition.op, "value": condition.value}
    return (
        {**plain, "label": part_label(condition, annotations)}
        if _is_fixed(condition, annotations)
        else plain
    )


def _is_fixed(condition: Condition, annotations: State) -> bool:
    if is_property(condition.field) and condition.field not in _property_fields(annotations):
        return True
    kind = editor_kind(condition.field, condition.op)
    # One group of duplicates has no name that could be chosen from.
    return kind == _FIXED or (kind == "kinds" and "groups" in condition.value)


def _property_fields(annotations: State) -> Mapping[str, str]:
    """Return the fields of the properties, each with the heading that it stands under."""
    own = state.say("builder.properties")
    headed = [
        (property_field(property.type, property.id), property.folder or own)
        for property in annotations.live_properties
    ]
    # Those under no heading of their own come first, and each heading once.
    headings = list(dict.fromkeys([own, *(heading for _, heading in headed)]))
    return dict(sorted(headed, key=lambda property: headings.index(property[1])))


def _fields(annotations: State) -> list[Field]:
    headings = _property_fields(annotations)
    built_in = state.say("builder.built_in") if headings else ""
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
        state.say(f"builder.unit_{name}") if name in _UNITS else "",
        heading,
    )


@dataclass(frozen=True)
class _Choices:
    """What can be chosen, with its counts in the whole corpus."""

    choices: Mapping[str, list[Item]]
    clusters: list[Clusters]


def _choices(corpus: Catalogue) -> _Choices:
    """Return the choices, counted once: every change of a draft asks for them again."""
    key = (corpus.project.root, corpus.version, state.language())
    cached = st.session_state.get(_CHOICES_KEY)
    if cached is not None and cached[0] == key:
        choices_: _Choices = cached[1]
        return choices_
    encoders = {encoder.slug: encoder.name for encoder in state.encoders(corpus.project)}
    choices = {
        "folder": [Item(path, path, count) for path, count in field_counts.folders(corpus).items()],
        "format": [Item(name, name, count) for name, count in field_counts.formats(corpus).items()],
        "status": _statuses(corpus),
        "duplicate": _kinds(corpus, encoders),
        "author": _authors(corpus),
        **{
            field: _tags(corpus, field) if FIELDS[field].kind == "tags" else _linked(corpus, field)
            for field in _property_fields(corpus.annotations)
            if FIELDS[field].kind in ("tags", "link")
        },
    }
    choices_ = _Choices(choices, _clusters(corpus, encoders))
    st.session_state[_CHOICES_KEY] = (key, choices_)
    return choices_


def _statuses(corpus: Catalogue) -> list[Item]:
    counts = dict(corpus.frame["status"].value_counts().iter_rows())
    return [
        Item(status, state.say(f"explore.status_{status}"), counts.get(status, 0))
        for status in STATUSES
    ]


def _kinds(corpus: Catalogue, encoders: Mapping[str, str]) -> list[Item]:
    members = corpus.duplicates().select("kind", "row").unique()
    counts = sorted(members["kind"].value_counts().iter_rows())
    return [Item(kind, _kind_name(kind, encoders), count) for kind, count in counts]


def _kind_name(kind: str, encoders: Mapping[str, str]) -> str:
    name, _, slug = kind.partition(":")
    return state.say(f"builder.kind_{name}", encoder=encoders.get(slug, slug))


def _clusters(corpus: Catalogue, encoders: Mapping[str, str]) -> list[Clusters]:
    return [
        Clusters(slug, encoders.get(slug, slug), _numbers(corpus, slug))
        for slug in corpus.encoders
        if corpus.clusters(slug) is not None
    ]


def _numbers(corpus: Catalogue, slug: str) -> list[Item]:
    info = corpus.cluster_info(slug)
    medoids = dict(zip(info["number"], info["medoid"], strict=True))
    return [
        Item(number, _cluster_name(number), count, medoids.get(number))
        for number, count in field_counts.clusters(corpus, slug).items()
    ]


def _cluster_name(number: int) -> str:
    if number < 0:
        return state.say("explore.cluster_none")
    return state.say("explore.cluster_name", number=number)


def _authors(corpus: Catalogue) -> list[Item]:
    counts = facets.authors(corpus, View()).counts
    return [Item(name, name, count) for name, count in counts.items()]


def _tags(corpus: Catalogue, field: str) -> list[Item]:
    """Return a property's tags as a tree, each once: under the first of those above it."""
    counts = facets.tags(corpus, View(), field).counts
    by_id = {tag.id: tag for tag in corpus.annotations.tags_of(corpus.property(field).id)}
    often = sorted(by_id, key=lambda id: -counts.get(id, 0))[:MOST_TAGS]
    listed = {*often, *(tags.ancestors(by_id, often) & by_id.keys())}
    shown = {id: tag for id, tag in by_id.items() if id in listed}
    return [_tag(shown, path, counts) for path in _branches(shown)]


def _linked(corpus: Catalogue, field: str) -> list[Item]:
    """Return the images that a property links to, by their names, those linked to most first."""
    counts = facets.values(corpus, View(), field, MOST_LINKED).counts
    rows = corpus.rows_of(list(counts))
    names = corpus.frame["place"].gather(rows).str.replace(r"^.*/", "").to_list()
    name_of = dict(zip(corpus.sha1s(rows), names, strict=True))
    return [Item(sha1, name_of.get(sha1, sha1), count, sha1) for sha1, count in counts.items()]


def _tag(by_id: Mapping[str, Tag], path: list[str], counts: Mapping[str, int]) -> Item:
    tag = by_id[path[-1]]
    title = " › ".join(by_id[id].name for id in path)
    return Item(tag.id, tag.name, counts.get(tag.id, 0), None, title, tag.colour, "/".join(path))


def _branches(by_id: Mapping[str, Tag]) -> list[list[str]]:
    """Return the way from the top to each tag, each tag right before those below it."""
    below = tags.children(by_id)
    waiting = [[id] for id, tag in by_id.items() if not _first_parent(by_id, tag)][::-1]
    paths = []
    while waiting:
        path = waiting.pop()
        paths.append(path)
        own = [id for id in below.get(path[-1], ()) if _first_parent(by_id, by_id[id]) == path[-1]]
        waiting += [[*path, id] for id in reversed(own)]
    return paths


def _first_parent(by_id: Mapping[str, Tag], tag: Tag) -> str | None:
    return next((parent for parent in tag.parents if parent in by_id), None)
