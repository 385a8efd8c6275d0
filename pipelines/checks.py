"""Asset checks: what must hold between the tables after they were made.

Each says in a sentence what it counted. Not here: mending; started again, the assets do what
is missing.
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

__all__ = ["build", "lengths", "of_annotations"]

# float16 keeps three digits: a unit vector of 2,000 of them is off by less than this.
TOLERANCE = 2e-3
REPLAY = "tables_say_what_a_replay_of_the_log_says"

Checked = tuple[list[str], list[str]]
"""Sentences on what is wrong, and on what is only not there yet."""


def build(slugs: Sequence[str]) -> list[dg.AssetChecksDefinition]:
    """Return every check for these encoders."""
    return [
        _check(CORPUS, "every_image_has_a_file", _images_have_files),
        _check(CORPUS, "every_readable_file_has_an_image", _files_have_images),
        _check(DUPLICATES, "members_are_images", _members_are_images),
        *(_check(ANNOTATIONS, name, look) for name, look in _OF_ANNOTATIONS.items()),
        *(check for slug in slugs for check in _of_encoder(slug)),
    ]


def of_annotations(work: Work, *, replay: bool) -> list[dg.AssetCheckEvaluation]:
    """Return what the checks of annotations say, for a merge that is no Dagster run.

    Without ``replay`` the one that reads the whole log is left out.
    """
    looks = [(name, look) for name, look in _OF_ANNOTATIONS.items() if replay or name != REPLAY]
    found = [(name, _answer(*look(work))) for name, look in looks]
    return [
        dg.AssetCheckEvaluation(
            asset_key=ANNOTATIONS,
            check_name=name,
            passed=answer.passed,
            metadata={},
            severity=answer.severity,
            description=answer.description,
        )
        for name, answer in found
    ]


def lengths(vectors: np.ndarray) -> tuple[int, int]:
    """Return how many of (n, d) vectors are not finite, and how many finite ones not unit."""
    norms = np.linalg.norm(vectors.astype(np.float32), axis=1)
    finite = np.isfinite(norms)
    return int((~finite).sum()), int((np.abs(norms[finite] - 1) > TOLERANCE).sum())


def _of_encoder(slug: str) -> list[dg.AssetChecksDefinition]:
    tables = ("neighbours", "projection", "clusters")
    return [
        _check(embeddings.key_of(slug), "vectors_are_unit", _unit(slug)),
        _check(chain.key_of("vector_index", slug), "one_row_an_image", _rows("embeddings", slug)),
        *(_check(chain.key_of(t, slug), "one_row_an_image", _rows(t, slug)) for t in tables),
    ]


def _check(
    key: dg.AssetKey, name: str, look: Callable[[Work], Checked]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key,
        name=name,
        description=name.replace("_", " "),
        required_resource_keys={"work"},
    )
    def checked(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return _answer(*look(context.resources.work))

    return checked


def _answer(wrong: list[str], absent: list[str]) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity.ERROR if wrong else dg.AssetCheckSeverity.WARN
    said = "; ".join([*wrong, *absent])
    return dg.AssetCheckResult(
        passed=not said, severity=severity, description=f"{said}." if said else "All is well."
    )


def _images_have_files(work: Work) -> Checked:
    # A missing file still names its image: it may come back.
    orphans = _without(_images(work.project), _named(work.project, "sha1 IS NOT NULL"))
    return _sentence(orphans, "of {total} images belong to no file"), []


def _files_have_images(work: Work) -> Checked:
    lost = _without(_readable(work.project), _images(work.project))
    return _sentence(lost, "of {total} readable contents have no row in images"), []


def _members_are_images(work: Work) -> Checked:
    strangers = _without(_sha1s(work.project, "duplicates"), _images(work.project))
    return _sentence(strangers, "of {total} members are no images"), []


def _no_orphans(work: Work) -> Checked:
    # Not wrong: an image that was forgotten comes back with its file.
    database = work.project.database()
    said = {kind: _annotated(work.project, kind) for kind in ("image", "file")}
    files = database.read("files", ["file_id"])["file_id"].combine_chunks()
    known = pa.concat_arrays([_images(work.project), _named(work.project, "sha1 IS NOT NULL")])
    lost = [_without(said["image"], known), _without(said["file"], files)]
    wrong, total = (sum(column) for column in zip(*lost, strict=True))
    return [], _sentence((wrong, total), "of {total} values belong to no image or file")


def _as_replayed(work: Work) -> Checked:
    wrong = materialize.differing(work.project)
    total = work.project.database().count("annotations")
    return _sentence((wrong, total), "of {total} values are not what the log says"), []


_OF_ANNOTATIONS: dict[str, Callable[[Work], Checked]] = {
    "no_orphan_annotation": _no_orphans,
    REPLAY: _as_replayed,
}


def _annotated(project: Project, kind: str) -> pa.Array:
    rows = project.database().read("annotations", ["target"], f"kind = '{kind}'")
    return rows["target"].combine_chunks()


def _rows(table: str, slug: str) -> Callable[[Work], Checked]:
    def look(work: Work) -> Checked:
        have = _sha1s(work.project, table_name(table, slug))
        doubled = (len(have) - len(pc.unique(have)), len(have))
        orphans = _without(have, _images(work.project))
        absent = _without(_readable(work.project), have)
        return (
            _sentence(orphans, "of {total} rows are of images that are gone")
            + _sentence(doubled, "of {total} rows are doubled"),
            _sentence(absent, "of {total} images have no row"),
        )

    return look


def _unit(slug: str) -> Callable[[Work], Checked]:
    name = table_name("embeddings", slug)

    def look(work: Work) -> Checked:
        # A vector is checked once, when it was made; asked for alone, all are.
        made = any(stage.startswith(f"embeddings/{slug}/") for stage in work.results)
        condition = f"run = '{work.run.id}'" if made else None
        vectors = _matrix(work.project.database().read(name, ["vector"], condition))
        infinite, crooked = lengths(vectors)
        total = len(vectors)
        return [
            *_sentence((infinite, total), "of {total} vectors are not finite"),
            *_sentence((crooked, total), "of {total} vectors are not of unit length"),
        ], []

    return look


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


def _without(some: pa.Array, others: pa.Array) -> tuple[int, int]:
    """Count what is in ``some`` and not in ``others``, and all of ``some``."""
    found = pc.sum(pc.is_in(some, value_set=others)).as_py() or 0
    return len(some) - found, len(some)


def _sentence(count: tuple[int, int], text: str) -> list[str]:
    wrong, total = count
    return [f"{wrong:,} {text.format(total=f'{total:,}')}"] if wrong else []
