"""The page Versions: corpus versions are made, opened, compared, restored, checked and deleted.

Not here: what they are (``panoptic_data.versions``), how differences are shown
(``widgets.version_differences``), the banner at a version (``widgets.version_banner``).
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from app.screens.page import needs_project
from app.services import identity, jobs
from app.services.background_work import BackgroundWork
from app.session import open_version, state
from app.session.callbacks import uninterrupted
from app.session.language import image_count
from app.widgets import disk_use, version_banner, version_differences
from app.widgets.html_table import moment
from app.widgets.version_differences import Sides
from panoptic_data.integrity.clean import Cleaned
from panoptic_data.storage.project import Project
from panoptic_data.versions import create, delete, diff, record, restore, verify
from panoptic_data.versions.delete import Freed
from panoptic_data.versions.diff import VersionDiff
from panoptic_data.versions.record import CorpusVersion
from panoptic_data.versions.verify import Verified

__all__ = ["show"]

STYLES = (Path(__file__).with_name("pipeline.css"), Path(__file__).with_name("versions.css"))
LISTED = 50
# A run at work, such as a merge of annotations, has ended by then.
WAIT_SECONDS = 60.0
# What takes no longer is shown at once.
PATIENCE_SECONDS = 1.0
REFRESH_SECONDS = 1.0
# Session: the version that is chosen, what is at work or was done last, and how many are listed.
CHOSEN = "versions.chosen"
WORK = "versions.work"
SHOWN = "versions.shown"
NOW = ""


@needs_project
def show(project: Project) -> None:
    """Draw the page."""
    st.html(f"<style>{''.join(path.read_text('utf-8') for path in STYLES)}</style>")
    now = project.now
    versions = record.list_versions(now)
    with st.container(key="versions", gap=None):
        if project.version:
            version_banner.read_only()
        else:
            _new_version(now, is_first=not versions)
        _work()
        if versions:
            with st.container(key="version_columns", gap=None):
                with st.container(key="version_list", gap=None):
                    _list(versions)
                with st.container(key="version_chosen", gap="small"):
                    _chosen(project, versions)
            disk_use.show(project, versions, _beginning)


def _new_version(project: Project, *, is_first: bool) -> None:
    if is_first:
        title, text = escape(_text("first")), escape(_text("first_help"))
        st.html(
            '<div class="heading"><span class="glyph" aria-hidden="true">bookmark_added</span>'
            f"<h1>{title}</h1><p>{text}</p></div>"
        )
    with (
        st.form("new_version", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        name = st.text_input(
            _text("name"), placeholder=_text("name_example"), max_chars=create.LONGEST_NAME
        )
        note = st.text_input(_text("note"), placeholder=_text("note_example"))
        is_sent = st.form_submit_button(_text("make"), icon=":material/bookmark_add:")
    if is_sent:
        author = identity.of_session()
        _begin(
            "made",
            lambda: _reported(
                project, create.create(project, name, note, author=author, wait=WAIT_SECONDS)
            ),
        )
        st.rerun()


# The list


def _list(versions: list[CorpusVersion]) -> None:
    shown = st.session_state.get(SHOWN, LISTED)
    chosen = _chosen_of(versions)
    for version in versions[:shown]:
        key = "chosen" if version is chosen else "version"
        with st.container(key=f"{key}_{version.id}", gap=None):
            st.button(
                version.name,
                key=f"choose_{version.id}",
                type="tertiary",
                help=version.note or None,
                on_click=uninterrupted(_choose),
                args=(version.id,),
            )
            images = _images(version)
            parts = (moment(version.at), version.author, images)
            st.html(f"<p>{escape(' · '.join(parts))}</p>")
    rest = len(versions) - shown
    if rest > 0:
        label = _text("more", count=state.number(rest))
        st.button(label, key="more_versions", on_click=uninterrupted(_show_more), args=(shown,))


def _choose(id: str) -> None:
    st.session_state[CHOSEN] = id
    st.session_state.pop(WORK, None)


def _show_more(shown: int) -> None:
    st.session_state[SHOWN] = shown + LISTED


def _chosen_of(versions: list[CorpusVersion]) -> CorpusVersion:
    """Return the version that is chosen, the newest where none is."""
    id = st.session_state.get(CHOSEN)
    return next((version for version in versions if version.id == id), versions[0])


# The chosen one


def _chosen(project: Project, versions: list[CorpusVersion]) -> None:
    version = _chosen_of(versions)
    now = project.now
    note = f"<p>{escape(version.note)}</p>" if version.note else ""
    st.html(f"<h1>{escape(version.name)}</h1>{note}")
    with st.container(key="version_acts", horizontal=True, gap="small"):
        opened = open_version.address("/", {open_version.PARAMETER: version.id})
        st.link_button(
            _text("open"), opened, icon=":material/open_in_new:", help=_text("open_help")
        )
        st.button(
            _text("verify"),
            icon=":material/verified:",
            help=_text("verify_help"),
            on_click=_beginning("verified", lambda: verify.verify(now, version.id)),
        )
        if not project.version:
            _restoring(now, version)
            _deleting(now, version)
    _comparing(now, version, versions)
    _result(now, versions)
    _citing(now, version)
    st.html(_facts(version))


def _restoring(project: Project, version: CorpusVersion) -> None:
    with st.popover(_text("restore"), icon=":material/settings_backup_restore:"):
        images = _images(version)
        st.markdown(_text("restore_help", name=version.name, images=images))
        st.button(
            _text("restore_do"),
            key="restore",
            type="primary",
            on_click=uninterrupted(_restore),
            args=(project, version),
        )


def _restore(project: Project, version: CorpusVersion) -> None:
    author = identity.of_session()
    before = restore.name_before(version, state.language())
    # In the language of the page, which the thread at work does not know.
    note = _text("before_note", name=version.name)
    _begin(
        "restored",
        lambda: _reported(
            project,
            restore.restore(
                project, version.id, before, author=author, wait=WAIT_SECONDS, note=note
            ),
        ),
    )


def _deleting(project: Project, version: CorpusVersion) -> None:
    popover = st.popover(
        _text("delete"), icon=":material/delete:", key="version_delete", on_change="rerun"
    )
    # What it frees is measured when it is asked for: that looks at every other version.
    if not popover.open:
        return
    with popover:
        freed = delete.preview(project, version.id)
        st.markdown(_text("delete_help", name=version.name, size=state.file_size(freed.bytes)))
        author = identity.of_session()
        st.button(
            _text("delete_do"),
            key="delete",
            type="primary",
            on_click=_beginning(
                "freed",
                lambda: delete.delete(project, version.id, wait=WAIT_SECONDS, author=author),
            ),
        )


def _comparing(project: Project, version: CorpusVersion, versions: list[CorpusVersion]) -> None:
    names = {NOW: _text("now"), **{other.id: other.name for other in versions}}
    del names[version.id]
    with st.container(key="compare", horizontal=True, vertical_alignment="bottom", gap="small"):
        other = st.selectbox(_text("compare_with"), list(names), format_func=lambda id: names[id])
        first, second = _in_order(version.id, other, versions)
        st.button(
            _text("compare"),
            icon=":material/compare_arrows:",
            on_click=_beginning(
                "differing", lambda: (first, second, diff.diff(project, first, second or None))
            ),
        )


def _in_order(chosen: str, other: str, versions: list[CorpusVersion]) -> tuple[str, str]:
    """Return the older of two versions first; now is the newest."""
    ids = [NOW, *(version.id for version in versions)]
    return (chosen, other) if ids.index(chosen) > ids.index(other) else (other, chosen)


def _citing(project: Project, version: CorpusVersion) -> None:
    """Show what a paper can say of a version, to be copied."""
    st.html(f"<h3>{escape(_text('cite'))}</h3>")
    images = _images(version)
    at = f"{version.at:%Y-%m-%d}"
    texts = {"project": project.name, "name": version.name, "at": at, "images": images}
    citation = _text("citation", **texts, digest=version.digest, author=version.author)
    st.code(citation, language=None, wrap_lines=True)


def _images(version: CorpusVersion) -> str:
    return image_count(version.counts["images"], version.missing, state.language())


def _facts(version: CorpusVersion) -> str:
    rows = [
        (_text("fact_at"), moment(version.at)),
        (_text("fact_author"), version.author),
        (_text("fact_digest"), version.digest),
        (_text("fact_id"), version.id),
        *(
            (_text(f"count_{name}").capitalize(), state.number(version.counts[name]))
            for name in ("images", "sources", "properties", "tags", "values", "events")
        ),
        *(
            (_text("fact_encoders"), f"{encoder['text']} · {encoder['fingerprint'] or '–'}")
            for encoder in version.used_encoders.values()
        ),
        (_text("fact_runs"), ", ".join(version.runs)),
        (_text("fact_code"), version.code_version),
    ]
    items = "".join(
        f"<dt>{escape(name.capitalize())}</dt><dd>{escape(text)}</dd>"
        for name, text in rows
        if text
    )
    return f'<dl class="facts">{items}</dl>'


# Work


def _reported(project: Project, version: CorpusVersion | None) -> CorpusVersion | None:
    """Return a version that was just made, of which Dagster is told; None where none was."""
    if version is not None:
        jobs.report_versions(project)
    return version


def _begin(kind: str, function: Callable[[], Any]) -> None:
    """Begin what may take long; what is ready within a second is shown at once."""
    work = BackgroundWork(function)
    st.session_state[WORK] = (kind, work)
    work.wait(PATIENCE_SECONDS)


def _beginning(kind: str, function: Callable[[], Any]) -> Callable[[], None]:
    """Return what a press begins, also where the page is drawn again before it comes so far."""
    return uninterrupted(lambda: _begin(kind, function))


@st.fragment(run_every=REFRESH_SECONDS)
def _work() -> None:
    """Say what is at work, and draw the page again once it has ended."""
    kind, work = st.session_state.get(WORK, ("", None))
    if work is None:
        return
    if work.is_running:
        seconds = state.text("frame.seconds", count=round(work.seconds))
        st.html(f'<p class="none" role="status">{escape(_text(f"work_{kind}"))} · {seconds}</p>')
        st.session_state["versions.was_running"] = True
        return
    if st.session_state.pop("versions.was_running", False):
        st.rerun(scope="app")
    _report(kind, work)


def _report(kind: str, work: BackgroundWork[Any]) -> None:
    if work.error is not None:
        st.error(work.error.message(state.language()))
        return
    result = work.result()
    if kind == "made":
        st.success(_text("is_made", name=result.name))
    elif kind == "restored" and result is None:
        st.info(_text("nothing_restored"))
    elif kind == "restored":
        st.success(_text("is_restored", name=result.name))
    elif kind == "freed":
        _say_freed(result)
    elif kind == "cleaned":
        _say_cleaned(result)
    elif kind == "verified":
        _say_verified(result)


def _say_freed(freed: Freed) -> None:
    st.success(_text("deleted", name=freed.version.name, size=state.file_size(freed.bytes)))


def _say_cleaned(cleaned: Cleaned) -> None:
    st.success(state.text("clean.freed", size=state.file_size(cleaned.bytes)))
    for name in cleaned.left:
        st.warning(state.text("clean.left", name=name))


def _say_verified(verified: Verified) -> None:
    name = verified.version.name
    if verified.is_whole:
        st.success(_text("whole", name=name))
        return
    language = state.language()
    lines = [
        *(_text("differing", part=part) for part in verified.differing),
        *(error.message(language) for error in verified.damaged.values()),
        *(_text("damaged_image", sha1=sha1) for sha1 in verified.images),
        *(
            _text("damaged_file", table=name, file=file)
            for name, files in verified.files.items()
            for file in files
        ),
    ]
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    st.error(_text("not_whole", name=name))
    st.html(f"<ul>{items}</ul>")


def _result(project: Project, versions: list[CorpusVersion]) -> None:
    """Draw what two versions differ in, where that was asked for."""
    kind, work = st.session_state.get(WORK, ("", None))
    if kind != "differing" or work is None or work.is_running or work.error is not None:
        return
    first, second, differing = work.result()
    names = {NOW: _text("now"), **{version.id: version.name for version in versions}}
    if first in names and second in names:
        sides = [open_version.at(project, id) if id else project for id in (first, second)]
        _show_differing(Sides(sides[0], sides[1], names[first], names[second]), differing)


def _show_differing(sides: Sides, differing: VersionDiff) -> None:
    version_differences.show(sides, differing)


def _text(name: str, /, **params: object) -> str:
    return state.text(f"corpus_versions.{name}", **params)
