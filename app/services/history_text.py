"""What batches of annotations did, in words: a line of a list, a sentence, a change at a time.

Here: adding up the rows of a batch, names instead of ids. Not here: which batches there are
(``panoptic_data.annotations.store``), undoing them (``app.api.history``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from app.services import sampling_text
from app.session.language import number
from panoptic_data.annotations.log import (
    ACCEPTED,
    ANSWER_PREFIX,
    APART_PREFIX,
    LEFT,
    PROPOSED_PREFIX,
)
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.messages import keys, translate
from panoptic_data.sampling import recipe

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State

__all__ = ["BatchSummary", "Part", "Value", "Words", "summarize", "without_proposals"]

PARTS_SHOWN = 3
NAMED_AT_MOST = 3
_VALUES = ("image", "file")
# Acts that say what was done to images, whatever was changed of each.
_COUNTED = ("duplicates", "apart")
_TRUTHS = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class Value:
    """A value as people read it; a tag has its colour."""

    text: str
    colour: str | None = None


@dataclass(frozen=True)
class Part:
    """One thing that a batch did.

    ``sign`` is "add", "remove", "set" or "clear" of a property's values, "new", "changed" or
    "deleted" of a property or tag. ``count`` is the number of different values; where they are
    few, ``values`` are all of them.
    """

    property: str
    sign: str
    count: int
    values: tuple[Value, ...] = ()
    are_tags: bool = False


@dataclass(frozen=True)
class BatchSummary:
    """What a batch did: its first parts, how many there are ``more``, to how many images.

    ``text`` is all of it in a few words: ``tag “war” on 12 images``; ``how`` says of a sample how
    it was made.
    """

    name: str
    text: str
    parts: tuple[Part, ...] = ()
    more: int = 0
    images: int = 0
    how: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what pages read."""
        return {
            "name": self.name,
            "said": self.text,
            "parts": [asdict(part) for part in self.parts],
            "more": self.more,
            "images": self.images,
            "how": self.how,
        }


def summarize(words: Words, rows: pl.DataFrame) -> dict[str, BatchSummary]:
    """Return the summary of each batch by its id; ``rows`` are all of their rows of the log."""
    acts = rows.group_by("batch", maintain_order=True).agg(
        pl.col("act").first(),
        pl.col("about").first(),
        images=pl.col("target").filter(pl.col("kind").is_in(_VALUES)).n_unique(),
    )
    parts = _parts(words, rows)
    return {
        batch: _summary(words, act, about, parts.get(batch, []), images)
        for batch, act, about, images in acts.iter_rows()
    }


def without_proposals(rows: pl.DataFrame) -> pl.DataFrame:
    """Return events without those that only say what a model proposed: the answers stand for it."""
    return rows.filter(~pl.col("property").str.starts_with(PROPOSED_PREFIX))


class Words:
    """Names of what the log knows by ids, in one language."""

    def __init__(self, state: State, log: pl.DataFrame, language: str) -> None:
        self._state = state
        self._log = log
        self._language = language

    def text(self, key: str, **params: object) -> str:
        """Return a text of the section ``history``."""
        return translate(f"history.{key}", self._language, **params)

    def act(self, code: str) -> str:
        """Return what an act is called; a code that is not known is shown as it is."""
        key = f"act.{code}"
        return translate(key, self._language) if key in keys("en") else code

    def how(self, act: str, about: str | None) -> str | None:
        """Return how a sample or a division was made; None of other acts."""
        return sampling_text.how_made(about, self._language) if act in recipe.ACTS else None

    def images(self, count: int) -> str:
        """Return "12 images"."""
        return self.text("images", count=count, shown=number(count, self._language))

    def property(self, id: str) -> str:
        """Return a property's name, also of one that was deleted or undone."""
        if id == EXCLUDED:
            return self.text("corpus")
        if id.startswith(ANSWER_PREFIX):
            return self.text("answer", tag=self.tag(id.removeprefix(ANSWER_PREFIX)).text)
        if id.startswith(APART_PREFIX):
            return self.text("left" if id == LEFT else "apart")
        known = self._state.properties.get(id)
        return known.name if known else self._last_names.get(id, self.text("unknown"))

    def tag(self, id: str) -> Value:
        """Return a tag's name and colour, also of one that was deleted or undone."""
        known = self._state.tags.get(id)
        if known is not None:
            return Value(known.name, known.colour)
        return Value(self._last_names.get(id, self.text("unknown")))

    def holds_tags(self, property: str, text: str | None) -> bool:
        """Whether a property has tags, or had: where its making was undone, by a value's text."""
        known = self._state.properties.get(property)
        return known.has_tags if known else text is not None and _ids(text)[0] in self._last_names

    @cached_property
    def _last_names(self) -> dict[str, str]:
        """The last names of properties and tags, also of those whose making was undone."""
        is_name = pl.col("kind").is_in(("property", "tag")) & (pl.col("property") == "name")
        rows = self._log.filter(is_name & pl.col("new").is_not_null())
        return {target: json.loads(new) for target, new in rows.select("target", "new").iter_rows()}

    def value(self, property: str, text: str | None) -> list[Value]:
        """Return the values of a cell, given its canonical text; none for no value."""
        if text is None:
            return [Value(self.text("inside"))] if property == EXCLUDED else []
        if property == EXCLUDED:
            return [Value(self.text("outside" if text == "true" else "inside"))]
        if property.startswith(ANSWER_PREFIX):
            return [Value(self.text("belongs" if text == ACCEPTED else "belongs_not"))]
        if property.startswith(APART_PREFIX):
            return [Value(self.text("left_stay" if property == LEFT else "apart_stay"))]
        if self.holds_tags(property, text):
            return [self.tag(id) for id in _ids(text)]
        known = self._state.properties.get(property)
        if known is not None and known.type == "checkbox":
            return [Value(self.text(_TRUTHS.get(text, "no")))]
        if known is not None and known.type == "number" and self._language == "fr":
            return [Value(text.replace(".", ","))]
        return [Value(text)]

    def part_name(self, part: str) -> str:
        """Return what a part of a property or tag is called."""
        key = f"part_{part}"
        return self.text(key) if f"history.{key}" in keys("en") else part

    def part(self, kind: str, part: str, text: str | None) -> list[Value]:
        """Return what a part of a property or tag (its name, its colour, …) was or became."""
        if text is None:
            return []
        if part == "parents":
            return [self.tag(text)]
        value = json.loads(text)
        if part == "property":
            return [Value(self.property(str(value)))]
        if isinstance(value, bool):
            return [Value(self.text("yes" if value else "no"))]
        if part == "options":
            return [Value(", ".join(f"{option} {setting}" for option, setting in value.items()))]
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        return [Value(shown, shown if kind == "tag" and part == "colour" else None)]


