"""What ``panoptic encoders`` takes. Not here: what it does (``encoders``)."""

from __future__ import annotations

import argparse

from app.commands import argument_types
from app.session.language import cli_text

__all__ = ["fill"]


def fill(command: argparse.ArgumentParser) -> None:
    """Add the actions of ``panoptic encoders`` and their arguments."""
    command.add_argument("--json", action="store_true", help=cli_text("help_json"))
    actions = command.add_subparsers(dest="action", metavar="list|add|relink|remove")

    def action(name: str) -> argparse.ArgumentParser:
        text = cli_text(f"help_encoders_{name}")
        parser = actions.add_parser(name, help=text, description=text)
        # Accepted on either side of the action: one not given here must not undo one given there.
        parser.add_argument(
            "--project",
            type=argument_types.path,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help=cli_text("help_project"),
        )
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help=cli_text("help_json")
        )
        return parser

    action("list")
    action("add").add_argument("encoder", metavar="ENCODER", help=cli_text("help_encoder"))
    of_project = cli_text("help_encoder_of_project")
    relink = action("relink")
    relink.add_argument("encoder", metavar="ENCODER", help=of_project)
    relink.add_argument(
        "path", type=argument_types.path, metavar="PATH", help=cli_text("help_encoder_path")
    )
    remove = action("remove")
    remove.add_argument("encoder", metavar="ENCODER", help=of_project)
    remove.add_argument("--yes", action="store_true", help=cli_text("help_yes"))
