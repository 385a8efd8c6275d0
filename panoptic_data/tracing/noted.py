"""The chains of what people noted: a tag or a value, its event in the log, batch, author, import.

Not here: what is computed (``pictures``, ``computed``), what a state is (``annotations``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from panoptic_data.annotations.log import EVENT_SCHEMA, TABLE
from panoptic_data.annotations.proposals import proposed, proposer
from panoptic_data.annotations.store import annotations_of
from panoptic_data.errors import DataUnavailable
from panoptic_data.storage.sql import literal
from panoptic_data.tracing.chain import Chain
from panoptic_data.tracing.model import Lineage, Step
from panoptic_data.tracing.pictures import add_picture, encoder_label

if TYPE_CHECKING:
    from datetime import datetime

    from panoptic_data.annotations.properties import Property
    from panoptic_data.annotations.state import State
    from panoptic_data.tracing.chain import Scene

__all__ = ["Noted", "noted_values", "of_noted"]


@dataclass(frozen=True)
class Noted:
    """One value of a property on an image or on one of its files; ``tag`` is the id of a tag."""

    prop: Property
    target: str
    value: str
    text: str
    author: str
    at: datetime
    batch: str
    act: str | None
    proposed: dict[str, Any]

    @property
    def tag(self) -> str | None:
        """The id of the tag, where the value is one."""
        return self.value if self.prop.has_tags else None

    @property
    def kind(self) -> str:
        """Which of ``KINDS`` it is."""
        return "tag" if self.prop.has_tags else "property"

    @property
    def name(self) -> str:
        """By what it is asked for: the name of the tag, or of the property."""
        return self.text if self.prop.has_tags else self.prop.name


def noted_values(scene: Scene) -> list[Noted]:
    """Return every value of the image and of the file that is named, in order of property."""
    state = annotations_of(scene.project).state(fresh=True)
    targets = [scene.subject.sha1, *(file["file_id"] for file in scene.subject.files[:1])]
    held = [state.values_of_target(target) for target in targets]
    return [
        noted
        for prop in state.live_properties
        for values in held
        for row in values.get(prop.id, pl.DataFrame()).to_dicts()
        for noted in [_noted(state, prop, row)]
        if noted is not None
    ]


def of_noted(chain: Chain, noted: Noted) -> Lineage:
    """Return the lineage of a tag or value, back to who gave it and in which import."""
    scene = chain.scene
    is_of_file = noted.prop.target == "file"
    add_picture(chain, until="file" if is_of_file else "image")
    events = _events(scene, noted)
    own = _own_event(events, noted)
    about = events["about"][0] if events.height else None
    by = proposer(noted.act)
    chain.add(Step("author", "author", noted.author))
    source: tuple[str, ...] = ()
    if by == "import":
        chain.add(Step("import", "import", about or ""))
        source = ("import",)
    model = noted.proposed if by == "model" else {}
    if by == "model":
        label = encoder_label(scene.text_of_slug.get(model.get("encoder", "")), "")
        chain.add(Step("suggestion", "suggestion", label or noted.text, model))
        source = ("suggestion",)
    act = noted.act
    facts: dict[str, Any] = {"batch": noted.batch, "act": act, "about": about, "at": noted.at}
    chain.add(Step("batch", "batch", act or "", facts), "author", *source)
    if own is not None:
        facts = {name: own[name] for name in ("number", "op", "old", "new")}
        chain.add(Step("event", "event", str(own["number"]), facts), "batch")
    facts = {
        "property": noted.prop.name,
        "type": noted.prop.type,
        "value": noted.text,
        "target": noted.prop.target,
        "author": noted.author,
        "at": noted.at,
        "proposed_by": by,
        **model,
        "approved_by": noted.author if by in ("import", "model") else None,
    }
    before = "event" if own is not None else "batch"
    chain.add(
        Step(noted.kind, noted.kind, noted.text, facts), "file" if is_of_file else "image", before
    )
    return chain.lineage(
        noted.kind,
        noted.name,
        _key(by, model),
        property=noted.prop.name,
        value=noted.text,
        author=noted.author,
        at=noted.at,
        about=about,
        model=model,
    )


def _noted(state: State, prop: Property, row: dict[str, Any]) -> Noted | None:
    text = row["value"]
    if prop.has_tags:
        tag = state.tags.get(row["value"])
        if tag is None or tag.deleted:
            return None
        text = tag.name
    names = ("target", "value", "author", "at", "batch", "act")
    target, value, author, at, batch, act = (row[name] for name in names)
    model: dict[str, Any] = {}
    if prop.has_tags:
        rows = proposed(state, value).filter(target=target).select("encoder", "score").to_dicts()
        model = rows[0] if rows else {}
    return Noted(prop, target, value, text, author, at, batch, act, model)


def _events(scene: Scene, noted: Noted) -> pl.DataFrame:
    """Return the events of the batch on this target; none where the log cannot be read."""
    where = f"batch = {literal(noted.batch)} AND target = {literal(noted.target)}"
    try:
        return scene.project.database().frame(TABLE, list(EVENT_SCHEMA), where).sort("number")
    except DataUnavailable:
        return pl.DataFrame(schema=EVENT_SCHEMA)


def _own_event(events: pl.DataFrame, noted: Noted) -> dict[str, Any] | None:
    """Return the last event of the batch that gave the value."""
    rows: list[dict[str, Any]] = events.filter(property=noted.prop.id).to_dicts()
    given = [row for row in rows if noted.value in (row["new"], *_listed(row["new"]))]
    return given[-1] if given else None


def _listed(text: str | None) -> list[str]:
    """Return the ids in a JSON list of tags; nothing where a text is none."""
    if not text or not text.startswith("["):
        return []
    try:
        return [str(item) for item in json.loads(text)]
    except ValueError:
        return []


def _key(by: str | None, model: dict[str, Any]) -> str:
    if by == "model" and model.get("score") is not None:
        return "noted_model_scored"
    return f"noted_{by or 'unknown'}"
