"""What runs on the project, at the bottom of every page."""

import json
import os
import platform
from datetime import UTC, datetime

import pytest
from filelock import FileLock

from app.widgets.run_progress import Step, current_step
from panoptic_data.provenance.runs import LOCK
from tests import synthetic
from tests.app.page import page_text, run


def test_failed_run_is_told_with_its_time_and_can_be_tried_again(corpus):
    row = {
        "run": "r",
        "what": "process",
        "started_at": synthetic.AT,
        "finished_at": synthetic.AT,
        "outcome": "failed",
        "error": "The disk is full.\nmore",
    }
    synthetic.write(corpus, "runs", [row])
    page = run()
    assert "The last run failed on 2026-01-02 03:04: The disk is full." in page_text(page)
    assert page.button(key="again").label == "Try again"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "<b>Computing vectors</b> · 1,620 of 3,000"),
        ("fr", "<b>Calcul des vecteurs</b> · 1\u202f620 sur 3\u202f000"),
    ],
)
def test_work_under_way_is_told_with_how_far_it_is(corpus, language, text):
    progress = {
        "files/s": {"done": 9, "total": 9},
        "embeddings/visual/s": {"done": 1000, "total": 1000},
        "embeddings/visual/t": {"done": 620, "total": 2000},
    }
    row = {
        "run": "r",
        "what": "process",
        "started_at": synthetic.AT,
        "updated_at": datetime.now(UTC),
        "who": f"someone@{platform.node()}",
        "pid": os.getpid(),
        "progress": json.dumps(progress),
        "outcome": "running",
    }
    synthetic.write(corpus, "runs", [row])
    with FileLock(corpus.root / LOCK):
        page = run(language)
    assert text in page_text(page)
    assert page.button(key="stop_work").label == {"en": "Stop", "fr": "Arrêter"}[language]


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ({}, Step("starting", 0, 0)),
        ({"files/s": (3, 0)}, Step("starting", 0, 0)),
        ({"images/s": (3, 9), "files/s": (9, 9)}, Step("images", 3, 9)),
        ({"images/s": (9, 9), "clusters/v": (1, 1)}, Step("clusters", 1, 1)),
    ],
)
def test_stage_at_work_is_the_first_that_is_not_through(done, expected):
    progress = {key: {"done": first, "total": last} for key, (first, last) in done.items()}
    assert current_step(progress) == expected
