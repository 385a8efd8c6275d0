"""``panoptic import``: values from a file become annotations, as one batch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.session.language import number, terminal_language
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, matching, plan, readers
from panoptic_data.exchange.plan import Plan
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project, open_project

__all__ = ["run"]

# Of each kind of trouble so many lines are shown.
_SHOWN = 10
_LONGEST = 60


def run(chosen: argparse.Namespace) -> int:
    """Show what an import does and, unless it is a rehearsal, do it."""
    project = open_project(chosen.project)
    if chosen.tags is not None:
        return _import_tags(project, chosen)
    planned = _plan(project, chosen)
    told = plan.summarize(planned, _SHOWN)
    if not chosen.json:
        print("\n".join(_preview(told)))
    if chosen.dry_run:
        return _end(chosen, told, None)
    batch = apply.apply_plan(project, planned)
    return _end(chosen, {**told, "batch": batch.id}, batch.changes.height)


def _plan(project: Project, chosen: argparse.Namespace) -> Plan:
    table = readers.read(chosen.file)
    found_by = matching.propose(project, table, chosen.match, chosen.key, chosen.folder)
    if found_by.by == "row" and chosen.match is None and not chosen.dry_run:
        # As many rows as files may be chance: what nobody asked for is not written.
        raise InvalidImport("guessed", table.name, folder=found_by.folder)
    columns: dict[str, dict[str, Any]] = {name: {"take": False} for name in chosen.skip or ()}
    for name, type in chosen.column or ():
        columns.setdefault(name, {"take": True})["type"] = type
    return plan.make_plan(
        project,
        table,
        found_by,
        columns=columns,
        existing=chosen.existing,
        target=chosen.target,
    )


def _import_tags(project: Project, chosen: argparse.Namespace) -> int:
    new = readers.read_tags(chosen.file)
    told = {"file": chosen.file.name, "property": chosen.tags, "tags": len(new)}
    if not chosen.json:
        print(f"{chosen.file.name}: {_say('new_tags', count=len(new), shown=number(len(new)))}")
    if chosen.dry_run:
        return _end(chosen, told, None)
    batch = apply.apply_tags(project, chosen.tags, new, about=chosen.file.name)
    return _end(chosen, {**told, "batch": batch.id}, batch.changes.height)


def _end(chosen: argparse.Namespace, told: Mapping[str, Any], changes: int | None) -> int:
    """Say what was written: None is a rehearsal."""
    if chosen.json:
        answer = {**told, "written": changes is not None, "changes": changes or 0}
        print(json.dumps(answer, ensure_ascii=False))
    elif changes is None:
        print(_say("dry_run"))
    elif changes == 0:
        print(_say("done_nothing"))
    else:
        print(_say("done", count=changes, shown=number(changes)))
    return 0


def _preview(told: Mapping[str, Any]) -> Iterator[str]:
    count, matching = told["rows"], told["matching"]
    matched = number(told["matched"])
    yield _say("rows", file=told["file"], count=count, shown=number(count), matched=matched)
    folder = matching["folder"] or _say("all_files")
    yield _say(f"matched_by_{matching['by']}", column=matching["column"], folder=folder)
    yield from _columns(told["columns"])
    if told["overlong"]:
        yield _say("overlong", lines=", ".join(map(str, told["overlong"])))
    missed = told["missed"]
    if missed["count"]:
        yield _say("missed", count=missed["count"], shown=number(missed["count"]))
        for one in missed["first"]:
            yield _line(one["line"], one["key"], _say(f"why_{one['why']}"))
        yield from _more(missed)


def _columns(columns: list[dict[str, Any]]) -> Iterator[str]:
    width = max((len(one["name"]) for one in columns), default=0)
    for one in columns:
        state = "column_new" if one["is_new"] else "column_existing"
        parts = [_say(state if one["take"] else "column_left_out")]
        if one["take"]:
            parts.append(_say("values", count=one["values"], shown=number(one["values"])))
            tags = one["new_tags"]["count"]
            parts += [_say("new_tags", count=tags, shown=number(tags))] if tags else []
        type = one["type"] if one["take"] else ""
        yield f"  {one['name']:<{width}}  {type:<8}  {', '.join(parts)}"
        if one["take"]:
            yield from _troubles(one)


def _troubles(one: Mapping[str, Any]) -> Iterator[str]:
    if one["repeated"]:
        yield f"    {_say('repeated', count=one['repeated'], shown=number(one['repeated']))}"
    bad = one["unreadable"]
    if bad["count"]:
        wanted = translate(f"values.{one['type']}", terminal_language())
        count = bad["count"]
        said = _say(
            "unreadable", count=count, shown=number(count), column=one["name"], wanted=wanted
        )
        yield f"    {said}"
        for it in bad["first"]:
            yield f"  {_line(it['line'], it['value'])}"
        yield from _more(bad)


def _more(some: Mapping[str, Any]) -> Iterator[str]:
    if some["count"] > len(some["first"]):
        yield "    …"


def _line(line: int, text: str | None, why: str = "") -> str:
    shown = " ".join((text or "").split())
    cut = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    return "    " + "  ".join(part for part in (_say("line", line=line), cut, why) if part)


def _say(key: str, **params: object) -> str:
    return translate(f"import.{key}", terminal_language(), **params)
