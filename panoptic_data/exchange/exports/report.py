"""What an export could not do as asked for: one line an image, in ``problems.csv``."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from panoptic_data.messages import terminal_language, translate

__all__ = ["FILE", "Problem", "write"]

FILE = "problems.csv"


@dataclass(frozen=True)
class Problem:
    """One image, by sha1 and path, and ``why``: a key of the section ``export``, after ``why_``.

    ``detail`` is what the system or a decoder said.
    """

    sha1: str
    path: str
    why: str
    detail: str = ""

    def text(self, language: str) -> str:
        """Say what is wrong, in a language."""
        return translate(f"export.why_{self.why}", language, detail=self.detail)


def write(folder: Path, problems: Sequence[Problem]) -> None:
    """Write the problems into a folder; no file where there are none."""
    if not problems:
        return
    language = terminal_language()
    with (folder / FILE).open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("sha1", "path", "problem", "text"))
        for problem in problems:
            rows.writerow((problem.sha1, problem.path, problem.why, problem.text(language)))
