"""Shared parts: how many planted ones are found, what an image costs, what real corpora hold.

    python -m bench.parts [planted|real] … [--images 500]

`planted`: rectangles of 20 to 40 % of the side of one photograph, scaled and turned, are pasted
into others; share that is found, by size, with visual words alone, and time and disk by image.
Each is also sought on demand from the photograph that it was cut from. `real`: pairs in the
corpora, by words and by the neighbours that are stored.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from bench import corpora
from panoptic_data.ingest import images, sources
from panoptic_data.parts import detect, find, shared
from panoptic_data.provenance import stages
from panoptic_data.storage import disk_use
from panoptic_data.storage.project import Project, create_project

SIDE = 480
SHARES = (0.2, 0.25, 0.3, 0.35, 0.4)
OWN_TABLES = ("visual_words", "visual_vocabulary", "part_comparisons", "shared_parts")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=["planted", "real"], choices=["planted", "real"])
    parser.add_argument("--images", type=int, default=500)
    chosen = parser.parse_args()
    if "planted" in chosen.what:
        _planted(chosen.images)
    if "real" in chosen.what:
        for name in corpora.FOLDERS:
            _real(name)


def _planted(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plants = list(_write(Path(folder) / "pictures", count))
        project = create_project(Path(folder) / "project")
        images.ingest(project, sources.add(project, Path(folder) / "pictures"), "bench")
        seconds = _make(project, [])
        taken = sum(u.bytes for u in disk_use.disk_use(project) if u.name in OWN_TABLES)
        sha1_of = dict(project.database().frame("files", ["path", "sha1"]).iter_rows())
        rows = project.database().frame(shared.PAIRS, ["left", "right"])
        pairs = {frozenset(pair) for pair in rows.iter_rows()}
        print(f"{seconds / count * 1000:.0f} ms and {taken / count / 1000:.1f} kB an image")
        print("\n| side | planted | found | sought by rectangle | seconds |\n| ---: " * 5 + "|")
        for share in SHARES:
            of_share = [plant for plant in plants if plant[2] == share]
            ends = [(sha1_of[source], sha1_of[target]) for source, target, *_ in of_share]
            hits = np.mean([frozenset(pair) in pairs for pair in ends])
            began = time.monotonic()
            sought = [
                right in {part.other for part in find.part_of(project, left, box)}
                for (left, right), (*_, box) in zip(ends, of_share, strict=True)
            ]
            each = (time.monotonic() - began) / len(of_share)
            print(
                f"| {share:.0%} | {len(ends)} | {hits:.2f} | {np.mean(sought):.2f} | {each:.2f} |",
                flush=True,
            )


def _write(
    folder: Path, count: int
) -> Iterator[tuple[str, str, float, tuple[float, float, float, float]]]:
    """Write photographs, and yield (source, target, share, rectangle) of what is pasted."""
    folder.mkdir()
    random = np.random.default_rng(5)
    paths = sorted((corpora.DATA / corpora.FOLDERS["clothing-1k"]).rglob("*.jpg"))
    chosen = [paths[at] for at in random.permutation(len(paths))[:count]]
    pictures = [_reduced(path) for path in chosen]
    for source in range(0, count // 5 * 2, 2):
        share = SHARES[source // 2 % len(SHARES)]
        cut, target = pictures[source], pictures[source + 1]
        width, height = (int(share * 1.3 * side) for side in cut.size)
        left, top = (int(random.uniform(0.05, 0.45) * side) for side in cut.size)
        part = cut.crop((left, top, left + width, top + height)).convert("RGBA")
        side = share * min(target.size)
        scale = side / min(part.size)
        part = part.resize((round(part.width * scale), round(part.height * scale)))
        turned = part.rotate(random.uniform(-40, 40), Image.Resampling.BICUBIC, expand=True)
        spare = (max(1, target.width - turned.width), max(1, target.height - turned.height))
        x, y = (int(random.uniform(0, most)) for most in spare)
        target.paste(turned, (x, y), turned)
        box = (left / cut.width, top / cut.height, width / cut.width, height / cut.height)
        yield f"{source:04}.jpg", f"{source + 1:04}.jpg", share, box
    for at, picture in enumerate(pictures):
        picture.save(folder / f"{at:04}.jpg", quality=92)


def _reduced(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SIDE * 2, SIDE * 2))
    scale = SIDE / min(picture.size)
    return picture.resize((round(picture.width * scale), round(picture.height * scale)))


def _make(project: Project, slugs: list[str]) -> float:
    began = time.monotonic()
    result = detect.update(project, "bench", slugs)
    version = stages.CODE_VERSIONS[shared.STAGE]
    stages.record(project, shared.STAGE, result, {}, version, "bench")
    return time.monotonic() - began


def _real(name: str) -> None:
    project = corpora.corpus(name)
    tables = project.database().names()
    slugs = sorted(t.partition("__")[2] for t in tables if t.startswith("neighbours__"))
    seconds = _make(project, slugs)
    count = project.database().count("images")
    rows = project.database().frame(shared.PAIRS)
    print(
        f"{name}: {count} images, {seconds / count * 1000:.0f} ms an image, {rows.height} pairs, "
        f"{shared.groups(project).height} groups"
    )


if __name__ == "__main__":
    main()
