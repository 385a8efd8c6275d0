"""Dagster as the README starts it: its daemon asks for runs and does them, its pages show them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

import pytest

from panoptic_data.ingest import sources
from panoptic_data.storage.project import add_encoder
from tests.models import small_timm
from tests.small_corpus import write_pictures

# The sensor looks once a minute, and other programs may keep the machine busy.
PATIENCE = 420
REPOSITORY = {
    "repositoryName": "__repository__",
    "repositoryLocationName": "pipelines.definitions",
}
START = """mutation($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } } }"""
# What Dagster's page of the timeline asks for.
TIMELINE = """{
  runsOrError(filter: {statuses: [SUCCESS, FAILURE, STARTED]}) { ... on Runs { results {
    jobName status tags { key value }
    repositoryOrigin { repositoryName repositoryLocationName } } } }
  repositoriesOrError { ... on RepositoryConnection { nodes {
    name location { name } jobs { name } } } } }"""
TICKS = """query($selector: SensorSelector!) {
  sensorOrError(sensorSelector: $selector) { ... on Sensor { sensorState { ticks {
    status skipReason error { message } } } } } }"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="ends a group of processes"),
]


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


class Dagster:
    def __init__(self, port):
        self._address = f"http://127.0.0.1:{port}/graphql"

    def query(self, text, **variables):
        body = json.dumps({"query": text, "variables": variables}).encode()
        request = urllib.request.Request(
            self._address, body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            payload = json.load(answer)
        assert "errors" not in payload, payload["errors"]
        return payload["data"]

    def is_up(self):
        try:
            data = self.query(TIMELINE)
        except OSError:
            return False
        return bool(data["repositoriesOrError"]["nodes"])

    def start_sensor(self):
        answer = self.query(START, selector=REPOSITORY | {"sensorName": "folders"})
        assert answer["startSensor"]["__typename"] == "Sensor", answer

    def ticks(self):
        answer = self.query(TICKS, selector=REPOSITORY | {"sensorName": "folders"})
        return answer["sensorOrError"]["sensorState"]["ticks"]

    def timeline(self):
        """Return the job and status of each run that the page shows in the row of that job."""
        data = self.query(TIMELINE)
        rows = {
            (node["location"]["name"], node["name"], job["name"])
            for node in data["repositoriesOrError"]["nodes"]
            for job in node["jobs"]
        }
        shown = []
        for run in data["runsOrError"]["results"]:
            origin = run["repositoryOrigin"]
            row = origin["repositoryLocationName"], origin["repositoryName"], run["jobName"]
            assert row in rows
            shown.append((run["jobName"], run["status"]))
        return sorted(shown)


@contextmanager
def dagster_dev(project, log):
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions"]
    home = {"DAGSTER_HOME": str(project.dagster_home), "PANOPTIC_PROJECT": str(project.root)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output,
            env={**os.environ, **home, "HF_HUB_OFFLINE": "1"}, start_new_session=True,
        )  # fmt: skip
    try:
        yield Dagster(port)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            # What it started and did not end.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def eventually(condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(1)
    return False


def source_of(project):
    (source,) = sources.listing(project)
    return source


def test_the_daemon_follows_a_folder_and_encoders_and_the_timeline_shows_all_runs(
    processed, folder, tmp_path
):
    database = processed.database()
    log = tmp_path / "dagster.log"
    with dagster_dev(processed, log) as dagster:
        assert eventually(dagster.is_up), log.read_text()
        # What `panoptic process` did before.
        of_terminal = [("read_source", "SUCCESS"), ("see_corpus", "SUCCESS")]
        assert dagster.timeline() == of_terminal
        dagster.start_sensor()

        write_pictures(folder, range(50, 53))
        assert eventually(lambda: database.count("neighbours__visual") == 43), log.read_text()

        file = small_timm(tmp_path / "m.pt")
        grown = add_encoder(processed, f"timm:test_vit?checkpoint={file}")
        assert eventually(
            lambda: any(
                name.startswith("clusters__") and name != "clusters__visual"
                for name in grown.database().names()
            )
        ), log.read_text()

        folder.rename(tmp_path / "unplugged")
        assert eventually(lambda: source_of(processed).presence.is_away), log.read_text()
        assert database.count("files", "status = 'ok'") == 43
        assert eventually(lambda: "pictures" in (dagster.ticks()[0]["skipReason"] or ""))

        (tmp_path / "unplugged").rename(folder)
        assert eventually(lambda: not source_of(processed).presence.is_away), log.read_text()
        assert eventually(
            lambda: (
                [status for job, status in dagster.timeline() if job == "process"]
                == ["SUCCESS"] * 3
            )
        ), dagster.timeline()
        assert {status for _, status in dagster.timeline()} == {"SUCCESS"}
        assert [tick["error"] for tick in dagster.ticks() if tick["error"]] == []
