"""Small real models written to disk with random weights: for tests of what loads and runs them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["photographs", "small_clip", "small_siglip", "small_timm", "write_tokenizer"]

SMALL_VOCABULARY = 400
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


def small_siglip(folder: Path, *, own_tokenizer: bool = True, bias: float = -10.0) -> Path:
    """Write a directory of the shape of ViT-B-32-SigLIP2-256 (160 × 160 pixels, 64 numbers).

    Its tokenizer is a file beside the weights, which ``transformers`` reads; without
    ``own_tokenizer`` it is open_clip's.
    """
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    shipped = open_clip.get_model_config("ViT-B-32-SigLIP2-256")
    text = {**shipped["text_cfg"], "context_length": 16, "width": 64, "heads": 2, "layers": 2}
    text["vocab_size"] = SMALL_VOCABULARY if own_tokenizer else 49408
    if not own_tokenizer:
        del text["hf_tokenizer_name"]
        text["tokenizer_kwargs"] = {}
    vision = {**shipped["vision_cfg"], "image_size": 160, "timm_model_name": "test_vit"}
    parts = {**shipped, "embed_dim": 64, "init_logit_bias": bias}
    parts |= {"vision_cfg": vision, "text_cfg": text}
    half = [0.5, 0.5, 0.5]
    prepared = {"mean": half, "std": half, "interpolation": "bicubic", "resize_mode": "squash"}
    configuration = {"model_cfg": parts, "preprocess_cfg": prepared}
    (folder / "open_clip_config.json").write_text(json.dumps(configuration))
    torch.manual_seed(0)
    named = {name: part for name, part in parts.items() if name != "custom_text"}
    model = open_clip.CustomTextCLIP(**named)
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def write_tokenizer(folder: Path, texts: list[str]) -> None:
    """Write a tokenizer that knows the words of some texts, as the hub has it beside weights."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer

    special = {"pad_token": "<pad>", "eos_token": "<eos>", "unk_token": "<unk>"}
    tokenizer = Tokenizer(BPE(unk_token=special["unk_token"]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = BpeTrainer(vocab_size=SMALL_VOCABULARY, special_tokens=list(special.values()))
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


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
