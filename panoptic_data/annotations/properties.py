"""Properties that people define: a typed column of images or of files.

Here: what a property is, and the changes that make, alter and delete one. Not here: reading and
writing its values (``annotations``, ``edits``), what a value looks like (``values``), tags.
Every function returns changes that have not been written: ``store.commit`` does that.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from panoptic_data.annotations.log import Change
from panoptic_data.annotations.values import TYPES
from panoptic_data.errors import InvalidProperty

__all__ = ["EXCLUDED", "TARGETS", "Property", "create", "new_id", "read", "update"]

TARGETS = ("image", "file")
# The state of an image that was taken out of the corpus; written like a value.
EXCLUDED = "excluded"
LONGEST_NAME = 200
_PARTS = ("name", "type", "target", "folder", "place", "options", "hidden", "deleted")
_ID_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Property:
    """One property. ``options`` of a number: least, most, step (numbers), slider (a truth).

    ``folder`` is the heading under which it stands, ``place`` its order.
    """

    id: str
    name: str
    type: str
    target: str = "image"
    folder: str | None = None
    place: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    hidden: bool = False
    deleted: bool = False

    @property
    def has_tags(self) -> bool:
        """Whether its values are tags."""
        return self.type in ("tag", "tags")

    @property
    def holds_several(self) -> bool:
        """Whether one cell can hold several values."""
        return self.type == "tags"


def new_id() -> str:
    """Return eight letters and digits that nothing else is called by."""
    return "".join(secrets.choice(_ID_SIGNS) for _ in range(8))


def create(
    known: Mapping[str, Property],
    name: str,
    type: str,
    *,
    target: str = "image",
    folder: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[Property, list[Change]]:
    """Return a new property and the changes that make it. Raises InvalidProperty."""
    name = _checked_name(known, name)
    if type not in TYPES:
        raise InvalidProperty("type", name=type, known=", ".join(TYPES))
    if target not in TARGETS:
        raise InvalidProperty("target", name=target)
    last = max((one.place for one in known.values()), default=0.0)
    made = Property(new_id(), name, type, target, folder, last + 1, _options(type, options or {}))
    parts = {part: getattr(made, part) for part in _PARTS}
    return made, [_change(made.id, part, value) for part, value in parts.items() if value]


def update(known: Mapping[str, Property], id: str, **parts: Any) -> list[Change]:
    """Return the changes that give a property other parts: name, folder, place, hidden, ….

    Its type is changed by ``edits.converted``, with its values. Raises InvalidProperty.
    """
    one = known.get(id)
    if one is None:
        raise InvalidProperty("unknown", name=id)
    if "name" in parts:
        parts["name"] = _checked_name(known, parts["name"], id)
    if "options" in parts:
        parts["options"] = _options(one.type, parts["options"])
    unknown = set(parts) - set(_PARTS) | set(parts) & {"target"}
    if unknown:
        raise InvalidProperty("part", name=min(unknown))
    return [
        _change(id, part, value, getattr(one, part))
        for part, value in parts.items()
        if value != getattr(one, part)
    ]


def reorder(known: Mapping[str, Property], order: Sequence[str]) -> list[Change]:
    """Return the changes that put properties in this order; those not named come after."""
    rest = sorted((one for one in known.values() if one.id not in order), key=lambda it: it.place)
    ids = [*(id for id in order if id in known), *(one.id for one in rest)]
    return [
        _change(id, "place", float(place), known[id].place)
        for place, id in enumerate(ids)
        if known[id].place != place
    ]


def read(parts: Mapping[str, Mapping[str, str]]) -> dict[str, Property]:
    """Return properties from the texts of their parts, in their order; nameless ones are not."""
    found = {}
    for id, texts in parts.items():
        values = {part: json.loads(text) for part, text in texts.items() if part in _PARTS}
        if "name" in values and values.get("type") in TYPES:
            found[id] = Property(id, **values)
    return dict(sorted(found.items(), key=lambda item: (item[1].place, item[0])))


def _checked_name(known: Mapping[str, Property], name: str, id: str | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidProperty("name", name=name[:40], most=LONGEST_NAME)
    taken = {one.name.casefold() for one in known.values() if one.id != id and not one.deleted}
    if name.casefold() in taken:
        raise InvalidProperty("taken", name=name)
    return name


def _options(type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a number; other types have none."""
    if type != "number":
        return {}
    numbers = {key: options[key] for key in ("least", "most", "step") if key in options}
    is_right = all(isinstance(one, int | float) for one in numbers.values())
    is_range = numbers.get("least", 0) < numbers.get("most", float("inf"))
    if not is_right or not is_range or numbers.get("step", 1) <= 0:
        raise InvalidProperty("options", name=json.dumps(dict(options)))
    return {**numbers, "slider": True} if options.get("slider") else numbers


def _change(id: str, part: str, value: Any, old: Any = None) -> Change:
    texts = [None if one is None else json.dumps(one, ensure_ascii=False) for one in (value, old)]
    return Change("property", id, part, "set", *texts)
