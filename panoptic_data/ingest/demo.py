"""Generate a small demonstration corpus from sample photographs of installed packages.

scikit-image and scikit-learn ship some twenty sample photographs in their wheels. Regions of
them at several zooms, mirrored, rotated and recoloured, become a few hundred pictures in folders
by subject, with dates, cameras and GPS positions, exact and near copies, and some files that are
broken on purpose. Nothing is downloaded. Not here: registering or processing the folder.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from PIL.TiffImagePlugin import IFDRational

from panoptic_data.media import decode
from panoptic_data.storage.folder import write_in_one_step

__all__ = ["make"]

_PACKAGES = {"skimage": "data", "sklearn": "datasets/images"}
_SHAPES = ((3, 2), (3, 2), (4, 3), (4, 3), (1, 1), (2, 3), (16, 9))
_LONG_SIDES = (360, 420, 480, 560)
_LONGEST_SIDE = 640
_PILLOW_NAMES = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}
_SETTINGS: dict[str, dict[str, Any]] = {
    "tif": {"compression": "tiff_lzw"},
    "jp2": {"quality_layers": [20]},
    "png": {},
    "gif": {},
    "bmp": {},
}
_COPIES = "Inbox/From the old disk"
_SMALLER = "Inbox/For the website"
_BROKEN = "Inbox/Rescued"


@dataclass(frozen=True)
class _Subject:
    """One sample photograph and the folder of pictures made from it.

    ``zoom``: the largest zoom at which a region is still recognised. ``can_rotate``: whether the
    subject has no upright side. ``can_mirror``: whether it may be mirrored, as writing may not.
    ``format``: the usual file format. ``camera``, ``taken_at`` and ``position`` (degrees north and
    east) go into the EXIF.
    """

    folder: str
    file: str
    zoom: float = 1.8
    can_rotate: bool = False
    can_mirror: bool = True
    format: str = "jpg"
    camera: tuple[str, str] | None = None
    taken_at: datetime | None = None
    position: tuple[float, float] | None = None


_NIKON, _CANON, _LEICA = ("NIKON", "NIKON D90"), ("Canon", "EOS 5D"), ("Leica", "M6")

_SUBJECTS = (
    _Subject(
        "Travel/Summer Palace, Beijing", "china.jpg", 2.2, camera=_CANON,
        taken_at=datetime(2012, 4, 28, 10, 12), position=(39.9999, 116.2755),
    ),
    _Subject(
        "Travel/Café, Paris", "coffee.png", 2.0, camera=("Apple", "iPhone 5"),
        taken_at=datetime(2014, 10, 3, 8, 40), position=(48.8534, 2.3326),
    ),
    _Subject(
        "Nature/Dahlias", "flower.jpg", 2.0, camera=_CANON, taken_at=datetime(2015, 9, 12, 16, 5),
        position=(47.2184, -1.5536),
    ),
    _Subject(
        "Animals/Chelsea the cat", "chelsea.png", 1.9, camera=_NIKON,
        taken_at=datetime(2013, 2, 17, 14, 30),
    ),
    _Subject(
        "Vehicles/Motorcycle, left", "motorcycle_left.png", 2.2, camera=_NIKON,
        taken_at=datetime(2014, 6, 21, 11, 0), position=(44.0153, -73.1673),
    ),
    _Subject(
        "Vehicles/Motorcycle, right", "motorcycle_right.png", 2.2, camera=_NIKON,
        taken_at=datetime(2014, 6, 21, 11, 1), position=(44.0153, -73.1673),
    ),
    _Subject(
        "Space/Rocket", "rocket.jpg", 1.9, camera=_CANON, taken_at=datetime(2015, 4, 14, 6, 10),
        position=(28.6083, -80.6041),
    ),
    _Subject("Space/Astronaut", "astronaut.png", 2.0, taken_at=datetime(1994, 7, 8, 12, 0)),
    _Subject("Space/Deep field", "hubble_deep_field.jpg", 3.0, True, format="png"),
    _Subject("Space/Moon", "moon.png", 2.2, True),
    _Subject("Medicine/Retina", "retina.jpg", 2.5, True),
    _Subject("Medicine/Tissue", "ihc.png", 2.5, True, format="tif"),
    _Subject("Textures/Brick", "brick.png", 2.0, format="webp"),
    _Subject("Textures/Grass", "grass.png", 2.2, True, format="webp"),
    _Subject("Textures/Gravel", "gravel.png", 2.2, True, format="webp"),
    _Subject(
        "Archive/Cameraman", "camera.png", 1.8, camera=_LEICA,
        taken_at=datetime(1978, 5, 20, 15, 0), position=(42.3601, -71.0942),
    ),
    _Subject("Archive/Greek coins", "coins.png", 2.6, True, format="tif"),
    _Subject("Archive/Handwriting", "text.png", 1.6, can_mirror=False, format="png"),
    _Subject("Archive/Printed page", "page.png", 1.5, can_mirror=False, format="gif"),
)  # fmt: skip


def make(folder: Path, count: int = 320, seed: int = 0) -> Path:
    """Write ``count`` files under ``folder``, some of them broken, and return the folder.

    The same count and seed give the same files; files that exist are kept, so that a second call
    changes nothing. Takes some 4 s and 15 MB for 320.
    """
    copies, smaller, broken = count // 16, count // 14, min(6, count // 8)
    originals = count - copies - smaller - broken
    photographs = [_sample(subject.file) for subject in _SUBJECTS]
    paths = []
    for number in range(originals):
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        turn = number // len(_SUBJECTS)
        format = _format(subject, number)
        path = folder / subject.folder / f"{_word(subject)} {turn + 1:03}.{format}"
        photograph = photographs[number % len(_SUBJECTS)]
        _write(path, partial(_picture, subject, photograph, format, turn, (seed, number)))
        paths.append(path)
    random = np.random.default_rng([seed, count])
    shuffled = [paths[index] for index in random.permutation(originals)]
    for path in shuffled[:copies]:
        _write(folder / _COPIES / path.name, path.read_bytes)
    for path in shuffled[copies : copies + smaller]:
        _write(folder / _SMALLER / f"{path.stem} web.jpg", partial(_smaller, path))
    for name, data in list(_broken(paths[0].read_bytes()))[:broken]:
        _write(folder / _BROKEN / name, partial(bytes, data))
    return folder


def _picture(
    subject: _Subject, photograph: Image.Image, format: str, turn: int, seed: tuple[int, int]
) -> bytes:
    """Return the bytes of one picture of a subject: the full photograph first, then regions."""
    random = np.random.default_rng(seed)
    picture = photograph
    if turn:
        picture = _region(picture, subject.zoom, random)
        picture = _rotated(picture, subject, random)
        picture = _recoloured(picture, random)
    if max(picture.size) > _LONGEST_SIDE:
        picture = ImageOps.contain(picture, (_LONGEST_SIDE, _LONGEST_SIDE))
    return _encoded(picture, format, _exif(subject, turn, random))


def _smaller(path: Path) -> bytes:
    """Return a small JPEG copy, as for a web page."""
    picture = ImageOps.contain(decode.open_image(path.read_bytes()), (240, 240))
    return _encoded(picture, "jpg", None, quality=60)


def _sample(name: str) -> Image.Image:
    for package, folder in _PACKAGES.items():
        # find_spec imports nothing of the package: scikit-learn would take a second.
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            path = Path(location) / folder / name
            if path.exists():
                return Image.open(path).convert("RGB")
    raise FileNotFoundError(name)


def _word(subject: _Subject) -> str:
    return subject.folder.rpartition("/")[2].partition(",")[0]


def _format(subject: _Subject, number: int) -> str:
    rare = {41: "avif", 83: "heic", 127: "jp2", 200: "bmp"}
    return rare.get(number % 250, subject.format)


def _write(path: Path, data: Callable[[], bytes]) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_in_one_step(path, data())


def _region(picture: Image.Image, zoom: float, random: np.random.Generator) -> Image.Image:
    across, down = _SHAPES[random.integers(len(_SHAPES))]
    scale = min(picture.width / across, picture.height / down) / random.uniform(1.0, zoom)
    width, height = across * scale, down * scale
    left = random.uniform(0, picture.width - width)
    top = random.uniform(0, picture.height - height)
    long_side = _LONG_SIDES[random.integers(len(_LONG_SIDES))] / max(across, down)
    size = round(across * long_side), round(down * long_side)
    box = (left, top, left + width, top + height)
    return picture.resize(size, Image.Resampling.LANCZOS, box)


def _rotated(picture: Image.Image, subject: _Subject, random: np.random.Generator) -> Image.Image:
    mirrored, turned = random.random(2)
    if subject.can_mirror and mirrored < 0.25:
        picture = ImageOps.mirror(picture)
    if subject.can_rotate and turned < 0.4:
        return picture.rotate(90 * int(random.integers(1, 4)), expand=True)
    return picture


def _recoloured(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    treatment = int(random.integers(12))
    if treatment == 0:
        return ImageOps.colorize(ImageOps.grayscale(picture), "#2a1a0c", "#f4e6c8")
    if treatment == 1:
        return ImageOps.grayscale(picture).convert("RGB")
    if treatment == 2:
        return ImageEnhance.Color(picture).enhance(1.6)
    if treatment == 3:
        return ImageEnhance.Brightness(picture).enhance(random.uniform(0.6, 0.8))
    if treatment == 4:
        return ImageOps.autocontrast(picture, cutoff=2)
    if treatment in (5, 6):
        # Warmer or cooler light.
        shift = 1.15 if treatment == 5 else 0.87
        red, green, blue = picture.split()
        warm = red.point(lambda v: min(255, v * shift)), green, blue.point(lambda v: v / shift)
        return Image.merge("RGB", warm)
    return picture


def _exif(subject: _Subject, turn: int, random: np.random.Generator) -> Image.Exif | None:
    if subject.camera is None and subject.taken_at is None:
        return None
    exif = Image.Exif()
    if subject.camera is not None:
        exif[0x010F], exif[0x0110] = subject.camera
    if subject.taken_at is not None:
        later = timedelta(days=17 * turn, minutes=int(random.integers(600)))
        exif.get_ifd(0x8769)[0x9003] = f"{subject.taken_at + later:%Y:%m:%d %H:%M:%S}"
    if subject.position is not None:
        north, east = (degrees + random.uniform(-0.004, 0.004) for degrees in subject.position)
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = "N" if north >= 0 else "S", _sexagesimal(abs(north))
        gps[3], gps[4] = "E" if east >= 0 else "W", _sexagesimal(abs(east))
    if turn % 5 == 3:
        # A camera held upright: the pixels are stored rotated, the orientation tag undoes it.
        exif[0x0112] = 6
    return exif


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    minutes, seconds = divmod(round(degrees * 360_000), 6000)
    whole_degrees, minutes = divmod(minutes, 60)
    return IFDRational(whole_degrees, 1), IFDRational(minutes, 1), IFDRational(seconds, 100)


def _encoded(
    picture: Image.Image, format: str, exif: Image.Exif | None, quality: int = 88
) -> bytes:
    # EXIF only in JPEG: in other formats fewer programs honour the orientation.
    extra = {"exif": exif} if exif is not None and format == "jpg" else {}
    if extra and exif is not None and exif.get(0x0112) == 6:
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    file = BytesIO()
    if format == "heic":
        import pillow_heif

        pillow_heif.from_pillow(picture).save(file, quality=quality)
        return file.getvalue()
    if format == "gif":
        picture = picture.quantize(64)
    settings = dict(_SETTINGS.get(format, {"quality": quality}))
    picture.save(file, _PILLOW_NAMES.get(format, format.upper()), **settings, **extra)
    return file.getvalue()


def _broken(jpeg: bytes) -> Iterator[tuple[str, bytes]]:
    yield "empty.jpg", b""
    yield "half a photograph.jpg", jpeg[: len(jpeg) // 2]
    yield "a letter.jpg", b"Dear Sir,\n\nthe photographs that you ask for are in the post.\n"
    yield "scratched.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    yield "a film.jpg", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(2000)
    yield "read me.txt", b"What could be saved of the old disk.\n"
