"""Ranks and histograms of a view's search."""

from dataclasses import replace

import numpy as np
import pytest

from panoptic_data.catalogue import similarity, similarity_stats
from panoptic_data.vectors import scores
from panoptic_data.views.model import Condition, Level, Sort, View
from tests.panoptic_data.catalogue import similar_images
from tests.panoptic_data.catalogue.similar_images import (
    COUNT,
    FEW,
    OTHER,
    folder,
    plainly,
    shown,
    similar_condition,
)
from tests.vectors import SLUG


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    return similar_images.create(tmp_path_factory.mktemp("similarity") / "project")


def test_a_slider_is_told_how_similarities_lie(current):
    view = View((similar_condition(3, threshold=0.25), FEW))
    histogram = similarity_stats.histogram(current, view)
    cosines = [
        cosine for cosine, _ in plainly({3: 1}, [n for n in range(COUNT - 1) if folder(n) == "few"])
    ]
    assert (sum(histogram.counts), len(histogram.counts), len(histogram.edges)) == (12, 60, 61)
    assert histogram.edges[0] == pytest.approx(min(cosines), abs=1e-3)
    assert histogram.edges[-1] == pytest.approx(max(cosines), abs=1e-3)
    assert histogram.percentiles == sorted(histogram.percentiles)
    assert histogram.threshold == 0.25
    # Of so many that are kept, the last.
    kept = similarity_stats.histogram(current, View((similar_condition(3, count=5), FEW)))
    assert (kept.threshold, kept.edges) == (pytest.approx(cosines[4], abs=1e-3), histogram.edges)
    assert histogram.default_threshold == pytest.approx(
        scores.scale(current.project, SLUG).cosine(95)
    )
    # Where nobody chose a limit, the nearest are shown, and the slider begins at the last of them.
    free = similarity_stats.histogram(current, View((similar_condition(3), FEW)))
    assert free.threshold == pytest.approx(min(cosines), abs=1e-3)
    assert [*free.levels] == ["same", "very", "alike", "loosely"]
    assert free.levels["loosely"] == pytest.approx(free.default_threshold)
    assert similarity_stats.histogram(current, View((FEW,))) is None
    nobody = View((similar_condition(3), Condition("name", "contains", "nowhere")))
    assert sum(similarity_stats.histogram(current, nobody).counts) == 0


def test_a_view_is_ranked_under_another_encoder_from_the_same_percentile_on(current):
    view = View((FEW, similar_condition(3, percentile=60)), (Sort("path"),), (Level("format"),))
    other = similarity.with_encoder(current, view, OTHER)
    [_, part] = other.where
    assert part.value == {**view.where[1].value, "encoder": OTHER}
    assert replace(other, where=view.where) == view
    ranks = [similarity_stats.ranks(current, seen_view) for seen_view in (view, other)]
    for ranking, seen_view in zip(ranks, (view, other), strict=True):
        # All that the rest selects, in whatever order and groups, alike enough or not.
        plain = shown(current, *seen_view.where)
        rows = np.argsort(ranking)[np.count_nonzero(ranking == 0) :]
        assert len(rows) == 12 > len(plain) > 0
        assert current.sha1s(rows)[: len(plain)] == plain
    first = [set(np.flatnonzero((ranking > 0) & (ranking <= 3))) for ranking in ranks]
    assert similarity_stats.count_common(*ranks, first=3) == len(first[0] & first[1]) > 0
    assert similarity_stats.count_common(ranks[0], ranks[0] * 0) == 0
    # A cosine becomes what it is worth; where nothing is searched for, nothing is ranked.
    scale = scores.scale(current.project, SLUG)
    [part] = similarity.with_encoder(
        current, View((similar_condition(3, threshold=0.4, count=9),)), OTHER
    ).where
    assert part.value["percentile"] == pytest.approx(float(scale.percentile(0.4)))
    assert (part.value["count"], "threshold" in part.value) == (9, False)
    assert similarity.with_encoder(current, View((FEW,)), OTHER) == View((FEW,))
    assert not similarity_stats.ranks(current, View((FEW,))).any()
