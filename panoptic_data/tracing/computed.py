"""The chains of what is computed from vectors: neighbours, map, clusters, duplicates.

Not here: up to the vector (``pictures``), tags and values (``noted``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sql import literal
from panoptic_data.tracing.chain import Chain
from panoptic_data.tracing.model import Lineage, Origin, Step
from panoptic_data.tracing.pictures import add_picture, add_vector, file_step
from panoptic_data.tracing.subject import COLUMNS

if TYPE_CHECKING:
    from panoptic_data.tracing.chain import Scene

__all__ = [
    "duplicate_groups",
    "method_key",
    "of_cluster",
    "of_duplicates",
    "of_map",
    "of_neighbours",
    "path_of",
]

# So many of the other members of a group are shown, and so many of the nearest images.
SHOWN = 5


def of_neighbours(chain: Chain, slug: str) -> Lineage | None:
    """Return the lineage of the image's nearest images; None where it has no list."""
    vectors, row = _add_neighbours(chain, slug)
    if vectors is None or row is None:
        return None
    return chain.lineage(
        "neighbours", slug, "neighbours", count=row["length"], vectors=vectors, row=row
    )


def of_cluster(chain: Chain, slug: str) -> Lineage | None:
    """Return the lineage of the image's cluster on the main level."""
    row = _row(chain.scene, "clusters", slug)
    vectors, _ = _add_neighbours(chain, slug)
    if vectors is None or row is None:
        return None
    stage = f"clusters/{slug}"
    made, before = _add_fit(chain, stage, row)
    info = chain.scene.project.database().frame(
        table_name("cluster_info", slug),
        ["number", "size", "medoid"],
        f"main AND number = {row['cluster']}",
    )
    size, medoid = info.row(0)[1:] if info.height else (None, None)
    facts = {
        "cluster": row["cluster"],
        "images": size,
        "levels": row["levels"],
        "strength": _rounded(row["strength"]),
        "medoid": path_of(chain.scene, medoid),
        "fitted": row["fitted"],
        "fit": row["fit"],
    }
    chain.add(_made_step(chain, "cluster", str(row["cluster"]), facts, row, stage), *before)
    key = method_key("cluster", made, row)
    return chain.lineage("cluster", slug, key, vectors=vectors, fit=made, row=row, size=size)


def of_map(chain: Chain, slug: str) -> Lineage | None:
    """Return the lineage of the image's place on the map."""
    row = _row(chain.scene, "projection", slug)
    vectors, _ = _add_neighbours(chain, slug)
    if vectors is None or row is None:
        return None
    stage = f"projection/{slug}"
    made, before = _add_fit(chain, stage, row)
    facts = {"x": _rounded(row["x"]), "y": _rounded(row["y"])}
    facts |= {"fitted": row["fitted"], "fit": row["fit"]}
    name = f"{row['x']:.2f}, {row['y']:.2f}"
    chain.add(_made_step(chain, "map", name, facts, row, stage), *before)
    key = "map" if row["fitted"] else "map_placed"
    return chain.lineage("map", slug, key, vectors=vectors, fit=made, row=row)


def duplicate_groups(scene: Scene) -> list[str]:
    """Return the groups of duplicates that the image is in, sorted."""
    where = f"sha1 = {literal(scene.subject.sha1)}"
    groups = scene.project.database().frame("duplicates", ["group"], where)["group"]
    return groups.unique().sort().to_list()


def of_duplicates(chain: Chain, group: str) -> Lineage | None:
    """Return the lineage of the image's place in a group of duplicates."""
    scene = chain.scene
    where = f"`group` = {literal(group)}"
    members = scene.project.database().frame("duplicates", where=where).sort("member")
    own = members.filter(sha1=scene.subject.sha1)
    if own.is_empty():
        return None
    row = own.to_dicts()[0]
    kind, _, slug = row["kind"].partition(":")
    vectors = _add_neighbours(chain, slug)[0] if slug else None
    add_picture(chain)
    others = _add_members(chain, members, kind)
    used = {"exact": ("file",), "near": ("image", "thumbnail")}.get(kind, ("neighbours",))
    made = scene.records.origin(row["run"], "duplicates")
    facts = {
        "kind": kind,
        "members": members.height,
        "distance": None if kind == "exact" else _rounded(row["distance"]),
        "group": group,
    }
    parameters = made.parameters if made else {}
    least = _threshold(parameters.get("similarity") or {}, slug)
    if slug:
        usual = _threshold(parameters.get("usual") or {}, slug)
        facts |= {"least": least, "usual": usual if usual != least else None}
    step = _made_step(chain, "duplicates", kind, facts, row, "duplicates")
    chain.add(step, *used, *others)
    return chain.lineage(
        "duplicates",
        group,
        f"duplicates_{kind}",
        count=members.height,
        row=row,
        vectors=vectors,
        radius=parameters.get("radius"),
        least=least,
        path=scene.subject.path,
    )


