"""Who proposed a value: a person, an import, or a model whose suggestion a person accepted.

It follows from the act of the batch that set the value. What a model proposed is kept beside the
answer to it, as a value of the hidden image property ``proposed:<tag>``, in the same batch, so that
it is undone with the tag. Not here: the suggestions (``labelling``), their answers
(``labelling.answers``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations.log import PROPOSED_PREFIX

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = [
    "RECOVERED",
    "Proposed",
    "proposed",
    "proposed_texts",
    "proposer",
    "proposer_of",
    "with_proposers",
]

RECOVERED = "recovered"
"""The act of values of which a repair found neither the log nor what they had been."""

_BY_ACT: Mapping[str, str] = {"import": "import", "answer": "model"}
_SCHEMA = {"encoder": pl.String, "score": pl.Float64}


@dataclass(frozen=True)
class Proposed:
    """What a model proposed for a tag: ``score`` is a probability, None where it gave none."""

    encoder: str
    score: float | None = None

    @property
    def text(self) -> str:
        """It as the value that is stored."""
        score = None if self.score is None else round(self.score, 4)
        return json.dumps({"encoder": self.encoder, "score": score}, sort_keys=True)


def proposer(act: str | None) -> str | None:
    """Return who proposed what a batch of this act set; None where that is not known."""
    if act is None or act == RECOVERED:
        return None
    return _BY_ACT.get(act, "person")


def proposer_of(act: pl.Expr) -> pl.Expr:
    """Return, for a column of acts, who proposed: the same as :func:`proposer`."""
    known = pl.when(act != RECOVERED).then(pl.lit("person"))
    return act.replace_strict(_BY_ACT, default=known, return_dtype=pl.String)


def proposed_texts(made: Mapping[str, Proposed], targets: Iterable[str]) -> pl.DataFrame:
    """Return what is stored of these targets (target, value): nothing where it is not in ``made``.

    What was proposed before is taken away.
    """
    rows = [(target, made[target].text if target in made else None) for target in targets]
    return pl.DataFrame(rows, {"target": pl.String, "value": pl.String}, orient="row")


def proposed(state: State, tag: str) -> pl.DataFrame:
    """Return what models proposed for a tag: target (a sha1), encoder, score."""
    held = state.values(PROPOSED_PREFIX + tag).select("target", "value")
    decoded = held["value"].str.json_decode(pl.Struct(_SCHEMA)).struct.unnest()
    return held.drop("value").hstack(decoded)


def with_proposers(state: State, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of values with ``proposed_by``, ``score`` and ``encoder``.

    Those of properties of files have neither score nor encoder: images are what models see.
    """
    tags = [
        id.removeprefix(PROPOSED_PREFIX)
        for id in state.values_by_property
        if id.startswith(PROPOSED_PREFIX)
    ]
    parts = [proposed(state, tag).with_columns(value=pl.lit(tag)) for tag in tags]
    empty = {"target": pl.String, "value": pl.String, **_SCHEMA}
    scores = pl.concat([pl.DataFrame(schema=empty), *parts], how="diagonal")
    # A tag that was set again by other means is of those.
    scores = scores.with_columns(proposed_by=pl.lit("model"))
    with_proposer = rows.with_columns(proposed_by=proposer_of(pl.col("act")))
    joined = with_proposer.join(
        scores, on=["target", "value", "proposed_by"], how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("score").cast(pl.Float32))
