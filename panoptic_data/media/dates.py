"""Dates inside pictures, as precise as they are written: 1958, 1958-06, 1958-06-14, with a time.

Pure. EXIF writes 1958:00:00 for a year, IPTC 19580000, XMP 1958. Not here: which of a picture's
dates is when it was taken (``description``), dates that people type (``annotations.dates``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

__all__ = ["PRECISIONS", "PictureDate", "parse"]

PRECISIONS: Mapping[str, str] = {
    "year": "%Y",
    "month": "%Y-%m",
    "day": "%Y-%m-%d",
    "minute": "%Y-%m-%dT%H:%M",
    "second": "%Y-%m-%dT%H:%M:%S",
}
"""How much of a date is known, and how it is written; coarsest first."""

_DATE = re.compile(r"\s*(\d{4})(?:\D(\d{1,2})(?:\D(\d{1,2}))?)?(?=\D|$)")
_DIGITS = re.compile(r"\s*(\d{4})(\d\d)(\d\d)(?=\D|$)")
_TIME = re.compile(r"\D*?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?\s*(?:([AaPp])\.?[Mm])?")
_TIME_DIGITS = re.compile(r"\D{0,2}(\d\d)(\d\d)(\d\d)?(?=\D|$)")


@dataclass(frozen=True)
class PictureDate:
    """The first moment of a date, by the camera's own clock, and one of ``PRECISIONS``."""

    at: datetime
    precision: str

    @property
    def text(self) -> str:
        """The date as it is written with its precision: 1958, 1958-06, 1958-06-14T10:30:00."""
        # Not by strftime: of years before 1000 it leaves out zeros on some systems.
        lengths = {"year": 4, "month": 7, "day": 10, "minute": 16, "second": 19}
        return self.at.isoformat(timespec="seconds")[: lengths[self.precision]]


def parse(text: str) -> PictureDate | None:
    """Read a date as cameras, scanners and archives write it; None for no date.

    A month or day of zeros is not known; so is a time that no clock shows. A second of 60 is 59.
    A time zone is dropped: the clock stays as it was written.
    """
    match = _DIGITS.match(text) or _DATE.match(text)
    if match is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    precision = "year" if not month else "month" if not day else "day"
    with suppress(ValueError):
        first = datetime(year, month or 1, day if month and day else 1)
        return (
            _with_time(first, text[match.end() :])
            if precision == "day"
            else PictureDate(first, precision)
        )
    return None


def _with_time(day: datetime, text: str) -> PictureDate:
    match = _TIME.match(text)
    half = (match[4] or "").lower() if match else ""
    if match is None:
        match = _TIME_DIGITS.match(text)
    if match is None:
        return PictureDate(day, "day")
    hour, minute, second = int(match[1]), int(match[2]), min(int(match[3] or 0), 59)
    if half:
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    if hour > 23 or minute > 59 or (match[3] and int(match[3]) > 60):
        return PictureDate(day, "day")
    precision = "second" if match[3] else "minute"
    return PictureDate(day.replace(hour=hour, minute=minute, second=second), precision)
