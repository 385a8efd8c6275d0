"""Name an encoder: a frozen spec, its text, and its slug in table names.

Not here: loading a model (``openclip``, ``timm_models``, ``descriptor``), and whether a tag of a
library exists (``encoders.validate``): parsing a text must not import that library.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from panoptic_data.errors import UnknownEncoder, UnknownEncoderOption

__all__ = [
    "ALIASES",
    "CONFIGURATION_FILE",
    "FAMILIES",
    "KNOWN",
    "MULTILINGUAL",
    "EncoderSpec",
    "at_path",
    "closest",
    "kept",
    "parse",
]

FAMILIES = ("clip", "timm", "visual")
DEFAULT_CLIP = "ViT-B-32"
# The tag of weights for a CLIP model whose text names none.
DEFAULT_WEIGHTS = {
    "ViT-B-32": "datacomp_xl_s13b_b90k",
    "ViT-B-16": "datacomp_xl_s13b_b90k",
    "ViT-L-14": "datacomp_xl_s13b_b90k",
    "ViT-B-32-SigLIP2-256": "webli",
    "MobileCLIP2-S0": "dfndr2b",
}
MULTILINGUAL = "clip:ViT-B-32-SigLIP2-256"
"""The encoder that is recommended where people search in another language than English."""
ALIASES = {"multilingual": MULTILINGUAL}
"""Words that stand for the text of an encoder."""
# Parts of names of models that were trained on many languages.
_OF_MANY_LANGUAGES = ("siglip2", "i18n", "xlm-roberta", "mt5", "nllb", "multilingual")
# What each folder holds that open_clip saved a model to.
CONFIGURATION_FILE = "open_clip_config.json"
# Prefixes of models that bring their own weights.
MODEL_PREFIXES = ("local-dir:", "hf-hub:")
OPTIONS = {
    "clip": ("weights",),
    "timm": ("checkpoint", "interpolation", "mean", "pad_type", "resize", "size", "std"),
    "visual": (),
}
WEIGHTS_OPTION = {"clip": "weights", "timm": "checkpoint"}
# The slug that an encoder keeps although its weights lie elsewhere now.
SLUG_OPTION = "slug"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class EncoderSpec:
    """One encoder: what to load, and what is known about it before it is loaded.

    ``model`` is an open_clip name, ``local-dir:PATH`` or ``hf-hub:ORG/NAME`` for ``clip``, a timm
    name for ``timm``, empty for ``visual``. ``weights`` is a tag or an absolute path, empty for
    the model's own. ``kept_slug`` is the slug that it keeps although its path has changed, empty
    for the one made of the text. The fields after it are descriptive and not compared.
    """

    family: str
    model: str = ""
    weights: str = ""
    options: tuple[tuple[str, str], ...] = ()
    kept_slug: str = ""
    dim: int | None = field(default=None, compare=False)
    input_size: int | None = field(default=None, compare=False)
    licence: str | None = field(default=None, compare=False)
    megabytes: int | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The shortest text that :func:`parse` reads back as this spec."""
        if self == _DEFAULT or not self.model:
            return self.family
        options = self.options
        if self.weights and self.weights != _default_weights(self.family, self.model):
            options = ((WEIGHTS_OPTION[self.family], self.weights), *options)
        if self.kept_slug:
            options = (*options, (SLUG_OPTION, self.kept_slug))
        query = "&".join(f"{name}={_escape(value)}" for name, value in options)
        return f"{self.family}:{_escape(self.model)}" + (f"?{query}" if query else "")

    @property
    def slug(self) -> str:
        """Its name in table names: ``[a-z0-9-]``, unique among specs."""
        if self.kept_slug:
            return self.kept_slug
        weights = self.weights
        is_local = bool(self.options) or _is_path(weights) or self.model.startswith(MODEL_PREFIXES)
        weights_name = Path(weights).stem if _is_path(weights) else weights
        model = _short_model(self.model)
        name = "-".join(filter(None, (self.family, _slugified(model), _slugified(weights_name))))
        if not is_local:
            return name
        return f"{name[:60].rstrip('-')}-{hashlib.sha1(self.text.encode()).hexdigest()[:8]}"

    @property
    def label(self) -> str:
        """Its name for people: short, and not always unique among specs."""
        weights_name = Path(self.weights).stem if _is_path(self.weights) else self.weights
        model = _short_model(self.model)
        parts = (model, "" if _slugified(weights_name) == _slugified(model) else weights_name)
        return " · ".join(filter(None, parts)) or self.family

    @property
    def reads_text(self) -> bool:
        """Whether words can be searched under it."""
        return self.family == "clip"

    @property
    def is_multilingual(self) -> bool:
        """Whether it reads other languages than English too, by the name of its model."""
        return self.reads_text and any(part in self.model.casefold() for part in _OF_MANY_LANGUAGES)

    @property
    def local_path(self) -> Path | None:
        """The file or directory on this machine that its weights are read from, if any."""
        if self.model.startswith("local-dir:"):
            return Path(self.model.removeprefix("local-dir:"))
        return Path(self.weights) if _is_path(self.weights) else None


