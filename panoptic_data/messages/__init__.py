"""The one catalogue of user-facing text, in English and French.

It sits in the lowest room because an error must read well in a notebook too. Keys are
``section.name``: ``en/section.toml`` and ``fr/section.toml`` hold the same names (tested).
Not here: any logic on what to say when.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from importlib.resources import files

__all__ = ["LANGUAGES", "keys", "terminal_language", "translate"]

LANGUAGES = ("en", "fr")
# What stands before and after a quotation, as catalogues write it, and the marks inside of one.
_FRENCH_SPACES = (" ", "\u00a0", "\u202f")
_QUOTED = {"en": (("“", "”"),), "fr": tuple((f"«{sign}", f"{sign}»") for sign in _FRENCH_SPACES)}
_INNER = {"en": ("‘", "’"), "fr": ("“", "”")}
_OPENING, _CLOSING = re.compile("“|«[ \u00a0\u202f]?"), re.compile("”|[ \u00a0\u202f]?»")
_MARKS = re.compile("[“”«»]")
# Several names, each quoted: in”, “not in.
_JOINED = re.compile("”, “|»[ \u00a0\u202f]?, ?«")


def translate(key: str, language: str, **params: object) -> str:
    """Return the text of ``key`` with its placeholders filled.

    A key ending in ``_one``/``_other`` is chosen by the parameter ``count`` when the bare key
    is absent. Quotation marks in what is put between quotation marks become the inner ones of the
    language. Raises KeyError when the catalogue has no such key: a missing text is a bug.
    """
    catalogue = _catalogue(language)
    text = catalogue.get(key)
    if text is None and "count" in params:
        text = catalogue[f"{key}_{_plural(params['count'], language)}"]
    if text is None:
        raise KeyError(key)
    return _filled(text, language, params) if params else text


def _filled(text: str, language: str, params: dict[str, object]) -> str:
    code = "fr" if language == "fr" else "en"
    for name, value in params.items():
        if not isinstance(value, str) or not _MARKS.search(value) or _JOINED.search(value):
            continue
        for before, after in _QUOTED[code]:
            inner = f"{name}_inside"
            text = text.replace(f"{before}{{{name}}}{after}", f"{before}{{{inner}}}{after}")
            params = {**params, inner: _nested(value, _INNER[code])}
    return text.format(**params)


def _nested(text: str, marks: tuple[str, str]) -> str:
    """Return a text that is quoted with the inner marks of a language in place of outer ones."""
    opening, closing = marks
    return _CLOSING.sub(closing, _OPENING.sub(opening, text))


def terminal_language() -> str:
    """Return the language of the terminal: "fr" where its locale is French, else "en"."""
    # The order in which the C library reads them.
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return value[:2] if value[:2] in LANGUAGES else "en"
    return "en"


def keys(language: str) -> frozenset[str]:
    """Return every key of one language."""
    return frozenset(_catalogue(language))


def _plural(count: object, language: str) -> str:
    if isinstance(count, int | float):
        # French counts zero as singular, English does not.
        return "one" if count == 1 or (language == "fr" and abs(count) < 2) else "other"
    return "other"


@cache
def _catalogue(language: str) -> dict[str, str]:
    chosen = language if language in LANGUAGES else "en"
    sections = files(__package__).joinpath(chosen).iterdir()
    return {
        f"{section.name.removesuffix('.toml')}.{name}": text
        for section in sections
        if section.name.endswith(".toml")
        for name, text in tomllib.loads(section.read_text(encoding="utf-8")).items()
    }
