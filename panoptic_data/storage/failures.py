"""What an error of Lance means: another writer, a version that was dropped, a damaged table.

Lance raises RuntimeError, ValueError or OSError with a text for all of them. Not here: what is
then done (``tables``).
"""

from __future__ import annotations

import re

__all__ = ["LANCE_ERRORS", "cause", "is_about_data", "is_conflict", "is_dropped_version"]

LANCE_ERRORS = (RuntimeError, ValueError, OSError)
# What the errors contain when another writer committed first.
_CONFLICTS = ("conflict", "too many concurrent writers")
# A request that no table can answer: the caller's mistake.
_OF_THE_CALLER = ("schema error", "error parsing", "expected:", "no longer exists")
# The disk or its rights, not what is on it.
_OF_THE_SYSTEM = ("no space left", "quota", "read-only file system", "too many open files")
_PLACE_IN_RUST = re.compile(r", /\S+\.rs:\d+:\d+.*$", re.DOTALL)
_PREFIX = re.compile(r"^(?:lance error: |External error: |Invalid input, |LanceError\(IO\): )+")


def is_conflict(error: BaseException) -> bool:
    """Whether another writer committed first: trying again helps."""
    return any(text in str(error).lower() for text in _CONFLICTS)


def is_dropped_version(error: BaseException) -> bool:
    """Whether a past version was asked for that is no longer kept."""
    return "no longer exists" in str(error)


def is_about_data(error: BaseException) -> bool:
    """Whether an error is about what is stored, not about the request or the system."""
    text = str(error).lower()
    return not any(part in text for part in (*_CONFLICTS, *_OF_THE_CALLER, *_OF_THE_SYSTEM))


def cause(error: BaseException) -> str:
    """Return in one line what Lance says, without the line of its own code."""
    text = _PREFIX.sub("", _PLACE_IN_RUST.sub("", str(error).strip()))
    return text.partition("\n")[0] or type(error).__name__
