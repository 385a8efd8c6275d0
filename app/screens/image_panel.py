"""The panel of one image: annotations, facts, similar images, cluster, files, provenance.

Not here: editing annotations (``components.annotate``), the large image
(``components.gallery``), which view it was opened from (``screens.explore``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from app.api import shared_parts
from app.components.annotate import annotate
from app.components.history import image_history
from app.components.lineage import why
from app.components.parts import image_parts
from app.components.searchline import SIMILARITY_TEXTS
from app.components.strip import image_strip
from app.screens import duplicates, history
from app.session import state
from app.session.texts import section_texts
from app.widgets import search_terms
from app.widgets.file_list import file_list
from app.widgets.keyword_offer import keyword_offer
from app.widgets.similar_to_chosen import similar_to_chosen
from panoptic_data.catalogue.embedded import DATES, dates_as_texts
from panoptic_data.media.embedded_texts import KEYWORD_SEPARATOR, KEYWORDS, TEXTS
from panoptic_data.storage.schema import table_name
from panoptic_data.views import model
from panoptic_data.views.model import View
from panoptic_data.views.search_expression import Term

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["panel"]

Pairs = list[tuple[str, str]]

# Two rows: enough to judge by, with the rest of the panel still at hand.
PARTS_SHOWN = 8

# The columns that are shown; the thumbnail comes over HTTP.
_COLUMNS = (
    "sha1",
    "format",
    "mode",
    "width",
    "height",
    "frames",
    "orientation",
    "taken_from",
    "camera",
    "lat",
    "lon",
    "exif",
    "colour",
    "ahash",
    "phash",
    "dhash",
    "run",
)
_FILE_COLUMNS = (
    "file_id",
    "source",
    "path",
    "size",
    "status",
    "reason",
    "detail",
    "run",
    "sidecar",
)


def panel(
    project: Project, corpus: Catalogue, sha1: str | None, encoder: state.Encoder | None
) -> None:
    """Show everything known of the image ``sha1``; None where no image is current."""
    rows = corpus.rows_of([sha1] if sha1 else [])
    if sha1 is None or not len(rows):
        which = "none" if sha1 is None else "unknown"
        st.html(_heading(state.text(f"image.{which}"), state.text(f"image.{which}_help")))
        return
    image = _row(project, "images", sha1, _COLUMNS)
    files = project.database().frame("files", _FILE_COLUMNS, f"sha1 = '{sha1}'")
    path = corpus.frame["place"][int(rows[0])]
    st.html(_title(path))
    annotate(
        project=str(project.root), view=model.to_address(state.view().without_display), sha1=sha1
    )
    _history_of_image(sha1)
    if image is None:
        st.html(_damaged(files))
        return
    described = corpus.frame[int(rows[0])].with_columns(map(dates_as_texts, DATES)).to_dicts()[0]
    st.html(_definition_list(_about(image, described, files)))
    if described[KEYWORDS]:
        keyword_offer(project, corpus)
    _similar_images(project, corpus, sha1, encoder)
    _cluster(project, corpus, sha1, encoder)
    _duplicates(corpus, sha1, int(rows[0]))
    _shared_parts(corpus, sha1)
    st.html(_section(state.text("image.files"), file_list(files)))
    st.html(_folded(state.text("image.exif"), _exif(image)))
    st.html(_folded(state.text("image.hashes"), _hashes(image)))
    st.html(
        _folded(
            state.text("image.origin"), _definition_list(_origin(project, image, sha1, encoder))
        )
    )


def _history_of_image(sha1: str) -> None:
    texts = {**history.texts(), "title": state.text("history.title")}
    image_history(sha1=sha1, language=state.language(), texts=texts)


def _similar_images(
    project: Project, corpus: Catalogue, sha1: str, encoder: state.Encoder | None
) -> None:
    st.html(f"<h3>{escape(state.text('image.similar'))}</h3>")
    if encoder is None:
        st.html(f"<p>{escape(state.text('image.similar_waiting'))}</p>")
        return
    limit_key = f"near.{encoder.slug}"
    view = search_terms.similar_to_images([sha1], encoder.slug, st.session_state.get(limit_key, {}))
    image_strip(
        view=model.to_address(view),
        version=corpus.version,
        without=sha1,
        language=state.language(),
        texts={
            "label": state.text("image.similar_label"),
            "none": state.text("image.similar_none"),
            "failed": state.text("image.similar_failed"),
            **{name: state.text(f"find.{name}") for name in SIMILARITY_TEXTS},
            "why_of": state.text("lineage.why_of"),
        },
        on_limit=lambda limit: st.session_state.update({limit_key: search_terms.read_limit(limit)}),
        key="similar",
    )
    with st.container(horizontal=True, vertical_alignment="center", key="similar_foot"):
        seen_by = escape(state.text("image.as_seen_by", encoder=encoder.name))
        button = why(sha1, f"neighbours {encoder.slug}", state.text("image.similar"))
        st.html(f"<small>{seen_by}</small>{button}")
        if st.button(state.text("image.show_all"), key="show_similar", type="tertiary"):
            _show_view(view)
    search = search_terms.get_search(state.view())
    if search is not None:
        similar_to_chosen(project, corpus, sha1, search)
        _search_buttons(sha1, encoder)


def _search_buttons(sha1: str, encoder: state.Encoder) -> None:
    """Offer to add this image to the current search, or to search for images unlike it."""
    with st.container(horizontal=True, vertical_alignment="center", key="similar_search"):
        for name, weight in (("add", 1.0), ("take", -1.0)):
            text, help_text = state.text(f"find.{name}"), state.text(f"find.{name}_help")
            if st.button(text, key=f"find_{name}", type="tertiary", help=help_text):
                term = Term("image", sha1, weight)
                state.show(search_terms.with_term(state.view(), term, encoder.slug))
                st.rerun(scope="app")


def _show_view(view: View) -> None:
    """Show another view from inside the panel's fragment."""
    state.open_tab(None, view)
    st.rerun(scope="app")


