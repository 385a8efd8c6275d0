"""Long work for a page: in a thread of its own, and stopped when nobody waits for its result.

Not here: the work (``suggestions``, ``class_suggestions``).
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.api.endpoint import NO_STORE, Caller, error_answer, language
from app.api.request_body import (
    BODY_BYTES,
    BodyTooLargeError,
    Id,
    InvalidBodyError,
    RequestBody,
    read_bytes,
    refusal,
    validate,
)
from app.services import identity
from panoptic_data.errors import PanopticError
from panoptic_data.messages import LANGUAGES

if TYPE_CHECKING:
    from panoptic_data.labelling.active_learning import Check
    from panoptic_data.storage.project import Project

__all__ = ["SpokenRequest", "cancellable"]

# What a web server logs where the client closed the connection; nobody reads it.
_CLIENT_CLOSED = 499


class SpokenRequest(RequestBody):
    """A request that may name the language of its prompts and of its answer."""

    language: Id | None = None


_Body = TypeVar("_Body", bound=SpokenRequest)
_Handle = Callable[["Project", _Body, Caller, "Check"], dict[str, Any]]


class _CancelledError(Exception):
    """Nobody waits for the answer any more."""


def cancellable(
    project: Project, body_type: type[_Body], handle: _Handle[_Body]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that hands the checked body to ``handle`` and sends its result as JSON.

    ``handle`` gets a function ``check`` to call now and then: it raises when the client has gone.
    """

    async def endpoint(request: Request) -> Response:
        try:
            raw = await read_bytes(request, BODY_BYTES)
        except BodyTooLargeError:
            return Response(status_code=413)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_CLOSED)
        is_gone = threading.Event()
        responses: list[Response] = []

        def respond() -> Response:
            return _respond(project, request, raw, body_type, handle, is_gone)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, request, is_gone)
            responses.append(await anyio.to_thread.run_sync(respond))
            tasks.cancel_scope.cancel()
        return responses[0]

    return endpoint


async def _watch(request: Request, is_gone: threading.Event) -> None:
    """Wait until the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    is_gone.set()


def _respond(
    project: Project,
    request: Request,
    raw: bytes,
    body_type: type[_Body],
    handle: _Handle[_Body],
    is_gone: threading.Event,
) -> Response:
    def check() -> None:
        if is_gone.is_set():
            raise _CancelledError

    spoken = language(request)
    try:
        body = validate(body_type, raw)
        spoken = body.language if body.language in LANGUAGES else spoken
        caller = Caller(identity.of_request(request), spoken)
        return JSONResponse(handle(project, body, caller, check), headers=NO_STORE)
    except InvalidBodyError as error:
        return refusal(error, spoken)
    except PanopticError as error:
        return error_answer(project, error, spoken)
    except _CancelledError:
        return Response(status_code=_CLIENT_CLOSED)
