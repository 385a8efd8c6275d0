"""What the address and the session contain: project, view, open image, encoder, language.

The address is the truth of what is shown, so that a link reopens what was seen. Not here:
what the browser alone remembers (tile size, panels, selection: ``components``).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.session import open_version, url_state
from app.session.language import file_size as _file_size
from app.session.language import number as _number
from panoptic_data.encoders.spec import parse
from panoptic_data.errors import (
    DataUnavailable,
    InvalidView,
    PanopticError,
    ProjectBusy,
    ProjectGone,
    ProjectNotFound,
    UnknownVersion,
)
from panoptic_data.messages import LANGUAGES, translate
from panoptic_data.storage.project import Project, default_root, open_project
from panoptic_data.versions import restore
from panoptic_data.views import model, saved, stored_selections
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panoptic_data.storage.folder import ProjectFolder
    from panoptic_data.versions.record import CorpusVersion

__all__ = [
    "CHOSEN",
    "PROPERTY",
    "TAG",
    "Encoder",
    "carried",
    "choose_encoder",
    "choose_language",
    "encoder",
    "encoders",
    "file_size",
    "language",
    "number",
    "open_image",
    "open_tab",
    "opened",
    "problem",
    "project",
    "project_problem",
    "show",
    "tab",
    "text",
    "version",
    "view",
]

COOKIE = "panoptic_language"
# Parts of the address of one page alone: the tag that images are suggested for, the property whose
# tags they are sorted into.
TAG = "tag"
PROPERTY = "property"
# The selected images that are exported, as a view.
CHOSEN = "chosen"
OWN = (TAG, PROPERTY, CHOSEN)
# The default view in the address of a tab, where nothing would mean "as it was saved".
ALL = "all"
# Session: the tab of an address without a view, and the view that it had then.
EXPANDED = "tab.expanded"


# The folder of each project as this process showed it first.
_shown: dict[Path, ProjectFolder] = {}


@dataclass(frozen=True)
class Encoder:
    """One row of the table ``encoders``, as far as a page needs it."""

    slug: str
    name: str
    text: str
    is_ready: bool
    cause: str | None
    reads_text: bool
    fingerprint: str | None
    dtype: str | None
    device: str | None


def project() -> Project | None:
    """Return the project of this server, at the version that the address names.

    None where there is none, not the one it was, or no such version.
    """
    return _project_and_problem()[0]


def project_problem() -> DataUnavailable | UnknownVersion | None:
    """Return why the project cannot be shown: it is gone, replaced, incomplete; no such version."""
    return _project_and_problem()[1]


def version(of: Project) -> CorpusVersion | None:
    """Return the corpus version that is shown, None for the corpus as it is now."""
    return open_version.find(of, of.version) if of.version else None


def _project_and_problem() -> tuple[Project | None, DataUnavailable | UnknownVersion | None]:
    root = Path(default_root()).expanduser().resolve()
    try:
        opened = open_project(root)
        # The first to be shown at this path: what comes in its place later is another.
        _shown.setdefault(root, opened.folder).check()
        if restore.is_unfinished(opened):
            with suppress(ProjectBusy):
                restore.finish(opened)
    except DataUnavailable as problem:
        return None, problem
    except ProjectNotFound:
        return None, ProjectGone(path=root) if root in _shown else None
    except PanopticError:
        return None, None
    named = st.query_params.get(open_version.PARAMETER)
    if not named:
        return opened, None
    try:
        return open_version.at(opened, named), None
    except (UnknownVersion, DataUnavailable) as problem:
        return None, problem


def language() -> str:
    """Return "en" or "fr": what was chosen, here or earlier, else the browser's language."""
    chosen = st.session_state.get("language") or st.context.cookies.get(COOKIE)
    wanted = str(chosen or st.context.locale or "")[:2]
    return wanted if wanted in LANGUAGES else "en"


def choose_language(chosen: str) -> None:
    """Use another language from now on; the browser remembers it."""
    st.session_state["language"] = chosen


def text(key: str, **params: object) -> str:
    """Return a text of the catalogue in this session's language."""
    return translate(key, language(), **params)


def number(value: float) -> str:
    """Write a whole number as this session's language does."""
    return _number(value, language())


def file_size(count: int) -> str:
    """Write a number of bytes as this session's language does: ``1.2 MB``."""
    return _file_size(count, language())


