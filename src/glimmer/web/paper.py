"""From paper: the sheets of a day to print, and a sheet's rows to enter when Glimmer is back."""

from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.downtime import (
    Entered,
    checks_on_sheet,
    enter_rows,
    entered_rows,
    open_from_paper,
    people_on_paper,
    print_sheets,
    sheet_number,
)
from glimmer.actions.log import log_of, protocol_of
from glimmer.records.access import access_appointment
from glimmer.records.plans import Appointment
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show
from glimmer.web.paper_forms import FromPaperForm, PaperForm


@page("downtime.print", looks="")
def sheets(request: StaffRequest, day: str) -> HttpResponse:
    """Hand out the sheets of a day as one PDF."""
    wanted = _day(day)
    return _pdf(print_sheets(wanted, by=request.staff), f"downtime-sheets-{wanted.isoformat()}.pdf")


@page("downtime.print", looks="")
def sheet(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Hand out the sheet of one date as a PDF."""
    found = access_appointment(request.staff, appointment_id)
    day = timezone.localdate(found.starts_at)
    return _pdf(print_sheets(day, by=request.staff, only=found), f"downtime-sheet-{sheet_number(found)}.pdf")


def _pdf(pdf: bytes, name: str) -> HttpResponse:
    # The name holds no patient's name: file names travel further than files.
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def _day(text: str) -> date:
    try:
        return timezone.localdate() if text == "today" else date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("The address names no day. Go back to the calendar and choose again.") from error


@page("downtime.enter", bedside=True)
def paper(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Show what of a sheet is in the log, and take the rest."""
    return _page(request, access_appointment(request.staff, appointment_id))


@page("downtime.enter", methods=("POST",), bedside=True)
def paper_open(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Make the session that was held on paper."""
    found = access_appointment(request.staff, appointment_id)
    people = people_on_paper(request.staff)
    form = FromPaperForm(request.POST, people=people)

    def act(data: dict[str, Any]) -> None:
        open_from_paper(
            found,
            _moment(found, data["opened_at"]),
            _moment(found, data["left_at"]) if data["left_at"] else None,
            data["escorted_by"],
            written_by=next(one for one in people if str(one.pk) == data["written_by"]),
            by=request.staff,
        )

    if attempt(form, act):
        messages.success(request, "The session is in the record. Enter the rows of its sheet below.")
        return HttpResponseRedirect(reverse("paper", args=[appointment_id]))
    return _page(request, found, open_form=form)


@page("downtime.enter", methods=("POST",), bedside=True)
def paper_rows(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Take the rows that were filled in: all of them, or none with the reasons."""
    found = access_appointment(request.staff, appointment_id)
    session = _session_of(found)
    form = _rows_form(request, session, request.POST)
    told: list[Entered] = []
    if attempt(form, lambda data: told.append(_enter(session, form, request))):
        count, known = len(told[0].events), told[0].known
        again = f" In the log already, and left as they were: {', '.join(known)}." if known else ""
        rows = "1 row was" if count == 1 else f"{count} rows were"
        messages.success(request, f"{rows} entered.{again}")
        return HttpResponseRedirect(reverse("paper", args=[appointment_id]))
    return _page(request, found, rows_form=form)


def _enter(session: TreatmentSession, form: PaperForm, request: StaffRequest) -> Entered:
    rows = form.rows()
    if not rows:
        raise BadInput("No row was filled in. Fill in at least one, then save.")
    return enter_rows(session, rows, by=request.staff)


def _moment(found: Appointment, clock_time: time) -> datetime:
    day = timezone.localtime(found.starts_at)
    return day.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0)


def _session_of(found: Appointment) -> TreatmentSession:
    session = getattr(found, "session", None)
    if session is None:
        raise BadInput("This session is not in the record yet. Enter first when it began.")
    return session


def _rows_form(request: StaffRequest, session: TreatmentSession, data: Any = None) -> PaperForm:
    pinned = protocol_of(log_of(session.pk))
    return PaperForm(
        data,
        protocol=pinned,
        checks=checks_on_sheet(session.plan, pinned),
        people=people_on_paper(request.staff),
        day=session.opened_at,
        known=list(entered_rows(session)),
    )


def _page(
    request: StaffRequest,
    found: Appointment,
    open_form: FromPaperForm | None = None,
    rows_form: PaperForm | None = None,
) -> HttpResponse:
    session = getattr(found, "session", None)
    if session is not None and rows_form is None:
        rows_form = _rows_form(request, session)
    if session is None and open_form is None:
        open_form = FromPaperForm(people=people_on_paper(request.staff))
    return show(
        request,
        "paper.html",
        title=f"Session {found.number}: from paper",
        here="calendar",
        episode=found.plan.episode,
        forms=[form for form in (open_form, rows_form) if form is not None],
        appointment=found,
        session=session,
        number=sheet_number(found),
        open_form=open_form,
        rows_form=rows_form,
        entered=sorted(entered_rows(session).items(), key=_printed_order) if session is not None else [],
        trail=[("Calendar", "calendar"), ("Date", "appointment", found.pk)],
    )


def _printed_order(item: tuple[str, Any]) -> tuple[int, int]:
    row = item[0]
    return "CSEOL".find(row[0]), int(row[1:])
