"""What ``panoptic sources`` takes. Not here: what it does (``commands.sources``)."""

from __future__ import annotations

import argparse

from app.commands import argument_types
from app.session.language import cli_text

__all__ = ["fill", "fill_folders"]


def fill(command: argparse.ArgumentParser) -> None:
    """Add the actions on sources and what each takes."""
    command.add_argument("--json", action="store_true", help=cli_text("help_json"))
    actions = command.add_subparsers(dest="action", metavar="ACTION")
    for name in ("list", "add", "watch", "changed", "relink", "rename", "remove"):
        text = cli_text(f"help_sources_{name}")
        action = actions.add_parser(name, help=text, description=text)
        # Accepted on either side of the action: one not given here must not undo one given there.
        unset = argparse.SUPPRESS
        help_project = cli_text("help_project")
        action.add_argument(
            "--project", type=argument_types.path, metavar="DIR", default=unset, help=help_project
        )
        action.add_argument(
            "--json", action="store_true", default=unset, help=cli_text("help_json")
        )
        if name == "add":
            fill_folders(action)
        elif name == "changed":
            _changed(action)
        elif name != "list":
            action.add_argument("name", metavar="NAME", help=cli_text("help_sources_name"))
        if name == "watch":
            action.add_argument(
                "--process",
                action=argparse.BooleanOptionalAction,
                help=cli_text("help_sources_process"),
            )
        if name == "relink":
            help_folder = cli_text("help_sources_folder")
            action.add_argument(
                "folder", type=argument_types.path, metavar="FOLDER", help=help_folder
            )
        if name == "rename":
            action.add_argument(
                "new_name", metavar="NEW_NAME", help=cli_text("help_sources_new_name")
            )
        if name in ("relink", "remove"):
            action.add_argument("--yes", action="store_true", help=cli_text("help_yes"))


def _changed(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "names", nargs="*", metavar="NAME", help=cli_text("help_sources_changed_names")
    )
    answer = command.add_mutually_exclusive_group()
    answer.add_argument("--take-over", action="store_true", help=cli_text("help_sources_take_over"))
    answer.add_argument("--leave", action="store_true", help=cli_text("help_sources_leave"))


def fill_folders(command: argparse.ArgumentParser) -> None:
    """Add what is given of folders that become sources."""
    command.add_argument(
        "folders",
        nargs="+",
        type=argument_types.path,
        metavar="FOLDER",
        help=cli_text("help_add_folders"),
    )
    command.add_argument("--name", metavar="NAME", help=cli_text("help_add_name"))
    command.add_argument("--new", action="store_true", help=cli_text("help_add_new"))
