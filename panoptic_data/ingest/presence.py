"""Whether a source's folder and files are there: away, or too many gone at once to believe it.

A source is *away* while its folder is not there (a disk that is not connected): its files count
apart and their rows stay as they are. Where many files of a source vanish at once, which is what
an emptied mount point looks like, none is marked as missing until a person says so. Both are kept
as JSON in the column ``options`` of the table ``sources``. Pure. Not here: finding out (``scan``,
``source_update``), writing (``sources.record_presence``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from panoptic_data.messages import translate

__all__ = ["Presence", "from_json", "is_too_many", "problem_text", "to_json"]

# Both must be exceeded: of a small folder everything may go, of a large one a box of scans.
MANY_FILES = 20
MANY_SHARE = 0.2


@dataclass(frozen=True)
class Presence:
    """What runs noted of a source's folder.

    ``away_since`` is when its folder was first not there; None: it is there. ``vanished`` of
    ``known`` files are not there and wait for an answer; ``accepted`` is up to how many a person
    said may be marked as missing. ``inode`` tells whether the folder is still the same one.
    ``renamed_from`` is the name of a source whose rows are not all renamed yet.
    """

    away_since: datetime | None = None
    vanished: int = 0
    known: int = 0
    accepted: int = 0
    inode: int | None = None
    renamed_from: str = ""

    @property
    def is_away(self) -> bool:
        """Whether the folder was not there at the last look."""
        return self.away_since is not None


def is_too_many(vanished: int, known: int) -> bool:
    """Whether a person has to say that so many of a source's known files may be marked missing."""
    return vanished > MANY_FILES and vanished > MANY_SHARE * known


def problem_text(name: str, path: object, presence: Presence, language: str) -> str | None:
    """Return in a sentence what is wrong with a source's folder and what to do; None if nothing."""
    if presence.is_away:
        return translate("sources.away", language, name=name, path=path)
    if presence.vanished:
        return translate(
            "sources.vanished",
            language,
            name=name,
            path=path,
            count=presence.vanished,
            known=presence.known,
        )
    return None


def to_json(presence: Presence) -> str:
    """Return a JSON object without the fields that hold their default."""
    fields = {name: value for name, value in asdict(presence).items() if value}
    if presence.away_since is not None:
        fields["away_since"] = presence.away_since.isoformat()
    return json.dumps(fields)


def from_json(text: str | None) -> Presence:
    """Read what :func:`to_json` wrote; what cannot be read counts as nothing known."""
    try:
        fields = json.loads(text or "{}")
        since = fields.get("away_since")
        return Presence(
            away_since=datetime.fromisoformat(since) if since else None,
            vanished=int(fields.get("vanished", 0)),
            known=int(fields.get("known", 0)),
            accepted=int(fields.get("accepted", 0)),
            inode=fields.get("inode"),
            renamed_from=fields.get("renamed_from", ""),
        )
    except (ValueError, TypeError, AttributeError):
        return Presence()
