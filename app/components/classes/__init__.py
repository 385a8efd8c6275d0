"""The page where images are sorted into the tags of a property by words, and answered in bulk.

Images and answers go over HTTP (``app.api.suggestions``). Not here: the page's place in the
dashboard (``screens.sort_by_words``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.components.assets import component

__all__ = ["classes"]

KEY = "classes"


def classes(
    *,
    language: str,
    property: str | None,
    view: str | None,
    encoders: Sequence[tuple[str, str]],
    encoder: str | None,
    loading: str | None,
    waiting: Sequence[str],
    texts: Mapping[str, str],
    on_property: Callable[[str], None],
    on_encoder: Callable[[str], None],
    on_leave: Callable[[str], None],
) -> None:
    """Show it. ``view`` is the address of filters that may be sorted in place of the whole corpus.

    ``encoders`` that read words are slugs with their names, ``encoder`` the one in use,
    ``loading`` says what is loaded first, ``waiting`` has names of such that cannot be used yet.
    ``on_property`` gets the property to sort into, ``on_leave`` the name of a page.
    """
    component("classes", styles=("annotate/editors", "shared/ui/review_page", "suggest/suggest"))(
        key=KEY,
        data={
            "language": language,
            "property": property,
            "view": view,
            "encoders": [list(pair) for pair in encoders],
            "encoder": encoder,
            "loading": loading,
            "waiting": list(waiting),
            "texts": dict(texts),
        },
        presses={
            "property": lambda value: on_property(str(value)),
            "encoder": lambda value: on_encoder(str(value)),
            "leave": lambda value: on_leave(str(value)),
        },
    )
