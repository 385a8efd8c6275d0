"""The search of a view under two encoders, side by side."""

import json
from dataclasses import replace

from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.api.routes import routes
from panoptic_data.catalogue import registry, similarity
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.similarity import SimilarityQuery
from panoptic_data.encoders import parse
from panoptic_data.views import model
from panoptic_data.views.model import View
from panoptic_data.views.search_expression import parse as read
from tests.app.page import component, page_text, run
from tests.app.widgets.searches import FOLDER, search_condition

SECOND = "timm-resnet50-a1-in1k"


def galleries(page):
    protos = [element.proto for element in page.get("bidi_component")]
    sha1s = [shown_side for shown_side in protos if shown_side.component_name == "panoptic.gallery"]
    return [json.loads(shown_side.json)["shown"] for shown_side in sha1s]


def test_a_search_is_shown_under_two_encoders_until_one_is_kept(two_encoders):
    opened, sha1s = two_encoders
    view = View((search_condition(f"image:{sha1s[0]}", percentile=50),), show=("table",))
    page = run(view=model.to_address(view))
    line = component(page, "searchline")
    offered = {(shown_side["label"], shown_side["disabled"]) for shown_side in line["comparable"]}
    assert offered == {
        ("ViT-B-32 · datacomp_xl_s13b_b90k (not ready yet)", True),
        ("and by resnet50.a1_in1k", False),
        ("mobilenetv2_100 (no vectors yet)", True),
    }
    assert line["compare"] is None
    page = run(view=model.to_address(replace(view, compare=SECOND)))
    first, second = galleries(page)
    assert [shown_side["beside"]["name"] for shown_side in (first, second)] == [
        "visual",
        "resnet50.a1_in1k",
    ]
    assert first["beside"]["other"] == second["view"]
    # The same search from the same percentile on, each as if it stood alone.
    current = registry.get(opened)
    for shown, slug in ((first, "visual"), (second, SECOND)):
        alone = View(
            (similarity.condition(SimilarityQuery(slug, read(f"image:{sha1s[0]}"), percentile=50)),)
        )
        assert model.from_address(shown["view"]) == alone
        assert shown["total"] == len(run_view(current, alone)) > 5
    shown = min(first["total"], second["total"])
    tops = [
        set(run_view(current, model.from_address(shown_side["view"])).rows[:shown])
        for shown_side in (first, second)
    ]
    assert first["beside"]["common"] == f"{len(tops[0] & tops[1])} of {shown} in common"
    assert component(page, "searchline")["show"] == ["grid"]


def test_rows_say_where_they_stand_in_both(two_encoders):
    opened, sha1s = two_encoders
    current = registry.get(opened)
    shown_side = View((search_condition(f"image:{sha1s[0]}", count=5),))
    other = similarity.with_encoder(current, shown_side, SECOND)
    app = Starlette(routes=routes(opened))
    with TestClient(app, base_url="http://localhost") as client:
        query = {"view": model.to_address(shown_side), "beside": model.to_address(other)}
        rows = client.get("/rows", params=query).json()["rows"]
        assert "here" not in client.get("/rows", params={"view": query["view"]}).json()["rows"][0]
    every = View(
        (similarity.condition(SimilarityQuery(SECOND, read(f"image:{sha1s[0]}"), threshold=-1)),)
    )
    order = current.sha1s(run_view(current, every).rows)
    assert [row["here"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["there"] for row in rows] == [order.index(row["sha1"]) + 1 for row in rows]


def test_what_the_second_encoder_cannot_do_is_said_beside_what_the_first_finds(two_encoders):
    _, sha1s = two_encoders
    view = View(
        (search_condition(f"image:{sha1s[0]}"),), compare=parse("timm:mobilenetv2_100").slug
    )
    page = run(view=model.to_address(view))
    [only] = galleries(page)
    assert (only["beside"]["other"], only["beside"]["common"]) == ("", "")
    assert "timm-mobilenetv2-100" in page_text(page)
    page.button(key="keep_first").click().run()
    assert component(page, "gallery")["beside"] is None
    # Beside itself an encoder says nothing, and without a search there is nothing to compare.
    for other in (replace(view, compare="visual"), View((FOLDER,), compare=SECOND)):
        page = run(view=model.to_address(replace(other, where=other.where[:1])))
        assert component(page, "searchline")["compare"] is None
