"""What ``panoptic version`` takes. Not here: what it does (``version``)."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from app.commands import argument_types
from app.session.language import cli_text

__all__ = ["ACTIONS", "EXAMPLES", "fill"]

_Fill = Callable[[argparse.ArgumentParser], None]

_NAME = '"submitted to the journal"'
_ACTION_EXAMPLES = {
    "create": (
        f'panoptic version create {_NAME} --note "figures 3 to 7"',
        'panoptic process --version "after the spring accessions"',
    ),
    "list": ("panoptic version list", "panoptic version list --json"),
    "show": (f"panoptic version show {_NAME}", "panoptic version show 3f8k2m0q --json"),
    "open": (f"panoptic version open {_NAME}", f"panoptic version open {_NAME} --port 8502"),
    "diff": (
        f"panoptic version diff {_NAME}",
        f'panoptic version diff {_NAME} "accepted" --json',
    ),
    "restore": (f"panoptic version restore {_NAME}", f"panoptic version restore {_NAME} --yes"),
    "verify": (f"panoptic version verify {_NAME}",),
    "delete": (f"panoptic version delete {_NAME}", f"panoptic version delete {_NAME} --yes"),
    "export": (f"panoptic version export {_NAME} war.zip",),
    "deposit": (
        f'panoptic version deposit {_NAME} war-deposit --license CC-BY-4.0 --author "Ada Lovelace"',
        f"panoptic version deposit {_NAME} war-deposit --originals"
        ' --license InC-1.0 --author "Ada Lovelace (0000-0002-1825-0097)"',
    ),
    "import": (
        "panoptic version import war-deposit --project war-again",
        "panoptic version import war.zip --project war-again",
    ),
}
EXAMPLES = tuple(
    _ACTION_EXAMPLES[name][-1 if name in ("list", "restore") else 0]
    for name in ("create", "list", "open", "diff", "restore", "deposit")
)
_JSON = (
    *("list", "create", "show", "diff", "verify", "restore", "delete"),
    *("export", "deposit", "import"),
)
ACTIONS = tuple(_ACTION_EXAMPLES)
"""The actions of ``panoptic version``, in the order in which its help lists them."""
_OF_VERSION = ("show", "open", "diff", "restore", "verify", "delete", "export", "deposit")


def fill(command: argparse.ArgumentParser, serving: _Fill) -> None:
    """Add the actions of ``panoptic version`` and their arguments.

    ``serving`` adds what a command that serves the dashboard takes.
    """
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    parsers = {name: _action(actions, name) for name in ACTIONS}
    create = parsers["create"]
    create.add_argument("name", metavar="NAME", help=cli_text("help_version_new_name"))
    create.add_argument("--note", default="", metavar="TEXT", help=cli_text("help_version_note"))
    help_other = cli_text("help_version_other")
    parsers["diff"].add_argument("other", nargs="?", metavar="OTHER", help=help_other)
    for name in ("restore", "delete"):
        parsers[name].add_argument("--yes", action="store_true", help=cli_text("help_yes"))
    for name in ("export", "deposit"):
        help_target = cli_text(f"help_version_{name}_target")
        parsers[name].add_argument(
            "target", type=argument_types.path, metavar="TARGET", help=help_target
        )
    serving(parsers["open"])
    _describing(parsers["deposit"])
    _importing(parsers["import"])


def _action(actions: argparse._SubParsersAction, name: str) -> argparse.ArgumentParser:  # type: ignore[type-arg]
    text = cli_text(f"help_version_{name}")
    action: argparse.ArgumentParser = actions.add_parser(
        name,
        help=text,
        description=text,
        epilog=f"{cli_text('examples')}:\n  " + "\n  ".join(_ACTION_EXAMPLES[name]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Accepted on either side of the action: one not given here must not undo one given there.
    unset = argparse.SUPPRESS
    help_project = cli_text("help_project")
    action.add_argument(
        "--project", type=argument_types.path, metavar="DIR", default=unset, help=help_project
    )
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
    command.add_argument(
        "source", type=argument_types.path, metavar="PATH", help=cli_text("help_version_source")
    )
