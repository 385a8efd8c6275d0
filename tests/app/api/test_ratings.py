"""Stars and flags over HTTP, as queries, and as what other programs read."""

import pytest

from app.api import image_annotations, ratings
from panoptic_data import export, select_images
from panoptic_data.annotations.store import annotations_of
from panoptic_data.exchange import apply, plan, readers
from tests.app.api.themed_images import IMAGES, create_client, create_project


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "project")


@pytest.fixture
def rate(project):
    client = create_client(project)
    client.app.routes.extend([*ratings.routes(project), *image_annotations.routes(project)])

    def rated(mark, *images, status=200, lang="en"):
        body = {"targets": {"sha1s": list(images)}, "mark": mark}
        answer = client.post(f"/rate?lang={lang}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    rated.client = client
    return rated


def test_a_press_is_one_batch_of_who_pressed_and_says_what_is_drawn(rate, project):
    assert rate("4", *IMAGES[:2])["changed"] == 2
    [batch] = annotations_of(project).history(1).to_dicts()
    assert (batch["act"], batch["about"], batch["author"]) == ("rate", "Rating", "Ana")
    assert rate("4", IMAGES[1])["op"] == "remove"
    rate("pick", IMAGES[0])
    listed = rate.client.get("/annotations").json()["properties"]
    assert [(prop["name"], prop["marks"]) for prop in listed] == [
        ("Rating", "stars"),
        ("Picked", "pick"),
    ]
    assert rate("7", IMAGES[0], status=400)["error"] == "unreadable"


def test_queries_find_and_sort_by_stars_in_both_languages(rate, project):
    for mark, image in zip(("1", "3", "5", "reject"), IMAGES, strict=False):
        rate(mark, image, lang="fr")
    rate("pick", IMAGES[4])
    names = [prop.name for prop in annotations_of(project).state(fresh=True).live_properties]
    assert names == ["Évaluation", "Picked"]

    def matches(query):
        return select_images(project, query)["sha1"].to_list()

    assert matches("rating:>=3 sort:-rating") == [IMAGES[2], IMAGES[1]]
    assert matches("note:>=3 sort:rating") == [IMAGES[1], IMAGES[2]]
    assert matches("rating:-1") == [IMAGES[3]]
    assert matches("picked:yes") == [IMAGES[4]]


def test_sidecars_hold_stars_and_flags_and_give_them_back(rate, project, tmp_path):
    for mark, image in zip(("2", "0", "reject", "pick"), IMAGES, strict=False):
        rate(mark, image)
    export(project, "xmp", tmp_path / "xmp")
    packet = (tmp_path / "xmp/box/c.jpg.xmp").read_text()
    assert "<xmp:Rating>-1</xmp:Rating>" in packet
    assert "<xmpDM:pick>1</xmpDM:pick>" in (tmp_path / "xmp/box/d.jpg.xmp").read_text()
    other = create_project(tmp_path / "other")
    apply.apply_plan(other, plan.make_plan(other, readers.read(tmp_path / "xmp")))
    assert _values(other) == _values(project)


@pytest.mark.parametrize(
    ("attributes", "values"),
    [
        ('xmp:Rating="-1"', {"Rating": "-1"}),
        ('xmp:Rating="3" digiKam:PickLabel="3"', {"Rating": "3", "Picked": "true"}),
        ('xmpDM:pick="-1"', {"Rating": "-1"}),
        ('xmp:Rating="0" digiKam:PickLabel="1"', {"Rating": "-1"}),
        ('xmp:Rating="4" xmpDM:pick="-1"', {"Rating": "4"}),
        ('xmp:Rating="2" xmpDM:pick="0"', {"Rating": "2"}),
    ],
)
def test_flags_of_lightroom_and_digikam_are_read(tmp_path, attributes, values):
    spaces = {
        "xmp": "http://ns.adobe.com/xap/1.0/",
        "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
        "digiKam": "http://www.digikam.org/ns/1.0/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    }
    declared = " ".join(f'xmlns:{name}="{uri}"' for name, uri in spaces.items())
    (tmp_path / "box").mkdir()
    (tmp_path / "box/a.jpg.xmp").write_text(
        f"<rdf:RDF {declared}><rdf:Description {attributes}/></rdf:RDF>"
    )
    project = create_project(tmp_path / "project")
    apply.apply_plan(project, plan.make_plan(project, readers.read(tmp_path / "box")))
    assert {name: of.get(IMAGES[0]) for name, of in _values(project).items()} == values


def _values(project):
    """Return property → image → value."""
    state = annotations_of(project).state(fresh=True)
    return {
        prop.name: dict(state.values(prop.id).select("target", "value").sort("target").iter_rows())
        for prop in state.live_properties
    }
