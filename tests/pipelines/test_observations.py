"""Dagster calls stale what the plan calls stale: folders and the log have data versions."""

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver
from dagster._core.loader import LoadingContextForTest

from panoptic_data.annotations import properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.provenance.stages import ON_REQUEST
from panoptic_data.storage.project import set_parameters
from pipelines.build import build_defs
from pipelines.instance import open_instance
from pipelines.merge import merge
from pipelines.observations import VERSIONS_KEY
from pipelines.plan import plan_project
from pipelines.process import process
from pipelines.request import Request
from tests.small_corpus import write_pictures


def stale(project):
    """Return the assets that Dagster does not call fresh, but for those that a person makes."""
    with open_instance(project) as instance:
        graph = build_defs(project).resolve_asset_graph()
        resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
        return {
            key.to_user_string()
            for key in graph.executable_asset_keys - {VERSIONS_KEY, *map(dg.AssetKey, ON_REQUEST)}
            if resolver.get_status(key, "pictures" if graph.get(key).is_partitioned else None).name
            != "FRESH"
        }


def look(project):
    """Look as the daemon does: what the sensor observes is reported."""
    with open_instance(project) as instance:
        context = dg.build_sensor_context(instance=instance)
        result = build_defs(project).resolve_sensor_def("folders")(context)
        for event in result.asset_events:
            instance.report_runless_asset_event(event)
        return len(result.asset_events)


def test_what_came_into_a_folder_is_stale_in_dagster_until_it_is_read(processed, folder):
    assert (stale(processed), plan_project(processed)) == (set(), ())
    write_pictures(folder, range(70, 72))
    assert look(processed) == 1
    assert look(processed) == 0
    assert stale(processed) == {"files"}
    process(processed, Request())
    assert (stale(processed), plan_project(processed)) == (set(), ())


def test_what_people_noted_is_stale_in_dagster_until_it_is_merged(processed):
    store = annotations_of(processed)
    _, changes = properties.create({}, "Theme", "tags")
    store.commit(changes, "property", author="ada")
    assert look(processed) == 1
    assert stale(processed) == {"annotations"}
    merge(processed)
    assert (stale(processed), plan_project(processed)) == (set(), ())


def test_other_parameters_are_stale_in_dagster_until_all_is_made_with_them(processed):
    project = set_parameters(processed, (("neighbours.k", 5),))
    assert stale(project) == {"visual/neighbours"}
    process(project, Request(stages=("neighbours",)))
    assert (stale(project), plan_project(project)) == (set(), ())
