"""The values that filters can choose from: folders, tags, clusters, …, each with its count.

Not here: the filters (``widgets.filter_builder``), counting
(``panoptic_data.catalogue.facets``, ``field_counts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.components.builder import Clusters, Item
from app.services import group_labels
from app.session import state
from panoptic_data.annotations import tags
from panoptic_data.annotations.values import PROPOSERS
from panoptic_data.catalogue import facets, field_counts
from panoptic_data.views.fields import FIELDS, STATUSES, WHO_FIELDS, property_field
from panoptic_data.views.model import Level, View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.annotations.tags import Tag
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["FilterChoices", "filter_choices", "property_headings"]

# So many values, the most frequent ones, are sent to the browser; others can be typed.
MOST_TAGS = 3_000
MOST_LINKED = 1_000
# Session: the choices, and the version and language that they are of.
_CHOICES = "builder_words"


@dataclass(frozen=True)
class FilterChoices:
    """What can be chosen, with its counts in the whole corpus."""

    choices: Mapping[str, list[Item]]
    clusters: list[Clusters]


def filter_choices(corpus: Catalogue) -> FilterChoices:
    """Return the choices; kept in the session, since every change of a draft needs them again."""
    key = (corpus.project.folder, corpus.version, state.language())
    cached = st.session_state.get(_CHOICES)
    if cached is not None and cached[0] == key:
        former: FilterChoices = cached[1]
        return former
    encoders = {encoder.slug: encoder.name for encoder in state.encoders(corpus.project)}
    values = {
        "folder": [Item(path, path, count) for path, count in field_counts.folders(corpus).items()],
        "format": [Item(name, name, count) for name, count in field_counts.formats(corpus).items()],
        "status": _statuses(corpus),
        "duplicate": _kinds(corpus, encoders),
        **{field: _people(corpus, field) for field in WHO_FIELDS},
        **{
            field: _tags(corpus, field) if FIELDS[field].kind == "tags" else _linked(corpus, field)
            for field in property_headings(corpus.annotations)
            if FIELDS[field].kind in ("tags", "link")
        },
    }
    choices = FilterChoices(values, _clusters(corpus, encoders))
    st.session_state[_CHOICES] = (key, choices)
    return choices


def _statuses(corpus: Catalogue) -> list[Item]:
    counts = dict(corpus.frame["status"].value_counts().iter_rows())
    return [
        Item(status, state.text(f"explore.status_{status}"), counts.get(status, 0))
        for status in STATUSES
    ]


def _kinds(corpus: Catalogue, encoders: Mapping[str, str]) -> list[Item]:
    members = corpus.duplicates().select("kind", "row").unique()
    counts = sorted(members["kind"].value_counts().iter_rows())
    return [Item(kind, _kind_name(kind, encoders), count) for kind, count in counts]


def _kind_name(kind: str, encoders: Mapping[str, str]) -> str:
    name, _, slug = kind.partition(":")
    return state.text(f"builder.kind_{name}", encoder=encoders.get(slug, slug))


def _clusters(corpus: Catalogue, encoders: Mapping[str, str]) -> list[Clusters]:
    return [
        Clusters(slug, encoders.get(slug, slug), _numbers(corpus, slug))
        for slug in corpus.encoders
        if corpus.clusters(slug) is not None
    ]


def _numbers(corpus: Catalogue, slug: str) -> list[Item]:
    info = corpus.cluster_info(slug)
    medoids = dict(zip(info["number"], info["medoid"], strict=True))
    return [
        Item(number, _cluster_name(number), count, medoids.get(number))
        for number, count in field_counts.clusters(corpus, slug).items()
    ]


def _cluster_name(number: int) -> str:
    if number < 0:
        return state.text("explore.cluster_none")
    return state.text("explore.cluster_name", number=number)


def _people(corpus: Catalogue, field: str) -> list[Item]:
    counts = facets.people(corpus, View(), field).counts
    names = counts if field == "author" else PROPOSERS
    level, language = Level(field), state.language()
    return [
        Item(name, group_labels.label(level, name, language), counts.get(name, 0)) for name in names
    ]


def _tags(corpus: Catalogue, field: str) -> list[Item]:
    """Return a property's tags as a tree, each once: under the first of those above it."""
    counts = facets.tags(corpus, View(), field).counts
    by_id = {tag.id: tag for tag in corpus.annotations.tags_of(corpus.property(field).id)}
    often = sorted(by_id, key=lambda id: -counts.get(id, 0))[:MOST_TAGS]
    listed = {*often, *(tags.ancestors(by_id, often) & by_id.keys())}
    shown = {id: tag for id, tag in by_id.items() if id in listed}
    return [_tag(shown, path, counts) for path in _branches(shown)]


def _linked(corpus: Catalogue, field: str) -> list[Item]:
    """Return the images that a property links to, by their names, those linked to most first."""
    counts = facets.values(corpus, View(), field, MOST_LINKED).counts
    rows = corpus.rows_of(list(counts))
    names = corpus.frame["place"].gather(rows).str.replace(r"^.*/", "").to_list()
    name_of = dict(zip(corpus.sha1s(rows), names, strict=True))
    return [Item(sha1, name_of.get(sha1, sha1), count, sha1) for sha1, count in counts.items()]


def _tag(by_id: Mapping[str, Tag], path: list[str], counts: Mapping[str, int]) -> Item:
    tag = by_id[path[-1]]
    title = " › ".join(by_id[id].name for id in path)
    return Item(tag.id, tag.name, counts.get(tag.id, 0), None, title, tag.colour, "/".join(path))


def _branches(by_id: Mapping[str, Tag]) -> list[list[str]]:
    """Return the path of ids from the top to each tag, each tag right before those below it."""
    below = tags.children(by_id)
    waiting = [[id] for id, tag in by_id.items() if not _first_parent(by_id, tag)][::-1]
    paths = []
    while waiting:
        path = waiting.pop()
        paths.append(path)
        own = [id for id in below.get(path[-1], ()) if _first_parent(by_id, by_id[id]) == path[-1]]
        waiting += [[*path, id] for id in reversed(own)]
    return paths


def _first_parent(by_id: Mapping[str, Tag], tag: Tag) -> str | None:
    return next((parent for parent in tag.parents if parent in by_id), None)


def property_headings(annotations: State) -> Mapping[str, str]:
    """Return the fields of the properties, each with the heading that it stands under."""
    own = state.text("builder.properties")
    fields = [
        (property_field(property.type, property.id), property.folder or own)
        for property in annotations.live_properties
    ]
    # Those under no heading of their own come first, and each heading once.
    headings = list(dict.fromkeys([own, *(heading for _, heading in fields)]))
    return dict(sorted(fields, key=lambda field: headings.index(field[1])))
