"""What every other page of the people called says: an alarm that nobody has taken charge of, wherever they are.

Asked for every few seconds and not streamed: a browser allows six connections to one server, and whoever has six
pages open must still be able to open the seventh.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from glimmer.actions.live import board_states
from glimmer.monitoring.episodes import PRIORITIES, Alarm
from glimmer.monitoring.escalation import Manners
from glimmer.monitoring.state import SessionState
from glimmer.web.gate import ALWAYS, StaffRequest, page

# Made once for all pages of a role.
KEPT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Call:
    """One alarm that a role was called to. `sounds` is its priority, "" while the tones of its session are paused."""

    session_id: int
    bay: str
    priority: str
    says: str
    escalated_to: str
    sounds: str


_KEPT: dict[str, tuple[float, str]] = {}


@page("alarm.acknowledge", machine=True, stands_open=ALWAYS)
def calls(request: StaffRequest) -> HttpResponse:
    """Return the banner for the person's role, empty where nobody was called."""
    now = timezone.now()
    role = request.staff.role
    made_at, html = _KEPT.get(role, (0.0, ""))
    if not 0 <= now.timestamp() - made_at < KEPT_SECONDS:
        html = render_to_string("sound/calls.html", {"calls": calls_for(role, now)}).strip()
        _KEPT[role] = (now.timestamp(), html)
    return JsonResponse({"html": html})


def calls_for(role: str, now: datetime) -> tuple[Call, ...]:
    """Return what this role was called to and nobody has taken charge of, most urgent first."""
    found = [one for session_id, state in board_states(now).items() for one in _of_session(session_id, state, role)]
    return tuple(sorted(found, key=lambda call: (PRIORITIES.index(call.priority), call.bay)))


def _of_session(session_id: int, state: SessionState, role: str) -> list[Call]:
    called = [alarm for alarm in state.alarms if _is_called(alarm, state, role)]
    if not called:
        return []
    worst = min(called, key=lambda alarm: PRIORITIES.index(alarm.priority))
    bay = state.opened.bay if state.opened else ""
    return [Call(session_id, bay, worst.priority, worst.says, worst.escalated_to, state.sound.priority)]


def _is_called(alarm: Alarm, state: SessionState, role: str) -> bool:
    if alarm.is_acknowledged or not alarm.rung:
        return False
    return any(role in rung.roles for rung in Manners(state.protocol).ladder[: alarm.rung])
