"""Pictures of which some show the same motif at known places."""

import io

import numpy as np
from PIL import Image

SIDE = 300
# left, top, width, height of the motif's square in pixels, and by how many degrees it is turned.
PLACES = {
    "a.jpg": (40, 60, 150, 0),
    "b.jpg": (120, 90, 130, 20),
    "c.jpg": (90, 30, 170, -35),
}
PLAIN = ("d.jpg", "e.jpg", "f.jpg")


def texture(seed, side=SIDE):
    """Return a picture of blobs of several sizes in many colours."""
    random = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(
                random.integers(0, 256, (side // step, side // step, 3), np.uint8)
            ).resize((side, side), Image.Resampling.BICUBIC),
            np.float32,
        )
        for step in (6, 12, 30)
    ]
    return Image.fromarray(np.clip(sum(layers) / 1.5 - 128, 0, 255).astype(np.uint8))


MOTIF = texture(7, 180)


def corners(name):
    """Return the corners of the motif on a picture, (4, 2) in fractions."""
    left, top, side, degrees = PLACES[name]
    half, angle = side / 2, np.radians(-degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    square = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    return (square @ turn.T + (left + half, top + half)) / SIDE


def picture(name, seed):
    """Return the bytes of a picture, with the motif where it has a place."""
    image = texture(seed)
    if name in PLACES:
        left, top, side, degrees = PLACES[name]
        motif = MOTIF.resize((side, side), Image.Resampling.LANCZOS).convert("RGBA")
        turned = motif.rotate(degrees, Image.Resampling.BICUBIC, expand=True)
        shift = (turned.width - side) // 2
        image.paste(turned, (left - shift, top - shift), turned)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=92)
    return written.getvalue()


def write_all(folder, names=(*PLACES, *PLAIN)):
    """Write pictures into a folder; each name has its own ground."""
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(picture(name, ord(name[0])))