def _cluster(project: Project, corpus: Catalogue, sha1: str, encoder: state.Encoder | None) -> None:
    row = _row(project, table_name("clusters", encoder.slug), sha1) if encoder else None
    if encoder is None or row is None:
        return
    number = row["cluster"]
    st.html(f"<h3>{escape(state.text('image.clusters'))}</h3>")
    if number < 0:
        st.html(f"<p>{escape(state.text('image.no_cluster'))}</p>")
        return
    sizes = dict(corpus.cluster_info(encoder.slug).select("number", "size").iter_rows())
    description = state.text(
        "image.cluster_of",
        size=state.number(sizes.get(number, 0)),
        strength=f"{row['strength'] or 0:.2f}",
    )
    name = state.text("image.cluster", number=number)
    with st.container(horizontal=True, vertical_alignment="center", key="cluster_foot"):
        button = why(sha1, f"cluster {encoder.slug}", name)
        st.html(f"<span>{escape(name)}</span> <small>{escape(description)}</small>{button}")
        if st.button(state.text("image.show_cluster"), key="show_cluster", type="tertiary"):
            value = {"encoder": encoder.slug, "numbers": [number]}
            _show_view(View().with_condition("cluster", value))
    _map_position(project, sha1, encoder)


def _map_position(project: Project, sha1: str, encoder: state.Encoder) -> None:
    row = _row(project, table_name("projection", encoder.slug), sha1, ("sha1", "x", "y"))
    if row is None:
        return
    x, y = (_decimal(row[name], 2) for name in ("x", "y"))
    name = state.text("image.on_the_map", x=x, y=y)
    st.html(f"<span>{escape(name)}</span>{why(sha1, f'map {encoder.slug}', name)}")


def _duplicates(corpus: Catalogue, sha1: str, row: int) -> None:
    members = corpus.duplicates()
    groups = members.filter(pl.col("row") == row).select("group", "kind").unique().sort("group")
    if groups.is_empty():
        return
    st.html(f"<h3>{escape(state.text('image.duplicates'))}</h3>")
    for group, kind in groups.iter_rows():
        others = members.filter(pl.col("group") == group).height - 1
        text = state.text(f"image.{kind.partition(':')[0]}", count=others)
        with st.container(horizontal=True, vertical_alignment="center", key=f"group_{group}"):
            st.html(f"<span>{escape(text)}</span>{why(sha1, f'duplicates {group}', text)}")
            if st.button(state.text("image.show_duplicates"), key=f"show_{group}", type="tertiary"):
                _show_view(View().with_condition("duplicate", {"groups": [group]}))
            if st.button(state.text("duplicates.link"), key=f"clear_{group}", type="tertiary"):
                duplicates.PAGE.open(group)
                st.rerun(scope="app")


