"""Images by identifier: thumbnails, and originals in a form that a browser shows.

The client names sha1s or a file identifier; both are looked up in the tables, and no path
is ever taken from it. Not here: rows of views (``view_data``), query images (``search``).
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from panoptic_data.errors import PanopticError
from panoptic_data.ingest import file_times
from panoptic_data.media.formats import MEDIA_TYPES

if TYPE_CHECKING:
    import pyarrow as pa

    from panoptic_data.storage.project import Project

__all__ = ["Thumbnails", "routes"]

# A page of the gallery requests all its thumbnails at once: they are read in one look-up.
GATHER_SECONDS = 0.002
LOOKED_UP_AT_ONCE = 400
CACHE_BYTES = 128 * 2**20
# Sizes other than the stored one, as the shorter side: few, so that caches hit.
STORED_SIDE = 256
LARGER_SIDES = (512, 1024, 2048)
# Beyond this a converted original only costs: no screen shows it.
CONVERTED_SIDE = 4096
# Decoding originals takes memory by the hundred megabytes: two at a time.
CONVERTED_AT_ONCE = 2

# A gallery asks for a few rows of tiles at a time (``thumbnail_batches.js``).
BATCH_AT_MOST = 64
_LENGTH_BYTES = 4

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA1S = re.compile(rf"(?:[0-9a-f]{{40}}){{1,{BATCH_AT_MOST}}}")
_FILE_ID = re.compile(r"[0-9a-f]{16}")
_SHOWN_BY_BROWSERS = frozenset({"JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"})
_MODES_MISREAD_BY_BROWSERS = frozenset({"CMYK", "YCCK", "LAB", "F", "I"})
_IMMUTABLE = "private, max-age=31536000, immutable"
# An original lives at a path that may change: the browser asks each time and gets a 304.
_REVALIDATE = "private, no-cache"
_NO_STORE = "no-store"
# Whatever the bytes are, no script of theirs runs, even when opened in a tab.
_SANDBOX = {"Content-Security-Policy": "sandbox; default-src 'none'; img-src data:"}
_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3">'
    b'<rect width="4" height="3" fill="#8884"/></svg>'
)


def routes(project: Project, thumbnails: Thumbnails) -> list[Route]:
    """Return the routes ``/thumb/{sha1}``, ``/thumbs``, ``/image/{sha1}`` and ``/file/{file_id}``.

    ``/thumbs?sha1s=`` answers several stored thumbnails at once: forty digits each, one after the
    other, ``BATCH_AT_MOST`` of them. First the length of each in bytes (uint32, little endian), 0
    where ``/thumb/{sha1}`` would be a 404, then the JPEGs, all in this order.
    """
    images = _Images(project, thumbnails)
    return [
        Route("/thumb/{sha1}", images.thumb),
        Route("/thumbs", images.thumbs),
        Route("/image/{sha1}", images.image),
        Route("/file/{file_id}", images.file),
    ]


class _Images:
    """The answers to the four routes of a project."""

    def __init__(self, project: Project, thumbnails: Thumbnails) -> None:
        self._project = project
        self._thumbnails = thumbnails
        self._decoding_limiter = anyio.CapacityLimiter(CONVERTED_AT_ONCE)

    async def thumb(self, request: Request) -> Response:
        sha1 = request.path_params["sha1"]
        side = _side(request.query_params.get("w"))
        if not _SHA1.fullmatch(sha1) or side is None:
            return _placeholder()
        tag = f'"{sha1}-{side}"'
        if _is_cached(request, tag):
            return _not_modified(tag, _IMMUTABLE)
        stored = await self._thumbnails.get(sha1)
        if stored is None:
            return _placeholder()
        if side == STORED_SIDE:
            return _image_response(stored, "image/jpeg", tag, _IMMUTABLE)
        larger = await self._thumbnails.larger(sha1, side)
        if larger is None:
            return _image_response(stored, "image/jpeg", None, _NO_STORE)
        return _image_response(larger, "image/jpeg", tag, _IMMUTABLE)

    async def thumbs(self, request: Request) -> Response:
        names = request.query_params.get("sha1s", "")
        if not _SHA1S.fullmatch(names):
            return Response(status_code=404, headers={"Cache-Control": _NO_STORE})
        tag = f'"{hashlib.sha1(names.encode()).hexdigest()}"'
        if _is_cached(request, tag):
            return _not_modified(tag, _IMMUTABLE)
        sha1s = [names[start : start + 40] for start in range(0, len(names), 40)]
        stored = await asyncio.gather(*map(self._thumbnails.get, sha1s))
        parts = [data or b"" for data in stored]
        lengths = [len(data).to_bytes(_LENGTH_BYTES, "little") for data in parts]
        body = b"".join([*lengths, *parts])
        # What is not there yet may come.
        tag_and_cache = (tag, _IMMUTABLE) if all(parts) else (None, _NO_STORE)
        answer = _image_response(body, "application/octet-stream", *tag_and_cache)
        # Pictures are compressed already: the middleware would only spend time on them.
        answer.headers["Content-Encoding"] = "identity"
        return answer

    async def image(self, request: Request) -> Response:
        sha1 = request.path_params["sha1"]
        if not _SHA1.fullmatch(sha1):
            return _placeholder()
        tag = f'"{sha1}"'
        if _is_cached(request, tag):
            return _not_modified(tag, _REVALIDATE)
        shown = await self._read(_of_image, sha1)
        if shown is not None:
            return _image_response(shown.data, shown.media_type, tag, _REVALIDATE)
        # The disk with the originals may not be mounted: the thumbnail is better than nothing.
        stored = await self._thumbnails.get(sha1)
        return (
            _placeholder()
            if stored is None
            else _image_response(stored, "image/jpeg", None, _NO_STORE)
        )

    async def file(self, request: Request) -> Response:
        file_id = request.path_params["file_id"]
        if not _FILE_ID.fullmatch(file_id):
            return _placeholder()
        shown = await self._read(_of_file, file_id)
        return (
            _placeholder()
            if shown is None
            else _image_response(shown.data, shown.media_type, None, _NO_STORE)
        )

    async def _read(self, read: Callable[[Project, str], _Shown | None], key: str) -> _Shown | None:
        return await anyio.to_thread.run_sync(
            read, self._project, key, limiter=self._decoding_limiter
        )


class Thumbnails:
    """Stored thumbnails (JPEG), looked up together and cached up to a number of bytes."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._stored: LRUCache[str, bytes] = LRUCache(CACHE_BYTES, getsizeof=len)
        self._larger: LRUCache[str, bytes] = LRUCache(CACHE_BYTES, getsizeof=len)
        self._pending: dict[str, asyncio.Future[bytes | None]] = {}
        # The addresses of rows of ``images`` that are known in advance.
        self._row_addresses: dict[str, int] = {}
        self._collector: asyncio.Task[None] | None = None
        self._decoding_limiter = anyio.CapacityLimiter(CONVERTED_AT_ONCE)

    async def get(self, sha1: str) -> bytes | None:
        """Return the stored thumbnail, None when there is none."""
        cached = self._stored.get(sha1)
        if cached is not None:
            return cached
        future = self._pending.get(sha1)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._pending[sha1] = future
        if self._collector is None or self._collector.done():
            self._collector = asyncio.create_task(self._collect(GATHER_SECONDS))
        # A browser that gives up must not cancel the look-up for another.
        return await asyncio.shield(future)

    async def prefetch(self, row_addresses: Mapping[str, int | None]) -> None:
        """Look up together the thumbnails that are requested in a moment, one by one.

        With each sha1 comes the address of its row (``Database.addressed``), if that is known.
        """
        for sha1, address in row_addresses.items():
            if self._stored.get(sha1) is None and sha1 not in self._pending:
                future = asyncio.get_running_loop().create_future()
                # Where nobody requests it a failure is no error of the server.
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
                self._pending[sha1] = future
                if address is not None:
                    self._row_addresses[sha1] = address
        if self._pending and (self._collector is None or self._collector.done()):
            # All are known: there is nothing to wait for.
            self._collector = asyncio.create_task(self._collect(0))

    async def larger(self, sha1: str, side: int) -> bytes | None:
        """Return the image with this shorter side (JPEG), None when no original is at hand."""
        key = f"{sha1}-{side}"
        cached = self._larger.get(key)
        if cached is not None:
            return cached
        data = await anyio.to_thread.run_sync(
            lambda: _resized(self._project, sha1, side), limiter=self._decoding_limiter
        )
        if data is not None:
            _store(self._larger, key, data)
        return data

    async def _collect(self, wait_seconds: float) -> None:
        """Look up what is pending, until nothing is."""
        await asyncio.sleep(wait_seconds)
        while self._pending:
            batch = dict(list(self._pending.items())[:LOOKED_UP_AT_ONCE])
            try:
                row_addresses = {sha1: self._row_addresses.pop(sha1, None) for sha1 in batch}
                data_of = await anyio.to_thread.run_sync(self._look_up, row_addresses)
            except Exception as error:  # noqa: BLE001 - each waiting request must hear of it
                _resolve(batch, {}, error)
                data_of = {}
            else:
                _resolve(batch, data_of, None)
            for sha1 in batch:
                self._pending.pop(sha1, None)
            for sha1, data in data_of.items():
                _store(self._stored, sha1, data)

    def _look_up(self, row_addresses: Mapping[str, int | None]) -> dict[str, bytes]:
        database, columns = self._project.database(), ("sha1", "thumbnail")
        addresses = [address for address in row_addresses.values() if address is not None]
        data_of = _pairs(database.take_at("images", addresses, columns))
        # A row may have another address by now: its sha1 tells.
        moved = [sha1 for sha1 in row_addresses if sha1 not in data_of]
        if moved:
            data_of |= _pairs(database.take("images", moved, columns))
        return {sha1: data_of[sha1] for sha1 in row_addresses if data_of.get(sha1)}


