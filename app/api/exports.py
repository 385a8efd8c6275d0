"""The zips of exports, to be downloaded.

Not here: making them (``app.services.export_process``).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.api.endpoint import NO_STORE, answering
from app.services import export_jobs
from panoptic_data.storage.project import Project

__all__ = ["routes"]


def routes(project: Project) -> list[Route]:
    """Return ``GET /exports/ID/NAME.zip``: what an export to be downloaded wrote; else 404."""
    return [Route("/exports/{id}/{name}", answering(project, _download))]


def _download(project: Project, request: Request) -> Response:
    job = export_jobs.get(project, request.path_params["id"])
    if job is None or job.phase != "done" or request.path_params["name"] != job.zip_name:
        return Response(status_code=404)
    file = export_jobs.folder_of(project, job.id) / job.zip_name
    if not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, media_type="application/zip", filename=file.name, headers=NO_STORE)
