"""The left panel's sections, counted under the current view.

Each section's counts leave out its own condition, so that values not chosen show their
counts too. Only open sections are counted. Not here: drawing them (``components.facets``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.components.facets import Histogram, Item, Section
from app.session import state
from app.widgets import described_facets, facet_order, property_facets
from app.widgets.date_histogram import BARS, bars_by_month
from app.widgets.filter_chips import SCALES
from panoptic_data.catalogue import facets, field_counts
from panoptic_data.views import model
from panoptic_data.views.fields import STATUSES
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue

__all__ = ["OPEN_FIRST", "date_histogram", "sections", "with_choice"]

OPEN_FIRST = ("folder", "cluster")
_RANGES = {"pixels": "pixels", "width": "width", "height": "height", "size": "size_bytes"}


def sections(
    corpus: Catalogue,
    view: View,
    encoders: list[state.Encoder],
    encoder: state.Encoder | None,
    opened: frozenset[str],
) -> list[Section]:
    """Return every section that the corpus has values for."""
    listed = [_folders(corpus, view, "folder" in opened)]
    listed.append(_clusters(corpus, view, encoders, encoder, "cluster" in opened))
    # Annotations come before metadata of the files.
    listed += property_facets.sections(corpus, view, opened)
    listed.append(_formats(corpus, view, "format" in opened))
    if corpus.date_range() is not None:
        listed.append(_dates(corpus, view, "taken_at" in opened))
    listed += described_facets.sections(corpus, view, opened)
    listed += [_range(corpus, view, field, field in opened) for field in _RANGES]
    statuses = _statuses(corpus, view, "status" in opened)
    listed += [statuses] if len(statuses.items) > 1 else []
    return listed + property_facets.annotation_sections(corpus, view, opened)


def with_choice(view: View, field: str, chosen: Any, encoder: state.Encoder | None) -> View:
    """Return the view after a press in a section, read as strictly as an address."""
    if field in described_facets.LISTED or property_facets.is_chosen_by_value(field):
        return property_facets.with_values(view, field, chosen)
    value = property_facets.stars_range(field, _condition_value(field, chosen, encoder))
    if value is None:
        return view.without(field)
    return model.from_json(model.to_json(view.with_condition(field, value)))


def _condition_value(field: str, chosen: Any, encoder: state.Encoder | None) -> Any:
    """Return the value of a condition for what was chosen in a section (None: no condition)."""
    if chosen is None or field != "cluster":
        return chosen
    return {"encoder": encoder.slug, "numbers": chosen} if encoder else None


def _folders(corpus: Catalogue, view: View, is_open: bool) -> Section:
    counts = field_counts.folders(corpus, view) if is_open else {}
    items = [Item(path, path.rpartition("/")[2], count) for path, count in counts.items()]
    return _section("folder", "tree", is_open, view, items=items)


def _clusters(
    corpus: Catalogue,
    view: View,
    encoders: list[state.Encoder],
    encoder: state.Encoder | None,
    is_open: bool,
) -> Section:
    ready = [option for option in encoders if option.is_ready]
    choices = [
        {
            "id": option.slug,
            "label": f"{state.text('explore.encoder')} {option.name}",
            "selected": option == encoder,
        }
        for option in ready
    ]
    counts = field_counts.clusters(corpus, encoder.slug, view) if encoder and is_open else {}
    medoids = _medoids(corpus, encoder) if counts else {}
    items = [
        Item(
            number,
            _cluster_name(number),
            count,
            medoids.get(number),
            why=f"cluster:{encoder.slug}:{number}" if encoder and number >= 0 else None,
        )
        for number, count in counts.items()
    ]
    chosen = view.condition("cluster")
    is_shown = (
        chosen is not None and encoder is not None and chosen.value["encoder"] == encoder.slug
    )
    return Section(
        "cluster",
        "list",
        state.text("explore.cluster"),
        is_open,
        selected=chosen.value["numbers"] if chosen is not None and is_shown else (),
        items=items,
        hint=_hint(encoders, encoder, _has_clusters(corpus, encoder)) if is_open else None,
        choices=choices,
    )


def _has_clusters(corpus: Catalogue, encoder: state.Encoder | None) -> bool:
    return encoder is not None and corpus.clusters(encoder.slug) is not None


def _medoids(corpus: Catalogue, encoder: state.Encoder | None) -> dict[int, str]:
    if encoder is None:
        return {}
    info = corpus.cluster_info(encoder.slug)
    return dict(zip(info["number"], info["medoid"], strict=True))


def _hint(
    encoders: list[state.Encoder], encoder: state.Encoder | None, has_clusters: bool
) -> str | None:
    if not has_clusters:
        return state.text("explore.cluster_waiting")
    readers = [reader for reader in encoders if reader.reads_text]
    if readers and encoder is not None and not any(reader.is_ready for reader in readers):
        return state.text("explore.clip_waits", encoder=encoder.name)
    return None


def _cluster_name(number: int) -> str:
    if number < 0:
        return state.text("explore.cluster_none")
    return state.text("explore.cluster_name", number=number)


def _formats(corpus: Catalogue, view: View, is_open: bool) -> Section:
    counts = field_counts.formats(corpus, view) if is_open else {}
    items = [Item(name, name, count) for name, count in counts.items()]
    items = facet_order.ordered("format", items)
    orders = facet_order.choices("format") if len(items) > 1 else ()
    return _section("format", "list", is_open, view, items=items, choices=orders)


def _statuses(corpus: Catalogue, view: View, is_open: bool) -> Section:
    counted = dict(corpus.frame["status"].value_counts().iter_rows())
    items = [
        Item(status, state.text(f"explore.status_{status}"), counted[status])
        for status in STATUSES
        if counted.get(status)
    ]
    return _section("status", "list", is_open, view, items=items)


def _range(corpus: Catalogue, view: View, field: str, is_open: bool) -> Section:
    counts, edges = field_counts.histogram(corpus, field, view, BARS) if is_open else ([], [])
    return _section(
        field,
        "range",
        is_open,
        view,
        title=_RANGES[field],
        histogram=Histogram(counts, edges),
        scale=SCALES[field],
    )


def _dates(corpus: Catalogue, view: View, is_open: bool) -> Section:
    histogram = date_histogram(corpus, view) if is_open else None
    return _section("taken_at", "dates", is_open, view, histogram=histogram)


def date_histogram(corpus: Catalogue, view: View) -> Histogram:
    """Count images by date taken: bars of a month, a year, a decade or a century."""
    return bars_by_month(facets.months(corpus, view, "taken_at"))


def _section(
    field: str,
    kind: Any,
    is_open: bool,
    view: View,
    title: str | None = None,
    **parts: Any,
) -> Section:
    chosen = view.condition(field)
    return Section(
        field,
        kind,
        state.text(f"explore.{title or field}"),
        is_open,
        selected=chosen.value if chosen is not None else (),
        **parts,
    )
