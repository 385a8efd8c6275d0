"""The parameters that a person can change, and with which of them each stage was made.

They are settings of the project. A stage records, beside its own figures, those that are not the
usual ones, of itself and of all that it is made of, and versions of the code above 1 of what it is
made of: a stage whose record says otherwise than the settings is made anew, with all that follows.
Not here: what a stage does with them (each in its package), what is stale for other reasons
(``stages``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import UsageError
from panoptic_data.messages import terminal_language, translate
from panoptic_data.provenance.stages import CODE_VERSIONS, PER_ENCODER, SETTINGS, stage_kind

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = [
    "PARAMETERS",
    "Difference",
    "Parameter",
    "changed",
    "code_version",
    "differences",
    "parse",
    "recorded",
    "require_valid",
    "settings_of",
    "too_many_clusters",
    "value_of",
    "wanted",
]

Value = int | float | str

_FIRST = "1"
_KMEANS = "kmeans"
_METHODS = ("levels", _KMEANS)

# Of what each kind of stage is made, itself included: other parameters of these mean making it
# anew. The others (which files there are) only mean doing what is missing.
_MADE_OF: Mapping[str, tuple[str, ...]] = {
    "files": ("files",),
    "images": ("images",),
    "embeddings": ("images", "embeddings"),
    "corpus": ("corpus",),
    "vector_index": ("images", "embeddings", "vector_index"),
    "neighbours": ("images", "embeddings", "neighbours"),
    "projection": ("images", "embeddings", "neighbours", "projection"),
    "clusters": ("images", "embeddings", "neighbours", "clusters"),
    "duplicates": ("images", "embeddings", "neighbours", "duplicates"),
    "shared_parts": ("images", "shared_parts"),
    "annotations": ("annotations",),
}


@dataclass(frozen=True)
class Difference:
    """What a stage was made with, and what it would be made with now.

    ``name`` is that of a parameter, or ``neighbours.code``; None is chosen by the corpus.
    """

    name: str
    before: Any
    now: Any


@dataclass(frozen=True)
class Parameter:
    """One parameter: ``usual`` is its value where none is set (None: chosen by the corpus).

    A number is from ``least`` to ``most``; a text is one of ``choices``.
    """

    name: str
    usual: Value | None
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()
    is_whole: bool = True

    @property
    def kind(self) -> str:
        """The kind of stage that it belongs to."""
        return self.name.partition(".")[0]


PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("images.thumbnail", 256, 128, 1024),
        Parameter("neighbours.k", 15, 2, 200),
        Parameter("projection.min_dist", 0.5, 0, 1, is_whole=False),
        Parameter("clusters.method", "levels", choices=_METHODS),
        Parameter("clusters.k", None, 1, 100_000),
        Parameter("duplicates.radius", 10, 0, 16),
    )
}
"""By name, which is a kind of stage and its own: ``neighbours.k``."""


def parse(text: str) -> tuple[str, Value | None]:
    """Return name and value of ``neighbours.k=20``; without a value (``neighbours.k=``) None.

    Raises UsageError for a name that there is not, and for a value that it cannot have.
    """
    name, sign, value = (part.strip() for part in text.partition("="))
    parameter = PARAMETERS.get(name)
    if parameter is None or not sign:
        known = ", ".join(PARAMETERS)
        raise UsageError(problem=_say("unknown", name=name or text, known=known))
    return name, _read(parameter, value) if value else None


def changed(project: Project, changes: Mapping[str, Value | None]) -> tuple[tuple[str, Value], ...]:
    """Return a project's parameters with some set, None for the usual value, sorted by name.

    A number of clusters is one for k-means, and goes with another method. Raises UsageError for a
    number of clusters with another method, or of more clusters than there are images.
    """
    k = changes.get("clusters.k")
    if k is not None and changes.get("clusters.method", _KMEANS) != _KMEANS:
        raise UsageError(problem=_say("k_without_kmeans", k=k))
    _require_enough_images(project, k)
    values = dict(project.parameters)
    if changes.get("clusters.k") is not None and "clusters.method" not in changes:
        changes = {**changes, "clusters.method": "kmeans"}
    if changes.get("clusters.method") == "levels":
        changes = {**changes, "clusters.k": None}
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return tuple(sorted(values.items()))


def _require_enough_images(project: Project, k: Value | None) -> None:
    """Raise UsageError for more clusters than a project has images, where it has any yet."""
    text = k and too_many_clusters(project, k)
    if text:
        raise UsageError(problem=text)


def too_many_clusters(project: Project, k: Value) -> str | None:
    """Return that a number of clusters is above that of images; None where it is not."""
    images = project.database().count("images")
    return _say("too_many_clusters", k=k, images=images) if 0 < images < float(k) else None


def require_valid(project: Project) -> None:
    """Raise UsageError for a parameter in the settings that has a value that it cannot have.

    The file can be edited by hand. Names that this release does not know are of another's.
    """
    for name, value in project.parameters:
        parameter = PARAMETERS.get(name)
        if parameter is not None:
            _read(parameter, value if isinstance(value, str) else json.dumps(value, default=str))


def value_of(project: Project, name: str) -> Any:
    """Return what is set of a parameter, else its usual value."""
    return dict(project.parameters).get(name, PARAMETERS[name].usual)


def settings_of(project: Project, kind: str) -> dict[str, Value]:
    """Return what a kind of stage is to be made with beside what is usual: {} in most projects.

    Parameters by their names, versions of code as ``neighbours.code``.
    """
    parts = _MADE_OF[kind]
    values: dict[str, Value] = {
        name: value
        for name, value in project.parameters
        if name in PARAMETERS and PARAMETERS[name].kind in parts
    }
    # Pictures that newer code reads otherwise lose their vectors alone: the others stay.
    codes = [part for part in parts if part in PER_ENCODER and part != kind]
    values |= {
        f"{part}.code": CODE_VERSIONS[part] for part in codes if CODE_VERSIONS[part] != _FIRST
    }
    return dict(sorted(values.items()))


def recorded(project: Project) -> tuple[tuple[str, Value], ...]:
    """Return the parameters that the stages were made with, as a project has them."""
    rows = project.database().frame("stages", ["parameters"])["parameters"].to_list()
    settings = [json.loads(row or "{}").get(SETTINGS, {}) for row in rows]
    values = {name: value for some in settings for name, value in some.items()}
    return tuple(sorted(pair for pair in values.items() if pair[0] in PARAMETERS))


def wanted(project: Project, stages: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return, by stage, what it is to be made with: ``settings`` and the encoder's fingerprint."""
    rows = project.database().frame("encoders", ["slug", "fingerprint"])
    fingerprints = dict(rows.drop_nulls().iter_rows())
    result: dict[str, dict[str, object]] = {}
    for stage in stages:
        kind, _, rest = stage.partition("/")
        result[stage] = {SETTINGS: settings_of(project, kind)}
        if kind in ("projection", "clusters") and fingerprints.get(rest):
            result[stage]["fingerprint"] = fingerprints[rest]
    return result


