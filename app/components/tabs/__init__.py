"""The tabs of the top bar: all images, the open views, a new one, and the views not open.

Not here: what a tab shows, and where tabs are kept (``widgets.view_tabs``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.components.assets import component

__all__ = ["Tab", "TabAction", "tab_strip"]


@dataclass(frozen=True)
class Tab:
    """One saved view: its id, its name, its text on hover, and whether it can be read."""

    id: str
    name: str
    title: str
    is_readable: bool = True


@dataclass(frozen=True)
class TabAction:
    """What a person did: ``what`` to the tab ``id`` (None: all images).

    ``what`` is open, new, rename, move, close, reopen, duplicate, delete or restore. ``name``
    comes with rename, ``ids`` (the new order) with move, ``position`` among the tabs with
    restore (None: not open). ``goes``: the tab ``then`` (None: all images) is to be shown now.
    """

    what: str
    id: str | None
    name: str
    ids: tuple[str, ...]
    position: int | None
    goes: bool
    then: str | None


def tab_strip(
    *,
    opened: Sequence[Tab],
    others: Sequence[Tab],
    current: str | None,
    address: str,
    texts: Mapping[str, str],
    on_act: Callable[[TabAction], None],
    key: str = "tabs",
) -> None:
    """Show the strip; ``others`` are the views that are not open.

    ``address`` is the view that is shown, for an address that names only its tab.
    """
    component("tabs", styles=("shared/ui/toast",))(
        key=key,
        data={
            "tabs": [asdict(tab) for tab in opened],
            "others": [asdict(tab) for tab in others],
            "current": current,
            "address": address,
            "texts": dict(texts),
        },
        presses={"act": lambda value: on_act(_act(value))},
    )


def _act(value: Mapping[str, Any]) -> TabAction:
    position = value.get("place")
    return TabAction(
        what=str(value["what"]),
        id=_text(value.get("id")),
        name=str(value.get("name", "")),
        ids=tuple(str(tab) for tab in value.get("ids", ())),
        position=int(position) if isinstance(position, int | float) else None,
        goes="then" in value,
        then=_text(value.get("then")),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
