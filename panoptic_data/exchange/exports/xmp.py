"""XMP sidecars, as digiKam and darktable read them: ``a.jpg.xmp`` for each file, in its folders.

Tags stand in ``dc:subject`` and, with what is above them, in ``lr:hierarchicalSubject``, both bags;
the rating in ``xmp:Rating`` (-1: rejected), what is picked in ``xmpDM:pick``, the date in
``photoshop:DateCreated``, regions in ``mwg-rs:Regions``.
``properties.json`` says which properties these are, so that an import gives back the same.
Sidecars are written into the target, never beside the originals.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from panoptic_data.annotations.edtf import is_edtf
from panoptic_data.annotations.ratings import LEAST, MOST, pick_property, rating_property
from panoptic_data.exchange import definitions, sidecars
from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.names import UniqueNames, safe_name, safe_parts
from panoptic_data.exchange.exports.report import Problem
from panoptic_data.media.xmp import NAMESPACES, clean, path_name
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.storage.project import Project

__all__ = ["is_by_file", "needed_bytes", "write"]

# What the properties are called that are written as a rating, a date, regions; and their types.
_NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "rating": ("number", ("rating", "note", "évaluation")),
    "date": ("date", ("date", "date created", "created", "date de création")),
    "regions": ("text", ("region areas",)),
    "pick": ("checkbox", ()),
}
# A box that is ticked, as Lightroom writes it; it writes 0 for all others, which says nothing.
_PICKS = {"true": "1"}
_MARKED = {"rating": rating_property, "pick": pick_property}
_MOST_PATHS = 200
# A file takes a block of the disk at least.
_SIDECAR_BYTES = 4_096
_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="panoptic-data">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '  <rdf:Description rdf:about=""'
    + "".join(f'\n    xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    + ">\n"
)
_FOOT = '  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
_STRUCTURE = 'rdf:parseType="Resource"'


@dataclass(frozen=True)
class _Sidecar:
    """What one file's sidecar says: tags as (property's column, ids), the rest as texts."""

    path: str
    sha1: str
    width: int
    height: int
    tags: Sequence[tuple[str, Sequence[str]]]
    rating: str | None
    date: str | None
    pick: str | None
    regions: Sequence[Mapping[str, Any]]

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        has_tags = any(ids for _, ids in self.tags)
        return not (has_tags or self.rating or self.date or self.pick or self.regions)


def is_by_file(_catalogue: Catalogue, _options: Options) -> bool:
    """Return True: each file has a sidecar."""
    return True


def needed_bytes(_project: Project, selection: Selection, _options: Options) -> int:
    """Return about how many bytes it takes."""
    return len(selection) * _SIDECAR_BYTES


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write a sidecar for each file that has a tag, a rating, a date or regions."""
    selection = job.selection
    state = selection.catalogue.annotations
    tagged = [column for column in job.columns if column.property and column.property.has_tags]
    fields = _fields(selection.catalogue, job.options)
    problems: list[Problem] = []
    names, count, done = UniqueNames(), 0, 0
    _write_definitions(job, tagged, fields)
    for part in selection.parts(tables.BATCH):
        for sidecar in _sidecars(part, tagged, fields, problems):
            done += 1
            job.report(done, len(selection))
            if sidecar.path and not sidecar.is_empty:
                _write_sidecar(job.draft.path, sidecar, state, names)
                count += 1
    return problems, {"sidecars": count}


def _fields(catalogue: Catalogue, options: Options) -> dict[str, ExportColumn]:
    """Return the columns of the rating, the date and the regions: chosen, or called so."""
    by_property = {
        column.property.id: column
        for column in tables.columns_of(catalogue)
        if column.property is not None
    }
    fields = {}
    for name, (type, likely) in _NAMES.items():
        chosen = getattr(options, name, None)
        state = catalogue.annotations
        if chosen is not None:
            prop: Property | None = tables.property_named(state, chosen, (type,))
        else:
            fitting = [prop for prop in state.live_properties if prop.type == type]
            called = next((prop for prop in fitting if name_key(prop.name) in likely), None)
            marked = _MARKED[name](state) if name in _MARKED else None
            prop = marked or called
        if prop is not None:
            fields[name] = by_property[prop.id]
    return fields


def _write_definitions(
    job: ExportJob, tagged: Sequence[ExportColumn], fields: Mapping[str, ExportColumn]
) -> None:
    columns = [*tagged, *fields.values()]
    held = tables.definitions_of(job.selection.catalogue, columns)
    content = json.loads(definitions.to_json(held, "file"))
    content |= {name: column.name for name, column in fields.items()}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (job.draft.path / sidecars.DEFINITIONS).write_text(text + "\n", encoding="utf-8")


def _sidecars(
    part: Selection,
    tagged: Sequence[ExportColumn],
    fields: Mapping[str, ExportColumn],
    problems: list[Problem],
) -> Iterator[_Sidecar]:
    frame = part.catalogue.frame[part.rows]
    texts = {
        name: tables.texts(part, fields[name]).to_list() if name in fields else [None] * len(part)
        for name in _NAMES
    }
    ids = [tables.tag_ids(part, column.property) for column in tagged if column.property]
    tags = zip(*ids, strict=True) if ids else ([()] * len(part))
    rows = zip(
        part.paths(), frame["sha1"], frame["width"], frame["height"], tags,
        texts["rating"], texts["date"], texts["pick"], texts["regions"], strict=True,
    )  # fmt: skip
    names = [column.name for column in tagged]
    for path, sha1, width, height, own, rating, date, pick, regions in rows:
        if not _is_rating(rating):
            problems.append(Problem(sha1, path, "no_rating", rating))
            rating = None
        if date is not None and is_edtf(date):
            problems.append(Problem(sha1, path, "no_date", date))
            date = None
        parsed = _regions(regions)
        if parsed is None:
            problems.append(Problem(sha1, path, "no_regions"))
        tags_of_row = list(zip(names, own, strict=True))
        picked = _PICKS.get(pick or "")
        sides = (width or 0, height or 0)
        yield _Sidecar(path, sha1, *sides, tags_of_row, rating, date, picked, parsed or ())


