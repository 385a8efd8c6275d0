"""Pictures by identifier: thumbnails, and originals in a form that a browser shows.

The client names a sha1 or a file identifier; both are looked up in the tables, and no path
is ever taken from it. Not here: rows and exports (``routes``), who may ask (``guard``).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from panoptic_data.errors import PanopticError

if TYPE_CHECKING:
    import pyarrow as pa

    from panoptic_data.storage.project import Project

__all__ = ["Thumbnails", "routes"]

# A page of the gallery asks for all its thumbnails at once: they leave in one look-up.
GATHER_SECONDS = 0.002
AT_ONCE = 400
REMEMBERED_BYTES = 128 * 2**20
# Sizes other than the stored one, as the shorter side: few, so that caches hit.
STORED_SIDE = 256
LARGER_SIDES = (512, 1024, 2048)
# Beyond this a converted original only costs: no screen shows it.
CONVERTED_SIDE = 4096
# Decoding originals takes memory by the hundred megabytes: two at a time.
CONVERTED_AT_ONCE = 2

_SHA1 = re.compile(r"[0-9a-f]{40}")
_FILE_ID = re.compile(r"[0-9a-f]{16}")
_SHOWN_BY_BROWSERS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}
_MODES_MISREAD_BY_BROWSERS = frozenset({"CMYK", "YCCK", "LAB", "F", "I"})
_FOREVER = "private, max-age=31536000, immutable"
# An original lives at a path that may change: the browser asks each time and gets a 304.
_ASK_AGAIN = "private, no-cache"
_NEVER = "no-store"
# Whatever the bytes are, no script of theirs runs, even when opened in a tab.
_HARMLESS = {"Content-Security-Policy": "sandbox; default-src 'none'; img-src data:"}
_ABSENT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3">'
    b'<rect width="4" height="3" fill="#8884"/></svg>'
)


def routes(project: Project, thumbnails: Thumbnails) -> list[Route]:
    """Return the routes ``/thumb/{sha1}``, ``/image/{sha1}`` and ``/file/{file_id}``."""
    pictures = _Pictures(project, thumbnails)
    return [
        Route("/thumb/{sha1}", pictures.thumb),
        Route("/image/{sha1}", pictures.image),
        Route("/file/{file_id}", pictures.file),
    ]


class _Pictures:
    """The three routes of one project."""

    def __init__(self, project: Project, thumbnails: Thumbnails) -> None:
        self._project = project
        self._thumbnails = thumbnails
        self._reading = anyio.CapacityLimiter(CONVERTED_AT_ONCE)

    async def thumb(self, request: Request) -> Response:
        sha1 = request.path_params["sha1"]
        side = _side(request.query_params.get("w"))
        if not _SHA1.fullmatch(sha1) or side is None:
            return _absent()
        tag = f'"{sha1}-{side}"'
        if _has(request, tag):
            return _unchanged(tag, _FOREVER)
        stored = await self._thumbnails.get(sha1)
        if stored is None:
            return _absent()
        if side == STORED_SIDE:
            return _picture(stored, "image/jpeg", tag, _FOREVER)
        larger = await self._thumbnails.larger(sha1, side)
        if larger is None:
            return _picture(stored, "image/jpeg", None, _NEVER)
        return _picture(larger, "image/jpeg", tag, _FOREVER)

    async def image(self, request: Request) -> Response:
        sha1 = request.path_params["sha1"]
        if not _SHA1.fullmatch(sha1):
            return _absent()
        tag = f'"{sha1}"'
        if _has(request, tag):
            return _unchanged(tag, _ASK_AGAIN)
        shown = await self._read(_of_image, sha1)
        if shown is not None:
            return _picture(shown.data, shown.media_type, tag, _ASK_AGAIN)
        # The disk with the originals may be elsewhere: what we keep is better than nothing.
        stored = await self._thumbnails.get(sha1)
        return _absent() if stored is None else _picture(stored, "image/jpeg", None, _NEVER)

    async def file(self, request: Request) -> Response:
        file_id = request.path_params["file_id"]
        if not _FILE_ID.fullmatch(file_id):
            return _absent()
        shown = await self._read(_of_file, file_id)
        return _absent() if shown is None else _picture(shown.data, shown.media_type, None, _NEVER)

    async def _read(self, read: Callable[[Project, str], _Shown | None], key: str) -> _Shown | None:
        return await anyio.to_thread.run_sync(read, self._project, key, limiter=self._reading)


class Thumbnails:
    """Stored thumbnails, looked up together and remembered up to a number of bytes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known = _Remembered(REMEMBERED_BYTES)
        self._larger = _Remembered(REMEMBERED_BYTES)
        self._asked: dict[str, asyncio.Future[bytes | None]] = {}
        # Where those lie that were said ahead.
        self._lie: dict[str, int] = {}
        self._collector: asyncio.Task[None] | None = None
        self._decoding = anyio.CapacityLimiter(CONVERTED_AT_ONCE)

    async def get(self, sha1: str) -> bytes | None:
        """Return the stored thumbnail (JPEG), None when there is none."""
        known = self._known.get(sha1)
        if known is not None:
            return known
        future = self._asked.get(sha1)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._asked[sha1] = future
        if self._collector is None or self._collector.done():
            self._collector = asyncio.create_task(self._collect(GATHER_SECONDS))
        # One browser that gives up must not take the picture from another.
        return await asyncio.shield(future)

    async def ahead(self, lie: Mapping[str, int | None]) -> None:
        """Look up together what will be asked for in a moment, one by one.

        With each sha1 comes where its row lay (``Database.addressed``), if that is known.
        """
        for sha1, address in lie.items():
            if self._known.get(sha1) is None and sha1 not in self._asked:
                future = asyncio.get_running_loop().create_future()
                # Perhaps nobody asks: a failure nobody waits for is nobody's business.
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
                self._asked[sha1] = future
                if address is not None:
                    self._lie[sha1] = address
        if self._asked and (self._collector is None or self._collector.done()):
            # All are here: there is nothing to gather.
            self._collector = asyncio.create_task(self._collect(0))

    async def larger(self, sha1: str, side: int) -> bytes | None:
        """Return the image with this shorter side (JPEG), None when no original is at hand."""
        key = f"{sha1}-{side}"
        known = self._larger.get(key)
        if known is not None:
            return known
        made = await anyio.to_thread.run_sync(
            lambda: _resized(self._project, sha1, side), limiter=self._decoding
        )
        if made is not None:
            self._larger.put(key, made)
        return made

    async def _collect(self, wait: float) -> None:
        await asyncio.sleep(wait)
        while self._asked:
            asked = dict(list(self._asked.items())[:AT_ONCE])
            try:
                lie = {sha1: self._lie.pop(sha1, None) for sha1 in asked}
                found = await anyio.to_thread.run_sync(self._look_up, lie)
            except Exception as error:  # noqa: BLE001 - each waiting request must hear of it
                _settle(asked, {}, error)
                found = {}
            else:
                _settle(asked, found, None)
            for sha1 in asked:
                self._asked.pop(sha1, None)
            for sha1, data in found.items():
                self._known.put(sha1, data)

    def _look_up(self, lie: Mapping[str, int | None]) -> dict[str, bytes]:
        database, columns = self._project.database(), ("sha1", "thumbnail")
        addresses = [address for address in lie.values() if address is not None]
        there = _pairs(database.take_at("images", addresses, columns))
        # Rows may lie elsewhere by now: their sha1s say which.
        moved = [sha1 for sha1 in lie if sha1 not in there]
        found = {**there, **_pairs(database.take("images", moved, columns))} if moved else there
        return {sha1: found[sha1] for sha1 in lie if found.get(sha1)}


