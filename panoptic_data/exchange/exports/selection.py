"""Which images or files are exported, in which order.

Not here: what is written of them (``tables``, the formats).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.shown_files import all_files, first_files
from panoptic_data.errors import InvalidExport
from panoptic_data.views import saved
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["Selection", "saved_view", "select"]

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Selection:
    """What is exported: ``rows`` (n,) of the catalogue, ``files`` (n,) positions, -1 for none.

    Both are int64. ``by_file``: each is a file, else an image with its first file.
    ``is_unclear``: nothing is clearly like the words that the view searches for.
    """

    catalogue: Catalogue
    rows: Positions
    files: Positions
    by_file: bool = False
    is_unclear: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, start: int, stop: int) -> Selection:
        """Return what stands between two places."""
        rows, files = self.rows[start:stop], self.files[start:stop]
        return Selection(self.catalogue, rows, files, self.by_file, self.is_unclear)

    def parts(self, size: int) -> list[Selection]:
        """Return it in parts of at most ``size``."""
        return [self.part(start, start + size) for start in range(0, len(self), size)]

    def sha1s(self) -> list[str]:
        """Return the sha1 of each."""
        sha1s: list[str] = self.catalogue.frame["sha1"].gather(self.rows).to_list()
        return sha1s

    def paths(self) -> list[str]:
        """Return "source/folder/name" of each; "" where it has no file."""
        images = self.catalogue.frame["place"].gather(self.rows).to_list()
        places = self.catalogue.corpus.files["place"]
        if not len(places):
            return images
        files = places.gather(np.maximum(self.files, 0)).to_list()
        return [
            file if position >= 0 else image
            for image, file, position in zip(images, files, self.files.tolist(), strict=True)
        ]


def select(
    catalogue: Catalogue,
    view: View | None = None,
    sha1s: Sequence[str] | None = None,
    *,
    by_file: bool = False,
) -> Selection:
    """Return the images of a view, in its order; with ``sha1s`` only these.

    Without a view all images, or these in their order. Each comes once, whatever groups it is in.
    ``by_file`` gives all files of each image. Where the view asks for folders, paths or names,
    only files that match count, as the first of an image too. A view of files gives those that it
    shows. Raises InvalidExport for a sha1 that the project does not have, InvalidView,
    NoEmbeddings.
    """
    chosen = None if sha1s is None else _rows(catalogue, sha1s)
    if chosen is not None and view is None:
        rows, files, is_unclear = chosen, None, False
    else:
        result = run_view(catalogue, view or View())
        rows, files = result.rows.astype(np.int64), result.files
        is_unclear = result.is_unclear
    if files is not None:
        positions = _distinct(files.astype(np.int64))
        rows = catalogue.corpus.file_row[positions].astype(np.int64)
    else:
        rows = _distinct(rows)
        positions = None
    if chosen is not None and view is not None:
        is_chosen = np.isin(rows, chosen)
        rows = rows[is_chosen]
        positions = None if positions is None else positions[is_chosen]
    if positions is not None:
        return Selection(catalogue, rows, positions, True, is_unclear)
    if by_file:
        return Selection(catalogue, *all_files(catalogue, rows, view), True, is_unclear)
    return Selection(catalogue, rows, first_files(catalogue, rows, view), False, is_unclear)


def saved_view(project: Project, name: str) -> View:
    """Return the saved view of a name, or id. Raises InvalidExport for none, or several."""
    views = saved.list_views(project)
    named = [view for view in views if name in (view.id, view.name)]
    if not named:
        known = ", ".join(f"“{view.name}”" for view in views) or "–"
        raise InvalidExport("no_view", name=name, known=known)
    if len(named) > 1:
        raise InvalidExport("several_views", name=name, ids=", ".join(view.id for view in named))
    if named[0].view is None:
        raise named[0].problem or InvalidExport("no_view", name=name, known="–")
    return named[0].view


def _rows(catalogue: Catalogue, sha1s: Sequence[str]) -> Positions:
    rows = catalogue.rows_of(sha1s).astype(np.int64)
    if len(rows) < len(sha1s):
        known = set(catalogue.sha1s(rows.astype(np.uint32)))
        unknown = [sha1 for sha1 in sha1s if sha1 not in known]
        raise InvalidExport("unknown_images", count=len(unknown), name=unknown[0][:60])
    return rows


def _distinct(numbers: Positions) -> Positions:
    """Return each number once, where it comes first."""
    first = np.unique(numbers, return_index=True)[1]
    return numbers[np.sort(first)]
