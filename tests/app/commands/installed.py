"""The installed command, run as a person runs it, or its code in this process: 1 to 3 s less."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from app.cli import main

__all__ = ["in_process", "panoptic"]

PANOPTIC = Path(sys.executable).with_name("panoptic")


def panoptic(*arguments, cwd=None, **environment):
    return subprocess.run(
        [PANOPTIC, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
    )


def in_process(*arguments, main=main, **environment):
    """Run the command's code here; return what :func:`panoptic` returns."""
    command = list(map(str, arguments))
    written, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, {"LC_ALL": "C.UTF-8", **environment}),
        redirect_stdout(written),
        redirect_stderr(errors),
    ):
        try:
            code = main(command)
        except SystemExit as end:
            code = end.code
    return subprocess.CompletedProcess(command, code, written.getvalue(), errors.getvalue())
