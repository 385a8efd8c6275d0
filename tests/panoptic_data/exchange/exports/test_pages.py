"""Contact sheets, Web Annotations and XMP sidecars: whole, escaped, and read back by parsers."""

import json
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from panoptic_data import annotate, create_property, export, tag_images
from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import contact_sheet
from tests.panoptic_data.exchange.exports import annotated as examples
from tests.panoptic_data.exchange.exports.annotated import NAMES, sha1_of

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def war(tmp_path_factory):
    opened = examples.annotated(tmp_path_factory.mktemp("annotated"))
    tag_images(opened, create_property(opened, EVIL, "tags"), [sha1_of("red")], [EVIL])
    annotate(opened, create_property(opened, "Rating", "number"), {sha1_of("red"): 4})
    return opened


class _Page(HTMLParser):
    """The tags of a page, its text, and where its pictures and links lead."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.leads = set(), "", []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.leads += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text += data


def test_a_contact_sheet_opens_offline_and_runs_nothing(war, tmp_path, monkeypatch):
    monkeypatch.setattr(contact_sheet, "PAGE", 3)
    written = export(war, "sheet", tmp_path / "sheet")
    assert written.counts == {"pages": 2}
    pages = [_read(tmp_path / "sheet" / name) for name in ("index.html", "page-0002.html")]
    assert not {"script", "link", "iframe"} & (pages[0].tags | pages[1].tags)
    assert EVIL in pages[0].text + pages[1].text
    for page in pages:
        assert [lead for lead in page.leads if not (tmp_path / "sheet" / lead).is_file()] == []
    assert len(list((tmp_path / "sheet/thumbnails").iterdir())) == len(NAMES)


def test_a_contact_sheet_of_one_file_has_its_thumbnails_inside(war, tmp_path, monkeypatch):
    export(war, "sheet", tmp_path / "sheet.html", columns=["width"])
    page = _read(tmp_path / "sheet.html")
    assert len(page.leads) == len(NAMES)
    assert all(lead.startswith("data:image/jpeg;base64,") for lead in page.leads)
    assert EVIL not in page.text
    monkeypatch.setattr(contact_sheet, "MOST_IN_ONE_FILE", 3)
    with pytest.raises(InvalidExport, match="up to 3 images"):
        export(war, "sheet", tmp_path / "many.html")
    assert not (tmp_path / "many.html").exists()


def test_web_annotations_have_bodies_authors_and_targets(war, tmp_path):
    written = export(war, "annotations", tmp_path / "a.jsonld", images=[sha1_of("red")])
    page = json.loads((tmp_path / "a.jsonld").read_text("utf-8"))
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert page["type"] == "AnnotationPage"
    assert written.counts == {"annotations": len(page["items"])}
    assert len({item["id"] for item in page["items"]}) == len(page["items"])
    for item in page["items"]:
        assert item["id"].startswith("urn:uuid:")
        assert (item["type"], item["body"]["type"]) == ("Annotation", "TextualBody")
        assert item["motivation"] in ("tagging", "describing", "linking")
        assert datetime.fromisoformat(item["created"]).utcoffset() == timedelta(0)
        assert {type(value) for value in item["body"].values()} == {str}
    subject = [i for i in page["items"] if i["body"]["dcterms:title"] == "Subject"]
    assert {i["body"]["value"] for i in subject} == {"War", "Naval battle", 'say "hi", you'}
    for item in subject:
        assert (item["motivation"], item["body"]["purpose"]) == ("tagging", "tagging")
        assert item["target"] == {
            "id": f"urn:sha1:{sha1_of('red')}", "type": "Image", "format": "image/jpeg",
        }  # fmt: skip
        assert item["creator"]["name"]
    export(
        war, "annotations", tmp_path / "b.jsonld", address="https://a.org/i/", columns=["Subject"]
    )
    targets = {i["target"]["id"] for i in json.loads((tmp_path / "b.jsonld").read_text())["items"]}
    assert targets == {
        *("https://a.org/i/posters/1930/red.jpg", "https://a.org/i/posters/1930/blue.jpg"),
    }
    with pytest.raises(InvalidExport, match="http"):
        export(war, "annotations", tmp_path / "c.jsonld", address="a.org")


def test_sidecars_have_tags_their_ways_and_the_rating(war, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in (war.root.parent / "pictures").rglob("*")}
    written = export(war, "xmp", tmp_path / "xmp")
    assert written.counts == {"sidecars": 5}
    root = ElementTree.parse(tmp_path / "xmp/posters/1930/red.jpg.xmp").getroot()
    assert _bag(root, "{http://purl.org/dc/elements/1.1/}subject") == {
        *("War", "Naval battle", 'say "hi", you', "Affiche, grande", EVIL),
    }
    assert _bag(root, "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject") == {
        "Subject|War",
        "Subject|War|Naval battle",
        'Subject|War|Naval battle|say "hi", you',
        "my tag|Affiche, grande",
        f"{EVIL}|{EVIL}",
    }
    assert root.find(".//{http://ns.adobe.com/xap/1.0/}Rating").text == "4"
    blue = ElementTree.parse(tmp_path / "xmp/posters/1930/blue.jpg.xmp").getroot()
    assert "Subject|a;b¦c" in _bag(blue, "{http://ns.adobe.com/lightroom/1.0/}hierarchicalSubject")
    assert (tmp_path / "xmp/posters/copies/red.jpg.xmp").exists()
    after = {path: path.stat().st_mtime_ns for path in (war.root.parent / "pictures").rglob("*")}
    assert after == before
    with pytest.raises(InvalidExport, match="Rating"):
        export(war, "xmp", tmp_path / "other", rating="Subject")


def _read(file):
    return _Page(file.read_text("utf-8"))


def _bag(root, name):
    return {item.text for item in root.find(f".//{name}/{RDF}Bag")}
