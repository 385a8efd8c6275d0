"""The installed command, run as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

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
