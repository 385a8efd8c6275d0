"""Run a torch model over batches of prepared pictures, always in batches of one shape.

On a CPU a batch runs in one thread, and callers run several batches at once. On an idle machine
that is as fast as sharing each batch among all threads, on a busy one several times faster (no
thread waits for another), and the result has the same bits whatever the number of threads.

Not here: building the model (``openclip``, ``timm_models``), choosing dtype and batch
(``trial``), scaling and cropping pictures (``preparation``).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import torch

from panoptic_data.encoders.preparation import CODE_VERSION, Preparation
from panoptic_data.encoders.spec import EncoderSpec
from panoptic_data.errors import TextNotSupported

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["TorchEncoder", "best_device"]

EmbedText = Callable[[Sequence[str]], torch.Tensor]


class TorchEncoder:
    """A model ready to encode; see ``encoders.Encoder`` for what its attributes mean.

    Starts in float32, one image at a time: :meth:`configure` sets the dtype and batch that suit
    the machine. ``visual`` maps ``(n, 3, s, s)`` to ``(n, dim)``; the text tower stays in float32,
    because a query is short and exactness costs nothing.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        visual: torch.nn.Module,
        preparation: Preparation,
        device: str,
        embed_text: EmbedText | None = None,
    ) -> None:
        if device == "cpu":
            torch.set_num_threads(1)
        self.spec = spec
        self.preparation = preparation
        self.device = device
        self.dtype = "float32"
        self.batch = 1
        self.rate = 0.0
        self.scale = 0.0
        self.bias: float | None = None
        self.visual = visual.eval()
        self.fingerprint = _fingerprint(self.visual, preparation)
        self._embed_text = embed_text
        # A GPU runs one batch at a time anyway, and may not have memory for two.
        self._device_lock: AbstractContextManager[object] = (
            nullcontext() if device == "cpu" else threading.Lock()
        )
        self.visual.to(device)
        self._mean = _channel(preparation.mean, device)
        self._std = _channel(preparation.std, device)
        black = np.zeros((1, 3, preparation.size, preparation.size), np.uint8)
        self.dim = int(self.encode(black).shape[1])

    @property
    def input_size(self) -> int:
        """Short side, in pixels, below which a picture would be enlarged."""
        return self.preparation.resize

    @property
    def reads_text(self) -> bool:
        """Whether :meth:`encode_text` works."""
        return self._embed_text is not None

    def configure(self, dtype: str, batch: int, rate: float = 0.0) -> TorchEncoder:
        """Encode in this dtype and batch from now on; return itself."""
        self.visual.to(_dtype(dtype))
        self.dtype, self.batch, self.rate = dtype, batch, rate
        return self

    def prepare(self, image: Image) -> NDArray[np.uint8]:
        """Return ``(3, s, s)`` uint8 of an upright RGB picture. Safe in threads."""
        return self.preparation.pixels(image)

    def encode(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return ``(n, dim)`` float32, unit length, of ``(n, 3, s, s)`` uint8.

        The model always gets ``self.batch`` pictures, the last batch padded with black, so that a
        vector does not depend on how many other pictures there are.
        """
        return np.concatenate(
            [
                self._encode_batch(batch[start : start + self.batch])
                for start in range(0, len(batch), self.batch)
            ]
        )

    def encode_text(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return ``(n, dim)`` float32, unit length; raises TextNotSupported."""
        if self._embed_text is None:
            raise TextNotSupported(encoder=self.spec.text)
        with torch.inference_mode():
            return _unit(self._embed_text(texts))

    def forward(self, visual: torch.nn.Module, batch: NDArray[np.uint8]) -> torch.Tensor:
        """Return the raw output of ``visual``, a copy of the model in any dtype, for a batch."""
        dtype = next(visual.parameters()).dtype
        with torch.inference_mode():
            pixels = torch.from_numpy(np.ascontiguousarray(batch)).to(self.device)
            # In float32 before the cast: bytes of 0 to 255 are not exact in bfloat16 once shifted.
            scaled = pixels.float().div_(255).sub_(self._mean).div_(self._std)
            return visual(scaled.to(dtype))  # type: ignore[no-any-return]

    def _encode_batch(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        missing = self.batch - len(pictures)
        padded = np.pad(pictures, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else pictures
        with self._device_lock:
            return _unit(self.forward(self.visual, padded)[: len(pictures)])


def best_device() -> str:
    """Return "cuda", "mps" or "cpu", the first that this machine has."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _unit(features: torch.Tensor) -> NDArray[np.float32]:
    unit = torch.nn.functional.normalize(features.float(), dim=-1)
    return unit.cpu().numpy()


def _channel(values: Sequence[float], device: str) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device).view(1, 3, 1, 1)


def _dtype(name: str) -> torch.dtype:
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def _fingerprint(visual: torch.nn.Module, preparation: Preparation) -> str:
    # Every byte of the image tower, so that no weight is ignored: 0.4 s per load of ViT-B/32.
    state = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(visual.state_dict().items()):
        state.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        state.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    state.update(preparation.describe().encode())
    return f"{CODE_VERSION}-{state.hexdigest()}"
