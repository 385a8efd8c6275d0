"""The page of suggestions for a tag: images to accept or reject, beside its examples.

Images and answers go over HTTP (``app.api.suggestions``, ``app.api.tag_status``). Not here: the
page's place in the dashboard (``screens.suggestions``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.components.assets import component

__all__ = ["suggest"]

KEY = "suggest"


def suggest(
    *,
    language: str,
    tag: str | None,
    view: str | None,
    encoders: Sequence[tuple[str, str]],
    encoder: str | None,
    texts: Mapping[str, str],
    on_tag: Callable[[str], None],
    on_encoder: Callable[[str], None],
    on_show: Callable[[str], None],
    on_sort: Callable[[str], None],
    on_leave: Callable[[str], None],
) -> None:
    """Show it. ``view`` is the address of filters to suggest within, in place of the whole corpus.

    ``encoders`` are slugs with their names, ``encoder`` the one in use. ``on_tag`` gets the tag to
    go on with, ``on_show`` the one whose images are to be seen, ``on_sort`` the property whose tags
    images are to be sorted into by words, ``on_leave`` the name of a page.
    """
    component("suggest", styles=("annotate/editors", "shared/ui/review_page"))(
        key=KEY,
        data={
            "language": language,
            "tag": tag,
            "view": view,
            "encoders": [list(pair) for pair in encoders],
            "encoder": encoder,
            "texts": dict(texts),
        },
        presses={
            "tag": lambda value: on_tag(str(value)),
            "encoder": lambda value: on_encoder(str(value)),
            "show": lambda value: on_show(str(value)),
            "sort": lambda value: on_sort(str(value)),
            "leave": lambda value: on_leave(str(value)),
        },
    )