def code_version(project: Project | None, kind: str) -> str:
    """Return the version of a stage's code with what is set of it, as Dagster compares it.

    Where nothing is set it is that of ``CODE_VERSIONS``, as in releases without settings.
    """
    values = [] if project is None else project.parameters
    own = [f"{name}={value}" for name, value in values if name.startswith(f"{kind}.")]
    return " ".join([CODE_VERSIONS[kind], *own])


def differences(stage: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return in what the settings of a stage differ from those that it was made with.

    Its own first; a parameter that was not set had its usual value.
    """
    names = sorted({*before, *now}, key=lambda name: (not name.startswith(stage_kind(stage)), name))
    pairs = [(name, _or_usual(name, before), _or_usual(name, now)) for name in names]
    return [Difference(name, was, value) for name, was, value in pairs if was != value]


def _or_usual(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    return PARAMETERS[name].usual if name in PARAMETERS else _FIRST


def _read(parameter: Parameter, text: str) -> Value:
    if parameter.choices:
        if text not in parameter.choices:
            known = ", ".join(parameter.choices)
            raise UsageError(problem=_say("not_a_choice", name=parameter.name, known=known))
        return text
    try:
        number = json.loads(text)
    except ValueError:
        number = None
    kinds = (int,) if parameter.is_whole else (int, float)
    is_number = isinstance(number, kinds) and not isinstance(number, bool)
    if not is_number or not parameter.least <= number <= parameter.most:
        key = "not_whole" if parameter.is_whole else "not_a_number"
        ends = {"least": parameter.least, "most": parameter.most}
        raise UsageError(problem=_say(key, name=parameter.name, text=text, **ends))
    return int(number) if parameter.is_whole else float(number)


def _say(key: str, **values: object) -> str:
    return translate(f"parameters.{key}", terminal_language(), **values)
