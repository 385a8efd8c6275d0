"""Times of files as tables hold them: nanoseconds since 1970 within 64 bits.

Drives and cameras write years like 1601 and 2446, which 64 bits of nanoseconds do not hold. Such a
time is stored as the end of the range and shown as unknown. Not here: times inside pictures
(``media.dates``).
"""

from __future__ import annotations

__all__ = ["EARLIEST", "LATEST", "is_known", "stored"]

# The years 1823 and 2116: differences of two such times fit 64 bits as well.
EARLIEST, LATEST = -(2**62), 2**62


def stored(nanoseconds: int) -> int:
    """Return a time as tables hold it, in nanoseconds since 1970."""
    return min(max(nanoseconds, EARLIEST), LATEST)


def is_known(nanoseconds: int | None) -> bool:
    """Whether a stored time is one that a file can have had."""
    return nanoseconds is not None and EARLIEST < nanoseconds < LATEST
