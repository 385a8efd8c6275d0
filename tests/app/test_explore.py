"""The page Explore without a browser: what it says in each state, in both languages."""

import json
import os
import platform
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.widgets.run_progress import Step, current_step
from panoptic_data.views import model
from panoptic_data.views.model import View
from tests import synthetic

MAIN = str(Path(__file__).parents[2] / "app" / "main.py")


@pytest.fixture
def project(tmp_path, monkeypatch):
    opened = synthetic.project(tmp_path / "project", encoders=("clip", "visual"))
    monkeypatch.setenv("PANOPTIC_PROJECT", str(opened.root))
    return opened


@pytest.fixture
def corpus(project):
    """Four images in two folders, one of them twice."""
    synthetic.write(project, "images", [synthetic.image(name, run="r1") for name in "abcd"])
    places = {"s/cats/a.jpg": "a", "s/cats/b.jpg": "b", "s/dogs/c.jpg": "c", "s/dogs/d.jpg": "d"}
    rows = [synthetic.file(place, name) for place, name in places.items()]
    synthetic.write(project, "files", [*rows, synthetic.file("s/dogs/again.jpg", "a")])
    return project


def run(language="en", **address):
    page = AppTest.from_file(MAIN, default_timeout=60)
    page.session_state["language"] = language
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert [one.message for one in page.exception] == []
    return page


def test_an_image_that_names_no_run_is_shown_all_the_same(project):
    synthetic.write(project, "images", [synthetic.image("a")])
    synthetic.write(project, "files", [synthetic.file("s/a.jpg", "a")])
    assert "a.jpg" in said(run())


def component(page, name):
    """Return what a component was told to show."""
    protos = [element.proto for element in page.get("bidi_component")]
    [found] = [proto for proto in protos if proto.component_name == f"panoptic.{name}"]
    return json.loads(found.json)["shown"]


def said(page):
    """Return all HTML and Markdown of the page as one text."""
    bodies = [one.proto.body for one in page.get("html")]
    return unescape("\n".join([*bodies, *(one.value for one in page.markdown)]))


def buttons(page):
    return [button.label for button in page.button]


def test_without_a_project_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PANOPTIC_PROJECT", str(tmp_path / "absent"))
    page = run()
    assert "There is no project here" in said(page)
    assert page.code[0].value == f"panoptic up FOLDER --project {tmp_path / 'absent'}"


def test_an_empty_project_asks_for_a_folder(project):
    page = run()
    assert "Add a folder of images" in said(page)
    assert [field.label for field in page.text_input] == ["Folder on this machine"]
    assert "Ajouter un dossier d'images" in said(run("fr"))


def test_a_folder_that_is_not_there_is_named(project, tmp_path):
    page = run()
    page.text_input[0].input(str(tmp_path / "nowhere"))
    page.button[0].click().run()
    assert [error.value for error in page.error] == [
        f"There is no folder {tmp_path / 'nowhere'}. "
        "Check its name, or whether its disk is connected."
    ]


def test_gallery_gets_the_view_its_length_and_the_version(corpus):
    shown = component(run(), "gallery")
    assert (shown["view"], shown["total"], shown["opened"]) == ("", 4, None)
    assert shown["project"] == str(corpus.root)


def test_view_of_the_address_is_shown_with_its_chips_and_count(corpus):
    view = View().with_condition("folder", ["s/dogs"]).with_condition("path", "again")
    page = run(view=model.to_address(view))
    line = component(page, "searchline")
    assert line["text"] == "again"
    assert [chip["label"] for chip in line["chips"]] == ["folder dogs"]
    assert line["count"] == "1 of 4"
    assert component(page, "gallery")["total"] == 1


def test_counts_of_a_section_leave_its_own_condition_out(corpus):
    view = View().with_condition("folder", ["s/dogs"])
    sections = component(run(view=model.to_address(view)), "facets")["sections"]
    [folders] = [section for section in sections if section["field"] == "folder"]
    assert folders["selected"] == ["s/dogs"]
    assert {item["id"]: item["count"] for item in folders["items"]} == {
        "s": 4,
        "s/cats": 2,
        "s/dogs": 3,
    }


def test_only_open_sections_are_counted(corpus):
    sections = {section["field"]: section for section in component(run(), "facets")["sections"]}
    assert sections["folder"]["open"]
    assert not sections["format"]["open"]
    assert sections["format"]["items"] == []


def test_dates_are_counted_by_month_when_they_lie_close(project):
    days = {"a": datetime(2020, 1, 5), "b": datetime(2020, 1, 20), "c": datetime(2020, 3, 1)}
    rows = [synthetic.image(name, taken_at=day) for name, day in days.items()]
    synthetic.write(project, "images", rows)
    synthetic.write(project, "files", [synthetic.file(f"s/{n}.jpg", n) for n in days])
    from app.widgets.facet_panel import date_histogram
    from panoptic_data.catalogue import registry

    histogram = date_histogram(registry.load(project), View())
    assert histogram.counts == [2, 0, 1]
    assert histogram.edges == ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]


