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


# A native thread that wants to come in while the main thread holds the interpreter: no frame yet.
WAITS_WITHOUT_A_FRAME = """
import ctypes, os, sys, time
from panoptic_data.storage import background

sys.setswitchinterval(30)
ident = ctypes.c_ulong()
enter = ctypes.cast(ctypes.pythonapi.PyGILState_Ensure, ctypes.c_void_p)
ctypes.PyDLL(None).pthread_create(ctypes.byref(ident), None, enter, None)
end = time.monotonic() + 20
while not background._count_foreign() and time.monotonic() < end:
    pass
# Printing would let it in.
os._exit(40 + background._count_foreign())
"""

WORKS_INSIDE_PYTHON = """
import ctypes, threading, time
from panoptic_data.storage import background

entered, libc, ident = threading.Event(), ctypes.CDLL(None), ctypes.c_ulong()

@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def work(_):
    entered.set()
    time.sleep(0.3)

libc.pthread_create(ctypes.byref(ident), None, work, None)
assert entered.wait(10)
began = time.monotonic()
background.wait_for_native_threads()
print(time.monotonic() - began > 0.2, background._count_foreign())
libc.pthread_join(ident, None)
"""
OURS_WAITS = """
import threading
from panoptic_data.storage import background

over = threading.Event()
thread = threading.Thread(target=over.wait)
thread.start()
print(background._count_foreign())
over.set()
thread.join()
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


@pytest.mark.skipif(sys.platform == "win32", reason="threads of POSIX")
def test_a_native_thread_that_waits_to_come_in_is_seen(tmp_path):
    assert end_of(WAITS_WITHOUT_A_FRAME, tmp_path) == (41, "", "")


@pytest.mark.skipif(sys.platform == "win32", reason="threads of POSIX")
def test_a_native_thread_inside_python_is_waited_for(tmp_path):
    assert end_of(WORKS_INSIDE_PYTHON, tmp_path) == (0, "True 0\n", "")


def test_threads_of_ours_are_not_waited_for(tmp_path):
    assert end_of(OURS_WAITS, tmp_path) == (0, "0\n", "")
