"""The map: every image as a point; a lasso returns its polygon, a press the image.

The points come over HTTP (``/map``); only legend and controls are in ``data``. Not here: what a
polygon does to the view (``screens.image_map``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components.assets import component
from app.components.searchline import Chip

__all__ = ["Legend", "Line", "image_map"]


@dataclass(frozen=True)
class Line:
    """One group of the legend. ``number`` chooses its colour, ``exemplar`` is a sha1."""

    number: int
    value: int | str
    label: str
    count: int
    exemplar: str | None


@dataclass(frozen=True)
class Legend:
    """The groups, the values that the view filters by, and the images in no group."""

    groups: Sequence[Line]
    chosen: Sequence[int | str]
    ungrouped: int


def image_map(
    *,
    view: str,
    selected: str,
    version: str,
    held: str | None = None,
    encoder: str,
    encoders: Mapping[str, str],
    colouring: str,
    colourings: Mapping[str, str],
    legend: Legend,
    outline: Sequence[Sequence[float]] | None,
    chips: Sequence[Chip],
    is_alone: bool,
    is_unclear: bool = False,
    language: str,
    texts: Mapping[str, str],
    on_action: Callable[[str, Any], None],
    key: str = "map",
) -> None:
    """Show the map of the view at an address; of its frozen result if ``held`` is the key of one.

    ``selected`` is the address by which the images that a lasso catches are selected.
    ``on_action`` gets an action and its value: ``region`` (a polygon, or None to drop it),
    ``groups`` (the values chosen now), ``open`` (a sha1), ``encoder``, ``colouring``,
    ``drop`` (a chip), ``explore`` (show the view in the gallery). ``is_alone`` shows legend
    and images beside the map. ``is_unclear`` dims what the view shows: nothing is clearly like
    the words that it searches for.
    """

    def acted(value: Any) -> None:
        on_action(str(value["what"]), value["value"])

    data = {
        "view": view,
        "selected": selected,
        "version": version,
        "held": held,
        "encoder": encoder,
        "encoders": _choices(encoders),
        "colouring": colouring,
        "colourings": _choices(colourings),
        "groups": [asdict(line) for line in legend.groups],
        "chosen": list(legend.chosen),
        "ungrouped": legend.ungrouped,
        "outline": outline,
        "chips": [asdict(chip) for chip in chips],
        "isAlone": is_alone,
        "isUnclear": is_unclear,
        "language": language,
        "texts": dict(texts),
    }
    component("map")(key=key, data=data, height="stretch", presses={"ask": acted})


def _choices(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": name, "label": label} for name, label in labels.items()]
