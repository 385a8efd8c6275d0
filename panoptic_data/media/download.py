"""A picture from an address on the web, fetched because somebody asked for it, and nothing else.

What is fetched is bounded in size, time and kind, and never lies on this machine or in its private
network: the address of a name is looked up once, checked, and that very one is connected to, for
each redirect anew, so that a name cannot mean one place when it is checked and another when it is
used (DNS rebinding). Proxies are not used: they look names up by themselves. Not here: keeping the
picture (``uploads``).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from panoptic_data.errors import InvalidAddress
from panoptic_data.media import formats

__all__ = ["MOST_BYTES", "SECONDS", "Connect", "Resolve", "fetch"]

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host."""
Connect = Callable[[str, int, float], socket.socket]
"""Connects to an IP address and port within some seconds."""

MOST_BYTES = 20 * 2**20
# For all of it, redirects included.
SECONDS = 15.0
REDIRECTS = 5
_CHUNK = 65_536
_PORTS = {"http": 80, "https": 443}
_MOVED = frozenset({301, 302, 303, 307, 308})
# What says that it is no picture before a byte of it is read.
_NO_PICTURE = ("text/", "video/", "audio/", "application/json", "application/pdf")
# IPv6 addresses that lead to an IPv4 one (RFC 6052).
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = {
    "User-Agent": "panoptic-data",
    "Accept": "image/*",
    # What is packed could unpack to any size.
    "Accept-Encoding": "identity",
    "Connection": "close",
}

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def fetch(
    address: str,
    *,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
    most: int = MOST_BYTES,
    seconds: float = SECONDS,
) -> bytes:
    """Return the bytes of the picture at an http or https address. Raises InvalidAddress.

    ``resolve`` and ``connect`` take the place of the system's own.
    """
    end = time.monotonic() + seconds
    here = address.strip()
    for _ in range(REDIRECTS + 1):
        parts = _parts(here)
        ip = _allowed(parts, resolve or _resolved, end)
        with _answer(parts, ip, connect or _connected, end) as answer:
            if answer.status not in _MOVED:
                return _picture(answer, here, most, end)
            here = urljoin(here, answer.getheader("Location") or "")
    raise InvalidAddress("redirects", address=address)


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_right = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise InvalidAddress("address", address=address) from None
    # A name and password in an address are somebody's own, or a disguise.
    if not is_right or parts.username is not None or parts.password is not None:
        raise InvalidAddress("address", address=address)
    return parts


def _allowed(parts: SplitResult, resolve: Resolve, end: float) -> str:
    """Return the first IP address of a host; all of them must be public."""
    host = parts.hostname or ""
    try:
        found = _within(end, lambda: resolve(host, _port(parts)))
        ips = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
    except (OSError, ValueError):
        raise InvalidAddress("unknown", address=host) from None
    if not ips:
        raise InvalidAddress("unknown", address=host)
    if not all(map(_is_public, ips)):
        raise InvalidAddress("private", address=host)
    return str(ips[0])


def _is_public(ip: _Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
        if ip.teredo is not None or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def _within(end: float, act: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Do what cannot be given a time limit in a thread that nobody waits for longer."""
    found: list[Sequence[str]] = []
    failed: list[OSError | UnicodeError] = []

    def run() -> None:
        try:
            found.append(act())
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, end - time.monotonic()))
    if failed:
        raise OSError(str(failed[0]))
    if not found:
        raise InvalidAddress("slow")
    return found[0]


@contextmanager
def _answer(
    parts: SplitResult, ip: str, connect: Connect, end: float
) -> Iterator[http.client.HTTPResponse]:
    """Ask for what lies at an address, of this IP address and no other."""
    host, port = parts.hostname or "", _port(parts)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    is_over = threading.Event()
    try:
        line = connect(ip, port, _left(end))
        if parts.scheme == "https":
            # The certificate must be that of the name, whichever the IP address.
            line = ssl.create_default_context().wrap_socket(
                line, server_hostname=host, do_handshake_on_connect=False
            )
        with closing(line), _cut(line, end, is_over), closing(kind(host, port)) as asking:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            asking.sock = line
            asking.request("GET", _target(parts), headers=_HEADERS)
            with asking.getresponse() as answer:
                yield answer
    except InvalidAddress:
        raise
    except ssl.SSLCertVerificationError:
        raise InvalidAddress("certificate", address=host) from None
    except (OSError, http.client.HTTPException, ValueError):
        late = is_over.is_set() or time.monotonic() >= end
        raise InvalidAddress("slow" if late else "unreachable", address=host) from None


@contextmanager
def _cut(line: socket.socket, end: float, is_over: threading.Event) -> Iterator[None]:
    """Cut a connection once its time is up: a server may send a byte now and then for ever."""

    def cut() -> None:
        is_over.set()
        with suppress(OSError):
            # Not an SSL socket's own, which forgets its state under those who read.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    timer = threading.Timer(_left(end), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _picture(answer: http.client.HTTPResponse, address: str, most: int, end: float) -> bytes:
    if answer.status != http.HTTPStatus.OK:
        raise InvalidAddress("refused", address=address, detail=f"{answer.status} {answer.reason}")
    kind = (answer.getheader("Content-Type") or "").lower()
    if (
        kind.startswith(_NO_PICTURE)
        or answer.getheader("Content-Encoding", "identity") != "identity"
    ):
        raise InvalidAddress("no_picture", address=address)
    size = answer.getheader("Content-Length", "")
    if size.isdecimal() and int(size) > most:
        raise InvalidAddress("too_large", most=most // 2**20)
    data = bytearray()
    while chunk := answer.read1(_CHUNK):
        data += chunk
        if len(data) > most:
            raise InvalidAddress("too_large", most=most // 2**20)
    if time.monotonic() >= end or (size.isdecimal() and len(data) < int(size)):
        raise InvalidAddress("slow" if time.monotonic() >= end else "unreachable", address=address)
    if formats.probe(bytes(data)) is None:
        raise InvalidAddress("no_picture", address=address)
    return bytes(data)


def _target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    asked = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{asked}" if asked else path


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise InvalidAddress("slow")
    return left


def _resolved(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[4][0]) for place in found]


def _connected(ip: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((ip, port), timeout=seconds)
