"""The bedside gateway in a process of its own: it goes on acknowledging while the pages restart, and the other way."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from glimmer.actions.gateway_status import BY_HAND, Status, write_status
from glimmer.config.environment import environment
from glimmer.config.folder_lock import FolderLock, FolderTaken
from glimmer.config.listening import Listening, outer_fence
from glimmer.config.running import SWITCH_SECONDS
from glimmer.gateway.admission import BadAllowList
from glimmer.gateway.tls import TlsProblem

LOG = logging.getLogger("glimmer.running")


class NotStarted(RuntimeError):
    """The gateway cannot run here; the message says why in words."""


def serve_gateway() -> None:
    """Run the gateway until SIGINT or SIGTERM.

    Raise NotStarted when another one has the folder, or when a TLS file or an allow-list cannot be used: nobody would
    be let in, and whoever started it has to learn that at once. The boards of the pages are told, too.
    """
    folder = environment().data_dir.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = FolderLock(folder, "gateway.lock")
    try:
        probe.take()
    except FolderTaken as problem:
        raise NotStarted(f"The gateway was not started: {problem}. Stop it first, or set GLIMMER_DATA_DIR.") from None
    try:
        _refuse_wrong_settings(folder)
    finally:
        probe.release()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve())


def _refuse_wrong_settings(folder: Path) -> None:
    try:
        outer_fence(environment())
    except (TlsProblem, BadAllowList) as problem:
        why = f"was not started: {str(problem).rstrip('.')}."
        # Else the boards would say no more than that it was stopped, or nothing where it has never run.
        with contextlib.suppress(OSError):
            write_status(folder, Status(0, "stopped", {"gateway": f"The bedside gateway {why} {BY_HAND}"}))
        raise NotStarted(f"The gateway {why} Put this right, then start it again: glimmer gateway serve") from None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve() -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    listening = Listening(environment())
    await listening.start()
    await stopped.wait()
    LOG.info("The bedside gateway stops: it stores and answers what it has received.")
    await listening.stop()
