"""The catalogue that a process shares: current, and read no more often than it has to be."""

import threading
import time

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import View
from tests import synthetic
from tests.panoptic_data.catalogue.posters import asking, shown, with_map
from tests.synthetic import file, image


def test_it_follows_the_tables_within_a_second(opened):
    before = registry.get(opened)
    synthetic.write(opened, "images", [image("new")])
    synthetic.write(opened, "files", [file("posters/new.jpg", "new")])
    deadline = time.monotonic() + 10
    while registry.get(opened) is before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(run_view(registry.get(opened), View())) == 4
    assert len(run_view(before, View())) == 3


def test_nothing_is_read_again_while_nothing_changes(opened):
    first = registry.get(opened, fresh=True)
    assert registry.get(opened, fresh=True) is first
    with_map(opened)
    second = registry.get(opened, fresh=True)
    assert second.version != first.version
    assert second.corpus is first.corpus


def test_many_threads_read_one_catalogue(opened):
    with_map(opened)
    views = [
        View(),
        asking("path", "red"),
        asking("cluster", {"encoder": "visual", "numbers": [1]}),
    ]
    answers: list[tuple[int, list[str]]] = []

    def ask(number):
        for _ in range(20):
            answers.append((number % 3, shown(opened, views[number % 3])))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {0: ["blue", "red", "grey"], 1: ["red"], 2: ["blue", "red"]}
    assert len(answers) == 120
    assert all(expected[number] == names for number, names in answers)
