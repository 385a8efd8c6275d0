"""``panoptic version``: make, list, open, compare, restore, check, deposit and delete versions.

Not here: what versions are (``panoptic_data.versions``), what the command takes
(``version_arguments``).
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from app.commands import version_differences
from app.services import jobs
from app.session.language import image_count, number, terminal_language
from panoptic_data.messages import translate
from panoptic_data.storage.project import open_project
from panoptic_data.versions import create, delete, diff, paths, record, restore, verify
from panoptic_data.versions.record import CorpusVersion

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project

__all__ = ["run"]

# A run at work, such as a merge of annotations, has ended by then.
WAIT_SECONDS = 60.0
# What is said of each reason why an original is not in a deposit, of ``originals.REASONS``.
_WHY_NOT = {
    "missing": "originals_gone",
    "changed": "originals_changed",
    "away": "originals_away",
    "could not be read": "originals_unread",
}


def run(args: argparse.Namespace) -> int:
    """Carry out one action. The exit code of ``verify`` is 1 where a version is not whole."""
    return _ACTIONS[args.action](args)


def _create(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    version = create.create(project, args.name, args.note, wait=WAIT_SECONDS)
    jobs.report_versions(project)
    same = create.same_as(project, version)
    news = {name: counts for name, counts in _folder_news(project) if any(counts.values())}
    read_at = _folders_read_at(version)
    lines = [
        _text(
            "created",
            name=version.name,
            quoted=shlex.quote(version.name),
            digest=version.digest[:12],
        )
    ]
    if version.name != args.name:
        lines.append(_text("kept_name", name=version.name))
    if same is not None:
        lines.append(_text("same_as", name=same.name, at=_moment(same.at.isoformat())))
    if read_at is not None:
        lines.append(_text("folders_read", at=_moment(read_at)))
    for name, counts in news.items():
        shown = {change: number(count) for change, count in counts.items()}
        lines.append(_text("folder_changed", source=name, **shown))
    if news:
        lines.append(_text("process_first"))
    state = _as_json(version) | {
        "same_as": same and {"id": same.id, "name": same.name, "at": same.at.isoformat()},
        "folders_read_at": read_at,
        "folders_changed": news,
    }
    _say(args, state, *lines)
    return 0


def _folder_news(project: Project) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield how many files of each source are new, changed and gone since it was read."""
    from panoptic_data.ingest import news, sources

    for source in sources.listing(project):
        differing = news.folder_news(project, source)
        names = ("new", "changed", "vanished")
        yield source.name, {name: getattr(differing, name) for name in names}


def _folders_read_at(version: CorpusVersion) -> str | None:
    """Return when the folders were last read, of several the one that was longest ago."""
    times = [str(row["at"]) for stage, row in version.stages.items() if stage.startswith("files/")]
    return min(times, default=None)


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
    project = open_project(args.project)
    differing = diff.diff(project, args.name, args.other)
    name = partial(paths.with_paths, project, args.name, args.other)
    state = version_differences.as_json(differing, name) if args.json else {}
    lines = () if args.json else version_differences.lines(differing, name)
    _say(args, state, *(list(lines) or [_text("same")]))
    return 0


def _restore(args: argparse.Namespace) -> int:
    project = open_project(args.project)
    version = record.find(project, args.name)
    if not args.yes:
        if not restore.would_change(project, version):
            _say(
                args,
                {"would_restore": None, "restored": None, "before": None},
                _text("restore_nothing", name=version.name),
            )
            return 0
        state = {"would_restore": version.id, "restored": None, "before": None}
        text = _text("restore_would", name=version.name, images=_images(version))
        _say(args, state, *_differing_since(project, version, args), text)
        return 0
    before_name = restore.name_before(version, terminal_language())
    note = _text("before_note", name=version.name)
    before = restore.restore(project, version.id, before_name, wait=WAIT_SECONDS, note=note)
    if before is None:
        text = _text("nothing_to_restore", name=version.name)
        _say(args, {"restored": None, "before": None}, text)
        return 0
    jobs.report_versions(project)
    text = _text("restored", name=version.name, before=before.name)
    _say(args, {"restored": version.id, "before": _as_json(before)}, text)
    return 0


