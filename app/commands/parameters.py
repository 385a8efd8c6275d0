"""``panoptic parameters``: list the parameters of stages, or set some; nothing is computed.

Not here: which there are (``panoptic_data.provenance.parameters``), making anew (``process``).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from app.session.language import terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.messages import translate
from panoptic_data.provenance import costs, parameters
from panoptic_data.storage.project import Project, open_project, set_parameters
from panoptic_data.vectors import outdated

__all__ = ["outdated_values", "print_outdated", "run"]


def run(args: argparse.Namespace) -> int:
    """Print the parameters, after setting those that are given."""
    project = open_project(args.project)
    changes = _changes(args.values)
    if changes:
        values = parameters.changed(project, changes)
        if values != project.parameters:
            project = set_parameters(project, values)
    late = outdated.outdated_stages(project, outdated.used_slugs(project))
    if args.json:
        print(json.dumps(_values(project, late), ensure_ascii=False))
        return 0
    for parameter in parameters.PARAMETERS.values():
        print(_line(project, parameter))
    print_outdated(late)
    return 0


def _changes(texts: Sequence[str]) -> dict[str, parameters.Value | None]:
    """Return the parameters that are given, by name. Raises UsageError."""
    changes: dict[str, parameters.Value | None] = {}
    for name, value in map(parameters.parse, texts):
        if name in changes:
            text = translate("parameters.twice", terminal_language(), name=name)
            raise UsageError(problem=text)
        changes[name] = value
    return changes


def print_outdated(late: list[outdated.Outdated]) -> None:
    """Print what is out of date, why, and what making it anew takes."""
    language = terminal_language()
    if not late:
        return
    print(translate("parameters.outdated", language))
    for stage in late:
        why = outdated.reason(stage, language)
        print(translate("parameters.line", language, stage=stage.name, why=why))
        if stage.is_first:
            cost = costs.text(stage.cost, language)
            print(f"    {translate('parameters.line_cost', language, cost=cost)}")
    print(translate("parameters.made_anew_by", language))


def outdated_values(late: list[outdated.Outdated]) -> list[dict[str, Any]]:
    """Return what is out of date as JSON values."""
    return [
        {
            "stage": stage.name,
            "reason": stage.why,
            "why": outdated.reason(stage, terminal_language()),
            "after": list(stage.after),
            "first": stage.is_first,
            "seconds": stage.cost.seconds,
            "unknown": list(stage.cost.unknown),
        }
        for stage in late
    ]


def _values(project: Project, late: list[outdated.Outdated]) -> dict[str, Any]:
    return {
        "parameters": {
            name: {"value": parameters.value_of(project, name), "usual": parameter.usual}
            for name, parameter in parameters.PARAMETERS.items()
        },
        "outdated": outdated_values(late),
    }


def _line(project: Project, parameter: parameters.Parameter) -> str:
    language = terminal_language()
    value = parameters.value_of(project, parameter.name)
    shown = translate("parameters.chosen", language) if value is None else str(value)
    about = translate(f"parameters.about_{parameter.name.replace('.', '_')}", language)
    return f"{parameter.name} = {shown}  ({about})"
