"""Small real models written to disk with random weights: for tests of what loads and runs them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["photographs", "small_clip", "small_timm"]

CLIP: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": 64,
            "layers": 2,
            "width": 64,
            "patch_size": 16,
            "head_width": 16,
        },
        "text_cfg": {
            "context_length": 16,
            "vocab_size": 49408,
            "width": 32,
            "heads": 2,
            "layers": 2,
        },
    },
    "preprocess_cfg": {
        "mean": [0.5, 0.4, 0.3],
        "std": [0.2, 0.3, 0.4],
        "interpolation": "bicubic",
        "resize_mode": "shortest",
    },
}


def small_timm(file: Path, name: str = "test_vit", seed: int = 0) -> Path:
    """Write a checkpoint of a timm model (160 × 160 pixels)."""
    import timm
    import torch

    torch.manual_seed(seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(timm.create_model(name, pretrained=False).state_dict(), file)
    return file


def small_clip(folder: Path, seed: int = 0, **preprocessing: Any) -> Path:
    """Write an open_clip directory: a configuration and its weights (64 × 64 pixels)."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {**CLIP, "preprocess_cfg": {**CLIP["preprocess_cfg"], **preprocessing}}
    (folder / "open_clip_config.json").write_text(json.dumps(wanted))
    parts = CLIP["model_cfg"]
    model = open_clip.CLIP(parts["embed_dim"], parts["vision_cfg"], parts["text_cfg"])
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


def photographs() -> list[Image.Image]:
    """Photographs of scikit-image's wheel: wide, high, square, and smaller than any input."""
    from skimage import data

    chelsea = Image.fromarray(data.chelsea())
    return [
        chelsea,
        chelsea.rotate(90, expand=True),
        Image.fromarray(data.astronaut()),
        chelsea.crop((100, 50, 148, 87)),
        Image.fromarray(np.asarray(chelsea)[50:121, 10:400]),
    ]
