"""Automation: off at first; once on, what is downstream of a change is made, and nothing else."""

import dagster as dg

from pipelines import automation, jobs
from pipelines.build import build_defs
from pipelines.instance import open_instance
from tests.small_corpus import write_pictures


def requested(project, cursor=None):
    """Return the assets that the conditions request now, and the cursor of the next look."""
    with open_instance(project) as instance:
        defs = build_defs(project)
        keys = defs.resolve_asset_graph().materializable_asset_keys
        result = dg.evaluate_automation_conditions(
            defs, instance, dg.AssetSelection.assets(*keys), cursor=cursor
        )
        names = {key.to_user_string() for key in keys if result.get_num_requested(key)}
        return names, result.cursor


def test_the_sensor_looks_at_all_assets_and_is_off_until_somebody_switches_it_on():
    sensor = automation.build_sensor()
    assert sensor.name == "downstream"
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    graph = build_defs(encoders=["visual"]).resolve_asset_graph()
    assert sensor.asset_selection.resolve(graph) == graph.executable_asset_keys


def test_what_is_computed_follows_by_the_same_condition_and_what_people_make_by_none():
    graph = build_defs(encoders=["visual"]).resolve_asset_graph()
    conditions = {
        key.to_user_string(): graph.get(key).automation_condition
        for key in graph.get_all_asset_keys()
    }
    followed = {name for name, condition in conditions.items() if condition is not None}
    assert {conditions[name] for name in followed} == {automation.EAGER}
    assert {"sources", "annotation_events"}.isdisjoint(followed)
    assert {"corpus", "visual/neighbours", "visual/projection", "visual/clusters"} <= followed


def test_what_the_daemon_read_is_carried_downstream_once(processed, folder):
    nothing, cursor = requested(processed)
    assert nothing == set()
    write_pictures(folder, range(60, 62))
    with open_instance(processed) as instance:
        job = build_defs(processed).resolve_job_def(jobs.READ)
        job.execute_in_process(instance=instance, partition_key="pictures")
    carried, cursor = requested(processed, cursor)
    assert carried == {
        *("corpus", "duplicates", "visual/vector_index", "visual/neighbours"),
        *("visual/projection", "visual/clusters"),
    }
    with open_instance(processed) as instance:
        job = build_defs(processed).resolve_job_def(jobs.ANALYSE)
        job.execute_in_process(instance=instance)
    assert requested(processed, cursor)[0] == set()
