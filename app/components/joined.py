"""All JavaScript modules and stylesheets of this folder in one, so that a page asks for it once.

Each module becomes a function that runs when it is first imported; its lines stay lines, and a
source map leads from them to the files, so that an error names the line that was written. Not
here: serving it (``assets``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from posixpath import dirname, join, normpath

__all__ = ["join_modules", "source_map"]

_IMPORT = re.compile(
    r'^import (?:\* as (?P<all>\w+)|\{(?P<some>[^}]*)\}) from "(?P<path>\.[^"]+)";', re.MULTILINE
)
_EXPORT = re.compile(
    r"^export (?:(?P<default>default )?"
    r"(?P<kind>async function|function|class|const) (?P<name>\w+)|default )",
    re.MULTILINE,
)
_AS = re.compile(r"(\w+) as (\w+)")
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)$", re.MULTILINE | re.DOTALL)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_HEAD = (
    "const modules = {}, loaded = {}, $load = (path) => (loaded[path] ??= modules[path]());"
    " export { $load as load };\n"
)
_DEFAULT = "$default"


def join_modules(sources: Mapping[str, str], styles: Mapping[str, str], map_name: str) -> str:
    """Return one module whose ``load(path)`` returns what the module at ``path`` exports.

    ``sources`` are texts by their paths; ``styles`` too, of which ``load`` returns the text;
    ``map_name`` is where ``source_map`` is served, beside it. Raises ValueError for an import or
    export in a form that is not known here, with its line.
    """
    parts = [_function(path, source) for path, source in sources.items()]
    for path, style in styles.items():
        parts.append(f"modules[{json.dumps(path)}] = () => {json.dumps(style)};\n")
    return f"{_HEAD}{''.join(parts)}//# sourceMappingURL={map_name}\n"


def source_map(sources: Mapping[str, str]) -> str:
    """Return the source map (version 3, JSON) of what ``join_modules`` makes of these."""
    sections, line = [], 1
    for path, source in sources.items():
        count = source.count("\n")
        mapped = {
            "version": 3,
            "sources": [path],
            "names": [],
            # Each line is the line of the same number, from its beginning.
            "mappings": "AAAA" + ";AACA" * (count - 1),
        }
        sections.append({"offset": {"line": line + 1, "column": 0}, "map": mapped})
        line += count + 3
    return json.dumps({"version": 3, "file": "all.js", "sections": sections})


def _function(path: str, source: str) -> str:
    exports: list[str] = []

    def imported(match: re.Match[str]) -> str:
        names = match["all"] or "{" + _AS.sub(r"\1: \2", match["some"]) + "}"
        wanted = normpath(join(dirname(path), match["path"]))
        return f'const {names} = $load("{wanted}");'

    def exported(match: re.Match[str]) -> str:
        name = match["name"] or _DEFAULT
        exports.append(name if match["name"] and not match["default"] else f"default: {name}")
        return f"{match['kind']} {name}" if match["name"] else f"const {name} = "

    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), source)
    text = _EXPORT.sub(exported, _IMPORT.sub(imported, text))
    left = _LEFT.search(text)
    if left is not None:
        raise ValueError(f"{path}: cannot be joined with other modules: {left[0]}")
    name = json.dumps(path)
    return f"modules[{name}] = () => {{\n{text}return {{ {', '.join(exports)} }};\n}};\n"
