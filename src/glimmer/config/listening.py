"""The bedside gateway as it runs: its settings, its spool, its lock, its port, and what it tells the boards.

The same in the process of the pages and in one of its own (`glimmer gateway serve`). Whatever keeps it from
listening is said on the boards and tried again: a certificate may be put in place, a port may become free.
"""

import asyncio
import contextlib
import errno
import logging
import ssl
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from glimmer.actions.gateway_status import Status, write_status
from glimmer.actions.live import report_trouble, trouble, trouble_over
from glimmer.config.bedside import BedsideSink
from glimmer.config.environment import Environment
from glimmer.config.folder_lock import FolderLock, FolderTaken
from glimmer.gateway.admission import Admission, BadAllowList, admission
from glimmer.gateway.bounds import Limits
from glimmer.gateway.forward import StoreAndForward
from glimmer.gateway.server import Gateway
from glimmer.gateway.spool import Spool
from glimmer.gateway.tls import TlsProblem, tls_context

LOG = logging.getLogger("glimmer.running")
RETRY_SECONDS = 10.0
STATUS_SECONDS = 1.0
FILES_SECONDS = 3600.0
MEGABYTE = 1_000_000
BY_HAND = "Readings from monitors do not arrive; write observations by hand."
CANNOT_RESTART = "Monitors are heard, but one that loses its line may not come back, nor the gateway after a restart:"
CANNOT_KEEP = (
    "Messages from monitors cannot be kept on disk either: it is full or cannot be written to. "
    "Monitors are asked to send again."
)


