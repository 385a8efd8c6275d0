"""What a deposit says instead of paths of this machine: the last part of each.

Encoders whose weights lie in a file or folder carry its path in their text, which stands in several
tables. In a deposit the text names the last part alone, and keeps the encoder's slug, so that its
tables are found. Texts of errors may name these paths, and folders of sources, too. Not here: the
table of sources (``archive``), reading texts (``encoders.spec``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from panoptic_data.encoders.spec import EncoderSpec, at_path, parse
from panoptic_data.errors import PanopticError

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.versions.record import CorpusVersion

__all__ = ["TABLES", "LocalPaths", "local_spec", "of_project", "without_path"]

TABLES = ("encoders", "stages", "materializations", "runs")
"""The tables in which texts of encoders and of errors stand."""
_FAMILIES = ("clip:", "timm:")


def local_spec(text: str) -> EncoderSpec | None:
    """Return the encoder of a text where its weights are on this machine, else None."""
    # Reading a text that names no encoder is slow: it looks for the closest one.
    if not text.startswith(_FAMILIES) or not ("/" in text or "\\" in text):
        return None
    try:
        spec = parse(text)
    except PanopticError:
        return None
    return None if spec.local_path is None else spec


def without_path(text: str) -> str:
    """Return the text of an encoder with the last part of its path; any other text as it is.

    At the top of the disk, so that it reads the same wherever a program is started.
    """
    spec = local_spec(text)
    if spec is None or spec.local_path is None:
        return text
    return at_path(spec, Path("/") / spec.local_path.name).text


@dataclass(frozen=True)
class LocalPaths:
    """Paths that are left out wherever they stand in a text, the longest first."""

    paths: tuple[str, ...]

    def in_json(self, value: Any) -> Any:
        """Return what was read of JSON without paths, in keys too."""
        if isinstance(value, str):
            return self._in_words(value)
        if isinstance(value, Mapping):
            return {self._in_words(name): self.in_json(held) for name, held in value.items()}
        if isinstance(value, list):
            return [self.in_json(held) for held in value]
        return value

    def in_table(self, rows: pa.Table) -> pa.Table:
        """Return rows of one of ``TABLES`` without paths, in columns of texts and of JSON."""
        for at, field in enumerate(rows.schema):
            if field.type == pa.string():
                texts = [self._in_cell(text) for text in rows[field.name].to_pylist()]
                rows = rows.set_column(at, field, pa.array(texts, pa.string()))
        return rows

    def in_version(self, version: CorpusVersion) -> CorpusVersion:
        """Return a version whose encoders and stages name no paths; its digests are unchanged."""
        encoders = self.in_json(dict(version.encoders))
        return replace(version, encoders=encoders, stages=self.in_json(dict(version.stages)))

    def _in_words(self, text: str) -> str:
        plain = without_path(text)
        if plain != text:
            return plain
        for path in self.paths:
            text = text.replace(path, Path(path).name)
        return text

    def _in_cell(self, text: str | None) -> str | None:
        if text is None or not text.startswith("{"):
            return None if text is None else self._in_words(text)
        try:
            held = json.loads(text)
        except ValueError:
            return self._in_words(text)
        plain = self.in_json(held)
        return text if plain == held else json.dumps(plain, ensure_ascii=False, sort_keys=True)


def of_project(opened: Project) -> LocalPaths:
    """Return the paths that a project knows: of its sources, its encoders' weights, its own."""
    paths = {str(opened.root)}
    for project in (opened, opened.now):
        database = project.database()
        paths |= set(database.read("sources", ["uri"])["uri"].to_pylist())
        texts = database.read("encoders", ["text"])["text"].to_pylist()
        for text in (*texts, *project.encoders):
            spec = local_spec(text)
            if spec is not None:
                paths.add(str(spec.local_path))
    # A path of one part says nothing of a machine, and may be a word.
    long = [path for path in paths if len(Path(path).parts) > 2]
    return LocalPaths(tuple(sorted(long, key=lambda path: (-len(path), path))))
