"""Properties that people define: a typed column of images or of files.

Here: what a property is, and the changes that create, update and reorder properties. Not here:
its values (``state``, ``edits``), what a value looks like (``values``), tags (``tags``). The
functions that change properties write nothing: they return changes for ``Store.commit``.
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
from panoptic_data.text import name_key

__all__ = ["EXCLUDED", "TARGETS", "Property", "create", "new_id", "read", "update"]

TARGETS = ("image", "file")
# Images taken out of the corpus have a value under this name.
EXCLUDED = "excluded"
LONGEST_NAME = 200
_PARTS = ("name", "type", "target", "folder", "place", "options", "hidden", "deleted")
_ID_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Property:
    """One property.

    ``folder`` is the heading under which it is listed, ``place`` its order. ``options`` of a
    number: least, most, step (numbers), slider, stars (Booleans; ``ratings``); of a checkbox: pick;
    other types have none.
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
    def is_multi_valued(self) -> bool:
        """Whether one image or file can have several values."""
        return self.type == "tags"


def new_id() -> str:
    """Return eight random letters and digits, unique in practice."""
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
    """Return a new property and the changes that create it. Raises InvalidProperty."""
    name = _checked_name(known, name)
    if type not in TYPES:
        raise InvalidProperty("type", name=type, known=", ".join(TYPES))
    if target not in TARGETS:
        raise InvalidProperty("target", name=target)
    place = max((prop.place for prop in known.values()), default=0.0) + 1
    prop = Property(new_id(), name, type, target, folder, place, _options(type, options or {}))
    parts = {part: getattr(prop, part) for part in _PARTS}
    return prop, [_change(prop.id, part, value) for part, value in parts.items() if value]


def update(known: Mapping[str, Property], id: str, **parts: Any) -> list[Change]:
    """Return the changes that give a property other parts: name, folder, place, hidden, ….

    Its type is changed by ``edits.convert``, with its values. Raises InvalidProperty.
    """
    prop = known.get(id)
    if prop is None:
        raise InvalidProperty("unknown", name=id)
    if "name" in parts:
        parts["name"] = _checked_name(known, parts["name"], id)
    if "options" in parts:
        parts["options"] = _options(prop.type, parts["options"])
    unknown = set(parts) - set(_PARTS) | set(parts) & {"target"}
    if unknown:
        raise InvalidProperty("part", name=min(unknown))
    return [
        _change(id, part, value, getattr(prop, part))
        for part, value in parts.items()
        if value != getattr(prop, part)
    ]


def reorder(known: Mapping[str, Property], order: Sequence[str]) -> list[Change]:
    """Return the changes that put properties in this order; those not named come after."""
    others = [prop for prop in known.values() if prop.id not in order]
    others.sort(key=lambda prop: prop.place)
    ids = [*(id for id in order if id in known), *(prop.id for prop in others)]
    return [
        _change(id, "place", float(place), known[id].place)
        for place, id in enumerate(ids)
        if known[id].place != place
    ]


def read(parts: Mapping[str, Mapping[str, str]]) -> dict[str, Property]:
    """Return properties from the JSON texts of their parts, in their order, those with a name."""
    known = {}
    for id, texts in parts.items():
        values = {part: json.loads(text) for part, text in texts.items() if part in _PARTS}
        if "name" in values and values.get("type") in TYPES:
            known[id] = Property(id, **values)
    return dict(sorted(known.items(), key=lambda item: (item[1].place, item[0])))


def _checked_name(known: Mapping[str, Property], name: str, id: str | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidProperty("name", name=name[:40], most=LONGEST_NAME)
    taken = {name_key(prop.name) for prop in known.values() if prop.id != id and not prop.deleted}
    if name_key(name) in taken:
        raise InvalidProperty("taken", name=name)
    return name


def _options(type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a number, or a box, checked; other types have none."""
    if type == "checkbox":
        return {"pick": True} if options.get("pick") else {}
    if type != "number":
        return {}
    numbers = {key: options[key] for key in ("least", "most", "step") if key in options}
    are_numbers = all(isinstance(number, int | float) for number in numbers.values())
    is_range = numbers.get("least", 0) < numbers.get("most", float("inf"))
    if not are_numbers or not is_range or numbers.get("step", 1) <= 0:
        raise InvalidProperty("options", name=json.dumps(dict(options)))
    shown = {name: True for name in ("slider", "stars") if options.get(name)}
    return {**numbers, **shown}


def _change(id: str, part: str, value: Any, old: Any = None) -> Change:
    return Change("property", id, part, "set", _json(value), _json(old))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
