"""What a person chooses of an export. Not here: what each format takes (``formats``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["NAMES", "Options", "ReportProgress"]

NAMES = ("keep", "unique")
ReportProgress = Callable[[int, int], None]
"""Called with how many images are done, and of how many."""


@dataclass(frozen=True)
class Options:
    """The choices of an export; None or False: not chosen.

    ``columns`` names columns of the corpus and properties, in order. ``files``: a row a file.
    ``size`` is the longest side of resized images, in pixels; ``link`` makes hard links instead
    of copies; ``by`` is the column after whose values folders are named; ``names`` is one of
    ``NAMES``; ``encoder`` a slug; ``rating`` a property of numbers, ``date`` one of dates;
    ``address`` the beginning of the images' addresses.
    """

    columns: tuple[str, ...] | None = None
    files: bool = False
    size: int | None = None
    link: bool = False
    by: str | None = None
    names: str | None = None
    encoder: str | None = None
    rating: str | None = None
    date: str | None = None
    address: str | None = None

    def chosen(self) -> frozenset[str]:
        """Return the names of the options that were chosen."""
        return frozenset(name for name, value in vars(self).items() if value not in (None, False))
