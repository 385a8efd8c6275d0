"""Twenty properties of a synthetic corpus, one of them with 30,000 tags. Not here: its images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from panoptic_data.annotations import edits, materialize, properties, tags
from panoptic_data.annotations.state import State
from panoptic_data.annotations.store import Store, annotations_of
from panoptic_data.provenance import stages
from panoptic_data.storage.project import Project

TAGS = 30_000
TAGS_EACH = 3
# On every image three tags and a number; the others on one in twenty, as research leaves them.
SPARSE = 20
TYPES = (
    *("tags", "number", "tag", "number", "number", "number", "text", "text", "text", "date"),
    *("date", "checkbox", "checkbox", "colour", "url", "path", "tags", "tag", "number", "text"),
)
SPARSE_TAGS = 200


def write(opened: Project, sha1s: Sequence[str]) -> None:
    """Set values of twenty properties of the images, and merge them."""
    store = annotations_of(opened)
    rng = np.random.default_rng(1)
    for number, type in enumerate(TYPES):
        property, changes = properties.create(
            store.state().properties, f"p{number:02} {type}", type
        )
        store.commit(changes, "property")
        targets = sha1s if number < 2 else rng.choice(sha1s, len(sha1s) // SPARSE, replace=False)
        _fill(
            store,
            property.id,
            type,
            pl.Series("target", targets),
            TAGS if number == 0 else SPARSE_TAGS,
        )
    result = materialize.update(opened)
    stages.record(opened, materialize.STAGE, result, {}, "1", "bench")


def fields_by_name(state: State) -> dict[str, str]:
    """Return the field of views of each property, by its number: ``p00`` to ``p19``."""
    return {
        property.name[:3]: f"p:{property.type}:{property.id}"
        for property in state.properties.values()
    }


def _fill(store: Store, id: str, type: str, targets: pl.Series, count: int) -> None:
    rng = np.random.default_rng(len(id) + targets.len())
    if type not in ("tags", "tag"):
        values = _values(type, rng.integers(0, 5_000, targets.len()))
        assigned = pl.DataFrame({"target": targets, "value": values})
        store.commit(edits.assign(store.state(), id, assigned), "set")
        return
    ids, changes = tags.find_or_create(store.state().tags, id, [f"t {n:05}" for n in range(count)])
    store.commit(changes, "tag")
    # Few tags are on much, many on little.
    each = TAGS_EACH if type == "tags" else 1
    indices = (rng.random((targets.len(), each)) ** 2 * count).astype(np.int64)
    rows = pl.DataFrame({"target": targets.gather(np.repeat(np.arange(targets.len()), each))})
    words = pl.Series(list(ids.values())).gather(indices.ravel())
    assigned = rows.with_columns(new=words).unique(maintain_order=True)
    store.commit(
        assigned.select(
            kind=pl.lit("image"),
            target="target",
            property=pl.lit(id),
            op=pl.lit("add" if type == "tags" else "set"),
            old=pl.lit(None, pl.String),
            new="new",
        ),
        "tag",
    )


def _values(type: str, numbers: np.ndarray) -> list[str]:
    match type:
        case "number":
            return [f"{number / 100:g}" for number in numbers.tolist()]
        case "date":
            return [str(np.datetime64("1900-01-01") + int(number) * 7) for number in numbers]
        case "checkbox":
            return ["true" if number % 2 else "false" for number in numbers.tolist()]
        case "colour":
            return [f"#{number:06x}" for number in (numbers * 3001).tolist()]
        case "url":
            return [f"https://example.org/{number}" for number in numbers.tolist()]
        case "path":
            return [f"fonds/{number // 50}/{number}" for number in numbers.tolist()]
    return [f"a note of {number}" for number in numbers.tolist()]
