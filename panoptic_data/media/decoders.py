"""Open bytes with the Pillow class of their format.

The classes are not tried one after another, as ``Image.open`` does: ``formats.probe`` recognises
the format, and decoders that run other programs (EPS) are never called. Not here: what is done
with an opened file (``decode``).
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile, JpegImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.WebPImagePlugin import WebPImageFile

from panoptic_data.errors import UnreadableImage
from panoptic_data.media import formats, main_picture
from panoptic_data.media.tiff import Tiff

__all__ = ["count_frames", "open_as"]

_MP_ENTRIES = 0xB002
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706


def open_as(kind: str, data: bytes) -> ImageFile.ImageFile:
    """Open bytes as the format that ``probe`` found, at the main page; no pixel is decoded yet.

    Raises UnreadableImage ("camera_raw") for a camera's raw file in a TIFF container, and
    whatever the decoder raises for a broken header.
    """
    image: ImageFile.ImageFile = _OPENERS[kind](BytesIO(data))
    if isinstance(image, Tiff):
        if _is_camera_raw(image, data):
            raise UnreadableImage("camera_raw")
        page = main_picture.number_of_page(data)
        if page:
            image.seek(page)
    return image


def count_frames(kind: str, image: Image.Image, data: bytes) -> int:
    """Return how many frames or pages an opened file has, at most ``formats.MAX_FRAMES``."""
    counted = formats.count_frames(kind, data) or _pictures_of_camera(image)
    return counted or min(int(getattr(image, "n_frames", 1)), formats.MAX_FRAMES)


def _pictures_of_camera(image: Image.Image) -> int | None:
    """Count the pictures of a JPEG that holds several (CIPA DC-007), without large thumbnails."""
    entries = getattr(image, "mpinfo", {}).get(_MP_ENTRIES)
    if not entries:
        return None
    kinds = [str(entry["Attribute"]["MPType"]) for entry in entries]
    return max(1, sum(not kind.startswith("Large Thumbnail") for kind in kinds))


def _is_camera_raw(image: Tiff, data: bytes) -> bool:
    # A raw file's first picture is a stamp-sized preview: showing it as the image would lie.
    tags = image.tag_v2
    preview_first = bool(tags.get(_NEW_SUBFILE_TYPE, 0) & 1) and _SUB_IFDS in tags
    return data[8:10] == b"CR" or _DNG_VERSION in tags or preview_first


class Jpeg2000(Jpeg2KImageFile):
    """A JPEG 2000 that can be halved whatever its size.

    The standard rounds a halved size up (ISO/IEC 15444-1, B.5), Pillow rounds it to the nearest
    and then misses data. Padding the size to a multiple makes the two agree.
    """

    def load(self) -> Image.core.PixelAccess | None:  # type: ignore[name-defined]
        """Decode the pixels."""
        power = 1 << self._reduce
        if self.tile:
            self._size = -(-self.width // power) * power, -(-self.height // power) * power
        return super().load()


def _heif(file: BytesIO) -> ImageFile.ImageFile:
    # 20 ms to import, for one format in many.
    from pillow_heif import HeifImageFile

    image: ImageFile.ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call]
    return image


_OPENERS: dict[str, Callable[[BytesIO], Any]] = {
    "AVIF": AvifImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "HEIF": _heif,
    "JPEG": JpegImagePlugin.jpeg_factory,
    "JPEG2000": Jpeg2000,
    "PNG": PngImageFile,
    "PPM": PpmImageFile,
    "TIFF": Tiff,
    "WEBP": WebPImageFile,
}
