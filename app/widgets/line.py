"""The line above the pictures: what is asked, in which order and groups, shown how.

Not here: drawing it (``components.searchline``), what a text means (``panoptic_data.query``),
the panel of filters (``widgets.filters``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import state
from app.components.gallery import CAPTIONS
from app.components.searchline import Changed, Choice, searchline
from app.widgets import builder, chips, holding
from app.widgets.property_filters import shown as shown_properties
from panoptic_data import facets, query, views
from panoptic_data.errors import InvalidView, PanopticError
from panoptic_data.fields import PERIODS
from panoptic_data.properties import EXCLUDED
from panoptic_data.views import FIELDS, Condition, Sort, View

if TYPE_CHECKING:
    from app.widgets.shown import Shown
    from panoptic_data.catalogue import Catalogue
    from panoptic_data.project import Project
    from panoptic_data.properties import Property

__all__ = ["line", "search"]

_SORTS = tuple(field for field in views.SORTS if field != "similarity")
_RANKED = ("like", "similar", "text")
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
_PROPERTY_WIDTHS = (0.1, 1, 10, 100)


def line(shown: Shown) -> None:
    """Draw the line; what is pressed on it changes the view of the address."""
    view = shown.view
    meaning, path = view.condition("text"), view.condition("path")
    told = st.session_state.get("typed", {})
    text = meaning.value["text"] if meaning else path.value if path else ""
    sort = view.sort[0] if view.sort else _first_sort(view)
    searchline(
        text=told.get("text", text),
        mode="meaning" if _is_meaning(view) else "path",
        modes=_modes(),
        count=_count(shown),
        chips=chips.chips(_without_words(view)),
        sort=sort.field,
        descending=sort.descending,
        sorts=_sorts(shown.corpus, view),
        arrange=_arrangement(shown),
        captions=_captions(shown.corpus),
        show=view.show,
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
        },
        on_search=lambda text, mode, is_whole: search(text, mode, shown, is_whole),
        on_sort=_sort,
        on_remove=lambda chip: state.show(chips.drop(state.view(), chip)),
        on_clear=lambda: state.show(replace(state.view(), where=())),
        on_arrange=_arrange,
        on_show=lambda names: _put({"show": list(names)}),
        on_filters=builder.ask,
        hold=holding.is_on(),
        changed=_changed(shown),
        on_hold=holding.turn,
        on_refresh=holding.refresh,
    )
    # Draws nothing until it is asked for, and keeps what was begun when the page is drawn anew.
    builder.open_dialog(shown.corpus, view, state.show)


def search(text: str, mode: str, shown: Shown, is_whole: bool = True) -> None:
    """Show what a text asks for; what it says of fields is taken in once it is ``is_whole``.

    While someone is typing, only plain words are searched: half a date is no question yet.
    """
    st.session_state["mode"] = mode
    st.session_state.pop("typed", None)
    folders = shown.corpus.corpus.folders.to_list()
    encoder = shown.encoder.slug if shown.encoder else None
    reader = shown.reader.slug if shown.reader else None
    parsed = query.parse(
        text, encoder=encoder, reader=reader, folders=folders, state=shown.corpus.annotations
    )
    is_plain = not (parsed.where or parsed.sort or parsed.group or parsed.problems or parsed.mode)
    if not is_plain and not is_whole:
        return
    if parsed.problems:
        problem = parsed.problems[0].message(state.language())
        st.session_state["typed"] = {"text": text, "problem": problem}
        return
    view = _merged(_without_words(state.view()), parsed)
    words = parsed.words
    if words and mode == "path":
        view = view.with_condition("path", words)
    elif words and shown.reader is not None:
        value = {"encoder": shown.reader.slug, "text": words}
        view = view.with_condition("text", value).sorted_by()
    elif mode == "meaning" and shown.reader is not None:
        _warm(shown.project, shown.reader.slug)
    state.show(view)


def _merged(view: View, parsed: query.Parsed) -> View:
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


def _is_meaning(view: View) -> bool:
    return st.session_state.get("mode") == "meaning" or view.condition("text") is not None


def _without_words(view: View) -> View:
    """Return the view without what stands in the search field."""
    return view.without("path").without("text")


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
    is_ranked = any(view.condition(field) for field in _RANKED)
    return Sort("similarity", True) if is_ranked else Sort("path")


def _sorts(corpus: Catalogue, view: View) -> list[Choice]:
    ranked = ["similarity"] if any(view.condition(field) for field in _RANKED) else []
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
    from panoptic_data import search

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
        "label": name or chips.field_name(field),
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
    scale = chips.SCALES[field]
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
        state.show(views.from_json({**views.to_json(state.view()), **parts}))
