"""Images of a project offered for a tag, and what people answered.

An answer is a value like any other, of the hidden property ``answer:<tag>`` of an image: "true"
where it was accepted, which puts the tag on too, "false" where it was refused. So answers are
in the log, in one batch with the tags they put on, are undone with them, and every person's
count. Not here: how offers are made (``suggestions``), writing the changes (``annotations``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations import edits, tags
from panoptic_data.annotations.log import ACCEPTED, ANSWER_PREFIX, REFUSED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidTag
from panoptic_data.labelling import active_learning
from panoptic_data.labelling.active_learning import Check, Estimate, Examples, Space
from panoptic_data.vectors import scores
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Condition, View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.corpus import Corpus
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = [
    "Image",
    "Material",
    "Offered",
    "Progress",
    "answered",
    "answers",
    "checked",
    "material",
    "offered",
]

# An offer is told by what it is most like; of more examples than this, some are looked at.
COMPARED_AT_MOST = 20_000
# Two encoders are compared side by side.
HELD = 2

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Image:
    """One image that is offered.

    ``similarity`` is the cosine to ``why``, the image of the group that it is most like.
    ``probability`` is None while answers of both kinds are too few.
    """

    sha1: str
    similarity: float
    why: str
    probability: float | None


@dataclass(frozen=True)
class Progress:
    """How far one is: images in the group, answers, and images that could still be offered."""

    inside: int
    accepted: int
    refused: int
    candidates: int


@dataclass(frozen=True)
class Offered:
    """``kind`` says what was learnt: "prototype", "classifier", "none" without any example."""

    images: tuple[Image, ...]
    estimate: Estimate | None
    progress: Progress
    kind: str


@dataclass(frozen=True)
class Material:
    """The vectors of an encoder beside the rows of a catalogue.

    ``sha1s`` (n,) and ``space`` are in one order; ``places`` says where each row of the corpus
    stands in it, -1 where it has no vector; ``live`` which have a readable file.
    """

    corpus: Corpus
    sha1s: npt.NDArray[np.bytes_]
    space: Space
    live: npt.NDArray[np.bool_]
    places: npt.NDArray[np.intp]

    def of_rows(self, rows: npt.NDArray[Any]) -> Rows:
        """Return where some rows of the corpus stand, each once; those without a vector nowhere."""
        found = np.unique(self.places[rows])
        return found[found >= 0]

    def names(self, at: Rows) -> list[str]:
        """Return the sha1s at some places."""
        return [sha1.decode() for sha1 in self.sha1s[at].tolist()]


def offered(
    project: Project,
    tag: str,
    slug: str,
    *,
    view: View | None = None,
    mode: str = "likely",
    count: int = 20,
    examples: Sequence[str] = (),
    check: Check = lambda: None,
) -> Offered:
    """Return images that may belong to a tag, of those that a view shows (None: of all).

    Learnt from the images that have the tag, or one below it, and from ``examples`` (sha1s) where
    it has none yet. Images of other tags of a property of one tag are not offered, and teach what
    does not belong. ``mode`` is one of ``suggestions.MODES``. Raises InvalidTag, NoEmbeddings,
    InvalidView.
    """
    current = registry.get(project)
    state = current.annotations
    one, property = checked(state, tag)
    held = material(project, current, slug, check)
    known = _examples(current, held, one, property, examples)
    free = np.zeros(len(held.sha1s), dtype=bool)
    free[held.of_rows(_shown(current, view or View()))] = True
    free &= held.live
    for rows in (known.inside, known.outside, known.refused):
        free[rows] = False
    said = answered(state, tag)["value"]
    progress = Progress(
        len(_inside(current, property, tag)),
        int((said == ACCEPTED).sum()),
        int((said == REFUSED).sum()),
        int(free.sum()),
    )
    if not len(known.inside):
        return Offered((), None, progress, "none")
    made = active_learning.offer(held.space, known, free, count, mode, check)
    return Offered(_images(held, made, known.inside), made.estimate, progress, made.kind)


def answered(state: State, tag: str) -> pl.DataFrame:
    """Return what was answered of a tag: target (a sha1), value, author, at, batch."""
    return state.values(ANSWER_PREFIX + tag)


def answers(
    state: State,
    tag: str,
    accepted: Iterable[str] = (),
    refused: Iterable[str] = (),
    forgotten: Iterable[str] = (),
    *,
    files: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return the changes that answers make: accepted images get the tag, refused ones lose it.

    ``forgotten`` are answered no more, and lose the tag where it came by an answer. Of a property
    of files ``files`` says which hold which image (file_id, sha1). Raises InvalidTag.
    """
    one, property = checked(state, tag)
    accepted = list(dict.fromkeys(accepted))
    refused = [sha1 for sha1 in dict.fromkeys(refused) if sha1 not in set(accepted)]
    others = {*accepted, *refused}
    forgotten = [sha1 for sha1 in dict.fromkeys(forgotten) if sha1 not in others]
    by_answer = answered(state, tag).filter(pl.col("value") == ACCEPTED)["target"]
    lost = [*refused, *set(forgotten).intersection(by_answer)]
    said: list[tuple[str, str | None]] = [(sha1, ACCEPTED) for sha1 in accepted]
    said += [(sha1, REFUSED) for sha1 in refused] + [(sha1, None) for sha1 in forgotten]
    given = pl.DataFrame(said, {"target": pl.String, "value": pl.String}, orient="row")
    is_of_files = property.target == "file"
    return pl.concat(
        [
            edits.add_tags(state, property.id, _of(accepted, files, is_of_files), [one.id]),
            edits.remove_tags(state, property.id, _of(lost, files, is_of_files), [one.id]),
            edits.assign(state, ANSWER_PREFIX + tag, given),
        ]
    )


