"""Dates in the calendar: a course booked, one date moved, one cancelled.

A bay never holds two at once, and no patient is in two places: looked for here, for the sake of good words, and
refused by the database itself (`records.double_booking`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from glimmer.actions.absence import enter_who_cancelled
from glimmer.actions.act import Act, acting
from glimmer.actions.calendar_rules import Wish, judged, keep_reason, shown
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.actions.limits import refuse_beyond_limits, refuse_ended
from glimmer.actions.reminders import take_back_reminder
from glimmer.actions.therapy_timing import keep_timing_task
from glimmer.care.plan import proposed_dates
from glimmer.guidance.protocol import Protocol, protocol
from glimmer.guidance.working_days import bank_holiday
from glimmer.records.access import require
from glimmer.records.claims import APPOINTMENT_SOURCE, BAY, PATIENT, Wanted, claims_against
from glimmer.records.course import is_stopped
from glimmer.records.episodes import Episode
from glimmer.records.house import opening
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused

LONGEST_COURSE_DAYS = 366
SESSION_CANCELLED = "The session was cancelled."


def bays(by: Staff) -> Sequence[Bay]:
    """Return the clinic's bays in their order."""
    require(by, "calendar.view")
    return list(Bay.objects.all())


def propose_course(plan: Plan, first_day: date, closed: Sequence[date] = ()) -> tuple[date, ...]:
    """Return the days on which the plan's sessions would fall, around days when the clinic is closed.

    Nothing is booked. `closed` are days to be left out beside bank holidays and the clinic's own.
    """
    hours = opening()
    days = (first_day + timedelta(days=number) for number in range(LONGEST_COURSE_DAYS))
    named = [day for day in days if day in hours.others or bank_holiday(day)]
    shut = [day for day in named if hours.hours_on(day) is None]
    return proposed_dates(_protocol_of(plan), first_day, plan.sessions, [*closed, *shut])