def kept(spec: EncoderSpec, slug: str) -> EncoderSpec:
    """Return the spec under the slug that its tables have already."""
    own = replace(spec, kept_slug="")
    return own if own.slug == slug else replace(spec, kept_slug=slug)


def at_path(spec: EncoderSpec, path: Path) -> EncoderSpec:
    """Return the spec with its weights, which are on this machine, at another path; same slug."""
    absolute = _absolute(str(path))
    if spec.model.startswith("local-dir:"):
        moved = replace(spec, model=f"local-dir:{absolute}")
    else:
        moved = replace(spec, weights=absolute)
    return kept(moved, spec.slug)


def parse(text: str) -> EncoderSpec:
    """Read ``family[:model][?option=value&…]``.

    Or one of ``ALIASES``. ``%26``, ``%3F`` and ``%25`` stand for ``&``, ``?`` and ``%`` in a path;
    relative paths are taken from the working directory. Raises UnknownEncoder (with the closest
    known texts) and UnknownEncoderOption.
    """
    text = ALIASES.get(text.strip(), text)
    head, _, query = text.strip().partition("?")
    family, _, model = head.partition(":")
    if family not in FAMILIES or (family == "visual" and model):
        raise UnknownEncoder(name=text, known=closest(text, [spec.text for spec in KNOWN]))
    options = _options(text, family, query)
    weights = options.pop(WEIGHTS_OPTION.get(family, ""), "")
    kept_slug = options.pop(SLUG_OPTION, "")
    weights = _absolute(weights) if _is_path(weights) else weights
    name = _model(text, family, unquote(model))
    if family == "clip" and _is_path(weights) and (Path(weights) / CONFIGURATION_FILE).is_file():
        # A folder that open_clip saved says itself which model its weights are of.
        name, weights = f"local-dir:{weights}", ""
    spec = EncoderSpec(
        family=family,
        model=name,
        weights=weights,
        options=tuple(sorted(options.items())),
    )
    named = _with_known_details(_with_default_weights(spec))
    return kept(named, kept_slug) if kept_slug else named


def closest(name: str, names: list[str]) -> str:
    """Join the names most like ``name``, or the first few when none is like it."""
    matches = difflib.get_close_matches(name, names, n=4, cutoff=0.5) or names[:8]
    return ", ".join(matches)


