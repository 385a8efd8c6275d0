"""What a page sends as JSON: read trusting nothing, and the answer where it is no question of ours.

Not here: what a body may say (``annotating``, ``defining``, ``importing``, ``suggesting``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from panoptic_data.messages import translate

__all__ = ["UnreadableBodyError", "is_longer", "of_type", "parsed", "unreadable"]


class UnreadableBodyError(ValueError):
    """A body that is no question of ours."""


def is_longer(request: Request, most: int) -> bool:
    """Whether a request says that its body has more than ``most`` bytes."""
    length = request.headers.get("content-length", "")
    return length.isdecimal() and int(length) > most


def parsed(raw: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a body. Raises UnreadableBodyError for anything else."""
    try:
        body = json.loads(raw)
        # Half of a pair of surrogates is no text.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadableBodyError from None
    if not isinstance(body, dict):
        raise UnreadableBodyError
    return body


def of_type(kind: Any, value: Any) -> Any:
    """Return a part of a body. Raises UnreadableBodyError where it is not of a type."""
    if not isinstance(value, kind):
        raise UnreadableBodyError
    return value


def unreadable(language: str) -> JSONResponse:
    """Return the answer to such a body, status 400."""
    text = translate("annotate.unreadable", language)
    return JSONResponse({"error": "unreadable", "message": text}, 400)
