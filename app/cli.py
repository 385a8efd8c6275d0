"""The command line: which commands exist and what they take.

``panoptic --help`` imports nothing heavy; each command's module is imported when it runs.
Not here: what a command does (``commands/``, one file a command).
"""

from __future__ import annotations

import argparse
import importlib
import json
import keyword
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.commands import (
    argument_types,
    encoder_arguments,
    sample_arguments,
    source_arguments,
    version_arguments,
)
from app.session.language import cli_text, terminal_language
from panoptic_data.errors import DataUnavailable, PanopticError, UsageError
from panoptic_data.messages import translate

__all__ = ["COMMANDS", "main"]

INTERRUPTED = 130
# That of `panoptic_data.versions.restore`, which takes a second to import; a test compares them.
RESTORATION = "restore.json"
# Those of `panoptic_data.vectors.clusters`, which takes seconds to import; a test compares them.
METHODS = ("levels", "kmeans")
# Those of `matching`, `plan` and `exports` in `panoptic_data.exchange`, compared likewise.
WAYS = ("path", "name", "sha1", "id", "row")
EXISTING = ("replace", "keep", "new")
ROOTS = ("keywords", "properties")
# Any that Python knows can be named; these are the likeliest.
ENCODINGS = "utf-8, cp1252, mac_roman, cp1250, cp1251, cp932"
TARGETS = ("image", "file")
FORMATS = (
    *("csv", "parquet", "jsonl", "images", "coco", "hf", "vectors", "panoptic"),
    *("sheet", "annotations", "xmp"),
)
NAMES = ("keep", "unique")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the process's exit code."""
    parser = _parser()
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        _parser_of(parser, args).error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        # Python has a keyword `import`, and no module can be called so.
        module = args.command + "_" * keyword.iskeyword(args.command)
        _finish_restoration(args.project)
        command = importlib.import_module(f"app.commands.{module}")
        return int(command.run(args))
    except PanopticError as error:
        return _report(error, as_json=getattr(args, "json", False))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `panoptic search … | head` closed our output; Python would complain of it when it ends.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
        return 0


def _finish_restoration(root: Path | None) -> None:
    """Finish what a kill interrupted of restoring a corpus version, before anything is read."""
    from panoptic_data.storage.project import default_root

    if not (Path(root or default_root()).expanduser() / RESTORATION).exists():
        return
    from panoptic_data.storage.project import open_project
    from panoptic_data.versions import restore

    project = open_project(root)
    if not restore.is_unfinished(project):
        return
    try:
        restore.finish(project)
    except DataUnavailable as error:
        # Whoever looks for what is wrong, or mends it, must be able to.
        _report(error, as_json=False)


