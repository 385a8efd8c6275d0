"""What turns pictures, and for some words, into vectors: the list of encoders and ``load``.

``clip`` is any open_clip model, ``timm`` any timm model, ``visual`` a descriptor that needs no
weights. Importing this costs nothing: torch comes with the first :func:`load` that needs it.
Not here: which images lack a vector (``embeddings``), finding similar ones (``search``).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

from panoptic_data.encoders.spec import FAMILIES, KNOWN, EncoderSpec, parse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = [
    "FAMILIES",
    "KNOWN",
    "Encoder",
    "EncoderSpec",
    "load",
    "parse",
    "validate",
    "warm",
]


class Encoder(Protocol):
    """A loaded encoder. Safe to use from several threads.

    ``dim`` is the length of a vector; ``input_size`` the short side in pixels below which a
    picture would be enlarged; ``fingerprint`` changes whenever a vector could; ``device``,
    ``dtype``, ``batch`` and ``rate`` (images per second, 0 when unknown) are what the trial on
    this machine chose.
    """

    spec: EncoderSpec
    dim: int
    fingerprint: str
    device: str
    dtype: str
    batch: int
    rate: float

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

    encoder = _library(spec).load(spec, device or _best_device())
    if dtype is not None and batch is not None:
        return encoder.settle(dtype, batch)
    return trial.settle(encoder)


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder when the library behind a spec has no such model or tag.

    Imports that library (some 10 s); :func:`parse` alone does not.
    """
    if spec.family != "visual":
        _library(spec).validate(spec)


_warming = threading.Lock()


def warm(spec: EncoderSpec, dtype: str | None = None, batch: int | None = None) -> Encoder:
    """Return the encoder as loaded before in this process, loading it the first time."""
    with _warming:
        return _warm(spec, dtype, batch)


@cache
def _warm(spec: EncoderSpec, dtype: str | None, batch: int | None) -> Encoder:
    return load(spec, dtype=dtype, batch=batch)


def _library(spec: EncoderSpec):  # type: ignore[no-untyped-def]  # noqa: ANN202
    # open_clip and timm bring torch: 10 s of imports, paid only by those who load a model.
    if spec.family == "clip":
        from panoptic_data.encoders import openclip

        return openclip
    from panoptic_data.encoders import timm_models

    return timm_models


def _best_device() -> str:
    from panoptic_data.encoders.torch_encoder import best_device

    return best_device()