class _Remembered:
    """Bytes by key; the least recently used go first."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._held = 0
        self._items: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        data = self._items.get(key)
        if data is not None:
            self._items.move_to_end(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        if key in self._items:
            return
        self._items[key] = data
        self._held += len(data)
        while self._held > self._at_most:
            self._held -= len(self._items.popitem(last=False)[1])


@dataclass(frozen=True)
class _Shown:
    data: bytes
    media_type: str


def _pairs(rows: pa.Table) -> dict[str, bytes]:
    return dict(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))


def _settle(
    asked: dict[str, asyncio.Future[bytes | None]],
    found: dict[str, bytes],
    error: Exception | None,
) -> None:
    for sha1, future in asked.items():
        if future.done():
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(found.get(sha1))


def _side(asked: str | None) -> int | None:
    """Snap a wanted shorter side to one that we make; None when it is no number."""
    if asked is None:
        return STORED_SIDE
    if not asked.isdecimal() or len(asked) > 5:
        return None
    return next((side for side in (STORED_SIDE, *LARGER_SIDES) if side >= int(asked)), 2048)


def _resized(project: Project, sha1: str, side: int) -> bytes | None:
    from panoptic_data.ingest import images

    try:
        picture = images.pixels(project, sha1, side)
    except (PanopticError, OSError):
        return None
    longest = max(picture.size)
    if min(picture.size) > side:
        scale = side / min(picture.size)
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    elif longest > CONVERTED_SIDE:
        picture.thumbnail((CONVERTED_SIDE, CONVERTED_SIDE))
    return _jpeg(picture)


def _of_image(project: Project, sha1: str) -> _Shown | None:
    """Read the image from the first of its files that still holds it."""
    where = f"sha1 = '{sha1}' AND status = 'ok'"
    rows = project.database().frame("files", ("source", "path", "raw_path"), where)
    for row in rows.sort("source", "path").to_dicts():
        data = _bytes(project, row)
        # The file may have been overwritten since it was read.
        if data is not None and hashlib.sha1(data).hexdigest() == sha1:
            return _shown(data)
    return None


def _of_file(project: Project, file_id: str) -> _Shown | None:
    where = f"file_id = '{file_id}'"
    rows = project.database().frame("files", ("source", "path", "raw_path"), where)
    data = _bytes(project, rows.row(0, named=True)) if rows.height else None
    return None if data is None else _shown(data)


def _bytes(project: Project, row: dict[str, Any]) -> bytes | None:
    from panoptic_data.ingest import sources

    source = next((one for one in sources.listing(project) if one.name == row["source"]), None)
    if source is None:
        return None
    try:
        place: Path = sources.absolute_path(source, row["path"], row["raw_path"])
        return place.read_bytes()
    except (PanopticError, OSError, ValueError):
        return None


def _shown(data: bytes) -> _Shown | None:
    """Return the bytes as they are when every browser shows them right, else a JPEG of them."""
    from panoptic_data.media import decode

    media_type = _SHOWN_BY_BROWSERS.get(decode.probe(data) or "")
    if media_type is not None and _mode(data) not in _MODES_MISREAD_BY_BROWSERS:
        return _Shown(data, media_type)
    try:
        picture = decode.open_image(data)
    except PanopticError:
        return None
    picture.thumbnail((CONVERTED_SIDE, CONVERTED_SIDE))
    return _Shown(_jpeg(picture), "image/jpeg")


def _mode(data: bytes) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.mode
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # A browser may still show the top half of a damaged picture.
        return ""


def _jpeg(picture: object) -> bytes:
    from PIL import Image

    assert isinstance(picture, Image.Image)
    written = io.BytesIO()
    picture.convert("RGB").save(written, "JPEG", quality=88)
    return written.getvalue()


def _has(request: Request, tag: str) -> bool:
    return tag in request.headers.get("if-none-match", "")


def _unchanged(tag: str, cache: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": cache})


def _picture(data: bytes, media_type: str, tag: str | None, cache: str) -> Response:
    headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff", **_HARMLESS}
    if tag is not None:
        headers["ETag"] = tag
    return Response(data, media_type=media_type, headers=headers)


def _absent() -> Response:
    """Answer 404 with a quiet grey tile, which browsers draw in the picture's place."""
    headers = {"Cache-Control": _NEVER, **_HARMLESS}
    return Response(_ABSENT, 404, media_type="image/svg+xml", headers=headers)
