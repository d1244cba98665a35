"""Dates in the calendar: a course booked, one date moved, one cancelled.

A bay never holds two at once, and no patient is in two places: looked for here, for the sake of good words, and
refused by the database itself (`records.double_booking`).
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import open_episode
from glimmer.actions.limits import refuse_beyond_limits
from glimmer.care.plan import proposed_dates
from glimmer.guidance.protocol import Protocol, protocol
from glimmer.records.access import require
from glimmer.records.claims import APPOINTMENT_SOURCE, BAY, PATIENT, Wanted, claims_against
from glimmer.records.course import is_stopped
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused


def bays(by: Staff) -> Sequence[Bay]:
    """Return the clinic's bays in their order."""
    require(by, "calendar.view")
    return list(Bay.objects.all())


def propose_course(plan: Plan, first_day: date, closed: Sequence[date] = ()) -> tuple[date, ...]:
    """Return the days on which the plan's sessions would fall; nothing is booked."""
    return proposed_dates(_protocol_of(plan), first_day, plan.sessions, closed)


def book_course(
    plan: Plan,
    first_day: date,
    at_time: time,
    bay: Bay,
    *,
    by: Staff,
    closed: Sequence[date] = (),
    seen: int | None = None,
    at: datetime | None = None,
) -> tuple[Appointment, ...]:
    """Book every session of a plan in one bay at the same time of day; all of them or none.

    Raises RuleRefused naming the days on which the bay is taken.
    """
    with acting(by, "calendar.book", verb="book_course", episode=plan.episode, seen=seen, at=at) as act:
        current = _bookable(act, plan)
        if current.appointments.filter(cancelled_at__isnull=True).exists():
            raise RuleRefused("This plan has dates already. Move or cancel single dates in the calendar.")
        _refuse_past(first_day, act.at, "first_day")
        locked = _lock(bay)
        starts = [_start(day, at_time) for day in propose_course(current, first_day, closed)]
        refuse_beyond_limits(current, starts[0])
        minutes = timedelta(minutes=_protocol_of(current).chair_minutes)
        _refuse_taken(current, locked, [(start, start + minutes) for start in starts])
        booked = [
            Appointment.objects.create(
                plan=current,
                number=number,
                bay=locked,
                starts_at=start,
                ends_at=start + minutes,
                booked_by=by,
                booked_at=act.at,
            )
            for number, start in enumerate(starts, start=1)
        ]
        act.about(current)
        act.note(dates=len(booked), bay=locked.pk)
    return tuple(booked)