def _is_rating(text: str | None) -> bool:
    """Whether a number is a rating, -1 (refused) to 5; none is well, too."""
    return text is None or LEAST <= float(text) <= MOST


def _regions(text: str | None) -> list[Mapping[str, Any]] | None:
    """Return the regions of a text as an import writes it; None where it is another text."""
    if text is None:
        return []
    try:
        regions = json.loads(text)
    except ValueError:
        return None
    is_list = isinstance(regions, list) and all(isinstance(region, dict) for region in regions)
    return regions if is_list else None


def _write_sidecar(folder: Path, sidecar: _Sidecar, state: State, names: UniqueNames) -> None:
    *folders, name = sidecar.path.split("/")
    below = Path(*safe_parts("/".join(folders)))
    (folder / below).mkdir(parents=True, exist_ok=True)
    unique = names.take(f"{safe_name(name)}{sidecars.SUFFIX}", below.as_posix())
    is_renamed = (below / unique).as_posix() != f"{sidecar.path}{sidecars.SUFFIX}"
    packet = _packet(state, sidecar, is_renamed=is_renamed)
    (folder / below / unique).write_text(packet, encoding="utf-8")


def _packet(state: State, sidecar: _Sidecar, *, is_renamed: bool) -> str:
    names = [state.tags[id].name for _, ids in sidecar.tags for id in ids]
    paths = [path for name, ids in sidecar.tags for id in ids for path in _paths(state, name, id)]
    parts = [
        _HEAD,
        _element("dc:identifier", f"urn:sha1:{sidecar.sha1}"),
        # By this an import finds the file whose name no system could hold.
        _element("xmpMM:PreservedFileName", sidecar.path if is_renamed else None),
        _element("xmp:Rating", sidecar.rating),
        _element("xmpDM:pick", sidecar.pick),
        _element("photoshop:DateCreated", sidecar.date),
        _bag("dc:subject", [escape(clean(name)) for name in dict.fromkeys(names)]),
        _bag("lr:hierarchicalSubject", [escape(path) for path in dict.fromkeys(paths)]),
        _region_list(sidecar),
        _FOOT,
    ]
    return "".join(parts)


def _element(name: str, text: str | None) -> str:
    return "" if text is None else f"   <{name}>{escape(clean(text))}</{name}>\n"


def _bag(name: str, items: Sequence[str], attributes: str = "") -> str:
    """Return a bag of items that are XML already."""
    if not items:
        return ""
    opening = f"rdf:li {attributes}".rstrip()
    lines = "".join(f"     <{opening}>{item}</rdf:li>\n" for item in items)
    return f"   <{name}>\n    <rdf:Bag>\n{lines}    </rdf:Bag>\n   </{name}>\n"


def _paths(state: State, root: str, id: str) -> Iterator[str]:
    """Yield "Property|Tag above|Tag" for each way down to a tag; there are several at times."""
    ways = [[id]]
    yielded = 0
    while ways and yielded < _MOST_PATHS:
        way = ways.pop()
        above = [tag for tag in state.tags[way[0]].parents if not state.tags[tag].deleted]
        if above:
            ways += [[tag, *way] for tag in above if tag not in way]
            continue
        yielded += 1
        # The bar is what parts a path: a name cannot hold it there.
        names = (root, *(state.tags[tag].name for tag in way))
        yield "|".join(map(path_name, names))


def _region_list(sidecar: _Sidecar) -> str:
    if not sidecar.regions:
        return ""
    size = (("w", sidecar.width), ("h", sidecar.height), ("unit", "pixel"))
    sides = "".join(f"<stDim:{name}>{value}</stDim:{name}>" for name, value in size)
    dimensions = f"<mwg-rs:AppliedToDimensions {_STRUCTURE}>{sides}</mwg-rs:AppliedToDimensions>"
    items = _bag("mwg-rs:RegionList", [_region(r) for r in sidecar.regions], _STRUCTURE)
    return f"   <mwg-rs:Regions {_STRUCTURE}>\n   {dimensions}\n{items}   </mwg-rs:Regions>\n"


def _region(region: Mapping[str, Any]) -> str:
    sides = [(side, region[side]) for side in ("x", "y", "w", "h", "d") if side in region]
    area = "".join(f"<stArea:{side}>{escape(str(value))}</stArea:{side}>" for side, value in sides)
    names = (("name", "Name"), ("type", "Type"), ("text", "Description"))
    texts = "".join(
        f"<mwg-rs:{name}>{escape(clean(str(region[member])))}</mwg-rs:{name}>"
        for member, name in names
        if member in region
    )
    unit = "<stArea:unit>normalized</stArea:unit>"
    return f"<mwg-rs:Area {_STRUCTURE}>{area}{unit}</mwg-rs:Area>{texts}"
