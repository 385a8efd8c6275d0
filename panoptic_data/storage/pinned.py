"""Versions of tables that are kept, pinned by name, and the tables of a project at such versions.

Not here: which tables a version pinned (``panoptic_data.versions``), the tables as they are now
(``connection``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from panoptic_data.errors import TableMissing, VersionReadOnly
from panoptic_data.storage import deleted_versions
from panoptic_data.storage.connection import Connection
from panoptic_data.storage.folder import ProjectFolder
from panoptic_data.storage.version_files import is_pinned

__all__ = ["PIN_PREFIX", "PinnedConnection", "Pins", "pin_name"]

PIN_PREFIX = "version-"


def pin_name(version: str) -> str:
    """Return the name under which the tables of a corpus version, its id, are kept."""
    return f"{PIN_PREFIX}{version}"


class PinnedConnection(Connection):
    """The tables at ``uri`` at the versions of ``pins``; every write raises VersionReadOnly."""

    def __init__(self, uri: str, folder: ProjectFolder, pins: Mapping[str, int]) -> None:
        super().__init__(uri, folder)
        self._pins = pins
        self._version = folder.version
        self._pin = pin_name(folder.version)

    def anchored(self) -> NoReturn:
        """Raise VersionReadOnly."""
        self._refuse()

    def fixed(self) -> NoReturn:
        """Raise VersionReadOnly."""
        self._refuse()

    def names(self) -> frozenset[str]:
        """Return the tables that there were."""
        self.check()
        return frozenset(self._pins)

    def expected(self) -> frozenset[str]:
        """Return the tables that there were."""
        return frozenset(self._pins)

    def open(self, name: str, version: int | None = None) -> Any | None:
        """Open a table as it was, or before; None where there was none.

        Raises TableMissing, VersionDeleted.
        """
        self.check()
        if name not in self._pins:
            return None
        # A table that was made anew may come to the same number: only with its pin is it the same.
        # The branch itself is not read: it names the path of the table when it was pinned.
        if not is_pinned(Path(self.uri) / f"{name}.lance", self._pin):
            self._raise_missing(name)
        table = self.at_pin(name, self._pins[name] if version is None else version)
        if table is None:
            self._raise_missing(name)
        return table

    def _raise_missing(self, name: str) -> NoReturn:
        """Raise VersionDeleted where somebody deleted the version, else TableMissing."""
        self.check()
        lance = Path(self.uri)
        raise deleted_versions.find(lance.parent, self._version) or TableMissing(table=name)

    def _refuse(self) -> NoReturn:
        raise VersionReadOnly


class Pins:
    """The versions of tables that are kept until they are given up, each under a name.

    A pin is a branch of the table: with tags, lancedb cleans nothing up any more.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tables(self) -> frozenset[str]:
        """Return the tables that exist, also those that only corpus versions read."""
        return self._connection.on_disk()

    def of(self, table: str) -> frozenset[str]:
        """Return the names under which versions of a table are kept."""
        return self._connection.pins(table)

    def add(self, table: str, name: str) -> int | None:
        """Keep the current version of a table; return its number, None where there is no table.

        Raises VersionReadOnly.
        """
        with self._connection.fixed() as here:
            return here.pin(table, name)

    def restore(self, table: str, version: int) -> None:
        """Make a version that is kept the current one: a new version with its rows.

        Raises TableMissing, VersionReadOnly.
        """
        with self._connection.anchored() as here:
            here.restore(table, version)

    def remove(self, table: str, name: str) -> None:
        """Give a version of a table up; the table goes where nothing else reads it."""
        with self._connection.fixed() as here:
            here.unpin(table, name)