def checked(state: State, tag: str) -> tuple[Tag, Property]:
    """Return a tag and its property, neither deleted. Raises InvalidTag."""
    one = state.tags.get(tag)
    property = state.properties.get(one.property) if one else None
    if one is None or one.deleted or property is None or property.deleted:
        raise InvalidTag("unknown", name=tag)
    return one, property


def material(
    project: Project, current: Catalogue, slug: str, check: Check = lambda: None
) -> Material:
    """Return the vectors of an encoder beside a catalogue's rows, kept while both stay the same.

    Raises NoEmbeddings.
    """
    sha1s, vectors, live = scores.loaded_vectors(project, slug)
    key = (project.database().uri, slug)
    with _lock:
        known = _held.get(key)
    space = known.space if known is not None and known.space.vectors is vectors else None
    if (
        known is None
        or space is None
        or known.corpus is not current.corpus
        or known.live is not live
    ):
        space = space or Space.of(vectors, check)
        known = Material(current.corpus, sha1s, space, live, _places(current.corpus, sha1s))
    with _lock:
        _held[key] = known
        _held.move_to_end(key)
        while len(_held) > HELD:
            _held.popitem(last=False)
    return known


_lock = threading.Lock()
_held: OrderedDict[tuple[str, str], Material] = OrderedDict()


def _places(corpus: Corpus, sha1s: npt.NDArray[np.bytes_]) -> npt.NDArray[np.intp]:
    known, rows = corpus.by_sha1
    places = np.full(len(known), -1, dtype=np.intp)
    at = np.minimum(np.searchsorted(sha1s, known), len(sha1s) - 1)
    places[rows] = np.where(sha1s[at] == known, at, -1)
    return places


def _shown(current: Catalogue, view: View) -> npt.NDArray[Any]:
    """Return the rows that a view shows, in no order."""
    return run_view(current, view.grouped_by().sorted_by()).rows


def _inside(current: Catalogue, property: Property, tag: str) -> npt.NDArray[Any]:
    """Return the rows that have a tag or one below it, each once."""
    asked = Condition(property_field(property.type, property.id), "in", [tag])
    return np.unique(_shown(current, View(where=(asked,))))


def _examples(
    current: Catalogue, held: Material, one: Tag, property: Property, more: Sequence[str]
) -> Examples:
    state = current.annotations
    inside = np.union1d(_inside(current, property, one.id), current.rows_of(list(more)))
    said = answered(state, one.id)
    accepted, refused = (
        np.setdiff1d(current.rows_of(_targets(said, value)), without)
        for value, without in ((ACCEPTED, ()), (REFUSED, inside))
    )
    kin = {one.id, *tags.descendants(state.tags, [one.id]), *tags.ancestors(state.tags, [one.id])}
    others = _otherwise(current, property, kin)
    return Examples(
        held.of_rows(inside.astype(np.intp)),
        held.of_rows(np.setdiff1d(others, inside).astype(np.intp)),
        held.of_rows(np.intersect1d(accepted, inside).astype(np.intp)),
        held.of_rows(refused.astype(np.intp)),
    )


def _targets(said: pl.DataFrame, value: str) -> list[str]:
    targets: list[str] = said.filter(pl.col("value") == value)["target"].to_list()
    return targets


def _otherwise(current: Catalogue, property: Property, kin: Collection[str]) -> npt.NDArray[Any]:
    """Return the rows whose one tag is neither this, nor below it, nor above it."""
    column = current.column(property_field(property.type, property.id))
    if property.holds_several or column.units is None or column.tags is None:
        return np.empty(0, np.intp)
    is_other = np.array([id not in kin for id in column.ids], dtype=bool)
    units = column.units[is_other[column.tags]] if len(column.ids) else column.units
    return current.corpus.file_row[units] if property.target == "file" else units


def _images(held: Material, made: active_learning.Offer, inside: Rows) -> tuple[Image, ...]:
    among = inside
    if len(among) > COMPARED_AT_MOST:
        among = np.random.default_rng(0).permutation(among)[:COMPARED_AT_MOST]
    why, cosines = active_learning.nearest(held.space, made.rows, among)
    likely = made.probabilities
    told: list[float | None] = [None] * len(why) if likely is None else likely.tolist()
    return tuple(
        Image(sha1, float(cosine), of, probability)
        for sha1, cosine, of, probability in zip(
            held.names(made.rows), cosines, held.names(why), told, strict=True
        )
    )


def _of(sha1s: list[str], files: pl.DataFrame | None, is_of_files: bool) -> list[str]:
    """Return what a tag is put on: images, or the files that hold them."""
    if not is_of_files or files is None:
        return [] if is_of_files else sha1s
    wanted = pl.Series(sha1s, dtype=pl.String).implode()
    ids: list[str] = files.filter(pl.col("sha1").is_in(wanted))["file_id"].to_list()
    return ids
