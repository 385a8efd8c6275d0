"""The files of an image as a list: where each lies, and what is wrong with it or its sidecar.

Not here: the rest of the panel of an image (``screens.image_panel``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl

from app.session import state
from panoptic_data.ingest import sources
from panoptic_data.storage import unread_sidecars

__all__ = ["file_list"]


def file_list(files: pl.DataFrame) -> str:
    """Return a list of files as HTML: source and path, and why one is not shown.

    ``files`` has source, path, status, reason and sidecar.
    """
    items = []
    project = state.project()
    listing = sources.listing(project) if project is not None else []
    away = {source.name for source in listing if source.presence.is_away}
    for file in files.sort("source", "path").to_dicts():
        if file["status"] == "ok" and file["source"] in away:
            file["status"] = "away"
        path = escape(f"{file['source']}/{file['path']}")
        status = _status(file)
        items.append(f'<li><span class="path" title="{path}">{path}</span>{status}</li>')
    return f'<ul class="files">{"".join(items)}</ul>'


def _status(file: Mapping[str, Any]) -> str:
    status = file["status"]
    if status == "ok":
        return _unread_sidecar(file)
    text = state.text(f"image.status_{status}")
    if file["reason"]:
        text += " · " + state.text(f"reason.{file['reason']}")
    return f'<small class="bad">{escape(text)}</small>'


def _unread_sidecar(file: Mapping[str, Any]) -> str:
    """Say of a file that its sidecar cannot be read; "" where that is not so."""
    stored = file["sidecar"] or ""
    if not stored.startswith(unread_sidecars.BEGIN):
        return ""
    cause = escape(json.loads(stored)[unread_sidecars.MEMBER])
    return f'<small class="bad">{escape(state.text("image.sidecar_unread"))} {cause}</small>'
