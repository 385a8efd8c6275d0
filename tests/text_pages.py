"""Pages of text that look alike to whoever cannot read: for tests of what is called alike."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprstv" for vowel in "aeio"]
PAPER, INK = (236, 226, 200), (50, 38, 28)
MARGIN, LINE = 30, 16


def draw(number, size=(360, 500)):
    """Return a page of the same manuscript: other words, the same hand, paper and layout."""
    random = np.random.default_rng(number)
    tone = int(random.integers(-4, 5))
    page = Image.new("RGB", size, tuple(channel + tone for channel in PAPER))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    for top in range(MARGIN, size[1] - MARGIN, LINE):
        left = float(MARGIN)
        while True:
            word = "".join(random.choice(SYLLABLES, random.integers(1, 4)))
            width = pen.textlength(word, font)
            if left + width > size[0] - MARGIN:
                break
            pen.text((left, top), word, INK, font)
            left += width + 5
    noise = random.normal(0, 5, (size[1], size[0], 1))
    return Image.fromarray(np.clip(np.asarray(page) + noise, 0, 255).astype(np.uint8))


def write(folder: Path, count: int, again: int = 0):
    """Write pages as ``page_007.jpg``; of the first ``again`` a copy, ``…_again.jpg``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        page = draw(number)
        page.save(folder / f"page_{number:03}.jpg", quality=92)
        if number < again:
            page.save(folder / f"page_{number:03}_again.jpg", quality=85)
