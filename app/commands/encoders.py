"""``panoptic encoders``: list encoders, or add one to the project."""

from __future__ import annotations

import argparse
import json

from app.session.language import cli_text, number, terminal_language
from panoptic_data import encoders
from panoptic_data.errors import ProjectNotFound, weights_cause
from panoptic_data.storage.project import Project, add_encoder, open_project

__all__ = ["run"]


def run(args: argparse.Namespace) -> int:
    """Print the known encoders and the project's, or add one."""
    if args.action == "add":
        return _add(args)
    known: list[dict[str, object]] = [
        {
            "encoder": spec.text,
            "slug": spec.slug,
            "reads_text": spec.reads_text,
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
    spec = encoders.parse(args.encoder)
    project = open_project(args.project)
    add_encoder(project, spec.text)
    if args.json:
        print(json.dumps({"encoder": spec.text, "slug": spec.slug}, ensure_ascii=False))
        return 0
    print(cli_text("encoder_added", encoder=spec.text))
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
        text = cli_text("encoders_reads_text") if row["reads_text"] else ""
        size = f"{row['megabytes']} MB" if row["megabytes"] else ""
        print(f"  {row['encoder']:<52} {size:>8}  {row['licence']:<12} {text}")


def describe(row: dict[str, object]) -> str:
    """Return the status of an encoder of the project in one line."""
    if row["status"] == "waiting":
        return cli_text("encoder_waits", encoder=row["encoder"], cause=row["cause"])
    status = cli_text("status_ready") if row["status"] else cli_text("status_never")
    vectors = f"{number(float(str(row['vectors'])))} {cli_text('status_vectors')}"
    return f"{row['encoder']}  {status}  {vectors}"
