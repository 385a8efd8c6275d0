"""Samples of a view, and its parts for training, over HTTP: what they would be, then as tags.

Not here: which images they take (``panoptic_data.sampling``), which are meant (``targets``).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field
from starlette.routing import Route

from app.api.annotation_writer import Writer, writing
from app.api.endpoint import answering
from app.api.request_body import Id, KeptRequest, Name, one_of
from app.api.targets import Targets, TargetsRequest
from app.services import sampling_text
from panoptic_data.annotations.decisions import Decision
from panoptic_data.annotations.deleted import live_property
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import OtherImages
from panoptic_data.messages import translate
from panoptic_data.notebook_sampling import default_tag, level_of
from panoptic_data.sampling.among import Among
from panoptic_data.sampling.sample import METHODS, Sampled, sample
from panoptic_data.sampling.split import read_shares, split
from panoptic_data.sampling.tagging import Tagged, decide
from panoptic_data.views import model
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import Level

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["SamplingRequest", "routes"]

KINDS = ("sample", "split")
# As much as a whole number of JavaScript holds.
SEED_AT_MOST = 2**53


def routes(project: Project) -> list[Route]:
    """Return the route of samples and divisions.

    ``POST /sampling``: ``targets`` as for ``/annotate`` (a view, or what is selected in it),
    ``kind`` (sample, split), ``seed``; of a sample ``method``, ``count``, ``by``, ``tag``; of a
    division ``shares`` ("80/10/10"), ``by``. ``by`` is a field as ``group:`` of a query names it,
    or ``property:`` and an id. Answers what ``/annotate`` does, with ``lines`` (sentences that say
    what it is), ``count``, ``total``, ``tag``, ``property`` and ``digest`` of the images. With
    ``dry`` nothing is written; with that ``digest`` what was shown is written, or refused.
    """
    posted = answering(project, writing(SamplingRequest, _sampling))
    return [Route("/sampling", posted, methods=["POST"])]


class SamplingRequest(KeptRequest):
    """The body of ``POST /sampling``."""

    targets: TargetsRequest
    kind: Annotated[str, one_of(KINDS)]
    seed: Annotated[int, Field(ge=0, le=SEED_AT_MOST)] = 1
    method: Annotated[str, one_of(METHODS)] = "chance"
    count: Annotated[int, Field(ge=1)] = 100
    by: Name | None = None
    shares: Name = "80/10/10"
    encoder: Id | None = None
    property: Name | None = None
    tag: Name | None = None
    digest: Id | None = None
    dry: bool = False


def _sampling(writer: Writer, request: SamplingRequest) -> dict[str, Any]:
    if writer.is_stored:
        return writer.decide(lambda _: Decision((), request.kind))
    language = writer.caller.language
    among = _among(writer.project, request)
    sampled = _sampled(writer.project, among, request, language)
    digest = _digest(sampled)
    if request.digest is not None and request.digest != digest:
        raise OtherImages
    key = "property" if request.kind == "sample" else "split_property"
    property = request.property or translate(f"sampling.{key}", language)
    wanted = default_tag(sampled, language) if request.kind == "sample" else ""

    def choose(state: State) -> Decision[dict[str, Any]]:
        decision = decide(state, sampled, property, request.tag or None, wanted)
        tagged = decision.result
        result = {
            "lines": sampling_text.lines(sampled, tagged, language),
            "count": sum(map(len, sampled.images.values())),
            "total": len(among),
            "tag": _tag_text(tagged),
            "property": tagged.property,
            "digest": digest,
        }
        return Decision(decision.changes, decision.act, decision.about, result=result)

    return choose(writer.state).result if request.dry else writer.decide(choose)


def _among(project: Project, request: SamplingRequest) -> Among:
    current = registry.get(project)
    view = model.from_address(request.targets.view)
    sha1s = Targets.of(project, request.targets).sha1s
    # The browser may name all images of a view one by one: those that were seen.
    shown = np.unique(run_view(current, view.grouped_by().sorted_by()).rows)
    is_whole = set(sha1s) == set(current.sha1s(shown))
    selected = None if is_whole else len(sha1s)
    return Among.of_images(current, view, sha1s, request.seed, selected)


def _sampled(project: Project, among: Among, request: SamplingRequest, language: str) -> Sampled:
    level = _level(project, request.by, language) if request.by else None
    if request.kind == "split":
        return split(among, request.seed, read_shares(request.shares), level=level)
    is_balanced = request.method == "balanced"
    return sample(
        among,
        request.method,
        request.count,
        request.seed,
        encoder=request.encoder,
        level=level if is_balanced else None,
    )


def _level(project: Project, text: str, language: str) -> Level:
    prefix, _, id = text.partition(":")
    if prefix != "property":
        return level_of(project, text, language)
    prop = live_property(registry.get(project).annotations, id)
    return Level(property_field(prop.type, prop.id))


def _digest(sampled: Sampled) -> str:
    """Return a digest of which image gets what."""
    lines = (f"{name}:{','.join(sorted(sha1s))}" for name, sha1s in sampled.images.items())
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=10).hexdigest()


def _tag_text(tagged: Tagged) -> str:
    return ", ".join(tagged.tags)
