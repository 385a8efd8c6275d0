"""A project directory: find, create, open, and its settings.

A project is ``project.toml``, ``lance/`` (the tables) and ``dagster/`` (run history). Not
here: what the tables hold (``schema``), how they are read and written (``tables``).
"""

from __future__ import annotations

import os
import tomllib
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from panoptic_data.errors import (
    PanopticError,
    ProjectAway,
    ProjectDamaged,
    ProjectIncomplete,
    ProjectNotFound,
    ProjectTooNew,
    UsageError,
    VersionReadOnly,
)
from panoptic_data.messages import terminal_language, translate
from panoptic_data.storage import ledger
from panoptic_data.storage.folder import SETTINGS, ProjectFolder, project_id, write_in_one_step
from panoptic_data.storage.locks import exclusive_lock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from panoptic_data.storage.tables import Database

__all__ = [
    "DEFAULT_ENCODERS",
    "Project",
    "add_encoder",
    "create_project",
    "default_root",
    "open_project",
    "restore_settings",
    "root_of",
    "save_settings",
    "set_encoders",
    "set_parameters",
]

FORMAT = 1
SETTINGS_LOCK = "settings.lock"
# What runs leave in a project beside its tables.
_REMAINS = ("dagster", "run.lock", "unchanged.json", "checksums.json")
DEFAULT_ENCODERS = ("clip",)


@dataclass(frozen=True)
class Project:
    """One corpus on disk. ``encoders`` are texts that ``encoders.parse`` reads, in order.

    ``id`` is the project's own, 32 hex digits, wherever it lies; ``inode`` that of its folder.
    With ``version``, the id of a corpus version, the corpus is read as it was then, and nothing is
    written; ``pins`` are its tables and the version of each. ``parameters`` are those that a person
    set, by name (``provenance.parameters``), sorted.
    """

    root: Path
    name: str
    created_at: datetime
    encoders: tuple[str, ...] = DEFAULT_ENCODERS
    id: str = ""
    inode: int = field(default=0, compare=False)
    version: str = ""
    pins: tuple[tuple[str, int], ...] = ()
    parameters: tuple[tuple[str, int | float | str], ...] = ()

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
        from panoptic_data.storage.tables import connect, connect_pinned

        return connect_pinned(self.folder, self.pins) if self.version else connect(self.folder)

    @property
    def folder(self) -> ProjectFolder:
        """The folder as it was opened."""
        settings = {"name": self.name, "created_at": self.created_at}
        return ProjectFolder(self.root, self.id or project_id(settings), self.inode, self.version)

    @property
    def now(self) -> Project:
        """The same project as it is now."""
        return replace(self, version="", pins=())

    def require_now(self) -> None:
        """Raise VersionReadOnly where a corpus version is read."""
        if self.version:
            raise VersionReadOnly

    def anchored(self) -> AbstractContextManager[Path]:
        """Yield a path to the project's folder, to write into it; as ``ProjectFolder.anchored``."""
        return self.folder.anchored()


def root_of(root: str | Path | None) -> Path:
    """Return the absolute path of a project's folder, by default :func:`default_root`.

    Raises UsageError for an empty one: that of a variable that is not set is no default.
    """
    if root is not None and not str(root).strip():
        raise UsageError(problem=translate("arguments.empty_project", terminal_language()))
    given: object = root
    if not isinstance(given, str | os.PathLike | None):
        text = translate("arguments.project_is_no_path", terminal_language(), given=repr(root)[:60])
        raise UsageError(problem=text)
    return Path(root or default_root()).expanduser().resolve()


def default_root() -> Path:
    """Return ``PANOPTIC_PROJECT``, else the default project in the user's data directory."""
    from_environment = os.environ.get("PANOPTIC_PROJECT")
    if from_environment:
        return Path(from_environment).expanduser()
    from platformdirs import user_data_path

    return user_data_path("panoptic-data") / "default"


