"""What the address and the session hold: project, view, open image, encoder, language.

The address is the truth of what is shown, so that a link reopens what was seen. Not here:
what the browser alone remembers (tile size, panels, selection: ``components``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.language import number as _number
from panoptic_data import views
from panoptic_data.encoders.spec import parse
from panoptic_data.errors import InvalidView, PanopticError
from panoptic_data.messages import LANGUAGES, translate
from panoptic_data.project import Project, open_project
from panoptic_data.views import View

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Encoder",
    "carried",
    "choose_encoder",
    "choose_language",
    "encoder",
    "encoders",
    "language",
    "number",
    "open_image",
    "opened",
    "problem",
    "project",
    "say",
    "show",
    "view",
]

COOKIE = "panoptic_language"


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
    """Return the project of this server, or None where there is none."""
    try:
        return open_project()
    except PanopticError:
        return None


def language() -> str:
    """Return "en" or "fr": what was chosen, here or earlier, else the browser's language."""
    chosen = st.session_state.get("language") or st.context.cookies.get(COOKIE)
    wanted = str(chosen or st.context.locale or "")[:2]
    return wanted if wanted in LANGUAGES else "en"


def choose_language(chosen: str) -> None:
    """Speak another language from now on; the browser remembers it."""
    st.session_state["language"] = chosen


def say(key: str, **params: object) -> str:
    """Return a text of the catalogue in this session's language."""
    return translate(key, language(), **params)


def number(value: float) -> str:
    """Write a whole number as this session's language does."""
    return _number(value, language())


def view() -> View:
    """Return the view of the address; the default one where the address cannot be read."""
    try:
        return views.from_address(st.query_params.get("view", ""))
    except InvalidView:
        return View()


def problem() -> str | None:
    """Say why the view of the address cannot be read, or None."""
    try:
        views.from_address(st.query_params.get("view", ""))
    except InvalidView as error:
        return error.message(language())
    return None


def show(shown: View) -> None:
    """Put a view into the address; an open image is left."""
    _write("view", views.to_address(shown))
    _write("image", None)
    st.session_state["named"] = st.session_state["open"] = None


def opened() -> str | None:
    """Return the sha1 of the image that is open, or None in the gallery.

    The browser writes it into the address itself, without waiting for us, and tells us (see
    :func:`open_image`); Streamlit hands us that part of the address only when a page is loaded
    or left by the browser's own buttons.
    """
    named = st.query_params.get("image")
    if "open" not in st.session_state or named != st.session_state.get("named"):
        st.session_state["named"] = st.session_state["open"] = named
    told: str | None = st.session_state["open"]
    return told


def open_image(sha1: str | None) -> None:
    """Note which image the browser has opened, or that it has left."""
    st.session_state["open"] = sha1


def carried() -> dict[str, str]:
    """Return what a link to another page takes along: all but the open image."""
    return {name: value for name, value in st.query_params.items() if name != "image"}


def encoders(of: Project) -> list[Encoder]:
    """Return the encoders that a run has tried, in the project's order."""
    rows = of.database().frame("encoders").to_dicts()
    order = {text: place for place, text in enumerate(of.encoders)}
    rows.sort(key=lambda row: (order.get(row["text"], len(order)), row["slug"]))
    labels = [parse(row["text"]).label for row in rows]
    return [
        # Two that differ in what a label leaves out are told apart by the end of their slugs.
        _encoder(row, label if labels.count(label) == 1 else f"{label} ({row['slug'][-8:]})")
        for row, label in zip(rows, labels, strict=True)
    ]


def encoder(known: list[Encoder]) -> Encoder | None:
    """Return the encoder chosen in the address, else the first that is ready, else None."""
    ready = [one for one in known if one.is_ready]
    chosen = st.query_params.get("encoder")
    return next((one for one in ready if one.slug == chosen), ready[0] if ready else None)


def choose_encoder(slug: str) -> None:
    """Look through another encoder from now on."""
    st.session_state["named"] = opened()
    _write("image", opened())
    _write("encoder", slug)


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


def _write(name: str, value: str | None) -> None:
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
