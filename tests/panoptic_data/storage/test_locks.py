"""Locks between processes and threads."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from panoptic_data.storage.locks import exclusive_lock

HOLD = """
import sys, time
from pathlib import Path
from panoptic_data.storage.locks import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time_holds_a_lock(tmp_path):
    inside, most = 0, 0

    def work(_):
        nonlocal inside, most
        with exclusive_lock(tmp_path / "it.lock"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.01)
            inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert (inside, most) == (0, 1)


def test_a_killed_process_gives_its_lock_back(tmp_path):
    path = tmp_path / "it.lock"
    taken = threading.Event()

    def wait():
        with exclusive_lock(path):
            taken.set()

    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not taken.wait(0.2)
        process.kill()
        assert taken.wait(30)
        waiting.join()


def test_different_files_are_different_locks(tmp_path):
    with exclusive_lock(tmp_path / "a.lock"), exclusive_lock(tmp_path / "b.lock"):
        assert {path.name for path in tmp_path.iterdir()} == {"a.lock", "b.lock"}
