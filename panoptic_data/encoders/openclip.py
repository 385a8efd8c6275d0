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
from panoptic_data.encoders.spec import EncoderSpec, closest
from panoptic_data.encoders.torch_encoder import TorchEncoder
from panoptic_data.encoders.weights import hub_file, local_file, quiet_root_logger
from panoptic_data.errors import UnknownEncoder, WeightsUnavailable

__all__ = ["load", "validate"]

CONFIGURATION = "open_clip_config.json"
CHECKPOINTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")


@dataclass(frozen=True)
class _Place:
    """What open_clip is asked for: a name, and a file unless the name is a directory's."""

    name: str
    file: Path | None = None
    preprocessing: dict[str, Any] = field(default_factory=dict)
    quick_gelu: bool = False


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder when open_clip knows no such weights, with the closest that it has."""
    if spec.local is not None or spec.model.startswith("hf-hub:"):
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
        place = _find(spec)
        model = _create(spec, place, device)
        tokenizer = open_clip.get_tokenizer(place.name)

    def embed_text(texts: Sequence[str]) -> torch.Tensor:
        return model.encode_text(tokenizer(list(texts)).to(device))  # type: ignore[no-any-return]

    preparation = _preparation(model.visual.preprocess_cfg)
    encoder = TorchEncoder(spec, model.visual, preparation, device, embed_text)
    encoder.scale = float(model.logit_scale.detach().exp())
    return encoder


def _check_package(spec: EncoderSpec) -> None:
    # Before 600 MB are downloaded for nothing.
    text = _configuration(spec)
    needs = text.get("hf_model_name") or text.get("hf_tokenizer_name")
    if needs and find_spec("transformers") is None:
        raise WeightsUnavailable(spec.text, "package", "transformers")


def _configuration(spec: EncoderSpec) -> dict[str, Any]:
    """Return what a model's configuration says of its text tower."""
    if not spec.model.startswith(("local-dir:", "hf-hub:")):
        return dict(open_clip.get_model_config(spec.model)["text_cfg"])
    file = _configuration_file(spec)
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))["model_cfg"]["text_cfg"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsUnavailable(spec.text, "misfit", str(file)) from error


def _configuration_file(spec: EncoderSpec) -> Path:
    if spec.model.startswith("hf-hub:"):
        return hub_file(spec.text, spec.model.removeprefix("hf-hub:"), (CONFIGURATION,))
    return local_file(spec.text, Path(spec.model.removeprefix("local-dir:")) / CONFIGURATION)


def _find(spec: EncoderSpec) -> _Place:
    if spec.model.startswith("hf-hub:"):
        return _Place(f"local-dir:{_downloaded(spec)}")
    if spec.model.startswith("local-dir:"):
        return _Place(spec.model)
    if spec.local is not None:
        return _Place(spec.model, local_file(spec.text, spec.local))
    tag = open_clip.get_pretrained_cfg(spec.model, spec.weights)
    repo, _, name = tag["hf_hub"].rpartition("/")
    return _Place(
        spec.model,
        hub_file(spec.text, repo, (name,) if name else CHECKPOINTS),
        {key: tag[key] for key in PREPROCESSING if key in tag},
        # Given a file, open_clip takes the activation from the name; the tag knows better, and
        # the wrong one gives plausible nonsense.
        bool(tag.get("quick_gelu")),
    )


def _downloaded(spec: EncoderSpec) -> Path:
    repo = spec.model.removeprefix("hf-hub:")
    configuration = _configuration_file(spec)
    # The cache keeps a directory for each commit: both files must come from the same one.
    hub_file(spec.text, repo, CHECKPOINTS, revision=configuration.parent.name)
    return configuration.parent


def _create(spec: EncoderSpec, place: _Place, device: str) -> Any:
    try:
        return open_clip.create_model(
            place.name,
            pretrained=str(place.file) if place.file else None,
            device=device,
            force_quick_gelu=place.quick_gelu,
            force_preprocess_cfg=place.preprocessing,
            require_pretrained=True,
        ).eval()
    except Exception as error:
        # A damaged or foreign checkpoint fails in as many ways as there are formats.
        shown = place.file or spec.model.removeprefix("local-dir:")
        raise WeightsUnavailable(spec.text, "misfit", str(shown)) from error


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
