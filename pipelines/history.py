"""Dagster's history of a project while a run works: whatever state it is in, the run goes on.

The history is not the project. A home that is damaged is set aside and a new one begun; one that
is in use, or that cannot be written, is left alone and the run is not written into it. Not here:
opening a home that is in order (``instance``).
"""

from __future__ import annotations

import errno
import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import dagster as dg
from dagster_shared.serdes.errors import DeserializationError
from sqlalchemy.exc import SQLAlchemyError

from panoptic_data.messages import terminal_language, translate
from panoptic_data.storage.project import Project
from pipelines import home_settings
from pipelines.instance import open_instance

__all__ = ["History", "open_history"]

# Relative to the home. Files of single runs are left out: only their pages need them.
_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_FOLDERS = (".", "history", "history/runs", "schedules")
# How long another program may hold a database.
_LOCKED_SECONDS = 5.0
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}

T = TypeVar("T")
Prepare = Callable[[dg.DagsterInstance], None]


class History:
    """The instance that a run uses: the project's own, a new one, or one in memory.

    ``problems`` are sentences in the terminal's language: why it is not the first, and what the
    settings of the home lack.
    """

    def __init__(self, project: Project, prepare: Prepare) -> None:
        self.problems: list[str] = []
        self.is_in_memory = False
        self._project = project
        self._prepare = prepare
        self._closing = ExitStack()
        try:
            self.instance = self._open()
        except Exception as error:  # noqa: BLE001 - a damaged home raises anything
            self.instance = self._open_another(error)

    def attempt(self, action: Callable[[dg.DagsterInstance], T]) -> T:
        """Return what ``action`` does with the instance.

        Where the home turns out to be damaged, it is done again with another. Raises what
        ``action`` raises for any other reason.
        """
        try:
            return action(self.instance)
        except Exception as error:
            if self.is_in_memory or not self._is_to_blame(error):
                raise
            self.instance = self._open_another(error)
        return action(self.instance)

    def close(self) -> None:
        """Close the instance."""
        self._closing.close()

    @property
    def _home(self) -> Path:
        return self._project.dagster_home

    def _open(self) -> dg.DagsterInstance:
        """Open the home. Raises anything where it cannot be used."""
        _check(self._home)
        with ExitStack() as opened:
            instance = opened.enter_context(open_instance(self._project))
            self._prepare(instance)
            # What a run reads of earlier ones.
            instance.get_run_records(limit=1)
            instance.get_asset_records()
            self._closing = opened.pop_all()
        self._say_what_is_lacking()
        return instance

    def _say_what_is_lacking(self) -> None:
        names = home_settings.lacking(self._home)
        if names:
            text = translate(
                "process.history_settings",
                terminal_language(),
                path=self._home / home_settings.FILE,
                names=", ".join(names),
            )
            self.problems.append(text)

    def _open_another(self, error: Exception) -> dg.DagsterInstance:
        self._closing.close()
        if _is_in_use(error):
            return self._open_in_memory(error)
        try:
            aside = _set_aside(self._home)
        except OSError:
            return self._open_in_memory(error)
        try:
            instance = self._open()
        except Exception:  # noqa: BLE001 - a new home is no better: it was not the old one
            _put_back(self._home, aside)
            return self._open_in_memory(error)
        self._say("history_set_aside", error, aside=aside)
        return instance

    def _open_in_memory(self, error: Exception) -> dg.DagsterInstance:
        self.is_in_memory = True
        self._closing = ExitStack()
        settings = {"telemetry": {"enabled": False}}
        instance = self._closing.enter_context(dg.DagsterInstance.ephemeral(settings=settings))
        self._prepare(instance)
        self._say("history_in_memory", error)
        return instance

    def _say(self, key: str, error: Exception, **params: object) -> None:
        text = translate(
            f"process.{key}", terminal_language(), path=self._home, error=_reason(error), **params
        )
        self.problems.append(text)

    def _is_to_blame(self, error: Exception) -> bool:
        """Whether an error comes from the home, not from what was done."""
        return any(
            isinstance(cause, (sqlite3.Error, SQLAlchemyError, DeserializationError))
            or (
                isinstance(cause, OSError) and str(cause.filename or "").startswith(str(self._home))
            )
            for cause in _causes(error)
        )


def _leave_as_it_is(_: dg.DagsterInstance) -> None:
    pass


@contextmanager
def open_history(project: Project, prepare: Prepare = _leave_as_it_is) -> Iterator[History]:
    """Open the history of a project, only while holding its lock.

    ``prepare`` is called with each instance before it is used.
    """
    with closing(History(project, prepare)) as history:
        yield history


def _check(home: Path) -> None:
    """Raise OSError or sqlite3.Error where a home can be neither read nor written."""
    for folder in _FOLDERS:
        if (home / folder).is_dir():
            with tempfile.TemporaryFile(dir=home / folder):
                pass
    for name in _DATABASES:
        if (home / name).exists():
            _check_database(home / name)


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=_LOCKED_SECONDS, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
        (answer,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _is_in_use(error: Exception) -> bool:
    """Whether the home is in order, but another program holds it or the disk is full."""
    for cause in _causes(error):
        if isinstance(cause, sqlite3.Error):
            # Extended codes have the plain one in their last byte.
            return (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF in _BUSY
        if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
            return True
    return False


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _set_aside(home: Path) -> Path:
    """Rename the home and return its new path. Raises OSError."""
    for number in itertools.count(1):
        aside = home.with_name(f"{home.name}.set-aside-{number}")
        if not aside.exists() and not aside.is_symlink():
            home.rename(aside)
            return aside
    raise AssertionError


def _put_back(home: Path, aside: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    if not home.exists():
        aside.rename(home)


def _reason(error: Exception) -> str:
    """Return the innermost cause in a few words."""
    *_, cause = _causes(error)
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
