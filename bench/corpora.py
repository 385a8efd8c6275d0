"""The shared corpora as projects, ingested and embedded once, for benchmarks of vectors.

Not here: what is measured. Set PANOPTIC_TEST_DATA where the data are not beside the checkout;
PANOPTIC_BENCH_CACHE is the folder of the projects between runs (default: a temporary folder).
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from panoptic_data import encoders
from panoptic_data.encoders import EncoderSpec
from panoptic_data.ingest import images, sources
from panoptic_data.storage.project import Project, create_project
from panoptic_data.vectors import embeddings

DATA = Path(os.environ.get("PANOPTIC_TEST_DATA", Path(__file__).parents[1] / "../shared/data"))
CACHE = Path(os.environ.get("PANOPTIC_BENCH_CACHE", Path(tempfile.gettempdir()) / "panoptic-bench"))
FOLDERS = {"clothing-1k": "clothing-1k", "usda": "usda-pomological", "neardup": "neardup"}


@dataclass(frozen=True)
class EmbeddedCorpus:
    """A corpus under one encoder: ``sha1s`` sorted, ``vectors`` (n, d) float16, ``labels`` (n,)."""

    project: Project
    slug: str
    sha1s: list[str]
    vectors: npt.NDArray[np.float16]
    labels: npt.NDArray[np.str_]


def specs() -> Mapping[str, EncoderSpec]:
    """Return the encoders whose weights are among the test data, by short name."""
    weights = (DATA / "weights").resolve()
    texts = {
        "mobilenet": f"timm:mobilenetv2_100?checkpoint={weights / 'mobilenetv2_100.pt'}"
        "&pad_type=same&mean=0.5&std=0.5",
        "tiny-clip": f"clip:local-dir:{weights / 'tiny-clip'}",
        "visual": "visual",
    }
    return {name: encoders.parse(text) for name, text in texts.items()}


def corpus(name: str) -> Project:
    """Return a project of this corpus with all its images ingested."""
    project = create_project(CACHE / name)
    images.ingest(project, sources.add(project, DATA / FOLDERS[name]), "bench")
    return project


def embedded(name: str, encoder: str) -> EmbeddedCorpus:
    """Return this corpus under this encoder, embedding what is not embedded yet."""
    project, spec = corpus(name), specs()[encoder]
    embeddings.update(project, spec, "bench")
    sha1s, vectors = embeddings.matrix(project, spec.slug)
    paths = dict(project.database().frame("files").select("sha1", "path").iter_rows())
    kinds = {"clothing-1k": _folder, "usda": _species, "neardup": _folder}[name]()
    labels = np.array([kinds.get(paths[sha1], paths[sha1].partition("/")[0]) for sha1 in sha1s])
    return EmbeddedCorpus(project, spec.slug, sha1s, vectors, labels)


def _folder() -> Mapping[str, str]:
    return {}


def _species() -> Mapping[str, str]:
    """Return each painting's species: the first of its subjects; ``image-N.jpg`` is row N."""
    root = DATA / FOLDERS["usda"]
    rows = {}
    with next(root.rglob("usda_pomological_watercolors.csv")).open(encoding="utf-8") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            rows[f"image-{number}"] = row["subjects"].split(",")[0].strip()
    return {
        str(path.relative_to(root)): rows[path.stem]
        for path in root.rglob("image-*.jpg")
        if path.stem in rows
    }
