"""Addresses on the web that are given to others: http or https, with a host. Pure.

Not here: links as values of a property, which may lack a scheme (``annotations.parsing``), what a
server may be asked for (``media.download``).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["web_address"]

# What no address holds: spaces, control characters, and signs that end one in a text.
_FOREIGN = re.compile(r"[\s\x00-\x1f\x7f<>\"{}|\\^`]")
_HOST = re.compile(
    r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\.?|[0-9a-f:.]*:[0-9a-f:.]*"
)


def web_address(text: str) -> str | None:
    """Return an address without spaces around it; None where it is none, or names no host."""
    address = text.strip()
    if _FOREIGN.search(address):
        return None
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    is_web = parts.scheme.lower() in ("http", "https") and _HOST.fullmatch(host)
    return address if is_web else None
