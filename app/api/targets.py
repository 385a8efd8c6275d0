"""The images and files that a request is about: named by their sha1s, or chosen in a view.

Not here: what is written to them (``annotations``, ``group_names``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl
from pydantic import Field, model_validator

from app.api.request_body import Address, Id, RequestBody, Sha1s
from panoptic_data.catalogue import frozen_results, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.storage.sql import literals
from panoptic_data.views import model

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["SelectionRequest", "Targets", "TargetsRequest", "files_of", "plausible_sha1s"]

# Files of so few images are selected by name in the table; those of more are joined to all.
NAMED_AT_MOST = 200


class SelectionRequest(RequestBody):
    """What is selected in a view: ``all`` of it but ``except``, or ``ids``.

    ``held`` is the key of the frozen result that is shown of the view, if there is one.
    """

    all: bool = False
    ids: Sha1s | None = None
    left_out: Sha1s = Field(default_factory=list, alias="except")
    held: Id | None = None

    @model_validator(mode="after")
    def _needs_ids(self) -> SelectionRequest:
        if not self.all and self.ids is None:
            raise ValueError("needs ids, or all")
        return self


class TargetsRequest(RequestBody):
    """``sha1s`` (with ``places``, of their files only these), or a ``selection`` in a ``view``."""

    sha1s: Sha1s | None = None
    places: Sha1s | None = None
    view: Address = ""
    selection: SelectionRequest | None = None

    @model_validator(mode="after")
    def _names_images(self) -> TargetsRequest:
        if self.sha1s is None and self.selection is None:
            raise ValueError("needs sha1s, or a selection")
        return self


@dataclass(frozen=True)
class Targets:
    """The sha1s of the images; where only some of their files are meant, the ``paths`` of these."""

    project: Project
    sha1s: list[str]
    paths: pl.Series | None = None

    @cached_property
    def file_ids(self) -> list[str]:
        """The ids of the files that are meant."""
        files = files_of(self.project, self.sha1s)
        if self.paths is not None:
            files = files.filter(pl.col("path").is_in(self.paths.implode()))
        ids: list[str] = files["file_id"].to_list()
        return ids

    @classmethod
    def of(cls, project: Project, request: TargetsRequest) -> Targets:
        """Look up what a request names; what is not in the corpus is left out.

        Raises InvalidView.
        """
        current = registry.get(project)
        if request.sha1s is not None:
            sha1s = current.sha1s(current.rows_of(plausible_sha1s(request.sha1s)))
            named = request.places
            return cls(project, sha1s, None if named is None else pl.Series(named, dtype=pl.String))
        assert request.selection is not None
        selection = request.selection
        view = model.from_address(request.view)
        # The selection is of what the person sees, which may be a frozen result.
        current, _ = frozen_results.displayed(current, view, selection.held)
        result = run_view(current, view)
        paths = None
        if result.files is not None:
            paths = current.corpus.files["place"].gather(result.files)
        if not selection.all:
            rows = current.rows_of(plausible_sha1s(selection.ids or []))
            return cls(project, current.sha1s(rows), paths)
        left_out = frozenset(selection.left_out)
        in_view = dict.fromkeys(current.sha1s(result.rows))
        return cls(project, [sha1 for sha1 in in_view if sha1 not in left_out], paths)


def files_of(project: Project, sha1s: Sequence[str]) -> pl.DataFrame:
    """Return the files of some images, in the order of their paths: file_id, path.

    ``path`` begins with the name of the source.
    """
    columns = ("file_id", "source", "path", "sha1")
    where = None
    if len(sha1s) <= NAMED_AT_MOST:
        listed = literals(plausible_sha1s(sha1s))
        where = f"sha1 IN ({listed})"
    rows = project.database().frame("files", columns, where)
    rows = rows.filter(pl.col("sha1").is_in(pl.Series(sha1s, dtype=pl.String).implode()))
    rows = rows.sort("source", "path")
    return rows.select("file_id", path=pl.concat_str("source", "path", separator="/"))


def plausible_sha1s(texts: Sequence[str]) -> list[str]:
    """Leave out what can be no sha1: it is looked up as ASCII, and named in queries."""
    # All at once first: a hundred thousand one by one take 20 ms.
    together = "".join(texts)
    if together.isascii() and together.isalnum():
        return list(texts)
    return [text for text in texts if text.isascii() and text.isalnum()]