def test_image_of_the_address_is_opened_at_its_place(corpus):
    shown = component(run(image=synthetic.sha1("c")), "gallery")
    assert shown["opened"] == {
        "sha1": synthetic.sha1("c"),
        "name": "c.jpg",
        "index": 2,
        "isDamaged": False,
    }


def test_panel_tells_properties_files_and_what_made_them(corpus):
    synthetic.write(
        corpus,
        "images",
        [
            synthetic.image(
                "e",
                camera="<Canon>",
                lat=48.5,
                lon=2.25,
                exif='{"FNumber": "4"}',
                run="r1",
                phash=255,
                ahash=1,
                dhash=2,
            )
        ],
    )
    synthetic.write(corpus, "files", [synthetic.file("s/e.jpg", "e")])
    panel = said(run(image=synthetic.sha1("e")))
    for text in ("48 × 32 px", "<Canon>", "48.50000, 2.25000", "s/e.jpg", "FNumber", "run r1"):
        assert text in panel
    assert "00000000000000ff" in panel


def test_unknown_image_of_an_address_is_said_to_be_gone(corpus):
    assert "This image is not in the project" in said(run(image="0" * 40))


def test_nothing_found_offers_each_filter_that_can_be_dropped(corpus):
    view = View().with_condition("folder", ["s/cats"]).with_condition("path", "d.jpg")
    page = run(view=model.to_address(view))
    assert "No image matches" in said(page)
    assert buttons(page) == [
        "Without “folder cats”: 1",
        "Without “name contains “d.jpg””: 2",
        "Show all 4 images",
    ]
    page.button[0].click().run()
    assert page.query_params["view"] == model.to_address(view.without("folder"))


def test_an_address_that_cannot_be_read_shows_all_and_says_so(corpus):
    page = run(view="nonsense")
    assert "so all images are shown" in said(page)
    assert component(page, "gallery")["total"] == 4


def test_clusters_of_an_encoder_without_vectors_are_said_to_fail(corpus):
    view = View().with_condition("cluster", {"encoder": "visual", "numbers": [1]})
    page = run(view=model.to_address(view))
    assert "This view cannot be shown" in said(page)
    page.button[0].click().run()
    assert component(page, "gallery")["total"] == 4


def test_meaning_waits_for_clip_and_says_why_how_and_what_still_works(corpus):
    rows = [
        {"slug": "clip", "text": "clip", "status": "waiting", "cause": "offline: the hub"},
        {"slug": "visual", "text": "visual", "status": "ready", "reads_text": False},
    ]
    synthetic.write(corpus, "encoders", rows)
    page = run()
    page.session_state["mode"] = "meaning"
    page.run()
    told = said(page)
    for text in (
        "this machine cannot reach the hub",
        "panoptic process --retry",
        "work without it",
    ):
        assert text in told
    page.button(key="clip_back").click().run()
    assert "waits for CLIP" not in said(page)


def test_failed_run_is_told_with_its_time_and_can_be_tried_again(corpus):
    row = {
        "run": "r",
        "what": "process",
        "started_at": synthetic.AT,
        "finished_at": synthetic.AT,
        "outcome": "failed",
        "error": "The disk is full.\nmore",
    }
    synthetic.write(corpus, "runs", [row])
    page = run()
    assert "The last run failed on 2026-01-02 03:04: The disk is full." in said(page)
    assert page.button(key="again").label == "Try again"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "<b>Computing vectors</b> · 1,620 of 3,000"),
        ("fr", "<b>Calcul des vecteurs</b> · 1\u202f620 sur 3\u202f000"),
    ],
)
def test_work_under_way_is_told_with_how_far_it_is(corpus, language, told):
    progress = {
        "files/s": {"done": 9, "total": 9},
        "embeddings/visual/s": {"done": 1000, "total": 1000},
        "embeddings/visual/t": {"done": 620, "total": 2000},
    }
    row = {
        "run": "r",
        "what": "process",
        "started_at": synthetic.AT,
        "updated_at": datetime.now(UTC),
        "who": f"someone@{platform.node()}",
        "pid": os.getpid(),
        "progress": json.dumps(progress),
        "outcome": "running",
    }
    synthetic.write(corpus, "runs", [row])
    page = run(language)
    assert told in said(page)
    assert page.button(key="stop_work").label == {"en": "Stop", "fr": "Arrêter"}[language]


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ({}, Step("starting", 0, 0)),
        ({"files/s": (3, 0)}, Step("starting", 0, 0)),
        ({"images/s": (3, 9), "files/s": (9, 9)}, Step("images", 3, 9)),
        ({"images/s": (9, 9), "clusters/v": (1, 1)}, Step("clusters", 1, 1)),
    ],
)
def test_stage_at_work_is_the_first_that_is_not_through(done, expected):
    progress = {key: {"done": first, "total": last} for key, (first, last) in done.items()}
    assert current_step(progress) == expected


def test_both_languages_say_every_label_of_the_frame(corpus):
    english, french = component(run("en"), "frame"), component(run("fr"), "frame")
    assert english["texts"]["keys"] == "Keys"
    assert french["texts"]["keys"] == "Touches"
    assert [key for key, _ in english["keys"]] == [key for key, _ in french["keys"]]
