"""The jobs: together they make every asset once, and one needs a source, the other none."""

import pytest

from panoptic_data.provenance import stages
from pipelines import jobs
from pipelines.build import build_defs

ENCODERS = ("visual", "clip")


def assets_of(defs, name):
    job = defs.resolve_job_def(name)
    return {key.to_user_string() for key in job.asset_layer.executable_asset_keys}


@pytest.mark.parametrize("encoders", [(), ENCODERS[:1], ENCODERS])
def test_each_asset_that_is_computed_is_made_by_exactly_one_job(encoders):
    defs = build_defs(encoders=encoders)
    read, analyse = (assets_of(defs, name) for name in (jobs.READ, jobs.ANALYSE))
    graph = defs.resolve_asset_graph()
    computed = {key.to_user_string() for key in graph.executable_asset_keys}
    # A version is made where somebody wants one.
    # What costs is found where somebody asks.
    parts = assets_of(defs, jobs.PARTS)
    assert parts == {"shared_parts"}
    assert read | analyse | parts | {"corpus_versions"} == computed
    assert read & analyse == analyse & parts == set()
    assert assets_of(defs, jobs.VERSION) == {"corpus_versions"}


def test_the_job_of_a_source_runs_by_source_and_the_other_once_for_all():
    defs = build_defs(encoders=ENCODERS)
    assert defs.resolve_job_def(jobs.READ).partitions_def is not None
    assert defs.resolve_job_def(jobs.ANALYSE).partitions_def is None


def test_every_stage_that_is_expected_is_made_by_a_job():
    defs = build_defs(encoders=["visual"])
    names = (jobs.READ, jobs.ANALYSE, jobs.PARTS)
    assets = {asset for name in names for asset in assets_of(defs, name)}
    kinds = {asset.rpartition("/")[2] for asset in assets}
    assert kinds == {stages.stage_kind(stage) for stage in stages.expected(["s"], ["visual"])}
