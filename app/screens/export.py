"""The page Export: which images, as what, where to; and the exports that are at work or done.

The work is done by processes of their own. Not here: those (``services.export_jobs``), the list of
them (``widgets.export_list``), downloads (``api.exports``).
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.frame import Selection
from app.screens.page import ReviewPage, needs_project
from app.services import export_jobs
from app.services.export_jobs import Request
from app.session import navigation, state
from app.widgets import export_list, filter_chips
from app.widgets.unavailable import guarded
from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidExport, PanopticError
from panoptic_data.exchange.exports import run as exports
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.formats import FORMATS
from panoptic_data.exchange.exports.names import safe_name
from panoptic_data.exchange.exports.options import Options
from panoptic_data.storage.project import Project
from panoptic_data.views import model, stored_selections
from panoptic_data.views.model import Clause, Condition, View

if TYPE_CHECKING:
    from panoptic_data.exchange.exports.run import Estimate

__all__ = ["PAGE", "open_with", "show"]

PAGE = ReviewPage("export", state.CHOSEN)
STYLE = Path(__file__).with_name("export.css")
# More takes a browser long: it goes into a folder of this machine.
MOST_DOWNLOADED = 500_000_000
# The sides that are proposed for resized images; 0: the originals.
SIZES = (0, 512, 1024, 2048, 4096)
_FILTERS_NAMED = 3
_OF_TYPES = {"rating": "number", "date": "date"}
_LISTED_FIRST = (*("csv", "images", "sheet", "xmp"), *FORMATS)


def open_with(project: Project, chosen: Selection | None) -> None:
    """Go to the page with the selected images; without a selection with the view."""
    if chosen is None or not chosen.count:
        PAGE.choose(None)
    else:
        view = stored_selections.shorten(project, _selected(chosen))
        PAGE.choose(model.to_address(view))
    navigation.to(PAGE.name)


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="export", gap=None):
        with st.container(key="export_form"):
            _form(project)
        with st.container(key="export_list"):
            export_list.show(project)


@st.fragment
@guarded
def _form(project: Project) -> None:
    with st.container(key="export_parts"):
        with st.container(key="export_what"):
            view = _which(project)
            format = _format()
        with st.container(key="export_how"):
            options = _options(project, format)
            request = _where(project, format)
            _start(project, replace(request, view=view, options=options))


def _format() -> str:
    st.html(f"<h2>{escape(_text('format'))}</h2>")
    names = list(dict.fromkeys(_LISTED_FIRST))
    return st.radio(
        _text("format"),
        names,
        format_func=lambda name: _text(f"format_{name}"),
        captions=[_text(f"format_{name}_help") for name in names],
        label_visibility="collapsed",
        key="export_as",
    )


def _which(project: Project) -> str | None:
    """Return the address of the view that is exported; None for all images."""
    selection, view = PAGE.subject, state.view()
    addresses = {"selection": selection, "view": model.to_address(view.without_display) or None}
    choices = [name for name, address in addresses.items() if address]
    labels = {"all": _text("all")}
    if view.where:
        labels["view"] = _text("view", filters=_filters(project, view))
    elif "view" in choices:
        labels["view"] = _text("view_all")
    if selection:
        labels["selection"] = _text("selection", filters=_selection_text(selection))
    st.html(f"<h2>{escape(_text('which'))}</h2>")
    chosen = st.radio(
        _text("which"),
        [*choices, "all"],
        format_func=lambda name: labels[name],
        label_visibility="collapsed",
        # Another selection is another question.
        key=f"export_which {selection}",
    )
    return addresses.get(chosen)


def _options(project: Project, format: str) -> dict[str, Any]:
    """Return the options that were chosen, as ``Options`` takes them."""
    taken = FORMATS[format].options
    st.html(f"<h2>{escape(_text('options'))}</h2>")
    columns = [column.name for column in tables.columns_of(registry.get(project))[3:]]
    chosen: dict[str, Any] = {}
    if "columns" in taken:
        some = st.multiselect(
            _text("columns"), columns, placeholder=_text("columns_all"), key="export_columns"
        )
        chosen["columns"] = some or None
    if "files" in taken:
        chosen["files"] = st.checkbox(_text("files"), key="export_files")
    if "size" in taken:
        chosen |= _picture_options(columns)
    if "encoder" in taken:
        ready = [encoder for encoder in state.encoders(project) if encoder.is_ready]
        names = {encoder.slug: encoder.name for encoder in ready}
        chosen["encoder"] = st.selectbox(
            _text("encoder"), list(names), format_func=names.__getitem__, key="export_encoder"
        )
    for name, type in _OF_TYPES.items():
        if name in taken:
            chosen[name] = _property(project, name, type)
    if "address" in taken:
        address = st.text_input(
            _text("address"), placeholder="https://", help=_text("address_help")
        )
        chosen["address"] = address.strip() or None
    return {name: value for name, value in chosen.items() if value not in (None, False)}


def _picture_options(columns: list[str]) -> dict[str, Any]:
    size = st.selectbox(
        _text("size"),
        SIZES,
        format_func=lambda side: _text("size_pixels", side=side) if side else _text("originals"),
        key="export_size",
    )
    by = st.selectbox(
        _text("by"), columns, index=None, placeholder=_text("by_none"), key="export_by"
    )
    unique = st.checkbox(_text("unique"), help=_text("unique_help"), key="export_unique")
    link = st.checkbox(
        _text("link"), help=_text("link_help"), disabled=bool(size), key="export_link"
    )
    return {
        "size": size or None,
        "by": by,
        "names": "unique" if unique else None,
        "link": link and not size,
    }


def _property(project: Project, name: str, type: str) -> str | None:
    properties = registry.get(project).annotations.live_properties
    names = [prop.name for prop in properties if prop.type == type]
    chosen: str | None = st.selectbox(
        _text(name), names, index=None, placeholder=_text("by_name"), key=f"export_{name}"
    )
    return chosen


def _where(project: Project, format: str) -> Request:
    """Return what is requested but for the images and the options."""
    st.html(f"<h2>{escape(_text('where'))}</h2>")
    where = st.radio(
        _text("where"),
        ("download", "folder"),
        format_func=lambda name: _text(f"where_{name}"),
        label_visibility="collapsed",
        horizontal=True,
        key="export_where",
    )
    name = safe_name(f"{project.name} {format}").replace(" ", "-")
    request = Request(format, name, version=project.version, language=state.language())
    if where == "download":
        return request
    suffix = FORMATS[format].suffix
    path = st.text_input(
        _text("path"),
        value=str(Path.home() / f"{name}{suffix}"),
        help=_text("path_help"),
        key=f"export_path {format}",
    )
    overwrite = st.checkbox(_text("overwrite"), help=_text("overwrite_help"))
    return replace(request, target=path.strip(), overwrite=overwrite)


def _start(project: Project, request: Request) -> None:
    problem, estimate = _problem(project, request)
    with st.container(key="export_go", horizontal=True, vertical_alignment="center"):
        if st.button(
            _text("start"),
            type="primary",
            icon=":material/ios_share:",
            disabled=problem is not None,
        ):
            export_jobs.begin(project.now, request)
            st.rerun()
        if estimate is not None:
            st.html(f'<p role="status">{escape(_estimate_text(estimate))}</p>')
    if problem is not None:
        st.html(f'<p class="problem" role="alert">{escape(problem)}</p>')


def _problem(project: Project, request: Request) -> tuple[str | None, Estimate | None]:
    """Return why it cannot be exported so, if it cannot, and how much it is."""
    view = None if request.view is None else model.from_address(request.view)
    estimate = None
    try:
        options = _as_options(request)
        estimate = exports.estimate(project, request.format, view, options)
        if not estimate.rows:
            return _text("nothing"), None
        if request.target is None:
            is_small = estimate.size <= MOST_DOWNLOADED
            most = state.file_size(MOST_DOWNLOADED)
            return None if is_small else _text("too_large", most=most), estimate
        target = Path(request.target)
        exports.check(project, request.format, target, options, overwrite=request.overwrite)
    except InvalidExport as error:
        if error.problem == "exists":
            return _text("exists", path=error.params["path"]), estimate
        return error.message(state.language()), estimate
    except PanopticError as error:
        return error.message(state.language()), None
    return None, estimate


def _as_options(request: Request) -> Options:
    options = dict(request.options)
    if "columns" in options:
        options["columns"] = tuple(options["columns"])
    return Options(**options)


def _estimate_text(estimate: Estimate) -> str:
    kind = "files" if estimate.by_file else "images"
    count, size = estimate.rows, state.file_size(estimate.size)
    text = _text(f"about_{kind}", count=count, shown=state.number(count), size=size)
    return f"{text} {state.text('like.unclear')}" if estimate.is_unclear else text


def _selected(chosen: Selection) -> View:
    if not chosen.is_all:
        return View().with_condition("selection", list(chosen.sha1s))
    view = state.view().without_display
    if not chosen.excepted:
        return view
    excepted = Condition("selection", "in", list(chosen.excepted))
    return replace(view, where=(*view.where, Clause("not", (excepted,))))


def _selection_text(address: str) -> str:
    view = model.from_address(address)
    return ", ".join(filter_chips.part_label(part) for part in view.where[:_FILTERS_NAMED])


def _filters(project: Project, view: View) -> str:
    annotations = registry.get(project).annotations
    labels = [filter_chips.part_label(part, annotations) for part in view.where]
    more = " …" if len(labels) > _FILTERS_NAMED else ""
    return ", ".join(labels[:_FILTERS_NAMED]) + more


def _text(key: str, **params: object) -> str:
    return state.text(f"exporting.{key}", **params)
