"""Encoders turn pictures, and some of them words, into vectors: the list of them and ``load``.

``clip`` is any open_clip model, ``timm`` any timm model, ``visual`` a descriptor without weights.
Importing this package is cheap: torch is imported by the first :func:`load` that needs it. Not
here: which images lack a vector (``vectors.embeddings``), finding similar ones (``search``).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from panoptic_data.encoders.spec import (
    FAMILIES,
    KNOWN,
    MULTILINGUAL,
    EncoderSpec,
    at_path,
    kept,
    parse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from panoptic_data.encoders.torch_encoder import TorchEncoder

__all__ = [
    "FAMILIES",
    "KNOWN",
    "MULTILINGUAL",
    "Encoder",
    "EncoderSpec",
    "at_path",
    "code_version",
    "device_of",
    "kept",
    "load",
    "midpoint",
    "parse",
    "validate",
    "warm",
    "weights_changed_at",
]


class Encoder(Protocol):
    """A loaded encoder. Safe to use from several threads.

    ``dim`` is the length of a vector; ``input_size`` the short side in pixels below which a
    picture would be enlarged; ``fingerprint`` changes whenever a vector could change; ``device``,
    ``dtype``, ``batch`` and ``rate`` (images per second, 0 when unknown) were chosen by the trial
    on this machine. ``scale`` is the factor of the cosine of a picture and words in the model's
    softmax over several words (CLIP's logit scale); 0 where it reads no words. ``bias`` is set
    where the model was trained with a sigmoid (SigLIP): sigmoid(scale · cosine + bias) is how
    probable it takes a picture and words to belong together; None for others.
    """

    spec: EncoderSpec
    dim: int
    fingerprint: str
    device: str
    dtype: str
    batch: int
    rate: float
    scale: float
    bias: float | None

    @property
    def input_size(self) -> int:
        """Short side, in pixels, to which a picture is scaled."""
        ...

    @property
    def reads_text(self) -> bool:
        """Whether ``encode_text`` works."""
        ...

    def prepare(self, image: Image) -> NDArray[np.uint8]:
        """Return one upright RGB picture as ``encode`` takes it. Safe in worker threads."""
        ...

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return ``(n, dim)`` float32, unit length, of n stacked prepared pictures."""
        ...

    def encode_text(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return ``(n, dim)`` float32, unit length; raises TextNotSupported."""
        ...


def load(
    spec: EncoderSpec,
    *,
    device: str | None = None,
    dtype: str | None = None,
    batch: int | None = None,
) -> Encoder:
    """Load an encoder; dtype and batch are chosen by a trial unless both are given.

    Raises UnknownEncoder, UnknownEncoderOption and WeightsUnavailable (within seconds when the
    network is down).
    """
    if spec.family == "visual":
        from panoptic_data.encoders.descriptor import VisualEncoder

        return VisualEncoder(spec)
    from panoptic_data.encoders import trial
    from panoptic_data.encoders.torch_encoder import best_device

    encoder = _library(spec).load(spec, device or best_device())
    if dtype is not None and batch is not None:
        return encoder.configure(dtype, batch)
    return trial.tune(encoder)


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder when the library behind a spec has no such model or tag.

    Imports that library (some 10 s); :func:`parse` alone does not.
    """
    if spec.family != "visual":
        _library(spec).validate(spec)


def midpoint(encoder: Encoder) -> float | None:
    """Return the cosine from which a model with a sigmoid takes words to fit a picture.

    There it holds both for equally probable. None for models without a bias.
    """
    if encoder.bias is None or encoder.scale <= 0:
        return None
    return -encoder.bias / encoder.scale


def code_version(spec: EncoderSpec) -> str:
    """Return the prefix of the fingerprint of every encoder of this family in this release."""
    if spec.family == "visual":
        from panoptic_data.encoders.descriptor import FINGERPRINT

        return FINGERPRINT
    from panoptic_data.encoders.preparation import CODE_VERSION

    return f"{CODE_VERSION}-"


def weights_changed_at(spec: EncoderSpec) -> float:
    """Return when local weights last changed: seconds since 1970, 0 for weights from the hub.

    Raises OSError when they are missing.
    """
    if spec.local_path is None:
        return 0.0
    files = list(spec.local_path.iterdir()) if spec.local_path.is_dir() else [spec.local_path]
    # Also ctime: only it shows that an older file replaced a newer one.
    return max(max(stat.st_mtime, stat.st_ctime) for stat in map(Path.stat, files))


def device_of(spec: EncoderSpec) -> str:
    """Return the device it would run on: "cpu", "cuda" or "mps". Imports torch if necessary."""
    if spec.family == "visual":
        return "cpu"
    from panoptic_data.encoders.torch_encoder import best_device

    return best_device()


_cache_lock = threading.Lock()
_cache: dict[tuple[EncoderSpec, float, int | None], Encoder] = {}


def warm(spec: EncoderSpec, dtype: str | None = None, batch: int | None = None) -> Encoder:
    """Return the encoder already loaded in this process, else :func:`load` it and keep it.

    Weights that changed on disk are loaded again.
    """
    try:
        changed_at = weights_changed_at(spec)
    except OSError:
        return load(spec, dtype=dtype, batch=batch)
    with _cache_lock:
        key = (spec, changed_at, batch)
        if key not in _cache:
            encoder = load(spec, dtype=dtype, batch=batch)
            _cache[key] = _cache[spec, changed_at, encoder.batch] = encoder
        return _cache[key]


def _library(spec: EncoderSpec) -> _Library:
    # open_clip and timm import torch: 10 s, only for those who load a model.
    if spec.family == "clip":
        from panoptic_data.encoders import openclip

        return openclip
    from panoptic_data.encoders import timm_models

    return timm_models


class _Library(Protocol):
    """The module behind a family: ``openclip`` or ``timm_models``."""

    def validate(self, spec: EncoderSpec) -> None: ...

    def load(self, spec: EncoderSpec, device: str) -> TorchEncoder: ...
