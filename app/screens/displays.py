"""The displays of a view: grid, table, chart, map; one of them, or two side by side.

All show the same images and share one selection. Not here: what each display looks like
(``components``, ``widgets.chart``, ``screens.image_map``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.gallery import ComparedSide, CurrentImage, OpenImage, gallery
from app.components.table import table
from app.screens import image_map
from app.session import state, url_state
from app.session.callbacks import uninterrupted
from app.session.texts import section_texts
from app.widgets import chart, compare_encoders, described_facets
from app.widgets.compare_encoders import Comparison
from app.widgets.property_facets import visible_properties
from app.widgets.view_context import ViewContext
from panoptic_data.catalogue.execute import index_of
from panoptic_data.catalogue.groups import condition
from panoptic_data.views import model
from panoptic_data.views.model import Clause, Condition, Sort, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property

__all__ = ["show"]

_GALLERY_TEXTS = (
    "select",
    "back",
    "previous",
    "next",
    "image",
    "outside",
    "place",
    "cannot_show",
    "no_rows",
    "retry",
)


def show(context: ViewContext) -> str | None:
    """Draw the displays of the view; return the sha1 of the current image."""
    compared = compare_encoders.run_comparison(context)
    if compared is not None:
        _side_by_side(context, compared)
    names = () if compared is not None else _names(context)
    for index, name in enumerate(names):
        with st.container(key=f"display_{'one' if len(names) == 1 else index}_{name}"):
            _DISPLAYS[name](context)
    if st.session_state.pop("changed_inside", False):
        # A press inside the fragment changed more than this fragment shows.
        st.rerun(scope="app")
    return _current_image(context)


def _names(context: ViewContext) -> tuple[str, ...]:
    """Return the names of the displays; an open image needs the grid, which draws it large."""
    names = tuple(dict.fromkeys(context.view.show))
    return ("grid",) if state.opened() is not None and "grid" not in names else names


def _side_by_side(context: ViewContext, compared: Comparison) -> None:
    """Draw the results of two encoders side by side; an open image is open in one of them."""
    sides = (context, compared.other)
    for index, side in enumerate(sides):
        with st.container(key=f"display_{index}_grid"):
            if side.result is None:
                _comparison_failed(context, compared)
                continue
            other = sides[1 - index]
            beside = ComparedSide(
                place=index,
                name=compared.names[index],
                other="" if other.result is None else model.to_address(other.view.without_display),
                count=_count(side),
                common=_common_text(compared, "common"),
                title=_common_text(compared, "common_title"),
            )
            _grid(side, beside)


def _comparison_failed(context: ViewContext, compared: Comparison) -> None:
    """Say why the second encoder has no result, and offer to go on without it."""
    problem = compared.other.problem
    assert problem is not None
    with st.container(key="not_compared"):
        st.html(f"<p>{escape(problem.message(state.language()))}</p>")
        text = state.text("find.compare_none")
        st.button(text, key="keep_first", on_click=uninterrupted(_keep), args=(context,))


def _keep(side: ViewContext) -> None:
    compare_encoders.keep_side(side)
    _request_page_run()


def _count(side: ViewContext) -> str:
    count = 0 if side.result is None else side.result.images
    key = "explore.count_files" if side.view.mode == "file" else "explore.count_all"
    return state.text(key, count=count, total=state.number(count))


def _common_text(compared: Comparison, key: str) -> str:
    if compared.other.result is None or not compared.first:
        return ""
    return state.text(f"find.{key}", count=compared.common, of=compared.first)


def _grid(context: ViewContext, beside: ComparedSide | None = None) -> None:
    result = context.result
    assert result is not None
    index = 0 if beside is None else beside.place
    gallery(
        project=str(context.project.root),
        view=model.to_address(context.view.without_display),
        version=context.corpus.version,
        held=context.frozen_key,
        total=len(result),
        images=result.images,
        # An open image is open on one side: where it was opened, else on the first.
        opened=_opened_image(context) if index == st.session_state.get("side", 0) else None,
        current=_current_image(context),
        beside=beside,
        encoder=context.encoder.slug if context.encoder else None,
        language=state.language(),
        texts={
            "label": state.text("explore.gallery"),
            **{name: state.text(f"explore.{name}") for name in _GALLERY_TEXTS},
            **{
                f"caption_{field}": property.name
                for field, property in visible_properties(context.corpus)
            },
        },
        on_move=lambda at: _note_move(at, index),
        on_group=lambda group: _show_group(context, group),
        on_keep=lambda: _keep(context),
        key="gallery_beside" if index else "gallery",
    )


def _table(context: ViewContext) -> None:
    result = context.result
    assert result is not None
    sort = context.view.sort[0] if context.view.sort else Sort("path")
    table(
        project=str(context.project.root),
        view=model.to_address(context.view.without_display),
        version=context.corpus.version,
        held=context.frozen_key,
        total=len(result),
        images=result.images,
        properties=[
            _column(field, property) for field, property in visible_properties(context.corpus)
        ],
        described=described_facets.fields_with_values(context.corpus),
        current=_current_image(context),
        sort=(sort.field, sort.descending),
        language=state.language(),
        texts=section_texts("table"),
        on_move=_note_move,
        on_sort=lambda field, descending: _change_view(
            lambda view: view.sorted_by(Sort(field, descending))
        ),
        on_group=lambda group: _show_group(context, group),
    )


def _column(field: str, property: Property) -> Mapping[str, Any]:
    return {
        "field": field,
        "id": property.id,
        "name": property.name,
        "type": property.type,
        "target": property.target,
        "options": dict(property.options),
    }


def _chart(context: ViewContext) -> None:
    chart.chart(context.displayed, context.view, on_pick=_add_filters)


def _map(context: ViewContext) -> None:
    image_map.display(
        context.project,
        context.displayed,
        context.frozen_key,
        on_open=_open_image,
        on_change=_request_page_run,
    )


_DISPLAYS: Mapping[str, Callable[[ViewContext], None]] = {
    "grid": _grid,
    "table": _table,
    "chart": _chart,
    "map": _map,
}


def _show_group(context: ViewContext, group: int) -> None:
    """Show only the images of one group."""
    assert context.result is not None
    assert context.result.groups is not None
    path = context.result.groups.path(group)
    _add_filters([condition(level, value) for level, value in path])


def _add_filters(parts: list[Condition | Clause]) -> None:
    """Add parts to the view; a press inside the fragment draws the whole page."""

    def added(view: View) -> View:
        return replace(
            view, where=(*view.where, *(part for part in parts if part not in view.where))
        )

    _change_view(added)


def _change_view(change: Callable[[View], View]) -> None:
    state.show(change(state.view()))
    _request_page_run()


def _open_image(sha1: str) -> None:
    """Open an image from a display that cannot draw it large."""
    url_state.write({url_state.IMAGE: sha1})
    _request_page_run()


def _request_page_run() -> None:
    st.session_state["changed_inside"] = True


def _note_move(at: CurrentImage, side: int = 0) -> None:
    st.session_state["at"] = at.sha1
    st.session_state["side"] = side if at.opened else 0
    state.open_image(at.sha1 if at.opened else None)


def _current_image(context: ViewContext) -> str | None:
    """Return the sha1 of the image whose properties are shown: the open one, else the cursor's."""
    opened = state.opened()
    if opened is not None:
        return opened
    sha1 = st.session_state.get("at")
    if sha1 is not None and len(context.corpus.rows_of([sha1])):
        return str(sha1)
    assert context.result is not None
    return next(iter(context.displayed.sha1s(context.result.rows[:1])), None)


def _opened_image(context: ViewContext) -> OpenImage | None:
    sha1 = state.opened()
    if sha1 is None:
        return None
    rows = context.displayed.rows_of([sha1])
    if not len(rows):
        return OpenImage(sha1, "", None, True)
    assert context.result is not None
    row = context.displayed.frame.row(int(rows[0]), named=True)
    name = row["place"].rpartition("/")[2]
    return OpenImage(
        sha1, name, index_of(context.displayed, context.result, sha1), row["width"] is None
    )
