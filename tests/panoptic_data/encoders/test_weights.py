"""The hub when it cannot be reached, does not answer, or does not have it: a cause, and soon."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server

import pytest

from panoptic_data.encoders import weights
from panoptic_data.errors import WeightsUnavailable, weights_cause

ASK = """
from panoptic_data.encoders.weights import hub_file
from panoptic_data.errors import WeightsUnavailable
try:
    print(hub_file("clip", "someone/model", ("a.safetensors", "b.bin")).name)
except WeightsUnavailable as error:
    print(error.cause)
"""


def request_weights(tmp_path, endpoint, **environment):
    """Ask a hub in a process of its own, as a new user would; return its words and seconds."""
    own = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hub"), "NO_PROXY": "127.0.0.1"}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **own, **environment},
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.strip(), time.monotonic() - began


@contextmanager
def hub(answers):
    """Serve answers (path → status, headers, body) on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self._answer()

        def do_GET(self):
            body = self._answer()
            self.wfile.write(body)

        def _answer(self):
            status, headers, body = answers(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            return body

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_without_a_network_loading_fails_at_once(tmp_path):
    output, seconds = request_weights(tmp_path, "http://127.0.0.1:9")
    assert output == "offline: huggingface.co"
    assert seconds < 15


def test_the_offline_setting_is_no_crash(tmp_path):
    assert (
        request_weights(tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")[0]
        == "offline: huggingface.co"
    )


def test_a_network_that_swallows_all_is_not_waited_for(tmp_path):
    with create_server(("127.0.0.1", 0)) as deaf:
        output, seconds = request_weights(tmp_path, f"http://127.0.0.1:{deaf.getsockname()[1]}")
    assert output == "offline: huggingface.co"
    assert seconds < weights.TIMEOUT_SECONDS + 15


@pytest.mark.parametrize(
    ("status", "headers", "cause"),
    [
        (404, {"X-Error-Code": "RepoNotFound"}, "not_online: huggingface.co/someone/model"),
        (404, {"X-Error-Code": "EntryNotFound"}, "not_online: someone/model/a.safetensors"),
        (403, {"X-Error-Code": "GatedRepo"}, "gated: huggingface.co/someone/model"),
        (500, {}, "refused: huggingface.co/someone/model"),
    ],
)
def test_each_refusal_has_its_words(tmp_path, status, headers, cause):
    with hub(lambda _: (status, headers, b"")) as endpoint:
        assert request_weights(tmp_path, endpoint)[0] == cause
    for language in ("en", "fr"):
        assert "someone/model" in weights_cause(cause, language)


def test_the_first_name_that_is_there_is_downloaded_once(tmp_path):
    requested_paths = []

    def answers(path):
        requested_paths.append(path)
        if not path.endswith("b.bin"):
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        return 200, {"ETag": '"1"', "X-Repo-Commit": "0" * 40}, b"weights"

    with hub(answers) as endpoint:
        assert request_weights(tmp_path, endpoint)[0] == "b.bin"
        first = len(requested_paths)
        assert first > 0
        assert request_weights(tmp_path, endpoint)[0] == "b.bin"
    assert len(requested_paths) == first


def test_a_missing_file_is_reported_by_its_path(tmp_path):
    with pytest.raises(WeightsUnavailable) as error:
        weights.local_file("timm:resnet18", tmp_path)
    assert error.value.cause == f"absent: {tmp_path}"
    assert str(tmp_path) in error.value.message("fr")
