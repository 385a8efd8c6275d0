"""A request to stop is heard, even while Dagster's own handler swallows it."""

import os
import signal
import threading

import pytest
from dagster._utils.interrupts import capture_interrupts

from pipelines.interrupts import stop_signals


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
