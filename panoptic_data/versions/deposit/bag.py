"""A folder as a bag of BagIt 1.0 (RFC 8493): what it holds stands in ``data``, with sha256.

Not here: what is put into it (``deposit``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from panoptic_data.errors import InvalidVersion

__all__ = ["PAYLOAD", "check", "close", "is_bag"]

PAYLOAD = "data"
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST = "manifest-sha256.txt"
_TAG_MANIFEST = "tagmanifest-sha256.txt"


def close(folder: Path, info: Mapping[str, str], digests: Mapping[str, str]) -> None:
    """Write what makes a folder with ``data`` a bag; ``info`` is added to ``bag-info.txt``.

    Files in ``digests`` (path in the bag → sha256) are not read again.
    """
    payload = sorted(path for path in (folder / PAYLOAD).rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in payload)
    lines = {
        "Bagging-Date": date.today().isoformat(),
        "Payload-Oxum": f"{size}.{len(payload)}",
        **{name: " ".join(value.split()) for name, value in info.items() if value.strip()},
    }
    (folder / "bagit.txt").write_text(_DECLARATION, encoding="utf-8")
    (folder / "bag-info.txt").write_text(
        "".join(f"{name}: {value}\n" for name, value in lines.items()), encoding="utf-8"
    )
    (folder / _MANIFEST).write_text(_manifest(folder, payload, digests), encoding="utf-8")
    tags = [folder / name for name in ("bag-info.txt", "bagit.txt", _MANIFEST)]
    (folder / _TAG_MANIFEST).write_text(_manifest(folder, tags, {}), encoding="utf-8")


def is_bag(folder: Path) -> bool:
    """Whether a folder is a bag."""
    return (folder / "bagit.txt").is_file()


def check(folder: Path) -> None:
    """Raise InvalidVersion where a bag lacks a file or one has another content."""
    listed = [*_listed(folder, _MANIFEST), *_listed(folder, _TAG_MANIFEST)]
    if not any(path.startswith(f"{PAYLOAD}/") for path, _ in listed):
        raise InvalidVersion("bag_file", path=folder / _MANIFEST)
    known = {name for name, _ in listed}
    for path in sorted((folder / PAYLOAD).rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in known:
            raise InvalidVersion("bag_more", path=path)
    for name, digest in listed:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidVersion("bag_file", path=path)
        try:
            is_same = sha256(path) == digest
        except OSError:
            is_same = False
        if not is_same:
            raise InvalidVersion("bag_file", path=path)


def sha256(path: Path) -> str:
    """Return the sha256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path, paths: list[Path], digests: Mapping[str, str]) -> str:
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return "".join(
        f"{digests.get(name) or sha256(path)}  {_encoded(name)}\n" for name, path in names.items()
    )


def _listed(folder: Path, manifest: str) -> Iterator[tuple[str, str]]:
    try:
        lines = (folder / manifest).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise InvalidVersion("bag_file", path=folder / manifest) from None
    for line in lines:
        digest, _, name = line.partition(" ")
        yield _decoded(name.strip()), digest.casefold()


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _decoded(name: str) -> str:
    return name.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
