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
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panoptic_data.errors import (
    NoEmbeddings,
    ProcessingFailed,
    TextNotSupported,
    UsageError,
    WeightsUnavailable,
)
from panoptic_data.notebook_arguments import check, checked, require_choice, wrong_argument
from panoptic_data.provenance.command_line import process_command

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl
    from PIL.Image import Image

    from panoptic_data.exchange.exports.run import Exported
    from panoptic_data.ingest.sources import Source
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = [
    "add_folder",
    "export",
    "import_values",
    "lineage",
    "list_folders",
    "parse_view",
    "process",
    "read_vectors",
    "search_images",
    "select_images",
]

# Each of these imports lancedb or polars (2 to 3 s), which `import panoptic_data` must not cost:
# modules are imported where they are used.


@checked
def add_folder(project: Project, folder: str | Path, name: str | None = None) -> Source:
    """Register a folder of images; the same folder again gives the same source.

    Nothing is read before :func:`process`. Raises UsageError where there is no such folder.
    """
    from panoptic_data.ingest import sources

    return sources.add(project, folder, name)


@checked
def list_folders(project: Project) -> list[Source]:
    """Return the registered folders, sorted by name."""
    from panoptic_data.ingest import sources

    return sources.listing(project)


@checked
def process(
    project: Project,
    *,
    sources: Sequence[str] = (),
    retry: bool = False,
    refit: bool = False,
    version: str | None = None,
    note: str = "",
    stages: Sequence[str] = (),
) -> dict[str, Any]:
    """Compute what is missing, as ``panoptic process`` does, and return its counts.

    Only what is new is computed; ``sources`` limits it to some folders by name, ``retry`` tries
    again what failed, ``refit`` fits map and clusters anew. Runs in a process of its own: an
    interrupted notebook leaves nothing half done. ``version`` makes a corpus version of that name
    when all is done, ``note`` says what for. ``stages`` limits it to these and what is made from
    them: ``shared_parts`` is only made when it is asked for by name. Raises ProcessingFailed, with
    the reason.
    """
    project.require_now()
    if note and version is None:
        raise wrong_argument("note_without_version")
    command = process_command(
        project.root,
        sources=sources,
        retry=retry,
        refit=refit,
        json=True,
        version=version,
        note=note,
        stages=stages,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ProcessingFailed(reason=lines[-1])
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


@checked
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


@checked
def select_images(project: Project, view: str | View = "") -> pl.DataFrame:
    """Return the images of a view, in its order: one row an image, all that is computed of it.

    ``view`` is a query as in :func:`parse_view`, or a view. An image that stands in several
    groups of the view has a row in each. Raises UsageError, InvalidView, NoEmbeddings, and
    InvalidProperty or DeletedProperty for a property that the project has not.
    """
    from panoptic_data.catalogue import registry
    from panoptic_data.catalogue.execute import run_view

    chosen = view_of(project, view)
    catalogue = registry.get(project, fresh=True)
    return catalogue.frame[run_view(catalogue, chosen).rows]


@checked
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

    if isinstance(query, Path) and not query.is_file():
        raise wrong_argument("no_picture", path=query)
    wanted = open_image(query.read_bytes()) if isinstance(query, Path) else query
    within = None if view is None else view_of(project, view)
    hits = find(project, wanted, encoder, within, k)
    rows = [(hit.sha1, hit.similarity, hit.percentile, hit.is_clear) for hit in hits]
    numbers = {"similarity": pl.Float64, "percentile": pl.Float64}
    schema = {"sha1": pl.String, **numbers, "is_clear": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


@checked
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


@checked
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

    if match is not None:
        require_choice("match", match, matching.METHODS)
    table = readers.read(file, encoding=encoding, roots=roots)
    proposed = matching.propose(project, table, match, key, folder)
    columns = {name: {"order": dates} for name in table.frame.columns} if dates else None
    planned = plan.make_plan(project, table, proposed, columns=columns, existing=existing)
    batch = apply.apply_plan(project, planned, author=author)
    return {**plan.summarize(planned), "batch": batch.id}


@checked
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

    if view is not None and saved is not None:
        raise wrong_argument("view_or_saved")
    for name, value in options.items():
        require_choice("option", name, Options.__annotations__)
        annotation = "Sequence[str] | None" if name == "columns" else Options.__annotations__[name]
        check("export", name, value, annotation)
    chosen = None if view is None else view_of(project, view)
    if saved is not None:
        chosen = saved_view(project, saved)
    if options.get("columns") is not None:
        options["columns"] = tuple(options["columns"])
    sha1s = None if images is None else list(images)
    return run.export(
        project, format, Path(target), chosen, sha1s, Options(**options), overwrite=overwrite
    )


@checked
def lineage(
    project: Project,
    image: str | Path | None = None,
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
        raise wrong_argument("image_or_group")
    if of is not None and image is None:
        raise wrong_argument("of_without_image")
    lineages = (
        trace(project, str(image), of) if image is not None else [trace_group(project, str(group))]
    )
    return [as_json(value, sentence(value, language)) for value in lineages]


def view_of(project: Project, view: str | View) -> View:
    """Return a view, of which the project has every property."""
    from panoptic_data.annotations.deleted import live_property
    from panoptic_data.annotations.store import annotations_of
    from panoptic_data.views import model
    from panoptic_data.views.fields import property_of

    if isinstance(view, str):
        return parse_view(project, view)
    try:
        fields = [
            *(condition.field for condition in model.conditions(view)),
            *(sort.field for sort in view.sort),
            *(level.field for level in view.group),
        ]
        as_json = model.to_json(view)
    except (AttributeError, TypeError):
        raise wrong_argument("no_view") from None
    ids = {property_of(field) for field in fields} - {None}
    state = annotations_of(project).state(fresh=True) if ids else None
    for id in ids:
        assert state is not None
        live_property(state, str(id))
    # As strictly as an address: InvalidView says what is wrong.
    model.from_json(as_json)
    return view


def _ready_encoder(project: Project, *, reads_text: bool) -> str | None:
    """Return the slug of the project's first encoder that is ready (and reads text), or None."""
    from panoptic_data.search.request import encoder_for

    try:
        return encoder_for(project, reads_text=reads_text)
    except (NoEmbeddings, TextNotSupported, WeightsUnavailable):
        return None
