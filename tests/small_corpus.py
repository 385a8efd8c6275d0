"""Folders of small pictures made on the spot, each different, some alike. Not here: broken ones."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["picture", "write_pictures"]

SUBJECTS = 8


def picture(number: int, size: tuple[int, int] = (96, 72), subjects: int = SUBJECTS) -> Image.Image:
    """Draw picture ``number``: its remainder by ``subjects`` is what it shows, varied a little."""
    random = np.random.default_rng(number)
    subject = number % subjects
    low = np.random.default_rng(1000 + subject).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    drawn = Image.fromarray(low).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(drawn)
    for _ in range(3):
        x, y = (int(random.integers(0, side)) for side in size)
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        pen.ellipse((x - 6, y - 6, x + 6, y + 6), fill=colour)
    return drawn


def write_pictures(
    folder: Path, numbers: range, size: tuple[int, int] = (96, 72), subjects: int = SUBJECTS
) -> list[Path]:
    """Write pictures as JPEG, in eight sub-folders; return their paths."""
    paths = []
    for number in numbers:
        path = folder / f"subject-{number % SUBJECTS}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(number, size, subjects).save(path, "JPEG", quality=85)
        paths.append(path)
    return paths