def _differing_since(
    project: Project, version: CorpusVersion, args: argparse.Namespace
) -> Iterator[str]:
    """Yield what was changed since a version, all of which its restoration takes back."""
    if args.json:
        return
    yield _text("restore_takes_back", name=version.name)
    differing = diff.diff(project, version.id)
    name = partial(paths.with_paths, project, version.id, None)
    yield from version_differences.lines(differing, name)
    yield ""


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

    project = open_project(args.project)
    version = record.find(project, args.name)
    path = deposit.export(project, version.id, args.target)
    state = {"version": version.id, "path": str(path), "bytes": path.stat().st_size}
    _say(args, state, _text("written", path=path))
    return 0


def _deposit(args: argparse.Namespace) -> int:
    from panoptic_data.versions.deposit import bag, deposit, description, originals

    project = open_project(args.project)
    version = record.find(project, args.name)
    described = description.describe(
        title=args.title or f"{project.name}: {version.name}",
        text=args.text or version.note or version.name,
        license=args.license or "",
        authors=args.author,
        publisher=args.publisher or "",
        doi=args.doi,
        previous_doi=args.previous_doi,
        derived_from=args.derived_from,
        address=args.address,
    )
    path = deposit.deposit(
        project, version.id, args.target, described, with_originals=args.originals
    )
    images = path / bag.PAYLOAD / originals.FILE_NAME
    reasons = originals.reasons(images) if args.originals else {}
    lost = sum(reasons.values())
    files = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    state = {"version": version.id, "path": str(path), "files": files, "originals_missing": lost}
    state["originals_missing_by_reason"] = reasons
    lines = [_text("written", path=path)]
    if lost:
        why = ", ".join(
            _text(_WHY_NOT[reason], shown=number(count)) for reason, count in reasons.items()
        )
        lines.append(_text("originals_missing", count=lost, shown=number(lost), why=why))
    _say(args, state, *lines)
    return 0


def _import(args: argparse.Namespace) -> int:
    from panoptic_data.ingest import sources
    from panoptic_data.storage.project import default_root
    from panoptic_data.versions.deposit.imported import import_version

    target = args.project or default_root()
    project, version = import_version(args.source, target)
    folders = {source.root.parent for source in sources.listing(project) if source.root.is_dir()}
    lines = [
        _text("imported", name=version.name, path=project.root),
        *(_text("imported_images", path=folder) for folder in sorted(folders)),
    ]
    state = _as_json(version) | {
        "project": str(project.root),
        "images_folder": next((str(folder) for folder in sorted(folders)), None),
    }
    _say(args, state, *lines)
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
    return {
        **vars(version),
        "at": version.at.isoformat(),
        "encoders": version.used_encoders,
        "encoders_waiting": version.waiting,
    }


def _moment(iso: str) -> str:
    return f"{iso[:10]} {iso[11:16]} UTC"


def _line(version: CorpusVersion) -> str:
    at = f"{version.at:%Y-%m-%d %H:%M}"
    return f"{at}  {version.id}  {version.name}  ({_images(version)})"


def _images(version: CorpusVersion) -> str:
    return image_count(version.counts["images"], version.missing)


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
            for encoder in version.used_encoders.values()
        ),
        "code": version.code_version,
    }
    for name, value in pairs.items():
        if value:
            yield f"  {_text(f'fact_{name}')}: {value}"
    yield f"  {_images(version)}"
    for name in ("sources", "properties", "tags", "values", "events"):
        yield f"  {_text(f'count_{name}')}: {number(version.counts[name])}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _text(key: str, /, **params: object) -> str:
    return translate(f"corpus_versions.{key}", terminal_language(), **params)
