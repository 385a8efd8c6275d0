"""The page Pipeline: what has been made of the folders, what is stale, what went wrong.

Everything is read from the tables that runs leave behind. Not here: adding up (``overview``),
starting a run (``server.jobs``), what runs now in a few words (``widgets.run_progress``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from app.server import jobs
from app.session import state
from app.widgets import empty_states
from app.widgets.dagster_page import command, page
from app.widgets.html_table import Cell, bar, details, duration, moment, table
from panoptic_data.errors import PanopticError, weights_cause
from panoptic_data.ingest import sources
from panoptic_data.messages import translate
from panoptic_data.provenance import overview, runs
from panoptic_data.provenance.overview import StageSummary
from panoptic_data.storage.project import Project
from panoptic_data.views import model
from panoptic_data.views.model import View

__all__ = ["show"]

STYLE = Path(__file__).with_name("pipeline.css")
# Progress is written every two seconds; looking more often shows nothing new.
LOOK_EVERY = 2.0
# A run that has something to do says so within this; one that has nothing has ended.
NEWS_WITHIN = 8.0
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
                _made(project)
            with st.container(key="pipeline_side", gap="small"):
                _folders(project)
                _problems(project)


@st.fragment(run_every=LOOK_EVERY)
def _controls(project: Project) -> None:
    running = runs.current(project)
    with st.container(key="pipeline_controls", horizontal=True, vertical_alignment="center"):
        if running is None:
            _run_buttons(project)
        elif st.button(_say("stop"), icon=":material/stop:", help=_say("stop_help")):
            jobs.stop_processing(project)
            st.toast(_say("stopping"))
        st.html(f'<p role="status">{_state_of(project, running)}</p>')
        _dagster(project)


def _run_buttons(project: Project) -> None:
    has_folders = bool(sources.listing(project))
    if st.button(
        _say("run"),
        icon=":material/play_arrow:",
        help=_say("run_help"),
        disabled=not has_folders,
    ):
        _start(project)
    with st.popover(_say("more"), icon=":material/more_horiz:", disabled=not has_folders):
        if st.button(_say("refit"), help=_say("refit_help"), type="tertiary"):
            _start(project, refit=True)
        if st.button(_say("retry"), help=_say("retry_help"), type="tertiary"):
            _start(project, retry=True)


def _start(project: Project, *, refit: bool = False, retry: bool = False) -> None:
    process = jobs.start_processing(project, refit=refit, retry=retry)
    with st.spinner(_say("looking")):
        until = time.monotonic() + NEWS_WITHIN
        while process.poll() is None and time.monotonic() < until:
            if runs.current(project) is not None:
                break
            time.sleep(0.1)
    if process.poll() is None:
        st.toast(_say("started"))
    elif process.returncode == 0:
        # A run that finds nothing to do leaves no trace in the tables.
        st.toast(_say("nothing_new"))
    else:
        st.toast(_say("not_started", reason=jobs.last_log_line(project)))


def _state_of(project: Project, running: Running) -> str:
    if running is not None:
        return escape(_say("running_since", when=moment(running["started_at"])))
    last = runs.recent(project, 1).to_dicts()
    if not last:
        return escape(_say("never_ran"))
    when = moment(last[0]["started_at"])
    return escape(_say(f"last_{last[0]['outcome']}", when=when))


def _dagster(project: Project) -> None:
    address = page()
    if address is not None:
        st.link_button(_say("dagster"), address, icon=":material/open_in_new:", type="tertiary")
        return
    with st.popover(_say("dagster"), help=_say("dagster_help")):
        st.markdown(_say("dagster_start"))
        st.code(command(project), language="bash", wrap_lines=True)


@st.fragment(run_every=LOOK_EVERY)
def _made(project: Project) -> None:
    running = runs.current(project)
    _stages(project, running)
    _encoders(project)
    _history(project, running)


def _stages(project: Project, running: Running) -> None:
    names = {one.slug: one.name for one in state.encoders(project) if one.is_ready}
    made = overview.stage_summaries(project, list(names))
    figure = ("images", "last_change", "took", "rate")
    headings: list[str | Cell] = [
        _say("stage"),
        _say("state"),
        *(Cell(_say(name), _say(f"{name}_title"), "figure") for name in figure),
        _say("when"),
        Cell(_say("version"), _say("version_title")),
    ]
    rows = [_stage_row(one, running, names) for one in made]
    st.html(f"<h2>{escape(_say('stages'))}</h2>{table(headings, rows, _say('stages'))}")


def _stage_row(stage: StageSummary, running: Running, names: Mapping[str, str]) -> list[Cell]:
    name = _say(f"kind_{stage.kind}")
    known = stage.at is not None
    of = f" <small>{escape(names[stage.encoder])}</small>" if stage.encoder else ""
    return [
        Cell(
            escape(name) + of,
            _say(f"kind_{stage.kind}_title"),
            is_markup=True,
        ),
        _stage_state(stage, running),
        Cell(state.number(stage.rows) if known else "–", kind="figure"),
        Cell(_changes(stage), kind="figure"),
        Cell(duration(stage.seconds) if known else "–", kind="figure"),
        Cell(state.number(stage.rate) if stage.rate else "–", kind="figure"),
        Cell(moment(stage.at)),
        Cell(stage.version[:8] or "–", stage.version, "digest"),
    ]


def _stage_state(stage: StageSummary, running: Running) -> Cell:
    if running is not None and not _is_through(stage, running):
        progress = json.loads(running["progress"] or "{}")
        steps = [step for key, step in progress.items() if key in (*stage.parts, stage.name)]
        done, total = sum(s["done"] for s in steps), sum(s["total"] for s in steps)
        if done < total:
            figures = _say("of", done=state.number(done), total=state.number(total))
            return Cell(f"{bar(done, total)} {escape(figures)}", kind="working", is_markup=True)
        if stage.why == "unfinished":
            return Cell(_say("at_work"), kind="working")
    if stage.why is None:
        return Cell(_say("current"), kind="current")
    return Cell(_say(f"why_{stage.why}"), _say(f"why_{stage.why}_title"), "stale")


def _is_through(stage: StageSummary, running: Mapping[str, Any]) -> bool:
    """Whether this run has made the stage already, whatever its last report of progress says."""
    is_made = stage.why is None and stage.at is not None
    return is_made and stage.at >= running["started_at"]


def _changes(stage: StageSummary) -> str:
    if stage.at is None:
        return "–"
    told = [("+", stage.new), ("~", stage.changed), ("−", stage.removed)]
    said = [f"{sign}{state.number(count)}" for sign, count in told if count]
    if stage.failed:
        said.append(_say("failed_count", count=state.number(stage.failed)))
    return " · ".join(said) or _say("unchanged")


def _encoders(project: Project) -> None:
    rows = project.database().frame("encoders").sort("slug").to_dicts()
    st.html(f"<h2>{escape(_say('encoders'))}</h2>")
    if not rows:
        st.html(f'<p class="none">{escape(_say("no_encoders"))}</p>')
        return
    headings: list[str | Cell] = [
        _say("encoder"),
        _say("state"),
        Cell(_say("vectors"), kind="figure"),
        Cell(_say("length"), _say("length_title"), "figure"),
        _say("words"),
        Cell(_say("on"), _say("on_title")),
    ]
    names = {one.slug: one.name for one in state.encoders(project)}
    listed = [_encoder_row(project, row, names[row["slug"]]) for row in rows]
    notes = "".join(_how_to_get(row) for row in rows if row["status"] != "ready")
    st.html(table(headings, listed, _say("encoders")) + notes)


def _encoder_row(project: Project, row: Mapping[str, Any], name: str) -> list[Cell]:
    is_ready = row["status"] == "ready"
    ran = " · ".join(
        str(part)
        for part in (row["device"], row["dtype"], row["batch"] and f"× {row['batch']}")
        if part
    )
    return [
        Cell(name, f"{row['text']} ({row['slug']})"),
        Cell(_say("ready" if is_ready else "waiting"), kind="current" if is_ready else "stale"),
        Cell(state.number(overview.vector_count(project, row["slug"])), kind="figure"),
        Cell(state.number(row["dim"]) if row["dim"] else "–", kind="figure"),
        Cell(_say("yes" if row["reads_text"] else "no") if is_ready else "–"),
        Cell(ran or "–"),
    ]


def _how_to_get(row: Mapping[str, Any]) -> str:
    cause = weights_cause(row["cause"] or "", state.language())
    text = escape(_say("how_to_get", encoder=row["text"], cause=cause))
    steps = "".join(
        f"<li>{escape(_say(f'get_{way}'))} <code>{escape(line)}</code></li>"
        for way, line in (
            ("online", "panoptic process --retry"),
            ("local", "panoptic encoders add clip:ViT-B-32?weights=/path/to/weights"),
        )
    )
    return f'<div class="note"><p>{text}</p><ul>{steps}</ul></div>'


def _history(project: Project, running: Running) -> None:
    now = running["run"] if running else None
    listed = [row for row in runs.recent(project, RUNS_LISTED).to_dicts() if row["run"] != now]
    st.html(f"<h2>{escape(_say('history'))}</h2>")
    if not listed:
        st.html(f'<p class="none">{escape(_say("no_history"))}</p>')
        return
    st.html(f'<div class="runs">{"".join(map(_run, listed))}</div>')


def _run(row: Mapping[str, Any]) -> str:
    counts = json.loads(row["counts"] or "{}")
    took = (row["finished_at"] or row["updated_at"]) - row["started_at"]
    summary = counts.get("summary") or {}
    said = _say("run_summary", **_figures(summary)) if summary else ""
    # A run that was killed had no time to say how it ended.
    outcome = "interrupted" if row["outcome"] == "running" else row["outcome"]
    line = (
        f'<span class="when">{escape(moment(row["started_at"]))}</span>'
        f'<span class="outcome {escape(outcome)}">{escape(_say(f"outcome_{outcome}"))}</span>'
        f'<span class="took">{escape(duration(took.total_seconds()))}</span>'
        f'<span class="said">{escape(said)}</span>'
    )
    pairs = [
        (_say("run_error"), row["error"]),
        (_say("run_who"), row["who"]),
        (_say("run_code"), row["code_version"]),
        (_say("run_parameters"), _written(json.loads(row["parameters"] or "{}"))),
        (_say("run_id"), row["run"]),
        (_say("run_dagster"), ", ".join(row["dagster_runs"] or ())),
        *((stage, _written(told)) for stage, told in counts.items() if stage != "summary"),
    ]
    return details(line, [(name, value) for name, value in pairs if value])


def _figures(summary: Mapping[str, Any]) -> dict[str, str]:
    names = ("files", "images", "new", "changed", "removed", "unreadable", "embedded")
    return {name: state.number(summary.get(name) or 0) for name in names}


def _written(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
        if value not in (None, [], {}, 0, False)
    )


def _folders(project: Project) -> None:
    st.html(f"<h2>{escape(_say('folders'))}</h2>")
    _folder_counts(project)
    with (
        st.form("add_folder", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        place = st.text_input(
            _say("add_folder"), placeholder=_say("add_placeholder"), help=_say("add_help")
        )
        added = st.form_submit_button(_say("add"), icon=":material/create_new_folder:")
    if added:
        _add(project, place)


@st.fragment(run_every=LOOK_EVERY)
def _folder_counts(project: Project) -> None:
    listed = overview.source_summaries(project)
    if not listed:
        st.html(f'<p class="none">{escape(_say("no_folders"))}</p>')
        return
    headings: list[str | Cell] = [
        _say("folder"),
        Cell(_say("images"), _say("folder_images_title"), "figure"),
        Cell(_say("files"), kind="figure"),
        Cell(_say("not_shown"), _say("not_shown_title"), "figure"),
    ]
    rows = [
        [
            Cell(
                f"{escape(one.name)}<small>{escape(one.uri)}</small>",
                _say("added_on", when=moment(one.added_at)),
                "place",
                is_markup=True,
            ),
            Cell(state.number(one.images), kind="figure"),
            Cell(state.number(one.ok + one.unreadable), kind="figure"),
            Cell(state.number(one.unreadable + one.missing), kind="figure"),
        ]
        for one in listed
    ]
    st.html(table(headings, rows, _say("folders")))


def _add(project: Project, place: str) -> None:
    if not place.strip():
        st.error(_say("add_empty"))
        return
    try:
        source = sources.add(project, Path(place.strip().strip("\"'")).expanduser())
    except PanopticError as error:
        st.error(error.message(state.language()))
        return
    jobs.process_next(project)
    st.success(_say("added", name=source.name))


@st.fragment(run_every=LOOK_EVERY)
def _problems(project: Project) -> None:
    counted = overview.reason_counts(project)
    st.html(f"<h2>{escape(_say('problems'))}</h2>")
    if not counted:
        st.html(f'<p class="none">{escape(_say("no_problems"))}</p>')
        return
    with st.container(key="problem_choice", horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _say("reason"),
            list(counted),
            index=None,
            placeholder=_say("all_reasons", count=state.number(sum(counted.values()))),
            format_func=lambda reason: f"{_title(reason)} ({state.number(counted[reason])})",
            label_visibility="collapsed",
        )
        address = f"/problems.csv?lang={state.language()}"
        st.html(f'<a class="export" href="{address}" download>{escape(_say("export"))}</a>')
    total = counted[chosen] if chosen else sum(counted.values())
    st.html(_problem_list(project, chosen, total))
    _link_to_damaged(counted)


def _problem_list(project: Project, reason: str | None, total: int) -> str:
    listed = overview.problem_files(project, reason, PROBLEMS_LISTED)
    lines = "".join(
        f'<li><b title="{escape(one.source + "/" + one.path)}">{escape(one.source)}/'
        f"{escape(one.path)}</b><span>{escape(_reason(one.reason or one.status))}</span>"
        f"{_detail(one.detail)}</li>"
        for one in listed
    )
    rest = total - len(listed)
    more = escape(_say("more_problems", count=state.number(rest))) if rest > 0 else ""
    return f'<ul class="problems">{lines}</ul><p class="none">{more}</p>'


def _detail(detail: str | None) -> str:
    return f"<small>{escape(detail)}</small>" if detail else ""


def _title(reason: str) -> str:
    """Return the first sentence of a reason: what is wrong, without what to do."""
    return _reason(reason).partition(". ")[0].rstrip(".")


def _reason(reason: str) -> str:
    return translate(f"reason.{reason}", state.language())


def _link_to_damaged(counted: Mapping[str, int]) -> None:
    if set(counted) <= {"missing"}:
        return
    view = View().with_condition("status", ["unreadable"])
    address = f"/?view={model.to_address(view)}"
    st.html(f'<p class="none"><a href="{address}">{escape(_say("see_damaged"))}</a></p>')


def _say(name: str, /, **params: object) -> str:
    return state.say(f"pipeline.{name}", **params)
