"""The page of duplicates: groups side by side, merged or kept apart by keys, or all at once.

Beside them the images that share a part, and finding those.

Groups and merges go over HTTP (``app.api.duplicates``). Not here: the page's place in the dashboard
(``screens.duplicates``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.components.assets import component

__all__ = ["duplicates"]

KEY = "duplicates"


def duplicates(
    *,
    project: str,
    language: str,
    view: str | None,
    group: str | None,
    version: str,
    encoders: Mapping[str, str],
    texts: Mapping[str, str],
    on_show: Callable[[str], None],
    on_open: Callable[[str], None],
    on_leave: Callable[[str], None],
) -> None:
    """Show it. ``view`` is the address of filters to compare within, in place of the whole corpus.

    ``project`` is its place, ``group`` is the one to begin with, ``version`` changes when
    duplicates are detected again, ``encoders`` are names by slug. ``on_show`` gets the group whose
    images are to be shown, ``on_open`` the sha1 of an image to be opened, ``on_leave`` the name of
    a page.
    """
    component(
        "duplicates",
        styles=(
            "annotate/editors",
            "shared/ui/review_page",
            "shared/ui/outline",
            "shared/ui/part_pair",
            "duplicates/pair",
        ),
    )(
        key=KEY,
        data={
            "project": project,
            "language": language,
            "view": view,
            "group": group,
            "version": version,
            "encoders": dict(encoders),
            "texts": dict(texts),
        },
        presses={
            "show": lambda value: on_show(str(value)),
            "open": lambda value: on_open(str(value)),
            "leave": lambda value: on_leave(str(value)),
        },
    )
