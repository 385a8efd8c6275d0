"""Renaming a source together with the saved views that name its folders.

A view says which folders it shows by their paths, which begin with the name of their source. Not
here: renaming the source's own rows (``panoptic_data.ingest.source_changes``), keeping views
(``saved``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from panoptic_data.ingest import source_changes
from panoptic_data.views import saved
from panoptic_data.views.model import Clause, Condition, View, conditions

if TYPE_CHECKING:
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project

__all__ = ["Renamed", "finish_renames", "rename", "renamed_view"]

# A path is compared from its beginning by these; others may mean a folder of any source.
_ANCHORED = ("begins with", "=", "!=")


@dataclass(frozen=True)
class Renamed:
    """A source under its new name, and the names of the saved views that name it.

    ``rewritten`` name the new one now; ``unsure`` search paths for a text that may mean it.
    """

    source: Source
    rewritten: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def rename(project: Project, name: str, new_name: str) -> Renamed:
    """Call a source otherwise, also in saved views; what it was made of stays as it is.

    Killed at any moment, the next run finishes it. Raises as ``source_changes.rename``.
    """
    before = saved.list_views(project)
    source = source_changes.rename(project, name, new_name, partial(_rewrite, project))
    after = {view.id: view for view in saved.list_views(project)}
    rewritten = tuple(
        view.name for view in before if view.id in after and after[view.id].view != view.view
    )
    unsure = tuple(
        view.name for view in before if view.view is not None and _may_mean(view.view, name)
    )
    return Renamed(source, rewritten, unsure)


def finish_renames(project: Project) -> None:
    """Finish the renaming of sources that was interrupted; the caller holds the run."""
    source_changes.finish_renames(project, partial(_rewrite, project))


def renamed_view(view: View, old: str, new: str) -> View:
    """Return a view that names the folders of a source under its new name."""
    return replace(view, where=tuple(_renamed(part, old, new) for part in view.where))


def _rewrite(project: Project, old: str, new: str) -> None:
    saved.rewrite(project, lambda view: renamed_view(view, old, new))


def _renamed(part: Condition | Clause, old: str, new: str) -> Condition | Clause:
    if isinstance(part, Clause):
        return replace(part, parts=tuple(_renamed(child, old, new) for child in part.parts))
    if part.field == "folder" and isinstance(part.value, list):
        return replace(part, value=[_renamed_path(path, old, new) for path in part.value])
    if part.field == "path" and part.op in _ANCHORED and "/" in str(part.value):
        return replace(part, value=_renamed_path(part.value, old, new))
    return part


def _renamed_path(path: str, old: str, new: str) -> str:
    source, slash, rest = path.partition("/")
    # Searches for paths know no capitals.
    return f"{new}{slash}{rest}" if source.casefold() == old.casefold() else path


def _may_mean(view: View, name: str) -> bool:
    return any(
        condition.field == "path"
        and condition.op not in _ANCHORED
        and name.casefold() in str(condition.value).casefold()
        for condition in conditions(view)
    )
