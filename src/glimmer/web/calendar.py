"""The calendar: a week of bays, and one date that is moved, cancelled or opened as a session."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.absence import record_non_attendance, withdraw_absence
from glimmer.actions.booking import bays, cancel_appointment, move_appointment
from glimmer.actions.calendar_rules import Wish, standing_against
from glimmer.actions.session import open_session
from glimmer.guidance.psychotherapy import therapy_kinds
from glimmer.records.access import access_appointment, access_appointments
from glimmer.records.access_calendar import absence_of, overrides_of
from glimmer.records.access_therapy import talks_between
from glimmer.records.house import house_between, limits_of
from glimmer.records.plans import Appointment
from glimmer.records.sessions import TreatmentSession
from glimmer.scheduling.day import lacks_of_day
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import RuleRefused
from glimmer.web.calendar_forms import (
    AbsenceBackForm,
    AbsenceForm,
    CancelForm,
    MoveForm,
    OpenForm,
    bay_choices,
    moment_of,
)
from glimmer.web.calendar_weeks import monday_of
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("calendar.view")
def calendar(request: StaffRequest) -> HttpResponse:
    """Show one week, a row for each day and a column for each bay."""
    monday = monday_of(request.GET.get("week", ""))
    columns = bays(request.staff)
    days = _week(request, monday, columns)
    house = house_between(monday, monday + timedelta(days=6))
    return show(
        request,
        "calendar.html",
        title="Calendar",
        here="calendar",
        bays=columns,
        days=days,
        closed={day: house.opening.why_closed(day) for day, _ in days},
        lacks={day: lacks_of_day(house, day) for day, _ in days},
        talks=talks_between(request.staff, moment_of(monday, time(0)), moment_of(monday + timedelta(days=7), time(0))),
        talk_titles={one.id: one.title for one in therapy_kinds()},
        monday=monday,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7),
        names=may(Role(request.staff.role), "patient.view"),
    )


@page("patient.view")
def appointment(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Show one date, and let it be moved or cancelled until its session is opened."""
    return _page(request, access_appointment(request.staff, appointment_id))


