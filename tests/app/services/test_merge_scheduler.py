"""When annotations are merged: a minute after the first event, and never beside a run."""

import pytest

from app.services import merge_scheduler
from app.services.merge_scheduler import DELAY_AT_MOST, DELAY_SECONDS, MergeScheduler
from panoptic_data.annotations import edits, materialize
from panoptic_data.provenance import runs, stages
from tests.annotating import IMAGES, create_property
from tests.timed_processes import Clock, Process


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def started():
    """The merges that were started."""
    return []


@pytest.fixture
def scheduler(project, clock, started):
    return MergeScheduler(project, lambda _: started.append(Process()) or started[-1], clock)


@pytest.fixture
def note(store):
    return create_property(store, "Note", "text")


def write(store, note, text):
    store.commit(edits.set_value(store.state(), note.id, IMAGES, text), "set")


def merge(project):
    """Merge as a run does: write the tables and record it."""
    result = materialize.update(project)
    stages.record(project, "annotations", result, {}, "1", "run")


def test_nothing_is_merged_where_nobody_wrote(scheduler, started, clock):
    for _ in range(3):
        scheduler.poll()
        clock.wait(DELAY_SECONDS)
    assert started == []


def test_what_follows_within_a_minute_is_merged_with_the_first(
    scheduler, started, clock, store, note
):
    scheduler.poll()
    clock.wait(DELAY_SECONDS - 1)
    write(store, note, "first")
    scheduler.poll()
    assert started == []
    clock.wait(1)
    scheduler.poll()
    scheduler.poll()
    assert len(started) == 1


def test_a_run_at_work_is_waited_for_and_what_it_merged_is_not_merged_again(
    project, scheduler, started, clock, store, note
):
    write(store, note, "first")
    scheduler.poll()
    clock.wait(DELAY_SECONDS)
    with runs.start(project, "process", {}):
        scheduler.poll()
        assert started == []
        merge(project)
    scheduler.poll()
    clock.wait(2 * DELAY_SECONDS)
    scheduler.poll()
    assert started == []


def test_a_merge_that_fails_is_tried_again_after_longer_and_longer(
    scheduler, started, clock, store, note
):
    write(store, note, "first")
    scheduler.poll()
    clock.wait(DELAY_SECONDS)
    scheduler.poll()
    delay = DELAY_SECONDS
    for count in range(1, 9):
        started[-1].returncode = 1
        scheduler.poll()
        delay = min(2 * delay, DELAY_AT_MOST)
        clock.wait(delay - 1)
        scheduler.poll()
        assert len(started) == count
        clock.wait(1)
        scheduler.poll()
        assert len(started) == count + 1
    assert delay == DELAY_AT_MOST


def test_what_is_written_during_a_merge_is_left_to_the_next(
    project, scheduler, started, clock, store, note
):
    scheduler.poll()
    clock.wait(DELAY_SECONDS)
    scheduler.poll()
    merge(project)
    write(store, note, "second")
    started[0].returncode = 0
    scheduler.poll()
    assert len(started) == 1
    clock.wait(DELAY_SECONDS)
    scheduler.poll()
    assert len(started) == 2
    merge(project)
    started[1].returncode = 0
    scheduler.poll()
    clock.wait(10 * DELAY_SECONDS)
    scheduler.poll()
    assert len(started) == 2


def test_a_table_that_cannot_be_read_now_does_not_end_the_watch(monkeypatch, caplog):
    class Broken:
        polls = 0

        def poll(self):
            self.polls += 1
            if self.polls == 3:
                raise KeyboardInterrupt
            raise OSError("under repair")

    monkeypatch.setattr(merge_scheduler, "POLL_SECONDS", 0)
    broken = Broken()
    with pytest.raises(KeyboardInterrupt):
        merge_scheduler._poll(broken)
    assert broken.polls == 3
    assert [record.exc_info[1].args for record in caplog.records] == [("under repair",)] * 2
