"""What the search box asks while someone types: how the text can go on, and what it would find.

Not here: what a text means and how it is completed (``panoptic_data.search``), other routes of
searches (``search``).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering, language, whole_number
from app.services import text_models
from panoptic_data.catalogue import registry, similarity
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import PanopticError
from panoptic_data.messages import keys, translate
from panoptic_data.search import completion, typed_text
from panoptic_data.search.typed_text import Encoders
from panoptic_data.views import model
from panoptic_data.views.fields import FIELDS

if TYPE_CHECKING:
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.search.typed_text import TypedText
    from panoptic_data.storage.project import Project
    from panoptic_data.views.fields import Field
    from panoptic_data.views.model import View

__all__ = ["routes"]

# So many pictures stand in a row of results.
SHOWN = 12
# Kinds of fields whose values are not listed, and how these are written.
_HINTS = ("number", "date", "text", "likeness")


def routes(project: Project) -> list[Route]:
    """Return the routes of the search box.

    - ``GET /search/complete?text=&at=&view=&encoder=&lang=``: how ``text`` can go on where the
      cursor is: ``span`` that is replaced, ``items`` (``kind``, ``label``, ``text``, ``count``,
      ``colour``, ``detail``) and ``hint``, how values are written that cannot be listed, or null.
    - ``GET /search/typed?text=&view=&words=&pictures=&lang=``: what ``text`` finds, typed while
      ``view`` is shown: ``words`` of it that belong to no filter; ``names``: ``view``, ``count``,
      ``sha1s`` of the first, or null; ``meaning``: ``view``, and ``is_loading`` while a model is
      not there yet, or null; ``needs_reader``: no encoder reads words; ``first``, which of the two
      Enter takes; ``problem``: ``message`` and ``span``, or null. ``words`` and ``pictures`` are
      the encoders of searches with words and with pictures alone.
    """
    return [
        Route("/search/complete", answering(project, _complete)),
        Route("/search/typed", answering(project, _typed)),
    ]


def _complete(project: Project, request: Request) -> Response:
    query, spoken = request.query_params, language(request)
    text = query.get("text", "")
    result = completion.complete(
        registry.get(project),
        text,
        whole_number(query.get("at"), len(text)),
        model.from_address(query.get("view", "")),
        spoken,
        query.get("encoder") or None,
    )
    items = [
        {**asdict(item), "detail": _detail(item.field, spoken) if item.kind == "field" else ""}
        for item in result.items
    ]
    payload = {"span": result.span, "items": items, "hint": _hint(result.field, spoken)}
    return JSONResponse(payload, headers=NO_STORE)


def _detail(field: str | None, language: str) -> str:
    """Return an example of a field's values, "" where there is none."""
    examples = (f"searchbox.example_{name}" for name in (field, _kind(field)))
    return next((translate(key, language) for key in examples if key in keys("en")), "")


def _hint(field: str | None, language: str) -> str | None:
    kind = _kind(field)
    return translate(f"searchbox.hint_{kind}", language) if kind in _HINTS else None


def _kind(field: str | None) -> str | None:
    known: Field | None = FIELDS.get(field or "")
    return None if known is None else known.kind


def _typed(project: Project, request: Request) -> Response:
    query, spoken = request.query_params, language(request)
    catalogue = registry.get(project)
    shown = model.from_address(query.get("view", ""))
    encoders = Encoders(query.get("words") or None, query.get("pictures") or None)
    typed = typed_text.read(catalogue, query.get("text", ""), shown, encoders)
    problem, span, names = typed.problem, typed.span, None
    try:
        names = _names(catalogue, typed, encoders)
    except PanopticError as error:
        problem = error
    payload = {
        "words": typed.words,
        "names": names,
        "meaning": _meaning(project, typed, encoders),
        "needs_reader": typed.needs_reader,
        "first": None if problem else typed_text.first_choice(catalogue, typed, shown),
        "problem": problem and {"message": problem.message(spoken), "span": span},
    }
    return JSONResponse(payload, headers=NO_STORE)


def _names(catalogue: Catalogue, typed: TypedText, encoders: Encoders) -> dict[str, Any] | None:
    """Return what the filters and names find; without a count where a model has to be loaded."""
    if typed.names is None:
        return None
    address = model.to_address(typed.names)
    if _is_loading(catalogue.project, typed.names, encoders):
        return {"view": address, "count": None, "sha1s": []}
    result = run_view(catalogue, typed.names.grouped_by())
    return {
        "view": address,
        "count": len(result),
        "sha1s": catalogue.sha1s(result.rows[:SHOWN]),
    }


def _meaning(project: Project, typed: TypedText, encoders: Encoders) -> dict[str, Any] | None:
    if typed.meaning is None:
        return None
    is_loading = _is_loading(project, typed.meaning, encoders)
    return {"view": model.to_address(typed.meaning), "is_loading": is_loading}


def _is_loading(project: Project, view: View, encoders: Encoders) -> bool:
    """Whether a view has to wait for a model, which is loaded from now on."""
    slug = similarity.reader_of(view)
    if slug is None or slug != encoders.words or text_models.is_ready(project, slug):
        return False
    return not text_models.wait(project, slug, 0)
