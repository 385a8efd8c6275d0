"""Pictures while the gallery scrolls, in a real browser: shares of tiles, and how long frames take.

    python -m bench.scrolling [images] [project]

Writes a project of photographs, kept for the next run, and scrolls it at each speed in turn, each
time over images that were never shown. A tile counts as a picture when its own is loaded and drawn.
"""

from __future__ import annotations

import io
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from tests import synthetic
from tests.dashboard import WIDE, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from panoptic_data.storage.project import Project

SPEEDS = (1_200, 2_400, 4_000)
SECONDS = 4
WRITTEN_AT_ONCE = 500
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
# What a thumbnail of a photograph weighs decides how long it takes to send and to decode.
SHORTER_SIDE = 256
QUALITY = 85

SCROLL = """async (grid, [from, speed, seconds]) => {
  const frame = () => new Promise(requestAnimationFrame);
  grid.scrollTop = from;
  await new Promise((done) => setTimeout(done, 2500));
  const tell = { tiles: 0, pictures: 0, frames: [] };
  const box = grid.getBoundingClientRect();
  const began = await frame();
  let before = began;
  for (let now = began; now - began < seconds * 1000; now = await frame()) {
    if (now > before) tell.frames.push(now - before);
    before = now;
    for (const tile of grid.querySelectorAll(".tile")) {
      const { top, bottom } = tile.getBoundingClientRect();
      if (bottom <= box.top || top >= box.bottom) continue;
      const image = tile.querySelector("img");
      tell.tiles += 1;
      const isHere = image?.classList.contains("here") && image.complete && image.naturalWidth;
      if (isHere) tell.pictures += 1;
    }
    grid.scrollTop = from + ((now - began) / 1000) * speed;
  }
  return tell;
}"""


def main() -> None:
    """Print a row a speed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_500
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / "scrolled"
    if not root.exists():
        write(root, count)
    with serving(root) as address, browsing() as page:
        page.goto(address)
        page.locator(".tile img.here").first.wait_for()
        page.wait_for_timeout(3_000)
        grid = page.locator(".grid").first
        print(f"{'pixels a second':>16}{'pictures':>10}{'frame p50':>11}{'p95':>8}{'frames':>8}")
        begin = 2_000
        for speed in SPEEDS:
            seen = grid.evaluate(SCROLL, [begin, speed, SECONDS])
            begin += speed * SECONDS + 4_000
            print(row(speed, seen))


def row(speed: int, seen: dict[str, Any]) -> str:
    frames = sorted(seen["frames"])
    p95 = frames[int(0.95 * len(frames))]
    return (
        f"{speed:>16}{seen['pictures'] / seen['tiles']:>10.1%}"
        f"{statistics.median(frames):>8.1f} ms{p95:>5.1f} ms{len(frames):>8}"
    )


@contextmanager
def browsing(**options: Any) -> Iterator[Page]:
    """Open a browser's empty page as large as a screen."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page(viewport=WIDE, **options)
        browser.close()


def write(root: Path, count: int) -> Project:
    """Write a project of this many photographs straight into its tables."""
    opened = synthetic.project(root)
    for start in range(0, count, WRITTEN_AT_ONCE):
        numbers = range(start, min(count, start + WRITTEN_AT_ONCE))
        images, files = [], []
        for number in numbers:
            picture = photograph(number)
            values = {"width": 4 * picture.width, "height": 4 * picture.height}
            colour = "#{:02x}{:02x}{:02x}".format(*picture.resize((1, 1)).getpixel((0, 0)))
            images.append(
                synthetic.image(str(number), **values, colour=colour, thumbnail=jpeg(picture))
            )
            files.append(synthetic.file(f"photographs/box/{number:07}.jpg", str(number)))
        synthetic.write(opened, "images", images)
        synthetic.write(opened, "files", files)
    opened.database().compact("images")
    return opened


def photograph(number: int) -> Image.Image:
    """Draw forms under grain: as heavy, and as dear to decode, as a thumbnail of a photograph."""
    draw = random.Random(number)
    longer = draw.choice((256, 341, 341, 384, 455))
    size = (longer, SHORTER_SIDE) if draw.random() < 0.6 else (SHORTER_SIDE, longer)
    soft, sharp = (
        Image.frombytes("RGB", (side, side), draw.randbytes(3 * side * side)).resize(
            size, Image.Resampling.BICUBIC
        )
        for side in (6, 90)
    )
    return Image.blend(soft, sharp, 0.22)


def jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()


if __name__ == "__main__":
    main()
