"""The ground behind a transparent picture: white, unless the picture could not be seen on it.

Not here: colours (``tonemap``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["on_ground"]

# Greys of 255.
_WHITE, _MIDDLE, _DARK = 255, 128, 48
_LIGHT_ABOVE, _DARK_BELOW = 208, 96
# Of what can be seen: on white too little would be left, on dark too much would be lost.
_MOST_LIGHT, _MOST_DARK = 0.5, 0.05
# A seam of transparent pixels does not change how a picture is shown.
_LEAST_CLEAR = 0.01
# Pixels of each side that are looked at: enough to know a picture's tones.
_LOOKED_AT = 512


def on_ground(image: Image.Image) -> Image.Image:
    """Return a picture without its transparency (LA, RGBA), on a ground that shows it; else itself.

    The ground is white; dark for a picture that is mostly as light as paper; grey for one that is
    light and dark. Where everything is transparent the colours beneath are shown.
    """
    if image.mode not in ("LA", "RGBA"):
        return image
    opaque, alpha = image.convert(image.mode.removesuffix("A")), image.getchannel("A")
    least, most = alpha.getextrema()
    if least == 255 or most == 0:
        return opaque
    grey = _ground(opaque, alpha)
    paper = Image.new(opaque.mode, image.size, grey if opaque.mode == "L" else (grey,) * 3)
    paper.paste(opaque, mask=alpha)
    return paper


def _ground(opaque: Image.Image, alpha: Image.Image) -> int:
    step = max(1, min(image_side // _LOOKED_AT for image_side in opaque.size))
    tones = _array(opaque.convert("L"))[::step, ::step]
    weights = _array(alpha)[::step, ::step] / 255
    total = float(weights.sum())
    if not total or 1 - total / weights.size < _LEAST_CLEAR:
        return _WHITE
    if float(weights[tones > _LIGHT_ABOVE].sum()) <= _MOST_LIGHT * total:
        return _WHITE
    is_dark_too = float(weights[tones < _DARK_BELOW].sum()) > _MOST_DARK * total
    return _MIDDLE if is_dark_too else _DARK


def _array(image: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image)
