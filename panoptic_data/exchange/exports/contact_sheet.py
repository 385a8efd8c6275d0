"""A contact sheet for any browser, offline: thumbnails with captions, on pages of some hundreds.

A folder with ``index.html``, further pages and the thumbnails beside; or, where the target is one
``.html`` file, that alone with the thumbnails inside. Nothing in it runs, and nothing is fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from io import StringIO
from typing import IO, TYPE_CHECKING

from panoptic_data.errors import InvalidExport
from panoptic_data.exchange.exports import originals, tables
from panoptic_data.exchange.exports.csv_table import joined_names
from panoptic_data.messages import terminal_language, translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panoptic_data.exchange.exports.job import ExportJob
    from panoptic_data.exchange.exports.options import Options
    from panoptic_data.exchange.exports.report import Problem
    from panoptic_data.exchange.exports.selection import Selection
    from panoptic_data.exchange.exports.tables import ExportColumn
    from panoptic_data.exchange.exports.target import Draft
    from panoptic_data.storage.project import Project

__all__ = ["needed_bytes", "write"]

PAGE = 500
# More in one file make a browser wait.
MOST_IN_ONE_FILE = 5_000
_THUMBNAIL_BYTES = 30_000
_LONGEST_CAPTION = 300
_STYLE = """
:root{color-scheme:light dark;--ink:#1c1c1e;--soft:#6b6b70;--paper:#fff;--line:#e3e3e6}
@media(prefers-color-scheme:dark){:root{--ink:#f2f2f4;--soft:#a0a0a8;--paper:#161618;--line:#34343a}}
body{font:14px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:24px}
h1{font-size:20px;margin:0 0 4px}p,nav{color:var(--soft);margin:0 0 16px}
nav a,nav b{margin-right:8px}a{color:inherit}
ul{list-style:none;margin:0;padding:0;display:grid;gap:12px;
grid-template-columns:repeat(auto-fill,minmax(180px,1fr))}
li{border:1px solid var(--line);border-radius:8px;overflow:hidden;break-inside:avoid}
img,.none{display:block;width:100%;height:180px;object-fit:contain;background:var(--line)}
dl{margin:8px;font-size:12px;overflow-wrap:anywhere}dt{color:var(--soft);float:left;margin-right:4px}
dd{margin:0}dt.name{float:none;color:var(--ink);font-weight:600}
@media print{nav{display:none}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: file:"


def needed_bytes(_project: Project, selection: Selection, _options: Options) -> int:
    """Return about how many bytes it takes."""
    return len(selection) * _THUMBNAIL_BYTES * 4 // 3


def write(job: ExportJob) -> tuple[list[Problem], dict[str, int]]:
    """Write the pages. Raises InvalidExport for one file of too many images."""
    selection, draft, columns = job.selection, job.draft, job.columns
    if job.options.columns is None:
        columns = tuple(column for column in columns if column.property is not None)
    captions = [column for column in columns if column.name not in ("sha1", "file_id", "path")]
    if not draft.is_folder:
        if len(selection) > MOST_IN_ONE_FILE:
            raise InvalidExport("too_many_for_one_file", most=MOST_IN_ONE_FILE)
        with draft.path.open("w", encoding="utf-8") as file:
            _write_page(job, selection, captions, file, None, "", 0)
        return [], {"pages": 1}
    pages = selection.parts(PAGE) or [selection]
    (draft.path / "thumbnails").mkdir()
    for number, part in enumerate(pages):
        with (draft.path / _page_name(number)).open("w", encoding="utf-8") as file:
            links = _links(number, len(pages))
            done = number * PAGE
            _write_page(job, part, captions, file, draft, links, done)
    return [], {"pages": len(pages)}


def _write_page(
    job: ExportJob,
    page: Selection,
    captions: Sequence[ExportColumn],
    file: IO[str],
    draft: Draft | None,
    links: str,
    done: int,
) -> None:
    language = terminal_language()
    total = len(job.selection)
    title = escape(job.project.name)
    file.write(
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(translate('export.sheet_images', language, count=total, shown=total))}</p>"
        f"{_unclear(job.selection, language)}{links}<ul>\n"
    )
    for part in page.parts(originals.BATCH):
        thumbnails = originals.thumbnails(job.project, part.sha1s())
        for item in _items(part, captions, thumbnails, draft):
            file.write(item)
            done += 1
            job.report(done, total)
    file.write(f"</ul>{links}</body></html>\n")


def _unclear(selection: Selection, language: str) -> str:
    """Say, as markup, that nothing is clearly like the words that were searched for."""
    return f"<p>{escape(translate('like.unclear', language))}</p>" if selection.is_unclear else ""


def _items(
    part: Selection,
    captions: Sequence[ExportColumn],
    thumbnails: Mapping[str, bytes],
    draft: Draft | None,
) -> Iterator[str]:
    cells = [_texts(part, column) for column in captions]
    rows = zip(part.sha1s(), part.paths(), *cells, strict=True)
    for sha1, path, *values in rows:
        name = escape(path.rpartition("/")[2] or sha1)
        text = StringIO()
        text.write(f"<li>{_image(sha1, name, thumbnails.get(sha1), draft)}")
        text.write(f'<dl><dt class="name" title="{escape(path)}">{name}</dt>')
        for column, value in zip(captions, values, strict=True):
            if value:
                label = column.name if column.property is None else column.property.name
                text.write(f"<dt>{escape(label)}</dt><dd>{escape(_cut(value))}</dd>")
        text.write("</dl></li>\n")
        yield text.getvalue()


def _image(sha1: str, name: str, data: bytes | None, draft: Draft | None) -> str:
    if data is None:
        return '<span class="none"></span>'
    if draft is None:
        source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    else:
        source = f"thumbnails/{sha1}.jpg"
        (draft.path / source).write_bytes(data)
    return f'<img src="{source}" alt="{name}" loading="lazy">'


def _texts(part: Selection, column: ExportColumn) -> list[str]:
    if column.property is None:
        cells = tables.frame(part, [column])[column.name].to_list()
        return ["" if cell is None else str(cell) for cell in cells]
    values = tables.texts(part, column).to_list()
    return [joined_names(v) if isinstance(v, list) else v or "" for v in values]


def _links(number: int, count: int) -> str:
    if count == 1:
        return ""
    pages = (
        f"<b>{page + 1}</b>" if page == number else f'<a href="{_page_name(page)}">{page + 1}</a>'
        for page in range(count)
    )
    return f"<nav>{' '.join(pages)}</nav>"


def _page_name(number: int) -> str:
    return "index.html" if number == 0 else f"page-{number + 1:04}.html"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CAPTION else f"{text[:_LONGEST_CAPTION]}…"
