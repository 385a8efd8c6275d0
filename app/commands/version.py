"""``panoptic version``: make, list, open, compare, restore, check, deposit and delete versions.

Not here: what versions are (``panoptic_data.versions``), what the command takes
(``version_arguments``).
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

from app.services import jobs
from app.session.language import number, terminal_language
from panoptic_data.messages import translate
from panoptic_data.storage.project import open_project
from panoptic_data.versions import create, delete, diff, record, restore, verify
from panoptic_data.versions.diff import Section, VersionDiff
from panoptic_data.versions.record import CorpusVersion

__all__ = ["run"]

# A run at work, such as a merge of annotations, has ended by then.
WAIT_SECONDS = 60.0
# Rows of a section that are printed; --json has them all.
ROWS_LISTED = 10


def run(args: argparse.Namespace) -> int:
    """Carry out one action. The exit code of ``verify`` is 1 where a version is not whole."""
    return _ACTIONS[args.action](args)


def _create(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    version = create.create(project, args.name, args.note, wait=WAIT_SECONDS)
    jobs.report_versions(project)
    _say(
        args,
        _as_json(version),
        _text(
            "created",
            name=version.name,
            quoted=shlex.quote(version.name),
            digest=version.digest[:12],
        ),
    )
    return 0


def _list(args: argparse.Namespace) -> int:
    versions = record.list_versions(open_project(args.project))
    lines = [_line(version) for version in versions] or [_text("none")]
    _say(args, {"versions": [_as_json(version) for version in versions]}, *lines)
    return 0


def _show(args: argparse.Namespace) -> int:
    version = record.find(open_project(args.project), args.name)
    _say(args, _as_json(version), *_facts(version))
    return 0


def _open(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    version = record.find(project, args.name)
    from app.server.serve import serve
    from app.session import open_version

    page = open_version.address("/", {open_version.PARAMETER: version.id})
    serve(project, port=args.port, browser=not args.no_browser, page=page)
    return 0


def _diff(args: argparse.Namespace) -> int:
    differing = diff.diff(open_project(args.project), args.name, args.other)
    lines = list(_differing_lines(differing)) or [_text("same")]
    _say(args, _diff_as_json(differing), *lines)
    return 0


def _restore(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    version = record.find(project, args.name)
    if not args.yes:
        print(_text("restore_would", name=version.name, images=number(version.counts["images"])))
        return 0
    before_name = _text("before_restoring", name=version.name)
    before = restore.restore(project, version.id, before_name, wait=WAIT_SECONDS)
    jobs.report_versions(project)
    text = _text("restored", name=version.name, before=before.name)
    _say(args, {"restored": version.id, "before": _as_json(before)}, text)
    return 0


def _verify(args: argparse.Namespace) -> int:
    verified = verify.verify(open_project(args.project), args.name)
    language = terminal_language()
    damaged = {table: error.message(language) for table, error in verified.damaged.items()}
    state = {
        "version": verified.version.id,
        "is_whole": verified.is_whole,
        "digest": verified.digest,
        "differing": verified.differing,
        "damaged": damaged,
        "images": verified.images,
        "files": verified.files,
    }
    lines = [
        *(_text("differing", part=part) for part in verified.differing),
        *damaged.values(),
        *(_text("damaged_image", sha1=sha1) for sha1 in verified.images),
        *(
            _text("damaged_file", table=table, file=name)
            for table, names in verified.files.items()
            for name in names
        ),
    ]
    end = "whole" if verified.is_whole else "not_whole"
    _say(args, state, *lines, _text(end, name=verified.version.name))
    return 0 if verified.is_whole else 1


def _delete(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    if args.yes:
        freed = delete.delete(project, args.name, wait=WAIT_SECONDS)
    else:
        freed = delete.preview(project, args.name)
    state = {
        "version": freed.version.id,
        "deleted": args.yes,
        "bytes": freed.bytes,
        "tables": freed.tables,
    }
    key = "deleted" if args.yes else "delete_would"
    _say(args, state, _text(key, name=freed.version.name, size=_megabytes(freed.bytes)))
    return 0


def _export(args: argparse.Namespace) -> int:
    from panoptic_data.versions.deposit import deposit

    path = deposit.export(open_project(args.project), args.name, args.target)
    print(_text("written", path=path))
    return 0


def _deposit(args: argparse.Namespace) -> int:
    from panoptic_data.versions.deposit import bag, deposit, description, originals

    project = open_project(args.project)
    version = record.find(project, args.name)
    described = description.Description(
        title=args.title or f"{project.name}: {version.name}",
        text=args.text or version.note or version.name,
        license=description.license_address(args.license or ""),
        authors=tuple(map(description.author_of, args.author)),
        publisher=args.publisher or "",
        doi=args.doi and description.doi_of(args.doi),
        previous_doi=args.previous_doi and description.doi_of(args.previous_doi),
        derived_from=tuple(args.derived_from),
        address=args.address,
    )
    path = deposit.deposit(
        project, version.id, args.target, described, with_originals=args.originals
    )
    print(_text("written", path=path))
    if args.originals:
        lost = originals.missing(path / bag.PAYLOAD / originals.FILE_NAME)
        if lost:
            print(_text("originals_missing", count=lost, shown=number(lost)))
    return 0


def _import(args: argparse.Namespace) -> int:
    from panoptic_data.storage.project import default_root
    from panoptic_data.versions.deposit.imported import import_version

    target = args.project or default_root()
    project, version = import_version(args.source, target)
    text = _text("imported", name=version.name, path=project.root)
    _say(args, _as_json(version) | {"project": str(project.root)}, text)
    return 0


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "create": _create,
    "list": _list,
    "show": _show,
    "open": _open,
    "diff": _diff,
    "restore": _restore,
    "verify": _verify,
    "delete": _delete,
    "export": _export,
    "deposit": _deposit,
    "import": _import,
}


def _say(args: argparse.Namespace, state: dict[str, Any], *lines: str) -> None:
    print(json.dumps(state, ensure_ascii=False) if args.json else "\n".join(lines))


def _as_json(version: CorpusVersion) -> dict[str, Any]:
    return {**vars(version), "at": version.at.isoformat()}


def _line(version: CorpusVersion) -> str:
    images = _text("images", count=number(version.counts["images"]))
    return f"{version.at:%Y-%m-%d %H:%M}  {version.id}  {version.name}  ({images})"


def _facts(version: CorpusVersion) -> Iterator[str]:
    yield version.name
    pairs = {
        "note": version.note,
        "id": version.id,
        "at": version.at.isoformat(timespec="seconds"),
        "author": version.author,
        "digest": version.digest,
        "runs": ", ".join(version.runs),
        "encoders": ", ".join(
            f"{encoder['text']} ({encoder['fingerprint'] or '–'})"
            for encoder in version.encoders.values()
        ),
        "code": version.code_version,
    }
    for name, value in pairs.items():
        if value:
            yield f"  {_text(f'fact_{name}')}: {value}"
    for name in ("images", "sources", "properties", "tags", "values", "events"):
        yield f"  {_text(f'count_{name}')}: {number(version.counts[name])}"


def _differing_lines(differing: VersionDiff) -> Iterator[str]:
    for section in differing.sections:
        counts = {name: number(section.count(name)) for name in ("added", "removed", "changed")}
        yield f"{_section_name(section)}: {_text('counts', **counts)}"
    for slug, before, after in differing.encoders:
        yield f"{_text('kind_encoder')} {slug}: {before or '–'} → {after or '–'}"
    for stage, name, before, after in differing.parameters:
        yield f"{stage} {name}: {before if before is not None else '–'} → {after}"
    for section in differing.sections:
        yield ""
        yield f"{_section_name(section)}:"
        for row in section.rows.head(ROWS_LISTED).rows():
            yield "  " + "  ".join("–" if value is None else str(value) for value in row)
        rest = section.rows.height - ROWS_LISTED
        if rest > 0:
            yield f"  {_text('more', count=number(rest))}"


def _section_name(section: Section) -> str:
    name = _text(f"kind_{section.kind}")
    return f"{name} ({section.encoder})" if section.encoder else name


def _diff_as_json(differing: VersionDiff) -> dict[str, Any]:
    sections = [
        {
            "kind": section.kind,
            "encoder": section.encoder,
            "added": section.added,
            "removed": section.removed,
            "changed": section.changed,
            "rows": section.rows.to_dicts(),
        }
        for section in differing.sections
    ]
    parameters = [
        {"stage": stage, "name": name, "before": before, "after": after}
        for stage, name, before, after in differing.parameters
    ]
    encoders = [
        {"slug": slug, "before": before, "after": after}
        for slug, before, after in differing.encoders
    ]
    return {"sections": sections, "parameters": parameters, "encoders": encoders}


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _text(key: str, /, **params: object) -> str:
    return translate(f"corpus_versions.{key}", terminal_language(), **params)
