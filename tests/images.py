"""Makes, at test time, one file of every kind that a folder of images holds: good, odd, broken.

Not here: what is expected of the tables (each test says that).
"""

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageDraw, TiffImagePlugin

__all__ = [
    "READABLE",
    "UNREADABLE",
    "difference",
    "encoded",
    "exif",
    "other_profile",
    "scene",
    "shared",
    "sixteen_bits",
    "write",
]

SIZE = (320, 240)


def scene(size=SIZE, seed=0):
    """Draw a picture that has a top and a left: sky, ground, a sun at the top left, a red house."""
    width, height = size
    random = np.random.default_rng(seed)
    tint = random.integers(0, 60, 3)
    rows = np.linspace(0, 1, height)[:, None, None]
    sky = np.array([90, 140, 200]) + tint
    ground = np.array([60, 120, 40]) + tint
    pixels = np.broadcast_to(sky * (1 - rows) + ground * rows, (height, width, 3))
    drawn = Image.fromarray(pixels.astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    unit = min(size) / 10
    pen.ellipse((unit, unit, 3 * unit, 3 * unit), fill=(250, 230, 60))
    pen.rectangle((5 * unit, 4 * unit, 8 * unit, 8 * unit), fill=(200, 30, 30))
    if seed:
        x, y = random.uniform(0, 0.8, 2) * size
        pen.rectangle((x, y, x + unit, y + unit), fill=tuple(random.integers(0, 256, 3).tolist()))
    return drawn


def difference(image, other):
    """Return the mean difference of two pictures of one size, in levels of 255."""
    assert image.size == other.size
    return float(np.abs(np.asarray(image, float) - np.asarray(other, float)).mean())


def encoded(image, kind, **options):
    """Return an image's bytes in a format."""
    file = BytesIO()
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def exif(*, orientation=None, taken=None, make=None, model=None, lat=None, lon=None, **texts):
    """Return an EXIF block. ``texts`` are further tags by name; ``lat``, ``lon`` in degrees."""
    created = Image.Exif()
    named = {"Make": make, "Model": model, "Orientation": orientation, **texts}
    for name, value in named.items():
        if value is not None:
            created[TAGS[name]] = value
    if taken is not None:
        created.get_ifd(0x8769)[0x9003] = taken
    if lat is not None:
        place = created.get_ifd(0x8825)
        place[1], place[2] = ("N" if lat >= 0 else "S"), _sexagesimal(abs(lat))
        place[3], place[4] = ("E" if lon >= 0 else "W"), _sexagesimal(abs(lon))
    return created.tobytes()


TAGS = {
    "ImageDescription": 0x010E,
    "Make": 0x010F,
    "Model": 0x0110,
    "Orientation": 0x0112,
    "Software": 0x0131,
    "Artist": 0x013B,
    "Copyright": 0x8298,
}


def _sexagesimal(degrees):
    minutes = (degrees % 1) * 60
    seconds = (minutes % 1) * 60
    whole = TiffImagePlugin.IFDRational
    return (whole(int(degrees), 1), whole(int(minutes), 1), whole(round(seconds * 1000), 1000))


def other_profile():
    """Return a valid ICC profile that is not sRGB: its red and blue primaries are exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = {data[at : at + 4].decode(): at for at in range(132, 132 + 12 * 20, 12)}
    red, blue = (struct.unpack_from(">I", data, places[tag] + 4)[0] for tag in ("rXYZ", "bXYZ"))
    data[red : red + 20], data[blue : blue + 20] = data[blue : blue + 20], data[red : red + 20]
    return bytes(data).replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be"))


def sixteen_bits(top=65535):
    """Return a ramp of 16-bit greys from 0 to ``top``, left to right."""
    return np.tile(np.linspace(0, top, SIZE[0]).round().astype(np.uint16), (SIZE[1], 1))


def _png_of_declared_size(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def _mirror(image):
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _animated(kind):
    return encoded(scene(), kind, save_all=True, append_images=[_mirror(scene()), scene(seed=3)])


def _tiff_of_pages():
    return encoded(scene(), "TIFF", save_all=True, append_images=[scene((40, 30)), scene((9, 9))])


def _with_alpha():
    transparent = scene().convert("RGBA")
    transparent.putalpha(Image.new("L", SIZE, 255))
    return transparent


def _raw_of_camera():
    """Return a TIFF as raw converters write them: a small preview first, the data in a sub-IFD."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254], tags[50706] = 1, b"\x01\x04\x00\x00"
    return encoded(scene((64, 48)), "TIFF", tiffinfo=tags)


# name → (bytes, format, mode as stored, frames). All show scene(), exactly or nearly.
READABLE = {
    "jpeg.jpg": lambda: (encoded(scene(), "JPEG", quality=95), "JPEG", "RGB", 1),
    "progressive.jpg": lambda: (encoded(scene(), "JPEG", progressive=True), "JPEG", "RGB", 1),
    "cmyk.jpg": lambda: (encoded(scene().convert("CMYK"), "JPEG"), "JPEG", "CMYK", 1),
    "two-views.mpo": lambda: (_animated("MPO"), "JPEG", "RGB", 3),
    "wrong-extension.png": lambda: (encoded(scene(), "JPEG"), "JPEG", "RGB", 1),
    "plain.png": lambda: (encoded(scene(), "PNG"), "PNG", "RGB", 1),
    "palette.png": lambda: (encoded(scene().quantize(64), "PNG"), "PNG", "P", 1),
    "alpha.png": lambda: (encoded(_with_alpha(), "PNG"), "PNG", "RGBA", 1),
    "animated.png": lambda: (_animated("PNG"), "PNG", "RGB", 3),
    "lossy.webp": lambda: (encoded(scene(), "WEBP", quality=95), "WEBP", "RGB", 1),
    "lossless.webp": lambda: (encoded(scene(), "WEBP", lossless=True), "WEBP", "RGB", 1),
    "animated.webp": lambda: (_animated("WEBP"), "WEBP", "RGBA", 3),
    "still.gif": lambda: (encoded(scene(), "GIF"), "GIF", "P", 1),
    "animated.gif": lambda: (_animated("GIF"), "GIF", "P", 3),
    "pages.tif": lambda: (_tiff_of_pages(), "TIFF", "RGB", 3),
    "lzw.tif": lambda: (encoded(scene(), "TIFF", compression="tiff_lzw"), "TIFF", "RGB", 1),
    "cmyk.tiff": lambda: (encoded(scene().convert("CMYK"), "TIFF"), "TIFF", "CMYK", 1),
    "big.tif": lambda: (encoded(scene(), "TIFF", big_tiff=True), "TIFF", "RGB", 1),
    "plain.bmp": lambda: (encoded(scene(), "BMP"), "BMP", "RGB", 1),
    "plain.avif": lambda: (encoded(scene(), "AVIF", quality=90), "AVIF", "RGB", 1),
    "phone.heic": lambda: (encoded(scene(), "HEIF", quality=90), "HEIF", "RGB", 1),
    "plain.jp2": lambda: (encoded(scene(), "JPEG2000"), "JPEG2000", "RGB", 1),
    "stream.j2k": lambda: (encoded(scene(), "JPEG2000", no_jp2=True), "JPEG2000", "RGB", 1),
    "plain.ppm": lambda: (encoded(scene(), "PPM"), "PPM", "RGB", 1),
    "no extension": lambda: (encoded(scene(), "JPEG"), "JPEG", "RGB", 1),
    "unknown.data": lambda: (encoded(scene(), "PNG"), "PNG", "RGB", 1),
}

# name → (bytes, reason).
UNREADABLE = {
    "empty.jpg": lambda: (b"", "empty"),
    "text.png": lambda: (b"Dear Sir, this is a letter.\n" * 40, "not_an_image"),
    "film.jpg": lambda: (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500), "not_an_image"),
    "cut.jpg": lambda: (encoded(scene(), "JPEG")[:-2000], "truncated"),
    "cut.png": lambda: (encoded(scene(), "PNG")[:-500], "truncated"),
    "cut.webp": lambda: (encoded(scene(), "WEBP")[:-500], "truncated"),
    "cut.gif": lambda: (encoded(scene(), "GIF")[:-500], "truncated"),
    "cut.tif": lambda: (encoded(scene(), "TIFF", compression="tiff_lzw")[:-4000], "truncated"),
    "cut.bmp": lambda: (encoded(scene(), "BMP")[:-500], "truncated"),
    "cut.heic": lambda: (encoded(scene(), "HEIF")[:-500], "truncated"),
    "cut.avif": lambda: (encoded(scene(), "AVIF")[:-500], "truncated"),
    "cut.jp2": lambda: (encoded(scene(), "JPEG2000")[:2000], "truncated"),
    "bomb.png": lambda: (_png_of_declared_size(60_000, 60_000), "too_many_pixels"),
    "raw.dng": lambda: (_raw_of_camera(), "camera_raw"),
    "header-only.jpg": lambda: (b"\xff\xd8\xff", "truncated"),
}


def write(folder: Path) -> dict[str, str | None]:
    """Write every file of READABLE and UNREADABLE; return the reason expected of each name."""
    folder.mkdir(parents=True, exist_ok=True)
    created = {**READABLE, **UNREADABLE}
    for name, make in created.items():
        (folder / name).write_bytes(make()[0])
    return {name: make()[1] if name in UNREADABLE else None for name, make in created.items()}


def shared(name: str) -> Path:
    """Return a folder of the shared test data; skip the test where it is not there."""
    import pytest

    beside = Path(__file__).parent.parent.parent / "shared" / "data"
    place = Path(os.environ.get("PANOPTIC_TEST_DATA", beside)) / name
    if not place.exists():
        pytest.skip(f"no shared test data at {place} (PANOPTIC_TEST_DATA)")
    return place
