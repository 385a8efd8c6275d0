"""Download one picture from a web address, protected against requests to private networks (SSRF).

Size, time and content type are limited, and addresses of this machine or of its private network
are refused. A host name is resolved once, its IP address is checked, and the connection goes to
that very address, again for each redirect: a name cannot resolve to one address when it is checked
and to another when it is used (DNS rebinding). Proxies are not used, because they resolve names
themselves. Not here: storing the picture (``query_images``).
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

__all__ = ["MAX_BYTES", "TIMEOUT_SECONDS", "Connect", "Resolve", "fetch"]

Resolve = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host."""
Connect = Callable[[str, int, float], socket.socket]
"""Connects to an IP address and port within some seconds."""

MAX_BYTES = 20 * 2**20
# For the complete download, redirects included.
TIMEOUT_SECONDS = 15.0
MAX_REDIRECTS = 5
_CHUNK_BYTES = 65_536
_PORTS = {"http": 80, "https": 443}
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
# Content types that cannot be a picture; any other is checked by the first bytes.
_NOT_PICTURE_TYPES = ("text/", "video/", "audio/", "application/json", "application/pdf")
# IPv6 addresses that stand for an IPv4 address (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = {
    "User-Agent": "panoptic-data",
    "Accept": "image/*",
    # A compressed answer could expand to any size.
    "Accept-Encoding": "identity",
    "Connection": "close",
}

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def fetch(
    address: str,
    *,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
    max_bytes: int = MAX_BYTES,
    seconds: float = TIMEOUT_SECONDS,
) -> bytes:
    """Return the bytes of the picture at an http or https address. Raises InvalidAddress.

    At most ``max_bytes`` bytes within ``seconds``. ``resolve`` and ``connect`` replace the
    system's own (for tests).
    """
    deadline = time.monotonic() + seconds
    current_address = address.strip()
    for _ in range(MAX_REDIRECTS + 1):
        parts = _split_address(current_address)
        ip = _public_ip(parts, resolve or _system_resolve, deadline)
        with _response(parts, ip, connect or _system_connect, deadline) as response:
            if response.status not in _REDIRECT_STATUSES:
                return _read_picture(response, current_address, max_bytes, deadline)
            current_address = urljoin(current_address, response.getheader("Location") or "")
    raise InvalidAddress("redirects", address=address)


def _split_address(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_valid = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise InvalidAddress("address", address=address) from None
    # A user name and password in an address are private, or disguise the host.
    if not is_valid or parts.username is not None or parts.password is not None:
        raise InvalidAddress("address", address=address)
    return parts


def _public_ip(parts: SplitResult, resolve: Resolve, deadline: float) -> str:
    """Return the first IP address of a host; all of them must be public."""
    host = parts.hostname or ""
    try:
        addresses = _call_with_deadline(deadline, lambda: resolve(host, _port(parts)))
        ips = [ipaddress.ip_address(text.partition("%")[0]) for text in addresses]
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
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
        if ip.teredo is not None or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast


def _call_with_deadline(deadline: float, call: Callable[[], Sequence[str]]) -> Sequence[str]:
    """Return the result of a call that takes no time limit: it runs in a thread left behind."""
    results: list[Sequence[str]] = []
    errors: list[OSError | UnicodeError] = []

    def run() -> None:
        try:
            results.append(call())
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if errors:
        raise OSError(str(errors[0]))
    if not results:
        raise InvalidAddress("slow")
    return results[0]


@contextmanager
def _response(
    parts: SplitResult, ip: str, connect: Connect, deadline: float
) -> Iterator[http.client.HTTPResponse]:
    """Send the request to this IP address and no other, and yield the response."""
    host, port = parts.hostname or "", _port(parts)
    connection_class = (
        http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    )
    timed_out = threading.Event()
    try:
        connection = connect(ip, port, _seconds_left(deadline))
        if parts.scheme == "https":
            # The certificate must be the host name's, whatever the IP address.
            connection = ssl.create_default_context().wrap_socket(
                connection, server_hostname=host, do_handshake_on_connect=False
            )
        with (
            closing(connection),
            _close_at_deadline(connection, deadline, timed_out),
            closing(connection_class(host, port)) as client,
        ):
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            client.sock = connection
            client.request("GET", _request_target(parts), headers=_HEADERS)
            with client.getresponse() as response:
                yield response
    except InvalidAddress:
        raise
    except ssl.SSLCertVerificationError:
        raise InvalidAddress("certificate", address=host) from None
    except (OSError, http.client.HTTPException, ValueError):
        is_late = timed_out.is_set() or time.monotonic() >= deadline
        raise InvalidAddress("slow" if is_late else "unreachable", address=host) from None


@contextmanager
def _close_at_deadline(
    connection: socket.socket, deadline: float, timed_out: threading.Event
) -> Iterator[None]:
    """Shut a connection down at the deadline: a server may send a byte now and then for ever."""

    def cut() -> None:
        timed_out.set()
        with suppress(OSError):
            # Not SSLSocket.shutdown, which resets the TLS state while another thread reads.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(_seconds_left(deadline), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read_picture(
    response: http.client.HTTPResponse, address: str, max_bytes: int, deadline: float
) -> bytes:
    if response.status != http.HTTPStatus.OK:
        raise InvalidAddress(
            "refused", address=address, detail=f"{response.status} {response.reason}"
        )
    content_type = (response.getheader("Content-Type") or "").lower()
    if (
        content_type.startswith(_NOT_PICTURE_TYPES)
        or response.getheader("Content-Encoding", "identity") != "identity"
    ):
        raise InvalidAddress("no_picture", address=address)
    size = response.getheader("Content-Length", "")
    if size.isdecimal() and int(size) > max_bytes:
        raise InvalidAddress("too_large", most=max_bytes // 2**20)
    data = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        data += chunk
        if len(data) > max_bytes:
            raise InvalidAddress("too_large", most=max_bytes // 2**20)
    if time.monotonic() >= deadline or (size.isdecimal() and len(data) < int(size)):
        raise InvalidAddress(
            "slow" if time.monotonic() >= deadline else "unreachable", address=address
        )
    if formats.probe(bytes(data)) is None:
        raise InvalidAddress("no_picture", address=address)
    return bytes(data)


def _request_target(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{path}?{query}" if query else path


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _seconds_left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise InvalidAddress("slow")
    return seconds


def _system_resolve(host: str, port: int) -> Sequence[str]:
    results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(result[4][0]) for result in results]


def _system_connect(ip: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((ip, port), timeout=seconds)
