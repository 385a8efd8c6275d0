"""Writing the settings of a project again, where the file is gone and the tables are there.

Not here: the tables (``repair``).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from panoptic_data.encoders.spec import KNOWN
from panoptic_data.errors import TableDamaged, TableMissing
from panoptic_data.storage.project import DEFAULT_ENCODERS, restore_settings
from panoptic_data.storage.tables import Database

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["LostSettings", "read", "restore"]

_VECTORS = "embeddings__"


@dataclass(frozen=True)
class LostSettings:
    """What is known of the settings of the project at ``root``.

    ``name`` is that of its folder, ``created_at`` when the first folder was added or the first run
    began, ``encoders`` those that it has: the ones with most vectors first.
    """

    root: Path
    name: str
    created_at: datetime
    encoders: tuple[str, ...]


def read(root: Path) -> LostSettings:
    """Return what the tables say of the settings; tables that cannot be read are left out."""
    database = Database(str(root / "lance"))
    return LostSettings(root, root.name, _created_at(database), _encoders(database))


def restore(settings: LostSettings) -> Project:
    """Write the settings; return the project, which has a new id.

    Raises what ``open_project`` raises.
    """
    return restore_settings(settings.root, settings.name, settings.created_at, settings.encoders)


def _created_at(database: Database) -> datetime:
    moments = [datetime.now(UTC)]
    for table, column in (("sources", "added_at"), ("runs", "started_at")):
        with suppress(TableDamaged, TableMissing):
            moments += database.frame(table, [column])[column].drop_nulls().to_list()
    return min(moments).replace(microsecond=0)


def _encoders(database: Database) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for name in database.names():
        if name.startswith(_VECTORS):
            counts[name.removeprefix(_VECTORS)] = 0
            with suppress(TableDamaged, TableMissing):
                counts[name.removeprefix(_VECTORS)] = database.count(name)
    texts = {spec.slug: spec.text for spec in KNOWN if spec.slug in counts}
    with suppress(TableDamaged, TableMissing):
        texts |= dict(database.frame("encoders", ["slug", "text"]).iter_rows())
    slugs = sorted(texts, key=lambda slug: (-counts.get(slug, 0), slug))
    return tuple(texts[slug] for slug in slugs) or DEFAULT_ENCODERS
