"""The door of a gateway that speaks TLS: how long a device may take over its handshake, how many may at once, and why
those failed that did.

A handshake costs work before anybody knows who is there. So an address that may not connect gets none, no more than
`Limits.handshakes` are open at once (whoever comes meanwhile waits in the system's own queue, as in front of a gateway
that is busy), and one that is not done after `Limits.handshake_seconds` is ended.
"""

import asyncio
import logging
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING

from glimmer.gateway.link import Link

if TYPE_CHECKING:
    from glimmer.gateway.server import Gateway

log = logging.getLogger("glimmer.gateway")

ACCEPT_AGAIN_SECONDS = 1.0
"""How long to wait after the system could not hand over a connection, as when too many files are open."""

EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""

OTHERWISE = "handshakes_failed_otherwise"
COUNT_OF = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "handshakes_without_certificate",
    "CERTIFICATE_VERIFY_FAILED": "handshakes_wrong_certificate",
    "UNSUPPORTED_PROTOCOL": "handshakes_old_tls",
    "VERSION_TOO_LOW": "handshakes_old_tls",
    "UNKNOWN_PROTOCOL": "handshakes_old_tls",
    "NO_SHARED_CIPHER": "handshakes_old_tls",
    "WRONG_VERSION_NUMBER": "handshakes_plain_text",
    "HTTP_REQUEST": "handshakes_plain_text",
    "HTTPS_PROXY_REQUEST": "handshakes_plain_text",
}
"""OpenSSL's reason, and the count of `Counts` that it belongs to."""


class Door:
    """Lets devices in to a gateway over TLS. Runs on the event loop; `close` ends all that is not through yet."""

    def __init__(self, gateway: "Gateway", context: ssl.SSLContext) -> None:
        self.sockets: list[socket.socket] = []
        self._gateway, self._context = gateway, context
        self._waiters: list[asyncio.Task[None]] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        self._not_begun: set[socket.socket] = set()
        self._freed = asyncio.Event()

    @property
    def open_handshakes(self) -> int:
        """How many devices are in the midst of their handshake."""
        return len(self._handshakes)

    def open(self, host: str, port: int, backlog: int) -> None:
        """Listen on every address of the host; raise OSError when it cannot be had."""
        self.sockets = _listening(host, port, backlog)
        for one in self.sockets:
            waiter = asyncio.get_running_loop().create_task(self._let_in(one))
            # Also where it is cancelled before it ever ran.
            waiter.add_done_callback(partial(_close, one))
            self._waiters.append(waiter)

    def close(self) -> None:
        """Let nobody in any more, and end the handshakes that are under way."""
        for task in (*self._waiters, *self._handshakes):
            task.cancel()

    async def _let_in(self, listener: socket.socket) -> None:
        while True:
            await self._room()
            await self._next(listener)

    async def _room(self) -> None:
        most = self._gateway.limits.handshakes
        if len(self._handshakes) >= most:
            self._gateway.counts.handshakes_full += 1
        while len(self._handshakes) >= most:
            self._freed.clear()
            await self._freed.wait()

    async def _next(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection, address = await loop.sock_accept(listener)
        except OSError as problem:
            log.error("a connection could not be taken: %s", problem.strerror or type(problem).__name__)
            await asyncio.sleep(ACCEPT_AGAIN_SECONDS)
            return
        if not self._gateway.admits(str(address[0])):
            connection.close()
            return
        self._not_begun.add(connection)
        handshake = loop.create_task(self._shake_hands(connection))
        self._handshakes.add(handshake)
        handshake.add_done_callback(partial(self._through, connection))

    def _through(self, connection: socket.socket, handshake: asyncio.Task[None]) -> None:
        self._handshakes.discard(handshake)
        if connection in self._not_begun:
            # Cancelled before its task first ran: no transport has the connection, so nobody else would close it.
            self._not_begun.discard(connection)
            connection.close()
        self._freed.set()

    async def _shake_hands(self, connection: socket.socket) -> None:
        self._not_begun.discard(connection)
        counts = self._gateway.counts
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: Link(self._gateway),
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._gateway.limits.handshake_seconds,
            )
        except OSError as problem:
            name, words = why_it_failed(problem)
            counts.failed_handshakes += 1
            setattr(counts, name, getattr(counts, name) + 1)
            log.warning("a device could not be spoken with over TLS: %s", words)


def _close(listener: socket.socket, _: asyncio.Task[None]) -> None:
    listener.close()


def why_it_failed(problem: OSError) -> tuple[str, str]:
    """Return the count that a failed handshake belongs to, and what to say of it in the log."""
    if not isinstance(problem, ssl.SSLError):
        # Both event loops end a slow handshake by aborting it; all else is the device that left.
        if isinstance(problem, (ConnectionAbortedError, TimeoutError)):
            return "handshakes_too_slow", "it took too long"
        return "handshakes_left", "it left in the midst of it"
    reason = problem.reason or type(problem).__name__
    if isinstance(problem, ssl.SSLCertVerificationError) and problem.verify_code == EXPIRED:
        return "handshakes_expired_certificate", f"{reason}: its certificate has expired"
    if "ALERT" in reason:
        return "handshakes_refused_by_device", reason
    return COUNT_OF.get(reason, OTHERWISE), reason


def _listening(host: str, port: int, backlog: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                # Its own addresses only: the others have a socket of their own.
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.setblocking(False)
            one.bind(address)
            one.listen(backlog)
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets
