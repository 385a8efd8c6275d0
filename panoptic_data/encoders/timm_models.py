"""Load a timm model without its classifier: one pooled vector per image, no text.

Not here: where its files come from (``weights``), how it is run (``torch_encoder``).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import timm
from timm.data.config import resolve_data_config
from timm.models import load_state_dict

from panoptic_data.encoders.preparation import FILTERS, Preparation, Triple
from panoptic_data.encoders.spec import EncoderSpec, closest
from panoptic_data.encoders.torch_encoder import TorchEncoder
from panoptic_data.encoders.weights import hub_file, local_file, quiet_root_logger
from panoptic_data.errors import UnknownEncoder, UnknownEncoderOption, WeightsUnavailable

__all__ = ["load", "validate"]

CHECKPOINT_FILES = ("model.safetensors", "pytorch_model.bin")
CROP_MODES = {"center": "shortest", "squash": "squash", "border": "longest"}


def validate(spec: EncoderSpec) -> None:
    """Raise UnknownEncoder, naming the closest models, when timm has no such model or tag."""
    name, _, tag = spec.model.partition(".")
    if timm.is_model(name) and (not tag or spec.model in _tags(name)):
        return
    names = [f"timm:{model}" for model in _tags(name) or timm.list_models()]
    raise UnknownEncoder(name=spec.text, known=closest(f"timm:{spec.model}", names))


def load(spec: EncoderSpec, device: str) -> TorchEncoder:
    """Load the model in float32.

    Raises UnknownEncoder, UnknownEncoderOption (a value that is no number) and
    WeightsUnavailable.
    """
    validate(spec)
    checkpoint = _find_checkpoint(spec)
    model = _create(spec, checkpoint)
    configuration = resolve_data_config(model=model)  # type: ignore[no-untyped-call]
    preparation = _preparation(spec, configuration)
    return TorchEncoder(spec, model, preparation, device)


def _tags(name: str) -> list[str]:
    return [model for model in timm.list_pretrained(f"{name}.*")]


def _find_checkpoint(spec: EncoderSpec) -> Path:
    if spec.local_path is not None:
        return local_file(spec.text, spec.local_path)
    published = timm.get_pretrained_cfg(spec.model)
    if published is None or not published.hf_hub_id:
        raise WeightsUnavailable(spec.text, "unpublished", spec.model)
    names = (published.hf_hub_filename,) if published.hf_hub_filename else CHECKPOINT_FILES
    return hub_file(spec.text, published.hf_hub_id, names)


def _create(spec: EncoderSpec, checkpoint: Path) -> Any:
    options = dict(spec.options)
    extra: dict[str, Any] = {"pad_type": options["pad_type"]} if "pad_type" in options else {}
    published = timm.get_pretrained_cfg(spec.model)
    if "size" in options and published is not None and published.fixed_input_size:
        extra["img_size"] = int(_number(spec, "size", options["size"]))
    overlay: dict[str, Any] = {"file": str(checkpoint)}
    try:
        if spec.local_path is not None:
            overlay["num_classes"] = extra["num_classes"] = _classes(checkpoint, published)
        # With as many classes as the file has: only then does timm check every weight.
        with quiet_root_logger():
            model = timm.create_model(
                spec.model, pretrained=True, pretrained_cfg_overlay=overlay, **extra
            )
    except Exception as error:
        # A damaged or foreign checkpoint fails in as many ways as there are formats.
        raise WeightsUnavailable(spec.text, "misfit", str(checkpoint)) from error
    classifier: Any = model.reset_classifier
    classifier(0)
    return model


def _classes(checkpoint: Path, published: Any) -> int:
    layer = published.classifier if published is not None else None
    name = layer[0] if isinstance(layer, tuple | list) else layer
    weights = load_state_dict(str(checkpoint)).get(f"{name}.weight")
    return int(weights.shape[0]) if weights is not None else 0


def _preparation(spec: EncoderSpec, configuration: dict[str, Any]) -> Preparation:
    options = dict(spec.options)
    _, height, width = configuration["input_size"]
    if height != width:
        raise WeightsUnavailable(spec.text, "not_square", f"{width} × {height}")
    size = int(_number(spec, "size", options.get("size", str(height))))
    scaled = str(math.floor(size / configuration["crop_pct"]))
    fit = CROP_MODES[configuration["crop_mode"]]
    mean = _triple(spec, "mean", options, configuration)
    return Preparation(
        size=size,
        resize=max(size, int(_number(spec, "resize", options.get("resize", scaled)))),
        fit=fit,
        interpolation=_interpolation(spec, options.get("interpolation"), configuration),
        mean=mean,
        std=_triple(spec, "std", options, configuration),
        fill=(round(255 * mean[0]), round(255 * mean[1]), round(255 * mean[2])),
    )


def _interpolation(spec: EncoderSpec, option: str | None, configuration: dict[str, Any]) -> str:
    if option is not None and option not in FILTERS:
        raise UnknownEncoderOption(
            name=spec.text, option=f"interpolation={option}", known=", ".join(FILTERS)
        )
    return option or str(configuration["interpolation"])


def _triple(
    spec: EncoderSpec, name: str, options: dict[str, str], configuration: dict[str, Any]
) -> Triple:
    if name not in options:
        red, green, blue = configuration[name]
        return float(red), float(green), float(blue)
    values = [_number(spec, name, value) for value in options[name].split(",")]
    if len(values) == 1:
        return values[0], values[0], values[0]
    if len(values) != 3:
        raise UnknownEncoderOption(name=spec.text, option=f"{name}={options[name]}", known="0.5")
    return values[0], values[1], values[2]


def _number(spec: EncoderSpec, name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UnknownEncoderOption(
            name=spec.text, option=f"{name}={value}", known="0.5, 224"
        ) from None
