"""What ``panoptic sample`` and ``panoptic split`` take.

Imports nothing heavy. Not here: what they do (``sample``, ``split``).
"""

from __future__ import annotations

import argparse

from app.commands import argument_types
from app.session.language import cli_text, terminal_language
from panoptic_data.messages import translate

__all__ = ["EXAMPLES", "SPLIT_EXAMPLES", "fill", "fill_split"]

EXAMPLES = (
    "panoptic sample 100 --seed 7",
    'panoptic sample 200 --diverse --view "folder:posters date:1930s"',
    'panoptic sample 300 --balanced Theme --tag "to check"',
)
SPLIT_EXAMPLES = (
    "panoptic split",
    "panoptic split --shares 70/15/15 --by Theme --seed 7",
    'panoptic split --shares 80/20 --view "Theme:any" --dry-run',
)


def fill(command: argparse.ArgumentParser) -> None:
    """Add what ``panoptic sample`` takes."""
    count = argument_types.count
    command.add_argument("count", type=count, metavar="COUNT", help=_text("count"))
    methods = command.add_mutually_exclusive_group()
    methods.add_argument("--diverse", action="store_true", help=_text("diverse"))
    methods.add_argument("--typical", action="store_true", help=_text("typical"))
    methods.add_argument("--balanced", metavar="FIELD", help=_text("balanced"))
    command.add_argument("--encoder", metavar="ENCODER", help=_text("encoder"))
    command.add_argument("--tag", metavar="NAME", help=_text("tag"))
    _fill_both(command)


def fill_split(command: argparse.ArgumentParser) -> None:
    """Add what ``panoptic split`` takes."""
    command.add_argument("--shares", metavar="SHARES", default="80/10/10", help=_text("shares"))
    command.add_argument("--by", metavar="FIELD", help=_text("split_by"))
    _fill_both(command)


def _fill_both(command: argparse.ArgumentParser) -> None:
    seed = argument_types.seed
    command.add_argument("--seed", type=seed, default=1, metavar="SEED", help=_text("seed"))
    command.add_argument("--view", default="", metavar="VIEW", help=_text("view"))
    command.add_argument("--property", metavar="NAME", help=_text("property"))
    command.add_argument("--dry-run", action="store_true", help=_text("dry_run"))
    command.add_argument("--json", action="store_true", help=cli_text("help_json"))


def _text(key: str) -> str:
    return translate(f"sampling.help_{key}", terminal_language())
