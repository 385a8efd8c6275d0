"""The page where a file is previewed, matched and imported, its steps below each other.

Everything is read and written over HTTP (``app.api.imports``). Not here: the page's place in the
dashboard (``screens.importing``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.components.assets import component

__all__ = ["import_form"]

KEY = "importing"


def import_form(
    *,
    language: str,
    types: Sequence[str],
    ways: Sequence[str],
    encodings: Sequence[str],
    texts: Mapping[str, str],
    on_show: Callable[[str], None],
    on_properties: Callable[[], None],
) -> None:
    """Show the form. ``on_show`` gets the batch whose images are to be shown."""
    component("importing", styles=("shared/ui/forms",))(
        key=KEY,
        data={
            "language": language,
            "types": list(types),
            "ways": list(ways),
            "encodings": list(encodings),
            "texts": dict(texts),
        },
        presses={
            "show": lambda batch: on_show(str(batch)),
            "properties": lambda _: on_properties(),
        },
    )
