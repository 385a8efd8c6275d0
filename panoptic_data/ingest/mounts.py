r"""Whether a folder is on a disk that other machines write to, of which the system gives no notice.

Read from ``/proc/mounts``; where there is none, no folder counts as remote. Lines are
``device mount-point type options``, with ``\040`` for a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["is_remote", "mounts"]

MOUNTS = Path("/proc/mounts")
REMOTE_TYPES = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|lustre|gpfs|beegfs|glusterfs|ncpfs|davfs|sshfs|vboxsf"
    r"|virtiofs|drvfs|prl_fs|fuse\..*"
)


def is_remote(folder: Path, listing: Path = MOUNTS) -> bool:
    """Whether the innermost mount that holds a folder is one of a network."""
    innermost, kind = Path("/"), ""
    for point, type_ in mounts(listing):
        # Of two mounts at one point the later hides the earlier.
        if folder.is_relative_to(point) and point.is_relative_to(innermost):
            innermost, kind = point, type_
    return REMOTE_TYPES.fullmatch(kind) is not None


def mounts(listing: Path = MOUNTS) -> Iterator[tuple[Path, str]]:
    """Yield each mount point and its type; none where they cannot be read."""
    try:
        lines = listing.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2:
            yield Path(_unescaped(fields[1])), fields[2]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