def _report(error: PanopticError, *, as_json: bool) -> int:
    text = error.message(terminal_language())
    if as_json:
        print(json.dumps({"error": error.key, "message": text}, ensure_ascii=False))
    print(f"panoptic: {text}", file=sys.stderr)
    return error.exit_code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Answer a wrong argument with one sentence and exit code 2."""
        self.exit(UsageError.exit_code, f"{self.prog}: {message} ({self.prog} --help)\n")


def _parser_of(parser: argparse.ArgumentParser, args: argparse.Namespace) -> Any:
    """Return the parser of the command, and of its action, that was given."""
    for action in parser._actions:
        name = getattr(args, action.dest, None)
        if isinstance(action, argparse._SubParsersAction) and name in action.choices:
            return _parser_of(action.choices[name], args)
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="panoptic", description=cli_text("about"))
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (fill, example) in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=cli_text(f"help_{name}"),
            description=cli_text(f"help_{name}"),
            epilog=f"{cli_text('examples')}:\n  " + "\n  ".join(example),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--project", type=argument_types.path, metavar="DIR", help=cli_text("help_project")
        )
        fill(command)
    return parser


def _up(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folders",
        nargs="*",
        type=argument_types.path,
        metavar="FOLDER",
        help=cli_text("help_up_folders"),
    )
    command.add_argument("--new", action="store_true", help=cli_text("help_add_new"))
    command.add_argument("--encoder", metavar="ENCODER", help=cli_text("help_up_encoder"))
    _serving(command)


def _demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--encoder", metavar="ENCODER", help=cli_text("help_up_encoder"))
    _serving(command)


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--no-serve", action="store_true", help=cli_text("help_no_serve"))
    command.add_argument("--no-browser", action="store_true", help=cli_text("help_no_browser"))
    command.add_argument(
        "--port", type=argument_types.port, metavar="PORT", help=cli_text("help_port")
    )


def _open(command: argparse.ArgumentParser) -> None:
    command.add_argument("--no-browser", action="store_true", help=cli_text("help_no_browser"))
    command.add_argument(
        "--port", type=argument_types.port, metavar="PORT", help=cli_text("help_port")
    )


def _version_actions(command: argparse.ArgumentParser) -> None:
    version_arguments.fill(command, serving=_open)


def _add(command: argparse.ArgumentParser) -> None:
    source_arguments.fill_folders(command)
    _json(command)


def _verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("sources", nargs="*", metavar="NAME", help=cli_text("help_verify_sources"))
    _json(command)


def _lineage(command: argparse.ArgumentParser) -> None:
    command.add_argument("image", nargs="?", metavar="IMAGE", help=cli_text("help_lineage_image"))
    command.add_argument("--of", metavar="VALUE", help=cli_text("help_lineage_of"))
    for kind in ("cluster", "tag"):
        help_text = cli_text(f"help_lineage_{kind}")
        command.add_argument(f"--{kind}", action="append", metavar=kind.upper(), help=help_text)
    _at_version(command)
    _json(command)


def _purge(command: argparse.ArgumentParser) -> None:
    command.add_argument("sha1s", nargs="*", metavar="SHA1", help=cli_text("help_purge_sha1s"))
    command.add_argument("--query", metavar="VIEW", help=cli_text("help_purge_query"))
    command.add_argument("--yes", action="store_true", help=cli_text("help_yes"))
    _json(command)


def _process(command: argparse.ArgumentParser) -> None:
    command.add_argument("--retry", action="store_true", help=cli_text("help_process_retry"))
    command.add_argument("--refit", action="store_true", help=cli_text("help_process_refit"))
    command.add_argument(
        "--source", action="append", metavar="NAME", help=cli_text("help_process_source")
    )
    command.add_argument(
        "--reread",
        nargs="?",
        action="append",
        const="",
        metavar="NAME",
        help=cli_text("help_process_reread"),
    )
    command.add_argument(
        "--accept-missing",
        action="append",
        metavar="NAME",
        help=cli_text("help_process_accept_missing"),
    )
    command.add_argument("--clusters", choices=METHODS, help=cli_text("help_process_clusters"))
    command.add_argument(
        "--k", type=argument_types.count, metavar="K", help=cli_text("help_process_k")
    )
    command.add_argument("--version", metavar="NAME", help=cli_text("help_process_version"))
    command.add_argument("--note", default="", metavar="TEXT", help=cli_text("help_process_note"))
    command.add_argument(
        "--stage", action="append", metavar="STAGE", help=cli_text("help_process_stage")
    )
    command.add_argument("--dry-run", action="store_true", help=cli_text("help_process_dry_run"))
    _json(command)


def _parameters(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "values", nargs="*", metavar="NAME=VALUE", help=cli_text("help_parameters_values")
    )
    _json(command)


def _search(command: argparse.ArgumentParser) -> None:
    command.add_argument("query", metavar="QUERY", help=cli_text("help_search_query"))
    command.add_argument(
        "-k", type=argument_types.count, default=20, metavar="K", help=cli_text("help_search_k")
    )
    help_encoder = cli_text("help_search_encoder")
    command.add_argument("--encoder", action="append", metavar="ENCODER", help=help_encoder)
    command.add_argument("--view", metavar="VIEW", help=cli_text("help_search_view"))
    _at_version(command)
    _json(command)


def _query(command: argparse.ArgumentParser) -> None:
    command.add_argument("view", metavar="VIEW", help=cli_text("help_query_view"))
    command.add_argument(
        "-k", type=argument_types.count, metavar="N", help=cli_text("help_query_k")
    )
    command.add_argument("--address", action="store_true", help=cli_text("help_query_address"))
    _at_version(command)
    _json(command)


def _import(command: argparse.ArgumentParser) -> None:
    def text(key: str, **params: object) -> str:
        return translate(f"import.help_{key}", terminal_language(), **params)

    command.add_argument("file", type=argument_types.path, metavar="FILE", help=text("file"))
    command.add_argument("--match", choices=WAYS, help=text("match"))
    command.add_argument("--key", metavar="COLUMN", help=text("key"))
    command.add_argument("--folder", metavar="FOLDER", help=text("folder"))
    types = text("column", types=", ".join(argument_types.TYPES))
    command.add_argument(
        "--column", action="append", type=argument_types.column, metavar="NAME=TYPE", help=types
    )
    command.add_argument("--skip", action="append", metavar="COLUMN", help=text("skip"))
    command.add_argument("--encoding", metavar="NAME", help=text("encoding", known=ENCODINGS))
    command.add_argument("--dates", choices=("day", "month"), help=text("dates"))
    command.add_argument("--existing", choices=EXISTING, default=EXISTING[0], help=text("existing"))
    command.add_argument("--target", choices=TARGETS, default=TARGETS[0], help=text("target"))
    command.add_argument("--tags", metavar="PROPERTY", help=text("tags"))
    command.add_argument("--roots", choices=ROOTS, help=text("roots"))
    command.add_argument("--dry-run", action="store_true", help=text("dry_run"))
    _json(command)


def _keywords(command: argparse.ArgumentParser) -> None:
    name = translate("keywords.property", terminal_language())
    text = cli_text("help_keywords_property")
    command.add_argument("--property", metavar="NAME", default=name, help=text)
    command.add_argument("--dry-run", action="store_true", help=cli_text("help_keywords_dry_run"))
    _json(command)


def _export(command: argparse.ArgumentParser) -> None:
    def text(key: str, **params: object) -> str:
        return translate(f"export.help_{key}", terminal_language(), **params)

    command.add_argument("format", metavar="FORMAT", help=text("format", known=", ".join(FORMATS)))
    command.add_argument("target", type=argument_types.path, metavar="TARGET", help=text("target"))
    which = command.add_mutually_exclusive_group()
    which.add_argument("--view", metavar="VIEW", help=text("view"))
    which.add_argument("--saved", metavar="NAME", help=text("saved"))
    command.add_argument("--images", metavar="FILE", help=text("images"))
    command.add_argument("--columns", metavar="NAMES", help=text("columns"))
    command.add_argument("--files", action="store_true", help=text("files"))
    command.add_argument("--size", type=argument_types.count, metavar="PIXELS", help=text("size"))
    command.add_argument("--link", action="store_true", help=text("link"))
    command.add_argument("--by", metavar="COLUMN", help=text("by"))
    command.add_argument("--names", choices=NAMES, help=text("names"))
    command.add_argument("--encoder", metavar="ENCODER", help=text("encoder"))
    command.add_argument("--rating", metavar="PROPERTY", help=text("rating"))
    command.add_argument("--date", metavar="PROPERTY", help=text("date"))
    command.add_argument("--address", metavar="URL", help=text("address"))
    command.add_argument("--overwrite", action="store_true", help=text("overwrite"))
    _at_version(command)
    _json(command)


def _clean(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help=cli_text("help_clean_yes"))
    command.add_argument(
        "--older-than",
        type=argument_types.days,
        default=30,
        metavar="DAYS",
        help=cli_text("help_clean_older_than"),
    )
    _json(command)


def _repair(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help=cli_text("help_repair_dry_run"))
    _json(command)


def _at_version(command: argparse.ArgumentParser) -> None:
    command.add_argument("--version", metavar="VERSION", help=cli_text("help_at_version"))


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help=cli_text("help_json"))


COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], tuple[str, ...]]] = {
    "up": (_up, ("panoptic up ~/posters ~/postcards", "panoptic up --project war ~/posters")),
    "demo": (_demo, ("panoptic demo", "panoptic demo --no-serve")),
    "add": (_add, ("panoptic add --project war ~/posters",)),
    "sources": (
        source_arguments.fill,
        (
            "panoptic sources --project war",
            "panoptic sources relink posters /media/disk2/posters",
            "panoptic sources rename posters affiches",
            "panoptic sources watch posters --process",
            "panoptic sources changed posters --take-over",
            "panoptic sources remove posters --yes",
        ),
    ),
    "process": (
        _process,
        (
            "panoptic process --project war --json",
            "panoptic process --k 30 --dry-run",
            'panoptic process --version "after the spring accessions"',
        ),
    ),
    "parameters": (
        _parameters,
        ("panoptic parameters", "panoptic parameters neighbours.k=20 clusters.k=30"),
    ),
    "status": (_json, ("panoptic status --project war",)),
    "encoders": (encoder_arguments.fill, (
            "panoptic encoders",
            "panoptic encoders add timm:resnet50",
            'panoptic encoders relink "timm:resnet50?checkpoint=~/m.pt" /mnt/models/m.pt',
        )),
    "search": (_search, ('panoptic search "2*cat - dog" -k 5', "panoptic search cat.jpg --json")),
    "query": (_query, ('panoptic query "folder:posters date:1930s"', "panoptic query @view.json")),
    "import": (
        _import,
        (
            "panoptic import labels.csv --project war --dry-run",
            "panoptic import years.csv --match row --folder posters --column year=date",
            "panoptic import labels.csv --encoding mac_roman --dates day",
            "panoptic import ~/panoptic/war --project war",
            "panoptic import ~/sidecars --existing keep",
        ),
    ),
    "export": (_export, (
        'panoptic export csv labels.csv --view "folder:posters date:1930s"',
        "panoptic export parquet labels.parquet --saved \"To publish\" --overwrite",
        'panoptic export csv labels.csv --version "submitted to the journal"',
    )),
    "sample": (sample_arguments.fill, sample_arguments.EXAMPLES),
    "split": (sample_arguments.fill_split, sample_arguments.SPLIT_EXAMPLES),
    "keywords": (_keywords, ("panoptic keywords --dry-run", "panoptic keywords --property Motifs")),
    "lineage": (_lineage, (
        "panoptic lineage posters/1930/a.jpg",
        "panoptic lineage posters/1930/a.jpg --of clusters",
        "panoptic lineage posters/1930/a.jpg --of similarity:posters/1930/b.jpg",
        "panoptic lineage --cluster visual:3",
        'panoptic lineage posters/1930/a.jpg --of "tag War" --json',
    )),
    "version": (_version_actions, version_arguments.EXAMPLES),
    "verify": (_verify, ("panoptic verify --project war", "panoptic verify posters --json")),
    "purge": (_purge, (
        "panoptic purge 0a4d55a8d778e5022fab701977c5d840bbc486d0",
        'panoptic purge --query "folder:posters/private" --yes',
    )),
    "open": (_open, ("panoptic open --project war",)),
    "doctor": (_json, ("panoptic doctor",)),
    "clean": (_clean, ("panoptic clean --project war", "panoptic clean --older-than 90 --yes")),
    "repair": (_repair, ("panoptic repair --project war --dry-run", "panoptic repair")),
}  # fmt: skip


def _version() -> str:
    from importlib.metadata import version

    return f"panoptic-data {version('panoptic-data')}"


if __name__ == "__main__":
    sys.exit(main())
