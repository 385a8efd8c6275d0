"""What a run is asked for, and the problems that it reports.

Not here: the run config of Dagster that asks for it (``resources``), doing it (``process``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from panoptic_data.errors import UsageError
from panoptic_data.provenance import parameters
from panoptic_data.storage.project import Project, set_parameters

__all__ = ["Problem", "Request", "with_requested"]


@dataclass(frozen=True)
class Request:
    """The options of a run. ``only`` are names of sources; empty: all of them.

    ``stages`` are names (``clusters``, ``clusters/clip``): only these and what is made from them;
    empty: all. ``reread`` are names of sources of which every file is read again; ``retry``:
    encoders that waited, and files that could not be read, are tried again. ``version`` is the name
    of the corpus version that is made when all is done, None for none, ``note`` what it is made
    for.
    """

    only: tuple[str, ...] = ()
    retry: bool = False
    refit: bool = False
    method: str | None = None
    k: int | None = None
    reread: tuple[str, ...] = ()
    version: str | None = None
    note: str = ""
    stages: tuple[str, ...] = ()

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        only: tuple[str, ...] = (),
        version: str | None = None,
        note: str = "",
    ) -> Request:
        """Return the request of a run config: of the fields ``REQUEST_CONFIG``."""
        k = config.get("k")
        if k is not None and k < 1:
            raise UsageError(problem=f"k is {k}; it has to be 1 or more")
        return cls(
            only=only,
            retry=config["retry"],
            refit=config["refit"],
            method=config.get("method"),
            k=k,
            version=version,
            note=note,
        )


@dataclass(frozen=True)
class Problem:
    """A problem to report: ``text`` is a sentence in the terminal's language.

    ``about`` is encoder (it waits), source (its folder, or many files, are not there), check
    (tables disagree), stage (it failed), parameter (it cannot be so), sidecar (it cannot be read)
    or history (Dagster's could not be used).
    """

    about: str
    name: str
    text: str


def with_requested(project: Project, request: Request, *, save: bool = True) -> Project:
    """Return the project with the clusters that are requested as its parameters, saved."""
    changes = {"clusters.method": request.method, "clusters.k": request.k}
    changes = {name: value for name, value in changes.items() if value is not None}
    if not changes:
        return project
    if request.method == "kmeans" and request.k is None:
        changes["clusters.k"] = None
    values = parameters.changed(project, changes)
    if values == project.parameters:
        return project
    return set_parameters(project, values) if save else replace(project, parameters=values)
