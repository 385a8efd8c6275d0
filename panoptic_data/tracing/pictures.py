"""The chain from a file to its vector under an encoder: file, image, thumbnail, vector.

Not here: what is computed from vectors (``computed``).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from panoptic_data import encoders
from panoptic_data.storage.schema import table_name
from panoptic_data.tracing.chain import Chain
from panoptic_data.tracing.model import Lineage, Step

__all__ = [
    "add_picture",
    "add_vector",
    "encoder_facts",
    "encoder_label",
    "file_step",
    "of_picture",
    "of_vector",
]

_IMAGE = ("format", "mode", "width", "height", "orientation", "run", "thumbnail")
_OF_ENCODER = ("fingerprint", "weights", "device", "dtype", "dim")


def of_picture(chain: Chain, kind: str) -> Lineage | None:
    """Return the lineage of the file, the image or the thumbnail (``kind``)."""
    add_picture(chain, until=kind)
    step = chain.steps[-1] if chain.steps else None
    if step is None or step.kind != kind:
        return None
    params = {"path": chain.scene.subject.path, **step.details, "origin": step.origin}
    return chain.lineage(kind, "", kind, **params)


def of_vector(chain: Chain, slug: str) -> Lineage | None:
    """Return the lineage of the image's vector under an encoder; None where it has none."""
    made = add_vector(chain, slug)
    if made is None:
        return None
    return chain.lineage("vector", slug, "vector", vectors=made, dim=made["dim"])


def add_picture(chain: Chain, until: str = "thumbnail") -> None:
    """Add file, image and thumbnail, as far as they are there."""
    scene = chain.scene
    file = scene.subject.file
    if file is not None:
        chain.add(file_step(chain, file))
    row = scene.row("images", scene.subject.sha1, _IMAGE)
    if row is None or until == "file":
        return
    source = file["source"] if file else ""
    origin = scene.records.origin(row["run"], f"images/{source}", parts=True)
    stale = scene.records.stale(f"images/{source}")
    facts = {name: row[name] for name in ("format", "mode", "width", "height", "orientation")}
    facts = {"sha1": scene.subject.sha1, "files": len(scene.subject.files), **facts}
    image = Step("image", "image", scene.subject.sha1, facts, origin, stale)
    chain.add(image, "file")
    if until == "image" or row["thumbnail"] is None:
        return
    width, height = _size(row["thumbnail"])
    facts = {"width": width, "height": height, "bytes": len(row["thumbnail"])}
    step = Step("thumbnail", "thumbnail", f"{width} × {height}", facts, origin, stale)
    chain.add(step, "image")


def file_step(chain: Chain, file: dict[str, Any], id: str = "file") -> Step:
    """Return the step of a row of ``files``."""
    name = f"{file['source']}/{file['path']}"
    facts = {
        "file": file["file_id"],
        "folder": chain.scene.subject.folders.get(file["source"]),
        "size": file["size"],
        "status": file["status"],
        "first_seen": file["first_seen"],
    }
    stage = f"files/{file['source']}"
    records = chain.scene.records
    origin = records.origin(file["run"], stage, parts=True)
    return Step(id, "file", name, facts, origin, records.stale(stage))


def add_vector(chain: Chain, slug: str) -> dict[str, Any] | None:
    """Add the picture and its vector; return what a sentence says of vectors of this encoder.

    ``encoder`` (its label), ``at`` (when the image's vector was made), ``picture`` (thumbnail,
    file or picture: what it was made from), ``path``, ``dim``. None where there is no vector.
    """
    scene = chain.scene
    add_picture(chain)
    name = table_name("embeddings", slug)
    row = scene.row(name, scene.subject.sha1, ("sha1", "run"))
    if row is None:
        return None
    known = scene.row("encoders", slug) or {}
    file = scene.subject.file
    stage = f"embeddings/{slug}/{file['source'] if file else ''}"
    origin = scene.records.origin(row["run"], stage, parts=True)
    made_from = _made_from(chain, known)
    label = encoder_label(known.get("text"), slug)
    facts = {"encoder": known.get("text") or slug, **encoder_facts(known)}
    facts |= {"made_from": made_from}
    before = "file" if made_from == "file" else "thumbnail"
    step = Step("vector", "vector", label, facts, origin, scene.records.stale(stage))
    chain.add(step, before)
    return {
        "encoder": label,
        "at": origin and origin.at,
        "picture": made_from or "picture",
        "path": scene.subject.path,
        "dim": known.get("dim"),
    }


def encoder_facts(known: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of an encoder, from its row: weights, device, sizes."""
    return {**{name: known.get(name) for name in _OF_ENCODER}, "batch_size": known.get("batch")}


def encoder_label(text: str | None, slug: str) -> str:
    """Return what people call an encoder: CLIP ViT-B-32; its slug where its text is not known."""
    if text is None:
        return slug
    spec = encoders.parse(text)
    if spec.family == "clip":
        return f"CLIP {spec.label.partition(' · ')[0]}"
    return spec.label


def _made_from(chain: Chain, known: dict[str, Any]) -> str | None:
    """Return what the encoder was given, as ``vectors.embeddings`` decides; None: not known."""
    thumbnail = next((step for step in chain.steps if step.kind == "thumbnail"), None)
    image = next((step for step in chain.steps if step.kind == "image"), None)
    if thumbnail is None or image is None:
        return None
    sides = [int(thumbnail.details[name]) for name in ("width", "height")]
    if sides == [image.details["width"], image.details["height"]]:
        return "thumbnail"
    wanted = encoders.parse(known["text"]).input_size if known.get("text") else None
    if wanted is None:
        return None
    return "thumbnail" if min(sides) >= wanted else "file"


def _size(thumbnail: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(thumbnail)) as picture:
        return picture.size
