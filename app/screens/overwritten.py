"""The page where values of overwritten pictures are given to the new ones, or left.

Not here: which values are offered (``panoptic_data.duplicates.overwritten``), undo (the frame).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from app.screens.page import needs_project
from app.services import identity
from app.services.history_text import Words
from app.session import state
from app.session.callbacks import uninterrupted
from app.widgets import version_banner
from app.widgets.unavailable import guarded
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import overwritten
from panoptic_data.duplicates.overwritten import Offer
from panoptic_data.errors import PanopticError
from panoptic_data.ingest import overwritten as earlier_images
from panoptic_data.storage.project import Project

__all__ = ["PAGE", "show"]

PAGE = "overwritten"
STYLE = Path(__file__).with_name("overwritten.css")
LISTED = 20


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    st.html(STYLE)
    with st.container(key="overwritten", gap=None):
        guarded(_draw)(project)


def _draw(project: Project) -> None:
    if project.version:
        version_banner.read_only()
        return
    offers = overwritten.offers(project)
    with st.container(key="overwritten_head", horizontal=True, vertical_alignment="center"):
        st.html(f"<h1>{escape(_text('page'))}</h1>")
        if offers:
            everything = [offer.sha1 for offer in offers]
            _button("take_over_all", "all", _take_over, project, everything, kind="primary")
            _button("leave_all", "all", _leave, project, everything)
    if not offers:
        st.html(f'<p class="none">{escape(_text("nothing"))}</p>')
        return
    st.html(f'<p class="none">{escape(_text("about", count=len(offers)))}</p>')
    words = _words(project)
    for offer in offers[:LISTED]:
        _pair(project, offer, words)
    if len(offers) > LISTED:
        rest = state.number(len(offers) - LISTED)
        st.html(f'<p class="none">{escape(_text("more", count=rest))}</p>')


def _pair(project: Project, offer: Offer, words: Words) -> None:
    earlier = [earlier_images.thumbnail(project, sha1) for sha1 in offer.earlier]
    pictures = "".join(_figure(_inline(data), _text("earlier")) for data in reversed(earlier))
    pictures += _figure(f"/thumb/{offer.sha1}", _text("now"))
    given = _values(words, offer.given.select("property", value="new"))
    rest = _values(words, offer.kept_back.select("property", "value"))
    kept = f'<p class="none">{escape(_text("kept_back"))} {rest}</p>' if rest else ""
    path = escape(f"{offer.source}/{offer.path}")
    with st.container(key=f"pair_{offer.sha1}", horizontal=True, vertical_alignment="center"):
        st.html(
            f'<div class="pair">{pictures}<div><b title="{path}">{path}</b>'
            f"<p>{given}</p>{kept}</div></div>"
        )
        _button("take_over", offer.sha1, _take_over, project, [offer.sha1])
        _button("leave", offer.sha1, _leave, project, [offer.sha1])


def _figure(source: str, caption: str) -> str:
    text = escape(caption)
    return f'<figure><img src="{source}" alt="{text}"><figcaption>{text}</figcaption></figure>'


def _inline(data: bytes | None) -> str:
    """Return a picture as an address that holds it: it has no route, as it is in no view."""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""


def _values(words: Words, rows: pl.DataFrame) -> str:
    """Return values as ``Theme: war, sea``, as HTML."""
    parts = []
    for (property,), part in rows.group_by("property", maintain_order=True):
        values = [v.text for text in part["value"] for v in words.value(str(property), text)]
        name = escape(words.property(str(property)))
        parts.append(f"<span>{name}: <b>{escape(', '.join(values))}</b></span>")
    return "".join(parts)


def _words(project: Project) -> Words:
    store = annotations_of(project)
    return Words(store.state(), store.log(), state.language())


def _button(
    text: str,
    key: str,
    act: Callable[..., None],
    project: Project,
    sha1s: Sequence[str],
    kind: Any = "secondary",
) -> None:
    st.button(
        _text(text),
        key=f"{text}_{key}",
        type=kind,
        on_click=uninterrupted(act),
        args=(project, sha1s),
    )


def _take_over(project: Project, sha1s: Sequence[str]) -> None:
    _answer(overwritten.take_over, "taken_over", project, sha1s)


def _leave(project: Project, sha1s: Sequence[str]) -> None:
    _answer(overwritten.leave, "left", project, sha1s)


def _answer(act: Callable[..., Any], text: str, project: Project, sha1s: Sequence[str]) -> None:
    try:
        count = act(project, sha1s, author=identity.of_session()).result
    except PanopticError as error:
        st.toast(error.message(state.language()))
        return
    st.toast(_text(text, count=count))


def _text(key: str, /, **params: object) -> str:
    return state.text(f"overwritten.{key}", **params)
