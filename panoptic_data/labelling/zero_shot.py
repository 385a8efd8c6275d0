"""Images sorted into the tags of a property by words alone: each tag's name is shown to a CLIP.

A model says how it divides an image among the words it is given, by its own scale; where images
have a tag already, the scale is the one under which those were least surprising. It is sure of
something for every image, also of one that none of the words fits: scores are suggestions. Not
here: answers (``offers``), words as vectors (``query_vectors``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data import encoders
from panoptic_data.annotations.log import REFUSED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidProperty, InvalidTag
from panoptic_data.labelling import suggest
from panoptic_data.labelling.active_learning import Check
from panoptic_data.messages import translate
from panoptic_data.vectors import query_vectors
from panoptic_data.vectors.matrix import Matrix
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.labelling.suggest import Material
    from panoptic_data.storage.project import Project

__all__ = ["PARENTS", "Best", "Class", "Classes", "best", "classes", "fitted", "prompts"]

PARENTS = ("ignore", "add", "mean")
"""Parents' names: left out, in the same words, or in words of their own of equal weight."""

# From so many images that have a tag the scale is found; half a dozen a class in a common case.
FITTED_FROM = 30
FITTED_AT_MOST = 2_000
# Scales that are tried: from a sixteenth of the model's own to sixteen times it.
TRIED = np.geomspace(1 / 16, 16, 65)
BLOCK_ROWS = 16_384

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Best:
    """Each image's best class: ``classes`` (n,), ``probabilities`` and ``similarities`` (n,).

    A class is a position; -1 where all were refused. Probabilities are among the classes,
    similarities are cosines of picture and words.
    """

    classes: npt.NDArray[np.intp]
    probabilities: Floats
    similarities: Floats


@dataclass(frozen=True)
class Class:
    """The images whose best tag is ``tag``, surest first, as rows of the ``Classes``."""

    tag: str
    prompts: tuple[str, ...]
    sha1s: tuple[str, ...]
    probabilities: Floats
    similarities: Floats


@dataclass(frozen=True)
class Classes:
    """Images by tag. ``scale`` was used; ``fitted`` is from how many tagged images it comes."""

    classes: tuple[Class, ...]
    scale: float
    fitted: int


def classes(
    project: Project,
    property: str,
    slug: str,
    *,
    view: View | None = None,
    tags: Sequence[str] | None = None,
    language: str = "en",
    template: str | None = None,
    parents: str = "ignore",
    again: bool = False,
    check: Check = lambda: None,
) -> Classes:
    """Return, for the tags of a property (None: all), the images that each fits best.

    Of the images that a view shows, those without any tag of the property; with ``again`` all. A
    tag that was refused for an image is not proposed for it. ``template`` holds ``{name}`` (and
    ``{parent}``); None takes that of the language. Raises InvalidProperty, InvalidTag,
    TextNotSupported, WeightsUnavailable, NoEmbeddings, InvalidView.
    """
    current = registry.get(project)
    state = current.annotations
    one, chosen = _checked(state, property, tags)
    held = suggest.material(project, current, slug, check)
    if not chosen:
        return Classes((), 0.0, 0)
    told = {tag.id: prompts(tag, state.tags, language, template, parents) for tag in chosen}
    words = _words(project, told, slug)
    scale = _scale(project, slug)
    tagged, labels, any_of = _tagged(current, held, one, chosen)
    scale, count = _fitted(held, words, tagged, labels, scale)
    places = held.of_rows(run_view(current, (view or View()).grouped_by().sorted_by()).rows)
    places = places[held.live[places]]
    if not again:
        places = np.setdiff1d(places, any_of)
    refused = _refused(current, held, chosen)
    found = best(held.space.vectors, words, scale, places, refused, check)
    made = [_class(held, places, found, at, tag.id, told[tag.id]) for at, tag in enumerate(chosen)]
    return Classes(tuple(made), scale, count)


def prompts(
    tag: Tag,
    known: Mapping[str, Tag],
    language: str = "en",
    template: str | None = None,
    parents: str = "ignore",
) -> tuple[str, ...]:
    """Return what is told of a tag: one text, or several of equal weight."""
    above = [known[id].name for id in tag.parents if id in known and not known[id].deleted]
    if parents == "add" and above:
        return tuple(_prompt(tag.name, parent, language, template) for parent in above)
    own = _prompt(tag.name, None, language, template)
    if parents == "mean":
        return (own, *(_prompt(parent, None, language, template) for parent in above))
    return (own,)


def best(
    vectors: Matrix,
    words: Floats,
    scale: float,
    rows: Rows,
    refused: Sequence[Rows] = (),
    check: Check = lambda: None,
) -> Best:
    """Return the class, of words (k, d), that fits each of some rows of vectors (n, d) best.

    ``refused`` holds, for each class, the rows that are not of it.
    """
    found = np.full(len(rows), -1, np.intp)
    likely, cosines = (np.zeros(len(rows), np.float32) for _ in range(2))
    for start in range(0, len(rows), BLOCK_ROWS):
        check()
        some = rows[start : start + BLOCK_ROWS]
        near = vectors[some] @ words.T
        for at, never in enumerate(refused):
            near[np.isin(some, never), at] = -np.inf
        part = slice(start, start + len(some))
        first = near.argmax(axis=1)
        top = near[np.arange(len(some)), first]
        is_some = np.isfinite(top)
        found[part] = np.where(is_some, first, -1)
        cosines[part] = np.where(is_some, top, 0)
        beside = np.exp(scale * (near[is_some] - top[is_some, None])).sum(axis=1)
        likely[part][is_some] = 1 / beside
    return Best(found, likely, cosines)


