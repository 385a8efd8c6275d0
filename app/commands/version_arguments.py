"""What ``panoptic version`` takes. Not here: what it does (``version``)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.session.language import cli_text

__all__ = ["EXAMPLES", "fill"]

_Fill = Callable[[argparse.ArgumentParser], None]

EXAMPLES = (
    'panoptic version create "submitted to the journal" --note "figures 3 to 7"',
    "panoptic version list --json",
    'panoptic version open "submitted to the journal"',
    'panoptic version diff "submitted to the journal"',
    'panoptic version restore "submitted to the journal" --yes',
    'panoptic version deposit "submitted to the journal" war-deposit'
    ' --author "Ada Lovelace" --license CC-BY-4.0',
)
_JSON = ("list", "create", "show", "diff", "verify", "restore", "delete", "import")
_OF_VERSION = ("show", "open", "diff", "restore", "verify", "delete", "export", "deposit")


def fill(command: argparse.ArgumentParser, serving: _Fill) -> None:
    """Add the actions of ``panoptic version`` and their arguments.

    ``serving`` adds what a command that serves the dashboard takes.
    """
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    parsers = {name: _action(actions, name) for name in ("create", "list", *_OF_VERSION, "import")}
    create = parsers["create"]
    create.add_argument("name", metavar="NAME", help=cli_text("help_version_new_name"))
    create.add_argument("--note", default="", metavar="TEXT", help=cli_text("help_version_note"))
    help_other = cli_text("help_version_other")
    parsers["diff"].add_argument("other", nargs="?", metavar="OTHER", help=help_other)
    for name in ("restore", "delete"):
        parsers[name].add_argument("--yes", action="store_true", help=cli_text("help_yes"))
    help_target = cli_text("help_version_target")
    for name in ("export", "deposit"):
        parsers[name].add_argument("target", type=Path, metavar="TARGET", help=help_target)
    serving(parsers["open"])
    _describing(parsers["deposit"])
    _importing(parsers["import"])


def _action(actions: argparse._SubParsersAction, name: str) -> argparse.ArgumentParser:  # type: ignore[type-arg]
    text = cli_text(f"help_version_{name}")
    action: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    # Accepted on either side of the action: one not given here must not undo one given there.
    unset = argparse.SUPPRESS
    help_project = cli_text("help_project")
    action.add_argument("--project", type=Path, metavar="DIR", default=unset, help=help_project)
    if name in _JSON:
        action.add_argument("--json", action="store_true", help=cli_text("help_json"))
    if name in _OF_VERSION:
        action.add_argument("name", metavar="VERSION", help=cli_text("help_version_name"))
    return action


def _describing(command: argparse.ArgumentParser) -> None:
    for name in ("author", "derived-from"):
        help_name = cli_text(f"help_version_{name.replace('-', '_')}")
        command.add_argument(
            f"--{name}", action="append", default=[], metavar="TEXT", help=help_name
        )
    for name in ("title", "text", "license", "publisher", "doi", "previous-doi", "address"):
        help_name = cli_text(f"help_version_{name.replace('-', '_')}")
        command.add_argument(f"--{name}", metavar="TEXT", help=help_name)
    help_originals = cli_text("help_version_originals")
    command.add_argument("--originals", action="store_true", help=help_originals)


def _importing(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", type=Path, metavar="PATH", help=cli_text("help_version_source"))