@page("calendar.book", methods=("POST",))
def appointment_move(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Move a date to another time or bay."""
    found = access_appointment(request.staff, appointment_id)
    places = {str(bay.pk): bay for bay in bays(request.staff)}
    form = MoveForm(request.POST, bays=bay_choices(places.values()))

    def move(data: dict[str, Any]) -> None:
        start = moment_of(data["day"], data["starts_at"])
        move_appointment(
            found, start, places[data["bay"]], because=data["because"], by=request.staff, seen=data["seen"]
        )

    if attempt(form, move):
        return done(request, "The date was moved.", "appointment", appointment_id)
    return _page(request, found, move_form=form)


@page("calendar.book", methods=("POST",))
def appointment_cancel(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Cancel a date, with the reason."""
    found = access_appointment(request.staff, appointment_id)
    form = CancelForm(request.POST)

    def cancel(data: dict[str, Any]) -> None:
        cancel_appointment(found, data["reason"], whose=data["whose"], by=request.staff, seen=data["seen"])

    if attempt(form, cancel):
        return done(request, "The date was cancelled. Below: who could take it.", "refill", appointment_id)
    return _page(request, found, cancel_form=form)


@page("calendar.book", methods=("POST",))
def appointment_absence(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Enter that the patient did not come."""
    found = access_appointment(request.staff, appointment_id)
    form = AbsenceForm(request.POST)

    def enter(data: dict[str, Any]) -> None:
        record_non_attendance(found, data["words"], by=request.staff, seen=data["seen"])

    if attempt(form, enter):
        says = "It was entered that the patient did not come. A nurse has the task to call them."
        return done(request, says, "plan", found.plan.episode_id)
    return _page(request, found, absence_form=form)


@page("calendar.book", methods=("POST",))
def absence_withdraw(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Take back, as entered in error, why a date was not held."""
    found = access_appointment(request.staff, appointment_id)
    form = AbsenceBackForm(request.POST)

    def take_back(data: dict[str, Any]) -> None:
        absence = absence_of(found)
        if absence is None:
            raise RuleRefused("Nothing is entered about this date any more. Look at the page again.")
        withdraw_absence(absence, by=request.staff, seen=data["seen"])

    if attempt(form, take_back):
        return done(request, "It was taken back. The date stays cancelled.", "appointment", appointment_id)
    return _page(request, found, back_form=form)


@page("session.check", methods=("POST",))
def appointment_open(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Open the session of a date and go to it; opened twice, both go to the same session."""
    found = access_appointment(request.staff, appointment_id)
    form = OpenForm(request.POST)
    opened: list[TreatmentSession] = []
    if attempt(form, lambda data: opened.append(open_session(found, by=request.staff))):
        return done(request, f"Session {found.number} is open.", "session", opened[0].pk)
    return _page(request, found, open_form=form)


def _page(
    request: StaffRequest,
    found: Appointment,
    move_form: MoveForm | None = None,
    cancel_form: CancelForm | None = None,
    open_form: OpenForm | None = None,
    absence_form: AbsenceForm | None = None,
    back_form: AbsenceBackForm | None = None,
) -> HttpResponse:
    if move_form is None:
        local = timezone.localtime(found.starts_at)
        start = {"day": local.date(), "starts_at": local.time(), "bay": str(found.bay_id)}
        move_form = MoveForm(initial=start, bays=bay_choices(bays(request.staff)))
    cancel_form, open_form = cancel_form or CancelForm(), open_form or OpenForm()
    absence_form, back_form = absence_form or AbsenceForm(), back_form or AbsenceBackForm()
    return show(
        request,
        "appointment.html",
        title=f"Session {found.number}: date",
        here="calendar",
        episode=found.plan.episode,
        step="plan",
        forms=[move_form, cancel_form, open_form, absence_form, back_form],
        move_form=move_form,
        cancel_form=cancel_form,
        open_form=open_form,
        absence_form=absence_form,
        back_form=back_form,
        absence=absence_of(found),
        has_begun=found.starts_at <= timezone.now(),
        appointment=found,
        session=getattr(found, "session", None),
        overrides=overrides_of(found),
        against=_against(found),
        limits=limits_of(found.patient),
        days_ahead=(timezone.localdate(found.starts_at) - timezone.localdate()).days,
        trail=[("Calendar", "calendar"), ("Journey", "journey", found.plan.episode_id)],
    )


def _week(request: StaffRequest, monday: date, columns: Any) -> list[tuple[date, list[list[Appointment]]]]:
    zone = timezone.get_current_timezone()
    start = datetime.combine(monday, time(0), tzinfo=zone)
    end = datetime.combine(monday + timedelta(days=7), time(0), tzinfo=zone)
    found = access_appointments(request.staff).filter(starts_at__gte=start, starts_at__lt=end)
    by_place: dict[tuple[date, int], list[Appointment]] = {}
    for row in found.select_related("session").order_by("starts_at"):
        by_place.setdefault((timezone.localdate(row.starts_at), row.bay_id), []).append(row)
    days = [monday + timedelta(days=number) for number in range(7)]
    # A weekend without dates only takes room.
    shown = [day for day in days if day.weekday() < 5 or any((day, bay.pk) in by_place for bay in columns)]
    return [(day, [by_place.get((day, bay.pk), []) for bay in columns]) for day in shown]


def _against(found: Appointment) -> list[str]:
    """Return what stands against a date now, such as staff that are lacking since the rota was changed."""
    if found.cancelled_at is not None or found.ends_at < timezone.now():
        return []
    wish = Wish(found.number, found.bay, found.starts_at, found.ends_at)
    return [breach.says for breach in standing_against(found.plan, [wish], besides=[found.pk])]
