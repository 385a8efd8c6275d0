"""The images that a sample is taken of, and what is known of each: values, copies, vectors.

Not here: which are taken (``sample``, ``split``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.grouping import encode_level
from panoptic_data.errors import InvalidSample
from panoptic_data.provenance import stages
from panoptic_data.query import writer
from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.ordering import write_level
from panoptic_data.query.terms.term import Context
from panoptic_data.sampling.shuffled import shuffled
from panoptic_data.views import model
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import Level

__all__ = ["Among", "copies_of", "values_of", "vectors_version"]

Rows = npt.NDArray[np.intp]
# Copies of these kinds are the same picture; those of other kinds only look alike.
SAME = ("near",)
VERSION_DIGITS = 12


@dataclass(frozen=True)
class Among:
    """Images of a view (or those selected in it) in an order by chance: sha1s, rows."""

    current: Catalogue
    view: View
    sha1s: list[str]
    rows: Rows
    selected: int | None = None

    @classmethod
    def of_view(cls, project: Project, view: View, seed: int) -> Among:
        """Return all images of a view, at the newest state. Raises InvalidView, NoEmbeddings."""
        current = registry.get(project, fresh=True)
        rows = run_view(current, view.grouped_by().sorted_by()).rows
        return cls.of_images(current, view, current.sha1s(np.unique(rows)), seed)

    @classmethod
    def of_images(
        cls,
        current: Catalogue,
        view: View,
        sha1s: Sequence[str],
        seed: int,
        selected: int | None = None,
    ) -> Among:
        """Return some images, each once; ``selected`` says how many were chosen by hand."""
        ordered = shuffled(dict.fromkeys(sha1s), seed)
        rows = current.rows_of(ordered)
        return cls(current, view, current.sha1s(rows), rows.astype(np.intp), selected)

    def __len__(self) -> int:
        return len(self.sha1s)

    @property
    def view_text(self) -> str | None:
        """The view as ``panoptic query`` reads it; None for all images."""
        view = View(where=self.view.where, mode=self.view.mode)
        state = self.current.annotations
        if writer.unwritable(view, state):
            return model.to_address(view)
        return writer.write(view, state=state) or None

    def text_of(self, level: Level) -> str:
        """Return a field as ``group:`` of a query names it."""
        names = ProjectNames(self.current.annotations)
        text = write_level(level, Context(None, None, date.today(), None, None, names))
        return text or level.field


def values_of(among: Among, level: Level) -> tuple[list[list[int]], list[str]]:
    """Return the values of each image as codes, and the name of each value.

    An image without a value has none; of tags it has those above its own, too. Raises
    NoEmbeddings where an encoder has no clusters.
    """
    current = among.current
    encoded = encode_level(current, level, by_file=False)
    tags = current.annotations.tags
    names = [
        tags[value].name if isinstance(value, str) and value in tags else _text(value)
        for value in encoded.values
    ]
    if encoded.starts is None:
        codes = encoded.codes[among.rows].tolist()
        return [[code] if code >= 0 else [] for code in codes], names
    starts, ends = encoded.starts[among.rows].tolist(), encoded.starts[among.rows + 1].tolist()
    pairs = zip(starts, ends, strict=True)
    return [encoded.codes[start:end].tolist() for start, end in pairs], names


def copies_of(among: Among) -> list[list[int]]:
    """Return the groups of images that are versions of one picture, as positions.

    Raises InvalidSample where copies were never looked for.
    """
    project = among.current.project
    made = {row["stage"] for row in stages.latest(project).to_dicts() if row["data_version"]}
    if "duplicates" not in made:
        raise InvalidSample("no_copies")
    position = np.full(len(among.current), -1, np.int64)
    position[among.rows] = np.arange(len(among))
    members = among.current.duplicates().filter(pl.col("kind").is_in(list(SAME)))
    members = members.with_columns(position=position[members["row"].to_numpy()])
    members = members.filter(pl.col("position") >= 0).sort("group", "position")
    groups: list[list[int]] = (
        members.group_by("group", maintain_order=True).agg("position")["position"].to_list()
    )
    return [group for group in groups if len(group) > 1]


def vectors_version(project: Project, slug: str) -> str:
    """Return a digest of the data versions of an encoder's vectors: 12 hex digits."""
    prefix = f"embeddings/{slug}/"
    records = stages.latest(project).select("stage", "data_version").iter_rows()
    versions = [f"{stage}={version}" for stage, version in records if stage.startswith(prefix)]
    return stages.digest(versions)[:VERSION_DIGITS]


def _text(value: object) -> str:
    if isinstance(value, list):
        return " – ".join(f"{end:g}" for end in value)
    return str(value)
