"""In which order a section of the left panel lists its values, as a person chose it there.

Kept for the browser session, by field. Not here: the sections (``facet_panel``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.components.facets import Item
from app.session import state
from panoptic_data.text import natural_key

__all__ = ["KEY", "choices", "choose", "of", "ordered"]

KEY = "facets.order"
ORDERS = ("count", "name")
"""By how many images have the value, or by its name; tags besides in their own order."""
_PREFIX = "order:"


def of(field: str, first: str = "count") -> str:
    """Return the order of a field's values, ``first`` where none was chosen."""
    chosen: Mapping[str, str] = st.session_state.get(KEY, {})
    return chosen.get(field, first)


def choices(field: str, first: str = "count") -> list[dict[str, Any]]:
    """Return the orders to choose from, as a section offers them."""
    orders = ORDERS if first in ORDERS else (first, *ORDERS)
    return [
        {
            "id": f"{_PREFIX}{order}:{field}",
            "label": state.text(f"explore.facet_order_{order}"),
            "selected": order == of(field, first),
        }
        for order in orders
    ]


def choose(id: str) -> bool:
    """Keep what was chosen; False where the id is of something else."""
    if not id.startswith(_PREFIX):
        return False
    order, _, field = id.removeprefix(_PREFIX).partition(":")
    st.session_state[KEY] = {**st.session_state.get(KEY, {}), field: order}
    return True


def ordered(field: str, items: Sequence[Item], first: str = "count") -> list[Item]:
    """Return values in the order of their field; in any other than the two as they are."""
    order = of(field, first)
    if order == "name":
        return sorted(items, key=lambda item: natural_key(item.label))
    return sorted(items, key=lambda item: -item.count) if order == "count" else list(items)
