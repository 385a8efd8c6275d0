"""A request to stop is heard, even while Dagster's own handler swallows it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from dagster._utils.interrupts import capture_interrupts

from pipelines.interrupts import Stopped, raise_when_stopped, stop_signals


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_dagster_forgets_is_heard(sent):
    before = signal.getsignal(signal.SIGTERM)
    try:
        with stop_signals() as is_stopped:
            with capture_interrupts():
                os.kill(os.getpid(), sent)
            assert is_stopped()
            assert not is_stopped()
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_other_signals_are_none_of_its_business():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with stop_signals() as is_stopped:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not is_stopped()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_outside_the_main_thread_nothing_is_heard_and_nothing_breaks():
    answers = []

    def work():
        with stop_signals() as is_stopped:
            answers.append(is_stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_stopped_while_a_class_is_made_from_text_it_ends_with_its_own_exit_code(tmp_path, sent):
    (tmp_path / "stopped.py").write_text(
        "import os, signal, sys\n"
        "from pipelines.interrupts import raise_when_stopped\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "raise_when_stopped()\n"
        f"text = 'import time; os.kill(os.getpid(), signal.{sent}); time.sleep(9)'\n"
        "try:\n"
        "    exec(text)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}"}
    command = [sys.executable, "-m", "stopped"]
    assert subprocess.run(command, env=environment, check=False).returncode == 130


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise_when_stopped()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
