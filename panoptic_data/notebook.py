"""What one calls from a notebook or a script: a project goes in, frames and plain values come out.

Each function is one everyday act on what the packages below do in steps. Each takes a corpus
version that was opened, too: those that read answer as of then, those that write raise
VersionReadOnly. Not here: those steps, any rule of their own, making versions
(``notebook_versions``).

    war = open_project("war")
    images = select_images(war, "format:png date:1930s sort:date")
    theme = create_property(war, "Theme", "tags")
    tag_images(war, theme, images["sha1"], ["street", "crowd"])
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import NoEmbeddings, ProcessingFailed, TextNotSupported, UsageError
from panoptic_data.provenance.command_line import process_command

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl
    from PIL.Image import Image

    from panoptic_data.annotations.log import Batch
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.exchange.exports.run import Exported
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = [
    "add_folder",
    "annotate",
    "create_property",
    "export",
    "import_values",
    "lineage",
    "list_folders",
    "parse_view",
    "process",
    "read_values",
    "read_vectors",
    "search_images",
    "select_images",
    "tag_images",
    "tag_keywords",
    "undo",
]

# Each of these imports lancedb or polars (2 to 3 s), which `import panoptic_data` must not cost:
# modules are imported where they are used.


def add_folder(project: Project, folder: str | Path, name: str | None = None) -> Source:
    """Register a folder of images; the same folder again gives the same source.

    Nothing is read before :func:`process`. Raises UsageError where there is no such folder.
    """
    from panoptic_data.ingest import sources

    return sources.add(project, folder, name)


def list_folders(project: Project) -> list[Source]:
    """Return the registered folders, sorted by name."""
    from panoptic_data.ingest import sources

    return sources.listing(project)


def process(
    project: Project,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
    version: str | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Compute what is missing, as ``panoptic process`` does, and return its counts.

    Only what is new is computed; ``sources`` limits it to some folders by name, ``retry`` tries
    again what failed, ``refit`` fits map and clusters anew. Runs in a process of its own: an
    interrupted notebook leaves nothing half done. ``version`` makes a corpus version of that name
    when all is done, ``note`` says what for. Raises ProcessingFailed, with the reason.
    """
    project.require_now()
    command = process_command(
        project.root,
        sources=sources,
        retry=retry,
        refit=refit,
        json=True,
        version=version,
        note=note,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ProcessingFailed(reason=lines[-1])
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def parse_view(project: Project, query: str, *, language: str = "en") -> View:
    """Return the view that a query of the dashboard's search field means (docs/views.md).

    Raises UsageError, which says in ``language`` (en or fr) what was not understood.
    """
    from panoptic_data.catalogue import registry
    from panoptic_data.query import parser

    catalogue = registry.get(project, fresh=True)
    parsed = parser.parse(
        query,
        encoder=_ready_encoder(project, reads_text=False),
        text_encoder=_ready_encoder(project, reads_text=True),
        folders=catalogue.corpus.folders.to_list(),
        formats=catalogue.frame["format"].unique().drop_nulls().cast(str).to_list(),
        state=catalogue.annotations,
    )
    if parsed.problems:
        raise UsageError(problem=parsed.problems[0].message(language))
    return parser.to_view(parsed)


def select_images(project: Project, view: str | View = "") -> pl.DataFrame:
    """Return the images of a view, in its order: one row an image, all that is computed of it.

    ``view`` is a query as in :func:`parse_view`, or a view. An image that stands in several
    groups of the view has a row in each. Raises UsageError, InvalidView, NoEmbeddings, and
    InvalidProperty or DeletedProperty for a property that the project has not.
    """
    from panoptic_data.catalogue import registry
    from panoptic_data.catalogue.execute import run_view

    chosen = _view_of(project, view)
    catalogue = registry.get(project, fresh=True)
    return catalogue.frame[run_view(catalogue, chosen).rows]


def search_images(
    project: Project,
    query: str | Path | Image,
    *,
    encoder: str | None = None,
    view: str | View | None = None,
    k: int = 20,
) -> pl.DataFrame:
    """Return the k images most similar to words or a picture, best first.

    ``query`` is a search text (docs/search.md), a path of an image file, or an upright RGB
    picture. Columns: sha1, similarity (cosine), percentile (among pairs of the corpus, null where
    it is not known), is_clear (false in all rows: nothing is clearly like these words, and these
    are the nearest; null where pictures are searched with). Raises InvalidExpression,
    NoEmbeddings, TextNotSupported, WeightsUnavailable.
    """
    import polars as pl

    from panoptic_data.media.decode import open_image
    from panoptic_data.search.find import find

    wanted = open_image(query.read_bytes()) if isinstance(query, Path) else query
    within = None if view is None else _view_of(project, view)
    hits = find(project, wanted, encoder, within, k)
    rows = [(hit.sha1, hit.similarity, hit.percentile, hit.is_clear) for hit in hits]
    numbers = {"similarity": pl.Float64, "percentile": pl.Float64}
    schema = {"sha1": pl.String, **numbers, "is_clear": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def read_vectors(
    project: Project, encoder: str | None = None
) -> tuple[list[str], npt.NDArray[np.float16]]:
    """Return the sha1s, sorted, and their embeddings: (n, d) float16, unit length.

    ``encoder`` is a text or slug; None takes the project's first that is ready.
    Raises UnknownEncoder, NoEmbeddings.
    """
    from panoptic_data.search.request import encoder_for
    from panoptic_data.vectors import embeddings

    slug = encoder_for(project, reads_text=False, requested=encoder)
    return embeddings.matrix(project, slug)


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


def annotate(
    project: Project,
    prop: Property,
    values: Mapping[str, Any],
    *,
    author: str | None = None,
) -> Batch:
    """Give images (or files) their values of a property, as one batch that can be undone.

    ``values`` maps sha1s (of a property of files: file ids) to values as a person writes them;
    None takes a value away. Raises InvalidValue, and then writes nothing.
    """
    import polars as pl

    from panoptic_data.annotations import edits
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.store import annotations_of

    targets_by_value: dict[Any, list[str]] = {}
    for target, value in values.items():
        targets_by_value.setdefault(value, []).append(target)

    def choose(state: State) -> Decision[None]:
        parts = [
            edits.set_value(state, prop.id, targets, value)
            for value, targets in targets_by_value.items()
        ]
        return Decision(pl.concat(parts) if parts else [], "set", prop.name)

    return annotations_of(project).decide(choose, author=author, needs_values=False).batch


def tag_images(
    project: Project,
    prop: Property,
    images: Iterable[str],
    tags: Sequence[str],
    *,
    author: str | None = None,
) -> Batch:
    """Add tags, by name, to images by their sha1s; tags that are not there are made."""
    import polars as pl

    from panoptic_data.annotations import edits
    from panoptic_data.annotations.decisions import Decision
    from panoptic_data.annotations.store import annotations_of

    rows = [(sha1, name) for sha1 in images for name in tags]
    schema = {"target": pl.String, "name": pl.String}
    named = pl.DataFrame(rows, schema=schema, orient="row")

    def choose(state: State) -> Decision[None]:
        return Decision(edits.tag_by_name(state, prop.id, named), "tag", prop.name)

    return annotations_of(project).decide(choose, author=author, needs_values=False).batch


def tag_keywords(project: Project, name: str = "Keywords", *, author: str | None = None) -> Batch:
    """Give images the keywords that their files or XMP sidecars hold, as tags of a property.

    ``name`` is that of the property, made if there is none. Keywords keep their tree; the same
    again changes nothing. One batch. Raises InvalidImport for a property of another type.
    """
    from panoptic_data.exchange.keywords import make_tags

    return make_tags(project, name, author)


def read_values(project: Project, prop: Property) -> pl.DataFrame:
    """Return all values of a property: target, value, author, at, batch; a row a value.

    ``target`` is a sha1 or a file id. Tags are written by their names; of tags of one name each
    with those above it ("Sea › Other"). Raises InvalidProperty where the project has no such
    property.
    """
    import polars as pl

    from panoptic_data.annotations import tags
    from panoptic_data.annotations.deleted import live_property
    from panoptic_data.annotations.store import annotations_of

    state = annotations_of(project).state(fresh=True)
    values = state.values(live_property(state, prop.id).id)
    if not prop.has_tags:
        return values
    names = tags.labels(state.tags_of(prop.id))
    return values.with_columns(pl.col("value").replace_strict(names, default=None))


def import_values(
    project: Project,
    file: str | Path,
    *,
    match: str | None = None,
    key: str | None = None,
    folder: str | None = None,
    existing: str = "replace",
    encoding: str | None = None,
    dates: str | None = None,
    roots: str | None = None,
    author: str | None = None,
) -> dict[str, Any]:
    """Import a CSV, Parquet or JSON file, a Panoptic project or XMP sidecars, as one batch.

    ``match``, ``key``, ``folder``, ``existing``, ``encoding``, ``dates`` and ``roots`` are those of
    ``panoptic import`` (docs/annotations.md). Returns what was imported in numbers, with the
    ``batch`` that :func:`undo` takes back. Raises InvalidImport.
    """
    from panoptic_data.exchange import apply, matching, plan, readers

    table = readers.read(file, encoding=encoding, roots=roots)
    proposed = matching.propose(project, table, match, key, folder)
    columns = {name: {"order": dates} for name in table.frame.columns} if dates else None
    planned = plan.make_plan(project, table, proposed, columns=columns, existing=existing)
    batch = apply.apply_plan(project, planned, author=author)
    return {**plan.summarize(planned), "batch": batch.id}


def export(
    project: Project,
    format: str,
    target: str | Path,
    *,
    view: str | View | None = None,
    saved: str | None = None,
    images: Iterable[str] | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Exported:
    """Write images and what is known of them to a file or folder; say what came of it.

    ``format`` and the ``options`` (columns, files, size, link, by, names, encoder, rating, date,
    address) are those of ``panoptic export`` (docs/export.md). All images, or those of a ``view``
    (a query or a view) or of a ``saved`` view by its name; with ``images`` only these sha1s. The
    target appears when all is written: an error leaves it as it was. Raises InvalidExport,
    ExportFailed, UsageError, InvalidView.
    """
    from panoptic_data.exchange.exports import run
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.selection import saved_view

    chosen = None if view is None else _view_of(project, view)
    if saved is not None:
        chosen = saved_view(project, saved)
    if options.get("columns") is not None:
        options["columns"] = tuple(options["columns"])
    sha1s = None if images is None else list(images)
    return run.export(
        project, format, Path(target), chosen, sha1s, Options(**options), overwrite=overwrite
    )


def lineage(
    project: Project,
    image: str | None = None,
    of: str | None = None,
    *,
    group: str | None = None,
    language: str = "en",
) -> list[dict[str, Any]]:
    """Return where the values of an image come from, as ``panoptic lineage --json`` prints it.

    ``image`` is a sha1, the id of a file or a path; without one, ``group`` is a whole cluster
    (``cluster:visual:3``) or tag (``tag:War``). ``of`` is a kind of value, alone or with a
    name (docs/lineage.md); None for every value. Each has ``sentence``, in ``language`` (en or
    fr), ``steps`` and ``edges``. Raises UnknownImage, NothingToTrace, UsageError without either.
    """
    from panoptic_data.tracing.model import as_json
    from panoptic_data.tracing.sentences import sentence
    from panoptic_data.tracing.trace import trace, trace_group

    if (image is None) == (group is None):
        raise UsageError(problem="lineage takes an image or a group")
    lineages = (
        trace(project, image, of) if image is not None else [trace_group(project, str(group))]
    )
    return [as_json(value, sentence(value, language)) for value in lineages]


def undo(project: Project, author: str | None = None) -> Batch | None:
    """Take back the author's last batch; None where there is none."""
    from panoptic_data.annotations.store import annotations_of

    return annotations_of(project).undo(author)


def _view_of(project: Project, view: str | View) -> View:
    """Return a view, of which the project has every property."""
    from panoptic_data.annotations.deleted import live_property
    from panoptic_data.annotations.store import annotations_of
    from panoptic_data.views import model
    from panoptic_data.views.fields import property_of

    if isinstance(view, str):
        return parse_view(project, view)
    fields = [
        *(condition.field for condition in model.conditions(view)),
        *(sort.field for sort in view.sort),
        *(level.field for level in view.group),
    ]
    ids = {property_of(field) for field in fields} - {None}
    state = annotations_of(project).state(fresh=True) if ids else None
    for id in ids:
        assert state is not None
        live_property(state, str(id))
    return view


def _ready_encoder(project: Project, *, reads_text: bool) -> str | None:
    """Return the slug of the project's first encoder that is ready (and reads text), or None."""
    from panoptic_data.search.request import encoder_for

    try:
        return encoder_for(project, reads_text=reads_text)
    except (NoEmbeddings, TextNotSupported):
        return None
