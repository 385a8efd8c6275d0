"""The page Pipeline as a person uses it: in a real browser, on the demo project and a new one."""

import csv
import re

import pytest

from panoptic_data.provenance import overview, runs
from panoptic_data.storage.project import open_project
from tests import synthetic
from tests.dashboard import NARROW, WIDE, eventually, panoptic, serving
from tests.small_corpus import write_pictures
from tests.synthetic import AT, file

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# A first run imports torch, scikit-learn and umap, and this machine may be at work.
RUN_MS = 240_000


@pytest.fixture
def page(visit, address):
    page = visit(f"{address}/pipeline", keep=True)
    expect(page.get_by_role("table", name="Stages")).to_be_visible()
    return page


@pytest.fixture
def project(demo_project):
    return open_project(demo_project)


def add(page):
    page.get_by_role("button", name=re.compile("Add$")).click()


def cells(page, table, line):
    rows = page.get_by_role("table", name=table).locator("tbody tr")
    row = rows.filter(has_text=re.compile(rf"^{line}"))
    return row.first.get_by_role("cell").all_inner_texts()


def test_every_stage_stands_with_its_count_and_is_up_to_date(page, project):
    stages = page.get_by_role("table", name="Stages")
    expect(stages.locator("tbody tr")).to_have_count(9)
    expect(stages.locator("td.current")).to_have_count(9)
    summaries = {summary.name: summary for summary in overview.stage_summaries(project, ["visual"])}
    for line, name in (("Images", "images"), ("Map", "projection/visual")):
        answer = cells(page, "Stages", line)
        assert answer[1] == "up to date"
        assert int(answer[2].replace(",", "")) == summaries[name].rows
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", answer[6])
        assert summaries[name].version.startswith(answer[7])


def test_an_encoder_that_waits_says_why_and_how_to_get_it(page):
    assert cells(page, "Encoders", "ViT-B-32")[1] == "waiting"
    assert cells(page, "Encoders", "visual")[1] == "ready"
    expect(page.get_by_text("panoptic process --retry")).to_be_visible()


def test_folders_are_counted_with_what_is_not_shown(page, project):
    (folder,) = overview.source_summaries(project)
    answer = cells(page, "Folders", folder.name)
    notes = f"{folder.unreadable} unreadable"
    assert answer[0].splitlines() == [folder.name, folder.uri, notes]
    assert [int(item) for item in answer[1:]] == [folder.images, folder.ok + folder.unreadable]


def test_problems_are_filtered_by_reason_and_exported_whole(page, project):
    reasons = overview.reason_counts(project)
    listed = page.locator(".problems li")
    expect(listed).to_have_count(sum(reasons.values()))
    page.get_by_role("combobox", name="Reason").click()
    page.get_by_role("option", name=re.compile("The file is empty")).click()
    expect(listed).to_have_count(reasons["empty"])
    expect(listed.first).to_contain_text("Replace it with a sound copy")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export (CSV)").click()
    with downloading.value.path().open(encoding="utf-8-sig", newline="") as export:
        assert len(list(csv.DictReader(export))) == sum(reasons.values())


def test_a_run_opens_on_what_made_it(page, project):
    row = runs.recent(project, 1).to_dicts()[0]
    page.locator(".runs summary").first.click()
    details = page.locator(".runs dl").first
    expect(details).to_contain_text(row["who"])
    expect(details).to_contain_text(row["code_version"])
    expect(details).to_contain_text(row["run"])


@pytest.mark.slow
def test_running_with_nothing_to_do_says_so(visit, draft_address, draft_project):
    panoptic("process", "--project", draft_project)
    page = visit(f"{draft_address}/pipeline")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("Everything is up to date")).to_be_visible()


def test_dagster_s_page_is_a_command_while_it_is_closed(page, project):
    page.get_by_role("button", name="Dagster").click()
    expect(page.get_by_text("dagster dev -m")).to_contain_text(str(project.root))


@pytest.mark.parametrize(
    ("size", "theme"), [pytest.param(WIDE, "dark", marks=pytest.mark.slow), (NARROW, "light")]
)
def test_nothing_is_cut_off_in_french(visit, address, size, theme):
    page = visit(f"{address}/pipeline", size=size, theme=theme, locale="fr-FR")
    expect(page.get_by_role("table", name="Étapes")).to_be_visible()
    expect(page.get_by_text("à jour").first).to_be_visible()
    cut = "node => node.scrollWidth - node.clientWidth"
    assert page.locator(".st-key-page").evaluate(cut) <= 0
    assert page.locator("table.quiet").first.evaluate(cut) <= 0


def test_a_folder_is_added_read_and_shown_from_an_empty_project(visit, tmp_path):
    project = synthetic.project(tmp_path / "new")
    write_pictures(tmp_path / "pictures", range(8))
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"")
    with serving(project.root) as address:
        page = visit(f"{address}/pipeline")
        expect(page.get_by_text("No folder yet")).to_be_visible()
        expect(page.get_by_role("button", name="Run now")).to_be_disabled()
        field = page.get_by_role("textbox", name="Add a folder of images")
        field.fill(str(tmp_path / "nowhere"))
        add(page)
        expect(page.get_by_role("alert")).to_contain_text("nowhere")
        field.fill(str(tmp_path / "pictures"))
        add(page)
        # It is said until the run begins, and the run is short: on a busy machine neither is seen.
        begun = page.get_by_text("Added “").or_(page.get_by_role("button", name="Stop"))
        expect(begun.or_(page.locator(".runs .outcome")).first).to_be_visible(timeout=RUN_MS)
        expect(page.locator(".runs .outcome")).to_have_text("done", timeout=RUN_MS)
        # The tables come one after the other.
        assert eventually(lambda: cells(page, "Folders", "pictures")[1:] == ["8", "9"])
        assert "1 unreadable" in cells(page, "Folders", "pictures")[0]
        expect(page.locator("td.current")).to_have_count(10)


@pytest.mark.slow
def test_a_run_is_stopped_and_says_so(visit, tmp_path):
    project = synthetic.project(tmp_path / "new")
    folder = tmp_path / "pictures"
    write_pictures(folder, range(200), (640, 480))
    with serving(project.root) as address:
        page = visit(f"{address}/pipeline")
        page.get_by_role("textbox", name="Add a folder of images").fill(str(folder))
        add(page)
        page.get_by_role("button", name="Stop").first.click(timeout=RUN_MS)
        expect(page.locator(".runs .outcome")).to_have_text("interrupted", timeout=RUN_MS)
        expect(page.get_by_role("button", name="Run now")).to_be_visible()


def test_names_of_files_and_folders_are_text_and_never_markup(visit, tmp_path):
    project = synthetic.project(tmp_path / "p")
    evil = "<img src=x onerror=alert(1)>"
    row = {"name": evil, "uri": f"/{evil}", "added_at": AT, "options": "{}"}
    synthetic.write(project, "sources", [row])
    bad = file(f"a/{evil}.jpg", "x", status="unreadable", reason="damaged", detail=evil)
    synthetic.write(project, "files", [{**bad, "source": evil, "path": f"{evil}.jpg"}])
    with serving(project.root) as address:
        page = visit(f"{address}/pipeline")
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        expect(page.locator(".problems b")).to_have_text(f"{evil}/{evil}.jpg")
        expect(page.locator("table td.place")).to_contain_text(evil)
        expect(page.locator(".st-key-pipeline img")).to_have_count(0)
