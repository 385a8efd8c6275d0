"""The page Pipeline: stages, encoders, runs, folders, and files with problems.

Everything is read from the tables that runs write. Not here: adding up
(``panoptic_data.provenance.overview``), starting a run (``services.jobs``), the progress of the
current run in a few words (``widgets.run_progress``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from app.services import jobs
from app.services.dagster_page import command, page
from app.session import open_version, state
from app.widgets import (
    empty_states,
    folders,
    multilingual_offer,
    outdated_stages,
    stage_parameters,
    version_banner,
)
from app.widgets.html_table import Cell, bar, details, duration, moment, table
from app.widgets.unavailable import guarded
from panoptic_data.errors import weights_cause
from panoptic_data.ingest import sources
from panoptic_data.messages import translate
from panoptic_data.provenance import overview, runs
from panoptic_data.provenance.overview import ProblemFile, StageSummary
from panoptic_data.storage.project import Project
from panoptic_data.vectors import outdated
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["show"]

STYLE = Path(__file__).with_name("pipeline.css")
# Progress is written every two seconds; a shorter interval shows nothing new.
REFRESH_SECONDS = 2.0
# Within this a run that has something to do is in its table; one that has nothing has ended.
START_SECONDS = 8.0
RUNS_LISTED = 20
PROBLEMS_LISTED = 200

Running = Mapping[str, Any] | None


def show() -> None:
    """Draw the page."""
    st.html(STYLE)
    project = state.project()
    if project is None:
        empty_states.no_project()
        return
    with st.container(key="pipeline", gap=None):
        _controls(project)
        with st.container(key="pipeline_columns", gap=None):
            with st.container(key="pipeline_main", gap="small"):
                _show_results(project)
            with st.container(key="pipeline_side", gap="small"):
                folders.show(project)
                _problems(project)


@st.fragment(run_every=REFRESH_SECONDS)
@guarded
def _controls(project: Project) -> None:
    if project.version:
        version_banner.read_only()
        return
    running = runs.current(project)
    with st.container(key="pipeline_controls", horizontal=True, vertical_alignment="center"):
        if running is None:
            _run_buttons(project)
        elif st.button(_text("stop"), icon=":material/stop:", help=_text("stop_help")):
            jobs.stop_processing(project)
            st.toast(_text("stopping"))
        st.html(f'<p role="status">{_status_line(project, running)}</p>')
        _dagster_link(project)


def _run_buttons(project: Project) -> None:
    has_folders = bool(sources.listing(project))
    if st.button(
        _text("run"),
        icon=":material/play_arrow:",
        help=_text("run_help"),
        disabled=not has_folders,
    ):
        _start(project)
    with st.popover(_text("more"), icon=":material/more_horiz:", disabled=not has_folders):
        if st.button(_text("refit"), help=_text("refit_help"), type="tertiary"):
            _start(project, refit=True)
        if st.button(_text("retry"), help=_text("retry_help"), type="tertiary"):
            _start(project, retry=True)
    stage_parameters.show(project)


def _start(
    project: Project, *, refit: bool = False, retry: bool = False, stages: Sequence[str] = ()
) -> None:
    process = jobs.start_processing(project, refit=refit, retry=retry, stages=stages)
    with st.spinner(_text("looking")):
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if runs.current(project) is not None:
                break
            time.sleep(0.1)
    if process.poll() is None:
        st.toast(_text("started"))
    elif process.returncode == 0:
        # A run that finds nothing to do is not written to the tables.
        st.toast(_text("nothing_new"))
    else:
        st.toast(_text("not_started", reason=jobs.last_log_line(project)))


def _status_line(project: Project, running: Running) -> str:
    if running is not None:
        return escape(_text("running_since", when=moment(running["started_at"])))
    last = runs.recent(project, 1).to_dicts()
    if not last:
        return escape(_text("never_ran"))
    when = moment(last[0]["started_at"])
    return escape(_text(f"last_{last[0]['outcome']}", when=when))


def _dagster_link(project: Project) -> None:
    address = page(project)
    if address is not None:
        st.link_button(_text("dagster"), address, icon=":material/open_in_new:", type="tertiary")
        return
    with st.popover(_text("dagster"), help=_text("dagster_help")):
        st.markdown(_text("dagster_start"))
        st.code(command(project), language="bash", wrap_lines=True)


@st.fragment(run_every=REFRESH_SECONDS)
@guarded
def _show_results(project: Project) -> None:
    running = runs.current(project)
    _stages(project, running)
    _encoders(project)
    _history(project, running)


def _stages(project: Project, running: Running) -> None:
    names = {encoder.slug: encoder.name for encoder in state.encoders(project) if encoder.is_ready}
    summaries = outdated.summaries(project, list(names))
    late = outdated.outdated_stages(project, list(names), summaries)
    why = {stage.name: outdated.reason(stage, state.language()) for stage in late}
    if not project.version:
        outdated_stages.show(
            late,
            names,
            is_running=running is not None,
            on_recompute=lambda chosen: _start(project, stages=chosen),
        )
    numeric = ("images", "last_change", "took", "rate")
    headings: list[str | Cell] = [
        _text("stage"),
        _text("state"),
        *(Cell(_text(name), _text(f"{name}_title"), "figure") for name in numeric),
        _text("when"),
        Cell(_text("version"), _text("version_title")),
    ]
    rows = [_stage_row(stage, running, names, why.get(stage.name)) for stage in summaries]
    st.html(f"<h2>{escape(_text('stages'))}</h2>{table(headings, rows, _text('stages'))}")


def _stage_row(
    stage: StageSummary, running: Running, names: Mapping[str, str], why: str | None
) -> list[Cell]:
    name = _text(f"kind_{stage.kind}")
    is_known = stage.at is not None
    encoder = f" <small>{escape(names[stage.encoder])}</small>" if stage.encoder else ""
    return [
        Cell(
            escape(name) + encoder,
            _text(f"kind_{stage.kind}_title"),
            is_markup=True,
        ),
        _stage_status(stage, running, why),
        Cell(state.number(stage.rows) if is_known else "–", kind="figure"),
        Cell(_changes(stage), kind="figure"),
        Cell(duration(stage.seconds) if is_known else "–", kind="figure"),
        Cell(state.number(stage.rate) if stage.rate else "–", kind="figure"),
        Cell(moment(stage.at)),
        Cell(stage.version[:8] or "–", stage.version, "digest"),
    ]


def _stage_status(stage: StageSummary, running: Running, why: str | None) -> Cell:
    if running is not None and not _is_done(stage, running):
        progress = json.loads(running["progress"] or "{}")
        steps = [step for key, step in progress.items() if key in (*stage.parts, stage.name)]
        done, total = sum(s["done"] for s in steps), sum(s["total"] for s in steps)
        if done < total:
            figures = _text("of", done=state.number(done), total=state.number(total))
            return Cell(f"{bar(done, total)} {escape(figures)}", kind="working", is_markup=True)
        if stage.why == "unfinished":
            return Cell(_text("at_work"), kind="working")
    if stage.why is None:
        return Cell(_text("current"), kind="current")
    return Cell(_text(f"why_{stage.why}"), why or _text(f"why_{stage.why}_title"), "stale")


def _is_done(stage: StageSummary, running: Mapping[str, Any]) -> bool:
    """Whether this run has finished the stage, whatever its last report of progress says."""
    is_made = stage.why is None and stage.at is not None
    return is_made and stage.at >= running["started_at"]


def _changes(stage: StageSummary) -> str:
    if stage.at is None:
        return "–"
    signed_counts = [("+", stage.new), ("~", stage.changed), ("−", stage.removed)]
    parts = [f"{sign}{state.number(count)}" for sign, count in signed_counts if count]
    if stage.failed:
        parts.append(_text("failed_count", count=state.number(stage.failed)))
    return " · ".join(parts) or _text("unchanged")


def _encoders(project: Project) -> None:
    rows = project.database().frame("encoders").sort("slug").to_dicts()
    st.html(f"<h2>{escape(_text('encoders'))}</h2>")
    if not rows:
        st.html(f'<p class="none">{escape(_text("no_encoders"))}</p>')
        return
    headings: list[str | Cell] = [
        _text("encoder"),
        _text("state"),
        Cell(_text("vectors"), kind="figure"),
        Cell(_text("length"), _text("length_title"), "figure"),
        _text("words"),
        Cell(_text("on"), _text("on_title")),
    ]
    names = {encoder.slug: encoder.name for encoder in state.encoders(project)}
    listed = [_encoder_row(project, row, names[row["slug"]]) for row in rows]
    notes = "".join(_weights_help(row) for row in rows if row["cause"])
    st.html(table(headings, listed, _text("encoders")) + notes)
    if state.language() != "en":
        multilingual_offer.offer(project)


def _encoder_row(project: Project, row: Mapping[str, Any], name: str) -> list[Cell]:
    waits = bool(row["cause"]) or row["status"] != "ready"
    is_ready = row["status"] == "ready"
    ran = " · ".join(
        str(part)
        for part in (row["device"], row["dtype"], row["batch"] and f"× {row['batch']}")
        if part
    )
    return [
        Cell(name, f"{row['text']} ({row['slug']})"),
        Cell(_text("waiting" if waits else "ready"), kind="stale" if waits else "current"),
        Cell(state.number(overview.vector_count(project, row["slug"])), kind="figure"),
        Cell(state.number(row["dim"]) if row["dim"] else "–", kind="figure"),
        Cell(_text("yes" if row["reads_text"] else "no") if is_ready else "–"),
        Cell(ran or "–"),
    ]


def _weights_help(row: Mapping[str, Any]) -> str:
    cause = weights_cause(row["cause"] or "", state.language())
    text = escape(_text("how_to_get", encoder=row["text"], cause=cause))
    steps = "".join(
        f"<li>{escape(_text(f'get_{way}'))} <code>{escape(line)}</code></li>"
        for way, line in (
            ("online", "panoptic process --retry"),
            ("local", "panoptic encoders add clip:ViT-B-32?weights=/path/to/weights"),
        )
    )
    return f'<div class="note"><p>{text}</p><ul>{steps}</ul></div>'


def _history(project: Project, running: Running) -> None:
    now = running["run"] if running else None
    listed = [row for row in runs.recent(project, RUNS_LISTED).to_dicts() if row["run"] != now]
    st.html(f"<h2>{escape(_text('history'))}</h2>")
    if not listed:
        st.html(f'<p class="none">{escape(_text("no_history"))}</p>')
        return
    st.html(f'<div class="runs">{"".join(map(_run, listed))}</div>')


def _run(row: Mapping[str, Any]) -> str:
    counts = json.loads(row["counts"] or "{}")
    took = (row["finished_at"] or row["updated_at"]) - row["started_at"]
    summary = counts.get("summary") or {}
    summary_text = _text("run_summary", **_summary_numbers(summary)) if summary else ""
    # A run that was killed could not write its outcome.
    outcome = "interrupted" if row["outcome"] == "running" else row["outcome"]
    line = (
        f'<span class="when">{escape(moment(row["started_at"]))}</span>'
        f'<span class="outcome {escape(outcome)}">{escape(_text(f"outcome_{outcome}"))}</span>'
        f'<span class="took">{escape(duration(took.total_seconds()))}</span>'
        f'<span class="said">{escape(summary_text)}</span>'
    )
    pairs = [
        (_text("run_error"), row["error"]),
        (_text("run_who"), row["who"]),
        (_text("run_code"), row["code_version"]),
        (_text("run_parameters"), _as_text(json.loads(row["parameters"] or "{}"))),
        (_text("run_id"), row["run"]),
        (_text("run_dagster"), ", ".join(row["dagster_runs"] or ())),
        *((stage, _as_text(values)) for stage, values in counts.items() if stage != "summary"),
    ]
    return details(line, [(name, value) for name, value in pairs if value])


def _summary_numbers(summary: Mapping[str, Any]) -> dict[str, str]:
    names = ("files", "images", "new", "changed", "removed", "unreadable", "embedded")
    return {name: state.number(summary.get(name) or 0) for name in names}


def _as_text(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
        if value not in (None, [], {}, 0, False)
    )


@st.fragment(run_every=REFRESH_SECONDS)
@guarded
def _problems(project: Project) -> None:
    counts = overview.reason_counts(project)
    st.html(f"<h2>{escape(_text('problems'))}</h2>")
    if not counts:
        st.html(f'<p class="none">{escape(_text("no_problems"))}</p>')
        return
    with st.container(key="problem_choice", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _text("reason"),
            list(counts),
            index=None,
            placeholder=_text("all_reasons", count=state.number(sum(counts.values()))),
            format_func=lambda reason: (
                f"{_first_sentence(reason)} ({state.number(counts[reason])})"
            ),
            label_visibility="collapsed",
        )
        path = f"/problems.csv?lang={state.language()}"
        address = open_version.route_to(project, path)
        st.html(f'<a class="export" href="{address}" download>{escape(_text("export"))}</a>')
    total = counts[chosen] if chosen else sum(counts.values())
    st.html(_problem_items(project, chosen, total))
    _link_to_damaged(project, counts)


def _problem_items(project: Project, reason: str | None, total: int) -> str:
    listed = overview.problem_files(project, reason, PROBLEMS_LISTED)
    lines = "".join(map(_problem_item, listed))
    rest = total - len(listed)
    more = escape(_text("more_problems", count=state.number(rest))) if rest > 0 else ""
    return f'<ul class="problems">{lines}</ul><p class="none">{more}</p>'


def _problem_item(problem: ProblemFile) -> str:
    path = f"{escape(problem.source)}/{escape(problem.path)}"
    reason = escape(_reason_text(problem.reason or problem.status))
    detail = f"<small>{escape(problem.detail)}</small>" if problem.detail else ""
    return f'<li><b title="{path}">{path}</b><span>{reason}</span>{detail}</li>'


def _first_sentence(reason: str) -> str:
    """Return the first sentence of a reason: what is wrong, without what to do."""
    return _reason_text(reason).partition(". ")[0].rstrip(".")


def _reason_text(reason: str) -> str:
    if reason == overview.SIDECAR:
        return state.text("image.sidecar_unread")
    return translate(f"reason.{reason}", state.language())


def _link_to_damaged(project: Project, counts: Mapping[str, int]) -> None:
    if set(counts) <= {"missing", "purged", overview.SIDECAR}:
        return
    view = View().with_condition("status", ["unreadable"])
    address = open_version.page_address(project, "/", view=model.to_address(view))
    st.html(f'<p class="none"><a href="{address}">{escape(_text("see_damaged"))}</a></p>')


def _text(name: str, /, **params: object) -> str:
    return state.text(f"pipeline.{name}", **params)
