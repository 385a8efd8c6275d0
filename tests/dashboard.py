"""A real dashboard of a project, served by the installed command. Not here: browsers."""

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager

__all__ = ["NARROW", "WIDE", "eventually", "panoptic", "serving"]

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 1000, "height": 700}


@contextmanager
def serving(project):
    """Serve a project on a free port; yield the address of its dashboard."""
    command = [sys.executable, "-m", "app.cli", "open", "--project", str(project), "--no-browser"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    log_file = project.with_name(f"{project.name}-server.log")
    with (
        log_file.open("a") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        ) as server,
    ):
        try:
            yield _address(server.stdout)
        finally:
            server.terminate()
    # What a page could not do is an error on it, and a traceback here.
    sys.stderr.write(log_file.read_text())


def eventually(check, *, within=30.0):
    """Ask until the answer is true: a page comes to its state when the machine lets it."""
    end = time.monotonic() + within
    answer = check()
    while not answer and time.monotonic() < end:
        time.sleep(0.05)
        answer = check()
    return answer


def panoptic(*arguments):
    command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _address(lines):
    for line in lines:
        match = re.search(r"http://[\w.]+:\d+", line)
        if match:
            return match.group()
    raise AssertionError("the server ended before it said its address")