def view() -> View:
    """Return the view of the address; the default one where the address cannot be read."""
    return _view_and_problem()[0]


def problem() -> str | None:
    """Return why the view of the address cannot be read, or None."""
    return _view_and_problem()[1]


def tab() -> str | None:
    """Return the id of the saved view that the address names, or None."""
    return st.query_params.get("tab") or None


def show(shown: View) -> None:
    """Put a view into the address, in the tab that is open there; an open image is left."""
    open_tab(tab(), shown)


def open_tab(id: str | None, shown: View | None) -> None:
    """Put a view into the address and name the tab it is in, None for none of the saved ones.

    Without a view the address names the tab alone. A long selection is kept with the project, so
    that the address stays short.
    """
    of = project()
    if shown is not None and of is not None:
        shown = stored_selections.shorten(of, shown)
    text = "" if shown is None else model.to_address(shown) or (ALL if id else "")
    url_state.write({"view": text, "tab": id, url_state.IMAGE: None, **dict.fromkeys(OWN)})
    st.session_state["named"] = st.session_state["open"] = None


def opened() -> str | None:
    """Return the sha1 of the image that is open, or None in the gallery.

    The browser writes it into the address itself, without waiting for us, and tells us (see
    :func:`open_image`); Streamlit hands us that part of the address only when a page is loaded
    or left by the browser's own buttons.
    """
    named = st.query_params.get(url_state.IMAGE)
    if "open" not in st.session_state or named != st.session_state.get("named"):
        st.session_state["named"] = st.session_state["open"] = named
    sha1: str | None = st.session_state["open"]
    return sha1


def open_image(sha1: str | None) -> None:
    """Note which image the browser has opened, or that it has left."""
    st.session_state["open"] = sha1


def carried() -> dict[str, str]:
    """Return what a link to another page takes along: not the open image, nor a page's own."""
    parts = url_state.without_image().items()
    return {name: value for name, value in parts if name not in OWN}


def encoders(of: Project) -> list[Encoder]:
    """Return the encoders that a run has tried, in the project's order."""
    rows = of.database().frame("encoders").to_dicts()
    order = {text: index for index, text in enumerate(of.encoders)}
    rows.sort(key=lambda row: (order.get(row["text"], len(order)), row["slug"]))
    labels = [parse(row["text"]).label for row in rows]
    return [
        # Two that differ in what a label leaves out have the end of their slugs beside it.
        _encoder(row, label if labels.count(label) == 1 else f"{label} ({row['slug'][-8:]})")
        for row, label in zip(rows, labels, strict=True)
    ]


def encoder(known: list[Encoder]) -> Encoder | None:
    """Return the encoder chosen in the address, else the first that is ready, else None."""
    ready = [encoder for encoder in known if encoder.is_ready]
    chosen = st.query_params.get("encoder")
    return next(
        (encoder for encoder in ready if encoder.slug == chosen), ready[0] if ready else None
    )


def choose_encoder(slug: str) -> None:
    """Use another encoder from now on."""
    st.session_state["named"] = opened()
    url_state.write({url_state.IMAGE: opened(), "encoder": slug})


def _encoder(row: Mapping[str, Any], name: str) -> Encoder:
    return Encoder(
        slug=row["slug"],
        name=name,
        text=row["text"],
        is_ready=row["status"] == "ready",
        cause=row["cause"],
        reads_text=bool(row["reads_text"]),
        fingerprint=row["fingerprint"],
        dtype=row["dtype"],
        device=row["device"],
    )


def _view_and_problem() -> tuple[View, str | None]:
    """Return the view of the address and, in words, why it cannot be read."""
    text = st.query_params.get("view", "")
    if text == ALL:
        return View(), None
    named = tab()
    try:
        if named is not None and not text:
            return _expanded(named)
        return model.from_address(text), None
    except InvalidView as error:
        return View(), error.message(language())


def _expanded(named: str) -> tuple[View, str | None]:
    """Return a saved view as it was when this session first asked: others may change it since."""
    known = st.session_state.get(EXPANDED)
    if known is not None and known[0] == named:
        return known[1], None
    of = project()
    kept = saved.get(of, named) if of is not None else None
    if kept is None:
        return View(), text("tabs.gone")
    if kept.problem is not None:
        raise kept.problem
    assert kept.view is not None
    assert of is not None
    view = stored_selections.shorten(of, kept.view)
    st.session_state[EXPANDED] = (named, view)
    return view, None
