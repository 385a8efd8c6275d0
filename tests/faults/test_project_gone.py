"""A project whose folder is moved, unmounted or replaced while its dashboard is open."""

import itertools
import json
import shutil
import threading
import time
import urllib.error
import urllib.request

import pytest

from panoptic_data.annotations import log
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import ProjectGone, ProjectReplaced
from panoptic_data.storage.project import create_project, open_project, save_settings
from tests import synthetic
from tests.annotating import create_property
from tests.dashboard import eventually, serving

CYCLES = 30
SHA1S = [synthetic.sha1(f"image {number}") for number in range(6)]


@pytest.fixture
def project(tmp_path):
    opened = synthetic.project(tmp_path / "project")
    synthetic.write(opened, "images", [synthetic.image(f"image {n}") for n in range(6)])
    files = [synthetic.file(f"a/{n}.jpg", f"image {n}") for n in range(6)]
    synthetic.write(opened, "files", files)
    return opened


@pytest.fixture
def title(project):
    return create_property(annotations_of(project), "Title", "text").id


def post(address, path, body):
    """Return the status and the JSON of an answer."""
    request = urllib.request.Request(
        address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def edit(address, title, value, number=0):
    target = {"sha1s": [SHA1S[number % len(SHA1S)]]}
    return post(address, "/annotate", {"property": title, "value": value, "targets": target})


def stored_values(root):
    """Return the values in the log, as a process reads them that opens the project now."""
    events, _ = log.read(open_project(root))
    return events.filter(events["kind"] == "image")["new"].to_list()


def test_edits_while_the_folder_is_moved_away_and_back_are_stored_or_refused(project, title):
    away = project.root.with_name("elsewhere")
    acknowledged, refused, over = [], [], threading.Event()

    def work(name):
        for number in itertools.count():
            if over.is_set():
                return
            value = f"{name} {number}"
            status, answer = edit(address, title, value, number)
            if status == 200:
                acknowledged.append(value)
                continue
            assert (status, answer["error"]) == (503, "project_gone"), answer
            refused.append(value)

    with serving(project.root) as address:
        assert eventually(lambda: edit(address, title, "first")[0] == 200)
        writers = [threading.Thread(target=work, args=(name,)) for name in ("anna", "ben")]
        for writer in writers:
            writer.start()
        for _ in range(CYCLES):
            time.sleep(0.1)
            project.root.rename(away)
            time.sleep(0.1)
            assert not project.root.exists()
            away.rename(project.root)
        over.set()
        for writer in writers:
            writer.join()
        assert edit(address, title, "last")[0] == 200
    assert len(acknowledged) > CYCLES
    assert len(refused) > CYCLES
    # Each that was acknowledged is there, once; none is that was refused.
    expected = ["first", *acknowledged, "last"]
    assert sorted(stored_values(project.root)) == sorted(expected)


def test_a_copy_in_its_place_is_not_written_into(project, title, tmp_path):
    with serving(project.root) as address:
        assert eventually(lambda: edit(address, title, "first")[0] == 200)
        shutil.copytree(project.root, tmp_path / "copy")
        project.root.rename(tmp_path / "original")
        (tmp_path / "copy").rename(project.root)
        status, answer = edit(address, title, "second")
        assert (status, answer["error"]) == (503, "project_replaced")
        assert "panoptic open" in answer["message"]
        shutil.rmtree(project.root)
        (tmp_path / "original").rename(project.root)
        assert edit(address, title, "third")[0] == 200
    assert stored_values(project.root) == ["first", "third"]


def test_an_empty_mount_point_is_no_project(project, title, tmp_path):
    store = annotations_of(project)
    project.root.rename(tmp_path / "disk")
    project.root.mkdir()
    changes = [log.Change("image", SHA1S[0], title, "set", "x")]
    with pytest.raises(ProjectGone):
        store.commit(changes, "set")
    with pytest.raises(ProjectGone):
        project.database().count("images")
    with pytest.raises(ProjectGone):
        save_settings(project)
    assert list(project.root.iterdir()) == []


def test_nothing_of_a_project_that_is_gone_is_made_again(project, tmp_path):
    from app.services import jobs
    from app.services.import_sessions import ImportSessions
    from panoptic_data.media import query_images
    from panoptic_data.provenance import runs
    from panoptic_data.views import saved, stored_selections
    from panoptic_data.views.model import View

    project.root.rename(tmp_path / "disk")
    for write in (
        lambda: jobs.start_processing(project),
        lambda: ImportSessions(project).folder(),
        lambda: query_images.keep(project, synthetic.picture()),
        lambda: runs.start(project, "process", {}).__enter__(),
        lambda: stored_selections.store(project, SHA1S),
        lambda: saved.save(project, "name", View()),
        lambda: save_settings(project),
        lambda: log.compact(project),
        lambda: project.database().names(),
        lambda: project.database().compact("images"),
        lambda: project.database().drop("images"),
    ):
        with pytest.raises(ProjectGone):
            write()
        assert not project.root.exists()


def test_another_project_of_the_same_name_is_another(project, tmp_path):
    project.root.rename(tmp_path / "first")
    create_project(project.root, project.name)
    with pytest.raises(ProjectReplaced):
        project.database().read("images")