def _add_neighbours(chain: Chain, slug: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Add the steps up to the neighbours; return what a sentence says of the vectors, and the row.

    The vectors come alone where the image has no list.
    """
    vectors = add_vector(chain, slug)
    if vectors is None:
        return None, None
    scene = chain.scene
    row = scene.row(table_name("neighbours", slug), scene.subject.sha1)
    if row is None:
        return vectors, None
    stage = f"neighbours/{slug}"
    nearest = [
        {"path": path_of(scene, sha1), "similarity": _rounded(similarity)}
        for sha1, similarity in zip(row["ids"][:SHOWN], row["similarities"][:SHOWN], strict=True)
    ]
    facts = {"count": len(row["ids"]), "nearest": nearest, "vector_run": row["vector_run"]}
    row["length"] = len(row["ids"])
    name = str(len(row["ids"]))
    chain.add(_made_step(chain, "neighbours", name, facts, row, stage), "vector")
    return vectors, row


def _add_fit(
    chain: Chain, stage: str, row: dict[str, Any]
) -> tuple[Origin | None, tuple[str, ...]]:
    """Return what made the fit and from which steps the row came; a fit of its own is a step.

    An image that was fitted was made in it; one that came later was placed by its neighbours.
    """
    made = chain.scene.records.fit(stage, row["fit"])
    if row["fitted"]:
        return made or chain.scene.records.origin(row["run"], stage), ("neighbours", "vector")
    facts = {"fit": row["fit"]}
    chain.add(Step("fit", "fit", (row["fit"] or "")[:8], facts, made))
    return made, ("neighbours", "fit")


def _made_step(
    chain: Chain, kind: str, name: str, facts: dict[str, Any], row: dict[str, Any], stage: str
) -> Step:
    records = chain.scene.records
    return Step(kind, kind, name, facts, records.origin(row["run"], stage), records.stale(stage))


def method_key(kind: str, made: Origin | None, row: dict[str, Any]) -> str:
    """Return the key of the sentence of a fit by its method."""
    method = made.parameters.get("method") if made else None
    key = f"{kind}_{method}" if method in ("kmeans", "levels") else f"{kind}_unknown"
    return key if row["fitted"] else f"{key}_placed"


def _row(scene: Scene, table: str, slug: str) -> dict[str, Any] | None:
    """Return the image's row; the one set aside where all its files are missing."""
    sha1 = scene.subject.sha1
    row = scene.row(table_name(table, slug), sha1)
    return row or scene.row(table_name(f"absent_{table}", slug), sha1)


def _add_members(chain: Chain, members: pl.DataFrame, kind: str) -> tuple[str, ...]:
    """Add some of the other members of a group: files of an exact one, else images."""
    scene = chain.scene
    own = {file["file_id"] for file in scene.subject.files[:1]}
    if kind == "exact":
        ids = [id for id in members["file_id"].to_list() if id not in own][:SHOWN]
        rows = scene.project.database().take("files", ids, COLUMNS).to_pylist()
        for number, row in enumerate(rows):
            chain.add(file_step(chain, row, f"file:{number}"))
        return tuple(f"file:{number}" for number in range(len(rows)))
    others = [sha1 for sha1 in members["sha1"].to_list() if sha1 != scene.subject.sha1][:SHOWN]
    for number, sha1 in enumerate(others):
        path = path_of(scene, sha1)
        facts = {"sha1": sha1, "path": path}
        chain.add(Step(f"member:{number}", "member", path or sha1, facts))
    return tuple(f"member:{number}" for number in range(len(others)))


def path_of(scene: Scene, sha1: str | None) -> str | None:
    """Return source and path of an image's first file; its sha1 where none is known."""
    if sha1 is None:
        return None
    files = scene.project.database().frame(
        "files", ["source", "path", "status"], f"sha1 = {literal(sha1)}"
    )
    if files.is_empty():
        return sha1
    source, path, _ = files.sort(pl.col("status") != "ok", "source", "path").row(0)
    return f"{source}/{path}"


def _threshold(similarity: dict[str, float], slug: str) -> float | None:
    return similarity.get(slug, similarity.get(slug.partition("-")[0]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
