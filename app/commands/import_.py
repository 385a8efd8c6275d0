"""``panoptic import``: values from a file become annotations, as one batch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.commands.argument_types import not_together
from app.session.language import number, terminal_language
from panoptic_data.annotations import properties
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, left_out, matching, plan, readers
from panoptic_data.exchange.plan import Plan
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project, open_project

__all__ = ["run"]

# So many rows are listed of each kind of problem.
_MOST_PROBLEMS = 10
_LONGEST_VALUE = 60
_ID_DIGITS = 10


def run(args: argparse.Namespace) -> int:
    """Show what an import would write and, unless it is a dry run, write it."""
    _check(args)
    project = open_project(args.project)
    if args.tags is not None:
        return _import_tags(project, args)
    planned = _plan(project, args)
    summary = plan.summarize(planned, _MOST_PROBLEMS)
    if not args.json:
        print("\n".join(_preview_lines(summary)))
    if args.dry_run:
        return _print_end(args, summary, None)
    batch = apply.apply_plan(project, planned)
    listed = None
    if batch.changes.height:
        listed = left_out.write(project, planned, batch.id, terminal_language())
    if listed is not None and not args.json:
        count = left_out.list_of(planned).height
        print(_text("left_out", count=count, shown=number(count), file=listed))
    written = {**summary, "batch": batch.id, "left_out": listed and str(listed)}
    return _print_end(args, written, batch.changes.height)


def _check(args: argparse.Namespace) -> None:
    """Raise UsageError for options that would be passed over."""
    if args.tags is not None:
        named = ("match", "key", "folder", "column", "skip", "dates", "roots")
        given = [f"--{name}" for name in named if getattr(args, name) is not None]
        given += ["--existing"] if args.existing != plan.EXISTING[0] else []
        given += ["--target"] if args.target != properties.TARGETS[0] else []
        if given:
            raise not_together("--tags", ", ".join(given), "why_tag_list")
    if args.match == "row" and args.key is not None:
        raise not_together("--match row", "--key", "why_row")
    both = {name for name, _ in args.column or ()}.intersection(args.skip or ())
    for name in sorted(both):
        raise not_together(f"--column {name}=…", f"--skip {name}", "why_one_column")


def _plan(project: Project, args: argparse.Namespace) -> Plan:
    table = readers.read(args.file, roots=args.roots, encoding=args.encoding)
    proposed = matching.propose(project, table, args.match, args.key, args.folder)
    if proposed.by == "row" and args.match is None and not args.dry_run:
        # As many rows as files may be chance: such a match is not written unless requested.
        raise InvalidImport("guessed", table.name, folder=proposed.folder)
    columns: dict[str, dict[str, Any]] = {name: {"take": False} for name in args.skip or ()}
    for name, type in args.column or ():
        columns.setdefault(name, {"take": True})["type"] = type
    if args.dates is not None:
        for name in table.frame.columns:
            columns.setdefault(name, {})["order"] = args.dates
    return plan.make_plan(
        project,
        table,
        proposed,
        columns=columns,
        existing=args.existing,
        target=args.target,
    )


def _import_tags(project: Project, args: argparse.Namespace) -> int:
    new = readers.read_tags(args.file, args.encoding, is_guess_enough=args.dry_run)
    summary = {"file": args.file.name, "property": args.tags, "tags": len(new)}
    if not args.json:
        print(f"{args.file.name}: {_text('new_tags', count=len(new), shown=number(len(new)))}")
    if args.dry_run:
        return _print_end(args, summary, None)
    batch = apply.apply_tags(project, args.tags, new, about=args.file.name)
    return _print_end(args, {**summary, "batch": batch.id}, batch.changes.height)


def _print_end(args: argparse.Namespace, summary: Mapping[str, Any], changes: int | None) -> int:
    """Print what was written; ``changes`` is None after a dry run."""
    if args.json:
        answer = {**summary, "written": changes is not None, "changes": changes or 0}
        print(json.dumps(answer, ensure_ascii=False))
    elif changes is None:
        print(_text("dry_run"))
    elif changes == 0:
        print(_text("done_nothing" if summary.get("rows", 1) else "done_no_rows"))
    else:
        print(_text("done", count=changes, shown=number(changes)))
    return 0


def _preview_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    count, matching = summary["rows"], summary["matching"]
    matched = number(summary["matched"])
    yield _text("rows", file=summary["file"], count=count, shown=number(count), matched=matched)
    folder = matching["folder"] or _text("all_files")
    yield _text(f"matched_by_{matching['by']}", column=matching["column"], folder=folder)
    if summary["caseless"]:
        yield _text("caseless", count=summary["caseless"], shown=number(summary["caseless"]))
    yield from _text_lines(summary["text"])
    yield from _column_lines(summary["columns"], summary["existing"])
    if summary["hint"]:
        yield _text(f"hint_{summary['hint']}")
    if summary["overlong"]:
        yield _text("overlong", lines=", ".join(map(str, summary["overlong"])))
    yield from _unread_lines(summary["unread"])
    missed = summary["missed"]
    if missed["count"]:
        yield _text("missed", count=missed["count"], shown=number(missed["count"]))
        for row in missed["first"]:
            yield _line(row["line"], row["key"], _text(f"why_{row['why']}"))
        yield from _ellipsis(missed)


def _text_lines(form: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield how a file was read as text, where a person may doubt it."""
    if form is None:
        return
    cells = " · ".join(map(_cut, form["accented"]))
    if not form["is_certain"]:
        others = ", ".join(form["others"])
        yield _text("read_as_unclear", encoding=form["encoding"], others=others, cells=cells)
    elif not form["encoding"].startswith("utf"):
        yield _text("read_as", encoding=form["encoding"], cells=cells)
    for kind in ("bad_lines", "open_quotes"):
        if form[kind]["count"]:
            lines = ", ".join(map(number, form[kind]["first"]))
            more = " …" if form[kind]["count"] > len(form[kind]["first"]) else ""
            yield _text(kind, encoding=form["encoding"], lines=lines + more)


