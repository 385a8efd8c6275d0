"""The data of a catalogue: rows of images, columns of the tables."""

from datetime import datetime

import polars as pl

from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views.model import Sort, View
from tests.panoptic_data.catalogue.posters import asking, with_map
from tests.synthetic import sha1


def test_rows_of_finds_rows_in_the_order_asked(opened):
    current = registry.get(opened, fresh=True)
    rows = current.rows_of([sha1("grey"), "nonsense", sha1("blue")])
    assert current.sha1s(rows) == [sha1("grey"), sha1("blue")]
    assert isinstance(current.frame, pl.DataFrame)


def test_dates_have_a_range(opened):
    current = registry.get(opened, fresh=True)
    assert current.date_range() == (datetime(1930, 5, 1), datetime(1931, 12, 31, 23, 59, 59))


def test_clusters_and_projections_have_a_value_for_every_row(opened):
    current = registry.get(with_map(opened), fresh=True)
    assert current.cluster_info("visual").to_dicts() == [
        {"number": 1, "size": 2, "medoid": sha1("red")}
    ]
    assert current.encoders == ("visual",)
    rows = current.rows_of([sha1(name) for name in ("red", "blue", "grey", "gone")])
    assert current.clusters("visual")[rows].tolist() == [1, 1, -1, -2]
    assert current.projection("visual").placed[rows].tolist() == [True, True, True, False]
    assert current.clusters("clip") is None
    assert current.projection("clip") is None


def test_a_frozen_result_stays_for_its_view_and_others_keep_its_images(opened):
    current = registry.get(opened, fresh=True)
    view = View(sort=(Sort("size"),))
    result = run_view(current, view.with_condition("width", [None, 200]))
    frozen = current.with_frozen_result(view, result)
    assert run_view(frozen, view) is result
    by_path = run_view(frozen, view.sorted_by(Sort("path")))
    assert sorted(by_path.rows.tolist()) == sorted(result.rows.tolist())
    assert len(run_view(current, view)) == 3
    assert len(run_view(frozen, asking("format", ["PNG"]))) == 1
