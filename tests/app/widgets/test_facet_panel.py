"""The sections of the left panel: which are counted, under which conditions."""

from datetime import datetime

from app.widgets.facet_panel import date_histogram
from panoptic_data.catalogue import registry
from panoptic_data.views import model
from panoptic_data.views.model import View
from tests import synthetic
from tests.app.page import component, run


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

    histogram = date_histogram(registry.load(project), View())
    assert histogram.counts == [2, 0, 1]
    assert histogram.edges == ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]
