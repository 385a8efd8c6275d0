"""The line above the pictures: what is asked, in which order and groups, shown how.

Not here: drawing it (``components.searchline``), what a text means
(``panoptic_data.query.parser``), the panel of filters (``widgets.facet_panel``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.gallery import CAPTIONS
from app.components.searchline import NEARNESS_TEXTS, Changed, Choice, searchline
from app.session import state
from app.widgets import compare_encoders, filter_builder, filter_chips, frozen_view, search_terms
from app.widgets.property_facets import shown as shown_properties
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue import facets
from panoptic_data.catalogue.similarity import Asked
from panoptic_data.errors import InvalidExpression, InvalidView, PanopticError
from panoptic_data.query import parser
from panoptic_data.views import model, search_expression
from panoptic_data.views.fields import PERIODS
from panoptic_data.views.model import FIELDS, Condition, Sort, View
from panoptic_data.views.search_expression import Expression, Term

if TYPE_CHECKING:
    from app.widgets.view_context import Shown
    from panoptic_data.annotations.properties import Property
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["line", "search"]

_SORTS = tuple(field for field in model.SORTS if field != "similarity")
_TEXTS = (
    "mode",
    "filters",
    "clear",
    "remove",
    "sort",
    "direction",
    "left",
    "right",
    "shape_fit",
    "shape_crop",
    "shape_rows",
    "captions",
    "captions_title",
    "size",
    "waiting",
    "arrange",
    "arrange_title",
    "groups",
    "order",
    "copies",
    "files",
    "files_title",
    "add_level",
    "add_key",
    "remove_line",
    "level",
    "level_order",
    "by",
    "by_value",
    "by_size",
    "key",
    "displays",
    "split",
)
_FIND_TEXTS = (
    "picture",
    "offer",
    "fetch",
    "leave",
    "not_brought",
    "loading",
    "terms",
    "remove",
    "seen_by_title",
    "compare",
    "compare_none",
    "compare_title",
    "scope",
    "most_at",
    "no_spread",
    *NEARNESS_TEXTS,
)
# The displays and their icons, in the order of the buttons.
_DISPLAYS = {
    "grid": "grid_view",
    "table": "table_rows",
    "chart": "bar_chart",
    "map": "scatter_plot",
}
# What groups of numbers and folders can be made by: None is what fits the corpus.
_FOLDER_DEPTHS = (None, 1, 2, 3)
_WIDTHS: Mapping[str, tuple[float | None, ...]] = {
    "width": (None, 100, 500, 1000),
    "height": (None, 100, 500, 1000),
    "pixels": (None, 1_000_000, 5_000_000),
    "size": (None, 100_000, 1_000_000),
    "copies": (None,),
}
# Session: what a search was narrowed to, or could be again.
NARROWED = "find.narrowed"
_SHOWN = 32
_PROPERTY_WIDTHS = (0.1, 1, 10, 100)


def line(shown: Shown) -> None:
    """Draw the line; what is pressed on it changes the view of the address."""
    view = shown.view
    mode, path = _mode(view), view.condition("path")
    told = st.session_state.get("typed", {})
    text = search_terms.typed(view) if mode == "meaning" else path.value if path else ""
    sort = view.sort[0] if view.sort else _first_sort(view)
    compared = view.compare if compare_encoders.of(shown) is not None else None
    scopes = _scopes(view)
    searchline(
        text=told.get("text", text),
        mode=mode,
        modes=_modes(),
        count=_count(shown),
        chips=filter_chips.chips(search_terms.without(_without_words(view, mode))),
        terms=search_terms.terms(view),
        limit=search_terms.limit(view),
        encoders=_encoders(shown),
        encoder=_encoder(shown),
        comparable=compare_encoders.choices(shown),
        compare=compared,
        scopes=scopes,
        scope=_scope(view) if scopes else None,
        loading=_is_loading(shown, mode),
        version=shown.corpus.version,
        sort=sort.field,
        descending=sort.descending,
        sorts=_sorts(shown.corpus, view),
        arrange=_arrangement(shown),
        captions=_captions(shown.corpus),
        show=view.show if compared is None else ("grid",),
        displays=[
            Choice(name, state.say(f"explore.display_{name}"), icon)
            for name, icon in _DISPLAYS.items()
        ],
        problem=told.get("problem"),
        turn=_turn(),
        language=state.language(),
        texts={
            "build": state.say("builder.open"),
            "hold": state.say("hold.hold"),
            **{name: state.say(f"explore.{name}") for name in _TEXTS},
            **{f"find_{name}": state.say(f"find.{name}") for name in _FIND_TEXTS},
        },
        on_search=lambda text, mode, is_whole: search(text, mode, shown, is_whole),
        on_sort=_sort,
        on_remove=lambda chip: state.show(filter_chips.drop(state.view(), chip)),
        on_clear=_clear,
        on_add=lambda text: _add(text, shown),
        on_term=lambda place: _show(search_terms.without_term(state.view(), place)),
        on_limit=lambda told: _show(
            search_terms.limited(state.view(), search_terms.read_limit(told))
        ),
        on_encoder=lambda slug: _judge(slug, shown),
        on_compare=compare_encoders.with_encoder,
        on_scope=_seek_in,
        on_arrange=_arrange,
        on_show=lambda names: _put({"show": list(names), "compare": None}),
        on_filters=filter_builder.ask,
        hold=frozen_view.is_on(),
        changed=_changed(shown),
        on_hold=frozen_view.turn,
        on_refresh=frozen_view.refresh,
    )
    # Draws nothing until it is asked for, and keeps what was begun when the page is drawn anew.
    filter_builder.open_dialog(shown.corpus, view, state.show)


def search(text: str, mode: str, shown: Shown, is_whole: bool = True) -> None:
    """Show what a text asks for; what it says of fields is taken in once it is ``is_whole``.

    While someone is typing, only plain words and whole searches are: half a date is no question
    yet, and half a search no mistake.
    """
    view = state.view()
    before = _mode(view)
    st.session_state["mode"] = mode
    st.session_state.pop("typed", None)
    if mode != before and _stays(view, mode):
        return
    kept = _without_words(view, before) if mode != before else view
    if mode == "meaning" and shown.reader is not None and not text:
        _warm(shown.project, shown.reader.slug)
    expression = _read(text) if mode == "meaning" else None
    if expression is not None:
        _seek(kept, expression, text, shown, is_whole)
        return
    folders = shown.corpus.corpus.folders.to_list()
    encoder = shown.encoder.slug if shown.encoder else None
    reader = shown.reader.slug if shown.reader else None
    parsed = parser.parse(
        text, encoder=encoder, reader=reader, folders=folders, state=shown.corpus.annotations
    )
    is_plain = not (parsed.where or parsed.sort or parsed.group or parsed.problems or parsed.mode)
    if not is_plain and not is_whole:
        return
    # Where nothing was said of fields, it was meant as a search.
    is_search = mode == "meaning" and bool(text) and (is_plain or bool(parsed.problems))
    problem = _misread(text) if is_search else next(iter(parsed.problems), None)
    if problem is not None:
        if is_whole:
            _tell(text, problem.message(state.language()))
        return
    words = parsed.words
    if words and mode == "meaning":
        meant = Expression((Term("text", words),))
        _seek(_merged(kept, parsed), meant, text, shown, is_whole)
        return
    view = _merged(_without_words(kept, mode), parsed)
    state.show(view.with_condition("path", words) if words else view)


def _read(text: str) -> Expression | None:
    """Return a text as a search; None where it is none, or asks of fields."""
    try:
        return search_expression.parse(text)
    except InvalidExpression:
        return None


def _misread(text: str) -> InvalidExpression | None:
    """Return what is wrong with a search."""
    try:
        search_expression.parse(text)
    except InvalidExpression as error:
        return error
    return None


def _seek(view: View, expression: Expression, text: str, shown: Shown, is_whole: bool) -> None:
    """Show what is like an expression, under the encoder of the search before if that can."""
    now = search_terms.asked(state.view())
    slug = _seeing(expression, now, shown)
    if slug is None:
        # Words without any encoder that reads them: the page says so, and how to get one.
        _tell(text, None)
        return
    try:
        expression = search_terms.whole(shown.project, state.view(), expression)
    except PanopticError as error:
        if is_whole:
            _tell(text, error.message(state.language()))
        return
    percentile = now.percentile if now is not None else None
    state.show(search_terms.put(view, Asked(slug, expression, percentile=percentile)))


def _seeing(expression: Expression, now: Asked | None, shown: Shown) -> str | None:
    """Return the encoder that judges a search."""
    able = [one for one in shown.encoders if one.is_ready]
    if expression.reads_text:
        able = [one for one in able if one.reads_text]
    slugs = [one.slug for one in able]
    if now is not None and now.encoder in slugs:
        return now.encoder
    first = shown.reader if expression.reads_text else shown.encoder
    return first.slug if first is not None else None


def _add(text: str, shown: Shown) -> None:
    """Take what was brought or drawn into the search."""
    st.session_state.pop("typed", None)
    read = _read(text)
    if read is None or shown.encoder is None:
        return
    view = state.view()
    for term in read.terms:
        view = search_terms.added(view, term, shown.encoder.slug)
    _show(view)


def _judge(slug: str, shown: Shown) -> None:
    """Let another encoder judge the search; a cosine of one says nothing under another."""
    view = state.view()
    asks = search_terms.asked(view)
    chosen = next((one for one in shown.encoders if one.slug == slug and one.is_ready), None)
    st.session_state.pop("typed", None)
    if asks is None or chosen is None:
        return
    if asks.expression.reads_text and not chosen.reads_text:
        problem = state.say("find.no_words", encoder=chosen.name)
        st.session_state["typed"] = {"problem": problem}
        return
    # Beside itself it would say nothing: the two change places.
    compare = asks.encoder if view.compare == slug else view.compare
    view = search_terms.put(view, replace(asks, encoder=slug, threshold=None))
    state.show(replace(view, compare=compare))


def _scopes(view: View) -> list[Choice]:
    """Return where a search can look: within what else is asked, or was before, or everywhere."""
    others = search_terms.others(view)
    if others or search_terms.asked(view) is None:
        # Kept for the search that begins, or goes on, without it.
        st.session_state[NARROWED] = others
    narrowed = st.session_state.get(NARROWED, ())
    if search_terms.asked(view) is None or not narrowed:
        return []
    told = ", ".join(filter_chips.label(part) for part in narrowed)
    told = told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"
    within = "find.in_filters" if others else "find.in_before"
    return [
        Choice("view", state.say(within, filters=told)),
        Choice("corpus", state.say("find.in_corpus")),
    ]


def _scope(view: View) -> str:
    return "view" if search_terms.others(view) else "corpus"


def _seek_in(scope: str) -> None:
    """Search the whole corpus, or within the filters that were there before."""
    view = state.view()
    if scope == "corpus":
        _show(search_terms.everywhere(view))
    elif not search_terms.others(view):
        narrowed = st.session_state.get(NARROWED, ())
        _show(replace(view, where=(*narrowed, *view.where)))


def _clear() -> None:
    st.session_state.pop(NARROWED, None)
    state.show(replace(state.view(), where=(), compare=None))


def _show(view: View) -> None:
    st.session_state.pop("typed", None)
    state.show(view)


def _tell(text: str, problem: str | None) -> None:
    """Leave what was typed where it stands, and say what is wrong with it."""
    st.session_state["typed"] = {"text": text, "problem": problem}


def _merged(view: View, parsed: parser.Parsed) -> View:
    """Add what was typed: it takes the place of what a press had set on the same field."""
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


def _mode(view: View) -> str:
    """Return what the field searches: "path" or "meaning"."""
    chosen: str | None = st.session_state.get("mode")
    return chosen or ("path" if search_terms.asked(view) is None else "meaning")


def _stays(view: View, mode: str) -> bool:
    """Whether the search of a view stays as chips while the field turns to something else."""
    asks = search_terms.asked(view)
    if asks is None:
        return False
    # Words alone go along, as those of a name do: someone looks for them elsewhere.
    is_words = [(one.kind, one.weight) for one in asks.expression.terms] == [("text", 1)]
    return mode == "meaning" or not is_words


def _without_words(view: View, mode: str) -> View:
    """Return the view without what stands in the search field."""
    return view.without("path") if mode == "path" else search_terms.without(view)


def _encoders(shown: Shown) -> list[Choice]:
    """Return the encoders that can judge a search, where there are several."""
    ready = [one for one in shown.encoders if one.is_ready]
    names = [
        one.name if one.reads_text else state.say("find.pictures_only", encoder=one.name)
        for one in ready
    ]
    return [
        Choice(one.slug, state.say("find.seen_by", encoder=name))
        for one, name in zip(ready, names, strict=True)
        if len(ready) > 1
    ]


def _encoder(shown: Shown) -> str | None:
    asks = search_terms.asked(shown.view)
    return None if asks is None else asks.encoder


def _is_loading(shown: Shown, mode: str) -> bool:
    """Whether a search in words has to wait until a model is loaded."""
    if mode != "meaning" or shown.reader is None:
        return False
    from panoptic_data.vectors import query_vectors

    return not query_vectors.is_warm(shown.project, shown.reader.slug)


def _turn() -> int:
    st.session_state["turn"] = st.session_state.get("turn", 0) + 1
    turn: int = st.session_state["turn"]
    return turn


def _modes() -> list[Choice]:
    return [
        Choice("path", state.say("explore.mode_path"), state.say("explore.search")),
        Choice("meaning", state.say("explore.mode_meaning"), state.say("explore.search_meaning")),
    ]


def _first_sort(view: View) -> Sort:
    return Sort("path") if search_terms.asked(view) is None else Sort("similarity", True)


def _sorts(corpus: Catalogue, view: View) -> list[Choice]:
    ranked = [] if search_terms.asked(view) is None else ["similarity"]
    fields = (*ranked, *_SORTS)
    return [
        *(Choice(field, state.say(f"explore.sort_{field}")) for field in fields),
        *(
            Choice(field, state.say("explore.sort_property", name=one.name))
            for field, one in shown_properties(corpus)
        ),
    ]


def _captions(corpus: Catalogue) -> list[Choice]:
    return [
        *(Choice(name, state.say(f"explore.caption_{name}")) for name in CAPTIONS),
        *(Choice(field, one.name) for field, one in shown_properties(corpus)),
    ]


def _count(shown: Shown) -> str:
    corpus = shown.corpus.corpus
    is_ok = corpus.statuses == 0
    if shown.view.condition(EXCLUDED) is None and facets.excluded(shown.corpus):
        is_ok = is_ok & ~shown.corpus.column(EXCLUDED).filled
    by_file = shown.view.mode == "file"
    total = int(is_ok[corpus.file_row].sum() if by_file else is_ok.sum())
    count = 0 if shown.found is None else shown.found.images
    if not shown.view.where:
        key = "explore.count_files" if by_file else "explore.count_all"
        return state.say(key, count=total, total=state.number(total))
    return state.say("explore.count", shown=state.number(count), total=state.number(total))


def _changed(shown: Shown) -> Changed | None:
    """Say what a held view would show differently if it were asked anew."""
    changes = shown.changes
    if changes is None or not (changes.count or changes.is_moved):
        return None
    if not changes.count:
        return Changed(state.say("hold.moved"), state.say("hold.moved_title"))
    gone = state.say("hold.gone", count=changes.count - changes.new) if changes.gone.any() else ""
    new = state.say("hold.new", count=changes.new) if changes.new else ""
    told = ", ".join(filter(None, (gone, new)))
    label = state.say("hold.changed", count=changes.count, total=state.number(changes.count))
    return Changed(label, state.say("hold.changed_title", what=told))


def _warm(project: Project, slug: str) -> None:
    """Load the model while the person types: torch and its weights take 5 to 15 s, once."""
    from panoptic_data.search import find as search

    def load() -> None:
        # Whatever goes wrong is told when the person has typed and asks.
        with suppress(PanopticError):
            search.by_text(project, "image", slug, k=1)

    Thread(target=load, daemon=True).start()


def _sort(field: str, descending: bool) -> None:
    """Change the first key; what is equal in it stays in the order that was chosen before."""
    view = state.view()
    chosen = Sort(field, descending)
    others = tuple(one for one in view.sort[1:] if one.field != field)
    is_first = chosen == _first_sort(view) and not others
    state.show(view.sorted_by(*(() if is_first else (chosen, *others))))


def _arrangement(shown: Shown) -> dict[str, Any]:
    view = shown.view
    return {
        "sorts": [asdict(choice) for choice in _sorts(shown.corpus, view)],
        "levels": _levels(shown.corpus, shown.encoders),
        "sort": [asdict(one) for one in view.sort],
        "group": [asdict(one) for one in view.group],
        "mode": view.mode,
    }


def _levels(corpus: Catalogue, encoders: Sequence[state.Encoder]) -> list[dict[str, Any]]:
    """Return what this corpus can be grouped by, each with the ways to do it."""
    levels = [_level("folder", [(depth, _depth_name(depth)) for depth in _FOLDER_DEPTHS])]
    mapped = [one for one in encoders if corpus.clusters(one.slug) is not None]
    if mapped:
        levels.append(_level("cluster", [(one.slug, one.name) for one in mapped]))
    periods = _periods()
    if corpus.date_range() is not None:
        levels.append(_level("taken_at", periods))
    levels += [_level("format"), _level("colour"), _level("camera"), _level("added", periods)]
    for field, widths in _WIDTHS.items():
        levels.append(_level(field, [(width, _width_name(field, width)) for width in widths]))
    kinds = corpus.duplicates()["kind"].unique().sort().to_list()
    if kinds:
        levels.append(_level("duplicate", [(kind, _kind_name(kind)) for kind in kinds]))
    return levels + _property_levels(corpus)


def _property_levels(corpus: Catalogue) -> list[dict[str, Any]]:
    known = shown_properties(corpus)
    levels = []
    for field, one in known:
        kind = FIELDS[field].kind
        bys: Sequence[tuple[Any, str]] = ()
        if kind in ("date", "number"):
            bys = _periods() if kind == "date" else _bins(one)
        levels.append(_level(field, bys, one.name))
    if known:
        whose = [(one.id, state.say("explore.by_what", name=one.name)) for _, one in known]
        authors = [(None, state.say("explore.by_anyone")), *whose]
        levels.append(_level("author", authors, state.say("explore.author")))
    return levels


def _level(
    field: str, bys: Sequence[tuple[Any, str]] = (), name: str | None = None
) -> dict[str, Any]:
    return {
        "id": field,
        "label": name or filter_chips.field_name(field),
        "bys": [{"value": value, "label": label} for value, label in bys],
    }


def _periods() -> list[tuple[str, str]]:
    periods = [(one, state.say(f"explore.by_{one}")) for one in reversed(PERIODS)]
    # A year tells most, and most often.
    return sorted(periods, key=lambda one: one[0] != "year")


def _bins(one: Property) -> list[tuple[float | None, str]]:
    """Return the widths of bins that suit a property of numbers: its own step too."""
    step = one.options.get("step")
    widths = sorted({*_PROPERTY_WIDTHS, *([step] if step else [])})
    named = [(float(width), state.say("explore.by_width", width=f"{width:g}")) for width in widths]
    return [(None, state.say("explore.by_fitting")), *named]


def _depth_name(depth: int | None) -> str:
    if depth is None:
        return state.say("explore.by_folder")
    return state.say("explore.by_depth", depth=depth)


def _width_name(field: str, width: float | None) -> str:
    if width is None:
        return state.say("explore.by_fitting")
    scale = filter_chips.SCALES[field]
    value = width / scale
    said = state.number(value) if value == int(value) else f"{value:g}"
    return state.say("explore.by_width", width=said)


def _kind_name(kind: str) -> str:
    name, _, slug = kind.partition(":")
    text = state.say(f"explore.duplicates_{name}")
    return f"{text} ({slug})" if slug else text


def _arrange(asked: Mapping[str, Any]) -> None:
    _put({name: asked[name] for name in ("sort", "group", "mode") if name in asked})


def _put(parts: Mapping[str, Any]) -> None:
    """Change parts of the view to what the browser asks, read as strictly as an address."""
    with suppress(InvalidView):
        state.show(model.from_json({**model.to_json(state.view()), **parts}))
