"""The lineage of a whole group: a cluster with all its images, a tag with all who gave it.

    of_group(project, "cluster:visual:3"), of_group(project, "tag:War")

Not here: the cluster or the tag of one image (``computed``, ``noted``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations.log import EVENT_SCHEMA, TABLE
from panoptic_data.annotations.proposals import proposer_of
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable, NothingToTrace
from panoptic_data.messages import translate
from panoptic_data.query.names import called
from panoptic_data.storage.schema import table_name
from panoptic_data.storage.sql import literal
from panoptic_data.tracing.chain import Chain, Scene
from panoptic_data.tracing.computed import method_key, path_of
from panoptic_data.tracing.model import Lineage, Step
from panoptic_data.tracing.pictures import encoder_facts, encoder_label
from panoptic_data.tracing.subject import Subject

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag

__all__ = ["NoSuchGroup", "no_cluster", "of_cluster_of", "of_tag"]

# So many of its images are shown: with the fit three boxes, which fit beside each other.
EXAMPLES = 2
# So many of those who gave a tag are shown.
SHOWN = 5
# So many clusters or tags are listed where the one that was meant is not there.
LISTED = 40


class NoSuchGroup(NothingToTrace):
    """A cluster or tag that there is not, or a name that several have; says which there are.

    ``text`` is a key of the section ``lineage``.
    """

    def __init__(self, text: str, name: str, known: Sequence[str]) -> None:
        self.text = text
        more = " …" if len(known) > LISTED else ""
        super().__init__(image="", of=name, known=", ".join(known[:LISTED]) + more)

    def message(self, language: str) -> str:
        """Say so, in ``language``."""
        return translate(f"lineage.{self.text}", language, **self.params)


def no_cluster(scene: Scene, name: str, slugs: Sequence[str]) -> NoSuchGroup:
    """Return the error of a cluster that there is not: it lists those of some encoders."""
    known = [f"{slug}:{number}" for slug in slugs for number in _numbers(scene, slug)]
    return NoSuchGroup("no_cluster" if known else "no_clusters", name, known)


def of_cluster_of(scene: Scene, slug: str, number: int) -> Lineage:
    """Return the lineage of a cluster of the main level; its image is the one at its centre.

    Raises NoSuchGroup where there is none of this number.
    """
    database = scene.project.database()
    name = table_name("cluster_info", slug)
    where = f"main AND number = {number}"
    rows = database.frame(name, where=where).to_dicts() if name in database.names() else []
    if not rows:
        raise no_cluster(scene, f"{slug}:{number}", (slug,))
    info = rows[0]
    members = database.frame(
        table_name("clusters", slug), ["sha1", "strength", "fitted"], f"cluster = {number}"
    )
    centre = info["medoid"]
    chain = Chain(_of_image(scene, centre))
    made = scene.records.fit(f"clusters/{slug}", info["fit"])
    made = made or scene.records.origin(info["run"], f"clusters/{slug}")
    vectors = _add_vectors(chain, slug)
    _add_stage(chain, "neighbours", slug, "vector")
    fit = {
        "fit": info["fit"],
        "clusters": _count(scene, slug),
        "fitted": int(members["fitted"].sum()),
    }
    stale = scene.records.stale(f"clusters/{slug}")
    fit_name = (info["fit"] or "")[:8] or str(fit["clusters"])
    chain.add(Step("fit", "fit", fit_name, fit, made, stale), "neighbours", "vector")
    examples = _examples(chain, members, centre)
    facts = {
        "cluster": number,
        "images": info["size"],
        "placed": members.height - int(members["fitted"].sum()),
        "medoid": path_of(scene, centre),
    }
    origin = scene.records.origin(info["run"], f"clusters/{slug}")
    step = Step("cluster", "cluster", str(number), facts, origin, stale)
    chain.add(step, "fit", *examples)
    key = f"group_{method_key('cluster', made, {'fitted': True})}"
    row = {"cluster": number}
    return chain.lineage(
        "cluster", slug, key, vectors=vectors, fit=made, row=row, size=info["size"]
    )


def of_tag(scene: Scene, name: str) -> Lineage:
    """Return who made a tag (by its id, its name, or ``property: name``), and who gave it.

    Raises NoSuchGroup where there is none, or several of this name.
    """
    state = annotations_of(scene.project).state(fresh=True)
    tag = _tag(state, name)
    prop = state.properties[tag.property]
    rows = state.values(prop.id).filter(value=tag.id)
    by = rows.with_columns(by=proposer_of(pl.col("act")))
    counts = (
        by.group_by("author", "by")
        .len()
        .sort("len", "author", "by", descending=[True, False, False])
    )
    first = rows.sort("at").head(1)["target"].to_list()
    chain = Chain(_of_image(scene, first[0] if first else ""))
    made = _event_of(scene, tag.id)
    if made is not None:
        chain.add(Step("author", "author", made["author"], {"author": made["author"]}))
        facts = {
            "batch": made["batch"],
            "act": made["act"],
            "about": made["about"],
            "at": made["at"],
        }
        chain.add(Step("batch", "batch", made["act"] or "", facts), "author")
        event = {part: made[part] for part in ("number", "op", "old", "new")}
        chain.add(Step("event", "event", str(made["number"]), event), "batch")
    givers = []
    for number, row in enumerate(counts.head(SHOWN).to_dicts()):
        facts = {"author": row["author"], "proposed_by": row["by"], "images": row["len"]}
        chain.add(Step(f"giver:{number}", "giver", f"{row['author']} × {row['len']}", facts))
        givers.append(f"giver:{number}")
    facts = {"property": prop.name, "type": prop.type, "value": tag.name, "images": rows.height}
    chain.add(Step("tag", "tag", tag.name, facts), "event", *givers)
    return chain.lineage(
        "tag",
        tag.name,
        "group_tag" if made else "group_tag_unknown",
        property=prop.name,
        value=tag.name,
        author=made["author"] if made else "",
        at=made["at"] if made else None,
        count=rows.height,
        givers=", ".join(
            f"{row['author']} ({row['len']})" for row in counts.head(SHOWN).to_dicts()
        ),
    )


def _of_image(scene: Scene, sha1: str) -> Scene:
    """Return the scene of the image that stands for a group."""
    path = path_of(scene, sha1) if sha1 else ""
    source, _, rest = (path or "").partition("/")
    files = ({"source": source, "path": rest},) if rest else ()
    subject = Subject(sha1, files, {})
    return Scene(scene.project, subject, scene.records, scene.text_of_slug)


def _add_vectors(chain: Chain, slug: str) -> dict[str, Any]:
    """Add the vectors of an encoder as a whole; return what a sentence says of them."""
    scene = chain.scene
    known = scene.row("encoders", slug) or {}
    count = scene.project.database().count(table_name("embeddings", slug))
    label = encoder_label(known.get("text"), slug)
    facts = {"encoder": known.get("text") or slug, "count": count, **encoder_facts(known)}
    record = scene.records.last(f"embeddings/{slug}/")
    stale = scene.records.stale_of_any(f"embeddings/{slug}/")
    chain.add(Step("vector", "vector", label, facts, record, stale))
    return {"encoder": label, "at": record and record.at, "picture": "", "path": ""}


def _add_stage(chain: Chain, kind: str, slug: str, before: str) -> None:
    scene = chain.scene
    stage = f"{kind}/{slug}"
    count = scene.project.database().count(table_name(kind, slug))
    facts = {"count": count}
    origin, stale = scene.records.last(stage), scene.records.stale(stage)
    chain.add(Step(kind, kind, str(count), facts, origin, stale), before)


def _examples(chain: Chain, members: pl.DataFrame, centre: str | None) -> list[str]:
    """Add the image at the centre and those that are most of all in the cluster."""
    order = members.sort(pl.col("sha1") != centre, -pl.col("strength").fill_null(0), "sha1")
    ids = []
    for number, sha1 in enumerate(order.head(EXAMPLES)["sha1"].to_list()):
        path = path_of(chain.scene, sha1)
        facts = {"sha1": sha1, "path": path}
        chain.add(Step(f"member:{number}", "member", path or sha1, facts))
        ids.append(f"member:{number}")
    return ids


def _count(scene: Scene, slug: str) -> int:
    return scene.project.database().count(table_name("cluster_info", slug), "main")


def _numbers(scene: Scene, slug: str) -> list[int]:
    database, name = scene.project.database(), table_name("cluster_info", slug)
    if name not in database.names():
        return []
    numbers: list[int] = database.frame(name, ["number"], "main")["number"].sort().to_list()
    return numbers


def _tag(state: State, name: str) -> Tag:
    """Return the tag of an id or name, spelled as in a query. Raises NoSuchGroup."""
    full_names = {
        tag.id: f"{prop.name}: {tag.name}"
        for prop in state.live_properties
        for tag in state.tags_of(prop.id)
    }
    pairs = [
        (text, id)
        for id, full_name in full_names.items()
        for text in (id, state.tags[id].name, full_name, full_name.replace(": ", ":", 1))
    ]
    known = list(dict.fromkeys(called(name, pairs)))
    if len(known) == 1:
        return state.tags[known[0]]
    listed = sorted(full_names[id] for id in known or full_names)
    key = "several_tags" if known else "no_tag" if listed else "no_tags"
    raise NoSuchGroup(key, name, listed)


def _event_of(scene: Scene, tag: str) -> dict[str, Any] | None:
    """Return the event that made a tag; None where the log cannot be read or has lost it."""
    where = f"kind = 'tag' AND target = {literal(tag)}"
    try:
        events = scene.project.database().frame(TABLE, list(EVENT_SCHEMA), where)
    except DataUnavailable:
        return None
    rows = events.sort("number").head(1).to_dicts()
    return rows[0] if rows else None
