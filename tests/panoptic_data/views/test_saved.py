"""Saved views and tabs, on a real table."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from panoptic_data.errors import InvalidView
from panoptic_data.storage.project import create_project
from panoptic_data.views import saved
from panoptic_data.views.model import Level, Sort, View, to_json
from panoptic_data.views.saved import LAST
from tests import synthetic
from tests.synthetic import sha1

POSTERS = View(group=(Level("folder", 2),)).with_condition("folder", ["posters"])
LARGE = View(sort=(Sort("size", True),), show=("grid", "map")).with_condition("width", [900, None])
WRITER = """
import sys
from panoptic_data.views import saved
from panoptic_data.storage import project
from panoptic_data.views.model import View
opened = project.open_project(sys.argv[1])
sys.stdin.readline()
for number in range(6):
    saved.save(opened, f"{sys.argv[2]} {number}", View(), saved.LAST)
    saved.rename(opened, sys.argv[3], f"by {sys.argv[2]}")
    saved.update(opened, sys.argv[4], View().with_condition("path", f"{sys.argv[2]} {number}"))
"""


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


def tabs(project):
    return [view.name for view in saved.list_views(project) if view.is_open]


def others(project):
    return [view.name for view in saved.list_views(project) if not view.is_open]


def damaged(project, name, view, place=None):
    row = {"id": name, "name": name, "view": view, "at": synthetic.AT, "place": place}
    synthetic.write(project, "views", [{**row, "deleted": False}])


def test_project_without_any_has_none(project):
    assert saved.list_views(project) == []
    assert saved.get(project, "nobody") is None


def test_view_comes_back_as_it_was_saved(project):
    chosen = View().with_condition("selection", [sha1("a"), sha1("b")])
    kept = [saved.save(project, name, view) for name, view in (("été", LARGE), ("b", chosen))]
    assert {view.id: view.view for view in saved.list_views(project)} == {
        kept[0].id: LARGE,
        kept[1].id: chosen,
    }
    assert saved.get(project, kept[0].id) == kept[0]
    assert kept[0].name == "été"
    assert kept[0].changed_at.tzinfo is not None
    assert not kept[0].is_open


def test_names_are_one_line_and_an_empty_one_changes_nothing(project):
    kept = saved.save(project, "  war\n posters ", POSTERS)
    assert kept.name == "war posters"
    assert saved.rename(project, kept.id, "  ").name == "war posters"
    assert saved.rename(project, kept.id, "posters " * 100).name.startswith("posters posters")
    assert len(saved.get(project, kept.id).name) <= 200


def test_update_writes_only_what_differs(project):
    kept = saved.save(project, "posters", POSTERS)
    before = project.database().version("views")
    assert saved.update(project, kept.id, POSTERS) == kept
    assert project.database().version("views") == before
    assert saved.update(project, kept.id, LARGE).view == LARGE
    assert saved.get(project, kept.id).view == LARGE
    assert saved.get(project, kept.id).name == "posters"


def test_tabs_keep_their_order_and_new_ones_come_last(project):
    a, b, c = (saved.save(project, name, View(), LAST) for name in "abc")
    saved.save(project, "closed", View())
    assert tabs(project) == ["a", "b", "c"]
    saved.reorder(project, [c.id, "nobody", a.id])
    assert tabs(project) == ["c", "a", "b"]
    saved.save(project, "first", View(), 0)
    assert tabs(project) == ["first", "c", "a", "b"]
    saved.reopen(project, b.id, 1)
    assert tabs(project) == ["first", "b", "c", "a"]
    assert others(project) == ["closed"]


def test_closed_tab_stays_saved_and_opens_again(project):
    a, b, _ = (saved.save(project, name, POSTERS, LAST) for name in "abc")
    saved.close(project, a.id)
    saved.close(project, b.id)
    assert tabs(project) == ["c"]
    assert sorted(others(project)) == ["a", "b"]
    assert saved.reopen(project, a.id).view == POSTERS
    assert tabs(project) == ["c", "a"]


def test_copy_stands_beside_its_original_and_lives_alone(project):
    a = saved.save(project, "a", POSTERS, LAST)
    saved.save(project, "b", View(), LAST)
    copied = saved.duplicate(project, a.id, "a again")
    assert tabs(project) == ["a", "a again", "b"]
    saved.update(project, copied.id, LARGE)
    assert saved.get(project, a.id).view == POSTERS
    assert saved.get(project, copied.id).view == LARGE


def test_removed_view_is_gone_until_it_is_restored(project):
    a = saved.save(project, "a", POSTERS, LAST)
    saved.save(project, "b", View(), LAST)
    saved.remove(project, a.id)
    assert saved.get(project, a.id) is None
    assert tabs(project) == ["b"]
    assert saved.update(project, a.id, LARGE) is None
    assert saved.rename(project, a.id, "other") is None
    assert saved.reopen(project, a.id) is None
    assert saved.restore(project, a.id, 0).view == POSTERS
    assert tabs(project) == ["a", "b"]


@pytest.mark.parametrize(
    "view", [json.dumps({**to_json(POSTERS), "version": 99}), "{", "", "[]", None]
)
def test_view_that_cannot_be_read_is_listed_with_its_problem_and_never_lost(project, view):
    damaged(project, "newer", view, place=0)
    ours = saved.save(project, "ours", POSTERS, LAST)
    listed = saved.get(project, "newer")
    assert listed.view is None
    assert isinstance(listed.problem, InvalidView)
    with pytest.raises(InvalidView):
        saved.update(project, "newer", LARGE)
    saved.rename(project, "newer", "from tomorrow")
    saved.reorder(project, [ours.id, "newer"])
    copied = saved.duplicate(project, "newer")
    assert tabs(project) == ["ours", "from tomorrow", "from tomorrow"]
    kept = project.database().take("views", ["newer", copied.id], ["view"])["view"].to_pylist()
    assert kept == [view, view]


def test_processes_that_write_at_once_lose_nothing(project):
    named = saved.save(project, "named", POSTERS)
    changed = saved.save(project, "changed", POSTERS)
    both = saved.save(project, "both", POSTERS, LAST)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, project.root, name, *ids],
            stdin=subprocess.PIPE,
            text=True,
        )
        # One renames what the other changes, and the other way round.
        for name, ids in (("one", (named.id, both.id)), ("two", (both.id, changed.id)))
    ]
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    expected = [f"{name} {number}" for name in ("one", "two") for number in range(6)]
    assert sorted(tabs(project)) == sorted([*expected, "by two"])
    assert len({view.position for view in saved.list_views(project) if view.is_open}) == 13
    assert saved.get(project, both.id).name == "by two"
    assert saved.get(project, both.id).view.condition("path").value == "one 5"
    assert saved.get(project, named.id).name == "by one"
    assert saved.get(project, changed.id).view.condition("path").value == "two 5"


def test_what_another_process_wrote_is_seen_at_once(project):
    saved.save(project, "here", View(), LAST)
    assert tabs(project) == ["here"]
    writer = [sys.executable, "-c", WRITER, str(project.root), "there", "nobody", "nobody"]
    subprocess.run(writer, input="go\n", text=True, check=True)
    assert tabs(project) == ["here", *(f"there {number}" for number in range(6))]


def test_tidying_forgets_what_was_deleted_long_ago_and_nothing_else(project, monkeypatch):
    monkeypatch.setattr(saved, "COMPACT_VERSIONS", 5)
    long_ago = datetime.now(UTC) - timedelta(days=40)
    row = {"id": "old", "name": "old", "view": json.dumps(to_json(POSTERS)), "at": long_ago}
    synthetic.write(project, "views", [{**row, "deleted": True}])
    kept = saved.save(project, "kept", POSTERS, LAST)
    young = saved.save(project, "young", POSTERS)
    saved.remove(project, young.id)
    for number in range(12):
        saved.update(project, kept.id, View().with_condition("path", str(number)))
    assert project.database().take("views", ["old"]).num_rows == 0
    assert saved.restore(project, young.id).view == POSTERS
    assert saved.get(project, kept.id).view.condition("path").value == "11"


NUMBERING = """
import sys
from panoptic_data.storage.project import open_project
from panoptic_data.views import saved
from panoptic_data.views.model import View
opened = open_project(sys.argv[1])

def free(names):
    return next(f"View {number}" for number in range(2, 100) if f"View {number}" not in names)

print("ready", flush=True)
sys.stdin.readline()
for _ in range(8):
    saved.save(opened, free, View(), saved.LAST)
"""


def test_two_dashboards_number_their_new_views_differently(project):
    command = [sys.executable, "-c", NUMBERING, str(project.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 2
    for writer in writers:
        print("go", file=writer.stdin, flush=True)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert sorted(tabs(project)) == sorted(f"View {number}" for number in range(2, 18))


def test_another_project_in_the_place_of_one_has_views_of_its_own(tmp_path):
    here = tmp_path / "p"
    for name in ("first", "second"):
        opened = create_project(here)
        saved.save(opened, name, POSTERS)
        assert [view.name for view in saved.list_views(opened)] == [name]
        here.rename(tmp_path / name)
