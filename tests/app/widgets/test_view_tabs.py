"""How often tabs are written, without a browser."""

from app.widgets import view_tabs
from panoptic_data.views import saved
from panoptic_data.views.model import View
from tests import synthetic


def asking(number):
    return View().with_condition("path", f"poster {number}")


def test_quick_changes_are_few_writes_and_the_last_is_kept(tmp_path):
    project = synthetic.project(tmp_path / "project")
    first, second = (saved.save(project, name, View(), saved.LAST) for name in "ab")
    before = project.database().version("views")
    for number in range(50):
        view_tabs.save_soon(project, first.id, asking(number))
        view_tabs.save_soon(project, second.id, asking(-number))
    view_tabs.save_pending(project)
    assert saved.get(project, first.id).view == asking(49)
    assert saved.get(project, second.id).view == asking(-49)
    assert project.database().version("views") - before <= 4
