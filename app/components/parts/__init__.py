"""The images that share a part with one image, the part outlined on both.

Not here: which they are (``app.api.shared_parts``), groups of them (``components.duplicates``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.components.assets import component

__all__ = ["image_parts"]


def image_parts(
    *,
    image: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    language: str,
    texts: Mapping[str, str],
    key: str = "parts",
) -> None:
    """Show images that share a part with ``image``, both as ``shared_parts.parts_of`` has them."""
    component("parts", styles=("shared/ui/outline", "shared/ui/part_pair"))(
        key=key,
        data={
            "image": dict(image),
            "parts": [dict(part) for part in parts],
            "language": language,
            "texts": dict(texts),
        },
    )
