"""Writing which images are accepted and refused for tags, as one batch of the log.

Not here: which images they are (``suggestions``, ``class_suggestions``), what an answer changes
(``panoptic_data.labelling.answers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from app.api.targets import plausible_sha1s
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import ANSWER_PREFIX, CHANGE_SCHEMA
from panoptic_data.annotations.proposals import Proposed
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.labelling import answers

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Edit
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["TagAnswers", "in_corpus", "write_answers"]

# The history names a few tags in one line.
NAMED_AT_MOST = 3


@dataclass(frozen=True)
class TagAnswers:
    """The answers to suggestions for one tag, as sha1s; ``proposed``: by which model each was.

    ``tagged`` are forgotten ones that had the tag before they were asked about.
    """

    tag: str
    accepted: Sequence[str] = ()
    refused: Sequence[str] = ()
    forgotten: Sequence[str] = ()
    tagged: Sequence[str] = ()
    proposed: Mapping[str, Proposed] = field(default_factory=dict)


def write_answers(
    project: Project,
    author: str,
    answers_by_tag: Iterable[TagAnswers],
    edit: Edit | None = None,
    *,
    act: str = "answer",
) -> dict[str, Any]:
    """Write the answers of some tags as one batch; ``act`` is what the history calls it.

    Raises InvalidTag.
    """
    given = list(answers_by_tag)

    def choose(state: State) -> Decision[None]:
        parts, names = [pl.DataFrame(schema=CHANGE_SCHEMA)], []
        for answer in given:
            tag, prop = answers.tag_and_property(state, answer.tag)
            files = None
            if prop.target == "file":
                files = project.database().frame("files", ["file_id", "sha1"])
            sha1s = (answer.accepted, answer.refused, answer.forgotten, answer.tagged)
            parts.append(
                answers.answer_changes(state, tag.id, *sha1s, files=files, proposed=answer.proposed)
            )
            names.append(tag.name)
        about = ", ".join(names[:NAMED_AT_MOST]) + ("…" if len(names) > NAMED_AT_MOST else "")
        return Decision(pl.concat(parts), act, about)

    store = annotations_of(project)
    batch = store.decide(choose, author=author, edit=edit).batch
    changes = batch.changes
    is_answer = pl.col("property").str.starts_with(ANSWER_PREFIX)
    return {
        "batch": batch.id if changes.height else None,
        "position": store.state().position,
        "changed": changes.filter(is_answer)["target"].n_unique(),
    }


def in_corpus(project: Project, sha1s: Sequence[str]) -> list[str]:
    """Leave out what is no image of the corpus."""
    current = registry.get(project)
    return current.sha1s(current.rows_of(plausible_sha1s(sha1s)))
