"""An order by chance that is the same on every machine: by SHA-256 of the seed and the sha1.

No generator of random numbers is asked: those of libraries change between releases. An image keeps
its turn when others come or go. Not here: what is taken of it (``choosing``, ``dividing``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

__all__ = ["shuffled"]


def shuffled(sha1s: Iterable[str], seed: int) -> list[str]:
    """Return texts in an order by chance: ascending SHA-256 of ``"<seed> <sha1>"``."""
    return sorted(sha1s, key=lambda sha1: hashlib.sha256(f"{seed} {sha1}".encode()).digest())