def open_project(root: str | Path | None = None) -> Project:
    """Open the project at ``root`` (default: :func:`default_root`).

    Raises ProjectNotFound where there is none, ProjectAway where one was named and nothing, or only
    remains of one, is there, ProjectTooNew when a newer release wrote it,
    ProjectDamaged when its settings cannot be read, ProjectIncomplete when they are gone,
    TablesGone when the tables are.
    """
    path = root_of(root)
    try:
        settings = tomllib.loads((path / SETTINGS).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise _without_settings(path, is_named=_is_named(root)) from None
    except (OSError, ValueError) as error:
        raise ProjectDamaged(path=path / SETTINGS, problem=error) from error
    try:
        if settings["format"] > FORMAT:
            raise ProjectTooNew(path=path, found=settings["format"], known=FORMAT)
        project = Project(
            root=path,
            name=settings["name"],
            created_at=settings["created_at"],
            encoders=tuple(settings["encoders"]),
            id=project_id(settings),
            inode=path.stat().st_ino,
            parameters=_parameters(settings),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ProjectDamaged(path=path / SETTINGS, problem=error) from error
    if ("id" in settings or ledger.is_kept(path)) and not project.lance.is_dir():
        raise ledger.tables_gone(path)
    return project


def _parameters(settings: dict[str, Any]) -> tuple[tuple[str, int | float | str], ...]:
    return tuple(sorted(settings.get("parameters", {}).items()))


def _is_named(root: str | Path | None) -> bool:
    """Whether a person said which project to open."""
    return bool(root or os.environ.get("PANOPTIC_PROJECT"))


def _without_settings(root: Path, *, is_named: bool) -> PanopticError:
    """Return what is wrong with a folder that has no settings."""
    if any(root.glob("lance/*.lance")):
        return ProjectIncomplete(path=root / SETTINGS)
    # Killed while it was made, a project has an empty list and is not one yet.
    if ledger.is_kept(root) and ledger.read(root) != frozenset():
        return ledger.tables_gone(root)
    has_remains = any((root / name).exists() for name in _REMAINS)
    if has_remains or (is_named and not root.exists()):
        return ProjectAway(path=root)
    return ProjectNotFound(path=root)


def create_project(root: str | Path | None = None, name: str | None = None) -> Project:
    """Open the project at ``root``, creating it where there is none.

    Raises UsageError where its folder cannot be made.
    """
    path = root_of(root)
    try:
        return open_project(path)
    except ProjectNotFound:
        _make_folder(path)
    now = datetime.now(UTC).replace(microsecond=0)
    project = Project(path, name or path.name, now, id=uuid.uuid4().hex)
    # The settings come last: killed before them, there is no project yet.
    project.lance.mkdir(exist_ok=True)
    ledger.begin(path)
    _write_new_settings(project)
    return open_project(path)


def _make_folder(path: Path) -> None:
    """Make the folder of a new project. Raises UsageError where that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = error.strerror or type(error).__name__
        text = translate("arguments.no_project_folder", terminal_language(), path=path, cause=cause)
        raise UsageError(problem=text) from error


def add_encoder(project: Project, encoder: str, *, first: bool = False) -> Project:
    """Return the project with one more encoder, saved; with those that others added meanwhile."""
    with project.anchored() as root, exclusive_lock(root / SETTINGS_LOCK):
        # The project may have been opened long ago.
        encoders = open_project(project.root).encoders
        if encoder not in encoders:
            encoders = (encoder, *encoders) if first else (*encoders, encoder)
            return set_encoders(project, encoders)
        return replace(project, encoders=encoders)


def set_encoders(project: Project, encoders: tuple[str, ...]) -> Project:
    """Return the project with these encoders, saved; with the parameters that it has now."""
    with project.anchored() as root:
        parameters = _parameters(tomllib.loads((root / SETTINGS).read_text(encoding="utf-8")))
    updated = replace(project, encoders=encoders, parameters=parameters)
    save_settings(updated)
    return updated


def set_parameters(
    project: Project, parameters: tuple[tuple[str, int | float | str], ...]
) -> Project:
    """Return the project with these parameters, saved; with the encoders that it has now."""
    with project.anchored() as root, exclusive_lock(root / SETTINGS_LOCK):
        encoders = open_project(project.root).encoders
        updated = replace(project, encoders=encoders, parameters=parameters)
        save_settings(updated)
    return updated


def restore_settings(
    root: Path, name: str, created_at: datetime, encoders: tuple[str, ...]
) -> Project:
    """Write the settings of a project that lost them, with a new id; return the project.

    Raises what :func:`open_project` raises.
    """
    _write_new_settings(Project(root, name, created_at, encoders, id=uuid.uuid4().hex))
    return open_project(root)


def save_settings(project: Project) -> None:
    """Write the settings in one step, so that a kill leaves the old ones or the new ones.

    Raises ProjectGone, ProjectReplaced, VersionReadOnly.
    """
    project.require_now()
    with project.anchored() as root:
        write_in_one_step(root / SETTINGS, _settings(project))


def _write_new_settings(project: Project) -> None:
    """Write the settings of a new project; of two who make it at once, the first does."""
    draft = project.root / f".{SETTINGS}.{os.getpid()}"
    draft.write_text(_settings(project), encoding="utf-8")
    try:
        os.link(draft, project.root / SETTINGS)
    except FileExistsError:
        pass
    except OSError:
        # A file system without hard links.
        draft.replace(project.root / SETTINGS)
    finally:
        draft.unlink(missing_ok=True)


def _settings(project: Project) -> str:
    settings: dict[str, object] = {
        "format": FORMAT,
        "id": project.folder.id,
        "name": project.name,
        "created_at": project.created_at,
        "encoders": list(project.encoders),
    }
    if project.parameters:
        settings["parameters"] = dict(project.parameters)
    return tomli_w.dumps(settings)