def _options(text: str, family: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        is_slug = name == SLUG_OPTION and family != "visual" and _SLUG.fullmatch(value)
        if name not in OPTIONS[family] and not is_slug:
            known = ", ".join(OPTIONS[family]) or "–"
            raise UnknownEncoderOption(name=text, option=name, known=known)
        options[name] = unquote(value)
    return options


def _model(text: str, family: str, model: str) -> str:
    if family == "visual":
        return ""
    if family == "timm":
        if not model:
            known = [spec.text for spec in KNOWN if spec.family == "timm"]
            raise UnknownEncoder(name=text, known=", ".join(known))
        return model
    if model.startswith("local-dir:"):
        return "local-dir:" + _absolute(model.removeprefix("local-dir:"))
    if model.startswith("hf-hub:") or not model:
        return model or DEFAULT_CLIP
    if model not in _clip_models():
        names = [f"clip:{name}" for name in _clip_models()]
        raise UnknownEncoder(name=text, known=closest(f"clip:{model}", names))
    return model


@cache
def _clip_models() -> tuple[str, ...]:
    # The names of open_clip's configuration files: importing it costs 10 s, listing them 20 ms.
    package = find_spec("open_clip")
    if package is None or package.origin is None:
        return tuple(DEFAULT_WEIGHTS)
    folder = Path(package.origin).parent / "model_configs"
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def _with_default_weights(spec: EncoderSpec) -> EncoderSpec:
    if spec.weights:
        return spec
    weights = _default_weights(spec.family, spec.model)
    return replace(spec, weights=weights)


def _default_weights(family: str, model: str) -> str:
    return DEFAULT_WEIGHTS.get(model, "") if family == "clip" else ""


def _with_known_details(spec: EncoderSpec) -> EncoderSpec:
    return next((known for known in KNOWN if known == spec), spec)


def _is_path(weights: str) -> bool:
    # Tags are made of letters, digits and underscores.
    return re.search(r"[/\\.]", weights) is not None


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _short_model(model: str) -> str:
    if model.startswith("local-dir:"):
        return Path(model).name
    return model.removeprefix("hf-hub:")


def _slugified(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _escape(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26").replace("?", "%3F")


_DEFAULT = EncoderSpec("clip", DEFAULT_CLIP, DEFAULT_WEIGHTS[DEFAULT_CLIP])

KNOWN: tuple[EncoderSpec, ...] = (
    EncoderSpec(
        "clip",
        DEFAULT_CLIP,
        DEFAULT_WEIGHTS[DEFAULT_CLIP],
        dim=512,
        input_size=224,
        licence="MIT",
        megabytes=605,
    ),
    EncoderSpec(
        "clip",
        "ViT-B-16",
        DEFAULT_WEIGHTS["ViT-B-16"],
        dim=512,
        input_size=224,
        licence="MIT",
        megabytes=599,
    ),
    EncoderSpec(
        "clip",
        "ViT-L-14",
        DEFAULT_WEIGHTS["ViT-L-14"],
        dim=768,
        input_size=224,
        licence="MIT",
        megabytes=1711,
    ),
    EncoderSpec(
        "clip",
        "ViT-B-32-SigLIP2-256",
        DEFAULT_WEIGHTS["ViT-B-32-SigLIP2-256"],
        dim=768,
        input_size=256,
        licence="Apache-2.0",
        megabytes=1507,
    ),
    EncoderSpec(
        "clip",
        "MobileCLIP2-S0",
        DEFAULT_WEIGHTS["MobileCLIP2-S0"],
        dim=512,
        input_size=256,
        licence="Apple AMLR",
        megabytes=300,
    ),
    EncoderSpec(
        "clip", "ViT-B-32", "openai", dim=512, input_size=224, licence="MIT", megabytes=605
    ),
    EncoderSpec(
        "timm", "mobilenetv2_100", dim=1280, input_size=224, licence="Apache-2.0", megabytes=14
    ),
    EncoderSpec(
        "timm", "resnet50.a1_in1k", dim=2048, input_size=224, licence="Apache-2.0", megabytes=102
    ),
    EncoderSpec(
        "timm",
        "vit_small_patch14_dinov2.lvd142m",
        dim=384,
        input_size=518,
        licence="Apache-2.0",
        megabytes=88,
    ),
    EncoderSpec(
        "timm",
        "vit_base_patch14_dinov2.lvd142m",
        dim=768,
        input_size=518,
        licence="Apache-2.0",
        megabytes=346,
    ),
    EncoderSpec(
        "timm",
        "vit_small_patch16_dinov3.lvd1689m",
        dim=384,
        input_size=256,
        licence="DINOv3 License",
        megabytes=86,
    ),
    EncoderSpec("visual", dim=0, input_size=0, licence="Apache-2.0", megabytes=0),
)
