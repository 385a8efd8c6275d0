"""A short trial on this machine: which dtype and batch make a model fastest, and still faithful.

Its outcome is remembered for the machine, so that two runs of one corpus give the same vectors:
two near-equal candidates would otherwise win by turns. Not here: running a model for its
vectors (``torch_encoder``).
"""

from __future__ import annotations

import copy
import json
import os
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FAITHFUL", "Trial", "fidelity", "remembered", "run", "settle"]

T = TypeVar("T")

# Least cosine to the float32 vector, over every picture of the trial.
FAITHFUL = 0.999
# Half precision changes vectors a little: it must be worth it, beyond the noise of a clock.
WORTH_IT = 1.25
# A larger batch takes memory: it must be worth that.
LARGER_WORTH_IT = 1.04
DTYPES = {
    "cpu": ("float32", "bfloat16"),
    "mps": ("float32", "float16"),
    "cuda": ("float32", "bfloat16", "float16"),
}
BATCHES = {"cpu": (4, 8, 16, 32), "mps": (16, 32, 64, 128), "cuda": (32, 64, 128, 256)}
# Of one thread.
SECONDS = 2.5
ROUNDS = 3
# Real photographs that come with scikit-image: noise would show neither the speed of decoding
# nor the range of activations that rounding meets.
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "brick", "hubble_deep_field")


@dataclass(frozen=True)
class Trial:
    """The winner: ``rate`` in images per second, ``cosine`` the least to float32."""

    dtype: str
    batch: int
    rate: float
    cosine: float


def settle(encoder: TorchEncoder) -> TorchEncoder:
    """Set the dtype and batch that a trial on this machine chose, holding one if none was held."""
    trial = remembered(encoder)
    if trial is None:
        trial = run(encoder)
        _remember(encoder, trial)
    return encoder.settle(trial.dtype, trial.batch, trial.rate)


def run(encoder: TorchEncoder) -> Trial:
    """Hold the trial: at most some :data:`SECONDS` of work, fewer for a small model."""
    batches = BATCHES[encoder.device]
    pictures = _pictures(encoder, batches[0])
    models = {name: _cast(encoder, name) for name in DTYPES[encoder.device]}
    cosines = {name: fidelity(encoder, model, pictures[:8]) for name, model in models.items()}
    faithful = {name: models[name] for name in models if cosines[name] >= FAITHFUL}
    rates = {name: _rate(encoder, model, pictures) for name, model in faithful.items()}
    dtype = _worth(rates, WORTH_IT)
    by_batch = {batches[0]: rates[dtype]}
    by_batch |= _larger(encoder, models[dtype], pictures, rates[dtype])
    chosen = _worth(by_batch, LARGER_WORTH_IT)
    # On a processor each thread takes a batch of its own.
    together = processors() if encoder.device == "cpu" else 1
    return Trial(dtype, chosen, by_batch[chosen] * together, cosines[dtype])


def _larger(
    encoder: TorchEncoder, model: torch.nn.Module, pictures: NDArray[np.uint8], rate: float
) -> dict[int, float]:
    """Rate of each larger batch, as long as time and memory allow."""
    rates: dict[int, float] = {}
    left = SECONDS
    for batch in BATCHES[encoder.device][1:]:
        left -= ROUNDS * batch / rate
        if left < 0:
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
    # Not a number, as float16 gives when it overflows, compares as unfaithful.
    return float(torch.nn.functional.cosine_similarity(exact, other).min())


def remembered(encoder: TorchEncoder) -> Trial | None:
    """Return the outcome of an earlier trial of this model on this machine."""
    try:
        found = json.loads(_memory().read_text(encoding="utf-8"))[_key(encoder)]
        return Trial(**found)
    except (OSError, ValueError, KeyError, TypeError):
        # Absent or damaged: it is a memory only, a new trial replaces it.
        return None


def _remember(encoder: TorchEncoder, trial: Trial) -> None:
    path = _memory()
    try:
        trials = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        trials = {}
    trials[_key(encoder)] = asdict(trial)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(trials, indent=1), encoding="utf-8")
        draft.replace(path)
    except OSError:
        # A home that cannot be written costs a trial a run, no more.
        return


def _memory() -> Path:
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
    """Images per second in one thread: the best of several rounds, after one that warms up."""
    # What other programs do on a shared processor does not count in its own time.
    clock = time.thread_time if encoder.device == "cpu" else time.perf_counter
    seconds = []
    for _ in range(ROUNDS):
        start = clock()
        # Brought back to the processor: a GPU answers before it has worked.
        encoder.forward(model, pictures).float().cpu()
        seconds.append(clock() - start)
    return len(pictures) / min(seconds[1:])


def _worth(rates: Mapping[T, float], least: float) -> T:
    """Return the first candidate, or a later one for each time that it is so much faster."""
    chosen = next(iter(rates))
    for name, rate in rates.items():
        if rate >= rates[chosen] * least:
            chosen = name
    return chosen


def _pictures(encoder: TorchEncoder, count: int) -> NDArray[np.uint8]:
    return _repeated(np.stack([encoder.prepare(image) for image in _photographs()]), count)


def _repeated(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.resize(pictures, (count, *pictures.shape[1:])))


@cache
def _photographs() -> tuple[Image.Image, ...]:
    # scikit-image costs 1 s to import; only a trial needs its photographs.
    from skimage import data

    return tuple(Image.fromarray(getattr(data, name)()).convert("RGB") for name in PHOTOGRAPHS)
