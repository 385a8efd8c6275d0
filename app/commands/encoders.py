"""``panoptic encoders``: list encoders; add, move or remove one of the project."""

from __future__ import annotations

import argparse
import json

from app.session.language import cli_text, number, terminal_language
from panoptic_data import encoders
from panoptic_data.encoders import EncoderSpec
from panoptic_data.errors import ProjectNotFound, weights_cause
from panoptic_data.storage.project import Project, open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Print the known encoders and the project's, or change the project's."""
    change = {"add": _add, "relink": _relink, "remove": _remove}.get(args.action)
    if change is not None:
        return change(args)
    known: list[dict[str, object]] = [
        {
            "encoder": spec.text,
            "slug": spec.slug,
            "reads_text": spec.reads_text,
            "many_languages": spec.is_multilingual,
            "licence": spec.licence,
            "megabytes": spec.megabytes,
        }
        for spec in encoders.KNOWN
    ]
    of_project = _of_project(args)
    if args.json:
        print(json.dumps({"known": known, "project": of_project}, ensure_ascii=False))
        return 0
    _print(known, of_project)
    return 0


def _add(args: argparse.Namespace) -> int:
    from panoptic_data.vectors import encoder_changes

    # Words are then searched with it, as soon as it is ready.
    first = encoders.parse(args.encoder).is_multilingual
    added = encoder_changes.add(open_project(args.project), args.encoder, first=first)
    _report(args, added.project, added.spec, added.way)
    return 0


def _relink(args: argparse.Namespace) -> int:
    from panoptic_data.vectors import encoder_changes

    before = open_project(args.project)
    slug = encoder_changes.find(before, args.encoder).slug
    project = encoder_changes.relink(before, args.encoder, args.path)
    _report(args, project, encoder_changes.find(project, slug), "moved")
    return 0


def _report(args: argparse.Namespace, project: Project, spec: EncoderSpec, way: str) -> None:
    if args.json:
        print(json.dumps({"encoder": spec.text, "slug": spec.slug, "way": way}, ensure_ascii=False))
        return
    count = number(project.database().count(f"embeddings__{spec.slug}"))
    print(cli_text(f"encoder_{way}", encoder=spec.text, slug=spec.slug, count=count))


def _remove(args: argparse.Namespace) -> int:
    from panoptic_data.vectors import encoder_changes

    project = open_project(args.project)
    planned = encoder_changes.removal(project, args.encoder)
    if args.yes:
        encoder_changes.remove(project, args.encoder)
    if args.json:
        shown = {"encoder": planned.spec.text, "slug": planned.spec.slug, "done": args.yes}
        gone = {"vectors": planned.vectors, "tables": planned.tables}
        print(json.dumps({**shown, **gone}, ensure_ascii=False))
        return 0
    if args.yes:
        print(cli_text("encoder_removed", encoder=planned.spec.text))
        return 0
    print(cli_text("encoder_goes", encoder=planned.spec.text, count=number(planned.vectors)))
    print(cli_text("encoder_goes_how", encoder=planned.spec.text))
    return 0


def _of_project(args: argparse.Namespace) -> list[dict[str, object]]:
    try:
        project = open_project(args.project)
    except ProjectNotFound:
        if args.project:
            raise
        return []
    return encoder_rows(project)


def encoder_rows(project: Project) -> list[dict[str, object]]:
    """Return one row an encoder of the project: text, slug, status, cause, vectors."""
    database = project.database()
    rows = {row["slug"]: row for row in database.frame("encoders").to_dicts()}
    listed: list[dict[str, object]] = []
    for text in project.encoders:
        slug = encoders.parse(text).slug
        row = rows.get(slug, {})
        listed.append(
            {
                "encoder": text,
                "slug": slug,
                "status": row.get("status"),
                "cause": weights_cause(row.get("cause") or "", terminal_language()) or None,
                "reads_text": row.get("reads_text"),
                "vectors": database.count(f"embeddings__{slug}"),
            }
        )
    return listed


def _print(known: list[dict[str, object]], of_project: list[dict[str, object]]) -> None:
    if of_project:
        print(cli_text("encoders_project"))
    for row in of_project:
        print(f"  {describe(row)}")
    print(cli_text("encoders_known"))
    for row in known:
        reads = "encoders_many_languages" if row["many_languages"] else "encoders_reads_text"
        text = cli_text(reads) if row["reads_text"] else ""
        size = f"{row['megabytes']} MB" if row["megabytes"] else ""
        print(f"  {row['encoder']:<52} {size:>8}  {row['licence']:<12} {text}")


def describe(row: dict[str, object]) -> str:
    """Return the status of an encoder of the project in one line."""
    vectors = f"{number(float(str(row['vectors'])))} {cli_text('status_vectors')}"
    if row["cause"]:
        waits = cli_text("encoder_waits", encoder=row["encoder"], cause=row["cause"])
        return f"{waits}  {vectors}" if row["vectors"] else waits
    status = cli_text("status_ready") if row["status"] else cli_text("status_never")
    return f"{row['encoder']}  {status}  {vectors}"
