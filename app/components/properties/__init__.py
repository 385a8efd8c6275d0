"""The page where people define what they annotate: properties at the left, one of them beside.

Definitions are read and written over HTTP (``app.api.properties``). Not here: the page's place in
the dashboard (``screens.properties``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.components.assets import component

__all__ = ["property_editor"]

KEY = "properties"


def property_editor(
    *,
    language: str,
    types: Sequence[str],
    colours: Sequence[str],
    texts: Mapping[str, str],
    on_explore: Callable[[str, list[str]], None],
    on_import: Callable[[], None],
    on_sort: Callable[[str], None],
) -> None:
    """Show properties and let them be changed. ``on_explore`` gets a property and tags of it.

    Without tags all images that have a value are meant. ``on_import`` leads to the page
    Import, ``on_sort`` gets the property into whose tags images are to be sorted.
    """
    component("properties", styles=("shared/ui/forms", "shared/ui/toast"))(
        key=KEY,
        data={
            "language": language,
            "types": list(types),
            "colours": list(colours),
            "texts": dict(texts),
        },
        presses={
            "explore": lambda value: on_explore(*_read(value)),
            "import": lambda _: on_import(),
            "sort": lambda value: on_sort(str(value)),
        },
    )


def _read(value: Mapping[str, Any]) -> tuple[str, list[str]]:
    return str(value["property"]), [str(item) for item in value["tags"]]