def book_appointment(
    plan: Plan,
    number: int,
    starts_at: datetime,
    bay: Bay,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Book one session of a plan that has no date, for instance after its date was cancelled."""
    with acting(by, "calendar.book", verb="book_appointment", episode=plan.episode, seen=seen, at=at) as act:
        current = _bookable(act, plan)
        if not 1 <= number <= current.sessions:
            raise BadInput(f"The plan has sessions 1 to {current.sessions}. Choose one of them.", field="number")
        _set_aside_unused(current, number, by, act.at)
        minutes = timedelta(minutes=_protocol_of(current).chair_minutes)
        _check_place(current, number, starts_at, act.at, except_pk=None)
        locked = _free_bay(current, bay, starts_at, starts_at + minutes, except_pk=None)
        booked = Appointment.objects.create(
            plan=current,
            number=number,
            bay=locked,
            starts_at=starts_at,
            ends_at=starts_at + minutes,
            booked_by=by,
            booked_at=act.at,
        )
        act.about(booked)
        act.note(number=number, bay=locked.pk)
    return booked


def move_appointment(
    appointment: Appointment,
    starts_at: datetime,
    bay: Bay,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Move one date to another time or bay, keeping the order and the least days between sessions."""
    episode = appointment.plan.episode
    with acting(by, "calendar.book", verb="move_appointment", episode=episode, seen=seen, at=at) as act:
        open_episode(act)
        moved = _changeable(appointment)
        length = moved.ends_at - moved.starts_at
        _check_place(moved.plan, moved.number, starts_at, act.at, except_pk=moved.pk)
        locked = _free_bay(moved.plan, bay, starts_at, starts_at + length, except_pk=moved.pk)
        act.note(was=moved.starts_at.isoformat(), now=starts_at.astimezone(UTC).isoformat(), bay=locked.pk)
        moved.starts_at, moved.ends_at, moved.bay = starts_at, starts_at + length, locked
        moved.save(update_fields=["starts_at", "ends_at", "bay"])
        act.about(moved)
    return moved


def cancel_appointment(
    appointment: Appointment,
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Cancel one date, with the reason; the row stays."""
    episode = appointment.plan.episode
    with acting(by, "calendar.book", verb="cancel_appointment", episode=episode, seen=seen, at=at) as act:
        if not reason.strip():
            raise BadInput("Give the reason for cancelling.", field="reason")
        cancelled = _changeable(appointment)
        cancelled.cancelled_by, cancelled.cancelled_at = by, act.at
        cancelled.cancelled_because = reason.strip()
        cancelled.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
        act.about(cancelled)
    return cancelled


def cancel_open_dates(act: Act, reason: str) -> int:
    """Cancel, within the act, every date of its episode whose session was not opened; return how many."""
    return Appointment.objects.filter(
        plan__episode=act.episode, cancelled_at__isnull=True, session__isnull=True
    ).update(cancelled_by=act.by, cancelled_at=act.at, cancelled_because=reason)


def _set_aside_unused(plan: Plan, number: int, by: Staff, at: datetime) -> None:
    """Make room for a new date of a session whose last date came to nothing; refuse when it has one."""
    standing = plan.appointments.filter(number=number, cancelled_at__isnull=True)
    for appointment in standing.select_related("session"):
        session = getattr(appointment, "session", None)
        if session is None or session.phase != "cancelled":
            raise RuleRefused(f"Session {number} has a date already. Move that date instead.")
    standing.update(cancelled_by=by, cancelled_at=at, cancelled_because="The session was cancelled.")


def _protocol_of(plan: Plan) -> Protocol:
    return protocol(plan.protocol_id, plan.protocol_version)


def _bookable(act: Act, plan: Plan) -> Plan:
    episode = open_episode(act)
    newest = Plan.objects.filter(episode=episode).order_by("-version").first()
    if newest is None or newest.pk != plan.pk:
        raise RuleRefused("This plan was replaced by a newer one. Book the dates of the newest plan.")
    if is_stopped(newest):
        raise RuleRefused("The course of this plan was stopped. To treat again, a psychiatrist prescribes a new plan.")
    if second_prescriber_wanted(newest):
        raise RuleRefused("This plan needs a second prescriber's agreement before dates can be booked.")
    return newest


def _changeable(appointment: Appointment) -> Appointment:
    fresh = Appointment.objects.select_for_update(of=("self",)).select_related("plan__episode").get(pk=appointment.pk)
    if fresh.cancelled_at is not None:
        raise RuleRefused("This date was cancelled already. Book the session again to give it a new date.")
    if hasattr(fresh, "session"):
        raise RuleRefused("The session of this date has been opened, so the date stands as it is.")
    return fresh


def _start(day: date, at_time: time) -> datetime:
    # In local time: ten o'clock stays ten o'clock on both sides of a change of the clocks.
    return datetime.combine(day, at_time, tzinfo=timezone.get_current_timezone()).astimezone(UTC)


def _refuse_past(day: date, now: datetime, field: str) -> None:
    if day < timezone.localtime(now).date():
        raise BadInput("This day has passed. Choose today or a later day.", field=field)


def _check_place(plan: Plan, number: int, starts_at: datetime, now: datetime, *, except_pk: int | None) -> None:
    """Keep a moved date within the course: not in the past, in order, and far enough from its neighbours."""
    day = timezone.localtime(starts_at).date()
    _refuse_past(day, now, "starts_at")
    refuse_beyond_limits(plan, starts_at)
    least = _protocol_of(plan).shortest_days_between.value
    others = plan.appointments.filter(cancelled_at__isnull=True).exclude(pk=except_pk or 0)
    for other in others:
        days = (day - timezone.localtime(other.starts_at).date()).days
        in_order = days > 0 if number > other.number else days < 0
        if not in_order:
            raise RuleRefused(
                f"Session {number} cannot be on {_shown(starts_at)}: session {other.number} is on "
                f"{_shown(other.starts_at)}, and sessions keep their order. Choose another day."
            )
        if abs(days) < least:
            raise RuleRefused(
                f"Session {number} cannot be on {_shown(starts_at)}: session {other.number} is on "
                f"{_shown(other.starts_at)}, and this protocol wants at least {least} days between. Choose another day."
            )


def _free_bay(plan: Plan, bay: Bay, starts_at: datetime, ends_at: datetime, *, except_pk: int | None) -> Bay:
    locked = _lock(bay)
    if _claimed(BAY, locked.pk, starts_at, ends_at, except_pk):
        raise RuleRefused(f"{locked.name} is not free on {_shown(starts_at)} at that time. Choose another time or bay.")
    if _claimed(PATIENT, plan.episode.patient_id, starts_at, ends_at, except_pk):
        raise RuleRefused(f"This patient has another date on {_shown(starts_at)} at that time. Choose another time.")
    return locked


def _refuse_taken(plan: Plan, bay: Bay, times: Sequence[tuple[datetime, datetime]]) -> None:
    """Refuse a course that the bay or the patient has no room for, naming every day on which it is so."""
    whose = {BAY: (bay.pk, f"{bay.name} is not free"), PATIENT: (plan.episode.patient_id, "This patient is not free")}
    for what, (key, words) in whose.items():
        taken = [start for start, end in times if _claimed(what, key, start, end, None)]
        if taken:
            days = ", ".join(_shown(start) for start in taken)
            raise RuleRefused(
                f"{words} at that time on {days}. Nothing was booked. Choose another time, bay or first day."
            )


def _claimed(what: int, key: int, starts_at: datetime, ends_at: datetime, except_pk: int | None) -> bool:
    own = [(APPOINTMENT_SOURCE, except_pk)] if except_pk else []
    return claims_against(Wanted(what, key, starts_at, ends_at), besides=own).exists()


def _lock(bay: Bay) -> Bay:
    # Whoever books in a bay waits here for the one before: two bookings at once cannot both see it free.
    return Bay.objects.select_for_update().get(pk=bay.pk)


def _shown(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%A} {local.day} {local:%B %Y}"
