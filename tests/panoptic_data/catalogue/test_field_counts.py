"""Counts of folders, formats and clusters, and histograms, under a view."""

from panoptic_data.catalogue import field_counts, registry
from tests.panoptic_data.catalogue.posters import asking, with_map


def test_a_folder_counts_an_image_once_however_many_copies_it_holds(opened):
    current = registry.get(opened, fresh=True)
    assert field_counts.folders(current) == {
        "postcards": 0,
        "posters": 3,
        "posters/1930": 2,
        "posters/1931": 1,
    }


def test_folder_counts_follow_the_other_conditions_only(opened):
    current = registry.get(opened, fresh=True)
    view = asking("format", ["PNG"]).with_condition("folder", ["posters/1931"])
    assert field_counts.folders(current, view)["posters"] == 1
    assert field_counts.formats(current, view) == {"JPEG": 1}
    assert field_counts.formats(current) == {"JPEG": 2, "PNG": 1}


def test_a_histogram_spans_the_range(opened):
    current = registry.get(opened, fresh=True)
    assert field_counts.histogram(current, "width", bins=2) == ([1, 2], [100.0, 200.0, 300.0])


def test_clusters_are_counted_largest_first_and_the_rest_last(opened):
    current = registry.get(with_map(opened), fresh=True)
    assert field_counts.clusters(current, "visual") == {1: 2, -1: 1}
    assert field_counts.clusters(current, "clip") == {}
    assert field_counts.clusters(current, "visual", asking("format", ["PNG"])) == {1: 1}
