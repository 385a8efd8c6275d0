"""Names of files and folders that every system can hold, each different from the others.

Pure. A name never leaves its folder: it has no separator, is not ".." and is no device of Windows.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["UniqueNames", "safe_name", "safe_parts"]

# File systems count bytes, or units of UTF-16: 255 of them. Room is left for numbers and suffixes.
LONGEST_BYTES = 200
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.I)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}$")


def safe_name(name: str, otherwise: str = "_") -> str:
    """Return a name that every system can hold; ``otherwise`` where nothing is left of it."""
    name = unicodedata.normalize("NFC", name)
    name = _FORBIDDEN.sub("_", name).encode("utf-8", "replace").decode()
    name = name.strip().rstrip(". ")
    if not name or not name.strip("._ "):
        return otherwise
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def safe_parts(path: str) -> list[str]:
    """Return the parts of a relative path, each as :func:`safe_name` has it; none leads up."""
    return [safe_name(part) for part in re.split(r"[/\\]", path) if part not in ("", ".")]


class UniqueNames:
    """Gives each name once in its folder, with a number where it is taken; case counts not."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        # The last number given to a name, so that a thousand of one name are not tried in turn.
        self._last: dict[str, int] = {}

    def take(self, name: str, folder: str = "") -> str:
        """Return the name, or with a number before its suffix, and keep it from being given again.

        ``folder`` is the path of the folder that it is for.
        """
        key = self._key(folder, name)
        number = self._last.get(key, 1)
        unique = name
        while self._key(folder, unique) in self._taken:
            number += 1
            stem, suffix = _split(name)
            unique = f"{stem} ({number}){suffix}"
        self._last[key] = number
        self._taken.add(self._key(folder, unique))
        return unique

    @staticmethod
    def _key(folder: str, name: str) -> str:
        return unicodedata.normalize("NFKC", f"{folder}/{name}".casefold())


def _split(name: str) -> tuple[str, str]:
    match = _SUFFIX.search(name)
    return (name[: match.start()], match[0]) if match and match.start() else (name, "")


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    stem, suffix = _split(name)
    room = LONGEST_BYTES - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + suffix
