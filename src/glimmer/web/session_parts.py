"""The parts of the session page that change while it is open, each drawn again only when what it shows has changed.

Fifty monitors speak once a second, and most of what a page shows is the same after a message as before it. A part
that was drawn is kept with what it was drawn from; the same from the same is not drawn twice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.template.loader import render_to_string

from glimmer.care.session.events import DeviceReadings
from glimmer.web.session import held_by
from glimmer.web.session_view import SessionView

BEFORE_PARTS = (
    "functions", "status", "sound", "alarms", "urgent", "values",
    "schedule", "news2", "effects", "log", "answered", "start", "devices",
)  # fmt: skip
LIVE_PARTS = (
    "functions", "status", "sound", "alarms", "urgent", "values",
    "schedule", "news2", "effects", "log", "infusion", "devices",
)  # fmt: skip
RECOVERY_PARTS = (*LIVE_PARTS, "leaving")


@dataclass(frozen=True, slots=True)
class Part:
    """A part as HTML, and what it was drawn from."""

    html: str
    drawn_from: Any


def told_by_people(view: SessionView) -> tuple[object, int]:
    """Return which log it is, and a number that grows with every event of it but the readings of devices.

    Readings are no lines of the log. Which log it is counts, for a database that was put back has another.
    """
    return view.log.origin, len(view.log.events) - len(view.log.of(DeviceReadings))


# What each part's template reads of the view, besides the number of the session; a test compares the two. The
# lines of the log would cost more to compare than to draw, so they go by the events that they are made of.
DRAWN_FROM: Mapping[str, Callable[[SessionView], Any]] = MappingProxyType(
    {
        "functions": lambda view: view.functions,
        "status": lambda view: (view.steps, view.phase_label, view.next, view.trouble),
        "alarms": lambda view: (view.alarms, view.is_open),
        "urgent": lambda view: view.alarms,
        "sound": lambda view: (view.sound, view.is_open),
        "values": lambda view: view.tiles,
        "schedule": lambda view: view.rounds,
        "news2": lambda view: (view.news2, view.functions, view.is_open),
        "effects": told_by_people,
        "log": told_by_people,
        "infusion": lambda view: view.infusion,
        "leaving": lambda view: view.criteria,
        "devices": lambda view: (view.devices, view.is_open),
        "answered": lambda view: view.checks,
        "start": lambda view: (view.start, view.manner),
    }
)


def session_parts(view: SessionView, role: str, known: Mapping[str, Part] = MappingProxyType({})) -> dict[str, Part]:
    """Return the parts by name, drawn by the same templates as the page's own.

    `known` are parts that were drawn before, of the same session for the same role.
    """
    return drawn_parts(part_names(view), view, held_by(role), known)


def part_names(view: SessionView) -> tuple[str, ...]:
    """Return the parts that the page has in this phase."""
    return BEFORE_PARTS if view.is_before_start else RECOVERY_PARTS if view.is_recovering else LIVE_PARTS


def drawn_parts(
    names: Iterable[str], view: SessionView, can: frozenset[str], known: Mapping[str, Part]
) -> dict[str, Part]:
    """Return the named parts for whoever holds the permissions `can`; with none, nothing can be pressed."""
    context = {"view": view, "can": can}
    return {name: _part(name, view, context, known.get(name)) for name in names}


def _part(name: str, view: SessionView, context: dict[str, Any], known: Part | None) -> Part:
    drawn_from = DRAWN_FROM[name](view)
    if known is not None and known.drawn_from == drawn_from:
        return known
    return Part(str(render_to_string(f"session/parts/{name}.html", context)), drawn_from)
