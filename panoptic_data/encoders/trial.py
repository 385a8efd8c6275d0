"""Measure which dtype and batch size make a model fastest on this machine, and still accurate.

The result is cached for the machine, so that two runs of one corpus give the same vectors: two
nearly equal candidates would otherwise take turns. Not here: running a model for its vectors
(``torch_encoder``).
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from PIL import Image

from panoptic_data.encoders.torch_encoder import TorchEncoder
from panoptic_data.media.prefetch import processors
from panoptic_data.storage.folder import write_in_one_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MIN_FIDELITY", "Trial", "cached", "fidelity", "run", "tune"]

T = TypeVar("T")

# Least cosine with the float32 vector, over every picture of the trial.
MIN_FIDELITY = 0.999
# Half precision changes vectors a little: it must be this many times faster, beyond timing noise.
MIN_DTYPE_SPEEDUP = 1.25
# A larger batch takes memory: it must be this many times faster.
MIN_BATCH_SPEEDUP = 1.04
DTYPES = {
    "cpu": ("float32", "bfloat16"),
    "mps": ("float32", "float16"),
    "cuda": ("float32", "bfloat16", "float16"),
}
BATCHES = {"cpu": (4, 8, 16, 32), "mps": (16, 32, 64, 128), "cuda": (32, 64, 128, 256)}
# Seconds of one thread.
MAX_SECONDS = 2.5
ROUNDS = 3
# Photographs that come with scikit-image: random noise would have neither the decoding speed nor
# the range of activations of real pictures.
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "brick", "hubble_deep_field")


@dataclass(frozen=True)
class Trial:
    """The best setting: ``rate`` in images per second, ``cosine`` the least with float32."""

    dtype: str
    batch: int
    rate: float
    cosine: float


def tune(encoder: TorchEncoder) -> TorchEncoder:
    """Configure the dtype and batch of the trial on this machine, running it if none is cached."""
    trial = cached(encoder)
    if trial is None:
        trial = run(encoder)
        _cache(encoder, trial)
    return encoder.configure(trial.dtype, trial.batch, trial.rate)


def run(encoder: TorchEncoder) -> Trial:
    """Run the trial: at most some :data:`MAX_SECONDS`, fewer for a small model."""
    batches = BATCHES[encoder.device]
    pictures = _pictures(encoder, batches[0])
    models = {name: _cast(encoder, name) for name in DTYPES[encoder.device]}
    cosines = {name: fidelity(encoder, model, pictures[:8]) for name, model in models.items()}
    faithful_models = {name: models[name] for name in models if cosines[name] >= MIN_FIDELITY}
    rates = {name: _rate(encoder, model, pictures) for name, model in faithful_models.items()}
    dtype = _fastest(rates, MIN_DTYPE_SPEEDUP)
    rate_by_batch = {batches[0]: rates[dtype]}
    rate_by_batch |= _rates_of_larger_batches(encoder, models[dtype], pictures, rates[dtype])
    batch = _fastest(rate_by_batch, MIN_BATCH_SPEEDUP)
    # On a CPU each thread runs a batch of its own.
    parallel = processors() if encoder.device == "cpu" else 1
    return Trial(dtype, batch, rate_by_batch[batch] * parallel, cosines[dtype])


def _rates_of_larger_batches(
    encoder: TorchEncoder, model: torch.nn.Module, pictures: NDArray[np.uint8], rate: float
) -> dict[int, float]:
    """Return images per second of each larger batch, as long as time and memory allow."""
    rates: dict[int, float] = {}
    seconds_left = MAX_SECONDS
    for batch in BATCHES[encoder.device][1:]:
        seconds_left -= ROUNDS * batch / rate
        if seconds_left < 0:
            break
        try:
            rate = rates[batch] = _rate(encoder, model, _repeated(pictures, batch))
        except torch.OutOfMemoryError:
            break
    return rates


def fidelity(encoder: TorchEncoder, model: torch.nn.Module, pictures: NDArray[np.uint8]) -> float:
    """Return the least cosine between ``model``'s vectors and those of the encoder's own dtype."""
    exact = encoder.forward(encoder.visual, pictures).float()
    other = encoder.forward(model, pictures).float()
    # NaN, which float16 gives when it overflows, compares as below any limit.
    return float(torch.nn.functional.cosine_similarity(exact, other).min())


def cached(encoder: TorchEncoder) -> Trial | None:
    """Return the cached result of an earlier trial of this model on this machine, or None."""
    try:
        stored = json.loads(_cache_file().read_text(encoding="utf-8"))[_key(encoder)]
        return Trial(**stored)
    except (OSError, ValueError, KeyError, TypeError):
        # Absent or damaged: a new trial replaces it.
        return None


def _cache(encoder: TorchEncoder, trial: Trial) -> None:
    path = _cache_file()
    try:
        trials = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        trials = {}
    trials[_key(encoder)] = asdict(trial)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_in_one_step(path, json.dumps(trials, indent=1))
    except OSError:
        # Where the cache folder cannot be written, every run holds its own trial.
        return


def _cache_file() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("panoptic-data") / "trials.json"


def _key(encoder: TorchEncoder) -> str:
    machine = torch.cuda.get_device_name() if encoder.device == "cuda" else encoder.device
    return f"{encoder.fingerprint} {machine} torch {torch.__version__}"


def _cast(encoder: TorchEncoder, dtype: str) -> torch.nn.Module:
    if dtype == encoder.dtype:
        return encoder.visual
    return copy.deepcopy(encoder.visual).to(getattr(torch, dtype))


def _rate(encoder: TorchEncoder, model: torch.nn.Module, pictures: NDArray[np.uint8]) -> float:
    """Return images per second in one thread: the best of several rounds after a warm-up."""
    # The thread's own time does not include other programs on a busy CPU.
    clock = time.thread_time if encoder.device == "cpu" else time.perf_counter
    seconds = []
    for _ in range(ROUNDS):
        start = clock()
        # Copied to the CPU, because a GPU call returns before its work is done.
        encoder.forward(model, pictures).float().cpu()
        seconds.append(clock() - start)
    return len(pictures) / min(seconds[1:])


def _fastest(rates: Mapping[T, float], min_speedup: float) -> T:
    """Return the first candidate, or a later one ``min_speedup`` times faster than the best."""
    best = next(iter(rates))
    for name, rate in rates.items():
        if rate >= rates[best] * min_speedup:
            best = name
    return best


def _pictures(encoder: TorchEncoder, count: int) -> NDArray[np.uint8]:
    return _repeated(np.stack([encoder.prepare(image) for image in _photographs()]), count)


def _repeated(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.resize(pictures, (count, *pictures.shape[1:])))


@cache
def _photographs() -> tuple[Image.Image, ...]:
    # scikit-image costs 1 s to import; only a trial needs its photographs.
    from skimage import data

    return tuple(Image.fromarray(getattr(data, name)()).convert("RGB") for name in PHOTOGRAPHS)
