"""The line above the pictures: search, what filters, how many, in which order, how large.

Tile size, captions and panels are the browser's own business. Not here: running a search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components.assets import component

__all__ = ["SIMILARITY_TEXTS", "ChangedLabel", "Chip", "Choice", "Limit", "TermChip", "searchline"]

# What the slider over likeness says (``similarity_slider.js``), under ``find``.
SIMILARITY_TEXTS = ("closest", "cosine", "about_one", "about_other", "limit", "limit_help")


@dataclass(frozen=True)
class Choice:
    """One entry of a list: its identifier, its text, and what it says when it is chosen."""

    id: str
    label: str
    title: str = ""
    disabled: bool = False


@dataclass(frozen=True)
class Chip:
    """One condition of the view, which a press removes."""

    id: str
    label: str


@dataclass(frozen=True)
class TermChip:
    """One term of the search, which a press removes; ``is_against`` has the sign minus.

    ``picture`` is the address of a small one, ``box`` the part of it that is meant, ``sign`` what
    stands before it in place of the label. Without a place of its own a chip says how many more.
    """

    label: str
    is_against: bool = False
    picture: str | None = None
    box: tuple[float, float, float, float] | None = None
    sign: str = ""
    is_term: bool = True


@dataclass(frozen=True)
class Limit:
    """From where on images are shown, in words; ``view`` is the address that a slider asks of.

    ``count`` is set where so many of the most alike are.
    """

    label: str
    view: str
    count: int | None = None


@dataclass(frozen=True)
class ChangedLabel:
    """What a held view shows that it would not, or not yet: a few words, and all of them."""

    label: str
    title: str


def searchline(
    *,
    text: str,
    mode: str,
    modes: Sequence[Choice],
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
    loading: bool,
    version: str,
    sort: str,
    descending: bool,
    sorts: Sequence[Choice],
    arrange: Mapping[str, Any],
    captions: Sequence[Choice],
    show: Sequence[str],
    displays: Sequence[Choice],
    problem: str | None,
    hold: bool,
    changed: ChangedLabel | None,
    turn: int,
    language: str,
    texts: Mapping[str, str],
    on_search: Callable[[str, str, bool], None],
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
    """Show the line, and tell what is pressed and typed.

    ``on_search`` gets text, mode and whether the person is done typing, ``on_sort`` field and
    direction. ``arrange`` is what order and groups can be and are (``sort_and_group.js``);
    ``on_arrange`` gets their JSON, unchecked, as ``on_show`` gets names of displays.
    ``captions`` is what can stand under a picture, in the order of its lines.
    ``on_filters`` is the press on the builder of conditions; ``problem`` says what of the text
    was not understood. ``hold`` is whether what no longer matches stays, which ``on_hold``
    changes; ``changed`` is what does so, until ``on_refresh``.
    ``terms`` is the search that is on, ``limit`` from where on, ``encoder`` which of ``encoders``
    judges it, ``compare`` which of ``comparable`` another does beside, ``scope`` which of
    ``scopes`` is searched; ``loading`` is whether the first search in words has to wait for a
    model. ``on_add`` gets a term that was brought (``file:…``, ``crop:…``), ``on_term`` the place
    of one to remove, ``on_limit`` a ``percentile``, a ``threshold`` or a ``count``, unchecked;
    ``on_compare`` an encoder, or "" for none. ``version`` is the catalogue's.
    ``turn`` counts the runs of the page: when it grows, what was asked has been answered.
    """

    def searched(value: Any) -> None:
        on_search(str(value["text"]), str(value["mode"]), value["whole"] is True)

    def sorted_by(value: Any) -> None:
        on_sort(str(value["field"]), value["descending"] is True)

    component("searchline", styles=("shared/ui/similarity_slider",))(
        key=key,
        data={
            "text": text,
            "mode": mode,
            "modes": [asdict(choice) for choice in modes],
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
            "hold": hold,
            "changed": None if changed is None else asdict(changed),
            "turn": turn,
            "language": language,
            "texts": dict(texts),
        },
        presses={
            "search": searched,
            "sort": sorted_by,
            "remove": lambda told: on_remove(str(told)),
            "clear": lambda _: on_clear(),
            "add": lambda told: on_add(str(told)),
            "term": lambda told: on_term(int(told)),
            "limit": on_limit,
            "encoder": lambda told: on_encoder(str(told)),
            "compare": lambda told: on_compare(str(told)),
            "scope": lambda told: on_scope(str(told)),
            "arrange": on_arrange,
            "show": on_show,
            "filters": lambda _: on_filters(),
            "hold": lambda told: on_hold(told is True),
            "refresh": lambda _: on_refresh(),
        },
    )
