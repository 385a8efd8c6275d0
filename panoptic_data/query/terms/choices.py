"""Choices as values of terms: folders, formats, states, clusters, duplicates, authors, images.

Here: fields whose values are chosen from a list, and checkboxes. Not here: tags (``tags``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from panoptic_data.query.names import unquoted
from panoptic_data.query.terms.term import (
    Context,
    Part,
    Span,
    Term,
    TermError,
    TermValue,
    emptiness,
    look_up,
    negated,
    require_sign,
    spelling,
    unknown_name,
)
from panoptic_data.query.terms.texts import write_text
from panoptic_data.query.vocabulary import (
    ANY_WORDS,
    FORMAT_NAMES,
    IS_NAMES,
    NONE_WORDS,
    PROPOSER_NAMES,
    STATUS_NAMES,
    TRUTH_NAMES,
)
from panoptic_data.text import closest, folded
from panoptic_data.views.fields import WHO_FIELDS
from panoptic_data.views.model import Condition

__all__ = [
    "duplicate_kind",
    "property_id",
    "read_authors",
    "read_clusters",
    "read_duplicates",
    "read_folder",
    "read_format",
    "read_image",
    "read_proposed",
    "read_status",
    "read_truth",
    "write_choice",
    "write_truth",
]

FOLDERS_LISTED = 3
_CLUSTER = re.compile(r"-?[0-9]{1,9}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


def read_folder(value: TermValue, context: Context) -> Sequence[str]:
    """Return the folders that a value means: that one, or all whose path ends so."""
    if context.folders is None:
        return [value.text]
    typed = value.text.strip("/")
    if typed in context.folder_spellings:
        return [typed]
    typed_spelling = spelling(typed)
    matches = [
        folder
        for folder, known_spelling in context.folder_spellings.items()
        if known_spelling == typed_spelling or known_spelling.endswith(f"/{typed_spelling}")
    ]
    if matches and typed_spelling:
        return matches
    last_names = {folder.rpartition("/")[2] for folder in context.folder_spellings}
    similar = closest(typed.rpartition("/")[2], last_names, 3)
    if similar:
        raise unknown_name("folder", value.text, similar, value.span)
    # The first are those that lie highest.
    known = sorted(context.folder_spellings, key=lambda folder: (folder.count("/"), folder))
    listed = ", ".join([*known[:FOLDERS_LISTED], *["…"] * (len(known) > FOLDERS_LISTED)])
    raise TermError("folder_none", value.span, name=value.text, known=listed or "–")


def read_format(value: TermValue, context: Context) -> Sequence[str]:
    """Return the format that a value means."""
    format = FORMAT_NAMES.get(folded(value.text), value.text.upper())
    is_known = context.formats is None or format in context.formats
    if is_known or format in FORMAT_NAMES.values():
        return [format]
    raise unknown_name("format", value.text, closest(value.text, context.formats or ()), value.span)


def read_status(value: TermValue, _: Context) -> Sequence[str]:
    """Return the status that a value means."""
    return [look_up(value.text, value.span, "status", STATUS_NAMES)]


def read_image(value: TermValue, _: Context) -> Sequence[str]:
    """Return the sha1 of the image that a value means."""
    sha1 = value.text.lower()
    if not _SHA1.fullmatch(sha1):
        raise TermError("image", value.span, text=value.text)
    return [sha1]


def read_clusters(term: Term, context: Context) -> list[Part]:
    """Return the condition of ``cluster:…``: numbers of clusters under one encoder."""
    require_sign(term, ":", "=")
    encoder = term.qualifier or context.encoder
    if encoder is None:
        raise TermError("encoder", term.span, name=term.name)
    numbers = [_cluster_number(value) for value in term.values]
    return [Condition("cluster", "in", {"encoder": encoder, "numbers": numbers})]


def _cluster_number(value: TermValue) -> int:
    if folded(value.text) in NONE_WORDS:
        return -1
    if not _CLUSTER.fullmatch(value.text):
        raise TermError("cluster", value.span, text=value.text)
    return int(value.text)


def read_duplicates(term: Term, context: Context) -> list[Part]:
    """Return the conditions of ``duplicate:…``: kinds of duplicates, or groups by their names."""
    require_sign(term, ":", "=")
    kinds: list[str] = []
    groups: list[str] = []
    for value in term.values:
        if folded(value.text) in (*ANY_WORDS, *NONE_WORDS):
            # An image has no copy where it is in no group of copies.
            has_copy = Condition("duplicate", "in", IS_NAMES["duplicate"][1])
            if len(term.values) > 1:
                raise TermError("duplicate", value.span, text=value.text)
            return [has_copy if folded(value.text) in ANY_WORDS else negated(has_copy)]
        kind = duplicate_kind(value, context)
        (groups if kind is None else kinds).append(kind or value.text)
    chosen = {"kinds": kinds, "groups": groups}
    return [Condition("duplicate", "in", {name: texts}) for name, texts in chosen.items() if texts]


def duplicate_kind(value: TermValue, context: Context) -> str | None:
    """Return a kind of duplicates; None for the name of a group, which begins with its kind."""
    name, _, rest = value.text.partition(":")
    if name == "semantic" and rest and ":" not in rest:
        return value.text
    if name in ("exact", "near", "semantic") and rest:
        return None
    if name == "semantic" and context.encoder:
        return f"semantic:{context.encoder}"
    if name == "semantic":
        raise TermError("encoder", value.span, name=name)
    if name not in ("exact", "near"):
        raise TermError("duplicate", value.span, text=value.text)
    return name


def read_authors(term: Term, context: Context) -> list[Part]:
    """Return the conditions of ``author:…``: of any property, or of the one after "@"."""
    return _read_who(term, context, lambda value: context.names.author(value.text))


def read_proposed(term: Term, context: Context) -> list[Part]:
    """Return the conditions of ``proposed:…``: of any property, or of the one after "@"."""
    return _read_who(
        term, context, lambda value: look_up(value.text, value.span, "proposer", PROPOSER_NAMES)
    )


def _read_who(term: Term, context: Context, read: Callable[[TermValue], str]) -> list[Part]:
    require_sign(term, ":", "=")
    qualifier = term.qualifier
    id = None if qualifier is None else property_id(qualifier, term.span, context)
    # A value of a property that nobody set is no value of that property.
    checked = replace(term, field=context.names.field_of(id) or term.field) if id else term
    empty = [emptiness(checked, value) for value in term.values]
    pairs = zip(term.values, empty, strict=True)
    who = [read(value) for value, condition in pairs if condition is None]
    chosen: dict[str, Any] = {WHO_FIELDS[term.field]: who}
    chosen |= {} if id is None else {"property": id}
    conditions = [Condition(term.field, "in", chosen)] if who else []
    return [*conditions, *(condition for condition in empty if condition is not None)]


def property_id(typed: str, span: Span, context: Context) -> str:
    """Return the id of a property that is referred to within a term. Raises TermError."""
    id = context.names.id(typed)
    if id is None:
        name = unquoted(typed)
        raise unknown_name("property", name, context.names.closest(name, ()), span)
    return id


def read_truth(term: Term, value: TermValue, _: Context) -> Part:
    """Return the condition of ``field:yes`` and ``field:no``."""
    require_sign(term, ":", "=")
    truth = TRUTH_NAMES.get(folded(value.text))
    if truth is None:
        raise TermError("truth", value.span, text=value.text)
    return Condition(term.field, "is", truth)


def write_choice(condition: Condition) -> str:
    """Return what follows the name of the field."""
    chosen = condition.value
    if condition.field == "cluster":
        return ":" + ",".join(map(str, chosen["numbers"]))
    if condition.field in WHO_FIELDS:
        chosen = chosen[WHO_FIELDS[condition.field]]
    if condition.field == "duplicate":
        chosen = [text for texts in chosen.values() for text in texts]
    return ":" + ",".join(map(write_text, chosen))


def write_truth(condition: Condition) -> str:
    """Return what follows the name of the field."""
    return ":" + next(word for word, truth in TRUTH_NAMES.items() if truth is condition.value)