def _column_lines(columns: list[dict[str, Any]], existing: str) -> Iterator[str]:
    width = max((len(column["name"]) for column in columns), default=0)
    for column in columns:
        state = "column_new" if column["is_new"] else "column_existing"
        parts = [_text(state if column["take"] else "column_left_out")]
        if column["take"]:
            parts.append(_text("values", count=column["values"], shown=number(column["values"])))
            tags = column["new_tags"]["count"]
            parts += [_text("new_tags", count=tags, shown=number(tags))] if tags else []
        type = column["type"] if column["take"] else ""
        yield f"  {column['name']:<{width}}  {type:<8}  {', '.join(parts)}"
        if column["take"]:
            yield from _problem_lines(column, existing)


def _problem_lines(column: Mapping[str, Any], existing: str) -> Iterator[str]:
    if column["repeated"]:
        yield f"    {_text('repeated', count=column['repeated'], shown=number(column['repeated']))}"
    yield from _conflict_lines(column, existing)
    yield from _rewritten_lines(column["rewritten"])
    if column["order"] is None:
        yield f"    {_text('column_dates_open')}"
    elif column["order"] == "month":
        yield f"    {_text('column_dates', order=_text('order_month'))}"
    unreadable = column["unreadable"]
    if unreadable["count"]:
        wanted = translate(f"values.{column['type']}", terminal_language())
        count = unreadable["count"]
        line = _text(
            "unreadable", count=count, shown=number(count), column=column["name"], wanted=wanted
        )
        yield f"    {line}"
        for cell in unreadable["first"]:
            yield f"  {_line(cell['line'], cell['value'])}"
        yield from _ellipsis(unreadable)


def _conflict_lines(column: Mapping[str, Any], existing: str) -> Iterator[str]:
    conflicts = column["conflicts"]
    if not conflicts["count"]:
        return
    key = "conflicts_kept" if existing == "keep" else "conflicts_replaced"
    yield f"    {_text(key, count=conflicts['count'], shown=number(conflicts['count']))}"
    for conflict in conflicts["first"]:
        held, value = (_cut(conflict[part]) for part in ("held", "value"))
        yield f"      {conflict['target'][:_ID_DIGITS]}  {held} → {value}"
    yield from _ellipsis(conflicts)


def _rewritten_lines(rewritten: Mapping[str, Any]) -> Iterator[str]:
    if not rewritten["count"]:
        return
    count = rewritten["count"]
    yield f"    {_text('rewritten', count=count, shown=number(count))}"
    for cell in rewritten["first"]:
        value, becomes = _cut(cell["value"]), _cut(cell["becomes"])
        yield f"  {_line(cell['line'], f'{value} → {becomes}')}"
    yield from _ellipsis(rewritten)


def _unread_lines(unread: Mapping[str, Any]) -> Iterator[str]:
    if not unread["count"]:
        return
    yield _text("unread", count=unread["count"], shown=number(unread["count"]))
    for file in unread["first"]:
        yield f"    {_cut(file['file'])}  {file['cause']}"
    yield from _ellipsis(unread)


def _ellipsis(listed: Mapping[str, Any]) -> Iterator[str]:
    if listed["count"] > len(listed["first"]):
        yield "    …"


def _line(line: int, text: str | None, why: str = "") -> str:
    parts = (_text("line", line=line), _cut(text), why)
    return "    " + "  ".join(part for part in parts if part)


def _cut(text: str | None) -> str:
    one_line = " ".join((text or "").split())
    return one_line if len(one_line) <= _LONGEST_VALUE else f"{one_line[:_LONGEST_VALUE]}…"


def _text(key: str, **params: object) -> str:
    return translate(f"import.{key}", terminal_language(), **params)
