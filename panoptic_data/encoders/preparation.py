"""Scale and crop an upright RGB picture to the square of bytes that a model takes.

The same step prepares stored images and query pictures, so that a picture finds itself. Not
here: decoding (``media.decode``), and normalising by mean and standard deviation, which
``torch_encoder`` does a batch at a time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CODE_VERSION", "FILTERS", "Preparation", "Triple"]

# Prefix of the fingerprint of every torch model, increased whenever the same picture and weights
# give other vectors. Defined here because reading it must not import torch.
CODE_VERSION = "1"

Triple = tuple[float, float, float]
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}


@dataclass(frozen=True)
class Preparation:
    """How the pictures of one model are prepared.

    In pixels, ``size`` is the side of the square given to the model and ``resize`` the length
    that a side is scaled to before the centre is cropped. ``fit`` says which side: the
    ``shortest`` (the rest is cropped), both (``squash``) or the ``longest`` (the rest is filled
    with ``fill``, 0 to 255). ``mean`` and ``std`` are of values in 0 to 1.
    """

    size: int
    resize: int
    fit: str
    interpolation: str
    mean: Triple
    std: Triple
    fill: tuple[int, int, int] = (0, 0, 0)

    def pixels(self, image: Image.Image) -> NDArray[np.uint8]:
        """Return ``(3, size, size)`` uint8: the model's own transform before normalisation."""
        image = image if image.mode == "RGB" else image.convert("RGB")
        scaled = image.resize(self._scaled(*image.size), FILTERS[self.interpolation])
        square = np.asarray(_centre(scaled, self.size, self.fill))
        return np.ascontiguousarray(square.transpose(2, 0, 1))

    def describe(self) -> str:
        """Return a text that differs whenever the pixels could."""
        return repr(sorted(asdict(self).items()))

    def _scaled(self, width: int, height: int) -> tuple[int, int]:
        if self.fit == "squash":
            return self.resize, self.resize
        if self.fit == "longest":
            ratio = max(width, height) / self.resize
            return max(1, round(width / ratio)), max(1, round(height / ratio))
        # Rounds down as torchvision does, so that the crop falls on the same pixels.
        if width <= height:
            return self.resize, int(self.resize * height / width)
        return int(self.resize * width / height), self.resize


def _centre(image: Image.Image, size: int, fill: tuple[int, int, int]) -> Image.Image:
    width, height = image.size
    if (width, height) == (size, size):
        return image
    if width < size or height < size:
        canvas = Image.new("RGB", (max(width, size), max(height, size)), fill)
        canvas.paste(image, (max(0, size - width) // 2, max(0, size - height) // 2))
        return _centre(canvas, size, fill)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))
