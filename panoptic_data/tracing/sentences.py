"""Lineage as one short sentence, in a person's language.

Not here: what it says (``computed``, ``noted``), the texts (``messages``, section ``lineage``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panoptic_data.messages import translate

if TYPE_CHECKING:
    from panoptic_data.tracing.model import Lineage, Origin

__all__ = ["sentence"]

# Similarities from here on are written with more digits.
ALL_ALIKE = 0.99


def sentence(lineage: Lineage, language: str) -> str:
    """Return the sentence of a lineage in ``language`` (en or fr)."""
    key, params = lineage.text
    texts: dict[str, object] = {name: _plain(value) for name, value in params.items()}
    texts |= _of_row(params.get("row") or {}, language)
    texts |= _of_fit(params.get("fit"), key, language)
    texts["vectors"] = _vectors(params.get("vectors"), language)
    if params.get("model"):
        model = params["model"]
        texts["score"] = _figure(model["score"], language)
        texts["encoder"] = model["encoder"]
    if "cosine" in params:
        texts["cosine"] = _figure(params["cosine"], language)
    if "count" in params and "givers" in params:
        texts["givers"] = params["givers"] or "–"
    if "least" in params:
        texts["least"] = _figure(params["least"], language)
    if "origin" in params:
        origin: Origin | None = params["origin"]
        texts["at"] = _day(origin.at if origin else None, language)
    if "dim" in params:
        texts["dim"] = params["dim"] or "?"
    return translate(f"lineage.{key}", language, **texts)


def _vectors(made: Mapping[str, Any] | None, language: str) -> str:
    """Return “CLIP ViT-B-32 vectors of 2026-11-21, made from the thumbnail of posters/a.jpg”."""
    if made is None:
        return ""
    if not made["picture"]:
        key = "vectors_of_all" if made["at"] else "vectors_of_all_undated"
        date = _plain(made["at"])
        return translate(f"lineage.{key}", language, encoder=made["encoder"], date=date)
    picture = translate(f"lineage.from_{made['picture']}", language, path=made["path"])
    key = "vectors" if made["at"] else "vectors_undated"
    return translate(
        f"lineage.{key}",
        language,
        encoder=made["encoder"],
        date=_plain(made["at"]),
        picture=picture,
    )


def _of_row(row: Mapping[str, Any], language: str) -> dict[str, object]:
    texts: dict[str, object] = {}
    if row.get("cluster") is not None:
        texts["number"] = row["cluster"]
    for name in ("x", "y"):
        if row.get(name) is not None:
            texts[name] = _figure(row[name], language)
    distance = row.get("distance")
    if distance is not None:
        texts["bits"] = round(distance)
        texts["similarity"] = _figure(1 - distance, language)
    return texts


def _of_fit(fit: Origin | None, key: str, language: str) -> dict[str, object]:
    """Return the parameters of a fit; of a number of clusters that was left to us, in words."""
    parameters = fit.parameters if fit else {}
    k = parameters.get("k")
    chosen = translate("lineage.k_chosen", language) if key.startswith("cluster_kmeans") else ""
    return {
        "k": k if k is not None else chosen,
        "seed": parameters.get("seed", "?"),
        "fitted_on": _day(fit.at if fit else None, language),
    }


def _figure(value: float | None, language: str) -> str:
    if value is None:
        return "?"
    # Of pages that are all alike the third digit and the fourth tell them apart.
    text = f"{value:.4f}" if ALL_ALIKE <= value < 1 else f"{value:.2f}"
    return text.replace(".", ",") if language == "fr" else text


def _day(at: datetime | None, language: str) -> str:
    return _plain(at) if at else translate("lineage.unknown_day", language)


def _plain(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else value
