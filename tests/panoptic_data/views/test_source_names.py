"""A source is renamed together with the views that name it, whenever the renaming is killed."""

import pytest

from panoptic_data.ingest import source_changes, sources
from panoptic_data.storage.project import create_project
from panoptic_data.views import saved, source_names
from panoptic_data.views.model import View
from tests.small_corpus import write_pictures


@pytest.mark.parametrize("step", ["_rename_files", "_rename_stages", "sources.save"])
def test_a_renaming_that_was_killed_is_finished_with_its_views(tmp_path, monkeypatch, step):
    project = create_project(tmp_path / "project")
    write_pictures(tmp_path / "posters", range(2))
    sources.add(project, tmp_path / "posters")
    saved.save(project, "mine", View().with_condition("folder", ["posters/a"]))
    calls = []

    def kill(*_):
        calls.append(step)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "sources.save":
            # After the views were rewritten, before the source forgets its old name.
            patch.setattr(type(project.database()), "delete", kill)
        else:
            patch.setattr(source_changes, step, kill)
        with pytest.raises(KeyboardInterrupt):
            source_names.rename(project, "posters", "affiches")
    assert calls
    source_names.finish_renames(project)
    assert [source.name for source in sources.listing(project)] == ["affiches"]
    (view,) = saved.list_views(project)
    assert view.view.condition("folder").value == ["affiches/a"]
