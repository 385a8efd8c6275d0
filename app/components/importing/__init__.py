"""The page where a file is looked at, arranged and brought in, its steps below each other.

Everything comes and goes over HTTP (``app.api.imports``). Not here: the page's place in the
dashboard (``screens.importing``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.components.assets import component

__all__ = ["importer"]

KEY = "importing"


def importer(
    *,
    language: str,
    types: Sequence[str],
    ways: Sequence[str],
    texts: Mapping[str, str],
    on_show: Callable[[str], None],
    on_properties: Callable[[], None],
) -> None:
    """Show it. ``on_show`` gets the batch whose images are to be shown."""
    component("importing")(
        key=KEY,
        data={
            "language": language,
            "types": list(types),
            "ways": list(ways),
            "texts": dict(texts),
        },
        presses={
            "show": lambda batch: on_show(str(batch)),
            "properties": lambda _: on_properties(),
        },
    )
