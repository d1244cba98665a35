"""An arrival as it is kept on disk: what the gateway knew of it when it came, beside the bytes as they came."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from glimmer.gateway.arrival import read_arrival
from glimmer.gateway.clock import boot
from glimmer.gateway.sink import Received

CLOCK_SET_SECONDS = 1.0
"""By how much the machine's clock has to have moved to count as set: less than anybody needs to move a monitor."""


def arrival(received: Received) -> dict[str, Any]:
    """Return what has to be kept beside the bytes, as JSON takes it, so that the same arrival can be made again."""
    return {
        "received_at": received.received_at.isoformat(),
        "peer": received.peer,
        "key": received.key,
        "problem": received.problem,
        "again": received.again,
        "boot": received.boot,
        "uptime": received.uptime,
    }


def received_again(about: dict[str, Any], raw: bytes, now: datetime, up: float, zone: tzinfo) -> Received:
    """Read an arrival again as the gateway read it when it came: the time of arrival is part of the reading.

    `now` is when it is handed on, and `up` the uptime then. Raise KeyError or ValueError where `about` is not what
    `arrival` returned.
    """
    at = datetime.fromisoformat(about["received_at"])
    problem, again = about.get("problem", ""), about.get("again", True)
    message = read_arrival(raw, at, zone, problem, again=again)
    start, came_up = str(about.get("boot", "")), float(about.get("uptime", 0.0))
    clock_held = start == boot() != "" and _agree(now - at, up - came_up)
    who = (about.get("peer", ""), about["key"])
    return Received(raw, message, at, *who, problem, again, now, start, came_up, clock_held)


def _agree(by_the_clock: timedelta, by_uptime: float) -> bool:
    return abs(by_the_clock.total_seconds() - by_uptime) <= CLOCK_SET_SECONDS
