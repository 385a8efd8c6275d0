"""The line above the images: search, filters, count, order, groups, displays, tile size.

Tile size, captions and panels are kept in the browser alone. Not here: what the line shows
(``widgets.search_line``), what is done with it (``widgets.search_actions``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components.assets import component

__all__ = [
    "SIMILARITY_TEXTS",
    "Box",
    "ChangedLabel",
    "Chip",
    "Choice",
    "Limit",
    "TermChip",
    "searchline",
]

# Texts of the slider over similarity (``similarity_slider.js``), in the section ``find``.
SIMILARITY_TEXTS = (
    "level_same",
    "level_very",
    "level_alike",
    "level_loosely",
    "percentile",
    "cosine",
    "about_one",
    "about_other",
    "limit",
)


@dataclass(frozen=True)
class Box:
    """What the search box asks the routes with: the ``view`` that is shown, and encoders.

    ``words`` and ``pictures`` rank searches with words and with pictures alone, ``encoder`` has
    the clusters; each may be None. ``loading`` says what is loaded before words are read.
    """

    view: str
    words: str | None
    pictures: str | None
    encoder: str | None
    loading: str


@dataclass(frozen=True)
class Choice:
    """One entry of a list: its identifier, its text, its text on hover or its icon."""

    id: str
    label: str
    title: str = ""
    disabled: bool = False


@dataclass(frozen=True)
class Chip:
    """One filter of the view, which a press removes."""

    id: str
    label: str


@dataclass(frozen=True)
class TermChip:
    """One term of the search, which a press removes; ``is_against`` has the sign minus.

    ``picture`` is the address of a thumbnail, ``box`` the part of it that is searched for,
    ``sign`` the weight before it in place of the label. A chip that is no term counts the rest.
    """

    label: str
    is_against: bool = False
    picture: str | None = None
    box: tuple[float, float, float, float] | None = None
    sign: str = ""
    is_term: bool = True


@dataclass(frozen=True)
class Limit:
    """The limit of a search in words; ``view`` is the address that the slider counts under.

    ``title`` is the limit in figures. ``count`` is set where the limit is a number of most similar
    images.
    """

    label: str
    view: str
    count: int | None = None
    title: str = ""


@dataclass(frozen=True)
class ChangedLabel:
    """What a frozen view would show differently if it were run again, in short and in full."""

    label: str
    title: str


def searchline(
    *,
    text: str,
    box: Box,
    count: str,
    chips: Sequence[Chip],
    terms: Sequence[TermChip],
    limit: Limit | None,
    encoders: Sequence[Choice],
    encoder: str | None,
    comparable: Sequence[Choice],
    compare: str | None,
    scopes: Sequence[Choice],
    scope: str | None,
    loading: str | None,
    version: str,
    sort: str,
    descending: bool,
    sorts: Sequence[Choice],
    arrange: Mapping[str, Any],
    captions: Sequence[Choice],
    show: Sequence[str],
    displays: Sequence[Choice],
    problem: str | None,
    column: int | None,
    hold: bool,
    changed: ChangedLabel | None,
    turn: int,
    language: str,
    texts: Mapping[str, str],
    on_search: Callable[[str, str], None],
    on_sort: Callable[[str, bool], None],
    on_arrange: Callable[[Mapping[str, Any]], None],
    on_show: Callable[[Sequence[str]], None],
    on_filters: Callable[[], None],
    on_hold: Callable[[bool], None],
    on_refresh: Callable[[], None],
    on_remove: Callable[[str], None],
    on_clear: Callable[[], None],
    on_add: Callable[[str], None],
    on_term: Callable[[int], None],
    on_limit: Callable[[Any], None],
    on_encoder: Callable[[str], None],
    on_compare: Callable[[str], None],
    on_scope: Callable[[str], None],
    key: str = "searchline",
) -> None:
    """Show the line, and pass on what is pressed and typed.

    ``on_search`` gets a text, and whether its "names" or its "meaning" is meant, "" or "other";
    ``on_sort`` field and direction. ``arrange`` is what order and groups can be and are
    (``sort_and_group.js``); ``on_arrange`` gets their JSON, unchecked, as ``on_show`` gets names of
    displays.
    ``captions`` are those that an image can have, in the order of their lines.
    ``on_filters`` opens the builder of filters; ``problem`` is what is wrong with the text,
    from its letter ``column`` on.
    ``hold`` is whether views are frozen, which ``on_hold`` changes; ``changed`` describes what a
    frozen view does not show yet, until ``on_refresh``.
    ``terms`` is the current search, ``limit`` its limit, ``encoder`` which of ``encoders`` ranks
    it, ``compare`` which of ``comparable`` it is compared with, ``scope`` which of ``scopes`` is
    searched; ``loading`` says what is loaded before anything is found, if so. ``on_add``
    gets a term that was dropped or drawn (``file:…``, ``crop:…``), ``on_term`` the index of one
    to remove, ``on_limit`` a ``percentile``, a ``threshold`` or a ``count``, unchecked;
    ``on_compare`` an encoder, or "" for none. ``version`` is the catalogue's.
    ``turn`` counts the runs of the page: when it grows, the last press has been carried out.
    """

    def searched(value: Any) -> None:
        on_search(str(value["text"]), str(value["choice"]))

    def sorted_by(value: Any) -> None:
        on_sort(str(value["field"]), value["descending"] is True)

    component("searchline", styles=("shared/ui/similarity_slider",))(
        key=key,
        data={
            "text": text,
            "box": asdict(box),
            "count": count,
            "chips": [asdict(choice) for choice in chips],
            "terms": [asdict(choice) for choice in terms],
            "limit": None if limit is None else asdict(limit),
            "encoders": [asdict(choice) for choice in encoders],
            "encoder": encoder,
            "comparable": [asdict(choice) for choice in comparable],
            "compare": compare,
            "scopes": [asdict(choice) for choice in scopes],
            "scope": scope,
            "loading": loading,
            "version": version,
            "sort": sort,
            "descending": descending,
            "sorts": [asdict(choice) for choice in sorts],
            "arrange": dict(arrange),
            "captions": [asdict(choice) for choice in captions],
            "show": list(show),
            "displays": [asdict(choice) for choice in displays],
            "problem": problem,
            "column": column,
            "hold": hold,
            "changed": None if changed is None else asdict(changed),
            "turn": turn,
            "language": language,
            "texts": dict(texts),
        },
        presses={
            "search": searched,
            "sort": sorted_by,
            "remove": lambda chosen: on_remove(str(chosen)),
            "clear": lambda _: on_clear(),
            "add": lambda chosen: on_add(str(chosen)),
            "term": lambda chosen: on_term(int(chosen)),
            "limit": on_limit,
            "encoder": lambda chosen: on_encoder(str(chosen)),
            "compare": lambda chosen: on_compare(str(chosen)),
            "scope": lambda chosen: on_scope(str(chosen)),
            "arrange": on_arrange,
            "show": on_show,
            "filters": lambda _: on_filters(),
            "hold": lambda on: on_hold(on is True),
            "refresh": lambda _: on_refresh(),
        },
    )
