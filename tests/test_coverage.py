"""No package's tests reach less of its code than they did: a floor for each, measured once.

Lines and branches together, of what runs in the tests' own process: commands that tests start as
processes are not counted. The floors stand two points below what was measured.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUITES = ("tests/panoptic_data", "tests/app", "tests/pipelines")
FLOORS = {
    "app": 85,
    "app/api": 94,
    "app/commands": 37,
    "app/components": 80,
    "app/screens": 66,
    "app/server": 63,
    "app/services": 85,
    "app/session": 82,
    "app/widgets": 74,
    "panoptic_data": 61,
    "panoptic_data/annotations": 95,
    "panoptic_data/catalogue": 94,
    "panoptic_data/duplicates": 96,
    "panoptic_data/encoders": 89,
    "panoptic_data/exchange": 94,
    "panoptic_data/ingest": 97,
    "panoptic_data/labelling": 95,
    "panoptic_data/media": 95,
    "panoptic_data/messages": 83,
    "panoptic_data/provenance": 93,
    "panoptic_data/query": 97,
    "panoptic_data/search": 96,
    "panoptic_data/storage": 91,
    "panoptic_data/vectors": 95,
    "panoptic_data/views": 96,
    "pipelines": 91,
}


@pytest.mark.slow
def test_each_package_keeps_its_coverage(tmp_path):
    report = tmp_path / "coverage.json"
    measured = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *SUITES,
         "--cov", "--cov-branch", f"--cov-report=json:{report}"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert measured.returncode == 0, measured.stdout[-4000:]
    percent = _percent_by_package(json.loads(report.read_text()))
    assert set(percent) == set(FLOORS)
    low = {name: round(value, 1) for name, value in percent.items() if value < FLOORS[name]}
    assert not low


def _percent_by_package(report):
    covered, total = defaultdict(int), defaultdict(int)
    for path, file in report["files"].items():
        package = _package(Path(path))
        summary = file["summary"]
        covered[package] += summary["covered_lines"] + summary["covered_branches"]
        total[package] += summary["num_statements"] + summary["num_branches"]
    return {name: 100 * covered[name] / total[name] for name in total if total[name]}


def _package(path):
    """Return ``panoptic_data/views`` for a file of it, ``pipelines`` for all of its own."""
    room, *rest = path.parts
    return f"{room}/{rest[0]}" if room != "pipelines" and len(rest) > 1 else room
