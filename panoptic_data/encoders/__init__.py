"""What turns pictures, and for some words, into vectors: the list of encoders and ``load``.

``clip`` is any open_clip model, ``timm`` any timm model, ``visual`` a descriptor that needs no
weights. Importing this costs nothing: torch comes with the first :func:`load` that needs it.
Not here: which images lack a vector (``embeddings``), finding similar ones (``search``).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from panoptic_data.encoders.spec import FAMILIES, KNOWN, EncoderSpec, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from panoptic_data.encoders.torch_encoder import TorchEncoder

__all__ = [
    "FAMILIES",
    "KNOWN",
    "Encoder",
    "EncoderSpec",
    "code_version",
    "device_of",
    "load",
    "parse",
    "stamp",
    "validate",
    "warm",
]


class Encoder(Protocol):
    """A loaded encoder. Safe to use from several threads.

    ``dim`` is the length of a vector; ``input_size`` the short side in pixels below which a
    picture would be enlarged; ``fingerprint`` changes whenever a vector could; ``device``,
    ``dtype``, ``batch`` and ``rate`` (images per second, 0 when unknown) are what the trial on
    this machine chose. ``scale`` is what the model multiplies the cosine of a picture and words by
    before it compares several words; 0 where it reads none.
    """

    spec: EncoderSpec
    dim: int
    fingerprint: str
    device: str
    dtype: str
    batch: int
    rate: float
    scale: float

    @property
    def input_size(self) -> int:
        """Short side, in pixels, that a picture is scaled to."""
        ...

    @property
    def reads_text(self) -> bool:
        """Whether ``encode_text`` works."""
        ...

    def prepare(self, image: Image) -> NDArray[np.uint8]:
        """Return what ``encode`` takes of one upright RGB picture. Made for worker threads."""
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
        return encoder.settle(dtype, batch)
    return trial.settle(encoder)


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder when the library behind a spec has no such model or tag.

    Imports that library (some 10 s); :func:`parse` alone does not.
    """
    if spec.family != "visual":
        _library(spec).validate(spec)


def code_version(spec: EncoderSpec) -> str:
    """Return what the fingerprint of every encoder of this kind begins with in this release."""
    if spec.family == "visual":
        from panoptic_data.encoders.descriptor import FINGERPRINT

        return FINGERPRINT
    from panoptic_data.encoders.preparation import CODE_VERSION

    return f"{CODE_VERSION}-"


def stamp(spec: EncoderSpec) -> float:
    """Return when its weights on this machine last changed: seconds since 1970, 0 for the hub's.

    Raises OSError when they are not there.
    """
    if spec.local is None:
        return 0.0
    files = list(spec.local.iterdir()) if spec.local.is_dir() else [spec.local]
    # Also ctime: it alone tells that an older file took the place of a newer one.
    return max(max(stat.st_mtime, stat.st_ctime) for stat in map(Path.stat, files))


def device_of(spec: EncoderSpec) -> str:
    """Return what it would run on here: "cpu", "cuda" or "mps". Imports torch if it needs it."""
    if spec.family == "visual":
        return "cpu"
    from panoptic_data.encoders.torch_encoder import best_device

    return best_device()


_warming = threading.Lock()
_warm: dict[tuple[EncoderSpec, float, int | None], Encoder] = {}


def warm(spec: EncoderSpec, dtype: str | None = None, batch: int | None = None) -> Encoder:
    """Return the encoder as loaded before in this process, else :func:`load` it.

    Weights that changed on disk are loaded again.
    """
    try:
        changed = stamp(spec)
    except OSError:
        return load(spec, dtype=dtype, batch=batch)
    with _warming:
        key = (spec, changed, batch)
        if key not in _warm:
            encoder = load(spec, dtype=dtype, batch=batch)
            _warm[key] = _warm[spec, changed, encoder.batch] = encoder
        return _warm[key]


def _library(spec: EncoderSpec) -> _Library:
    # open_clip and timm bring torch: 10 s of imports, paid only by those who load a model.
    if spec.family == "clip":
        from panoptic_data.encoders import openclip

        return openclip
    from panoptic_data.encoders import timm_models

    return timm_models


class _Library(Protocol):
    """The module behind a family: ``openclip`` or ``timm_models``."""

    def validate(self, spec: EncoderSpec) -> None: ...

    def load(self, spec: EncoderSpec, device: str) -> TorchEncoder: ...
