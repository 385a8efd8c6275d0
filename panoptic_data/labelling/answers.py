"""What people answered to suggestions for a tag, as annotations.

An answer is a value of the hidden image property ``answer:<tag>``: "true" where the tag was
accepted, which adds the tag, too, "false" where it was refused. So answers are in the log, in one
batch with the tags they add, are undone with them, and count for everybody. Not here: which images
are suggested (``suggest``, ``zero_shot``), writing the changes (``annotations.store``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits
from panoptic_data.annotations.deleted import live_tag
from panoptic_data.annotations.log import ACCEPTED, ANSWER_PREFIX, PROPOSED_PREFIX, REFUSED
from panoptic_data.annotations.proposals import Proposed, proposed_texts

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag

__all__ = ["answer_changes", "answers_of", "tag_and_property"]


def answers_of(state: State, tag: str) -> pl.DataFrame:
    """Return the answers for a tag: target (a sha1), value, author, at, batch."""
    return state.values(ANSWER_PREFIX + tag)


def answer_changes(
    state: State,
    tag: str,
    accepted: Iterable[str] = (),
    refused: Iterable[str] = (),
    forgotten: Iterable[str] = (),
    tagged: Iterable[str] = (),
    *,
    files: pl.DataFrame | None = None,
    proposed: Mapping[str, Proposed] = MappingProxyType({}),
) -> pl.DataFrame:
    """Return the changes that answers make: accepted images get the tag, refused ones lose it.

    ``proposed`` says of accepted images (sha1s) which encoder proposed them, how surely.

    ``forgotten`` images (sha1s) lose their answer, and the tag where an answer added it; those of
    ``tagged`` have it whatever was answered, as they had it before. For a property of files,
    ``files`` maps them to images (file_id, sha1). Raises InvalidTag.
    """
    checked, property = tag_and_property(state, tag)
    accepted = list(dict.fromkeys(accepted))
    refused = [sha1 for sha1 in dict.fromkeys(refused) if sha1 not in set(accepted)]
    answered = {*accepted, *refused}
    forgotten = [sha1 for sha1 in dict.fromkeys(forgotten) if sha1 not in answered]
    kept = set(tagged).intersection(forgotten)
    tagged_by_answer = answers_of(state, tag).filter(pl.col("value") == ACCEPTED)["target"]
    untagged = [*refused, *set(forgotten).intersection(tagged_by_answer).difference(kept)]
    rows: list[tuple[str, str | None]] = [(sha1, ACCEPTED) for sha1 in accepted]
    rows += [(sha1, REFUSED) for sha1 in refused] + [(sha1, None) for sha1 in forgotten]
    values = pl.DataFrame(rows, {"target": pl.String, "value": pl.String}, orient="row")
    has_files = property.target == "file"
    return pl.concat(
        [
            edits.add_tags(
                state,
                property.id,
                _targets([*accepted, *sorted(kept)], files, has_files),
                [checked.id],
            ),
            edits.remove_tags(
                state, property.id, _targets(untagged, files, has_files), [checked.id]
            ),
            edits.assign(state, ANSWER_PREFIX + tag, values),
            edits.assign(
                state,
                PROPOSED_PREFIX + tag,
                proposed_texts(
                    {sha1: proposed[sha1] for sha1 in accepted if sha1 in proposed},
                    values["target"],
                ),
            ),
        ]
    )


def tag_and_property(state: State, tag: str) -> tuple[Tag, Property]:
    """Return a tag and its property, neither deleted. Raises as ``live_tag``."""
    checked = live_tag(state, tag)
    return checked, state.properties[checked.property]


def _targets(sha1s: list[str], files: pl.DataFrame | None, has_files: bool) -> list[str]:
    """Return what a tag is added to: images, or their files."""
    if not has_files or files is None:
        return [] if has_files else sha1s
    wanted = pl.Series(sha1s, dtype=pl.String).implode()
    ids: list[str] = files.filter(pl.col("sha1").is_in(wanted))["file_id"].to_list()
    return ids