def _shared_parts(corpus: Catalogue, sha1: str) -> None:
    parts = shared_parts.parts_of(corpus, sha1)
    if not parts:
        return
    st.html(f"<h3>{escape(state.text('image.parts'))}</h3>")
    image_parts(
        image=shared_parts.image_facts(corpus, [sha1])[0],
        parts=parts[:PARTS_SHOWN],
        language=state.language(),
        texts={
            "label": state.text("image.parts"),
            "close": state.text("duplicates.ui_close"),
            **{
                name.removeprefix("part_"): text
                for name, text in section_texts("duplicates", "ui_part_").items()
            },
        },
    )
    if st.button(state.text("image.show_all"), key="show_parts", type="tertiary"):
        _show_view(View().with_condition("part", [f"image:{sha1}"]))


def _about(image: Mapping[str, Any], described: Mapping[str, Any], files: pl.DataFrame) -> Pairs:
    """Return what is known of an image; ``described`` is what its files say of themselves."""
    width, height = image["width"], image["height"]
    size = files["size"].max()
    dimensions = state.text(
        "image.dimensions_value", width=state.number(width), height=state.number(height)
    )
    millions = width * height / 1e6
    is_large = millions >= 0.05
    megapixels = state.text("image.megapixels", value=_decimal(millions, 1)) if is_large else ""
    pairs = [
        ("dimensions", f"{dimensions} <small>{megapixels}</small>"),
        ("format", f"{escape(image['format'] or '')} <small>{escape(image['mode'] or '')}</small>"),
        ("weight", state.file_size(int(size)) if isinstance(size, int) else ""),
        ("frames", state.number(image["frames"]) if (image["frames"] or 1) > 1 else ""),
        ("taken_at", _taken(image, described, files)),
        ("digitised_at", _date(described["digitised_at"])),
        ("camera", escape(image["camera"] or "")),
        ("place", _coordinates(image)),
        ("colour", _swatch(image["colour"])),
        ("turned", _orientation(image["orientation"])),
        *((name, escape(described[name] or "")) for name in TEXTS),
        (KEYWORDS, _keywords(described[KEYWORDS])),
    ]
    return [(state.text(f"image.{name}"), value) for name, value in pairs if value]


def _taken(image: Mapping[str, Any], described: Mapping[str, Any], files: pl.DataFrame) -> str:
    """Return when a picture was taken; a tooltip says by which field of the file."""
    date = _date(described["taken_at"])
    if not date:
        return ""
    sidecars = (json.loads(text) for text in files["sidecar"].drop_nulls())
    of_sidecar = next((s.get("taken_from") for s in sidecars if s.get("taken")), None)
    field = of_sidecar or image["taken_from"]
    if field is None:
        return date
    title = state.text("image.taken_from", field=field)
    if of_sidecar:
        title = f"{title}, {state.text('image.sidecar_says')}"
    return f'<span title="{escape(title)}">{date}</span>'


def _date(text: str | None) -> str:
    return escape((text or "")[: len("2000-01-01T00:00")].replace("T", " "))


def _keywords(keywords: Sequence[str] | None) -> str:
    above = f" {KEYWORD_SEPARATOR} ".replace(KEYWORD_SEPARATOR, "›")
    return ", ".join(escape(word.replace(KEYWORD_SEPARATOR, above)) for word in keywords or ())


def _coordinates(image: Mapping[str, Any]) -> str:
    lat, lon = image["lat"], image["lon"]
    if lat is None or lon is None:
        return ""
    address = (
        f"https://www.openstreetmap.org/?mlat={lat:.6f}&mlon={lon:.6f}#map=14/{lat:.5f}/{lon:.5f}"
    )
    title = escape(state.text("image.open_map"))
    return (
        f'<a href="{escape(address)}" target="_blank" rel="noreferrer" title="{title}">'
        f"{lat:.5f}, {lon:.5f}</a>"
    )


