"""Starting the server: its port, its address, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from app.server import serve
from panoptic_data.errors import UsageError
from tests import synthetic
from tests.dashboard import serving


@pytest.fixture
def project(tmp_path):
    return synthetic.project(tmp_path / "p")


def read(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.status, answer.read()


def test_pages_and_routes_are_served_on_this_machine_only(project):
    with serving(project.root) as address:
        assert read(f"{address}/rows")[0] == 200
        assert b"<title>" in read(f"{address}/map")[1]
        port = int(address.rpartition(":")[2])
        assert listening_addresses(port) == {"0100007F"}


def listening_addresses(port):
    """Return the local addresses on which a port listens, as the Linux kernel writes them."""
    if not os.path.exists("/proc/net/tcp"):  # noqa: PTH110 - no path of ours
        pytest.skip("/proc/net/tcp tells this on Linux only")
    with open("/proc/net/tcp") as table, open("/proc/net/tcp6") as table6:  # noqa: PTH123
        lines = [line.split() for line in (*table.readlines()[1:], *table6.readlines()[1:])]
    listening = [line[1].split(":") for line in lines if line[3] == "0A"]
    return {address for address, number in listening if int(number, 16) == port}


def test_a_default_port_that_is_taken_gives_way_to_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(number)):
            serve.serve(None, port=number, browser=False)


def test_two_dashboards_stand_side_by_side(project, tmp_path):
    other = synthetic.project(tmp_path / "other")
    with serving(project.root) as first, serving(other.root) as two:
        assert first != two
        assert [read(f"{address}/rows")[0] for address in (first, two)] == [200, 200]


def test_interrupting_the_server_ends_it_quietly(project):
    command = [sys.executable, "-m", "app.cli", "open", "--project", str(project.root)]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        [*command, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        try:
            text = server.stdout.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", text)[0]
            assert [read(f"{address}{path}")[0] for path in ("/", "/rows")] == [200, 200]
        finally:
            server.send_signal(signal.SIGINT)
        _, complaints = server.communicate(timeout=60)
        # Neither a traceback nor a line for each request.
        assert (server.returncode, complaints) == (0, "")
