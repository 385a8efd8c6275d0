"""One request that writes annotations: who writes, what is decided, and what is answered.

Not here: what is written (``annotations``, ``group_names``), where it is kept
(``panoptic_data.annotations.store``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from app.api.endpoint import Answer, Caller
from app.api.image_annotations import position_and_version
from app.api.request_body import KeptRequest, with_body
from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of

if TYPE_CHECKING:
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.log import Edit
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.store import Store
    from panoptic_data.storage.project import Project

__all__ = ["Writer", "writing"]

_Body = TypeVar("_Body", bound=KeptRequest)


@dataclass(frozen=True)
class Writer:
    """Who writes, and the annotations as they are now or were a moment ago."""

    project: Project
    caller: Caller
    store: Store
    state: State
    edit: Edit | None = None

    @property
    def is_stored(self) -> bool:
        """Whether this edit was sent before, and stored then."""
        edit = self.edit
        return (
            edit is not None and edit.is_repeat and log.stored_batch(self.project, edit) is not None
        )

    def decide(
        self, choose: Callable[[State], Decision[dict[str, Any]]], *, needs_values: bool = True
    ) -> dict[str, Any]:
        """Write what is decided as one batch; return what is answered, its ``result`` in it.

        An edit that was stored before is answered as it was then, but for its ``result``.
        """
        decided = self.store.decide(
            choose, author=self.caller.author, edit=self.edit, needs_values=needs_values
        )
        changes = decided.batch.changes
        of_values = changes.filter(pl.col("kind").is_in(["image", "file"]))
        return {
            "batch": decided.batch.id if changes.height else None,
            **position_and_version(self.project, self.store.state()),
            "changed": of_values["target"].n_unique(),
            **(decided.result or {}),
        }


def writing(body_type: type[_Body], write: Callable[[Writer, _Body], dict[str, Any]]) -> Answer:
    """Return an answer that hands the checked body to ``write`` and sends its result as JSON."""

    def handle(project: Project, body: _Body, caller: Caller) -> dict[str, Any]:
        body.check_project(project)
        store = annotations_of(project)
        return write(Writer(project, caller, store, store.state(), body.sent_edit()), body)

    return with_body(body_type, handle)
