"""From `panoptic up FOLDER` to the first picture in the browser: seconds, on large scans.

    python -m bench.first_picture [scans] [folder] [times]

Makes scans of 4000 × 3000 pixels (JPEG, every fourth a TIFF) in the folder, once, and starts the
command on a project of its own each time. A picture counts when a thumbnail of what the page lists
is answered. Other programs slow all of it, so the moment when the server answers is printed beside.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

from app.services.jobs import stop_processing
from panoptic_data.storage.project import open_project

SIZE = (4000, 3000)
LONGEST = 300.0
LOOK_EVERY = 0.05


def main() -> None:
    """Print a row a time."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / "scans"
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    write_scans(folder, count)
    print(f"{count} scans, load {os.getloadavg()[0]:.1f}")
    print(f"{'server answers':>16}{'first picture':>16}{'after it':>10}{'20 pictures':>14}")
    for _ in range(times):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            server, first, screenful = measure(folder, Path(directory) / "project")
        print(f"{server:>14.1f} s{first:>14.1f} s{first - server:>8.1f} s{screenful:>12.1f} s")


def write_scans(folder: Path, count: int) -> None:
    """Write the scans that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"scan-{number:04}.{'tif' if number % 4 == 3 else 'jpg'}"
        if not path.exists():
            scan(number).save(path, **({} if path.suffix == ".tif" else {"quality": 92}))


def scan(number: int) -> Image.Image:
    """Draw a scan: soft forms under the grain of paper."""
    random = np.random.default_rng(number)
    forms, grain = (
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for height, width in ((6, 8), (750, 1000))
    )
    soft = forms.resize(SIZE, Image.Resampling.BICUBIC)
    return Image.blend(soft, grain.resize(SIZE, Image.Resampling.BILINEAR), 0.1)


def measure(folder: Path, root: Path) -> tuple[float, float, float]:
    """Return seconds until the server answers, shows a picture, and shows twenty."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "up", str(folder), "--project", str(root)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--no-browser", "--port", str(port)], stdout=subprocess.DEVNULL
    ) as process:
        try:
            moments = [
                wait_for(process, began, lambda: len(rows(port)) >= 0),
                wait_for(process, began, lambda: is_shown(port)),
                wait_for(process, began, lambda: len(rows(port)) >= 20),
            ]
        finally:
            process.terminate()
    stop_run(root)
    return moments[0], moments[1], moments[2]


def wait_for(process: subprocess.Popen[bytes], began: float, is_there: object) -> float:
    assert callable(is_there)
    while (seconds := time.perf_counter() - began) < LONGEST:
        assert process.poll() is None, "the dashboard has ended"
        try:
            if is_there():
                return time.perf_counter() - began
        except OSError:
            pass
        time.sleep(LOOK_EVERY)
    raise TimeoutError(f"nothing after {seconds:.0f} s")


def is_shown(port: int) -> bool:
    """Whether the first image that the page lists has a thumbnail."""
    return any(get(port, f"/thumb/{row['sha1']}") for row in rows(port)[:1])


def rows(port: int) -> list[dict[str, str]]:
    answer: list[dict[str, str]] = json.loads(get(port, "/rows?count=20"))["rows"]
    return answer


def get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        read: bytes = answer.read()
        return read


def stop_run(root: Path) -> None:
    project = open_project(root)
    deadline = time.monotonic() + LONGEST
    while stop_processing(project) and time.monotonic() < deadline:
        time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
