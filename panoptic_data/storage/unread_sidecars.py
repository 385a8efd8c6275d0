"""How the column ``files.sidecar`` says that an XMP sidecar could not be read: as JSON, why.

Not here: reading sidecars (``media.description``, ``ingest.sidecars``).
"""

from __future__ import annotations

import json

__all__ = ["BEGIN", "CONDITION", "MEMBER", "stored"]

MEMBER = "unreadable"
"""The only member of such an object."""
BEGIN = f'{{"{MEMBER}"'
"""What its text begins with."""
CONDITION = f"sidecar LIKE '{BEGIN}%'"
"""The SQL condition of files with such a sidecar."""
_LONGEST_CAUSE = 300


def stored(cause: str) -> str:
    """Return the text that is stored for a sidecar that could not be read."""
    return json.dumps({MEMBER: cause[:_LONGEST_CAUSE] or "?"}, ensure_ascii=False)
