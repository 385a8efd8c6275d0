"""Results of views that are kept, and what of them outlives a change of annotations."""

import numpy as np
import pytest

from panoptic_data.catalogue import view_result
from panoptic_data.catalogue.groups import LevelCodes
from panoptic_data.catalogue.view_result import ViewCache, ViewResult, uses_annotations
from panoptic_data.views.model import Sort


def result(size, **more):
    return ViewResult(np.zeros(size, dtype=np.uint32), **more)


def test_a_result_counts_images_without_repeats_and_its_bytes():
    repeated = result(5, similarity=np.zeros(5, dtype=np.float32), repeats=2)
    assert (len(repeated), repeated.images, repeated.nbytes) == (5, 3, 40)


def test_results_are_kept_up_to_a_number_of_bytes_the_last_used_longest(monkeypatch):
    monkeypatch.setattr(view_result, "RESULT_BYTES", 1000)
    cache = ViewCache()
    for key in ("a", "b"):
        cache.results[key] = result(100)
    assert cache.results.get("a") is not None
    cache.results["c"] = result(100)
    assert set(cache.results) == {"a", "c"}
    # One that is too large for the cache is kept alone.
    cache.results["d"] = result(10_000)
    assert set(cache.results) == {"d"}


def test_values_of_few_levels_are_kept():
    cache = ViewCache()
    for number in range(view_result.LEVELS + 1):
        cache.level_codes["width", number, False] = LevelCodes(np.zeros(1, dtype=np.int32), [0])
    assert len(cache.level_codes) == view_result.LEVELS
    assert ("width", 0, False) not in cache.level_codes


@pytest.mark.parametrize("keep_results", [True, False])
def test_what_depends_on_annotations_is_left_behind(keep_results):
    cache, codes = ViewCache(), LevelCodes(np.zeros(1, dtype=np.int32), [0])
    cache.results["fixed"], cache.results["other"] = result(1), result(1, is_fixed=False)
    for field in ("width", "p:number:year"):
        cache.orders[Sort(field), False] = np.zeros(1)
        cache.ranks[field] = np.zeros(1, dtype=np.int64)
        cache.level_codes[field, None, False] = codes
    copy = cache.without_annotations(keep_results=keep_results)
    assert list(copy.results) == (["fixed"] if keep_results else [])
    assert list(copy.orders) == [(Sort("width"), False)]
    assert list(copy.ranks) == ["width"]
    assert list(copy.level_codes) == [("width", None, False)]
    assert len(cache.results) == 2


def test_properties_exclusion_and_authors_are_annotations():
    fields = ("p:tags:theme", "excluded", "author", "width", "file name", "duplicate")
    assert [field for field in fields if uses_annotations(field)] == [
        "p:tags:theme",
        "excluded",
        "author",
    ]