def _store(cache: LRUCache[str, bytes], key: str, data: bytes) -> None:
    # What is larger than the whole cache is not cached.
    if len(data) <= cache.maxsize:
        cache[key] = data


@dataclass(frozen=True)
class _Shown:
    """An image as browsers show it."""

    data: bytes
    media_type: str


def _pairs(rows: pa.Table) -> dict[str, bytes]:
    return dict(zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True))


def _resolve(
    futures: dict[str, asyncio.Future[bytes | None]],
    data_of: dict[str, bytes],
    error: Exception | None,
) -> None:
    for sha1, future in futures.items():
        if future.done():
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(data_of.get(sha1))


def _side(text: str | None) -> int | None:
    """Return the next larger shorter side that is served; None when the text is no number."""
    if text is None:
        return STORED_SIDE
    if not text.isdecimal() or len(text) > 5:
        return None
    sides = (STORED_SIDE, *LARGER_SIDES)
    return next((side for side in sides if side >= int(text)), sides[-1])


def _resized(project: Project, sha1: str, side: int) -> bytes | None:
    from panoptic_data.ingest import images

    try:
        image = images.pixels(project, sha1, side)
    except (PanopticError, OSError):
        return None
    longest = max(image.size)
    if min(image.size) > side:
        scale = side / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    elif longest > CONVERTED_SIDE:
        image.thumbnail((CONVERTED_SIDE, CONVERTED_SIDE))
    return _jpeg(image)


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
    where = f"file_id = '{file_id}' AND status != 'purged'"
    columns = ("source", "path", "raw_path", "sha1", "size", "mtime_ns")
    rows = project.database().frame("files", columns, where)
    if not rows.height:
        return None
    row = rows.row(0, named=True)
    data = _bytes(project, row)
    if data is None or (project.version and not _is_as_recorded(project, row, data)):
        return None
    return _shown(data)


