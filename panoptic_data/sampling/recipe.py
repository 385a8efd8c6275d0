"""How a sample or a division was made, as the log keeps it: one line that is read back.

    diverse 100/7580 seed=1 encoder=visual vectors=3fa91b2c0d5e view="date:1930s"
    split 80/10/10 of=7580 seed=1 by=Theme copies=412

Not here: making it (``sample``, ``split``), its sentence in a person's language (the app).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ACTS", "Recipe", "read"]

ACTS = ("sample", "split")
"""Acts of the log whose ``about`` is a recipe."""

_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')


@dataclass(frozen=True)
class Recipe:
    """``how`` and ``amount`` ("100/7580", or the shares), then what it depended on.

    ``encoder`` and ``vectors`` (their data version) where vectors were compared, ``by`` the field
    whose values it was balanced over, ``copies`` how many images were kept with their copies,
    ``view`` as ``panoptic query`` reads it, ``selection`` how many of it were chosen by hand.
    """

    how: str
    amount: str
    seed: int
    of: int | None = None
    encoder: str | None = None
    vectors: str | None = None
    by: str | None = None
    copies: int | None = None
    selection: int | None = None
    view: str | None = None

    def line(self) -> str:
        """Return the line that the log keeps."""
        names = ("of", "seed", "encoder", "vectors", "by", "copies", "selection", "view")
        pairs = [(name, getattr(self, name)) for name in names]
        known = [f"{name}={_quoted(str(value))}" for name, value in pairs if value is not None]
        return " ".join([self.how, self.amount, *known])


def read(line: str | None) -> Recipe | None:
    """Return the recipe that a line says; None where it says none."""
    words = (line or "").split(" ", 2)
    pairs = dict(_PAIR.findall(words[2])) if len(words) == len(("how", "amount", "rest")) else {}
    if not pairs.get("seed", "").isdecimal():
        return None
    texts = {name: _unquoted(text) for name, text in pairs.items()}
    numbers = {name: _number(texts.get(name)) for name in ("of", "copies", "selection")}
    rest = {name: texts.get(name) for name in ("encoder", "vectors", "by", "view")}
    return Recipe(words[0], words[1], int(texts["seed"]), **numbers, **rest)  # type: ignore[arg-type]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _quoted(text: str) -> str:
    if text and not re.search(r'[\s"\\]', text):
        return text
    escaped = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
