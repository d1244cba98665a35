"""The one process: pages, event streams, and beside them the gateway and the watcher.

python -m uvicorn glimmer.config.asgi:application --lifespan on
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glimmer.config.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# Only now: these import the records, and those want Django set up.
from glimmer.config.environment import environment  # noqa: E402
from glimmer.config.purpose import objection_at_start  # noqa: E402
from glimmer.config.running import Running  # noqa: E402

LOG = logging.getLogger("glimmer.asgi")
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer pages by Django, and start and stop what runs beside them with the server."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await pages(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    running = Running(environment())
    await receive()
    if refused := await asyncio.to_thread(objection_at_start, environment().training):
        LOG.error(refused)
        await send({"type": "lifespan.startup.failed", "message": refused})
        return
    try:
        await running.start()
    except Exception:
        LOG.exception("Glimmer could not start.")
        await send({"type": "lifespan.startup.failed", "message": "Glimmer could not start; see the log."})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await running.stop()
    await send({"type": "lifespan.shutdown.complete"})
