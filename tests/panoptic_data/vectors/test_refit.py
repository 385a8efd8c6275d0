"""When a fit is outdated, and which fitted images are nearest to a new one."""

import json

import numpy as np
import pyarrow as pa
import pytest

from panoptic_data.storage.project import create_project
from panoptic_data.storage.schema import arrow
from panoptic_data.vectors import refit
from tests.vectors import SLUG, grouped


@pytest.fixture
def project(tmp_path):
    return create_project(tmp_path / "corpus")


def upsert(project, table, row):
    schema = arrow(table)
    rows = pa.Table.from_pylist([{name: row.get(name) for name in schema.names}], schema=schema)
    project.database().upsert(table, rows)


@pytest.mark.parametrize(("placed", "expected"), [(0, False), (50, False), (51, True)])
def test_a_fit_is_needed_when_more_images_were_placed_than_fitted(placed, expected):
    assert refit.needs_refit(100 - placed, 100) is expected


def test_no_images_need_no_fit():
    assert not refit.needs_refit(0, 0)


def test_parameters_are_those_of_the_last_record(project):
    stage = f"clusters/{SLUG}"
    assert refit.recorded_parameters(project, stage) == {}
    upsert(project, "stages", {"stage": stage, "parameters": json.dumps({"k": 7})})
    assert refit.recorded_parameters(project, stage) == {"k": 7}


def test_other_weights_are_another_encoder(project):
    assert refit.fingerprint(project, SLUG) == ""
    upsert(project, "encoders", {"slug": SLUG, "fingerprint": "1-abc", "reads_text": False})
    assert refit.fingerprint(project, SLUG) == "1-abc"
    now = {"fingerprint": "1-abc"}
    assert not refit.is_other_encoder({}, now)
    assert not refit.is_other_encoder({"fingerprint": "1-abc"}, now)
    assert refit.is_other_encoder({"fingerprint": "1-other"}, now)


def test_the_nearest_fitted_images_are_positions_among_all():
    vectors, _ = grouped(60)
    fitted = np.arange(60) % 3 > 0
    placed = np.flatnonzero(~fitted).astype(np.int32)
    lists = refit.nearest_fitted(vectors, fitted, placed, 4)
    exact = vectors.astype(float)
    cosines = exact @ exact.T / np.outer(*[np.linalg.norm(exact, axis=1)] * 2)
    for row, ids in zip(placed, lists.ids, strict=True):
        expected = sorted(np.flatnonzero(fitted), key=lambda other: -cosines[row, other])[:4]
        assert ids.tolist() == expected


def test_lists_are_shorter_where_few_images_were_fitted():
    vectors, _ = grouped(5)
    fitted = np.array([True, False, False, True, False])
    lists = refit.nearest_fitted(vectors, fitted, np.array([1], np.int32), 4)
    assert sorted(lists.ids[0].tolist()) == [-1, -1, 0, 3]
