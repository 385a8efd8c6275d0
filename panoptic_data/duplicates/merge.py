"""What merging duplicates changes: the keeper takes over values, the others leave the corpus: pure.

Nothing is deleted: the others are excluded from the corpus, their values go to the keeper where it
has none, and all of it is one batch of changes. Not here: finding groups (``detect``), which image
to keep (``keepers``), which groups are still open (``review``), writing changes
(``annotations.store``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits
from panoptic_data.annotations.log import APART_PREFIX, CHANGE_SCHEMA

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State

__all__ = ["apart_changes", "merge_changes"]

_LOST = pl.Schema({name: pl.String() for name in ("property", "keeper", "sha1", "value")})


def merge_changes(
    state: State, keep: Mapping[str, Sequence[str]], *, exclude: bool = True
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give keepers the values of others, and the values that are lost.

    ``keep`` maps each keeper to its others. Tags are united; any other value goes to a keeper that
    has none, from the first of the others that has one. A keeper's own value stays, and differing
    ones of others are lost: property, keeper, sha1, value. With ``exclude`` the others leave the
    corpus. An image that is a keeper in one group and another's in a second one goes to the second
    one's keeper. Values of files stay with the files.
    """
    pairs = _pairs(keep)
    parts, lost = [pl.DataFrame(schema=CHANGE_SCHEMA)], [pl.DataFrame(schema=_LOST)]
    involved = [*pairs["sha1"], *pairs["keeper"].unique()]
    for property in state.live_properties:
        if property.target != "image":
            continue
        present = state.property_values(property.id).take(involved).select("target", "value")
        offered = pairs.join(present, left_on="sha1", right_on="target").sort("order")
        if offered.is_empty():
            continue
        if property.is_multi_valued:
            parts.append(_add_tags(property, present, offered))
            continue
        changes, lost_values = _hand_over(state, property, present, offered)
        parts.append(changes)
        lost.append(lost_values)
    if exclude:
        parts.append(edits.exclude(state, pairs["sha1"]))
    return pl.concat(parts), pl.concat(lost)


def apart_changes(state: State, kind: str, sha1s: Iterable[str]) -> pl.DataFrame:
    """Return the changes that mark images as no duplicates of each other.

    All get the same digest of exactly these images: a group that another image joins is open again.
    """
    images = sorted(set(sha1s))
    digest = hashlib.blake2b("".join(images).encode(), digest_size=8).hexdigest()
    values = pl.DataFrame({"target": images}, schema={"target": pl.String})
    return edits.assign(state, APART_PREFIX + kind, values.with_columns(value=pl.lit(digest)))


def _add_tags(property: Property, present: pl.DataFrame, offered: pl.DataFrame) -> pl.DataFrame:
    """Return the changes that give keepers the tags that they do not have."""
    wanted = offered.select("value", target="keeper").unique(maintain_order=True)
    new = wanted.join(present, on=["target", "value"], how="anti", maintain_order="left")
    return new.select(
        kind=pl.lit(property.target),
        target="target",
        property=pl.lit(property.id),
        op=pl.lit("add"),
        old=pl.lit(None, pl.String),
        new="value",
    )


def _hand_over(
    state: State, property: Property, present: pl.DataFrame, offered: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the changes that give keepers a value where they have none, and the lost values."""
    own = present.rename({"value": "own"})
    both = offered.join(own, left_on="keeper", right_on="target", how="left", maintain_order="left")
    without = both.filter(pl.col("own").is_null())
    first = without.unique("keeper", keep="first", maintain_order=True)
    changes = edits.assign(state, property.id, first.select("value", target="keeper"))
    after = both.join(first.select("keeper", new="value"), on="keeper", how="left")
    lost = after.filter(pl.col("value") != pl.coalesce("own", "new"))
    return changes, lost.select(pl.lit(property.id).alias("property"), "keeper", "sha1", "value")


def _pairs(keep: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """Return who takes over from whom: sha1, keeper, order; no image both is kept and leaves."""
    keeper_of: dict[str, str] = {}
    for keeper, others in keep.items():
        for other in others:
            if other not in keeper_of and _final_keeper(keeper_of, keeper) != other:
                keeper_of[other] = keeper
    rows = [(sha1, _final_keeper(keeper_of, sha1), order) for order, sha1 in enumerate(keeper_of)]
    schema = {"sha1": pl.String, "keeper": pl.String, "order": pl.Int64}
    return pl.DataFrame(rows, schema, orient="row")


def _final_keeper(keeper_of: Mapping[str, str], sha1: str) -> str:
    while sha1 in keeper_of:
        sha1 = keeper_of[sha1]
    return sha1
