"""Which images are for training, validation and test, where a property of the corpus says it.

A property counts that is called so (split, subset, découpage, …) or whose values all mean one of
the three, in English, French, German or Spanish, in any case. Not here: how it is described
(``croissant``).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.text import folded

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State

__all__ = ["FILE_NAME", "KINDS", "Splits", "splits_of"]

FILE_NAME = "splits.parquet"
"""The file of the archive that holds ``sha1`` and ``split`` of each image that is in one."""

KINDS = ("training", "validation", "test")


def _plain(text: str) -> str:
    """Return a text without case, accents, hyphens and apostrophes of any kind."""
    for sign in "_-":
        text = text.replace(sign, " ")
    return " ".join(folded(text).split())


_NAMES = frozenset(
    _plain(name)
    for name in (
        *("split", "splits", "data split", "dataset split", "subset", "partition", "fold"),
        *("découpage", "sous-ensemble", "répartition", "jeu", "jeu de données", "échantillon"),
        *("Aufteilung", "Datensatz", "Teilmenge", "partición", "conjunto", "subconjunto"),
    )
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "training": (
        *("train", "training", "training set", "train set", "trn"),
        *("apprentissage", "entraînement", "jeu d'apprentissage", "jeu d'entraînement"),
        *("Trainingsdaten", "Trainingsmenge", "entrenamiento"),
    ),
    "validation": (
        *("val", "valid", "validation", "validation set", "val set", "dev", "dev set"),
        *("development", "jeu de validation", "Validierung", "Validierungsdaten", "validación"),
    ),
    "test": (
        *("test", "tests", "testing", "test set", "tst", "holdout", "hold-out"),
        *("jeu de test", "Testdaten", "Testmenge", "prueba", "pruebas"),
    ),
}
_KIND_OF = {_plain(word): kind for kind, words in _WORDS.items() for word in words}
_TYPES = ("tag", "tags", "text")


@dataclass(frozen=True)
class Splits:
    """``kinds``: each split, as it is called in the corpus, and which of ``KINDS`` it is.

    ``images``: ``sha1``, ``split``; an image that stands in several has a row in each.
    """

    property: str
    kinds: Mapping[str, str]
    images: pl.DataFrame

    def parquet(self) -> bytes:
        """Return ``images`` as the bytes of a Parquet file."""
        buffer = io.BytesIO()
        self.images.write_parquet(buffer)
        return buffer.getvalue()


def splits_of(state: State) -> Splits | None:
    """Return the splits of a corpus; None where no property, or more than one, says so."""
    divided = [splits for prop in state.live_properties if (splits := _of_property(state, prop))]
    called_so = [splits for splits in divided if _plain(splits.property) in _NAMES]
    chosen = called_so or divided
    return chosen[0] if len(chosen) == 1 else None


def _of_property(state: State, prop: Property) -> Splits | None:
    if prop.target != "image" or prop.type not in _TYPES:
        return None
    rows = state.values(prop.id).select("target", "value")
    if prop.has_tags:
        names = {tag.id: tag.name for tag in state.tags_of(prop.id)}
        rows = rows.with_columns(pl.col("value").replace_strict(names, default=None))
    values = rows["value"].drop_nulls().unique().sort().to_list()
    kinds = {value: kind for value in values if (kind := _kind(value))}
    is_called_so = _plain(prop.name) in _NAMES
    if not kinds or not (is_called_so or (len(kinds) == len(values) and _is_divided(kinds))):
        return None
    images = rows.filter(pl.col("value").is_in(list(kinds))).select(sha1="target", split="value")
    return Splits(prop.name, kinds, images.sort("sha1", "split"))


def _is_divided(kinds: Mapping[str, str]) -> bool:
    """Whether there is something to train on, and something else."""
    return "training" in kinds.values() and len(set(kinds.values())) > 1


def _kind(value: str) -> str | None:
    return _KIND_OF.get(_plain(value))
