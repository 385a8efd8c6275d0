"""Load an open_clip model: image and text towers of one space.

Not here: where its files come from (``weights``), how it is run (``torch_encoder``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import open_clip
import torch

from panoptic_data.encoders.preparation import Preparation
from panoptic_data.encoders.spec import CONFIGURATION_FILE, EncoderSpec, closest
from panoptic_data.encoders.torch_encoder import TorchEncoder
from panoptic_data.encoders.weights import hub_file, local_file, quiet_root_logger
from panoptic_data.errors import UnknownEncoder, WeightsUnavailable

__all__ = ["load", "validate"]

CHECKPOINT_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
# Of models that read many languages, beside the weights.
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
# What reads these; it comes with ``panoptic-data[multilingual]``.
TOKENIZER_PACKAGE = "transformers"
PREPROCESSING_KEYS = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True)
class _Checkpoint:
    """Arguments for open_clip: a model name, and a file unless the name is a directory's."""

    name: str
    file: Path | None = None
    preprocessing: dict[str, Any] = field(default_factory=dict)
    quick_gelu: bool = False


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder, naming the closest weights, when open_clip has none of this name."""
    if spec.local_path is not None or spec.model.startswith("hf-hub:"):
        return
    tags = open_clip.list_pretrained_tags_by_model(spec.model)
    if spec.weights not in tags:
        names = [f"clip:{spec.model}?weights={tag}" for tag in tags]
        raise UnknownEncoder(name=spec.text, known=closest(spec.text, names))


def load(spec: EncoderSpec, device: str) -> TorchEncoder:
    """Load the model in float32. Raises UnknownEncoder and WeightsUnavailable."""
    validate(spec)
    with quiet_root_logger():
        _check_package(spec)
        checkpoint = _find_checkpoint(spec)
        # Before the model, which takes longer.
        tokenizer = _tokenizer(spec, checkpoint)
        model = _create(spec, checkpoint, device)

    def embed_text(texts: Sequence[str]) -> torch.Tensor:
        return model.encode_text(tokenizer(list(texts)).to(device))  # type: ignore[no-any-return]

    preparation = _preparation(model.visual.preprocess_cfg)
    encoder = TorchEncoder(spec, model.visual, preparation, device, embed_text)
    encoder.scale = float(model.logit_scale.detach().exp())
    bias = getattr(model, "logit_bias", None)
    encoder.bias = None if bias is None else float(bias.detach())
    return encoder


def _check_package(spec: EncoderSpec) -> None:
    # Checked before 600 MB are downloaded in vain.
    text_config = _text_configuration(spec)
    required_model = text_config.get("hf_model_name") or text_config.get("hf_tokenizer_name")
    if required_model and find_spec(TOKENIZER_PACKAGE) is None:
        raise WeightsUnavailable(spec.text, "package", TOKENIZER_PACKAGE)


def _tokenizer(spec: EncoderSpec, checkpoint: _Checkpoint) -> Any:
    """Return what turns words into numbers: open_clip's own, or one that comes with the weights."""
    named = _text_configuration(spec).get("hf_tokenizer_name")
    if named and spec.local_path is None and not checkpoint.name.startswith("local-dir:"):
        # Asked for here, so that a hub that does not answer is said to be that.
        hub_file(spec.text, named, TOKENIZER_FILES[:1])
    try:
        return open_clip.get_tokenizer(checkpoint.name)
    except Exception as error:
        # As with checkpoints: whatever its library does not like.
        source = named or checkpoint.name
        if checkpoint.name.startswith("local-dir:"):
            source = str(Path(checkpoint.name.removeprefix("local-dir:")) / TOKENIZER_FILES[0])
        raise WeightsUnavailable(spec.text, "tokenizer", source) from error


def _text_configuration(spec: EncoderSpec) -> dict[str, Any]:
    """Return the text tower's section of a model's configuration."""
    if not spec.model.startswith(("local-dir:", "hf-hub:")):
        return dict(open_clip.get_model_config(spec.model)["text_cfg"])
    file = _configuration_file(spec)
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))["model_cfg"]["text_cfg"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsUnavailable(spec.text, "misfit", str(file)) from error


def _configuration_file(spec: EncoderSpec) -> Path:
    if spec.model.startswith("hf-hub:"):
        return hub_file(spec.text, spec.model.removeprefix("hf-hub:"), (CONFIGURATION_FILE,))
    return local_file(spec.text, Path(spec.model.removeprefix("local-dir:")) / CONFIGURATION_FILE)


def _find_checkpoint(spec: EncoderSpec) -> _Checkpoint:
    if spec.model.startswith("hf-hub:"):
        return _Checkpoint(f"local-dir:{_downloaded(spec)}")
    if spec.model.startswith("local-dir:"):
        return _Checkpoint(spec.model)
    if spec.local_path is not None:
        return _Checkpoint(spec.model, local_file(spec.text, spec.local_path))
    tag = open_clip.get_pretrained_cfg(spec.model, spec.weights)
    repo, _, name = tag["hf_hub"].rpartition("/")
    return _Checkpoint(
        spec.model,
        hub_file(spec.text, repo, (name,) if name else CHECKPOINT_FILES),
        {key: tag[key] for key in PREPROCESSING_KEYS if key in tag},
        # Given a file, open_clip chooses the activation by the model's name, but the tag decides:
        # with the wrong activation the vectors are plausible and wrong.
        bool(tag.get("quick_gelu")),
    )


def _downloaded(spec: EncoderSpec) -> Path:
    repo = spec.model.removeprefix("hf-hub:")
    configuration = _configuration_file(spec)
    # The cache has a directory for each commit: all files must come from the same one.
    revision = configuration.parent.name
    if _text_configuration(spec).get("hf_tokenizer_name"):
        for name in TOKENIZER_FILES:
            hub_file(spec.text, repo, (name,), revision=revision)
    hub_file(spec.text, repo, CHECKPOINT_FILES, revision=revision)
    return configuration.parent


def _create(spec: EncoderSpec, checkpoint: _Checkpoint, device: str) -> Any:
    try:
        return open_clip.create_model(
            checkpoint.name,
            pretrained=str(checkpoint.file) if checkpoint.file else None,
            device=device,
            force_quick_gelu=checkpoint.quick_gelu,
            force_preprocess_cfg=checkpoint.preprocessing,
            require_pretrained=True,
        ).eval()
    except Exception as error:
        # A damaged or foreign checkpoint fails in as many ways as there are formats.
        source = checkpoint.file or spec.model.removeprefix("local-dir:")
        raise WeightsUnavailable(spec.text, "misfit", str(source)) from error


def _preparation(configuration: dict[str, Any]) -> Preparation:
    size = configuration["size"]
    side = int(size if isinstance(size, int) else size[0])
    fill = int(configuration.get("fill_color") or 0)
    return Preparation(
        size=side,
        resize=side,
        fit=configuration["resize_mode"],
        interpolation=configuration["interpolation"],
        mean=tuple(configuration["mean"]),
        std=tuple(configuration["std"]),
        fill=(fill, fill, fill),
    )
