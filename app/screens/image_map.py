"""The page Map: the images of a view as points; similar images are near each other.

Not here: its markup (``components.map``), positions and groups
(``panoptic_data.catalogue.map_data``).
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import streamlit as st

from app.components.map import Legend, Line, image_map
from app.screens.page import needs_project
from app.session import navigation, state
from app.session.texts import section_texts
from app.widgets import empty_states, filter_chips, frozen_view
from panoptic_data.catalogue import map_data, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.snapshot import Catalogue
from panoptic_data.errors import PanopticError, weights_cause
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["display", "show"]


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    corpus = registry.get(project)
    st.session_state["version"] = corpus.version
    slugs = _mapped_encoders(corpus, project)
    if not slugs:
        _without_map(corpus, project)
        return
    displayed, key = _displayed(corpus)
    _draw(displayed, key, slugs, _act)


def display(
    project: Project,
    corpus: Catalogue,
    key: str | None,
    on_open: Callable[[str], None],
    on_change: Callable[[], None],
) -> None:
    """Draw the map inside another page, without the chips of its own page.

    ``key`` names the frozen result that ``corpus`` is of, if there is one. ``on_open`` gets the
    sha1 of the image that was pressed; ``on_change`` is called after the view changed.
    """
    slugs = _mapped_encoders(corpus, project)
    if not slugs:
        _without_map(corpus, project)
        return

    def on_action(action: str, value: Any) -> None:
        if action == "open":
            on_open(value)
            return
        _act(action, value)
        on_change()

    _draw(corpus, key, slugs, on_action, is_alone=False)


def _displayed(corpus: Catalogue) -> tuple[Catalogue, str | None]:
    """Return the catalogue to draw and its key: of a frozen view, or the current one and None."""
    try:
        frozen = frozen_view.get_frozen(corpus, state.view())
    except PanopticError:
        # The error is shown where the view is drawn.
        return corpus, None
    return (corpus, None) if frozen is None else (frozen.catalogue(corpus), frozen.key)


def _mapped_encoders(corpus: Catalogue, project: Project) -> dict[str, str]:
    """Return the encoders that have a map, in the project's order: slug → name."""
    mapped = {slug for slug in corpus.encoders if corpus.projection(slug) is not None}
    return {
        encoder.slug: encoder.name for encoder in state.encoders(project) if encoder.slug in mapped
    }


def _draw(
    corpus: Catalogue,
    key: str | None,
    slugs: dict[str, str],
    on_action: Callable[[str, Any], None],
    is_alone: bool = True,
) -> None:
    encoder = _encoder(slugs)
    colouring = st.session_state.get("map.colouring", map_data.COLOURINGS[0])
    view = state.view()
    try:
        is_unclear = run_view(corpus, view).is_unclear
        legend = _legend(corpus, encoder, view, colouring)
    except PanopticError as error:
        st.error(error.message(state.language()), icon=":material/error:")
        return
    if is_unclear and is_alone:
        empty_states.notice(state.text("find.unclear"))
    image_map(
        view=model.to_address(view),
        selected=model.to_address(view.without_display),
        version=corpus.version,
        held=key,
        encoder=encoder,
        encoders=slugs,
        colouring=colouring,
        colourings={name: state.text(f"map.by_{name}") for name in map_data.COLOURINGS},
        legend=legend,
        outline=_outline(view, encoder),
        chips=filter_chips.chips_of(view) if is_alone else (),
        is_alone=is_alone,
        is_unclear=is_unclear,
        language=state.language(),
        texts=section_texts("map", "ui_"),
        on_action=on_action,
    )


def _encoder(slugs: dict[str, str]) -> str:
    slug = st.query_params.get("encoder")
    return slug if slug in slugs else next(iter(slugs))


def _legend(corpus: Catalogue, encoder: str, view: View, colouring: str) -> Legend:
    groups = map_data.legend(corpus, encoder, view, colouring)
    lines = [
        Line(group.number, group.value, _label(group.value), group.count, group.exemplar)
        for group in groups
    ]
    total = len(run_view(corpus, view.without(_FIELDS[colouring])))
    return Legend(
        groups=lines,
        chosen=_chosen(view, encoder, colouring),
        ungrouped=max(0, total - sum(group.count for group in groups)),
    )


_FIELDS = {"cluster": "cluster", "folder": "folder"}


def _label(value: int | str) -> str:
    if isinstance(value, int):
        return state.text("map.group", number=value)
    return value.rpartition("/")[2]


def _chosen(view: View, encoder: str, colouring: str) -> list[int | str]:
    condition = view.condition(_FIELDS[colouring])
    if condition is None:
        return []
    if colouring == "folder":
        return list(condition.value)
    return list(condition.value["numbers"]) if condition.value["encoder"] == encoder else []


def _outline(view: View, encoder: str) -> list[list[float]] | None:
    region = view.condition("region")
    if region is None or region.value["encoder"] != encoder:
        return None
    outline: list[list[float]] = region.value["polygon"]
    return outline


def _act(action: str, value: Any) -> None:
    """Carry out what was pressed on the map; runs before the page is drawn again."""
    actions: dict[str, Callable[[Any], None]] = {
        "region": _select_region,
        "groups": _select_groups,
        "encoder": state.choose_encoder,
        "colouring": lambda name: st.session_state.update({"map.colouring": name}),
        "drop": lambda chip: state.show(filter_chips.without_chip(state.view(), chip)),
        "open": lambda sha1: navigation.to(navigation.GALLERY, sha1),
        "explore": lambda _: navigation.to(navigation.GALLERY),
    }
    actions[action](value)


def _select_region(polygon: list[list[float]] | None) -> None:
    view = state.view()
    if polygon is None:
        state.show(view.without("region"))
        return
    project = state.project()
    assert project is not None
    encoder = _encoder(_mapped_encoders(registry.get(project), project))
    state.show(view.with_condition("region", {"encoder": encoder, "polygon": polygon}))


def _select_groups(values: list[int | str]) -> None:
    view = state.view()
    colouring = st.session_state.get("map.colouring", map_data.COLOURINGS[0])
    field = _FIELDS[colouring]
    if not values:
        state.show(view.without(field))
        return
    if colouring == "folder":
        state.show(view.with_condition(field, values))
        return
    project = state.project()
    assert project is not None
    encoder = _encoder(_mapped_encoders(registry.get(project), project))
    state.show(view.with_condition(field, {"encoder": encoder, "numbers": values}))


def _without_map(corpus: Catalogue, project: Project) -> None:
    if len(corpus) == 0:
        empty_states.empty_project(project)
        return
    encoders = state.encoders(project)
    waiting = [encoder for encoder in encoders if not encoder.is_ready]
    if waiting and len(waiting) == len(encoders):
        cause = weights_cause(waiting[0].cause or "", state.language())
        _empty_map("waiting", cause=cause)
        return
    _empty_map("no_map")


def _empty_map(key: str, **params: object) -> None:
    title, next_step = state.text(f"map.{key}"), state.text(f"map.{key}_next", **params)
    with st.container(key="state"):
        st.html(
            '<div class="heading"><span class="glyph" aria-hidden="true">scatter_plot</span>'
            f"<h1>{escape(title)}</h1><p>{escape(next_step)}</p></div>"
        )
