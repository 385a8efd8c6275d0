"""Asset checks: all pass on a processed project, and each fails when its table is broken."""

import dagster as dg
import numpy as np
import pyarrow as pa
import pytest

from panoptic_data.storage.schema import arrow
from pipelines.build import build_defs
from pipelines.checks import count_invalid
from pipelines.instance import open_instance

STRANGER = "f" * 40


def check(project):
    """Run every check and return asset:check → severity and description of those that fail."""
    defs = build_defs(project)
    job = dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())
    with open_instance(project) as instance:
        result = (
            dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
            .resolve_job_def("checks")
            .execute_in_process(instance=instance)
        )
        evaluations = result.get_asset_check_evaluations()
    assert len(evaluations) == 11
    return {
        f"{evaluation.asset_key.to_user_string()}:{evaluation.check_name}": (
            evaluation.severity.value,
            evaluation.description,
        )
        for evaluation in evaluations
        if not evaluation.passed
    }


def drop_a_file(project):
    rows = project.database().read("files", ["file_id"])
    project.database().delete("files", rows["file_id"].to_pylist()[:1])


def drop_an_image(project):
    sha1s = sorted(project.database().read("images", ["sha1"])["sha1"].to_pylist())
    project.database().delete("images", sha1s[:1])


def drop_a_vector(project):
    sha1s = sorted(project.database().read("images", ["sha1"])["sha1"].to_pylist())
    project.database().delete("embeddings__visual", sha1s[:1])


def add_a_stranger_to_the_map(project):
    rows = project.database().read("projection__visual").slice(0, 1)
    rows = rows.set_column(0, "sha1", pa.array([STRANGER]))
    project.database().append("projection__visual", rows.cast(arrow("projection__visual")))


def double_a_row(project):
    rows = project.database().read("clusters__visual").slice(0, 1)
    project.database().append("clusters__visual", rows)


def spoil_vectors(project):
    rows = project.database().read("embeddings__visual").sort_by("sha1").slice(0, 2)
    dim = project.database().dim("embeddings__visual")
    vectors = np.zeros((2, dim), np.float16)
    vectors[0, 0] = np.inf
    vectors[1, 0] = 2
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dim)
    rows = rows.set_column(1, "vector", column)
    project.database().upsert("embeddings__visual", rows.cast(arrow("embeddings__visual", dim)))


EVERYWHERE = ("vector_index", "neighbours", "projection", "clusters")
GONE = ("ERROR", "1 of 40 rows are of images that are gone.")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda project: None, {}),
        (
            drop_a_file,
            {"corpus:every_image_has_a_file": ("ERROR", "1 of 40 images belong to no file.")},
        ),
        (
            drop_an_image,
            {
                "corpus:every_readable_file_has_an_image": (
                    "ERROR",
                    "1 of 40 readable contents have no row in images.",
                ),
                **{f"visual/{table}:one_row_an_image": GONE for table in EVERYWHERE},
            },
        ),
        (
            drop_a_vector,
            {"visual/vector_index:one_row_an_image": ("WARN", "1 of 40 images have no row.")},
        ),
        (
            add_a_stranger_to_the_map,
            {
                "visual/projection:one_row_an_image": (
                    "ERROR",
                    "1 of 41 rows are of images that are gone.",
                )
            },
        ),
        (
            double_a_row,
            {"visual/clusters:one_row_an_image": ("ERROR", "1 of 41 rows are doubled.")},
        ),
        (
            spoil_vectors,
            {
                "visual/embeddings:vectors_are_unit": (
                    "ERROR",
                    "1 of 40 vectors are not finite; 1 of 40 vectors are not of unit length.",
                )
            },
        ),
    ],
)
def test_each_check_speaks_of_what_is_broken_and_of_nothing_else(processed, spoil, expected):
    spoil(processed)
    assert check(processed) == expected


def test_vectors_that_are_not_finite_or_not_unit_are_counted():
    unit = np.eye(4, dtype=np.float16)
    assert count_invalid(unit) == (0, 0)
    unit[0, 0] = np.inf
    unit[1, 1] = 0.9
    unit[2, 2] = np.nan
    assert count_invalid(unit) == (2, 1)
