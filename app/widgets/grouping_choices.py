"""What the images of a corpus can be grouped by, and in which ways, in words.

Not here: the list itself (``components/searchline/sort_and_group.js``), making the groups
(``panoptic_data.catalogue.grouping``), the names of groups (``services.group_labels``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.session import state
from app.widgets.filter_chips import SCALES, field_name
from app.widgets.property_facets import visible_properties
from panoptic_data.catalogue.embedded import DATES
from panoptic_data.media.embedded_texts import KEYWORDS, TEXTS
from panoptic_data.views.fields import FIELDS, PERIODS, WHO_FIELDS

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["grouping_choices"]

# Depths of folders and widths of bins; None is what fits the corpus.
_FOLDER_DEPTHS = (None, 1, 2, 3)
_BIN_WIDTHS: Mapping[str, tuple[float | None, ...]] = {
    "width": (None, 100, 500, 1000),
    "height": (None, 100, 500, 1000),
    "pixels": (None, 1_000_000, 5_000_000),
    "size": (None, 100_000, 1_000_000),
    "copies": (None,),
}
# What files say of themselves, beside the date: offered where any does.
EMBEDDED = ("digitised_at", KEYWORDS, *TEXTS)
_PROPERTY_BIN_WIDTHS = (0.1, 1, 10, 100)


def grouping_choices(corpus: Catalogue, encoders: Sequence[state.Encoder]) -> list[dict[str, Any]]:
    """Return the fields to group by, each with the ways to do it: ``id``, ``label``, ``bys``."""
    choices = [_choice("folder", [(depth, _depth_label(depth)) for depth in _FOLDER_DEPTHS])]
    clustered = [encoder for encoder in encoders if corpus.clusters(encoder.slug) is not None]
    if clustered:
        names = [(encoder.slug, encoder.name) for encoder in clustered]
        choices.append(_choice("cluster", names))
    periods = _periods()
    if corpus.date_range() is not None:
        choices.append(_choice("taken_at", periods))
    held = [name for name in EMBEDDED if corpus.frame[name].null_count() < len(corpus)]
    choices += [_choice(name, periods if name in DATES else ()) for name in held]
    choices += [_choice("format"), _choice("colour"), _choice("camera"), _choice("added", periods)]
    for field, widths in _BIN_WIDTHS.items():
        choices.append(_choice(field, [(width, _width_label(field, width)) for width in widths]))
    kinds = corpus.duplicates()["kind"].unique().sort().to_list()
    if kinds:
        choices.append(_choice("duplicate", [(kind, _duplicates_label(kind)) for kind in kinds]))
    return choices + _property_choices(corpus)


def _property_choices(corpus: Catalogue) -> list[dict[str, Any]]:
    visible = visible_properties(corpus)
    choices = []
    for field, property in visible:
        kind = FIELDS[field].kind
        bys: Sequence[tuple[Any, str]] = ()
        if kind in ("date", "number"):
            bys = _periods() if kind == "date" else _property_bins(property)
        choices.append(_choice(field, bys, property.name))
    if visible:
        authors = [
            (None, state.text("explore.by_anyone")),
            *(
                (property.id, state.text("explore.by_what", name=property.name))
                for _, property in visible
            ),
        ]
        choices += [_choice(field, authors, state.text(f"explore.{field}")) for field in WHO_FIELDS]
    return choices


def _choice(
    field: str, bys: Sequence[tuple[Any, str]] = (), name: str | None = None
) -> dict[str, Any]:
    return {
        "id": field,
        "label": name or field_name(field),
        "bys": [{"value": value, "label": label} for value, label in bys],
    }


def _periods() -> list[tuple[str, str]]:
    periods = [(period, state.text(f"explore.by_{period}")) for period in reversed(PERIODS)]
    # Years come first: they are chosen most often.
    return sorted(periods, key=lambda choice: choice[0] != "year")


def _property_bins(property: Property) -> list[tuple[float | None, str]]:
    """Return the widths of bins that suit a property of numbers: its own step too."""
    step = property.options.get("step")
    widths = sorted({*_PROPERTY_BIN_WIDTHS, *([step] if step else [])})
    named = [(float(width), state.text("explore.by_width", width=f"{width:g}")) for width in widths]
    return [(None, state.text("explore.by_fitting")), *named]


def _depth_label(depth: int | None) -> str:
    if depth is None:
        return state.text("explore.by_folder")
    return state.text("explore.by_depth", depth=depth)


def _width_label(field: str, width: float | None) -> str:
    if width is None:
        return state.text("explore.by_fitting")
    value = width / SCALES[field]
    formatted = state.number(value) if value == int(value) else f"{value:g}"
    return state.text("explore.by_width", width=formatted)


def _duplicates_label(kind: str) -> str:
    name, _, slug = kind.partition(":")
    text = state.text(f"explore.duplicates_{name}")
    return f"{text} ({slug})" if slug else text
