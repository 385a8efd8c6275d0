"""Asset checks: what must hold between the tables after they are materialized.

Each describes in a sentence what it counted. Not here: repairing; materialized again, the assets
compute what is missing.
"""

from collections.abc import Callable, Sequence

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.annotations import materialize
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from pipelines.assets import chain, embeddings
from pipelines.assets.annotations import ANNOTATIONS
from pipelines.assets.corpus import CORPUS
from pipelines.assets.duplicates import DUPLICATES
from pipelines.resources import Work

__all__ = ["build", "count_invalid", "evaluate_annotations"]

# float16 has three digits: the length of a unit vector of 2,000 numbers is off by less than this.
TOLERANCE = 2e-3
REPLAY = "tables_say_what_a_replay_of_the_log_says"

Findings = tuple[list[str], list[str]]
"""Sentences on errors, and on what is only missing yet (warnings)."""


def build(slugs: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Return every check for these encoders."""
    return [
        _check(CORPUS, "every_image_has_a_file", _images_have_files),
        _check(CORPUS, "every_readable_file_has_an_image", _files_have_images),
        _check(DUPLICATES, "members_are_images", _members_are_images),
        *(_check(ANNOTATIONS, name, find) for name, find in _ANNOTATION_CHECKS.items()),
        *(check for slug in slugs for check in _encoder_checks(slug)),
    ]


def evaluate_annotations(work: Work, *, replay: bool) -> list[dg.AssetCheckEvaluation]:
    """Evaluate the checks of annotations, for a merge outside of a Dagster run.

    Without ``replay`` the check that reads the whole log is left out.
    """
    results = [
        (name, _result(*find(work)))
        for name, find in _ANNOTATION_CHECKS.items()
        if replay or name != REPLAY
    ]
    return [
        dg.AssetCheckEvaluation(
            asset_key=ANNOTATIONS,
            check_name=name,
            passed=result.passed,
            metadata={},
            severity=result.severity,
            description=result.description,
        )
        for name, result in results
    ]


def count_invalid(vectors: np.ndarray) -> tuple[int, int]:
    """Return how many of (n, d) vectors are not finite, and how many are finite but not unit."""
    norms = np.linalg.norm(vectors.astype(np.float32), axis=1)
    finite = np.isfinite(norms)
    return int((~finite).sum()), int((np.abs(norms[finite] - 1) > TOLERANCE).sum())


def _encoder_checks(slug: str) -> list[dg.AssetChecksDefinition]:
    tables = ("neighbours", "projection", "clusters")
    return [
        _check(embeddings.key_of(slug), "vectors_are_unit", _unit(slug)),
        _check(chain.key_of("vector_index", slug), "one_row_an_image", _rows("embeddings", slug)),
        *(
            _check(chain.key_of(table, slug), "one_row_an_image", _rows(table, slug))
            for table in tables
        ),
    ]


def _check(
    key: dg.AssetKey, name: str, find: Callable[[Work], Findings]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key,
        name=name,
        description=name.replace("_", " "),
        required_resource_keys={"work"},
    )
    def evaluate(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return _result(*find(context.resources.work))

    return evaluate


def _result(errors: list[str], warnings: list[str]) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if errors else dg.AssetCheckSeverity.WARN
    text = "; ".join([*errors, *warnings])
    return dg.AssetCheckResult(
        passed=not text, severity=severity, description=f"{text}." if text else "All is well."
    )


def _images_have_files(work: Work) -> Findings:
    # Missing files count, too: they may come back.
    orphans = _without(_images(work.project), _named(work.project, "sha1 IS NOT NULL"))
    return _sentence(orphans, "of {total} images belong to no file"), []


def _files_have_images(work: Work) -> Findings:
    missing = _without(_readable(work.project), _images(work.project))
    return _sentence(missing, "of {total} readable contents have no row in images"), []


def _members_are_images(work: Work) -> Findings:
    strangers = _without(_sha1s(work.project, "duplicates"), _images(work.project))
    return _sentence(strangers, "of {total} members are no images"), []


def _no_orphans(work: Work) -> Findings:
    # No error: annotations of a forgotten image are there again when its file comes back.
    database = work.project.database()
    files = database.read("files", ["file_id"])["file_id"].combine_chunks()
    images = pa.concat_arrays([_images(work.project), _named(work.project, "sha1 IS NOT NULL")])
    counts = [
        _without(_annotated(work.project, "image"), images),
        _without(_annotated(work.project, "file"), files),
    ]
    orphans, total = (sum(column) for column in zip(*counts, strict=True))
    return [], _sentence((orphans, total), "of {total} values belong to no image or file")


def _as_replayed(work: Work) -> Findings:
    differing = materialize.differing(work.project)
    total = work.project.database().count("annotations")
    return _sentence((differing, total), "of {total} values are not what the log says"), []


_ANNOTATION_CHECKS: dict[str, Callable[[Work], Findings]] = {
    "no_orphan_annotation": _no_orphans,
    REPLAY: _as_replayed,
}


def _annotated(project: Project, kind: str) -> pa.Array:
    rows = project.database().read("annotations", ["target"], f"kind = '{kind}'")
    return rows["target"].combine_chunks()


def _rows(table: str, slug: str) -> Callable[[Work], Findings]:
    def find(work: Work) -> Findings:
        sha1s = _sha1s(work.project, table_name(table, slug))
        doubled = (len(sha1s) - len(pc.unique(sha1s)), len(sha1s))
        orphans = _without(sha1s, _images(work.project))
        absent = _without(_readable(work.project), sha1s)
        return (
            _sentence(orphans, "of {total} rows are of images that are gone")
            + _sentence(doubled, "of {total} rows are doubled"),
            _sentence(absent, "of {total} images have no row"),
        )

    return find


def _unit(slug: str) -> Callable[[Work], Findings]:
    name = table_name("embeddings", slug)

    def find(work: Work) -> Findings:
        # After a run only its new vectors are checked; a check run alone reads all.
        is_computed = any(stage.startswith(f"embeddings/{slug}/") for stage in work.results)
        condition = f"run = '{work.run.id}'" if is_computed else None
        vectors = _matrix(work.project.database().read(name, ["vector"], condition))
        not_finite, not_unit = count_invalid(vectors)
        total = len(vectors)
        return [
            *_sentence((not_finite, total), "of {total} vectors are not finite"),
            *_sentence((not_unit, total), "of {total} vectors are not of unit length"),
        ], []

    return find


def _matrix(rows: pa.Table) -> np.ndarray:
    column = rows["vector"].combine_chunks()
    values: np.ndarray = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(column), column.type.list_size)


def _images(project: Project) -> pa.Array:
    return _sha1s(project, "images")


def _readable(project: Project) -> pa.Array:
    return _named(project, "status = 'ok'")


def _named(project: Project, condition: str) -> pa.Array:
    files = project.database().read("files", ["sha1"], condition)
    return pc.unique(files["sha1"].combine_chunks())


def _sha1s(project: Project, table: str) -> pa.Array:
    return project.database().read(table, ["sha1"])["sha1"].combine_chunks()


def _without(values: pa.Array, others: pa.Array) -> tuple[int, int]:
    """Count the values that are not in ``others``, and all values."""
    shared = pc.sum(pc.is_in(values, value_set=others)).as_py() or 0
    return len(values) - shared, len(values)


def _sentence(count: tuple[int, int], text: str) -> list[str]:
    failing, total = count
    return [f"{failing:,} {text.format(total=f'{total:,}')}"] if failing else []
