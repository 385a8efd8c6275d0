"""Working ahead in threads: in order, bounded, and stopped by the first failure."""

import threading
import time

import pytest

from panoptic_data.media import prefetch


def test_results_come_in_the_order_of_the_items():
    def act(number):
        time.sleep(0.002 * (number % 3))
        return number * number

    results = prefetch.in_order(((number, 1) for number in range(50)), act, threads=4)
    assert list(results) == [number * number for number in range(50)]


@pytest.mark.parametrize(
    ("size", "most"),
    [
        (1, 2 * prefetch.MAX_ITEMS_PER_THREAD),
        (prefetch.MAX_BYTES // 3, 3),
        (2 * prefetch.MAX_BYTES, 1),
    ],
    ids=["count", "bytes", "one alone"],
)
def test_no_more_than_a_bounded_number_is_begun_and_not_taken(size, most):
    begun = []
    results = prefetch.in_order(((number, size) for number in range(100)), begun.append, threads=2)
    next(results)
    time.sleep(0.05)
    # One was taken, and one more is begun before the next is asked for.
    assert len(begun) <= most + 1
    assert len(list(results)) == 99


def test_a_failure_is_raised_in_its_turn_and_stops_the_rest():
    begun = []

    def act(number):
        begun.append(number)
        return 1 // (number - 5)

    taken = []
    with pytest.raises(ZeroDivisionError):
        taken.extend(prefetch.in_order(((number, 1) for number in range(1000)), act, threads=2))
    assert len(begun) < 100
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_who_stops_taking_stops_the_work():
    begun = []
    results = prefetch.in_order(((number, 1) for number in range(1000)), begun.append, threads=2)
    next(results)
    results.close()
    assert len(begun) < 100
    assert prefetch.processors() >= 1
