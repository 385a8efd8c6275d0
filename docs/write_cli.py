"""Write docs/cli.md from what ``panoptic --help`` and each command's ``--help`` print.

``uv run python docs/write_cli.py`` after a change of the command line; a test compares the two.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from app.cli import COMMANDS, main
from app.commands import version_arguments

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# Command line

Made from `--help` by `uv run python docs/write_cli.py`; not edited by hand.

Exit codes: 0 done; 1 something failed; 2 a wrong argument; 3 another run works on the project;
4 model weights or vectors are missing; 5 too many programs write at once; 130 interrupted with
Ctrl+C. The reason is one sentence on standard error. With `--json` a command prints one JSON object
and nothing else.
"""
# Commands with commands of their own.
NESTED = (
    ("encoders", "add"),
    *(("version", name) for name in version_arguments.ACTIONS),
)


def page() -> str:
    """Return the text of docs/cli.md as the command line is now."""
    return HEAD + "".join(_section(words) for words in _commands())


def _commands() -> Iterator[tuple[str, ...]]:
    yield ()
    for name in COMMANDS:
        yield (name,)
        yield from (words for words in NESTED if words[0] == name)


def _section(words: tuple[str, ...]) -> str:
    heading = " ".join(("panoptic", *words))
    return f"\n## {heading}\n\n```text\n{_help(words).strip()}\n```\n"


def _help(words: tuple[str, ...]) -> str:
    output = io.StringIO()
    # In English, in the width of this page, without colours, whoever runs it.
    environment = {**os.environ, "COLUMNS": "96", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    environment.pop("PANOPTIC_LANGUAGE", None)
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(output),
        contextlib.suppress(SystemExit),
    ):
        main([*words, "--help"])
    return output.getvalue()


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
