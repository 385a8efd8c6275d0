"""A process ends cleanly, whatever its threads are doing in native code at that moment."""

import subprocess
import sys
import threading

import pytest

from panoptic_data.storage import background
from tests.panoptic_data.catalogue import posters

READS_UNTIL_THE_END = """
import sys
from panoptic_data.storage import background
from panoptic_data.storage.project import open_project

project = open_project(sys.argv[1])

def read():
    while not background.is_exiting():
        project.database().frame("images")
    print("ended", flush=True)

project.database().frame("files")
background.start(read)
"""
SHOWS_A_LARGE_CORPUS = """
import sys
from panoptic_data.catalogue import registry
from panoptic_data.storage.project import open_project

# As if it took long to read: what the first views need is then made behind them.
registry.FOREGROUND_SECONDS = -1.0
registry.get(open_project(sys.argv[1]))
"""


def end_of(script, root):
    command = [sys.executable, "-c", script, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_a_thread_that_reads_tables_ends_before_the_process(tmp_path):
    opened = posters.create(tmp_path / "p")
    assert end_of(READS_UNTIL_THE_END, opened.root) == (0, "ended\n", "")


@pytest.mark.parametrize("starts", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_a_process_that_showed_a_corpus_ends_without_a_fatal_error(tmp_path, starts):
    opened = posters.create(tmp_path / "p")
    posters.with_map(opened)
    ends = {end_of(SHOWS_A_LARGE_CORPUS, opened.root) for _ in range(starts)}
    assert ends == {(0, "", "")}


def test_what_was_started_is_done_and_forgotten():
    done = threading.Event()
    background.start(done.set)
    assert done.wait(10)
    assert not background.is_exiting()
