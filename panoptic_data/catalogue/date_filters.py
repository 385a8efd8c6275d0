"""Which dates lie within days: of conditions on dates, of pictures and of properties.

Not here: the other conditions (``filters``), periods as groups (``periods``).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from panoptic_data.catalogue.corpus import NO_TIME
from panoptic_data.views.model import Condition

__all__ = ["days"]

Mask = npt.NDArray[np.bool_]

# Microseconds.
_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


def days(spans: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], condition: Condition) -> Mask:
    """Compare dates with whole days; of one that is not known it is enough that it may be so."""
    begins, ends = spans
    has_value: Mask = begins != NO_TIME
    if condition.op == "is empty":
        return ~has_value
    if condition.op == "<":
        return has_value & (begins < _begin(condition.value))
    if condition.op == ">":
        return has_value & (ends > _begin(condition.value) + _DAY)
    low, high = condition.value if condition.op == "between" else _ends(condition)
    in_range = has_value.copy()
    if low is not None:
        in_range &= ends > _begin(low)
    if high is not None:
        in_range &= begins < _begin(high) + _DAY
    return in_range


def _ends(condition: Condition) -> tuple[str | None, str | None]:
    """Return the days from and to which a comparison holds."""
    day = condition.value
    return {"=": (day, day), "<=": (None, day), ">=": (day, None)}[condition.op]


def _begin(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - _EPOCH) * _DAY