def book_course(
    plan: Plan,
    first_day: date,
    at_time: time,
    bay: Bay,
    *,
    by: Staff,
    closed: Sequence[date] = (),
    because: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> tuple[Appointment, ...]:
    """Book every session of a plan in one bay at the same time of day; all of them or none.

    Raises RuleRefused naming the days on which the bay is taken. `because` overrides what the calendar's rules say.
    """
    with acting(by, "calendar.book", verb="book_course", episode=plan.episode, seen=seen, at=at) as act:
        current = _bookable(act, plan)
        if current.appointments.filter(cancelled_at__isnull=True).exists():
            raise RuleRefused("This plan has dates already. Move or cancel single dates in the calendar.")
        _refuse_past(first_day, act.at, "first_day")
        minutes = timedelta(minutes=_protocol_of(current).chair_minutes)
        starts = [_start(day, at_time) for day in propose_course(current, first_day, closed)]
        wishes = [Wish(number, bay, start, start + minutes) for number, start in enumerate(starts, start=1)]
        booked = _book(act, current, wishes, because)
        act.about(current)
        act.note(dates=len(booked), bay=bay.pk)
    return booked


def book_dates(
    plan: Plan,
    chosen: Sequence[tuple[int, datetime, Bay]],
    *,
    by: Staff,
    because: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> tuple[Appointment, ...]:
    """Book sessions of a plan on the dates that were chosen, as (number, start, bay); all of them or none."""
    with acting(by, "calendar.book", verb="book_dates", episode=plan.episode, seen=seen, at=at) as act:
        current = _bookable(act, plan)
        if not chosen:
            raise BadInput("No dates were chosen. Choose one of the ways shown.", field="dates")
        minutes = timedelta(minutes=_protocol_of(current).chair_minutes)
        wishes = [Wish(number, bay, start, start + minutes) for number, start, bay in sorted(chosen, key=_by_number)]
        for wish in wishes:
            _free_number(current, wish, by, act.at)
        booked = _book(act, current, wishes, because)
        act.about(current)
        act.note(dates=len(booked), bays=sorted({wish.bay.pk for wish in wishes}))
    return booked


def book_appointment(
    plan: Plan,
    number: int,
    starts_at: datetime,
    bay: Bay,
    *,
    by: Staff,
    because: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Book one session of a plan that has no date, for instance after its date was cancelled."""
    with acting(by, "calendar.book", verb="book_appointment", episode=plan.episode, seen=seen, at=at) as act:
        current = _bookable(act, plan)
        wish = Wish(number, bay, starts_at, starts_at + timedelta(minutes=_protocol_of(current).chair_minutes))
        _free_number(current, wish, by, act.at)
        (booked,) = _book(act, current, [wish], because)
        act.about(booked)
        act.note(number=number, bay=bay.pk)
    return booked


def move_appointment(
    appointment: Appointment,
    starts_at: datetime,
    bay: Bay,
    *,
    by: Staff,
    because: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Move one date to another time or bay, keeping the order and the least days between sessions."""
    episode = appointment.plan.episode
    with acting(by, "calendar.book", verb="move_appointment", episode=episode, seen=seen, at=at) as act:
        open_episode(act)
        moved = _changeable(appointment)
        length = moved.ends_at - moved.starts_at
        _refuse_past(timezone.localdate(starts_at), act.at, "starts_at")
        wish = Wish(moved.number, bay, starts_at, starts_at + length)
        refuse_ended(moved.plan, timezone.localdate(starts_at))
        refuse_beyond_limits(moved.plan, starts_at)
        overridden = judged(act, moved.plan, [wish], because, besides=[moved.pk])
        locked = _free_bay(moved.plan, bay, starts_at, starts_at + length, except_pk=moved.pk)
        act.note(was=moved.starts_at.isoformat(), now=starts_at.astimezone(UTC).isoformat(), bay=locked.pk)
        was = moved.starts_at
        moved.starts_at, moved.ends_at, moved.bay = starts_at, starts_at + length, locked
        moved.save(update_fields=["starts_at", "ends_at", "bay"])
        if was != starts_at:
            take_back_reminder(act, moved, was)
        keep_reason(act, [moved], overridden, because)
        keep_timing_task(act)
        act.about(moved)
    return moved


def cancel_appointment(
    appointment: Appointment,
    reason: str,
    *,
    by: Staff,
    whose: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Cancel one date, with the reason; the row stays. `whose` says who cancels, "patient" or "clinic"."""
    episode = appointment.plan.episode
    with acting(by, "calendar.book", verb="cancel_appointment", episode=episode, seen=seen, at=at) as act:
        if not reason.strip():
            raise BadInput("Give the reason for cancelling.", field="reason")
        cancelled = _changeable(appointment)
        cancelled.cancelled_by, cancelled.cancelled_at = by, act.at
        cancelled.cancelled_because = reason.strip()
        cancelled.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
        take_back_reminder(act, cancelled, cancelled.starts_at)
        if whose:
            enter_who_cancelled(act, cancelled, whose)
        keep_timing_task(act)
        act.about(cancelled)
    return cancelled


def open_dates(episode: Episode, after: date | None = None) -> QuerySet[Appointment]:
    """Return the dates of an episode whose session was not opened, from the day after `after` on where it is given."""
    dates = Appointment.objects.filter(plan__episode=episode, cancelled_at__isnull=True, session__isnull=True)
    return dates.filter(starts_at__gte=_start(after + timedelta(days=1), time.min)) if after is not None else dates


def cancel_open_dates(act: Act, reason: str, *, after: date | None = None) -> int:
    """Cancel, within the act, every date of its episode whose session was not opened; return how many.

    With `after`, only those on later days. Dates to come are entered as cancelled by the clinic, and who was reminded
    of one is told.
    """
    rows = list(open_dates(locked_episode(act), after).select_for_update(of=("self",), no_key=True).order_by("pk"))
    for row in rows:
        row.cancelled_by, row.cancelled_at, row.cancelled_because = act.by, act.at, reason
        row.save(update_fields=["cancelled_by", "cancelled_at", "cancelled_because"])
        take_back_reminder(act, row, row.starts_at)
        if row.starts_at > act.at:
            enter_who_cancelled(act, row, "clinic")
    keep_timing_task(act)
    return len(rows)


def cancel_date_of_session(act: Act, appointment_id: int) -> None:
    """Cancel, within the act that cancels a session before the drug, its date: nobody lies in that bay any more."""
    Appointment.objects.filter(pk=appointment_id, cancelled_at__isnull=True).update(
        cancelled_by=act.by, cancelled_at=act.at, cancelled_because=SESSION_CANCELLED
    )
    keep_timing_task(act)


def _book(act: Act, plan: Plan, wishes: Sequence[Wish], because: str) -> tuple[Appointment, ...]:
    """Write the dates, within the act. Bays are locked in one order, so that two who book never wait for each other."""
    locked = {bay.pk: bay for bay in _lock({wish.bay.pk for wish in wishes})}
    for bay in locked.values():
        _refuse_taken(plan, bay, [(one.starts_at, one.ends_at) for one in wishes if one.bay.pk == bay.pk])
    refuse_ended(plan, max(timezone.localdate(wish.starts_at) for wish in wishes))
    refuse_beyond_limits(plan, min(wish.starts_at for wish in wishes))
    overridden = judged(act, plan, wishes, because)
    booked = tuple(
        Appointment.objects.create(
            plan=plan,
            number=wish.number,
            bay=locked[wish.bay.pk],
            starts_at=wish.starts_at.astimezone(UTC),
            ends_at=wish.ends_at.astimezone(UTC),
            booked_by=act.by,
            booked_at=act.at,
        )
        for wish in wishes
    )
    keep_reason(act, booked, overridden, because)
    keep_timing_task(act)
    return booked


def _by_number(chosen: tuple[int, datetime, Bay]) -> int:
    return chosen[0]


def _free_number(plan: Plan, wish: Wish, by: Staff, at: datetime) -> None:
    """Refuse a session that the plan does not have, that has a date, or a day that has passed."""
    if not 1 <= wish.number <= plan.sessions:
        raise BadInput(f"The plan has sessions 1 to {plan.sessions}. Choose one of them.", field="number")
    _refuse_past(timezone.localdate(wish.starts_at), at, "starts_at")
    _set_aside_unused(plan, wish.number, by, at)


def _set_aside_unused(plan: Plan, number: int, by: Staff, at: datetime) -> None:
    """Make room for a new date of a session whose last date came to nothing; refuse when it has one."""
    standing = plan.appointments.filter(number=number, cancelled_at__isnull=True)
    for appointment in standing.select_related("session"):
        session = getattr(appointment, "session", None)
        if session is None or session.phase != "cancelled":
            raise RuleRefused(f"Session {number} has a date already. Move that date instead.")
    standing.update(cancelled_by=by, cancelled_at=at, cancelled_because=SESSION_CANCELLED)


def _protocol_of(plan: Plan) -> Protocol:
    return protocol(plan.protocol_id, plan.protocol_version)


def _bookable(act: Act, plan: Plan) -> Plan:
    episode = open_episode(act)
    newest = Plan.objects.filter(episode=episode).order_by("-version").first()
    if newest is None or newest.pk != plan.pk:
        raise RuleRefused("This plan was replaced by a newer one. Book the dates of the newest plan.")
    if is_stopped(newest):
        raise RuleRefused("The course of this plan was stopped. To treat again, a psychiatrist prescribes a new plan.")
    refuse_ended(newest, timezone.localtime(act.at).date())
    if second_prescriber_wanted(newest):
        raise RuleRefused("This plan needs a second prescriber's agreement before dates can be booked.")
    return newest


def _changeable(appointment: Appointment) -> Appointment:
    fresh = (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("plan__episode")
        .get(pk=appointment.pk)
    )
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


def _free_bay(plan: Plan, bay: Bay, starts_at: datetime, ends_at: datetime, *, except_pk: int | None) -> Bay:
    (locked,) = _lock([bay.pk])
    if _claimed(BAY, locked.pk, starts_at, ends_at, except_pk):
        raise RuleRefused(f"{locked.name} is not free on {shown(starts_at)} at that time. Choose another time or bay.")
    if _claimed(PATIENT, plan.episode.patient_id, starts_at, ends_at, except_pk):
        raise RuleRefused(f"This patient has another date on {shown(starts_at)} at that time. Choose another time.")
    return locked


def _refuse_taken(plan: Plan, bay: Bay, times: Sequence[tuple[datetime, datetime]]) -> None:
    """Refuse a course that the bay or the patient has no room for, naming every day on which it is so."""
    whose = {BAY: (bay.pk, f"{bay.name} is not free"), PATIENT: (plan.episode.patient_id, "This patient is not free")}
    for what, (key, words) in whose.items():
        taken = [start for start, end in times if _claimed(what, key, start, end, None)]
        if taken:
            days = ", ".join(shown(start) for start in taken)
            raise RuleRefused(
                f"{words} at that time on {days}. Nothing was booked. Choose another time, bay or first day."
            )


def _claimed(what: int, key: int, starts_at: datetime, ends_at: datetime, except_pk: int | None) -> bool:
    own = [(APPOINTMENT_SOURCE, except_pk)] if except_pk else []
    return claims_against(Wanted(what, key, starts_at, ends_at), besides=own).exists()


def _lock(bays: Iterable[int]) -> list[Bay]:
    # Whoever books in a bay waits here for the one before: two bookings at once cannot both see it free.
    # NO KEY: whoever has claimed a time in it and comes to the foreign key at last does not wait for us in turn.
    return list(Bay.objects.select_for_update(no_key=True).filter(pk__in=list(bays)).order_by("pk"))
