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

from panoptic_data.errors import ProjectDamaged, ProjectNotFound, ProjectTooNew

if TYPE_CHECKING:
    from panoptic_data.storage.tables import Database

__all__ = [
    "DEFAULT_ENCODERS",
    "Project",
    "create",
    "default_place",
    "open_project",
    "save",
    "with_encoder",
    "with_encoders",
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
        """Where the tables are."""
        return self.root / "lance"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps the history of runs."""
        return self.root / "dagster"

    def database(self) -> Database:
        """Open the project's tables."""
        # Importing lancedb takes 2 to 5 s: paid only by those who read tables.
        from panoptic_data.storage.tables import connect

        return connect(self.lance)


def default_place() -> Path:
    """Return ``PANOPTIC_PROJECT``, else the default project in the user's data directory."""
    named = os.environ.get("PANOPTIC_PROJECT")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("panoptic-data") / "default"


def open_project(root: str | Path | None = None) -> Project:
    """Open the project at ``root`` (default: :func:`default_place`).

    Raises ProjectNotFound where there is none, ProjectTooNew when a newer release wrote it,
    ProjectDamaged when its settings cannot be read.
    """
    place = Path(root or default_place()).expanduser().resolve()
    try:
        settings = tomllib.loads((place / SETTINGS).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ProjectNotFound(path=place) from None
    except (OSError, ValueError) as error:
        raise ProjectDamaged(path=place / SETTINGS, problem=error) from error
    try:
        if settings["format"] > FORMAT:
            raise ProjectTooNew(path=place, found=settings["format"], known=FORMAT)
        return Project(
            root=place,
            name=settings["name"],
            created_at=settings["created_at"],
            encoders=tuple(settings["encoders"]),
        )
    except (KeyError, TypeError) as error:
        raise ProjectDamaged(path=place / SETTINGS, problem=error) from error


def create(root: str | Path | None = None, name: str | None = None) -> Project:
    """Open the project at ``root``, creating it where there is none."""
    place = Path(root or default_place()).expanduser().resolve()
    try:
        return open_project(place)
    except ProjectNotFound:
        place.mkdir(parents=True, exist_ok=True)
        project = Project(place, name or place.name, datetime.now(UTC).replace(microsecond=0))
        save(project)
        return project


def with_encoder(project: Project, encoder: str, *, first: bool = False) -> Project:
    """Return the project with one more encoder, saved; unchanged when it has it already."""
    if encoder in project.encoders:
        return project
    if first:
        return with_encoders(project, (encoder, *project.encoders))
    return with_encoders(project, (*project.encoders, encoder))


def with_encoders(project: Project, encoders: tuple[str, ...]) -> Project:
    """Return the project with these encoders, saved."""
    changed = replace(project, encoders=encoders)
    save(changed)
    return changed


def save(project: Project) -> None:
    """Write the settings in one step, so that a kill leaves the old ones or the new ones."""
    # JSON strings are valid TOML basic strings, and tomllib has no writer.
    import json

    lines = (
        f"format = {FORMAT}",
        f"name = {json.dumps(project.name, ensure_ascii=False)}",
        f"created_at = {project.created_at.isoformat()}",
        f"encoders = {json.dumps(list(project.encoders), ensure_ascii=False)}",
    )
    draft = project.root / f".{SETTINGS}.{os.getpid()}"
    draft.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft.replace(project.root / SETTINGS)