def _swatch(colour: str | None) -> str:
    if not colour:
        return ""
    return f'<span class="swatch" style="background:{escape(colour)}"></span>{escape(colour)}'


def _orientation(orientation: int | None) -> str:
    if orientation in (None, 1):
        return ""
    return escape(state.text("image.turned_value", value=orientation))


def _damaged(files: pl.DataFrame) -> str:
    detail = "".join(
        f"<p><small>{escape(line)}</small></p>" for line in files["detail"].drop_nulls()
    )
    title = escape(state.text("image.damaged"))
    return f"<h3>{title}</h3>{file_list(files)}{detail}"


def _exif(image: Mapping[str, Any]) -> str:
    tags = json.loads(image["exif"] or "{}")
    if not tags:
        return f"<p>{escape(state.text('image.exif_none'))}</p>"
    return _definition_list(
        [(escape(str(name)), escape(str(value))) for name, value in sorted(tags.items())]
    )


def _hashes(image: Mapping[str, Any]) -> str:
    pairs = [("sha1", image["sha1"])]
    hashes = {name: image[name] for name in ("ahash", "phash", "dhash")}
    pairs += [(name, f"{value:016x}") for name, value in hashes.items() if value is not None]
    return _definition_list([(name, f"<code>{value}</code>") for name, value in pairs])


def _origin(
    project: Project, image: Mapping[str, Any], sha1: str, encoder: state.Encoder | None
) -> Pairs:
    """Return, for each number on the panel, the run and the encoder that made it."""
    rows: list[tuple[str, str | None, state.Encoder | None]] = [
        ("origin_image", image["run"], None)
    ]
    if encoder is not None:
        vector = _row(project, table_name("embeddings", encoder.slug), sha1, ("sha1", "run"))
        cluster = _row(project, table_name("clusters", encoder.slug), sha1, ("sha1", "run"))
        rows += [
            (name, row["run"], encoder)
            for name, row in (("origin_vector", vector), ("origin_cluster", cluster))
            if row is not None
        ]
    # Rows that were written by hand name no run.
    named = [(name, run, encoder_used) for name, run, encoder_used in rows if run]
    runs = _runs(project, [run for _, run, _ in named])
    return [
        (
            state.text(f"image.{name}"),
            "<br>".join(escape(line) for line in _origin_lines(run, encoder_used, runs))
            + _why_origin(sha1, name, encoder_used),
        )
        for name, run, encoder_used in named
    ]


def _why_origin(sha1: str, name: str, encoder: state.Encoder | None) -> str:
    of = name.removeprefix("origin_")
    return why(sha1, f"{of} {encoder.slug}" if encoder else of, state.text(f"image.{name}"))


def _origin_lines(
    run: str, encoder: state.Encoder | None, runs: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    row = runs.get(run)
    lines = [state.text("image.origin_run", run=run)]
    if row is not None:
        when = f"{row['started_at']:%Y-%m-%d %H:%M}"
        lines = [state.text("image.origin_on", run=run, when=when, code=row["code_version"])]
    if encoder is not None:
        lines.append(
            state.text(
                "image.origin_encoder",
                encoder=encoder.slug,
                dtype=encoder.dtype,
                device=encoder.device,
                fingerprint=(encoder.fingerprint or "")[:12],
            )
        )
    return lines


def _runs(project: Project, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    rows = project.database().take("runs", names, ("run", "started_at", "code_version"))
    return {row["run"]: row for row in rows.to_pylist()}


def _row(
    project: Project, name: str, sha1: str, columns: Sequence[str] | None = None
) -> dict[str, Any] | None:
    rows = project.database().take(name, [sha1], columns).to_pylist()
    return rows[0] if rows else None


def _title(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return (
        f'<h2 title="{escape(path)}">{escape(name)}</h2>'
        f'<p class="folder" title="{escape(folder)}">{escape(folder)}</p>'
    )


def _heading(title: str, text: str) -> str:
    return f"<h2>{escape(title)}</h2><p>{escape(text)}</p>"


def _section(title: str, body: str) -> str:
    return f"<h3>{escape(title)}</h3>{body}"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _definition_list(pairs: Pairs) -> str:
    """Return names and values as a list; both are HTML already."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"


def _decimal(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if state.language() == "fr" else text
