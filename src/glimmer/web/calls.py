"""What every other page of the people called says: an alarm that nobody has taken charge of, wherever they are.

A patient who is not safe, by their own pages, is called out in the same place until somebody takes the call. It names
nobody, for it stands on screens that others can see.

Asked for every few seconds and not streamed: a browser allows six connections to one server, and whoever has six
pages open must still be able to open the seventh.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from glimmer.actions.live import board_states
from glimmer.care.own import ANSWERED, PRESSED
from glimmer.care.tasks import call_escalates_at, may_read
from glimmer.monitoring.episodes import PRIORITIES, Alarm
from glimmer.monitoring.escalation import Manners
from glimmer.monitoring.state import SessionState
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.records.tasks import untaken_calls
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
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


@dataclass(frozen=True, slots=True)
class PatientCall:
    """A patient is not safe and nobody has taken the call. `opens` is False for who may not read what was said.

    `count` is how many calls of that patient stand, `since` the time of the first: they may press again and again, and
    must not push another patient off the screen. `is_again`: somebody has taken it, and has not said what was done
    though its time to act is over. `sounds` is the priority of its tone: below that of a bedside alarm, and none before
    it is late.
    """

    task_id: int
    says: str
    since: datetime
    priority: str
    is_escalated: bool
    is_again: bool
    is_of_today: bool
    opens: bool
    sounds: str
    count: int = 1


@page("call.hear", machine=True, stands_open=ALWAYS)
def calls(request: StaffRequest) -> HttpResponse:
    """Return the banner for the person, empty where nobody was called; `of=patients` leaves the alarms out."""
    now = timezone.now()
    patients = render_to_string("sound/patient_calls.html", {"calls": patient_calls(request.staff, now)}).strip()
    hears_alarms = may(Role(request.staff.role), "alarm.acknowledge") and request.GET.get("of") != "patients"
    alarms = _alarms(request.staff.role, now) if hears_alarms else ""
    return JsonResponse({"html": f"{alarms}{patients}"})


def patient_calls(by: Staff, now: datetime) -> tuple[PatientCall, ...]:
    """Return the calls that a person hears and nobody has taken, one for each patient, most urgent first."""
    of_patient: dict[int, list[PatientCall]] = {}
    for task in untaken_calls(by, now):
        of_patient.setdefault(task.episode.patient_id, []).append(_patient_call(task, by.role, now))
    return tuple(sorted((_as_one(calls) for calls in of_patient.values()), key=_urgency))


def _as_one(calls: Sequence[PatientCall]) -> PatientCall:
    first = min(calls, key=lambda call: call.since)
    worst = min(calls, key=_urgency)
    return replace(worst, count=len(calls), since=first.since, is_of_today=first.is_of_today)


def _urgency(call: PatientCall) -> tuple[int, bool, datetime]:
    return PRIORITIES.index(call.priority), call.is_again, call.since


def _patient_call(task: Task, role: str, now: datetime) -> PatientCall:
    late = call_escalates_at(task.raised_at) <= now or task.due_at <= now
    opens = may_read(task.kind, role)
    if not opens:
        says = "An urgent call about a patient waits."
    elif task.calls == PRESSED:
        says = "A patient has pressed “I am not safe”."
    else:
        says = "A patient's own answer signals thoughts of suicide."
    return PatientCall(
        task.pk,
        says,
        task.raised_at,
        priority=PRESSED if late else task.calls,
        is_escalated=late,
        is_again=getattr(task, "in_hand", False),
        is_of_today=timezone.localdate(task.raised_at) == timezone.localdate(now),
        opens=opens,
        sounds=ANSWERED if late else "",
    )


def _alarms(role: str, now: datetime) -> str:
    made_at, html = _KEPT.get(role, (0.0, ""))
    if not 0 <= now.timestamp() - made_at < KEPT_SECONDS:
        html = render_to_string("sound/calls.html", {"calls": calls_for(role, now)}).strip()
        _KEPT[role] = (now.timestamp(), html)
    return html


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
