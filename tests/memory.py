"""Runs Python in a process of its own and says how much memory it took at its peak."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

__all__ = ["run_and_weigh"]

# ru_maxrss would do, did Linux not hand the parent's peak on to its children.
_WEIGH = """
import re
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def run_and_weigh(code: str) -> tuple[str, int]:
    """Return what the code prints, and its peak memory in MiB."""
    if not Path("/proc/self/status").exists():
        pytest.skip("peak memory is read from /proc, which this system has not")
    done = subprocess.run(
        [sys.executable, "-c", code + "\n" + _WEIGH],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr
    shown, memory = re.fullmatch(r"(.*?)(\d+)\n", done.stdout, re.DOTALL).groups()
    return shown, int(memory) >> 10
