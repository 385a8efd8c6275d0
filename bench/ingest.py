"""What an import costs beside the bare encoder: rates, their ratio, processor time, memory.

    python bench/ingest.py [--images 1000] [--folder DIR]

The encoder is a ViT-B/32 with random weights: as fast as one with real ones. Other programs on
the machine slow all rates equally only while they are steady, so each rate is given twice: by
the clock, and by CPU time (images per second that all processors would reach alone). Budgets: end
to end ≥ 0.75 × the best bare rate and ≥ 5 × one at a time in float32; without vectors ≤ 5
CPU-seconds per 1,000; memory < 2 GB beyond the model. Not here: how good vectors are
(``encoders``).
"""

from __future__ import annotations

import argparse
import copy
import logging
import os
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image

from panoptic_data import encoders
from panoptic_data.encoders import openclip, trial
from panoptic_data.encoders.torch_encoder import TorchEncoder, best_device
from panoptic_data.ingest import images, sources
from panoptic_data.media.prefetch import in_order, processors
from panoptic_data.storage.project import create_project
from panoptic_data.vectors import embeddings

SHARED = Path(os.environ.get("PANOPTIC_TEST_DATA", "../shared/data")) / "clothing-1k"
SIZE = (500, 400)
BARE_IMAGES = 64


@dataclass(frozen=True)
class Rate:
    """Images per second, by the clock and by the processors' own time."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:6.1f} img/s by the clock, {self.processor:6.1f} by processor time"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=SHARED, help="photographs to import")
    chosen = parser.parse_args()
    print(f"{processors()} processors, load {os.getloadavg()[0]:.1f}, device {best_device()}")
    encoder = random_clip()
    single = one_at_a_time(encoder)
    print(f"one at a time, float32:         {single}")
    bare = bare_rates(encoder)
    best = max(bare.values(), key=lambda rate: rate.processor)
    best_trial = trial.run(encoder)
    setting = f"{best_trial.dtype} × {best_trial.batch}"
    print(f"trial chose {setting}, cosine to float32 {best_trial.cosine:.5f}")
    model_and_trial = peak()
    with tempfile.TemporaryDirectory() as directory:
        folder = photographs(chosen.folder, chosen.images, Path(directory))
        end_to_end = import_all(Path(directory), folder, chosen.images, encoder, best_trial)
    print(f"end to end:                     {end_to_end}")
    print(f"end to end / best bare: {end_to_end.processor / best.processor:.2f} by processor time")
    print(f"end to end / best bare: {end_to_end.clock / best.clock:.2f} by the clock")
    faster = end_to_end.processor / single.processor
    print(f"end to end / one at a time: {faster:.1f} by processor time")
    print(f"end to end / one at a time: {end_to_end.clock / single.clock:.1f} by the clock")
    print(f"peak memory: {model_and_trial:.0f} MB with model and trial, {peak():.0f} MB in all")


def random_clip() -> TorchEncoder:
    logging.getLogger().addHandler(logging.NullHandler())
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32", pretrained=None)
    preparation = openclip._preparation(model.visual.preprocess_cfg)
    return TorchEncoder(encoders.parse("clip"), model.visual, preparation, best_device())


def one_at_a_time(encoder: TorchEncoder) -> Rate:
    """Measure the plain loop: torch shares each image among all processors."""
    torch.set_num_threads(processors())
    rates = [measured(lambda: [encoder.encode(pictures(1)) for _ in range(8)], 8) for _ in range(3)]
    torch.set_num_threads(1)
    # Its threads wait for each other, so that other programs slow it more than the rest.
    return Rate(max(rate.clock for rate in rates), max(rate.processor for rate in rates))


def bare_rates(encoder: TorchEncoder) -> dict[str, Rate]:
    """Measure batches of prepared pixels and nothing else, one batch per processor."""
    rates = {}
    parallel = processors() if encoder.device == "cpu" else 1
    for dtype in trial.DTYPES[encoder.device]:
        model = copy.deepcopy(encoder.visual).to(getattr(torch, dtype))
        for batch in trial.BATCHES[encoder.device]:
            prepared = pictures(batch)
            rounds = max(parallel, BARE_IMAGES // batch)

            def work(
                model: torch.nn.Module = model,
                prepared: np.ndarray = prepared,
                rounds: int = rounds,
            ) -> None:
                items = ((prepared, 1) for _ in range(rounds))
                list(in_order(items, lambda each: encoder.forward(model, each), parallel))

            encoder.forward(model, prepared)
            rates[f"{dtype} × {batch}"] = measured(work, rounds * batch)
            print(f"bare {dtype:>8} × {batch:<3}             {rates[f'{dtype} × {batch}']}")
    return rates


def import_all(
    directory: Path, folder: Path, count: int, encoder: TorchEncoder, best_trial: trial.Trial
) -> Rate:
    project = create_project(directory / "project")
    source = sources.add(project, folder)
    project.database().names()
    began = mark()
    images.ingest(project, source, "bench")
    without = Rate(*(count / spent for spent in since(began)))
    seconds = 1000 / without.processor * processors()
    print(f"without vectors:                {without}; {seconds:.1f} CPU-s per 1,000")
    encoder.configure(best_trial.dtype, best_trial.batch, best_trial.rate)
    # As if loaded by its text: there is no text for random weights.
    encoders._cache[encoder.spec, 0.0, None] = encoders._cache[encoder.spec, 0.0, encoder.batch] = (
        encoder
    )
    result = embeddings.update(project, encoder.spec, "bench")
    spent = since(began)
    assert result.new == count, result
    return Rate(*(count / each for each in spent))


def photographs(folder: Path, count: int, directory: Path) -> Path:
    """Fill a folder with ``count`` photographs: the given ones, then crops of them."""
    paths = sorted(folder.resolve().rglob("*.jpg")) if folder.exists() else []
    target = directory / "photographs"
    target.mkdir()
    for number in range(count):
        if number < len(paths):
            (target / f"{number:06}.jpg").write_bytes(paths[number].read_bytes())
            continue
        file = BytesIO()
        photograph(paths, number).save(file, "JPEG", quality=85)
        (target / f"{number:06}.jpg").write_bytes(file.getvalue())
    return target


def photograph(paths: list[Path], number: int) -> Image.Image:
    if paths:
        image = Image.open(paths[number % len(paths)]).convert("RGB")
    else:
        samples = trial._photographs()
        image = samples[number % len(samples)]
    random = np.random.default_rng(number)
    left, top = (int(random.integers(0, max(1, side // 4))) for side in image.size)
    return image.crop((left, top, *image.size)).resize(SIZE)


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 3, 224, 224), dtype=np.uint8)


def measured(work: Callable[[], object], count: int) -> Rate:
    began = mark()
    work()
    return Rate(*(count / spent for spent in since(began)))


def mark() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    clock, processor = (now - then for now, then in zip(mark(), began, strict=True))
    return clock, processor / processors()


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
