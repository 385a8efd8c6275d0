"""JSON as text: in one canonical form, and read with an error of the project's own."""

from __future__ import annotations

import json
from typing import Any

from panoptic_data.errors import InvalidView

__all__ = ["canonical", "parse"]


def canonical(value: Any) -> str:
    """Return a JSON value as text that is equal for equal values."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def parse(text: str) -> Any:
    """Read a JSON value. Raises InvalidView."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidView("view", "not_json") from None
