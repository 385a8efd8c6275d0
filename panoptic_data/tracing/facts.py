"""The facts of a step as names and texts in a person's language, for commands and pages.

Not here: the sentence of a whole lineage (``sentences``), drawing the graph (``app``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panoptic_data.messages import keys, translate

if TYPE_CHECKING:
    from panoptic_data.tracing.model import InputVersion, Step

__all__ = ["facts", "label", "title"]

# Digits of a digest by which two are told apart at a glance.
SHORT = 12
_OF_ORIGIN = (
    *("run", "at", "what", "who", "code", "stage", "stage_code", "parameters", "inputs"),
    *("data_version", "table_version", "dagster_runs", "finished_by"),
)
# Their values are words of the catalogue.
_WORDS = ("made_from", "proposed_by", "kind", "stale")


def title(step: Step, language: str) -> str:
    """Return what a step is: “Vector”."""
    return translate(f"lineage.step_{step.kind}", language)


def label(step: Step, language: str) -> str:
    """Return the name of a step: of a change what was done, of duplicates how they are alike."""
    word = {"batch": "act", "duplicates": "kind"}.get(step.kind)
    return _text(word, step.name, language) if word else step.name


def facts(step: Step, language: str) -> list[tuple[str, str]]:
    """Return what is known of a step, named, without what is not known: details, then its run."""
    values: dict[str, Any] = dict(step.details)
    if step.stale is not None:
        values["stale"] = step.stale
    rows = [(name, _text(name, value, language)) for name, value in values.items()]
    if step.origin is not None:
        made = vars(step.origin)
        rows += [(name, _text(name, made[name], language)) for name in _OF_ORIGIN]
    return [(translate(f"lineage.fact_{name}", language), text) for name, text in rows if text]


def _text(name: str, value: Any, language: str) -> str:
    if value is None or value == "" or value == () or value == {} or value == []:
        return ""
    if name in _WORDS:
        return translate(f"lineage.{name}_{value}", language)
    if name == "act":
        key = f"act.{value}"
        return translate(key, language) if key in keys(language) else str(value)
    if name == "edits":
        return ", ".join(translate(f"duplicates.edit_{edit}", language) for edit in value)
    if name == "inputs":
        return "; ".join(_input(version, language) for version in value)
    if name == "nearest":
        pairs = ((item["path"], _number(item["similarity"], language)) for item in value)
        return "; ".join(f"{path} ({similarity})" for path, similarity in pairs)
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value, language)
    return str(value)


def _input(version: InputVersion, language: str) -> str:
    short = version.data_version[:SHORT]
    if version.run is None:
        return translate("lineage.input", language, stage=version.stage, version=short)
    return translate(
        "lineage.input_of",
        language,
        stage=version.stage,
        version=short,
        table=version.table_version,
        run=version.run,
    )


def _number(value: float, language: str) -> str:
    text = f"{value:.4g}"
    return text.replace(".", ",") if language == "fr" else text


def _mapping(value: Mapping[str, Any], language: str) -> str:
    pairs = ((name, _text("", part, language)) for name, part in sorted(value.items()))
    return ", ".join(f"{name} {text}" for name, text in pairs if text)


# In this order: a truth value is a number, too.
_WRITERS: dict[type, Callable[[Any, str], str]] = {
    bool: lambda value, language: translate(f"lineage.{'yes' if value else 'no'}", language),
    float: _number,
    datetime: lambda value, _: f"{value:%Y-%m-%d %H:%M:%S} UTC",
    dict: _mapping,
    list: lambda value, language: ", ".join(_text("", item, language) for item in value),
    tuple: lambda value, language: ", ".join(_text("", item, language) for item in value),
}
