"""Opening the tables of a project: those that must be there, in the folder that was opened.

The only file that imports lancedb. Not here: reading and writing (``tables``), which tables there
must be (``ledger``), whether the folder is still the same (``folder``).
"""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.background_loop import LOOP

from panoptic_data.errors import TableDamaged, TableMissing
from panoptic_data.storage import background, failures, ledger
from panoptic_data.storage.added_columns import missing_fields
from panoptic_data.storage.folder import ProjectFolder
from panoptic_data.storage.version_files import manifest_of

__all__ = ["LANCE", "Connection", "key_index_config", "vector_index_config"]

# The name of the folder of tables in a project.
LANCE = "lance"
# Seconds that an exit waits for what lancedb is doing.
EXIT_AT_MOST = 5.0


class Connection:
    """The tables at ``uri``, which is in the project of ``folder`` or in none.

    ``held`` is a path to the project's folder that leads there whatever becomes of its name.
    """

    def __init__(
        self, uri: str, folder: ProjectFolder | None = None, held: Path | None = None
    ) -> None:
        self.uri = uri
        self._folder = folder
        self._held = held

    @contextmanager
    def anchored(self) -> Iterator[Connection]:
        """Yield a connection to the same tables that holds the folder while it is written."""
        if self._folder is None or self._held is not None:
            yield self
            return
        with self._folder.anchored() as root:
            yield Connection(str(root / LANCE), self._folder, root)

    @contextmanager
    def fixed(self) -> Iterator[Connection]:
        """Yield a connection to the same tables under a path that every process has for them.

        Pins are made and old versions cleaned up under it: else Lance takes the pins of a project
        that was moved for those of another.
        """
        if self._folder is None:
            yield self
            return
        with self._folder.fixed() as root:
            yield Connection(str(root / LANCE), self._folder, root)

    def check(self) -> None:
        """Raise ProjectGone or ProjectReplaced where the folder is not the one that was opened."""
        if self._folder is not None and self._held is None:
            self._folder.check()

    def names(self) -> frozenset[str]:
        """Return the tables that exist, without those that only corpus versions read."""
        return self.on_disk() - self._retired()

    def on_disk(self) -> frozenset[str]:
        """Return the tables that exist, also those that only corpus versions read."""
        self.check()
        names: list[str] = []
        token: str | None = None
        while True:
            page = self._lancedb.list_tables(page_token=token)
            names.extend(page.tables)
            token = page.page_token
            if not token:
                self.check()
                return frozenset(names)

    def expected(self) -> frozenset[str]:
        """Return the tables that must be there: those that were made and not dropped."""
        if self._folder is None:
            return frozenset()
        listed = ledger.read(self._root)
        return self._present_or_recorded() if listed is None else listed

    def open(self, name: str, version: int | None = None) -> Any | None:
        """Open a table, at a past version if one is given; None where it was never made.

        Raises TableMissing.
        """
        self.check()
        if name in self._retired():
            return None
        table = self._open_on_disk(name)
        if table is None:
            # The folder may have been moved between the check and the look into it.
            self.check()
            if name not in self.expected():
                return None
            # It may have been made between the look and that.
            table = self._open_on_disk(name)
        if table is None:
            raise TableMissing(table=name)
        if version is not None:
            table.checkout(version)
        return table

    def _open_on_disk(self, name: str) -> Any | None:
        """Open a table at its current version, also a retired one; None where it is not there."""
        try:
            return self._lancedb.open_table(name)
        except ValueError as error:
            # lancedb says a table is absent with a bare ValueError and this text.
            if "not found" not in str(error):
                raise
            return None

    def open_complete(self, name: str, expected: pa.Schema) -> Any:
        """Open a table for writing, with every declared column; make it where there is none."""
        table = self._open_or_create(name, expected)
        missing = missing_fields(name, table.schema)
        if not missing:
            return table
        try:
            table.add_columns(list(missing.values()))
        except ValueError:
            # Another process added them in the meantime.
            table = self._open_or_create(name, expected)
            if missing_fields(name, table.schema):
                raise
        return table

    def drop(self, name: str) -> None:
        """Remove a table and all its versions; where some are pinned, keep it for those alone."""
        if self._folder is not None and self.pins(name):
            ledger.retire(self._root, name, self.expected)
            return
        # In this order: killed in between, a table is left that nobody misses.
        self.forget(name)
        if name in self.on_disk():
            self._lancedb.drop_table(name)

    def pins(self, name: str) -> frozenset[str]:
        """Return the names under which versions of a table are pinned; none of one unreadable."""
        try:
            table = self._open_on_disk(name)
            return frozenset() if table is None else frozenset(table.branches.list())
        except failures.LANCE_ERRORS:
            return frozenset()

    def has_stale_pins(self, name: str) -> bool:
        """Whether Lance would not keep a pinned version of a table when it cleans up here."""
        table = Path(self.uri) / f"{name}.lance"
        own = str(table).lstrip("/").encode()
        manifests = (table / "tree").glob("*/_versions/*.manifest")
        return any(own not in manifest.read_bytes() for manifest in manifests)

    def pin(self, name: str, pin: str) -> int | None:
        """Keep the current version of a table until it is unpinned; return its number.

        None where there is no table.
        """
        table = self.open(name)
        if table is None:
            return None
        version = int(table.version)
        table.branches.create(pin, from_version=version)
        return version

    def unpin(self, name: str, pin: str) -> None:
        """Give a version of a table up; remove the table where nothing else reads it."""
        table = self._open_on_disk(name)
        if table is not None and pin in table.branches.list():
            table.branches.delete(pin)
        if name in self._retired() and not self.pins(name):
            self.drop(name)

    def restore(self, name: str, version: int) -> None:
        """Make a past version of a table, also of a retired one, the current one."""
        table = self._open_on_disk(name)
        if table is None:
            raise TableMissing(table=name)
        if int(table.version) != version:
            if self._is_cleaned_up_empty(table, version):
                table.delete("true")
            else:
                table.checkout(version)
                table.restore()
        self.remember(name)

    def at_pin(self, name: str, version: int) -> Any | None:
        """Open a table, also a retired one, at a version that is pinned; None where it is gone.

        Lance cleans up pinned versions without rows all the same: these are empty tables. Raises
        TableDamaged where it has rows and is gone.
        """
        table = self._open_on_disk(name)
        if table is None:
            return None
        if self._is_cleaned_up_empty(table, version):
            return lancedb.connect("memory://").create_table(name, schema=table.schema)
        try:
            table.checkout(version)
        except failures.LANCE_ERRORS as error:
            if not failures.is_dropped_version(error):
                raise
            raise TableDamaged(table=name, problem=failures.cause(error)) from error
        return table

    def _is_cleaned_up_empty(self, table: Any, version: int) -> bool:
        """Whether a pinned version is gone that had no rows, as its branch has it."""
        if manifest_of(Path(self.uri) / f"{table.name}.lance", version).exists():
            return False
        try:
            return any(
                table.branches.checkout(pin).count_rows() == 0
                for pin, branch in table.branches.list().items()
                if branch["parent_version"] == version
            )
        except failures.LANCE_ERRORS:
            return False

    def forget(self, name: str) -> None:
        """Take a table off the list of those that must be there."""
        if self._folder is not None:
            ledger.remove(self._root, name, self.expected)

    def remember(self, name: str) -> None:
        """Put a table on the list of those that must be there."""
        if self._folder is not None:
            ledger.add(self._root, name, self.expected)

    @cached_property
    def _lancedb(self) -> Any:
        # Connecting makes the folder of tables, which is there from the beginning.
        if self._folder is not None and not Path(self.uri).is_dir():
            self._folder.check()
            if ledger.is_kept(self._root):
                raise ledger.tables_gone(self._folder.root)
        return lancedb.connect(self.uri)

    @property
    def _root(self) -> Path:
        assert self._folder is not None
        return self._held or self._folder.root

    def _open_or_create(self, name: str, schema: pa.Schema) -> Any:
        table = self.open(name)
        if table is None and name in self._retired():
            # Its past versions stay, the current one begins anew.
            table = self._lancedb.create_table(name, schema=schema, mode="overwrite")
        elif table is None:
            # exist_ok: another process may create it between the two calls.
            table = self._lancedb.create_table(name, schema=schema, exist_ok=True)
        self.remember(name)
        return table

    def _retired(self) -> frozenset[str]:
        return frozenset() if self._folder is None else ledger.retired(self._root)

    def _present_or_recorded(self) -> frozenset[str]:
        """Return the tables of a project of a release that kept no list."""
        present = self.names()
        if "stages" not in present:
            return present
        try:
            stages = self._lancedb.open_table("stages").search()
            rows = stages.select(["stage", "lance_version"]).to_list()
        except failures.LANCE_ERRORS as error:
            raise TableDamaged(table="stages", problem=failures.cause(error)) from error
        return present | {ledger.stage_table(row["stage"]) for row in rows if row["lance_version"]}


def vector_index_config() -> Any:
    """Return how vectors are indexed: for cosine."""
    from lancedb.index import IvfSq

    return IvfSq(distance_type="cosine")


def key_index_config() -> Any:
    """Return how the keys of a large table are indexed."""
    from lancedb.index import BTree

    return BTree()


def _end_lancedb() -> None:
    """Stop lancedb's thread and let its native ones finish, before Python is taken down."""
    deadline = time.monotonic() + EXIT_AT_MOST
    while asyncio.all_tasks(LOOP.loop) and time.monotonic() < deadline:
        time.sleep(background.POLL_SECONDS)
    LOOP.loop.call_soon_threadsafe(LOOP.loop.stop)
    LOOP.thread.join(max(0.0, deadline - time.monotonic()))
    background.wait_for_native_threads()


# What is registered last is called first: our own threads end before this (``background``).
atexit.unregister(background.end)
atexit.register(_end_lancedb)
atexit.register(background.end)
