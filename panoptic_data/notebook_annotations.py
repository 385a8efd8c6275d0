"""Properties, values and tags from a notebook or a script: made, read, taken back.

A ``prop`` is a property or its name, as a query writes it. Not here: importing values
(``notebook``), what an edit is (``annotations``).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from panoptic_data.messages import terminal_language, translate
from panoptic_data.notebook_arguments import checked, find_property, refuse_unknown

if TYPE_CHECKING:
    import polars as pl

    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = [
    "annotate",
    "create_property",
    "read_values",
    "tag_images",
    "tag_keywords",
    "undo",
]

# As in `notebook`, modules are imported where they are used.


@checked
def create_property(
    project: Project,
    name: str,
    type: str,
    *,
    target: str = "image",
    author: str | None = None,
) -> Property:
    """Define a property and return it.

    ``type`` is text, number, tag, tags, date, colour, url, checkbox, path or image; ``target``
    is what its values belong to, image or file. Raises InvalidProperty.
    """
    from panoptic_data.annotations import properties
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.store import annotations_of

    def choose(state: State) -> Decision[Property]:
        created, changes = properties.create(state.properties, name, type, target=target)
        return Decision(changes, "property", created.name, result=created)

    return annotations_of(project).decide(choose, author=author, needs_values=False).result


@checked
def annotate(
    project: Project,
    prop: Property | str,
    values: Mapping[str, Any],
    *,
    author: str | None = None,
) -> Batch:
    """Give images (or files) their values of a property, as one batch that can be undone.

    ``values`` maps sha1s (of a property of files: file ids) to values as a person writes them;
    None takes a value away. ``prop`` may be its name. Raises InvalidValue, UnknownImage for a sha1
    that the project has not, InvalidProperty; then nothing is written.
    """
    import polars as pl

    from panoptic_data.annotations import edits
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.store import annotations_of

    targets_by_value: dict[str, tuple[Any, list[str]]] = {}
    for target, value in values.items():
        # Lists of tags cannot be keys, and 1, True and "1" are not one value.
        key = f"{type(value).__name__} {value!r}"
        targets_by_value.setdefault(key, (value, []))[1].append(target)

    def choose(state: State) -> Decision[None]:
        named = find_property(state, prop)
        refuse_unknown(project, named, list(values))
        parts = [
            edits.set_value(state, named.id, targets, value)
            for value, targets in targets_by_value.values()
        ]
        return Decision(pl.concat(parts) if parts else [], "set", named.name)

    return annotations_of(project).decide(choose, author=author, needs_values=False).batch


@checked
def tag_images(
    project: Project,
    prop: Property | str,
    images: Iterable[str],
    tags: Sequence[str],
    *,
    author: str | None = None,
) -> Batch:
    """Add tags, by name, to images by their sha1s; tags that are not there are made.

    ``prop`` may be its name. Raises UnknownImage for a sha1 that the project has not,
    InvalidProperty; then nothing is written.
    """
    import polars as pl

    from panoptic_data.annotations import edits
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.store import annotations_of

    targets = list(images)
    rows = [(target, name) for target in targets for name in tags]
    schema = {"target": pl.String, "name": pl.String}
    named = pl.DataFrame(rows, schema=schema, orient="row")

    def choose(state: State) -> Decision[None]:
        tagged = find_property(state, prop)
        refuse_unknown(project, tagged, targets)
        return Decision(edits.tag_by_name(state, tagged.id, named), "tag", tagged.name)

    return annotations_of(project).decide(choose, author=author, needs_values=False).batch


@checked
def tag_keywords(project: Project, name: str = "Keywords", *, author: str | None = None) -> Batch:
    """Give images the keywords that their files or XMP sidecars hold, as tags of a property.

    ``name`` is that of the property, made if there is none. Keywords keep their tree; the same
    again changes nothing. One batch: an empty one, with a warning, where no image has keywords.
    Raises InvalidImport for a property of another type.
    """
    from panoptic_data.catalogue import registry
    from panoptic_data.exchange.keywords import count, make_tags

    project.require_now()
    batch = make_tags(project, name, author)
    if batch.changes.is_empty() and count(registry.get(project))[0] == 0:
        warnings.warn(translate("keywords.none", terminal_language()), stacklevel=3)
    return batch


@checked
def read_values(project: Project, prop: Property | str) -> pl.DataFrame:
    """Return all values of a property: target, value, author, at, batch; a row a value.

    ``target`` is a sha1 or a file id. Tags are written by their names; of tags of one name each
    with those above it ("Sea › Other"). Raises InvalidProperty where the project has no such
    property.
    """
    import polars as pl

    from panoptic_data.annotations import tags
    from panoptic_data.annotations.store import annotations_of

    state = annotations_of(project).state(fresh=True)
    named = find_property(state, prop)
    values = state.values(named.id)
    if not named.has_tags:
        return values
    names = tags.labels(state.tags_of(named.id))
    return values.with_columns(pl.col("value").replace_strict(names, default=None))


@checked
def undo(project: Project, author: str | None = None) -> Batch | None:
    """Take back the author's last batch; None where there is none."""
    from panoptic_data.annotations.store import annotations_of

    return annotations_of(project).undo(author)
