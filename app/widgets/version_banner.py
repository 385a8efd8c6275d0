"""What stands above every page at a corpus version: which it is, and the ways back to now.

Its links load the page anew: what the browser holds in memory is of one version. Not here: opening
a version (``session.open_version``), the list of them (``screens.versions``).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.session import open_version, state
from app.widgets.html_table import moment

if TYPE_CHECKING:
    from panoptic_data.errors import UnknownVersion
    from panoptic_data.storage.project import Project

__all__ = ["banner", "only_now", "read_only", "unknown"]

VERSIONS = "/versions"


def banner(project: Project, page: str) -> None:
    """Say which version is shown, that it is read only, and where the corpus of now is.

    ``page`` is the name of the page in the address, empty for the first.
    """
    version = state.version(project)
    if version is None:
        return
    now = open_version.address(f"/{page}", _without_version())
    parts = [
        f'<b title="{escape(version.note or version.name)}">{escape(version.name)}</b>',
        f"<time>{escape(moment(version.at))}</time>",
        f"<span>{escape(_text('read_only'))}</span>",
        _link(now, _text("to_now")),
        _link(VERSIONS, _text("to_list")),
    ]
    label = escape(_text("banner"))
    with st.container(key="version_banner"):
        st.html(f'<p role="status"><span>{label}</span>{"".join(parts)}</p>')


def read_only() -> None:
    """Say in place of what would write that this version cannot be changed."""
    st.html(f'<p class="none" role="note">{escape(_text("nothing_to_change"))}</p>')


def only_now() -> None:
    """Say in place of a page that it is for work on the corpus as it is now."""
    with st.container(key="state"):
        title, text = escape(_text("only_now")), escape(_text("nothing_to_change"))
        st.html(
            '<div class="heading" role="note"><span class="glyph" aria-hidden="true">'
            f"edit_off</span><h1>{title}</h1><p>{text}</p></div>"
        )


def unknown(problem: UnknownVersion, page: str) -> None:
    """Say that there is no such version, and lead to the corpus as it is now."""
    now = open_version.address(f"/{page}", _without_version())
    title, text = escape(_text("unknown")), escape(problem.message(state.language()))
    with st.container(key="state"):
        st.html(
            '<div class="heading" role="alert"><span class="glyph" aria-hidden="true">'
            f"history_toggle_off</span><h1>{title}</h1><p>{text}</p>"
            f"<p>{_link(now, _text('to_now'))} · {_link(VERSIONS, _text('to_list'))}</p></div>"
        )


def _without_version() -> dict[str, str]:
    carried = state.carried()
    return {name: value for name, value in carried.items() if name != open_version.PARAMETER}


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_self">{escape(text)}</a>'


def _text(name: str, /, **params: object) -> str:
    return state.text(f"corpus_versions.{name}", **params)