def _parts(words: Words, rows: pl.DataFrame) -> dict[str, list[Part]]:
    """Return what each batch did: values first, by property, then properties and tags."""
    parts: dict[str, list[Part]] = {}
    is_value = pl.col("kind").is_in(_VALUES)
    values = rows.filter(is_value).with_columns(is_clear=pl.col("new").is_null())
    by_property = values.group_by("batch", "property", "op", "is_clear", maintain_order=True)
    counts = by_property.agg(
        count=pl.col("new").n_unique(),
        first=pl.col("new").unique(maintain_order=True).head(NAMED_AT_MOST),
    )
    for batch, property, op, is_clear, count, first in counts.iter_rows():
        part = _part_of_values(words, property, op, is_clear, count, first)
        parts.setdefault(batch, []).append(part)
    definitions = rows.filter(pl.col("kind").is_in(("property", "tag")))
    changed = definitions.group_by("batch", "kind", "target", maintain_order=True).agg(
        is_new=((pl.col("property") == "name") & pl.col("old").is_null()).any(),
        is_deleted=((pl.col("property") == "deleted") & (pl.col("new") == "true")).any(),
    )
    for batch, kind, target, is_new, is_deleted in changed.iter_rows():
        sign = "new" if is_new else "deleted" if is_deleted else "changed"
        name = Value(words.property(target)) if kind == "property" else words.tag(target)
        parts.setdefault(batch, []).append(
            Part(words.text(f"thing_{kind}"), sign, 1, (name,), kind == "tag")
        )
    return parts


def _part_of_values(
    words: Words, property: str, op: str, is_clear: bool, count: int, first: list[str | None]
) -> Part:
    name = words.property(property)
    if is_clear and property != EXCLUDED:
        return Part(name, "clear", 1)
    are_tags = words.holds_tags(property, first[0])
    # A cell that is set to several tags at once counts as these tags.
    values = dict.fromkeys(value for text in first for value in words.value(property, text))
    total = max(count, len(values))
    return Part(name, op, total, tuple(values) if total <= NAMED_AT_MOST else (), are_tags)


def _summary(
    words: Words, act: str, about: str | None, parts: Sequence[Part], images: int
) -> BatchSummary:
    how = words.how(act, about)
    text = _text(words, act, None if how else about, parts, images)
    more = max(0, len(parts) - PARTS_SHOWN)
    return BatchSummary(words.act(act), text, tuple(parts[:PARTS_SHOWN]), more, images, how)


def _text(words: Words, act: str, about: str | None, parts: Sequence[Part], images: int) -> str:
    # Tags that were made on the way are not what it was about.
    of_values = [part for part in parts if part.sign in ("add", "remove", "set", "clear")]
    main = of_values or [*parts]
    params = {"act": words.act(act), "images": words.images(images)}
    if images and (act in _COUNTED or main[0].property == words.property(EXCLUDED)):
        return words.text("said_corpus", **params)
    if act == "tag" and sum(part.count for part in main) > 1:
        # "3 tags on 12 images" needs no other word for the act.
        params["act"] = ""
    what = _what(words, act, about, main)
    return words.text("said_on" if images else "said_plain", what=what, **params).strip()


def _what(words: Words, act: str, about: str | None, parts: Sequence[Part]) -> str:
    only = parts[0] if len(parts) == 1 else None
    if about is not None and (act == "import" or only is None or only.count > 1):
        return words.text("quoted", text=about)
    if only is not None and only.sign == "clear":
        return words.text("quoted", text=only.property)
    if only is not None and only.count == 1:
        return words.text("quoted", text=only.values[0].text)
    count = sum(part.count for part in parts)
    return words.text("tags" if all(part.are_tags for part in parts) else "values", count=count)


def _ids(text: str) -> list[str]:
    """Read the text of a tag, or of a list of them."""
    if not text.startswith("["):
        return [text]
    ids = json.loads(text)
    return [str(id) for id in ids] if isinstance(ids, list) and ids else [text]
