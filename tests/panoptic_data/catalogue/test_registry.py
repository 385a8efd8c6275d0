"""The catalogue that a process shares: current, and read no more often than it has to be."""

import threading
import time

import pytest

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import View
from tests import synthetic
from tests.dashboard import eventually
from tests.panoptic_data.catalogue.posters import asking, shown, with_map, with_vectors
from tests.synthetic import file, image, sha1
from tests.vectors import forget


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


def test_a_view_by_likeness_follows_the_vectors(opened):
    with_map(with_vectors(opened))
    view = asking("like", {"encoder": "visual", "query": f"image:{sha1('red')}", "threshold": -1.0})
    before = registry.get(opened, fresh=True)
    rows = opened.database().read("embeddings__visual")
    forget(opened, [sha1("grey")])
    assert shown(opened, view) == ["blue"]
    opened.database().upsert("embeddings__visual", rows)
    assert shown(opened, view) == ["blue", "grey"]
    after = registry.get(opened, fresh=True)
    assert after.version != before.version
    assert after.corpus is before.corpus


def test_of_other_vectors_orders_are_kept_and_results_are_not(opened):
    with_vectors(opened)
    current = registry.get(opened, fresh=True)
    run_view(current, View())
    assert current.cache.orders
    forget(opened, [sha1("grey")])
    other = registry.get(opened, fresh=True)
    assert other.cache.orders.keys() == current.cache.orders.keys()
    assert not other.cache.results
    # Without coordinates or clusters there is nothing of an encoder that a page can show.
    assert other.encoders == ()


@pytest.mark.parametrize("is_large", [False, True])
def test_an_error_while_tables_are_looked_at_blocks_nobody(opened, monkeypatch, is_large):
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(registry, "REST_FACTOR", 0.0)
    monkeypatch.setattr(registry, "FOREGROUND_SECONDS", -1.0 if is_large else 10.0)
    before = registry.get(opened, fresh=True)
    failed = threading.Event()

    def fail(database):
        failed.set()
        raise OSError("lance: transient")

    with monkeypatch.context() as broken:
        broken.setattr(registry, "_versions", fail)
        if is_large:
            assert registry.get(opened) is before
            assert failed.wait(10)
        # A second reader is told: nobody reads what is old for ever without a word.
        assert eventually(lambda: raises(opened), within=10)
    with_map(opened)
    readers: list[object] = []
    thread = threading.Thread(
        target=lambda: readers.append(registry.get(opened, fresh=True)), daemon=True
    )
    thread.start()
    thread.join(10)
    assert readers
    assert readers[0] is not before


def raises(opened):
    try:
        registry.get(opened)
    except OSError:
        return True
    return False


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


def test_a_large_corpus_is_still_read_in_the_background_after_its_vectors_changed(opened):
    with_vectors(opened)
    registry.get(opened, fresh=True)
    shared = registry._shared.of(opened.folder, list)
    shared._load_seconds = 9.0
    forget(opened, [sha1("grey")])
    # Reading vectors anew costs nothing here: that says nothing of files and images.
    registry.get(opened, fresh=True)
    assert shared._load_seconds == 9.0
