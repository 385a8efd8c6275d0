"""A project directory: find, create, open, and its settings.

A project is ``project.toml``, ``lance/`` (the tables) and ``dagster/`` (run history). Not
here: what the tables hold (``schema``), how they are read and written (``tables``).
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from panoptic_data.errors import ProjectDamaged, ProjectNotFound, ProjectTooNew

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = [
    "DEFAULT_ENCODERS",
    "Project",
    "add_encoder",
    "create_project",
    "default_root",
    "open_project",
    "save_settings",
    "set_encoders",
]

FORMAT = 1
SETTINGS = "project.toml"
DEFAULT_ENCODERS = ("clip",)


@dataclass(frozen=True)
class Project:
    """One corpus on disk. ``encoders`` are texts that ``encoders.parse`` reads, in order."""

    root: Path
    name: str
    created_at: datetime
    encoders: tuple[str, ...] = DEFAULT_ENCODERS

    @property
    def lance(self) -> Path:
        """The folder of the tables."""
        return self.root / "lance"

    @property
    def dagster_home(self) -> Path:
        """The folder where Dagster keeps the history of runs."""
        return self.root / "dagster"

    def database(self) -> Database:
        """Open the project's tables."""
        # Importing lancedb takes 2 to 5 s: paid only by those who read tables.
        from panoptic_data.storage.tables import connect

        return connect(self.lance)


def default_root() -> Path:
    """Return ``PANOPTIC_PROJECT``, else the default project in the user's data directory."""
    from_environment = os.environ.get("PANOPTIC_PROJECT")
    if from_environment:
        return Path(from_environment).expanduser()
    from platformdirs import user_data_path

    return user_data_path("panoptic-data") / "default"


def open_project(root: str | Path | None = None) -> Project:
    """Open the project at ``root`` (default: :func:`default_place`).

    Raises ProjectNotFound where there is none, ProjectTooNew when a newer release wrote it,
    ProjectDamaged when its settings cannot be read.
    """
    path = Path(root or default_root()).expanduser().resolve()
    try:
        settings = tomllib.loads((path / SETTINGS).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectNotFound(path=path) from None
    except (OSError, ValueError) as error:
        raise ProjectDamaged(path=path / SETTINGS, problem=error) from error
    try:
        if settings["format"] > FORMAT:
            raise ProjectTooNew(path=path, found=settings["format"], known=FORMAT)
        return Project(
            root=path,
            name=settings["name"],
            created_at=settings["created_at"],
            encoders=tuple(settings["encoders"]),
        )
    except (KeyError, TypeError) as error:
        raise ProjectDamaged(path=path / SETTINGS, problem=error) from error


def create_project(root: str | Path | None = None, name: str | None = None) -> Project:
    """Open the project at ``root``, creating it where there is none."""
    path = Path(root or default_root()).expanduser().resolve()
    try:
        return open_project(path)
    except ProjectNotFound:
        path.mkdir(parents=True, exist_ok=True)
        project = Project(path, name or path.name, datetime.now(UTC).replace(microsecond=0))
        save_settings(project)
        return project


def add_encoder(project: Project, encoder: str, *, first: bool = False) -> Project:
    """Return the project with one more encoder, saved; unchanged when it has it already."""
    if encoder in project.encoders:
        return project
    if first:
        return set_encoders(project, (encoder, *project.encoders))
    return set_encoders(project, (*project.encoders, encoder))


def set_encoders(project: Project, encoders: tuple[str, ...]) -> Project:
    """Return the project with these encoders, saved."""
    updated = replace(project, encoders=encoders)
    save_settings(updated)
    return updated


def save_settings(project: Project) -> None:
    """Write the settings in one step, so that a kill leaves the old ones or the new ones."""
    settings = {
        "format": FORMAT,
        "name": project.name,
        "created_at": project.created_at,
        "encoders": list(project.encoders),
    }
    draft = project.root / f".{SETTINGS}.{os.getpid()}"
    draft.write_text(tomli_w.dumps(settings), encoding="utf-8")
    draft.replace(project.root / SETTINGS)
