"""Divides a view into training, validation and test, copies of a picture never in two of them.

The same seed on the same state divides it alike on every machine. Not here: dividing as such
(``dividing``), writing the parts as tags (``tagging``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from panoptic_data.errors import InvalidSample
from panoptic_data.sampling.among import Among, copies_of, values_of
from panoptic_data.sampling.dividing import divided, linked
from panoptic_data.sampling.recipe import Recipe
from panoptic_data.sampling.sample import Sampled, Shortage

if TYPE_CHECKING:
    from panoptic_data.views.model import Level

__all__ = ["PARTS", "SHARES", "read_shares", "split"]

PARTS = ("train", "validation", "test")
SHARES = (80.0, 10.0, 10.0)


def read_shares(text: str) -> tuple[float, ...]:
    """Return the shares that a text like "80/10/10" or "0.8/0.2" says. Raises InvalidSample."""
    try:
        return tuple(float(share.replace(",", ".")) for share in text.split("/"))
    except ValueError:
        raise InvalidSample("shares", given=text[:40]) from None


def split(
    among: Among, seed: int, shares: Sequence[float] = SHARES, *, level: Level | None = None
) -> Sampled:
    """Return which images are for training, validation and test: tags ``PARTS`` → sha1s.

    ``shares`` are in proportion (80, 10, 10), those left out 0. With ``level`` each of its values
    is divided alike; an image with several counts for the rarest. ``shortages`` are values with
    fewer images than there are parts. Raises InvalidSample for no images, shares that are none,
    and where copies were never looked for.
    """
    checked = _checked(shares)
    if not len(among):
        raise InvalidSample("nothing")
    values, names = values_of(among, level) if level is not None else ([[]] * len(among), [])
    kinds = _rarest(values, len(names))
    sets = linked(len(among), copies_of(among))
    parts = divided(sets, kinds, checked)
    images = {
        name: [sha1 for sha1, of in zip(among.sha1s, parts, strict=True) if of == part]
        for part, name in enumerate(PARTS)
        if checked[part]
    }
    sizes = Counter(sets)
    recipe = Recipe(
        "split",
        "/".join(f"{share:g}" for share in checked),
        seed,
        of=len(among),
        by=None if level is None else among.text_of(level),
        copies=sum(size for size in sizes.values() if size > 1),
        selection=among.selected,
        view=among.view_text,
    )
    of_kind = Counter(kinds)
    shortages = tuple(
        Shortage(name, of_kind[code], len(images))
        for code, name in enumerate(names)
        if 0 < of_kind[code] < len(images)
    )
    return Sampled(images, recipe, shortages=shortages, values=len(set(kinds) - {-1}))


def _checked(shares: Sequence[float]) -> tuple[float, ...]:
    given = "/".join(f"{share:g}" for share in shares)
    whole = (*shares, *(0.0 for _ in PARTS[len(shares) :]))
    is_none = len(whole) > len(PARTS) or any(not 0 <= share < float("inf") for share in whole)
    if is_none or sum(1 for share in whole if share) < 2:
        raise InvalidSample("shares", given=given)
    return whole


def _rarest(values: Sequence[Sequence[int]], kinds: int) -> list[int]:
    """Return of each image the value that the fewest have, -1 for none."""
    sizes = [0] * kinds
    for codes in values:
        for code in codes:
            sizes[code] += 1
    return [min(codes, key=lambda it: (sizes[it], it)) if codes else -1 for codes in values]
