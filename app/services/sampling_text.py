"""Samples and divisions in a person's language: what one does, and how one was made.

Not here: making them (``panoptic_data.sampling``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.session.language import number
from panoptic_data.messages import keys, translate
from panoptic_data.sampling import recipe
from panoptic_data.sampling.recipe import Recipe

if TYPE_CHECKING:
    from panoptic_data.sampling.sample import Sampled, Shortage
    from panoptic_data.sampling.tagging import Tagged

__all__ = ["how_made", "lines"]

# So many values of which there are too few are named.
NAMED = 3


def lines(sampled: Sampled, tagged: Tagged, language: str) -> list[str]:
    """Return sentences that say what images get, and what a person may not expect of it."""
    counts = [len(sha1s) for sha1s in sampled.images.values()]
    if "" not in sampled.images:
        return [
            *(
                _counted("part", count, language, tag=tag)
                for tag, count in zip(tagged.tags, counts, strict=True)
            ),
            *_copies(sampled.recipe.copies or 0, language),
            *_short(sampled.shortages, "small", language),
            *([_counted("replaced", tagged.replaced, language)] if tagged.replaced else ()),
        ]
    total = sampled.recipe.amount.partition("/")[2]
    figures = {"total": number(int(total), language), "property": tagged.property}
    texts = [_counted("done", counts[0], language, tag=tagged.tags[0], **figures)]
    if sampled.each is not None:
        each = number(sampled.each, language)
        by = sampled.recipe.by or ""
        texts.append(_counted("each", sampled.values, language, each=each, by=by))
    texts += _short(sampled.shortages, "short", language)
    if sampled.left_out:
        kind = "value" if sampled.each is not None else "vector"
        texts.append(_counted(f"left_out_{kind}", sampled.left_out, language))
    return texts


def how_made(line: str | None, language: str) -> str | None:
    """Return a recipe of the log as people read it; None where a text is none."""
    made = recipe.read(line)
    if made is None or f"sampling.made_{made.how}" not in keys("en"):
        return None
    return ", ".join(_parts_of(made, language))


def _parts_of(made: Recipe, language: str) -> list[str]:
    def text(key: str, **params: object) -> str:
        return translate(f"sampling.made_{key}", language, **params)

    if made.how == "split":
        total = number(made.of or 0, language)
        key = "split_by" if made.by else "split"
        parts = [text(key, shares=made.amount, total=total, by=made.by or "")]
    else:
        count, _, total = made.amount.partition("/")
        parts = [text(made.how, count=count, total=total, by=made.by or "")]
    parts.append(text("seed", seed=made.seed))
    if made.encoder:
        parts.append(text("vectors", encoder=made.encoder, vectors=made.vectors or ""))
    if made.selection is not None:
        parts.append(text("selection", count=made.selection))
    if made.view:
        parts.append(text("view", view=made.view))
    return parts


def _copies(count: int, language: str) -> list[str]:
    return [_counted("copies", count, language) if count else _text("no_copies", language)]


def _short(shortages: Sequence[Shortage], key: str, language: str) -> list[str]:
    worst = sorted(shortages, key=lambda short: short.count)
    texts = [
        _text(
            key,
            language,
            name=short.name,
            count=number(short.count, language),
            missing=number(short.wanted - short.count, language),
        )
        for short in worst[:NAMED]
    ]
    more = len(worst) - NAMED
    return [*texts, _counted(f"{key}_more", more, language)] if more > 0 else texts


def _counted(key: str, count: int, language: str, **params: object) -> str:
    number_word = "one" if count == 1 or (language == "fr" and count < 2) else "other"
    return _text(f"{key}_{number_word}", language, count=number(count, language), **params)


def _text(key: str, language: str, **params: object) -> str:
    return translate(f"sampling.{key}", language, **params)
