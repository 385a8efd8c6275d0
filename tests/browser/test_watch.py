"""New files appear while the dashboard is open: they are announced, processed and shown."""

from dataclasses import replace

import pytest

from panoptic_data.ingest import sources
from panoptic_data.storage.project import create_project, save_settings
from tests.dashboard import eventually, serving
from tests.small_corpus import write_pictures

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# A run imports torch, scikit-learn and umap, and this machine may be at work.
RUN_MS = 240_000


@pytest.fixture(scope="module")
def posters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched") / "posters"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def project(posters):
    project = replace(create_project(posters.parent / "project"), encoders=("visual",))
    save_settings(project)
    sources.add(project, posters)
    return project


@pytest.fixture(scope="module")
def address(chromium_path, project):
    with serving(project.root) as address:
        yield address


def count(project):
    return project.database().count("images")


def test_new_files_are_announced_processed_by_a_press_and_shown(visit, address, project, posters):
    page = visit(address)
    expect(page.get_by_role("link", name="Explore")).to_be_visible()
    write_pictures(posters, range(12))
    line = page.get_by_text("12 new files in posters")
    expect(line).to_be_visible()
    page.get_by_role("button", name="Process", exact=True).click()
    expect(page.locator(".tile")).to_have_count(12, timeout=RUN_MS)
    expect(line).to_have_count(0, timeout=RUN_MS)


@pytest.mark.slow
def test_a_folder_that_is_processed_by_itself_needs_no_press(visit, address, project, posters):
    page = visit(f"{address}/pipeline")
    page.get_by_role("button", name="posters").click()
    assert eventually(lambda: sources.listing(project)[0].is_automatic)
    before = count(project)
    write_pictures(posters, range(200, 202))
    expect(page.get_by_text("processed once copying has ended")).to_be_visible()
    assert eventually(lambda: count(project) == before + 2, within=RUN_MS / 1000)


@pytest.mark.slow
def test_a_folder_that_goes_away_is_said_and_that_it_is_back(visit, address, project, posters):
    page = visit(address)
    posters.rename(posters.with_name("unplugged"))
    line = page.get_by_text("The folder of posters is not there")
    # A run that is at work is shown instead until it has ended.
    expect(line).to_be_visible(timeout=RUN_MS)
    assert sources.listing(project)[0].presence.is_away
    posters.with_name("unplugged").rename(posters)
    expect(line).to_have_count(0)
