"""New files are counted while the dashboard runs, and processed by themselves where asked for."""

import pytest

from app.services import jobs
from app.services.folder_watch import STABLE_SECONDS, FoldersState, FolderWatcher, current
from panoptic_data.errors import ProjectBusy
from panoptic_data.ingest import images, sources
from panoptic_data.provenance import runs
from panoptic_data.storage.project import create_project
from tests.small_corpus import write_pictures
from tests.timed_processes import Clock, Process


class Folders:
    """Notices as the test gives them."""

    def __init__(self):
        self.changed = set()
        self.roots = {}

    def follow(self, roots):
        self.roots = dict(roots)

    def take(self):
        taken, self.changed = frozenset(self.changed), set()
        return taken

    def modes(self):
        return dict.fromkeys(self.roots, "notices")


@pytest.fixture
def posters(tmp_path):
    write_pictures(tmp_path / "posters", range(30))
    return tmp_path / "posters"


@pytest.fixture
def project(tmp_path, posters):
    opened = create_project(tmp_path / "project")
    images.ingest(opened, sources.add(opened, posters), "run")
    return opened


@pytest.fixture
def folders():
    return Folders()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def started():
    """The sources of each processing that was started."""
    return []


@pytest.fixture
def processes():
    return []


@pytest.fixture
def watcher(project, folders, clock, started, processes):
    def start(_, sources):
        started.append(list(sources))
        processes.append(Process())
        return processes[-1]

    return FolderWatcher(project, folders, start, clock)


@pytest.fixture
def look(watcher, folders, clock):
    """Have something noticed in posters, wait some seconds, and look."""

    def looked(seconds=0.0):
        folders.changed = {"posters"}
        clock.now += seconds
        watcher.poll()
        return watcher.state.news[0] if watcher.state.news else None

    return looked


def ingest(project):
    images.ingest(project, sources.listing(project)[0], "run")


def test_what_is_new_changed_and_gone_is_counted(project, posters, look):
    assert look().count == 0
    write_pictures(posters, range(100, 112))
    (posters / "subject-1" / "00001.jpg").write_bytes(b"other")
    (posters / "subject-2" / "00002.jpg").unlink()
    (posters / "subject-3" / "new.jpg").write_bytes(b"")
    news = look()
    assert (news.new, news.changed, news.vanished) == (13, 1, 1)
    assert not news.withheld
    ingest(project)
    assert look().count == 0


def test_all_folders_are_looked_through_once_and_after_each_run(watcher, project, posters, folders):
    write_pictures(posters, range(100, 102))
    # Nothing was noticed: they were there before the dashboard.
    watcher.poll()
    assert watcher.state.waiting[0].new == 2
    assert folders.roots == {"posters": posters}
    ingest(project)
    watcher.poll()
    assert watcher.state.waiting == ()


def test_while_a_run_is_at_work_nothing_is_counted(watcher, project, posters, look):
    write_pictures(posters, range(100, 102))
    with runs.start(project, "process", {}):
        assert look() is None
    assert look().new == 2


def test_a_run_that_was_just_started_by_a_press_is_waited_for(project, posters, look, monkeypatch):
    process = Process()
    monkeypatch.setitem(jobs._processing, project.folder, process)
    write_pictures(posters, range(100, 102))
    assert look() is None
    process.returncode = 0
    assert look().new == 2


def test_a_folder_that_is_away_is_noted_and_that_it_returned_too(watcher, project, posters, look):
    posters.rename(posters.with_name("unplugged"))
    assert look().is_away
    assert sources.listing(project)[0].presence.is_away
    posters.with_name("unplugged").rename(posters)
    assert not look().is_away
    assert not sources.listing(project)[0].presence.is_away


def test_without_being_asked_nothing_is_processed(posters, look, started):
    write_pictures(posters, range(100, 102))
    look()
    look(10 * STABLE_SECONDS)
    assert started == []


def test_what_is_new_is_processed_once_copying_has_ended(
    project, posters, look, started, processes
):
    sources.set_automatic(project, "posters", True)
    look()
    for number in range(100, 104):
        # However long it takes, as long as more comes.
        write_pictures(posters, range(number, number + 1))
        look(0.75 * STABLE_SECONDS)
    assert started == []
    look(STABLE_SECONDS)
    assert started == [["posters"]]
    # Never two at once, and what was tried is not tried again.
    look(STABLE_SECONDS)
    processes[0].returncode = 1
    look(STABLE_SECONDS)
    look(STABLE_SECONDS)
    assert started == [["posters"]]
    write_pictures(posters, range(200, 201))
    look()
    look(STABLE_SECONDS)
    assert started == [["posters"]] * 2


def test_what_is_written_at_the_last_moment_is_waited_for(
    project, posters, look, started, watcher, clock
):
    sources.set_automatic(project, "posters", True)
    write_pictures(posters, range(100, 101))
    look()
    clock.now += STABLE_SECONDS
    write_pictures(posters, range(101, 102))
    # Nothing was noticed yet.
    watcher.poll()
    assert started == []
    clock.now += STABLE_SECONDS
    watcher.poll()
    assert started == [["posters"]]


def test_what_another_run_came_before_is_tried_again(project, posters, look, started, processes):
    sources.set_automatic(project, "posters", True)
    write_pictures(posters, range(100, 101))
    look()
    look(STABLE_SECONDS)
    processes[0].returncode = ProjectBusy.exit_code
    look(STABLE_SECONDS)
    look(STABLE_SECONDS)
    assert started == [["posters"]] * 2


def test_a_file_that_went_and_came_back_as_it_was_is_processed_each_time(
    project, posters, look, started, processes
):
    sources.set_automatic(project, "posters", True)
    file = posters / "subject-1" / "00001.jpg"
    for _ in range(2):
        for source, target in ((file, posters.parent / "kept"), (posters.parent / "kept", file)):
            source.rename(target)
            look()
            look(STABLE_SECONDS)
            ingest(project)
            processes[-1].returncode = 0
            look()
    assert started == [["posters"]] * 4


def test_many_files_that_vanish_at_once_start_nothing_and_are_asked_about(
    project, posters, look, started
):
    sources.set_automatic(project, "posters", True)
    for folder in posters.iterdir():
        folder.rename(posters.parent / folder.name)
    look()
    assert look(STABLE_SECONDS).withheld == 30
    assert started == []
    assert sources.listing(project)[0].presence.vanished == 30
    assert project.database().count("files", "status = 'ok'") == 30


def test_where_nobody_watches_nothing_is_new(project):
    assert current(project) == FoldersState()
