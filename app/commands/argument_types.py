"""What arguments of the command line are read as; a wrong one is answered in one sentence.

Not here: which arguments there are (``app.cli``), what goes together (each command).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.session.language import cli_text, terminal_language
from panoptic_data.errors import UsageError
from panoptic_data.messages import translate

__all__ = [
    "LAST_PORT",
    "TYPES",
    "column",
    "count",
    "days",
    "not_together",
    "only_with",
    "path",
    "port",
    "seed",
]

LAST_PORT = 65_535
# Those of `panoptic_data.annotations.values`, which takes a second to import; a test compares them.
TYPES = ("text", "number", "tag", "tags", "date", "colour", "url", "checkbox", "path", "image")


def path(text: str) -> Path:
    """Read a path; an empty one is that of a variable that is not set."""
    if not text.strip():
        raise argparse.ArgumentTypeError(cli_text("empty_path"))
    return Path(text)


def count(text: str) -> int:
    """Read a whole number of 1 or more."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(cli_text("not_a_count", text=text))
    return number


def seed(text: str) -> int:
    """Read a whole number of 0 or more."""
    if not text.isdecimal():
        wanted = translate("sampling.cannot_seed", terminal_language(), given=text)
        raise argparse.ArgumentTypeError(wanted)
    return int(text)


def days(text: str) -> int:
    """Read a number of days."""
    if not text.isdecimal():
        wanted = translate("clean.not_days", terminal_language(), text=text)
        raise argparse.ArgumentTypeError(wanted)
    return int(text)


def port(text: str) -> int:
    """Read the number of a port."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= LAST_PORT:
        raise argparse.ArgumentTypeError(cli_text("not_a_port", text=text, last=LAST_PORT))
    return number


def column(text: str) -> tuple[str, str]:
    """Read the name of a column and its type, ``year=date``."""
    name, sign, type = text.rpartition("=")
    if not sign or not name or type not in TYPES:
        wanted = translate(
            "import.not_a_column", terminal_language(), text=text, types=", ".join(TYPES)
        )
        raise argparse.ArgumentTypeError(wanted)
    return name, type


def not_together(option: str, other: str, why: str = "") -> UsageError:
    """Return the error of two options that do not go together; ``why`` is a key of ``cli``."""
    return _wrong("not_together", why, option=option, other=other)


def only_with(option: str, other: str, why: str = "") -> UsageError:
    """Return the error of an option that means nothing without another."""
    return _wrong("only_with", why, option=option, other=other)


def _wrong(key: str, why: str, **options: str) -> UsageError:
    reason = cli_text(why) if why else ""
    text = translate(f"arguments.{key}", terminal_language(), why=reason, **options)
    return UsageError(problem=text.strip())