class Listening:
    """The gateway, from start to stop. `on_listening(host, port)` is called once it listens."""

    def __init__(self, environment: Environment, on_listening: Callable[[str, int], None] = lambda host, port: None):
        self.environment = environment
        self.data_dir: Path = environment.data_dir.resolve()
        self.gateway: Gateway | None = None
        self.forward: StoreAndForward | None = None
        self.limits = Limits(connections=environment.gateway_connections)
        self._on_listening = on_listening
        self._lock = FolderLock(self.data_dir, "gateway.lock")
        self._said = ""
        self._turn = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen, now or as soon as it can be; say how it is once a second."""
        if not await self._listen():
            self._tasks.append(asyncio.create_task(self._listen_later()))
        self._tasks.append(asyncio.create_task(self._say_how_it_is()))
        if self.environment.gateway_tls_certificate:
            self._tasks.append(asyncio.create_task(self._look_at_files()))

    async def stop(self) -> None:
        """Store and answer what was received; what waits on disk stays there for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.gateway is not None:
            await self.gateway.stop()
            (self.data_dir / "gateway-port").unlink(missing_ok=True)
        elif self.forward is not None:
            await asyncio.to_thread(self.forward.close)
        self._write_status("stopped")
        self._lock.release()

    async def _listen(self) -> bool:
        host, port = self.environment.gateway_host, self.environment.gateway_port
        try:
            self._open_spool()
            gateway = self._gateway()
            await gateway.start()
        except (OSError, TlsProblem, BadAllowList) as problem:
            self._cannot(_why(problem, host, port))
            return False
        self.gateway = gateway
        bound_host, bound_port = gateway.address
        (self.data_dir / "gateway-port").write_text(f"{bound_port}\n", encoding="utf-8")
        trouble_over("gateway")
        how = " with TLS" if self.environment.gateway_tls_certificate else ""
        LOG.info("The bedside gateway listens on %s port %d%s.", bound_host, bound_port, how)
        self._on_listening(bound_host, bound_port)
        return True

    def _open_spool(self) -> None:
        """Take the folder's lock and deliver what waits there, even while the port cannot be had."""
        if self.forward is not None:
            return
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        most = self.environment.gateway_spool_megabytes * MEGABYTE
        self.forward = StoreAndForward(BedsideSink, Spool(self.data_dir / "spool", most_bytes=most))
        self.forward.start()

    def _gateway(self) -> Gateway:
        assert self.forward is not None
        fence, tls = outer_fence(self.environment)
        host, port = self.environment.gateway_host, self.environment.gateway_port
        return Gateway(self.forward, host, port, limits=self.limits, admission=fence, tls=tls)

    def _cannot(self, why: str) -> None:
        says = f"The bedside gateway is not running: {why}."
        if says != self._said:
            LOG.error(says)
            self._said = says
        report_trouble("gateway", f"{says} {BY_HAND}")

    async def _listen_later(self) -> None:
        """Try again now and then: whoever holds the port may leave, a file may be put in place."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._listen():
                return

    # How it is

    async def _look_at_files(self) -> None:
        """Say in time that the gateway could not be started with its TLS files again, as when one has expired."""
        while True:
            await asyncio.sleep(FILES_SECONDS)
            if self.gateway is None:
                continue
            try:
                outer_fence(self.environment)
                trouble_over("tls")
            except TlsProblem as problem:
                report_trouble("tls", f"{CANNOT_RESTART} {str(problem).rstrip('.')}.")

    async def _say_how_it_is(self) -> None:
        while True:
            self._report()
            self._write_status("running")
            await asyncio.sleep(STATUS_SECONDS)

    def _report(self) -> None:
        if self.forward is None:
            return
        for part, says in troubles_of(self.forward).items():
            if says:
                report_trouble(part, says)
            else:
                trouble_over(part)

    def _write_status(self, state: str) -> None:
        self._turn += 1
        counts = _counts_of(self.gateway) if self.gateway else {}
        if self.forward is not None:
            counts |= asdict(self.forward.counts) | {"waiting_on_disk": self.forward.spool.waiting}
        says = {one.part: one.says for one in trouble()}
        with contextlib.suppress(OSError):
            write_status(self.data_dir, Status(self._turn, state, says, counts))


def outer_fence(settings: Environment) -> tuple[Admission, ssl.SSLContext | None]:
    """Return who may speak to the gateway, and what it speaks TLS with.

    Raise BadAllowList or TlsProblem, in words, where a setting or a file that it names cannot be used.
    """
    tls = tls_context(settings.gateway_tls_certificate, settings.gateway_tls_key, settings.gateway_tls_client_authority)
    return admission(settings.gateway_allowed_networks, settings.gateway_allowed_senders), tls


def _counts_of(gateway: Gateway) -> dict[str, int]:
    counts = asdict(gateway.counts)
    counts["connections"] = gateway.connections
    counts["queued_messages"], counts["queued_bytes"] = gateway.queued
    counts["open_handshakes"] = gateway.open_handshakes
    # Without TLS nobody shakes hands, and a dozen noughts would hide the numbers that say something.
    return {name: count for name, count in counts.items() if gateway.tls is not None or "handshake" not in name}


def troubles_of(forward: StoreAndForward) -> dict[str, str]:
    """Return, by part, what the boards have to say of store and forward; "" where all is well."""
    return {
        "spool": _wait_on_disk(forward.spool.waiting),
        "disk": "" if forward.can_keep else f"{CANNOT_KEEP} {BY_HAND}",
        "aside": _lie_aside(forward.spool.set_aside),
    }


def _wait_on_disk(count: int) -> str:
    if not count:
        return ""
    wait = "1 message from a monitor waits" if count == 1 else f"{count} messages from monitors wait"
    return f"{wait} on disk until the database can be reached. Nothing is lost, but it is not shown yet."


def _lie_aside(count: int) -> str:
    if not count:
        return ""
    were = "1 message from a device was" if count == 1 else f"{count} messages from devices were"
    return f"{were} set aside and not charted. Whoever runs Glimmer looks with: glimmer gateway aside"


def _why(problem: Exception, host: str, port: int) -> str:
    if isinstance(problem, (TlsProblem, BadAllowList, FolderTaken)):
        return str(problem).rstrip(".")
    code = getattr(problem, "errno", None)
    if code == errno.EADDRINUSE:
        return f"port {port} is in use"
    if code == errno.EACCES:
        return f"this user may not open port {port}"
    if code in (errno.ENOSPC, errno.EROFS):
        return "its folder cannot be written to (the disk is full or read-only)"
    return f"it cannot listen on {host} port {port}"
