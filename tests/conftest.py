"""The demo project, made once for all tests that look at it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

# A second of each run is spent waiting until a disk has it, of what no test keeps.
MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
# The tests start a hundred programs: what the first compiles the others need not.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What a shell starts in the background ignores Ctrl+C, and so does all that it starts: stops of
# runs would be waited out.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PANOPTIC = Path(sys.executable).with_name("panoptic")
# One process makes the demo project for it, while the other has work that does not need it.
FIRST = "test_end_to_end.py"
# Beside those that need a browser.
LONG = (
    "test_annotations.py",
    "test_cli.py",
    "test_conventions.py",
    "test_encoders.py",
    "test_kill.py",
    "test_kill_at_random.py",
    "test_main.py",
    "test_process.py",
    "test_serve.py",
)
# A busy machine may take a second for the first example, and says nothing of the code by it.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
OFFLINE = {**os.environ, "LC_ALL": "C.UTF-8", "HF_HUB_OFFLINE": "1"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the files that take long first: the short ones then fill what time is left."""
    items.sort(key=_turn)


def _turn(item):
    long = item.path.name in LONG
    return item.path.name != FIRST, not long, not long and "browser" not in item.path.parts


@pytest.fixture(scope="session")
def demo_of_all(tmp_path_factory):
    """Return a folder with ``demo``, the project, and ``said.txt``, what its making printed.

    Made as a person would. Nobody writes into it: tests take :func:`demo_project`, a copy.
    """
    here = tmp_path_factory.getbasetemp()
    # Processes of one suite share the folder above their own: the first makes it for all.
    home = (here.parent if "PYTEST_XDIST_WORKER" in os.environ else here) / "demo-of-all"
    with FileLock(home.with_suffix(".lock")):
        if not (home / "said.txt").exists():
            shutil.rmtree(home, ignore_errors=True)
            command = [PANOPTIC, "demo", "--no-serve", "--project", home / "demo"]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=OFFLINE, timeout=540
            )
            assert done.returncode == 0, done.stderr
            (home / "said.txt").write_text(done.stdout)
    return home


@pytest.fixture(scope="session")
def demo_project(demo_of_all, tmp_path_factory):
    """Return a copy of the demo project for the tests of one process, which only look at it."""
    own = tmp_path_factory.mktemp("own") / "demo"
    shutil.copytree(demo_of_all / "demo", own)
    LOOKED_AT[own] = _commits(own)
    return own


# What the tables of the shared project were before a test.
LOOKED_AT = {}


@pytest.fixture(autouse=True)
def _nobody_writes_into_the_shared_project():
    yield
    for project, before in LOOKED_AT.items():
        LOOKED_AT[project] = _commits(project)
        written = sorted(LOOKED_AT[project] ^ before)
        assert not written, f"this test writes into demo_project, others look at it: {written}"


def _commits(project):
    """Return the names of all versions of all tables."""
    return {str(path.relative_to(project)) for path in project.glob("lance/*/_versions/*")}
