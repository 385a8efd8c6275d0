"""Stars and flags: a property of numbers from -1 (rejected) to 5, and a box for what is picked.

Both are properties as any other, so that filters, order, groups, facets, exports, imports, undo and
versions need nothing of their own. Numbers from -1 to 5 are what ``xmp:Rating`` holds, and what
Bridge, Lightroom, darktable and digiKam read. Which property it is: one with the option ``stars``
(``pick``), else one that is called so. Not here: keys (the app), sidecars (``exchange``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits, properties
from panoptic_data.annotations.log import as_frame
from panoptic_data.errors import InvalidProperty
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Change
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State

__all__ = [
    "LEAST",
    "MARKS",
    "MOST",
    "REJECTED",
    "STARS",
    "is_pick",
    "is_rating",
    "pick_property",
    "rate",
    "rating_property",
]

REJECTED = -1
LEAST, MOST = REJECTED, 5
STARS = {"least": LEAST, "most": MOST, "step": 1, "stars": True}
"""The options of a property of stars."""
PICK = {"pick": True}
MARKS = ("0", "1", "2", "3", "4", "5", "reject", "pick", "clear")
"""What can be pressed: stars, the two flags, and none of the two."""
_RATING_NAMES = ("rating", "stars", "évaluation", "étoiles")
_PICK_NAMES = ("pick", "picked", "retenue")


def is_rating(prop: Property) -> bool:
    """Whether the numbers of a property are shown as stars."""
    if prop.type != "number" or prop.target != "image":
        return False
    is_called_so = name_key(prop.name) in map(name_key, _RATING_NAMES)
    return bool(prop.options.get("stars")) or (
        is_called_so and prop.options.get("most", MOST) == MOST
    )


def is_pick(prop: Property) -> bool:
    """Whether a property says which images are picked."""
    if prop.type != "checkbox" or prop.target != "image":
        return False
    return bool(prop.options.get("pick")) or name_key(prop.name) in map(name_key, _PICK_NAMES)


def rating_property(state: State) -> Property | None:
    """Return the property of stars; None where there is none yet."""
    return _best([prop for prop in state.live_properties if is_rating(prop)])


def pick_property(state: State) -> Property | None:
    """Return the property of what is picked; None where there is none yet."""
    return _best([prop for prop in state.live_properties if is_pick(prop)])


def rate(
    state: State, targets: Iterable[str], mark: str, names: tuple[str, str]
) -> tuple[pl.DataFrame, Property | None]:
    """Return the changes that a mark of ``MARKS`` makes to images, and the property it is about.

    Stars that all have already are taken away. Who is rejected is not picked, who is picked or has
    stars is not rejected; "clear" leaves stars. ``names`` are those of the two properties where
    they are to be made. Raises InvalidProperty for another mark.
    """
    if mark not in MARKS:
        raise InvalidProperty("unknown", name=mark[:40])
    sha1s = list(dict.fromkeys(targets))
    rating, picked = rating_property(state), pick_property(state)
    made: list[Change] = []
    if mark == "pick":
        picked, state, made = _ready(state, picked, names[1], "checkbox")
    elif mark != "clear":
        rating, state, made = _ready(state, rating, names[0], "number")
    parts = [as_frame(made)]
    if rating is not None:
        parts.append(_rated(state, rating, sha1s, mark))
    if picked is not None and not mark.isdecimal():
        value = True if mark == "pick" else None
        parts.append(edits.set_value(state, picked.id, sha1s, value))
    changes = pl.concat(parts)
    # A property is made with its first value, or not at all.
    has_values = changes["kind"].is_in(["image"]).any()
    about = picked if mark == "pick" else rating or picked
    return (changes if has_values else changes.clear()), about


def _rated(state: State, rating: Property, sha1s: Sequence[str], mark: str) -> pl.DataFrame:
    if mark == "reject":
        return edits.set_value(state, rating.id, sha1s, REJECTED)
    if mark.isdecimal():
        changes = edits.set_value(state, rating.id, sha1s, int(mark))
        return changes if changes.height else edits.set_value(state, rating.id, sha1s, None)
    values = state.property_values(rating.id).take(sha1s)
    rejected = values.filter(pl.col("value") == str(REJECTED))["target"]
    return edits.set_value(state, rating.id, rejected, None)


def _ready(
    state: State, known: Property | None, name: str, type: str
) -> tuple[Property, State, list[Change]]:
    """Return a property, the state with it, and what makes it, or marks it as the one it is."""
    options = STARS if type == "number" else PICK
    if known is not None and known.options:
        return known, state, []
    if known is not None:
        changes = properties.update(state.properties, known.id, options=options)
        prop = replace(known, options=options)
    else:
        free = _free_name(state, name)
        prop, changes = properties.create(state.properties, free, type, options=options)
    return prop, replace(state, properties={**state.properties, prop.id: prop}), changes


def _free_name(state: State, name: str) -> str:
    taken = {name_key(prop.name) for prop in state.live_properties}
    number, free = 1, name
    while name_key(free) in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def _best(candidates: Sequence[Property]) -> Property | None:
    """Return the first that was made for it, else the first."""
    return min(candidates, key=lambda prop: not prop.options, default=None)
