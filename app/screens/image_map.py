"""The page Map: the corpus as points, where alike images are near each other.

Not here: drawing (``components.map``), what lies in a region (``catalogue``).
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
    current = registry.get(project)
    st.session_state["version"] = current.version
    slugs = _mapped(current, project)
    if not slugs:
        _explain_absence(current, project)
        return
    held, key = _held(current)
    _draw(held, key, slugs, _answer)


def display(
    project: Project,
    current: Catalogue,
    key: str | None,
    on_open: Callable[[str], None],
    on_change: Callable[[], None],
) -> None:
    """Draw the map inside another page, without what stands beside it on its own.

    ``key`` names the ``FrozenResult`` that made ``current``, if there is one. ``on_open`` gets
    the image that was pressed; ``on_change`` is called after the view changed.
    """
    slugs = _mapped(current, project)
    if not slugs:
        _explain_absence(current, project)
        return

    def answer(what: str, value: Any) -> None:
        if what == "open":
            on_open(value)
            return
        _answer(what, value)
        on_change()

    _draw(current, key, slugs, answer, is_alone=False)


def _held(current: Catalogue) -> tuple[Catalogue, str | None]:
    """Return what the session holds still of its view, and under which key."""
    try:
        hold = frozen_view.get_frozen(current, state.view())
    except PanopticError:
        # It is told where the view is drawn.
        return current, None
    return (current, None) if hold is None else (hold.catalogue(current), hold.key)


def _mapped(current: Catalogue, project: Project) -> dict[str, str]:
    """Return the encoders that have a map, in the project's order: slug → name for people."""
    mapped = {slug for slug in current.encoders if current.projection(slug) is not None}
    return {one.slug: one.name for one in state.encoders(project) if one.slug in mapped}


def _draw(
    current: Catalogue,
    key: str | None,
    slugs: dict[str, str],
    answer: Callable[[str, Any], None],
    is_alone: bool = True,
) -> None:
    encoder = _encoder(slugs)
    colouring = st.session_state.get("map.colouring", map_data.COLOURINGS[0])
    view = state.view()
    try:
        legend = _legend(current, encoder, view, colouring)
    except PanopticError as error:
        st.error(error.message(state.language()), icon=":material/error:")
        return
    image_map(
        view=model.to_address(view),
        version=current.version,
        held=key,
        encoder=encoder,
        encoders=slugs,
        colouring=colouring,
        colourings={name: state.say(f"map.by_{name}") for name in map_data.COLOURINGS},
        legend=legend,
        outline=_outline(view, encoder),
        chips=filter_chips.chips_of(view) if is_alone else (),
        is_alone=is_alone,
        language=state.language(),
        texts=section_texts("map", "ui_"),
        on_ask=answer,
    )


def _encoder(slugs: dict[str, str]) -> str:
    asked = st.query_params.get("encoder")
    return asked if asked in slugs else next(iter(slugs))


def _legend(current: Catalogue, encoder: str, view: View, colouring: str) -> Legend:
    groups = map_data.legend(current, encoder, view, colouring)
    lines = [
        Line(one.number, one.value, _label(one.value), one.count, one.exemplar) for one in groups
    ]
    total = len(run_view(current, view.without(_FIELDS[colouring])))
    return Legend(
        groups=lines,
        chosen=_chosen(view, encoder, colouring),
        ungrouped=max(0, total - sum(one.count for one in groups)),
    )


_FIELDS = {"cluster": "cluster", "folder": "folder"}


def _label(value: int | str) -> str:
    if isinstance(value, int):
        return state.say("map.group", number=value)
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


def _answer(what: str, value: Any) -> None:
    """Do what the map was asked; runs before the page is drawn again."""
    answers: dict[str, Callable[[Any], None]] = {
        "region": _to_region,
        "groups": _to_groups,
        "encoder": state.choose_encoder,
        "colouring": lambda name: st.session_state.update({"map.colouring": name}),
        "drop": lambda chip: state.show(filter_chips.without_chip(state.view(), chip)),
        "open": lambda sha1: navigation.to(navigation.GALLERY, sha1),
        "explore": lambda _: navigation.to(navigation.GALLERY),
    }
    answers[what](value)


def _to_region(polygon: list[list[float]] | None) -> None:
    view = state.view()
    if polygon is None:
        state.show(view.without("region"))
        return
    project = state.project()
    assert project is not None
    encoder = _encoder(_mapped(registry.get(project), project))
    state.show(view.with_condition("region", {"encoder": encoder, "polygon": polygon}))


def _to_groups(values: list[int | str]) -> None:
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
    encoder = _encoder(_mapped(registry.get(project), project))
    state.show(view.with_condition(field, {"encoder": encoder, "numbers": values}))


def _explain_absence(current: Catalogue, project: Project) -> None:
    if len(current) == 0:
        empty_states.empty_project(project)
        return
    encoders = state.encoders(project)
    waiting = [one for one in encoders if not one.is_ready]
    if waiting and len(waiting) == len(encoders):
        cause = weights_cause(waiting[0].cause or "", state.language())
        _nothing_yet("waiting", cause=cause)
        return
    _nothing_yet("no_map")


def _nothing_yet(what: str, **params: object) -> None:
    title, following = state.say(f"map.{what}"), state.say(f"map.{what}_next", **params)
    with st.container(key="state"):
        st.html(
            '<div class="heading"><span class="glyph" aria-hidden="true">scatter_plot</span>'
            f"<h1>{escape(title)}</h1><p>{escape(following)}</p></div>"
        )
