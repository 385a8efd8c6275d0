"""``panoptic sources``: list the sources, add, move, rename or remove one."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from app.commands import add
from app.session.language import cli_text, number, terminal_language
from panoptic_data.annotations.store import annotations_of
from panoptic_data.duplicates import overwritten
from panoptic_data.ingest import presence, source_changes, sources
from panoptic_data.messages import translate
from panoptic_data.provenance import overview
from panoptic_data.storage.project import Project, open_project
from panoptic_data.views import source_names

__all__ = ["annotated_images", "report", "run"]

# Saved views that one line names.
NAMED_AT_MOST = 10


def run(args: argparse.Namespace) -> int:
    """List the sources, or do what is asked to one of them."""
    if args.action == "add":
        return add.run(args)
    project = open_project(args.project)
    if args.action == "relink":
        return _relink(project, args)
    if args.action == "rename":
        return _rename(project, args)
    if args.action == "remove":
        return _remove(project, args)
    if args.action == "watch":
        return _watch(project, args)
    if args.action == "changed":
        return _changed(project, args)
    return _list(project, args)


def _list(project: Project, args: argparse.Namespace) -> int:
    summaries = overview.source_summaries(project)
    if args.json:
        automatic = {s.name for s in sources.listing(project) if s.is_automatic}
        rows = [{**asdict(s), "automatic": s.name in automatic} for s in summaries]
        print(json.dumps({"sources": rows}, ensure_ascii=False, default=str))
        return 0
    notes = {source.name: source for source in sources.listing(project)}
    for summary in summaries:
        counts = {name: number(getattr(summary, name)) for name in ("images", *overview.STATUSES)}
        print(f"{summary.name}  {summary.uri}")
        print(f"  {_text('counts', **counts)}")
        source = notes[summary.name]
        problem = presence.problem_text(
            source.name, source.root, source.presence, terminal_language()
        )
        if problem:
            print(f"  {problem}")
        if source.is_automatic:
            print(f"  {translate('watch.listed_automatic', terminal_language())}")
    if not summaries:
        print(cli_text("no_sources"))
    return 0


def _relink(project: Project, args: argparse.Namespace) -> int:
    (source,) = sources.select(project, [args.name])
    folder = sources.existing_folder(args.folder)
    compared = source_changes.compare(project, source, folder)
    counts = {"present": number(compared.present), "sampled": number(compared.sampled)}
    shown = _text("compared", name=source.name, path=folder, **counts)
    is_sure = compared.is_same or not compared.sampled
    if not (is_sure or args.yes):
        return report(args, {**asdict(compared), "done": False}, shown, _text("say_yes"))
    source_changes.relink(project, source.name, folder)
    relinked = _text("relinked", name=source.name, path=folder, old=source.root)
    return report(args, {**asdict(compared), "done": True}, shown, relinked)


def _watch(project: Project, args: argparse.Namespace) -> int:
    """Say, or change, whether what is new in a source is processed by itself."""
    if args.process is not None:
        sources.set_automatic(project, args.name, args.process)
    (source,) = sources.select(project, [args.name])
    key = "is_automatic" if source.is_automatic else "is_manual"
    text = translate(f"watch.{key}", terminal_language(), name=source.name)
    return report(args, {"name": source.name, "automatic": source.is_automatic}, text)


def _rename(project: Project, args: argparse.Namespace) -> int:
    renamed = source_names.rename(project, args.name, args.new_name)
    new = renamed.source.name
    lines = [_text("renamed", old=args.name, new=new)]
    if renamed.rewritten:
        lines.append(_text("renamed_views", views=_listed(renamed.rewritten), new=new))
    if renamed.unsure:
        lines.append(_text("renamed_unsure", views=_listed(renamed.unsure), old=args.name))
    state = {"name": new, "views": list(renamed.rewritten), "unsure": list(renamed.unsure)}
    return report(args, state, *lines)


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:NAMED_AT_MOST])
    return shown if len(names) <= NAMED_AT_MOST else f"{shown}, … ({number(len(names))})"


def _changed(project: Project, args: argparse.Namespace) -> int:
    """List the images whose files were overwritten; give their values to the new ones."""
    sources.select(project, args.names)
    offers = overwritten.offers(project, args.names)
    rows = [
        {
            "source": offer.source,
            "path": offer.path,
            "sha1": offer.sha1,
            "earlier": list(offer.earlier),
            "values": offer.given.height,
        }
        for offer in offers
    ]
    lines = [
        f"{row['source']}/{row['path']}  {_text('changed_values', count=row['values'])}"
        for row in rows
    ]
    answer = "take_over" if args.take_over else "leave" if args.leave else None
    if answer is not None and offers:
        act = overwritten.take_over if args.take_over else overwritten.leave
        count = act(project, [offer.sha1 for offer in offers]).result
        lines.append(_text(f"changed_{answer}", count=count))
    elif offers:
        lines.append(_text("changed_next"))
    return report(
        args,
        {"changed": rows, "done": answer},
        *(lines or [_text("changed_none")]),
    )


def _remove(project: Project, args: argparse.Namespace) -> int:
    removal = source_changes.preview_removal(project, args.name)
    annotated = annotated_images(project, removal.leaving)
    counts = {
        "files": removal.files,
        "leaving": len(removal.leaving),
        "staying": removal.staying,
        "annotated": annotated,
    }
    formatted = {name: number(count) for name, count in counts.items()}
    lines = [_text("removal", name=args.name, **formatted)]
    if annotated:
        lines.append(_text("removal_annotated", count=number(annotated)))
    if args.yes:
        source_changes.remove(project, args.name)
        return report(args, {**counts, "done": True}, *lines, _text("removed", name=args.name))
    return report(args, {**counts, "done": False}, *lines, _text("say_yes"))


def annotated_images(project: Project, sha1s: tuple[str, ...]) -> int:
    """Return how many of these images have a value that a person set, on them or on a file."""
    state = annotations_of(project).state()
    wanted = set(sha1s)
    files = project.database().frame("files", ["file_id", "sha1"])
    sha1_of = {file_id: sha1 for file_id, sha1 in files.iter_rows() if sha1 in wanted}
    annotated: set[str] = set()
    for prop in state.live_properties:
        for target in state.property_values(prop.id).frame()["target"].unique().to_list():
            sha1 = target if prop.target == "image" else sha1_of.get(target)
            if sha1 in wanted:
                annotated.add(sha1)
    return len(annotated)


def report(args: argparse.Namespace, state: dict[str, Any], *lines: str) -> int:
    """Print the lines, or the state as one JSON object; return the exit code 0."""
    if args.json:
        print(json.dumps(state, ensure_ascii=False))
        return 0
    for line in lines:
        print(line)
    return 0


def _text(key: str, /, **params: object) -> str:
    return translate(f"sources.{key}", terminal_language(), **params)
