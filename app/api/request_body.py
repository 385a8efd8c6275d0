"""What a page posts: read no further than a limit, and checked against a model of the request.

A model is a subclass of :class:`RequestBody`, beside the routes that take it. Everything that is
wrong with a body comes back in one answer. Not here: any model (``annotations``, ``duplicates``,
``imports``, ``property_changes``, ``suggestions`` …).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import anyio.from_thread
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.api.endpoint import NO_STORE, Answer, Caller, language
from panoptic_data.annotations.log import Edit
from panoptic_data.errors import OtherProject
from panoptic_data.messages import translate
from panoptic_data.storage.project import Project

__all__ = [
    "BODY_BYTES",
    "Address",
    "BodyTooLargeError",
    "Id",
    "Ids",
    "InvalidBodyError",
    "KeptRequest",
    "Name",
    "Names",
    "RequestBody",
    "Sha1",
    "Sha1List",
    "Sha1s",
    "Text",
    "one_of",
    "read",
    "read_bytes",
    "refusal",
    "validate",
    "with_body",
]

# A million sha1s as JSON.
BODY_BYTES = 64 * 2**20
# What is wrong beyond the first few says nothing new.
PROBLEMS_AT_MOST = 20

# Ids of properties, tags, batches, encoders, columns.
Id = Annotated[str, Field(max_length=1_000)]
Ids = Annotated[list[Id], Field(max_length=100_000, fail_fast=True)]
# Longer than any name that is accepted: the refusal of a long one names its greatest length.
Name = Annotated[str, Field(max_length=10_000)]
Names = Annotated[list[Name], Field(max_length=100_000, fail_fast=True)]
Text = Annotated[str, Field(max_length=2**20)]
# The address of a view; one with a long selection is kept with the project.
Address = Annotated[str, Field(max_length=2**22)]
Sha1 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
# As many as a body holds. Each is a plain text, which is checked five times as fast as a pattern:
# what names no image of the corpus is left out when they are looked up.
Sha1s = Annotated[list[str], Field(max_length=2_000_000, fail_fast=True)]
# For lists that are short, or where a sha1 that is none is an error of whoever sends it.
Sha1List = Annotated[list[Sha1], Field(max_length=2_000_000, fail_fast=True)]


class RequestBody(BaseModel):
    """The JSON object of a request: strict types; keys that no field has are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)


class KeptRequest(RequestBody):
    """A request that its browser keeps until it is stored, and sends again until then.

    ``edit`` is the browser's own id of it: what is stored already is not stored again. ``repeat``
    says that it was sent before. ``project`` is the id of the project that it is of: another may
    be served at the same address by now.
    """

    project: Id | None = None
    edit: Annotated[str, Field(min_length=16, max_length=100)] | None = None
    repeat: bool = False

    def sent_edit(self) -> Edit | None:
        """Return the edit by its id; None where it has none."""
        return None if self.edit is None else Edit(self.edit, self.repeat)

    def check_project(self, served: Project) -> None:
        """Raise OtherProject where it is of another project than the one that is served."""
        if self.project is not None and self.project != served.id:
            raise OtherProject(name=served.name)


_Body = TypeVar("_Body", bound=RequestBody)


class InvalidBodyError(ValueError):
    """A body that is no request of ours; ``problems`` are what is wrong with which field."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


class BodyTooLargeError(ValueError):
    """A body of more bytes than are read."""


def one_of(allowed: Sequence[str]) -> AfterValidator:
    """Return the check that a text is one of some."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


async def read_bytes(request: Request, limit: int) -> bytes:
    """Return the body of a request. Raises BodyTooLargeError beyond ``limit`` bytes.

    One whose length is said to be greater is not read at all.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise BodyTooLargeError
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


def validate(body_type: type[_Body] | TypeAdapter[_Body], raw: bytes) -> _Body:
    """Return the JSON of a body as a model. Raises InvalidBodyError with all that is wrong."""
    try:
        if isinstance(body_type, TypeAdapter):
            return body_type.validate_json(raw)
        return body_type.model_validate_json(raw)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidBodyError(
            *((".".join(map(str, part["loc"])), part["msg"]) for part in errors)
        ) from None


def read(
    request: Request, body_type: type[_Body] | TypeAdapter[_Body], limit: int = BODY_BYTES
) -> _Body:
    """Read and check the body of a request, in a thread that ``answering`` runs.

    Raises BodyTooLargeError, InvalidBodyError.
    """
    return validate(body_type, anyio.from_thread.run(read_bytes, request, limit))


def with_body(
    body_type: type[_Body] | TypeAdapter[_Body],
    handle: Callable[[Project, _Body, Caller], dict[str, Any] | Response],
    limit: int = BODY_BYTES,
) -> Answer:
    """Return an answer that hands the checked body to ``handle`` and sends its result as JSON."""

    def answer(project: Project, request: Request) -> Response:
        try:
            body = read(request, body_type, limit)
            result = handle(project, body, Caller.of(request))
        except BodyTooLargeError:
            return Response(status_code=413)
        except InvalidBodyError as error:
            return refusal(error, language(request))
        return result if isinstance(result, Response) else JSONResponse(result, headers=NO_STORE)

    return answer


def refusal(
    error: InvalidBodyError, language: str, text: str = "annotate.unreadable"
) -> JSONResponse:
    """Return the answer to a body that is no request of ours, status 400.

    ``message`` is for people, in their language; ``problems`` are for who writes a client.
    """
    problems = [
        {"field": field, "problem": problem} for field, problem in error.problems[:PROBLEMS_AT_MOST]
    ]
    message = translate(text, language)
    return JSONResponse({"error": "unreadable", "message": message, "problems": problems}, 400)
