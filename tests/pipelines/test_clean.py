"""Dagster's history after its logs of single runs are freed: runs and assets are still known."""

import dagster as dg

from panoptic_data.integrity import clean
from pipelines.instance import open_instance
from pipelines.process import process
from pipelines.request import Request
from tests.small_corpus import write_pictures


def test_without_logs_of_old_runs_the_history_of_runs_and_assets_stays(processed, folder):
    runs = processed.dagster_home / "history" / "runs"
    with open_instance(processed) as instance:
        recorded = [record.dagster_run.run_id for record in instance.get_run_records()]
        latest = instance.get_latest_materialization_event(dg.AssetKey("duplicates"))
    assert len(list(runs.glob("*.db"))) > 1
    assert "run_logs" in {item.kind for item in clean.freeable(processed, days=0)}
    clean.clean(processed, days=0)
    assert [path.name for path in runs.glob("*.db")] == ["index.db"]

    with open_instance(processed) as instance:
        assert [record.dagster_run.run_id for record in instance.get_run_records()] == recorded
        assert instance.get_latest_materialization_event(dg.AssetKey("duplicates")) == latest
        # Its page shows no log any more, and no error.
        assert list(instance.all_logs(recorded[0])) == []
    assert process(processed, Request())["outcome"] == "done"
    write_pictures(folder, range(50, 52))
    summary = process(processed, Request())
    assert (summary["outcome"], summary["new"]) == ("done", 2)
    assert summary["problems"] == []
