"""Images classified into the tags of a property by the tags' names, with an encoder of texts.

The encoder's softmax scale divides each image among the tags; where images have tags already, the
scale is fitted to them. Some tag is the likeliest of any image, also where none of the names
describes it: predictions are suggestions. Not here: what became of them (``zero_shot_review``),
answers (``answers``), texts as vectors (``vectors.query_vectors``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data import encoders
from panoptic_data.annotations.deleted import live_property, live_tag
from panoptic_data.annotations.log import REFUSED
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidProperty
from panoptic_data.labelling import aligned_vectors
from panoptic_data.labelling.active_learning import Check
from panoptic_data.labelling.answers import answers_of
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
    from panoptic_data.labelling.aligned_vectors import AlignedVectors
    from panoptic_data.storage.project import Project

__all__ = [
    "PARENTS",
    "BestClasses",
    "Predictions",
    "TagPredictions",
    "best_classes",
    "fit_scale",
    "predict",
    "prompts",
]

PARENTS = ("ignore", "add", "mean")
"""Names of parent tags: ignored, added to the prompt, or averaged in as prompts of their own."""

# The scale is fitted to at least so many tagged images: half a dozen a class in a common case.
MIN_FITTED = 30
MAX_FITTED = 2_000
# Factors that are tried: from a sixteenth of the encoder's own scale to sixteen times it.
SCALE_FACTORS = np.geomspace(1 / 16, 16, 65)
# exp of more is no float32.
_MOST_EXPONENT = 80.0
BLOCK_ROWS = 16_384

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class BestClasses:
    """Each image's best class: ``classes`` (n,), ``probabilities`` and ``similarities`` (n,).

    A class is an index, -1 where all were refused. Probabilities are among the classes,
    similarities are cosines of image and text.
    """

    classes: Rows
    probabilities: Floats
    similarities: Floats


@dataclass(frozen=True)
class TagPredictions:
    """The images whose best tag is ``tag``, most probable first."""

    tag: str
    prompts: tuple[str, ...]
    sha1s: tuple[str, ...]
    probabilities: Floats
    similarities: Floats


@dataclass(frozen=True)
class Predictions:
    """Images by tag. ``scale`` was used; ``fitted`` counts the tagged images it was fitted to."""

    tags: tuple[TagPredictions, ...]
    scale: float
    fitted: int


def predict(
    project: Project,
    property: str,
    slug: str,
    *,
    view: View | None = None,
    tags: Sequence[str] | None = None,
    language: str = "en",
    template: str | None = None,
    parents: str = "ignore",
    include_tagged: bool = False,
    check: Check = lambda: None,
) -> Predictions:
    """Return, for the tags of a property (None: all), the images whose best tag each is.

    Predicted are the images that a view shows, without those that have any tag of the property
    unless ``include_tagged``. A tag is not predicted for an image that it was refused for.
    ``template`` contains ``{name}`` (and ``{parent}``); None takes that of the language. Raises
    InvalidProperty, InvalidTag, TextNotSupported, WeightsUnavailable, NoEmbeddings, InvalidView.
    """
    current = registry.get(project)
    state = current.annotations
    checked, chosen = _check(state, property, tags)
    vectors = aligned_vectors.get(project, current, slug, check)
    if not chosen:
        return Predictions((), 0.0, 0)
    texts = {tag.id: prompts(tag, state.tags, language, template, parents) for tag in chosen}
    text_vectors = _text_vectors(project, texts, slug)
    scale, midpoint = _encoder_scale(project, slug)
    labelled, labels, tagged = _tagged(current, vectors, checked, chosen)
    scale, fitted = _fit(vectors, text_vectors, labelled, labels, scale)
    indices = vectors.indices_of(run_view(current, (view or View()).grouped_by().sorted_by()).rows)
    indices = indices[vectors.has_file[indices]]
    if not include_tagged:
        indices = np.setdiff1d(indices, tagged)
    refused = _refused(current, vectors, chosen)
    space = vectors.space.vectors
    best = best_classes(space, text_vectors, scale, indices, refused, check, midpoint)
    predicted = [
        _predictions_of(vectors, indices, best, index, tag.id, texts[tag.id])
        for index, tag in enumerate(chosen)
    ]
    return Predictions(tuple(predicted), scale, fitted)


def prompts(
    tag: Tag,
    tags: Mapping[str, Tag],
    language: str = "en",
    template: str | None = None,
    parents: str = "ignore",
) -> tuple[str, ...]:
    """Return the prompts of a tag: one text, or several of equal weight."""
    names = [tags[id].name for id in tag.parents if id in tags and not tags[id].deleted]
    if parents == "add" and names:
        return tuple(_prompt(tag.name, parent, language, template) for parent in names)
    own = _prompt(tag.name, None, language, template)
    if parents == "mean":
        return (own, *(_prompt(parent, None, language, template) for parent in names))
    return (own,)


def best_classes(
    vectors: Matrix,
    text_vectors: Floats,
    scale: float,
    rows: Rows,
    refused: Sequence[Rows] = (),
    check: Check = lambda: None,
    midpoint: float | None = None,
) -> BestClasses:
    """Return which of k text vectors (k, d) is most similar to each of some rows of (n, d).

    ``refused`` has, for each class, the rows that are not of it. ``midpoint`` is the cosine from
    which a model with a sigmoid takes words to fit a picture: none of the words is then one more
    class, so that what no word fits is not certain.
    """
    classes = np.full(len(rows), -1, np.intp)
    probabilities, similarities = (np.zeros(len(rows), np.float32) for _ in range(2))
    for start in range(0, len(rows), BLOCK_ROWS):
        check()
        block = rows[start : start + BLOCK_ROWS]
        cosines = vectors[block] @ text_vectors.T
        for index, excluded in enumerate(refused):
            cosines[np.isin(block, excluded), index] = -np.inf
        part = slice(start, start + len(block))
        best = cosines.argmax(axis=1)
        highest = cosines[np.arange(len(block)), best]
        has_class = np.isfinite(highest)
        classes[part] = np.where(has_class, best, -1)
        similarities[part] = np.where(has_class, highest, 0)
        ratios = np.exp(scale * (cosines[has_class] - highest[has_class, None])).sum(axis=1)
        if midpoint is not None:
            ratios += np.exp(np.minimum(scale * (midpoint - highest[has_class]), _MOST_EXPONENT))
        probabilities[part][has_class] = 1 / ratios
    return BestClasses(classes, probabilities, similarities)


def fit_scale(cosines: Floats, labels: Rows, scale: float) -> float:
    """Return the scale with the least cross-entropy of the true classes.

    ``cosines`` (m, k) are those of m images and k classes, ``labels`` (m,) the class of each.
    Temperature scaling (Guo et al., 2017), on a grid.
    """
    true = cosines[np.arange(len(labels)), labels]
    differences = cosines - true[:, None]
    losses = [float(_log_sum_exp(scale * factor * differences).mean()) for factor in SCALE_FACTORS]
    return scale * float(SCALE_FACTORS[int(np.argmin(losses))])


def _check(state: State, property: str, ids: Sequence[str] | None) -> tuple[Property, list[Tag]]:
    checked = live_property(state, property)
    if not checked.has_tags:
        raise InvalidProperty("holds_no_tags", name=checked.name)
    for id in ids or ():
        live_tag(state, id, property)
    tags = state.tags_of(property)
    return checked, [tag for tag in tags if ids is None or tag.id in ids]


def _prompt(name: str, parent: str | None, language: str, template: str | None) -> str:
    if template:
        text = template if "{name}" in template else f"{template} {{name}}"
        if parent is not None and "{parent}" not in text:
            text = f"{text}, {{parent}}"
        return " ".join(text.replace("{name}", name).replace("{parent}", parent or "").split())
    if parent is None:
        return translate("prompt.plain", language, name=name)
    return translate("prompt.below", language, name=name, parent=parent)


def _text_vectors(project: Project, texts: Mapping[str, Sequence[str]], slug: str) -> Floats:
    """Return one vector per tag: the mean of those of its prompts, of unit length."""
    unique = list(dict.fromkeys(text for some in texts.values() for text in some))
    index_of = {text: index for index, text in enumerate(unique)}
    vectors = query_vectors.of_texts(project, unique, slug)
    means = [vectors[[index_of[text] for text in some]].mean(axis=0) for some in texts.values()]
    return np.stack([query_vectors.normalised(mean) for mean in means])


def _encoder_scale(project: Project, slug: str) -> tuple[float, float | None]:
    # The encoder is loaded already, since it encoded the prompts, unless their vectors were cached.
    [row] = project.database().take("encoders", [slug], ["text", "dtype"]).to_pylist()
    encoder = encoders.warm(encoders.parse(row["text"]), row["dtype"], 1)
    return encoder.scale, encoders.midpoint(encoder)


def _tagged(
    current: Catalogue, vectors: AlignedVectors, property: Property, chosen: Sequence[Tag]
) -> tuple[Rows, Rows, Rows]:
    """Return the images that have a chosen tag, the index of that tag, and all tagged images.

    Of several chosen tags of an image one counts; tagged images have any tag of the property.
    """
    column = current.column(property_field(property.type, property.id))
    index_of = {tag.id: index for index, tag in enumerate(chosen)}
    labels = np.array([index_of.get(id, -1) for id in column.ids] or [-1], dtype=np.intp)
    if column.units is None or column.tags is None or not len(column.units):
        none = np.empty(0, np.intp)
        return none, none, none
    rows = current.corpus.file_row[column.units] if property.target == "file" else column.units
    indices, label_of = vectors.indices[rows], labels[column.tags]
    is_labelled = (indices >= 0) & (label_of >= 0)
    labelled, first = np.unique(indices[is_labelled], return_index=True)
    return labelled, label_of[is_labelled][first], np.unique(indices[indices >= 0])


def _fit(
    vectors: AlignedVectors, text_vectors: Floats, labelled: Rows, labels: Rows, scale: float
) -> tuple[float, int]:
    """Return the fitted scale and to how many images; the encoder's own where they are too few."""
    if len(labelled) < MIN_FITTED or len(text_vectors) < 2:
        return scale, 0
    sample = np.random.default_rng(0).permutation(len(labelled))[:MAX_FITTED]
    cosines = vectors.space.vectors[labelled[sample]] @ text_vectors.T
    return fit_scale(cosines, labels[sample], scale), len(sample)


def _refused(current: Catalogue, vectors: AlignedVectors, chosen: Sequence[Tag]) -> list[Rows]:
    refused = []
    for tag in chosen:
        answers = answers_of(current.annotations, tag.id)
        sha1s = answers.filter(pl.col("value") == REFUSED)["target"].to_list()
        refused.append(vectors.indices_of(current.rows_of(sha1s)))
    return refused


def _predictions_of(
    vectors: AlignedVectors,
    indices: Rows,
    best: BestClasses,
    index: int,
    tag: str,
    texts: tuple[str, ...],
) -> TagPredictions:
    own = np.flatnonzero(best.classes == index)
    own = own[np.argsort(-best.probabilities[own], kind="stable")]
    sha1s = tuple(vectors.sha1s_at(indices[own]))
    return TagPredictions(tag, texts, sha1s, best.probabilities[own], best.similarities[own])


def _log_sum_exp(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    highest = logits.max(axis=1)
    return np.asarray(highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1)), np.float64)
