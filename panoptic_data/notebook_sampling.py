"""Samples of a view and its division for training, from a notebook or a script: as tags.

    hundred = sample_images(war, 100, method="diverse", seed=1, view="date:1930s")
    split_images(war, seed=1, by="Theme")

Not here: how images are chosen (``sampling``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panoptic_data.messages import translate
from panoptic_data.notebook import parse_view, view_of
from panoptic_data.notebook_arguments import checked, require_choice

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.notebook_arguments import Seed
    from panoptic_data.sampling.sample import Sampled
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import Level, View

__all__ = ["sample_images", "split_images"]

# As in `notebook`, modules are imported where they are used.


@checked
def sample_images(
    project: Project,
    count: int,
    *,
    method: str = "chance",
    seed: Seed = 1,
    view: str | View = "",
    by: str | None = None,
    encoder: str | None = None,
    property: str = "Sample",
    tag: str | None = None,
    author: str | None = None,
    dry: bool = False,
) -> pl.DataFrame:
    """Tag a sample of a view, as one batch that can be undone, and return it: sha1, tag.

    ``method`` is "chance", "diverse" (k-center greedy on the vectors of ``encoder``), "typical"
    (nearest to the centres of groups) or "balanced" (equally many of each value of ``by``, a field
    as ``group:`` of a query names it). The same ``seed`` on the same state gives the same images
    on every machine. With ``dry`` nothing is written. Raises InvalidSample, UsageError,
    NoEmbeddings, UnknownEncoder.
    """
    from panoptic_data.sampling.among import Among
    from panoptic_data.sampling.sample import METHODS, sample

    require_choice("method", method, METHODS)
    refuse_idle(method, by, encoder)
    among = Among.of_view(project, view_of(project, view), seed)
    level = None if by is None else level_of(project, by)
    sampled = sample(among, method, count, seed, encoder=encoder, level=level)
    wanted = default_tag(sampled, "en")
    return _written(project, sampled, property, tag, wanted, author, dry=dry)


@checked
def split_images(
    project: Project,
    shares: Sequence[float] = (80, 10, 10),
    *,
    seed: Seed = 1,
    view: str | View = "",
    by: str | None = None,
    property: str = "Split",
    author: str | None = None,
    dry: bool = False,
) -> pl.DataFrame:
    """Divide a view into the tags train, validation and test; return them: sha1, tag.

    One batch that can be undone. ``shares`` are in proportion; two of them leave out the test.
    Copies of a picture are never in two parts. With ``by`` (a field as ``group:`` of a query names
    it) each of its values is divided alike. The same ``seed`` on the same state divides alike on
    every machine. With ``dry`` nothing is written. Raises InvalidSample, UsageError.
    """
    from panoptic_data.sampling.among import Among
    from panoptic_data.sampling.split import split

    among = Among.of_view(project, view_of(project, view), seed)
    level = None if by is None else level_of(project, by)
    sampled = split(among, seed, list(shares), level=level)
    return _written(project, sampled, property, None, "", author, dry=dry)


def level_of(project: Project, text: str, language: str = "en") -> Level:
    """Return the field that ``group:`` of a query would name so. Raises UsageError."""
    from panoptic_data.errors import InvalidSample
    from panoptic_data.query.names import quoted

    is_name = not any(sign in text for sign in '()":')
    written = quoted(text) if is_name and " " in text else text
    view = parse_view(project, f"group:{written}", language=language)
    if len(view.group) != 1 or view.where or view.sort:
        raise InvalidSample("field", given=text[:60])
    return view.group[0]


def refuse_idle(method: str, by: str | None, encoder: str | None) -> None:
    """Raise InvalidSample for what the method would pass over, or lacks."""
    from panoptic_data.errors import InvalidSample

    if by is not None and method != "balanced":
        raise InvalidSample("no_by")
    if by is None and method == "balanced":
        raise InvalidSample("no_level")
    if encoder is not None and method not in ("diverse", "typical"):
        raise InvalidSample("no_encoder")


def default_tag(sampled: Sampled, language: str) -> str:
    """Return the name of a sample's tag where none was given: "100 diverse"."""
    recipe = sampled.recipe
    count = len(sampled.images.get("", ()))
    return translate(f"sampling.tag_{recipe.how}", language, count=count, by=recipe.by or "")


def _written(
    project: Project,
    sampled: Sampled,
    property: str,
    tag: str | None,
    wanted: str,
    author: str | None,
    *,
    dry: bool,
) -> pl.DataFrame:
    import polars as pl

    from panoptic_data.annotations.store import annotations_of
    from panoptic_data.sampling.tagging import decide

    store = annotations_of(project)
    if dry:
        tagged = decide(store.state(fresh=True), sampled, property, tag, wanted).result
    else:
        project.require_now()
        tagged = store.decide(
            lambda state: decide(state, sampled, property, tag, wanted), author=author
        ).result
    parts = zip(sampled.images.values(), tagged.tags, strict=True)
    rows = [(sha1, name) for sha1s, name in parts for sha1 in sha1s]
    return pl.DataFrame(rows, {"sha1": pl.String, "tag": pl.String}, orient="row")
