"""Exports from the dashboard: a selection downloaded, a view into a folder, one interrupted."""

import csv
import io
import json
import re
import time
import zipfile

import pytest

from app.services import export_jobs
from panoptic_data.storage.project import open_project
from tests.dashboard import NARROW, serving

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect


@pytest.fixture(scope="module")
def address(chromium_path, own_project):
    with serving(own_project) as address:
        yield address


def test_a_selection_is_downloaded_as_a_table(visit, address):
    page = visit(address)
    for index in (1, 3):
        page.locator(f'.tile[data-index="{index}"]').click(modifiers=["Control"])
    page.get_by_role("button", name="Export…").click()
    expect(page.get_by_role("radio", name=re.compile("^The selection"))).to_be_checked()
    expect(page.get_by_text(re.compile("^2 images, about"))).to_be_visible()
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download")
    with page.expect_download() as downloading:
        link.click()
    with zipfile.ZipFile(downloading.value.path()) as packed:
        table, definitions = sorted(packed.namelist())
        assert definitions == f"{table}.properties.json"
        rows = list(csv.DictReader(io.TextIOWrapper(packed.open(table), "utf-8-sig")))
    assert len(rows) == 2


@pytest.mark.slow
def test_the_images_of_a_view_are_written_into_a_folder_in_narrow_windows_too(
    visit, address, tmp_path
):
    target = tmp_path / "pictures"
    page = visit(f"{address}/?view={_view('demo/Space')}", size=NARROW)
    page.get_by_role("button", name="Export the images of this view…").click()
    expect(page.get_by_role("radio", name=re.compile("^The view: "))).to_be_checked()
    formats = page.get_by_role("radiogroup", name="As what")
    formats.get_by_text("Images", exact=True).click()
    # What it can is shown once it is chosen.
    expect(page.get_by_text("A folder for each")).to_be_visible()
    page.get_by_text("A place on this machine").click()
    path = page.get_by_role("textbox", name="File or folder to write")
    path.fill(str(tmp_path / "absent" / "pictures"))
    path.press("Enter")
    start = page.get_by_role("button", name="Export", exact=True)
    expect(page.get_by_role("alert")).to_contain_text("There is no folder")
    expect(start).to_be_disabled()
    path.fill(str(target))
    path.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    start.click()
    expect(page.locator(".job.done").first).to_contain_text(str(target))
    manifest = json.loads((target / "export.json").read_text("utf-8"))
    assert manifest["images"] == len(list((target / "images").iterdir())) > 10
    # The same again is refused before it starts, until it is to be replaced.
    expect(page.get_by_role("alert")).to_contain_text("Tick “Replace an earlier export”")


def test_what_is_interrupted_says_so_and_goes_on(visit, address, own_project, tmp_path):
    project = open_project(own_project)
    request = export_jobs.Request("images", "pictures", str(tmp_path / "pictures"))
    folder = export_jobs.folder_of(project, "20260101T000000000000-abcdef")
    folder.mkdir(parents=True)
    job = export_jobs.ExportJob(
        folder.name, request, "writing", started_at="2026-01-01T00:00:00+00:00"
    )
    (folder / "request.json").write_text(json.dumps(vars(request)), "utf-8")
    export_jobs.write_state(folder, job)
    page = visit(f"{address}/export", locale="fr-FR")
    shown = page.locator(".job.interrupted")
    expect(shown).to_contain_text("Interrompu")
    page.get_by_role("button", name="Reprendre").click()
    expect(shown).to_have_count(0)
    deadline = time.monotonic() + 60
    while export_jobs.get(project, folder.name).is_at_work and time.monotonic() < deadline:
        time.sleep(0.2)
    assert export_jobs.get(project, folder.name).phase == "done"
    assert (tmp_path / "pictures/export.json").exists()


def _view(folder):
    from panoptic_data.views import model
    from panoptic_data.views.model import View

    return model.to_address(View().with_condition("folder", [folder]))