def fitted(cosines: Floats, labels: npt.NDArray[np.intp], scale: float) -> float:
    """Return the scale under which the right ones of classes are least surprising.

    ``cosines`` (m, k) of m images and k classes, ``labels`` (m,) the class of each. Temperature
    scaling (Guo et al., 2017), on a grid.
    """
    right = cosines[np.arange(len(labels)), labels]
    beside = cosines - right[:, None]
    surprises = [float(_log_sum(scale * times * beside).mean()) for times in TRIED]
    return scale * float(TRIED[int(np.argmin(surprises))])


def _checked(state: State, property: str, ids: Sequence[str] | None) -> tuple[Property, list[Tag]]:
    one = state.properties.get(property)
    if one is None or one.deleted:
        raise InvalidProperty("unknown", name=property)
    if not one.has_tags:
        raise InvalidProperty("holds_no_tags", name=one.name)
    known = state.tags_of(property)
    there = {tag.id for tag in known}
    for id in ids or ():
        if id not in there:
            raise InvalidTag("unknown", name=id)
    return one, [tag for tag in known if ids is None or tag.id in ids]


def _prompt(name: str, parent: str | None, language: str, template: str | None) -> str:
    if template:
        text = template if "{name}" in template else f"{template} {{name}}"
        if parent is not None and "{parent}" not in text:
            text = f"{text}, {{parent}}"
        return " ".join(text.replace("{name}", name).replace("{parent}", parent or "").split())
    if parent is None:
        return translate("prompt.plain", language, name=name)
    return translate("prompt.below", language, name=name, parent=parent)


def _words(project: Project, told: Mapping[str, Sequence[str]], slug: str) -> Floats:
    """Return one vector a tag: the mean of what is told of it, of unit length."""
    every = list(dict.fromkeys(text for some in told.values() for text in some))
    place = {text: at for at, text in enumerate(every)}
    vectors = query_vectors.of_texts(project, every, slug)
    means = [vectors[[place[text] for text in some]].mean(axis=0) for some in told.values()]
    return np.stack([query_vectors.normalised(mean) for mean in means])


def _scale(project: Project, slug: str) -> float:
    # Warm, since words were made of it, unless these were remembered.
    [row] = project.database().take("encoders", [slug], ["text", "dtype"]).to_pylist()
    return encoders.warm(encoders.parse(row["text"]), row["dtype"], 1).scale


def _tagged(
    current: Catalogue, held: Material, one: Property, chosen: Sequence[Tag]
) -> tuple[Rows, npt.NDArray[np.intp], Rows]:
    """Return the images that have one of some tags, and which, of several one of them.

    Then those that have any tag of the property.
    """
    column = current.column(property_field(one.type, one.id))
    place = {tag.id: at for at, tag in enumerate(chosen)}
    labels = np.array([place.get(id, -1) for id in column.ids] or [-1], dtype=np.intp)
    if column.units is None or column.tags is None or not len(column.units):
        none = np.empty(0, np.intp)
        return none, none, none
    rows = current.corpus.file_row[column.units] if one.target == "file" else column.units
    at, of = held.places[rows], labels[column.tags]
    is_known = (at >= 0) & (of >= 0)
    places, first = np.unique(at[is_known], return_index=True)
    return places, of[is_known][first], np.unique(at[at >= 0])


def _fitted(
    held: Material, words: Floats, tagged: Rows, labels: npt.NDArray[np.intp], scale: float
) -> tuple[float, int]:
    if len(tagged) < FITTED_FROM or len(words) < 2:
        return scale, 0
    some = np.random.default_rng(0).permutation(len(tagged))[:FITTED_AT_MOST]
    cosines = held.space.vectors[tagged[some]] @ words.T
    return fitted(cosines, labels[some], scale), len(some)


def _refused(current: Catalogue, held: Material, chosen: Sequence[Tag]) -> list[Rows]:
    found = []
    for tag in chosen:
        said = suggest.answered(current.annotations, tag.id)
        targets = said.filter(pl.col("value") == REFUSED)["target"].to_list()
        found.append(held.of_rows(current.rows_of(targets)))
    return found


def _class(
    held: Material, places: Rows, found: Best, at: int, tag: str, told: tuple[str, ...]
) -> Class:
    own = np.flatnonzero(found.classes == at)
    own = own[np.argsort(-found.probabilities[own], kind="stable")]
    sha1s = tuple(held.names(places[own]))
    return Class(tag, told, sha1s, found.probabilities[own], found.similarities[own])


def _log_sum(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)), np.float64)
