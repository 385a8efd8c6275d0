"""``visual``: shape, texture and colours of a picture as a vector, without any weights.

Four blocks of one 96 × 96 picture, each of unit length before its weight:

- shape: histograms of oriented gradients (Dalal & Triggs, 2005) at 32 × 32, deliberately coarse:
  outlines matter to people more than detail; 8 × 8 cells, 8 orientations;
- texture: histograms of uniform local binary patterns (Ojala, Pietikäinen & Mäenpää, 2002),
  8 points at radius 2, in 4 × 4 cells;
- colours: one histogram of hue, saturation and value (Swain & Ballard, 1991);
- layout: mean CIE Lab colours of 6 × 6 cells, as in MPEG-7's colour layout.

Histograms are compared under Hellinger's distance (square roots, as Arandjelović & Zisserman,
2012, do for SIFT). Cells left and right of the middle are added up, so that a picture and its
mirror image have one vector. Nothing is learnt from any corpus. The weights were chosen by
nearest neighbours' agreement on labels (``docs/performance/encoders.md``). Not here: models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from panoptic_data.encoders.preparation import Preparation
from panoptic_data.encoders.spec import EncoderSpec
from panoptic_data.errors import TextNotSupported

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

__all__ = ["FINGERPRINT", "VisualEncoder"]

# Increased whenever the same picture gives another vector.
FINGERPRINT = "visual-1"

SIZE = 96
SHAPE_SIZE, SHAPE_GRID, ORIENTATIONS = 32, 8, 8
TEXTURE_GRID, TEXTURE_POINTS, TEXTURE_RADIUS = 4, 8, 2
HUES, SATURATIONS, VALUES = 12, 3, 3
LAYOUT_GRID = 6
SHAPE, TEXTURE, COLOURS, LAYOUT = 1.0, 0.2, 0.15, 0.05
BATCH = 32
# Middle and half of the usual range of L, a and b.
LAB_MIDDLE, LAB_RANGE = (50.0, 0.0, 0.0), (100.0, 60.0, 60.0)
# The picture is squashed to a square instead of cropped, so that its edges count too.
_PREPARATION = Preparation(
    SIZE, SIZE, "squash", "bicubic", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)
)


class VisualEncoder:
    """An ``encoders.Encoder`` without weights that reads no text."""

    fingerprint = FINGERPRINT
    device = "cpu"
    dtype = "float32"
    batch = BATCH
    rate = 0.0
    scale = 0.0
    bias: float | None = None
    input_size = SIZE
    reads_text = False
    dim = (
        SHAPE_GRID * SHAPE_GRID // 2 * ORIENTATIONS
        + TEXTURE_GRID * TEXTURE_GRID // 2 * (TEXTURE_POINTS + 2)
        + HUES * SATURATIONS * VALUES
        + LAYOUT_GRID * LAYOUT_GRID // 2 * 3
    )

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec

    def prepare(self, image: Image) -> Bytes:
        """Return ``(3, 96, 96)`` uint8 of an upright RGB picture."""
        return _PREPARATION.pixels(image)

    def encode(self, batch: Bytes) -> Floats:
        """Return ``(n, 498)`` float32, unit length, of ``(n, 3, 96, 96)`` uint8."""
        pixels = np.ascontiguousarray(batch.transpose(0, 2, 3, 1))
        blocks = (
            (SHAPE, _hellinger(_shape(_shrunk(pixels, SHAPE_SIZE)), centred=True)),
            (TEXTURE, _hellinger(_texture(pixels), centred=True)),
            (COLOURS, _hellinger(_colours(_shrunk(pixels, SHAPE_SIZE)), centred=False)),
            (LAYOUT, _unit(_layout(_shrunk(pixels, LAYOUT_GRID)))),
        )
        return _unit(np.hstack([np.sqrt(weight) * block for weight, block in blocks]))

    def encode_text(self, texts: Sequence[str]) -> Floats:  # noqa: ARG002 - the protocol's
        """Raise TextNotSupported."""
        raise TextNotSupported(encoder=self.spec.text)


def _shape(pixels: Floats) -> Floats:
    """Gradient energy ``(n, cells, orientations)``, mirror images alike."""
    # The square root evens out bright and dark; of the three channels the strongest edge counts.
    padded = np.pad(np.sqrt(pixels), ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    strength = np.hypot(across, down)
    strongest = strength.argmax(axis=-1)[..., None]
    across, down, strength = (
        np.take_along_axis(each, strongest, axis=-1) for each in (across, down, strength)
    )
    angle = (np.arctan2(down, across) % np.pi) * (ORIENTATIONS / np.pi)
    apart = np.abs(angle - np.arange(ORIENTATIONS, dtype=np.float32))
    share = np.maximum(0, 1 - np.minimum(apart, ORIENTATIONS - apart)) * strength
    pool = _pooling(pixels.shape[1], SHAPE_GRID)
    cells = np.einsum("gh,nhwo,kw->ngko", pool, share, pool, optimize=True)
    # Mirrored, an orientation turns the other way.
    turned = cells[:, :, ::-1][..., -np.arange(ORIENTATIONS) % ORIENTATIONS]
    return _left_half(cells + turned)


def _texture(pixels: Bytes) -> Floats:
    """How often each pattern occurs ``(n, cells × patterns)``, mirror images alike."""
    # scikit-image costs 0.5 s to import; only those who embed pay.
    from skimage.feature import local_binary_pattern as pattern

    # Luma of ITU-R BT.601, in whole numbers: the same on every machine.
    grey = (pixels @ np.array([299, 587, 114], np.uint32) // 1000).astype(np.uint8)
    patterns = np.stack(
        [
            pattern(picture, TEXTURE_POINTS, TEXTURE_RADIUS, "uniform").astype(np.int64)  # type: ignore[no-untyped-call]
            for picture in grey
        ]
    )
    counts = _counts(patterns, TEXTURE_GRID, TEXTURE_POINTS + 2)
    return _left_half(counts + counts[:, :, ::-1])


def _colours(pixels: Floats) -> Floats:
    """How often each colour occurs ``(n, hues × saturations × values)``."""
    from skimage.color import rgb2hsv

    bins = (HUES, SATURATIONS, VALUES)
    levels = (rgb2hsv(pixels / 255) * bins).astype(np.int64)
    hue, saturation, value = (np.minimum(levels[..., i], bins[i] - 1) for i in range(3))
    keys = (hue * SATURATIONS + saturation) * VALUES + value
    return _counts(keys, 1, HUES * SATURATIONS * VALUES).reshape(len(pixels), -1)


def _layout(pixels: Floats) -> Floats:
    """Colour of each cell ``(n, cells × 3)``, mirror images alike."""
    from skimage.color import rgb2lab

    lab = ((rgb2lab(pixels / 255) - LAB_MIDDLE) / LAB_RANGE).astype(np.float32)
    return _left_half(lab + lab[:, :, ::-1])


def _shrunk(pixels: Bytes, size: int) -> Floats:
    count, side = len(pixels), SIZE // size
    cells = pixels.reshape(count, size, side, size, side, 3)
    means: Floats = cells.mean((2, 4), dtype=np.float32)
    return means


def _pooling(size: int, grid: int) -> Floats:
    """``(grid, size)``: how much each pixel counts in each cell, fading into the next one."""
    position = (np.arange(size, dtype=np.float32) + 0.5) / size * grid - 0.5
    weights = np.maximum(0, 1 - np.abs(position - np.arange(grid, dtype=np.float32)[:, None]))
    pooling: Floats = weights / weights.sum(axis=0)
    return pooling


def _counts(keys: NDArray[np.int64], grid: int, kinds: int) -> Floats:
    """Count each kind in each cell of ``(n, s, s)`` keys: ``(n, grid, grid, kinds)``."""
    count, size, _ = keys.shape
    cell = np.arange(size) * grid // size
    cell_index = np.arange(count)[:, None, None] * grid * grid + cell[:, None] * grid + cell
    total = count * grid * grid * kinds
    counted = np.bincount((cell_index * kinds + keys).ravel(), minlength=total)
    return counted.reshape(count, grid, grid, kinds).astype(np.float32)


def _left_half(cells: Floats) -> Floats:
    """Return the left half of ``(n, g, g, k)`` cells that equal their mirror image: ``(n, …)``."""
    return cells[:, :, : cells.shape[2] // 2].reshape(len(cells), -1)


def _hellinger(counts: Floats, *, centred: bool) -> Floats:
    roots = np.sqrt(counts)
    # Without the mean of all cells, which says nothing about layout, the differences weigh more.
    return _unit(roots - roots.mean(axis=1, keepdims=True) if centred else roots)


def _unit(rows: Floats) -> Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.maximum(length, 1e-12)).astype(np.float32)
    return unit
