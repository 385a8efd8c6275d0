"""Pictures from the web: bounded, checked, and never from this machine's own network."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from panoptic_data.errors import InvalidAddress
from panoptic_data.media import download
from tests.synthetic import picture

PICTURE = picture()
PUBLIC = "93.184.216.34"
NAMES = {"pictures.example": [PUBLIC], "moves.example": [PUBLIC]}


class Server(BaseHTTPRequestHandler):
    """Answers as its path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append((self.headers["Host"], self.path))
        answer = getattr(self, f"_{self.path.strip('/').partition('?')[0]}", None)
        if answer is None:
            self.respond(404)
        else:
            answer()

    def respond(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def _picture(self):
        self.respond(200, PICTURE, Content_Type="image/jpeg")

    def _unnamed(self):
        self.respond(200, PICTURE)

    def _page(self):
        self.respond(200, b"<html>", Content_Type="text/html")

    def _disguised(self):
        self.respond(200, b"<html>", Content_Type="image/png")

    def _packed(self):
        self.respond(200, PICTURE, Content_Encoding="gzip")

    def _moved(self):
        self.respond(302, Location="http://moves.example/picture")

    def _inside(self):
        self.respond(301, Location="http://127.0.0.1/picture")

    def _file(self):
        self.respond(301, Location="file:///etc/passwd")

    def _again(self):
        self.respond(302, Location="/again")

    def _large(self):
        self.respond(200, PICTURE, Content_Length=str(10**9))

    def _endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"\xff" * 65_536)
        except OSError:
            pass

    def _broken(self):
        self.respond(200, PICTURE[:100], Content_Length=str(len(PICTURE)))
        self.close_connection = True

    def _drip(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.over.wait(0.05):
                self.wfile.write(b"\xff")
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as serving:
        serving.requests, serving.over = [], threading.Event()
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield serving
        serving.over.set()
        serving.shutdown()


@pytest.fixture
def fetch(server):
    """Fetch with public names that all lead to the test's own server; note what is connected."""
    connected = []

    def connect(ip, port, seconds):
        connected.append((ip, port))
        return socket.create_connection(server.server_address, timeout=seconds)

    def fetching(path, host="pictures.example", names=NAMES, **more):
        return download.fetch(
            f"http://{host}/{path}", resolve=lambda name, _: names[name], connect=connect, **more
        )

    fetching.connected = connected
    return fetching


@contextmanager
def refused(problem):
    with pytest.raises(InvalidAddress) as error:
        yield
    assert error.value.problem == problem
    assert error.value.message("en") != error.value.message("fr")


def test_a_picture_is_fetched(fetch, server):
    assert fetch("picture") == PICTURE
    assert fetch("unnamed?a=b c&é") == PICTURE
    assert fetch.connected == [(PUBLIC, 80)] * 2
    assert server.requests[-2:] == [
        ("pictures.example", "/picture"),
        ("pictures.example", "/unnamed?a=b%20c&%C3%A9"),
    ]
    assert fetch("picture", host="pictures.example:8080") == PICTURE
    assert fetch.connected[-1] == (PUBLIC, 8080)


def test_redirects_are_followed_each_checked_anew(fetch):
    assert fetch("moved") == PICTURE
    with refused("private"):
        fetch("inside", names={**NAMES, "127.0.0.1": ["127.0.0.1"]})
    assert fetch.connected[-1] == (PUBLIC, 80)
    with refused("private"):
        fetch("moved", names={**NAMES, "moves.example": ["192.168.1.1"]})
    with refused("address"):
        fetch("file")
    with refused("redirects"):
        fetch("again")


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(fetch, server):
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    looked = []

    def resolve(name, _):
        looked.append(name)
        return next(answers)

    def connect(ip, _, seconds):
        assert ip == PUBLIC
        return socket.create_connection(server.server_address, timeout=seconds)

    assert download.fetch("http://rebinds.example/picture", resolve=resolve, connect=connect)
    assert looked == ["rebinds.example"]


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
def test_nothing_is_fetched_from_private_places(fetch, ip):
    for addresses in ([ip], [PUBLIC, ip]):
        with refused("private"):
            fetch("picture", names={"pictures.example": addresses})
    assert fetch.connected == []


def test_the_systems_own_names_are_checked_too(server):
    port = server.server_address[1]
    before = len(server.requests)
    for host in ("127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"):
        with pytest.raises(InvalidAddress) as error:
            download.fetch(f"http://{host}:{port}/picture")
        assert error.value.problem in ("private", "unknown")
    assert len(server.requests) == before


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://pictures.example/a", "pictures.example/a", "http://", "",
     "http://[", "http://me:secret@pictures.example/a", "http://pictures.example:99999/",
     "javascript:alert(1)"],
)  # fmt: skip
def test_only_web_addresses_are_fetched(address):
    with refused("address"):
        download.fetch(address, resolve=lambda *_: [PUBLIC], connect=None)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("nothing", "refused"),
        ("page", "no_picture"),
        ("disguised", "no_picture"),
        ("packed", "no_picture"),
        ("large", "too_large"),
        ("endless", "too_large"),
        ("broken", "unreachable"),
    ],
)
def test_what_is_no_picture_or_too_much_is_refused(fetch, path, problem):
    with refused(problem):
        fetch(path, max_bytes=10**6)


def test_a_server_that_sends_a_byte_now_and_then_is_left(fetch):
    began = time.monotonic()
    with refused("slow"):
        fetch("drip", seconds=0.5)
    assert time.monotonic() - began < 10


def test_a_machine_must_prove_its_name(server, tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", key, "-out", certificate, "-subj", "/CN=pictures.example"]
    command += ["-addext", "subjectAltName=DNS:pictures.example"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as serving:
        serving.requests = []
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        own = {
            "resolve": lambda *_: [PUBLIC],
            "connect": lambda _ip, _, seconds: socket.create_connection(
                serving.server_address, timeout=seconds
            ),
        }
        with refused("certificate"):
            download.fetch("https://pictures.example/picture", **own)
        assert serving.requests == []
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(certificate))
            assert download.fetch("https://pictures.example/picture", **own) == PICTURE
            with refused("certificate"):
                download.fetch("https://moves.example/picture", **own)
        serving.shutdown()


def test_a_name_that_is_never_found_out_is_given_up():
    wait = threading.Event()
    with refused("slow"):
        download.fetch("http://pictures.example/", resolve=lambda *_: wait.wait(60), seconds=0.2)
    wait.set()


def test_an_unknown_name_and_an_unreachable_one_are_distinguished():
    def fail(*_):
        raise socket.gaierror("no such name")

    def refuse(*_):
        raise ConnectionRefusedError

    with refused("unknown"):
        download.fetch("http://nowhere.example/", resolve=fail)
    with refused("unreachable"):
        download.fetch("http://pictures.example/", resolve=lambda *_: [PUBLIC], connect=refuse)
