"""The job `process`: in Dagster what `panoptic process` does in a terminal, by the same plan.

It opens the project when it runs, so that encoders and folders that were added since Dagster
loaded the graph are computed, too. Not here: what is done (``process``), when (``sensors``).
"""

import dagster as dg

from panoptic_data.storage.project import Project, open_project
from pipelines import jobs
from pipelines.request import Request
from pipelines.resources import LOCK_TIMEOUT, REQUEST_CONFIG

__all__ = ["build"]


def build(project: Project | None) -> dg.JobDefinition:
    """Return the job of a project; without one, of the project that is there when it runs."""

    @dg.op(
        name="compute_what_is_missing",
        config_schema={
            **REQUEST_CONFIG,
            "sources": dg.Field([str], default_value=[]),
            "version": dg.Field(
                str,
                default_value="",
                description="Name of the corpus version that is made when all is done.",
            ),
            "note": dg.Field(str, default_value="", description="What the version is made for."),
        },
        description="Reads what is new in each folder, then brings all that depends on it up to "
        "date. Refit, method and k of clusters, and another try of what waits are its config.",
    )
    def compute(context: dg.OpExecutionContext) -> None:
        from pipelines.process import process

        options = context.op_config
        request = Request.from_config(
            options, tuple(options["sources"]), options["version"] or None, options["note"]
        )
        opened = open_project(project.root if project else None)
        summary = process(opened, request, wait=LOCK_TIMEOUT)
        counts = ("files", "images", "new", "changed", "removed", "unreadable", "embedded")
        context.add_output_metadata({name: summary[name] for name in counts})
        if summary["outcome"] == "failed":
            texts = [problem["text"] for problem in summary["problems"]]
            raise dg.Failure("; ".join(texts) or "The run failed: see the table `runs`.")

    @dg.job(
        name=jobs.PROCESS,
        description="Compute all that is missing: what `panoptic process` does.",
        executor_def=dg.in_process_executor,
        tags=jobs.RETRIED_ONCE,
    )
    def process_project() -> None:
        compute()

    return process_project