def _is_as_recorded(project: Project, row: dict[str, Any], data: bytes) -> bool:
    """Whether a file still holds what it held at the version: by its sha1, else by its stat."""
    if row["sha1"] is not None:
        return hashlib.sha1(data).hexdigest() == str(row["sha1"])
    path = _path(project, row)
    mtime_ns = None if path is None else file_times.stored(path.stat().st_mtime_ns)
    return bool((len(data), mtime_ns) == (row["size"], row["mtime_ns"]))


def _bytes(project: Project, row: dict[str, Any]) -> bytes | None:
    path = _path(project, row)
    try:
        return None if path is None else path.read_bytes()
    except OSError:
        return None


def _path(project: Project, row: dict[str, Any]) -> Path | None:
    from panoptic_data.ingest import sources

    source = sources.by_name(project).get(row["source"])
    if source is None:
        return None
    try:
        path: Path = sources.absolute_path(source, row["path"], row["raw_path"])
    except (PanopticError, OSError, ValueError):
        return None
    return path


def _shown(data: bytes) -> _Shown | None:
    """Return the bytes as they are where browsers show them correctly, else as a JPEG."""
    from panoptic_data.media import decode

    format = decode.probe(data)
    if format in _SHOWN_BY_BROWSERS and _mode(data) not in _MODES_MISREAD_BY_BROWSERS:
        return _Shown(data, MEDIA_TYPES[format])
    try:
        image = decode.open_image(data)
    except PanopticError:
        return None
    image.thumbnail((CONVERTED_SIDE, CONVERTED_SIDE))
    return _Shown(_jpeg(image), "image/jpeg")


def _mode(data: bytes) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.mode
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        # A browser may still show the top half of a damaged image.
        return ""


def _jpeg(image: object) -> bytes:
    from PIL import Image

    assert isinstance(image, Image.Image)
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=88)
    return written.getvalue()


def _is_cached(request: Request, tag: str) -> bool:
    return tag in request.headers.get("if-none-match", "")


def _not_modified(tag: str, cache: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": cache})


def _image_response(data: bytes, media_type: str, tag: str | None, cache: str) -> Response:
    headers = {"Cache-Control": cache, "X-Content-Type-Options": "nosniff", **_SANDBOX}
    if tag is not None:
        headers["ETag"] = tag
    return Response(data, media_type=media_type, headers=headers)


def _placeholder() -> Response:
    """Return a 404 with a grey tile, which browsers draw in the image's place."""
    headers = {"Cache-Control": _NO_STORE, **_SANDBOX}
    return Response(_PLACEHOLDER, 404, media_type="image/svg+xml", headers=headers)
