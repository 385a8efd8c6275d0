"""How similar an image is to each image that is searched by, with the offer to say why.

Not here: the images most similar to it (``screens.image_panel``).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.components.lineage import why
from app.session import state
from panoptic_data.tracing.similarity import cosine

if TYPE_CHECKING:
    from panoptic_data.catalogue.similarity import SimilarityQuery
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["similar_to_chosen"]


def similar_to_chosen(
    project: Project, corpus: Catalogue, sha1: str, search: SimilarityQuery
) -> None:
    """Draw a line for each other image of the search that has a vector; nothing without any."""
    for term in search.expression.terms:
        if term.kind != "image" or term.value == sha1:
            continue
        rows = corpus.rows_of([term.value])
        value = cosine(project, search.encoder, sha1, term.value) if len(rows) else None
        if value is None:
            continue
        name = corpus.frame["place"][int(rows[0])].rpartition("/")[2]
        figure = f"{value:.2f}"
        shown = figure.replace(".", ",") if state.language() == "fr" else figure
        text = state.text("image.similar_to", cosine=shown, name=name)
        st.html(f"<span>{escape(text)}</span>{why(sha1, f'similarity:{term.value}', text)}")
