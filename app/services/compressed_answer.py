"""Answers with texts that never change, compressed once and kept.

Not here: which texts (``app.components.assets``, ``app.server.streamlit_files``).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["FixedText"]

# The best there is: it is paid once.
LEVEL = 9


@dataclass(frozen=True)
class FixedText:
    """A text as it is served, in UTF-8."""

    plain: bytes
    media_type: str

    @cached_property
    def gzipped(self) -> bytes:
        """The text in gzip; the same bytes each time."""
        return gzip.compress(self.plain, LEVEL, mtime=0)

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Return the answer to a request, in gzip where the client takes that."""
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        encoding = "gzip" if takes_gzip else "identity"
        # With an encoding of its own no middleware compresses it again.
        own = {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
        body = self.gzipped if takes_gzip else self.plain
        return Response(body, media_type=self.media_type, headers={**headers, **own})
