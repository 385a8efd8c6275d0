"""Keywords that are embedded in pictures, or stand in their sidecars, as tags of a property.

A keyword stands under those above it: ``Europe|France|Paris``; keywords of one name in different
places are different tags. Tags that images have stay; the same again changes nothing. Not here:
reading keywords (``media.description``), importing folders of sidecars (``sidecars``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from panoptic_data.annotations import edits
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.log import as_frame
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.errors import InvalidImport
from panoptic_data.exchange.apply import add_tags, find_or_create_tags_property
from panoptic_data.exchange.tables import NewTag
from panoptic_data.media.embedded_texts import KEYWORD_SEPARATOR
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["count", "make_tags"]

_ACT = "import"
_Way = tuple[str, ...]


def count(catalogue: Catalogue) -> tuple[int, int]:
    """Return how many images have keywords, and how many different ones there are."""
    values, rows, _ = catalogue.corpus.keywords
    return len(set(rows.tolist())), len(values)


def make_tags(project: Project, property: str, author: str | None = None) -> Batch:
    """Give each image its keywords as tags of a property, in one batch that is undone as one.

    ``property`` is its name; a missing property is created, but not where no image has keywords:
    then the batch is empty. Raises InvalidImport where it is of another type, or belongs to files.
    """
    catalogue = registry.get(project, fresh=True)
    values, rows, codes = catalogue.corpus.keywords
    ways = [_way(keyword) for keyword in values.to_list()]
    labels = _labels(ways)
    sha1s = catalogue.frame["sha1"]
    images_of = {way: sha1s.gather(rows[codes == code]) for code, way in enumerate(ways) if way}

    def choose(state: State) -> Decision[None]:
        if not images_of:
            return Decision([], _ACT, property)
        state, target, changes = find_or_create_tags_property(state, property)
        if (target.type, target.target) != ("tags", "image"):
            raise InvalidImport("other_type", property, name=target.name, type=target.type)
        state, tag_changes, ids = add_tags(state, target.id, _new_tags(labels))
        parts = [as_frame([*changes, *tag_changes])]
        for way, images in images_of.items():
            id = ids[name_key(labels[_key(way)][0])]
            parts.append(edits.add_tags(state, target.id, images, [id]))
        return Decision(pl.concat(parts), _ACT, property)

    return annotations_of(project).decide(choose, author=author).batch


def _way(keyword: str) -> _Way:
    parts = (" ".join(part.split()) for part in keyword.split(KEYWORD_SEPARATOR))
    return tuple(part for part in parts if part)


def _key(way: Sequence[str]) -> _Way:
    return tuple(map(name_key, way))


def _labels(ways: Iterable[_Way]) -> dict[_Way, tuple[str, _Way]]:
    """Return, by the key of each way down, how its tag is labelled in the file, and the way.

    A name that stands in one place is its own label; of namesakes it is the whole way.
    """
    spelled: dict[_Way, _Way] = {}
    for way in ways:
        for length in range(1, len(way) + 1):
            spelled.setdefault(_key(way[:length]), way[:length])
    places: dict[str, int] = defaultdict(int)
    for key in spelled:
        places[key[-1]] += 1
    return {
        key: (way[-1] if places[key[-1]] == 1 else KEYWORD_SEPARATOR.join(way), way)
        for key, way in spelled.items()
    }


def _new_tags(labels: dict[_Way, tuple[str, _Way]]) -> list[NewTag]:
    """Return the tags, each after the one above it."""
    new_tags = []
    for key, (label, way) in sorted(labels.items(), key=lambda item: len(item[0])):
        parents = (labels[key[:-1]][0],) if len(key) > 1 else ()
        new_tags.append(NewTag(way[-1], None, parents, label if label != way[-1] else None))
    return new_tags
