"""The replay of a session: any moment of it as it was seen, never to be mistaken for the session itself.

`?at=` is a moment as ISO 8601, `?time=` one as a person types it. Without a script the page is a page at a moment.
"""

from datetime import datetime, time, timedelta
from secrets import token_hex
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from markupsafe import Markup

from glimmer.actions.recording import export_session
from glimmer.actions.replay import open_replay
from glimmer.records.access import access_session
from glimmer.web.gate import StaffRequest, page
from glimmer.web.jinja import local
from glimmer.web.pages import show
from glimmer.web.replay_frames import Stop, from_ms, packed, stops_of, to_ms, viewing_of

MINUTE = timedelta(minutes=1)
SPEEDS = (1, 2, 5, 10, 30, 60)
STEPS = ((-60, "−1 min"), (-10, "−10 s"), (-1, "−1 s"), (1, "+1 s"), (10, "+10 s"), (60, "+1 min"))
NO_SUCH_TIME = "That is no time of this session. Enter it as hours, minutes and seconds, such as 10:31:05."
SECTIONS = {
    "functions": "Functions that were on",
    "values": "Values",
    "infusion": "Infusion",
    "sound": "Tones",
    "checks": "Checks before",
}
MORE_SECTIONS = {"schedule": "Observation rounds", "news2": "NEWS2", "effects": "Side effects"}


@page("session.view", looks="")
def replay(request: StaffRequest, session_id: int) -> HttpResponse:
    """Show one session as it was seen at a moment."""
    session = access_session(request.staff, session_id)
    viewing = viewing_of(request.staff.pk, session, token := token_hex(8))
    first, last = viewing.player.span(timezone.now())
    moment, fault = _asked(request, first, last)
    with viewing.lock:
        frame = viewing.frame(moment)
    stops = stops_of(viewing.player)
    open_replay(session, by=request.staff)
    return show(
        request,
        "replay/page.html",
        title=f"Replay of session {session.number}, not live",
        here="patients",
        episode=session.episode,
        step="session",
        trail=[("Sessions", "sessions", session.episode_id), (f"Session {session.number}", "session", session.pk)],
        session=session,
        protocol=frame.view.protocol,
        view=frame.view,
        # Rendered by our own templates, which escape what people typed.
        parts={name: Markup(html) for name, html in frame.parts.items()},  # nosec B704
        chart=Markup(frame.chart),  # nosec B704
        fault=fault,
        viewing=token,
        is_over=viewing.player.whole.course.phase.is_over,
        speeds=SPEEDS,
        sections=SECTIONS,
        more_sections=MORE_SECTIONS,
        **_travel(moment, first, last, stops),
    )


@page("session.view", machine=True, bedside=True)
def replay_frame(request: StaffRequest, session_id: int) -> HttpResponse:
    """Return what a replay page changes to show the moment `at` (ms since 1970); `holds` is the moment it shows."""
    session = access_session(request.staff, session_id)
    at, holds = (_whole(request.GET.get(name, "")) for name in ("at", "holds"))
    if at is None:
        return HttpResponse("Give at= as milliseconds since 1970.\n", status=400, content_type="text/plain")
    viewing = viewing_of(request.staff.pk, session, request.GET.get("viewing", "")[:32])
    with viewing.lock:
        viewing.player.look()
        first, last = viewing.player.span(timezone.now())
        moment = min(max(from_ms(at), first), last)
        frame = viewing.frame(moment, from_ms(holds) if holds is not None else None)
    return HttpResponse(packed(frame, last), content_type="application/json")


@page("session.export", methods=("POST",), looks="")
def session_export(request: StaffRequest, session_id: int) -> HttpResponse:
    """Return the session as one file to keep; its digest goes into the audit trail."""
    session = access_session(request.staff, session_id, "session.export")
    exported = export_session(session, by=request.staff, with_messages=request.POST.get("messages") == "yes")
    response = HttpResponse(exported.raw, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{exported.name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else None


def _asked(request: StaffRequest, first: datetime, last: datetime) -> tuple[datetime, str]:
    """Return the moment that the address names, within the session, and what is wrong with it."""
    at, typed = request.GET.get("at", ""), request.GET.get("time", "").strip()
    moment = _typed(typed, first, last) if typed else _iso(at) if at else first
    if moment is None:
        return (_iso(at) if typed and at else None) or first, NO_SUCH_TIME
    return min(max(moment, first), last), ""


def _iso(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo else None


def _typed(text: str, first: datetime, last: datetime) -> datetime | None:
    """Return the time of day as the clinic's clock showed it during the session, None where it never did."""
    try:
        clock = time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    days = (local(first).date(), local(last).date())
    found = [datetime.combine(day, clock, timezone.get_current_timezone()) for day in days]
    return next((one for one in found if first - MINUTE <= one <= last + MINUTE), None)


def _travel(moment: datetime, first: datetime, last: datetime, stops: tuple[Stop, ...]) -> dict[str, Any]:
    """Return where one can go from here: steps, neighbours, and the whole line of time with its marks."""
    span = max((last - first) / timedelta(milliseconds=1), 1)
    here, start = to_ms(moment), to_ms(first)
    marks = [(stop, round(100 * (stop.ms - start) / span, 2)) for stop in stops]
    return {
        "at": moment,
        "first": first,
        "last": last,
        "first_ms": start,
        "last_ms": to_ms(last),
        "at_ms": here,
        "steps_to": [(words, min(max(moment + timedelta(seconds=by), first), last), by) for by, words in STEPS],
        "previous_entry": _before(stops, here),
        "next_entry": _after(stops, here),
        "previous_alarm": _before(_alarms(stops), here),
        "next_alarm": _after(_alarms(stops), here),
        "stops": stops,
        "time_marks": [(stop, left) for stop, left in marks if stop.kind != "entry"],
        "entry_marks": [left for stop, left in marks if stop.kind == "entry"],
        "stops_json": Markup(orjson.dumps([[stop.ms, stop.kind] for stop in stops]).decode()),  # nosec B704
    }


def _alarms(stops: tuple[Stop, ...]) -> tuple[Stop, ...]:
    return tuple(stop for stop in stops if stop.kind == "alarm")


def _before(stops: tuple[Stop, ...], here: int) -> datetime | None:
    return next((stop.at for stop in reversed(stops) if stop.ms < here), None)


def _after(stops: tuple[Stop, ...], here: int) -> datetime | None:
    return next((stop.at for stop in stops if stop.ms > here), None)
