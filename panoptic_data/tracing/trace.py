"""Ask for the lineage of an image's values: which there are, and each of them.

    for value in trace(project, "posters/1930/a.jpg", "clusters"):
        sentence(value, "en"), value.steps, value.edges

Not here: how a chain is put together (``pictures``, ``computed``, ``noted``), the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from panoptic_data import encoders
from panoptic_data.errors import NothingToTrace
from panoptic_data.messages import translate
from panoptic_data.query.names import called
from panoptic_data.tracing import computed, groups, noted, pictures
from panoptic_data.tracing.chain import Chain, Scene
from panoptic_data.tracing.model import KINDS
from panoptic_data.tracing.records import Records
from panoptic_data.tracing.similarity import of_similarity
from panoptic_data.tracing.subject import Subject, find_subject

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.tracing.model import Lineage

__all__ = ["trace", "trace_group"]

_SAME = {
    "files": "file",
    "images": "image",
    "thumbnails": "thumbnail",
    "vectors": "vector",
    "embedding": "vector",
    "embeddings": "vector",
    "neighbour": "neighbours",
    "neighbors": "neighbours",
    "similar": "similarity",
    "coordinate": "map",
    "coordinates": "map",
    "projection": "map",
    "clusters": "cluster",
    "duplicate": "duplicates",
    "tags": "tag",
    "properties": "property",
    "value": "property",
    "values": "property",
}
_PICTURES = ("file", "image", "thumbnail")
_BY_ENCODER: dict[str, Callable[[Chain, str], Lineage | None]] = {
    "vector": pictures.of_vector,
    "neighbours": computed.of_neighbours,
    "map": computed.of_map,
    "cluster": computed.of_cluster,
}


class _Ungrouped(NothingToTrace):
    """An image that is in no group of duplicates."""

    def message(self, language: str) -> str:
        """Say so, in ``language``."""
        return translate("error.nothing_to_trace_duplicates", language, **self.params)


def trace(project: Project, image: str, of: str | None = None) -> list[Lineage]:
    """Return the lineage of every value of an image, or of those that ``of`` means.

    ``image`` is a sha1, the id of a file or a path. ``of`` is one of ``KINDS`` or a word like it
    (clusters, coordinate), alone or with a name: of an encoder, a group of duplicates, a tag, a
    property (``tag Apples``); ``similarity IMAGE`` is that to one image. In the order in which
    values are made. Raises UnknownImage, and NothingToTrace where the image has no such value.
    """
    subject = find_subject(project, image)
    text_of_slug = _used_encoders(project)
    scene = Scene(project, subject, Records(project, list(text_of_slug)), text_of_slug)
    kind, name = (None, "") if of is None else _request(of)
    if kind == "similarity" and (not name or _slugs(scene, name)):
        # Of the nearest images, as there is no other that is meant.
        kind = "neighbours"
    is_known = kind is None or kind in KINDS
    values = _all(scene, kind, name) if is_known else iter(())
    lineages = [made for made in values if made is not None]
    if not lineages and of is not None:
        known = ", ".join(f"{made.of} {made.name}".strip() for made in _all(scene) if made)
        is_ungrouped = kind == "duplicates" and not name
        raise (_Ungrouped if is_ungrouped else NothingToTrace)(
            image=image, of=of, known=known or "–"
        )
    return lineages


def trace_group(project: Project, group: str) -> Lineage:
    """Return the lineage of a whole cluster or tag.

    ``group`` is ``cluster:visual:3`` (or ``cluster 3``: of the first encoder), ``tag:War`` (a name,
    ``tag:Theme: War``, or an id). Raises NothingToTrace.
    """
    text_of_slug = _used_encoders(project)
    records = Records(project, list(text_of_slug))
    scene = Scene(project, Subject("", (), {}), records, text_of_slug)
    kind, name = _request(group)
    if kind == "tag" and name:
        return groups.of_tag(scene, name)
    encoder, _, number = name.replace(":", " ").rpartition(" ")
    slugs = _slugs(scene, encoder.strip())
    if kind == "cluster" and not (number.isdecimal() and slugs):
        raise groups.no_cluster(scene, name, slugs or tuple(text_of_slug))
    if kind != "cluster":
        raise NothingToTrace(image=project.name, of=group, known="cluster:NUMBER, tag:NAME")
    return groups.of_cluster_of(scene, slugs[0], int(number))


def _used_encoders(project: Project) -> dict[str, str]:
    """Return the text of each encoder whose vectors serve, by slug; the project's order first."""
    rows = project.database().frame("encoders", ["slug", "text", "status"])
    ready = dict(rows.filter(status="ready").sort("slug").select("slug", "text").iter_rows())
    # The table, as a run may have added an encoder since the project was opened.
    listed = [encoders.parse(text).slug for text in project.encoders]
    return {slug: ready[slug] for slug in dict.fromkeys([*listed, *ready]) if slug in ready}


def _request(of: str) -> tuple[str, str]:
    """Return the kind and the name of ``tag Apples`` or ``tag:Apples``."""
    # A path or a name may hold both.
    head, *rest = re.split(r"[ :]", of.strip(), maxsplit=1)
    kind = head.lower()
    return _SAME.get(kind, kind), "".join(rest).strip()


def _all(scene: Scene, kind: str | None = None, name: str = "") -> Iterator[Lineage | None]:
    """Yield the lineage of each value of a kind (of every kind), None for values it has not."""
    for each in KINDS if kind is None else (kind,):
        if each in _PICTURES:
            yield pictures.of_picture(Chain(scene), each)
        elif each in _BY_ENCODER:
            for slug in _slugs(scene, name):
                yield _BY_ENCODER[each](Chain(scene), slug)
        elif each in _BY_NAME:
            yield from _BY_NAME[each](scene, name)
        else:
            yield from _noted(scene, each, name)


def _similarities(scene: Scene, name: str) -> Iterator[Lineage | None]:
    other = find_subject(scene.project, name) if name else None
    if other is not None:
        yield from (of_similarity(Chain(scene), slug, other) for slug in scene.text_of_slug)


def _duplicates(scene: Scene, name: str) -> Iterator[Lineage | None]:
    for group in computed.duplicate_groups(scene):
        if group.startswith(name):
            yield computed.of_duplicates(Chain(scene), group)


_BY_NAME: dict[str, Callable[[Scene, str], Iterator[Lineage | None]]] = {
    "similarity": _similarities,
    "duplicates": _duplicates,
}


def _slugs(scene: Scene, name: str) -> tuple[str, ...]:
    """Return the encoders of a name: a slug or a text; all of them without one."""
    pairs = [(text, slug) for slug, text in scene.text_of_slug.items()]
    pairs += [(slug, slug) for slug in scene.text_of_slug]
    return tuple(dict.fromkeys(called(name, pairs))) if name else tuple(scene.text_of_slug)


def _noted(scene: Scene, kind: str, name: str) -> Iterator[Lineage]:
    """Yield the values of a kind, or those of a tag or property, spelled as in a query."""
    values = [value for value in noted.noted_values(scene) if value.kind == kind]
    pairs = [(text, value) for value in values for text in _names(value)]
    for value in called(name, pairs) if name else values:
        yield noted.of_noted(Chain(scene), value)


def _names(value: noted.Noted) -> frozenset[str]:
    full_names = (f"{value.prop.name}: {value.text}", f"{value.prop.name}:{value.text}")
    return frozenset((value.name, value.prop.name, value.prop.id, value.tag or "", *full_names))
