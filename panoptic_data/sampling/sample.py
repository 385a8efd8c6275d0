"""A sample of a view: by chance, of different or typical images, or as many of each value.

The same seed on the same state gives the same sample on every machine. Not here: which images it
is taken of (``among``), writing it as tags (``tagging``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.errors import InvalidSample
from panoptic_data.sampling import choosing
from panoptic_data.sampling.among import Among, copies_of, values_of, vectors_version
from panoptic_data.sampling.choosing import Check
from panoptic_data.sampling.exact_vectors import whole_vectors
from panoptic_data.sampling.recipe import Recipe
from panoptic_data.search.request import encoder_for
from panoptic_data.vectors import scores

if TYPE_CHECKING:
    from panoptic_data.views.model import Level

__all__ = ["METHODS", "Sampled", "Shortage", "sample"]

Positions = npt.NDArray[np.intp]

METHODS = ("chance", "diverse", "typical", "balanced")


@dataclass(frozen=True)
class Shortage:
    """A value of which there are fewer images than were wanted."""

    name: str
    count: int
    wanted: int


@dataclass(frozen=True)
class Sampled:
    """What becomes of images: tag name → sha1s; how it was made.

    ``each`` is how many of each value were wanted, ``shortages`` which values have fewer, and
    ``left_out`` how many images could not be asked (without a value, or a vector).
    """

    images: Mapping[str, list[str]]
    recipe: Recipe
    each: int | None = None
    shortages: tuple[Shortage, ...] = ()
    left_out: int = 0
    values: int = 0


def sample(
    among: Among,
    method: str,
    count: int,
    seed: int,
    *,
    encoder: str | None = None,
    level: Level | None = None,
    check: Check = lambda: None,
) -> Sampled:
    """Return a sample of ``count`` images, under the tag "".

    ``method`` is one of ``METHODS``: "diverse" and "typical" compare the vectors of ``encoder``
    (None: the project's first), "balanced" takes equally many of each value of ``level``. Raises
    InvalidSample where there are fewer images, NoEmbeddings, UnknownEncoder.
    """
    if method not in METHODS:
        raise InvalidSample("method", name=method, known=", ".join(METHODS))
    if not len(among):
        raise InvalidSample("nothing")
    if method == "balanced":
        return _balanced(among, count, seed, level)
    if method == "chance":
        _require(count, len(among))
        return Sampled({"": among.sha1s[:count]}, _recipe(among, method, count, seed))
    return _compared(among, method, count, seed, encoder, check)


def _compared(
    among: Among, method: str, count: int, seed: int, encoder: str | None, check: Check
) -> Sampled:
    project = among.current.project
    slug = encoder_for(project, reads_text=False, requested=encoder)
    known, vectors, _ = scores.loaded_vectors(project, slug)
    wanted = np.array(among.sha1s, dtype="S40")
    indices = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    positions = np.flatnonzero(known[indices] == wanted)
    left_out = len(among) - len(positions)
    _require(count, len(positions))
    if method == "typical":
        positions = _without_copies(among, positions, count)
    whole = whole_vectors(vectors, indices[positions])
    choose = choosing.different if method == "diverse" else choosing.typical
    chosen = positions[choose(whole, count, check)].tolist()
    recipe = _recipe(
        among, method, count, seed, encoder=slug, vectors=vectors_version(project, slug)
    )
    return Sampled({"": [among.sha1s[it] for it in chosen]}, recipe, left_out=left_out)


def _without_copies(among: Among, positions: Positions, count: int) -> Positions:
    """Leave out all versions of a picture but one, where enough are left."""
    try:
        copies = [position for group in copies_of(among) for position in group[1:]]
    except InvalidSample:
        return positions
    distinct = positions[~np.isin(positions, copies)]
    return distinct if len(distinct) >= count else positions


def _balanced(among: Among, count: int, seed: int, level: Level | None) -> Sampled:
    if level is None:
        raise InvalidSample("no_level")
    values, names = values_of(among, level)
    balance = choosing.balanced(values, len(names), count)
    kinds = len({code for codes in values for code in codes})
    name = among.text_of(level)
    if not kinds:
        raise InvalidSample("no_values", name=name)
    if not balance.wanted:
        raise InvalidSample("too_few", name=name, values=kinds, count=count)
    held = {code for codes in values for code in codes}
    shortages = tuple(
        Shortage(names[code], balance.counts[code], balance.wanted)
        for code in sorted(held)
        if balance.counts[code] < balance.wanted
    )
    return Sampled(
        {"": [among.sha1s[position] for position in balance.taken]},
        _recipe(among, "balanced", len(balance.taken), seed, by=name),
        each=balance.wanted,
        shortages=shortages,
        left_out=sum(not codes for codes in values),
        values=kinds,
    )


def _recipe(
    among: Among,
    method: str,
    count: int,
    seed: int,
    *,
    encoder: str | None = None,
    vectors: str | None = None,
    by: str | None = None,
) -> Recipe:
    return Recipe(
        method,
        f"{count}/{len(among)}",
        seed,
        encoder=encoder,
        vectors=vectors,
        by=by,
        selection=among.selected,
        view=among.view_text,
    )


def _require(count: int, total: int) -> None:
    if count > total:
        raise InvalidSample("too_many", wanted=count, count=total)
