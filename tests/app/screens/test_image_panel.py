"""The panel of one image without a browser: properties, files, and what made them."""

from datetime import datetime

from panoptic_data.annotations.store import annotations_of
from tests import synthetic
from tests.app.page import page_text, run


def test_an_image_that_names_no_run_is_shown_all_the_same(project):
    synthetic.write(project, "images", [synthetic.image("a")])
    synthetic.write(project, "files", [synthetic.file("s/a.jpg", "a")])
    assert "a.jpg" in page_text(run())


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
    panel = page_text(run(image=synthetic.sha1("e")))
    for text in ("48 × 32 px", "<Canon>", "48.50000, 2.25000", "s/e.jpg", "FNumber", "run r1"):
        assert text in panel
    assert "00000000000000ff" in panel


def test_panel_tells_what_the_file_says_of_itself_and_whence_its_date_is(corpus):
    described = {"caption": "<Le port>", "keywords": ["mer|port", "pluie"], "creator": "Aïcha"}
    dates = {"taken_at": datetime(1958, 6, 1), "taken_precision": "month"}
    scanned = {"digitised_at": datetime(2018, 5, 6, 7, 8), "digitised_precision": "minute"}
    row = synthetic.image("f", **described, **dates, **scanned, taken_from="IPTC DateCreated")
    synthetic.write(corpus, "images", [row])
    sidecar = '{"headline": "Brest", "creator": "Bo"}'
    synthetic.write(corpus, "files", [synthetic.file("s/f.jpg", "f", sidecar=sidecar)])
    page = run(image=synthetic.sha1("f"))
    panel = page_text(page)
    for text in ("<Le port>", "mer › port, pluie", "Bo", "Brest", "1958-06", "2018-05-06 07:08"):
        assert text in panel
    assert "Aïcha" not in panel
    assert any("from IPTC DateCreated" in html.body for html in page.get("html"))

    [button] = [button for button in page.button if "embedded keywords" in button.label]
    button.click().run()
    assert [item.message for item in page.exception] == []
    state = annotations_of(corpus).state(fresh=True)
    assert sorted(tag.name for tag in state.tags.values()) == ["mer", "pluie", "port"]
    assert not [button for button in page.button if "embedded keywords" in button.label]


def test_unknown_image_of_an_address_is_said_to_be_gone(corpus):
    assert "This image is not in the project" in page_text(run(image="0" * 40))
