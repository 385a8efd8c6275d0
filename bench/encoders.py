"""Quality of encoders on the shared corpora: labels of neighbours, originals of edits.

Also whether a vector of the stored thumbnail is as good as one of the original file, and which
prompt around a query suits a CLIP model best. Run: ``python bench/encoders.py [--data DIR]``; some
5 minutes. Not here: how fast they are (``ingest``).
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from panoptic_data import encoders
from panoptic_data.media import decode
from panoptic_data.media.metadata import thumbnail
from panoptic_data.media.prefetch import in_order

DATA = Path(os.environ.get("PANOPTIC_TEST_DATA", "../shared/data"))
NEIGHBOURS = 5
NEAREST = 10
TEMPLATES = ("{}", "a photo of {}", "a photo of a {}")
KINDS = {"longsleeve": "long sleeve shirt", "outwear": "jacket"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data.resolve()
    corpora = {"clothing-1k": clothing(data), "usda-pomological": fruits(data)}
    for text in texts(data):
        encoder = encoders.load(encoders.parse(text))
        print(f"\n{encoder.spec.slug}: {encoder.dim} dimensions, {encoder.dtype}")
        for name, (paths, labels) in corpora.items():
            began = time.process_time()
            vectors = embed(encoder, paths)
            cost = (time.process_time() - began) / len(paths) * 1e3
            share = agreement(vectors, labels)
            print(f"  {name}: {share:.1%} of {len(labels)} agree, {cost:.1f} CPU-ms each")
            near = precision(vectors, labels)
            print(f"    of their {NEAREST} nearest {near:.1%} have their label")
        print(f"  neardup: {originals_found(encoder, data):.1%} of edits find their original first")
        fidelity(encoder, *corpora["clothing-1k"])
        if encoder.reads_text:
            zero_shot(encoder, *corpora["clothing-1k"])


def texts(data: Path) -> list[str]:
    weights = data / "weights"
    mobilenet = f"timm:mobilenetv2_100?checkpoint={weights}/mobilenetv2_100.pt"
    return [
        "visual",
        f"{mobilenet}&pad_type=same&mean=0.5&std=0.5&size=224&resize=256",
        f"clip:local-dir:{weights}/tiny-clip",
    ]


def clothing(data: Path) -> tuple[list[Path], np.ndarray]:
    paths = sorted((data / "clothing-1k").glob("*/*.jpg"))
    return paths, np.array([path.parent.name for path in paths])


def fruits(data: Path, kinds: int = 6) -> tuple[list[Path], np.ndarray]:
    """Return the most painted species, at most 250 of each, so that apples do not dominate."""
    folder = data / "usda-pomological" / "data"
    with (folder / "usda_pomological_watercolors.csv").open(newline="", encoding="utf-8") as file:
        species = [row["fruit"].strip().split(":")[0] for row in csv.DictReader(file)]
    most_painted = [name for name, _ in Counter(filter(None, species)).most_common(kinds)]
    labelled_paths = []
    for name in most_painted:
        numbers = [number for number, own in enumerate(species) if own == name]
        files = (folder / "images" / f"image-{number}.jpg" for number in numbers)
        labelled_paths += [(path, name) for path in files if path.exists()][:250]
    return [path for path, _ in labelled_paths], np.array([name for _, name in labelled_paths])


def embed(
    encoder: encoders.Encoder, paths: list[Path], *, from_original: bool = False
) -> np.ndarray:
    def prepared_picture(path: Path) -> np.ndarray:
        image = decode.open_image(path.read_bytes(), None if from_original else 256)
        picture = image if from_original else Image.open(BytesIO(thumbnail(image)))
        return encoder.prepare(picture)

    prepared = np.stack(list(in_order(((path, 1) for path in paths), prepared_picture)))
    batches = range(0, len(paths), 64)
    return np.concatenate(
        list(in_order(((prepared[i : i + 64], 1) for i in batches), encoder.encode))
    )


def neighbours(vectors: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -2)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :k]


def agreement(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose label most of their 5 nearest have; ties go to the nearest."""
    votes = [Counter(labels[row]).most_common(1)[0][0] for row in neighbours(vectors)]
    return float(np.mean(np.array(votes) == labels))


def precision(vectors: np.ndarray, labels: np.ndarray, k: int = NEAREST) -> float:
    """Share of the k nearest of each image that have its label: precision@k of similar images."""
    return float(np.mean(labels[neighbours(vectors, k)] == labels[:, None]))


def originals_found(encoder: encoders.Encoder, data: Path) -> float:
    with (data / "neardup" / "truth.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vectors = embed(encoder, [data / "neardup" / row["file"] for row in rows])
    groups = np.array([row["group"] for row in rows])
    original = np.array([row["transform"] == "orig" for row in rows])
    nearest = (vectors[~original] @ vectors[original].T).argmax(axis=1)
    return float(np.mean(groups[original][nearest] == groups[~original]))


def fidelity(encoder: encoders.Encoder, paths: list[Path], labels: np.ndarray) -> None:
    from_thumbnails, from_originals = (
        embed(encoder, paths),
        embed(encoder, paths, from_original=True),
    )
    cosines = np.sort((from_thumbnails * from_originals).sum(axis=1))
    shared = [
        len(set(own) & set(other)) / NEIGHBOURS
        for own, other in zip(neighbours(from_thumbnails), neighbours(from_originals), strict=True)
    ]
    low, middle = cosines[len(cosines) // 100], cosines[len(cosines) // 2]
    print(
        f"  thumbnail against original: cosine median {middle:.4f}, 1st centile {low:.4f}, least"
        f" {cosines[0]:.4f}; {np.mean(shared):.1%} of 5 nearest shared; label agreement"
        f" {agreement(from_thumbnails, labels):.1%} and {agreement(from_originals, labels):.1%}"
    )


def zero_shot(encoder: encoders.Encoder, paths: list[Path], labels: np.ndarray) -> None:
    vectors = embed(encoder, paths)
    kinds = sorted(set(labels))
    words = [KINDS.get(kind, kind) for kind in kinds]
    text_vectors = {t: encoder.encode_text([t.format(word) for word in words]) for t in TEMPLATES}
    text_vectors["mean of all"] = sum(text_vectors.values())
    for template, queries in text_vectors.items():
        similarities = vectors @ queries.T
        named = np.mean(np.array(kinds)[similarities.argmax(axis=1)] == labels)
        first = np.argsort(-similarities, axis=0)[:20].T
        right = [np.mean(labels[rows] == kind) for rows, kind in zip(first, kinds, strict=True)]
        print(f"  “{template}”: {named:.1%} named, {np.mean(right):.1%} of the first 20 right")


if __name__ == "__main__":
    main()
