"""Asset checks: what must hold between the tables after they are materialized.

Each describes in a sentence what it counted. After a run that changed little it looks at the rows
which that run wrote, and counts the others; run alone it reads all. Not here: repairing;
materialized again, the assets compute what is missing.
"""

import json
from collections.abc import Callable, Sequence

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from panoptic_data.annotations import materialize
from panoptic_data.ingest import corpus
from panoptic_data.ingest.images import taking_part
from panoptic_data.storage.project import Project
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sql import literals
from pipelines.assets import chain, embeddings
from pipelines.assets.annotations import ANNOTATIONS
from pipelines.assets.corpus import CORPUS
from pipelines.assets.duplicates import DUPLICATES
from pipelines.assets.shared_parts import SHARED_PARTS
from pipelines.resources import Work

__all__ = ["build", "count_invalid", "evaluate_annotations"]

# float16 has three digits: the length of a unit vector of 2,000 numbers is off by less than this.
TOLERANCE = 2e-3
# After a run that wrote more rows than this, all rows are checked.
MOST_WRITTEN = 5_000
KEYS_AT_ONCE = 1_000
REPLAY = "tables_say_what_a_replay_of_the_log_says"

Findings = tuple[list[str], list[str]]
"""Sentences on errors, and on what is only missing yet (warnings)."""


def build(slugs: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Return every check for these encoders."""
    return [
        _check(CORPUS, "every_image_has_a_file", _images_have_files),
        _check(CORPUS, "every_readable_file_has_an_image", _files_have_images),
        _check(DUPLICATES, "members_are_images", _members_are_images),
        _check(SHARED_PARTS, "parts_are_of_images", _parts_are_of_images),
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
    tables = {"vector_index": "embeddings"}
    tables |= {kind: kind for kind in ("neighbours", "projection", "clusters")}
    return [
        _check(embeddings.key_of(slug), "vectors_are_unit", _unit(slug)),
        *(
            _check(chain.key_of(kind, slug), "one_row_an_image", _rows(kind, table, slug))
            for kind, table in tables.items()
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
    images = _written(work, "corpus", "images")
    # Missing files count, too: they may come back.
    if images is None:
        orphans = _without(_images(work.project), _named(work.project, "sha1 IS NOT NULL"))
    else:
        orphans = _without(images, _present(work.project, "files", images))
    return _sentence(orphans, "of {total} images belong to no file"), []


def _files_have_images(work: Work) -> Findings:
    files = _written(work, "corpus", "files", "status = 'ok'")
    if files is None:
        missing = _without(_readable(work.project), _images(work.project))
    else:
        missing = _without(pc.unique(files), _present(work.project, "images", files))
    return _sentence(missing, "of {total} readable contents have no row in images"), []


def _members_are_images(work: Work) -> Findings:
    members = _written(work, "duplicates", "duplicates")
    if members is None:
        strangers = _without(_sha1s(work.project, "duplicates"), _images(work.project))
    else:
        strangers = _without(members, _present(work.project, "images", members))
    return _sentence(strangers, "of {total} members are no images"), []


def _parts_are_of_images(work: Work) -> Findings:
    strangers = _without(_sha1s(work.project, "part_groups"), _images(work.project))
    return _sentence(strangers, "of {total} images that share a part are no images"), []


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


def _rows(kind: str, table: str, slug: str) -> Callable[[Work], Findings]:
    name = table_name(table, slug)

    def find(work: Work) -> Findings:
        database = work.project.database()
        written = _written(work, f"{kind}/{slug}", name)
        if written is None:
            sha1s = _sha1s(work.project, name)
            images = _images(work.project)
            absent = _without(taking_part(work.project).to_arrow().cast(pa.string()), sha1s)
        else:
            sha1s = _present(work.project, name, written)
            images = _present(work.project, "images", written)
            # How many images should have a row was counted when the corpus was.
            total = _number_taking_part(work.project)
            absent = max(0, total - database.count(name)), total
        doubled = (len(sha1s) - len(pc.unique(sha1s)), len(sha1s))
        return (
            _sentence(_without(sha1s, images), "of {total} rows are of images that are gone")
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


def _written(work: Work, stage: str, table: str, condition: str = "true") -> pa.Array | None:
    """Return the sha1s of the rows that this run wrote into a table.

    None where this run did not compute the stage, or wrote so much that all is read.
    """
    if stage not in work.results:
        return None
    where = f"run = '{work.run.id}' AND {condition}"
    rows = work.project.database().read(table, ["sha1"], where)
    return rows["sha1"].combine_chunks() if rows.num_rows <= MOST_WRITTEN else None


def _present(project: Project, table: str, sha1s: pa.Array) -> pa.Array:
    """Return the sha1s of a table's rows of these images."""
    names = sorted(set(sha1s.to_pylist()))
    parts = [
        _named_in(project, table, names[start : start + KEYS_AT_ONCE])
        for start in range(0, len(names), KEYS_AT_ONCE)
    ]
    return pa.concat_arrays(parts or [pa.array([], pa.string())])


def _named_in(project: Project, table: str, sha1s: Sequence[str]) -> pa.Array:
    texts = literals(sha1s)
    rows = project.database().read(table, ["sha1"], f"sha1 IN ({texts})")
    return rows["sha1"].combine_chunks()


def _number_taking_part(project: Project) -> int:
    rows = project.database().take("stages", [corpus.STAGE], ["counts"]).to_pylist()
    extra = json.loads(rows[0]["counts"]).get("extra", {}) if rows else {}
    return int(extra.get("taking_part", 0))


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
