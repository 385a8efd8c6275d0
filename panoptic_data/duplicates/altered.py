"""Which images of near groups differ in colours or frame, and which are the recoloured ones: pure.

The edits of a group say what each image is beside its centre; which of two was made of the other
they do not say: the grey one, the paler one, the one beside several of the same colours. Not here:
finding the edits (``same_picture``), choosing who stays (``keepers``).
"""

from __future__ import annotations

import polars as pl

__all__ = ["LESS_SURE_BITS", "altered", "steps"]

LESS_SURE_BITS = 16.0
"""From which distance groups are merged that differ in colours or frame: after all others, whose
hashes differ in 10 bits at most unless a person chose more."""
_LESS_SURE = ("recoloured", "cropped", "part", "wider", "whole", "shifted")
# Difference of the channels of a main colour, of 255, up to which it is a grey.
_GREY = 8
# Part of the liveliest image's colour below which another one of it is pale.
_PALE = 0.9


def steps(members: pl.DataFrame) -> pl.DataFrame:
    """Return group and step: the distance from which it is merged where many are.

    ``members`` has group, distance and edits (null: not known).
    """
    edits = pl.col("edits").list
    differs = pl.any_horizontal(edits.contains(edit) for edit in _LESS_SURE).fill_null(value=False)
    distance, least = pl.col("distance").max(), pl.lit(LESS_SURE_BITS, pl.Float32)
    step = pl.when(differs.any()).then(pl.max_horizontal(distance, least)).otherwise(distance)
    return members.group_by("group").agg(step=step.cast(pl.Float32))


def altered(members: pl.DataFrame) -> pl.DataFrame:
    """Return group, sha1 and whether it is ``altered``, of groups with other colours.

    ``members`` has group, sha1, centre, edits, colour (the main one, "#rrggbb") and ``is_grey``
    (the file holds no colours).
    """
    is_recoloured = pl.col("edits").list.contains("recoloured").fill_null(value=False)
    recoloured = members.with_columns(recoloured=is_recoloured, lively=_liveliness())
    recoloured = recoloured.filter(pl.col("recoloured").any().over("group"))
    is_grey = pl.col("is_grey") | (pl.col("lively") <= _GREY)
    recoloured = recoloured.with_columns(is_grey=is_grey.fill_null(value=False))
    # Grey pictures among themselves are told apart by the rest.
    grey = pl.col("is_grey") & ~pl.col("is_grey").all().over("group")
    # One image beside one other: neither has more of its kind.
    is_pair = pl.len().over("group") == 2
    pale = (pl.col("lively") < _PALE * pl.col("lively").max().over("group")).fill_null(value=False)
    centre_is_grey = (grey & (pl.col("sha1") == pl.col("centre"))).any().over("group")
    changed = pl.when(is_pair | centre_is_grey).then(pale).otherwise("recoloured")
    return recoloured.select("group", "sha1", altered=grey | changed)


def _liveliness() -> pl.Expr:
    """Return by how much the channels of a colour differ, 0 to 255."""
    channels = [
        pl.col("colour").str.slice(at, 2).str.to_integer(base=16, strict=False) for at in (1, 3, 5)
    ]
    return pl.max_horizontal(channels) - pl.min_horizontal(channels)
