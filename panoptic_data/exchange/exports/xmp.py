"""XMP sidecars, as digiKam and darktable read them: ``a.jpg.xmp`` for each file, in its folders.

Tags stand in ``dc:subject`` and, with what is above them, in ``lr:hierarchicalSubject``, both bags;
the rating in ``xmp:Rating``. Sidecars are written into the target, never beside the originals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from panoptic_data.exchange.exports import tables
from panoptic_data.exchange.exports.names import UniqueNames, safe_name, safe_parts
from panoptic_data.text import name_key

if TYPE_CHECKING:
    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.storage.project import Project

__all__ = ["is_by_file", "needed_bytes", "write"]

_RATINGS = ("rating", "note", "évaluation")
_MOST_PATHS = 200
# A file takes a block of the disk at least.
_SIDECAR_BYTES = 4_096
_HEAD = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="panoptic-data">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '  <rdf:Description rdf:about=""\n'
    '    xmlns:dc="http://purl.org/dc/elements/1.1/"\n'
    '    xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
    '    xmlns:lr="http://ns.adobe.com/lightroom/1.0/">\n'
)
_FOOT = '  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
# What XML cannot hold, even escaped.
_INVALID = {code: None for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}


def is_by_file(_catalogue: Catalogue, _options: Options) -> bool:
    """Return True: each file has a sidecar."""
    return True


def needed_bytes(_project: Project, selection: Selection, _options: Options) -> int:
    """Return about how many bytes it takes."""
    return len(selection) * _SIDECAR_BYTES


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write a sidecar for each file that has a tag or a rating."""
    selection = job.selection
    state = selection.catalogue.annotations
    rating = _rating(state, job.options)
    tagged = [prop for prop in tables.properties_of(job.columns) if prop.has_tags]
    names, count, done = UniqueNames(), 0, 0
    for part in selection.parts(tables.BATCH):
        ratings = _ratings(part, rating)
        tags = [tables.tag_ids(part, prop) for prop in tagged]
        for path, stars, *ids in zip(part.paths(), ratings, *tags, strict=True):
            used = list(zip(tagged, ids, strict=True))
            done += 1
            job.report(done, len(selection))
            if path and (stars is not None or any(ids)):
                _write_sidecar(job.draft.path, path, _packet(state, used, stars), names)
                count += 1
    return [], {"sidecars": count}


def _write_sidecar(folder: Path, path: str, packet: str, names: UniqueNames) -> None:
    *folders, name = path.split("/")
    below = Path(*safe_parts("/".join(folders)))
    (folder / below).mkdir(parents=True, exist_ok=True)
    unique = names.take(f"{safe_name(name)}.xmp", below.as_posix())
    (folder / below / unique).write_text(packet, encoding="utf-8")


def _packet(state: State, used: list[tuple[Property, list[str]]], stars: int | None) -> str:
    names = [state.tags[id].name for _, ids in used for id in ids]
    paths = [path for prop, ids in used for id in ids for path in _paths(state, prop, id)]
    parts = [_HEAD]
    if stars is not None:
        parts.append(f"   <xmp:Rating>{stars}</xmp:Rating>\n")
    parts += [_bag("dc:subject", names), _bag("lr:hierarchicalSubject", paths), _FOOT]
    return "".join(parts)


def _bag(name: str, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    items = "".join(
        f"     <rdf:li>{escape(text.translate(_INVALID))}</rdf:li>\n"
        for text in dict.fromkeys(texts)
    )
    return f"   <{name}>\n    <rdf:Bag>\n{items}    </rdf:Bag>\n   </{name}>\n"


def _paths(state: State, prop: Property, id: str) -> Iterator[str]:
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
        names = (prop.name, *(state.tags[tag].name for tag in way))
        yield "|".join(name.replace("|", "¦") for name in names)


def _rating(state: State, options: Options) -> Property | None:
    if options.rating is not None:
        return tables.property_named(state, options.rating, ("number",))
    numbers = [prop for prop in state.live_properties if prop.type == "number"]
    return next((prop for prop in numbers if name_key(prop.name) in _RATINGS), None)


def _ratings(part: Selection, prop: Property | None) -> list[int | None]:
    """Return the ratings, whole numbers of -1 (refused) to 5; None for others."""
    if prop is None:
        return [None] * len(part)
    texts = tables.texts(part, tables.ExportColumn(prop.name, tables.NUMBER, prop)).to_list()
    numbers = [None if text is None else round(float(text)) for text in texts]
    return [number if number is not None and -1 <= number <= 5 else None for number in numbers]
