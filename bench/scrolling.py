"""Pictures in a real browser: of the first page, after a filter, and while the gallery scrolls.

    python -m bench.scrolling [images] [project]

Writes a project of photographs, kept for the next run. Prints what the first page loads, in an
empty browser, and when its first picture is there; how long after Enter a search shows its first
picture; and of each speed, over images that were never shown, the share of tiles in sight whose
picture is loaded and drawn, and how long frames take.
"""

from __future__ import annotations

import io
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
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


# From the press of Enter until the first tile shows another image.
FILTER = """(grid, before) => new Promise((done) => {
  addEventListener("keydown", () => {
    const pressed = performance.now();
    const look = () => {
      const tile = grid.querySelector('.tile[data-index="0"]');
      const isOther = tile?.dataset.sha1 && tile.dataset.sha1 !== before;
      if (isOther && tile.querySelector("img.here")) done(performance.now() - pressed);
      else requestAnimationFrame(look);
    };
    look();
  }, { once: true, capture: true });
})"""
FILTERS = ("1", "2", "3", "4", "5", "6", "7")


def main() -> None:
    """Print the first page, the filter, and a row a speed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_500
    root = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / "scrolled"
    if not root.exists():
        write(root, count)
    with serving(root) as address, browsing() as page:
        load(page, address)
        grid = page.locator(".grid").first
        print(f"filter to changed picture, median {statistics.median(filtered(page)):.0f} ms")
        page.locator("input[type=search]").first.fill("")
        page.goto(address)
        page.locator(".tile img.here").first.wait_for()
        page.wait_for_timeout(3_000)
        print(f"{'pixels a second':>16}{'pictures':>10}{'frame p50':>11}{'p95':>8}{'frames':>8}")
        begin = 2_000
        for speed in SPEEDS:
            seen = grid.evaluate(SCROLL, [begin, speed, SECONDS])
            begin += speed * SECONDS + 4_000
            print(row(speed, seen))


def load(page: Page, address: str) -> None:
    """Load the first page; print requests, bytes and the time of the first picture."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses: dict[str, str] = {}
    loaded: dict[str, int] = {}
    frames: list[int] = []
    session.on(
        "Network.requestWillBeSent",
        lambda event: addresses.update({event["requestId"]: event["request"]["url"]}),
    )
    session.on(
        "Network.loadingFinished",
        lambda event: loaded.update({event["requestId"]: event["encodedDataLength"]}),
    )
    # Binary messages are reported in base64.
    session.on(
        "Network.webSocketFrameReceived",
        lambda event: frames.append(len(event["response"]["payloadData"]) * 3 // 4),
    )
    began = time.perf_counter()
    page.goto(address)
    page.locator(".tile img.here").first.wait_for()
    print(f"first picture {time.perf_counter() - began:.2f} s")
    page.wait_for_timeout(3_000)
    kinds: dict[str, list[int]] = defaultdict(list)
    for request, url in addresses.items():
        if url.startswith(address):
            kinds[kind(url.removeprefix(address))].append(loaded.get(request, 0))
    kinds["socket"] = [sum(frames)]
    for name, sizes in sorted(kinds.items(), key=lambda item: -sum(item[1])):
        print(f"{name:>16}{len(sizes):>6}{sum(sizes) / 1000:>8.0f} KB")
    sizes = [size for all_sizes in kinds.values() for size in all_sizes]
    print(f"{'in all':>16}{len(sizes):>6}{sum(sizes) / 1000:>8.0f} KB")


def kind(path: str) -> str:
    if path.startswith("/static/"):
        return f"Streamlit {path.rpartition('.')[2]}"
    return path.split("?")[0].split("/")[1] or "page"


def filtered(page: Page) -> list[float]:
    """Return after how many milliseconds each of some searches shows another picture."""
    grid, field = page.locator(".grid").first, page.locator("input[type=search]").first
    times = []
    for letters in FILTERS:
        before = page.locator('.tile[data-index="0"]').get_attribute("data-sha1")
        field.fill(f"name:{letters}")
        script = f"(grid, before) => ({{ shown: ({FILTER})(grid, before) }})"
        waiting = grid.evaluate_handle(script, before)
        field.press("Enter")
        times.append(waiting.evaluate("waiting => waiting.shown"))
        page.wait_for_timeout(1_000)
    return times


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
