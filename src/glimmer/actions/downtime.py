"""Downtime: a sheet of paper for each of today's sessions, and its rows entered afterwards as they were measured.

Each row goes into the log with the time that was written on it and the name of the person who wrote it; the log's own
time of hearing is the time of the entry, so nobody can mistake it for something that was seen live. A row of a sheet
is stored once, however often the sheet is entered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from glimmer.actions.act import acting, even_when_full
from glimmer.actions.entries import required_text
from glimmer.actions.letter_facts import letterhead
from glimmer.actions.live import announce
from glimmer.actions.log import Entry, allow, append, keep, lock_session, log_of
from glimmer.actions.ports import port
from glimmer.actions.session import opened_session
from glimmer.care.session.conditions import limit_in_words, limit_of
from glimmer.care.session.events import (
    Discharged,
    InfusionChecked,
    InfusionPrepared,
    NoteWritten,
    SessionEvent,
    What,
)
from glimmer.care.session.log import SessionLog
from glimmer.care.session.paper import ON_THIS_SHEET, PaperRow, is_same_entry, may_enter, same_observation
from glimmer.guidance.protocol import AlarmRule, Check, Protocol, protocol
from glimmer.records.access import access_appointments, require
from glimmer.records.audit import append_audit
from glimmer.records.plans import Appointment, Plan
from glimmer.records.sessions import LogLine, TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.nhs_number import shown_nhs_number
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.permissions import roles_with
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused

MEASURES = {"moaas": "MOAA/S", "news2_total": "NEWS2 total", "news2_single": "One NEWS2 part alone"}
OBSERVATION_ROWS = 12
EVENT_ROWS = 12
COMMAND_LINE = "command line of the machine"
EARLIEST_DAYS_BACK = 31
"""A sheet that is older than this is a matter for the paper record, not for a log of a live session."""


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as it was on the paper: its printed name, the time, what it says, and who wrote it."""

    row: str
    happened_at: datetime
    what: What
    written_by: Staff


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of the rows: the events that were written, and by name the rows that were in the log already."""

    events: tuple[SessionEvent, ...]
    known: tuple[str, ...]


def sheet_number(appointment: Appointment) -> str:
    """Return the number that is printed on the sheet of an appointment, such as `S17-261126`."""
    return f"S{appointment.pk}-{timezone.localtime(appointment.starts_at):%d%m%y}"


def print_sheets(day: date, *, by: Staff, only: Appointment | None = None, at: datetime | None = None) -> bytes:
    """Return one PDF with a sheet for each session of a day, each sheet with its line in the audit.

    `only` asks for one of them. Raises RuleRefused when no session is booked on that day.
    """
    require(by, "downtime.print")
    rows = _sheets_wanted(day, access_appointments(by), only)
    # Made before the transaction begins: nobody waits for the typesetter.
    pdf = _typeset(day, rows)
    with even_when_full("print_sheets"), transaction.atomic():
        for row in rows:
            with acting(by, "downtime.print", verb="print_sheets", at=at) as act:
                act.about(row)
                act.patient_id = row.plan.episode.patient_id
                act.note(sheet=sheet_number(row))
    return pdf


def sheets_for_the_machine(day: date) -> bytes:
    """Return the same PDF for the command line of the machine, where whoever can run it can read all.

    The audit names no person, because none has signed in.
    """
    rows = _sheets_wanted(day, Appointment.objects.all(), None)
    pdf = _typeset(day, rows)
    with even_when_full("print_sheets"), transaction.atomic():
        for row in rows:
            append_audit(
                at=timezone.now(),
                actor=None,
                actor_name=COMMAND_LINE,
                action="print_sheets",
                subject="Appointment",
                subject_id=row.pk,
                patient_id=row.plan.episode.patient_id,
                details={"sheet": sheet_number(row)},
            )
    return pdf


def _sheets_wanted(day: date, booked: QuerySet[Appointment], only: Appointment | None) -> list[Appointment]:
    start = datetime.combine(day, time(0), tzinfo=timezone.get_current_timezone())
    found = booked.filter(starts_at__gte=start, starts_at__lt=start + timedelta(days=1), cancelled_at__isnull=True)
    if only is not None:
        found = found.filter(pk=only.pk)
    rows = list(found.select_related("plan__episode__patient", "bay").order_by("starts_at", "bay__position"))
    if not rows:
        raise RuleRefused(f"No session is booked for {day:%-d %B %Y}, so there is no sheet to print.")
    return rows


def _typeset(day: date, rows: Sequence[Appointment]) -> bytes:
    printed_at = timezone.now()
    content = {
        "clinic": letterhead()["name"],
        "day": f"{day:%A %-d %B %Y}",
        "printed_at": f"{timezone.localtime(printed_at):%-d %B %Y, %H:%M}",
        "written_at": printed_at.isoformat(),
        "sheets": [sheet_content(row) for row in rows],
    }
    pdf: bytes = port("render_sheets")(content)
    return pdf


def sheet_content(booked: Appointment) -> dict[str, Any]:
    """Return what the sheet of one appointment says, as plain values."""
    plan, patient = booked.plan, booked.plan.episode.patient
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    return {
        "number": sheet_number(booked),
        "bay": booked.bay.name,
        "time": f"{timezone.localtime(booked.starts_at):%H:%M}",
        "session": f"{booked.number} of {plan.sessions}",
        "patient": {
            "name": f"{patient.family_name.upper()}, {patient.given_name}",
            "born": f"{patient.birth_date:%-d %B %Y}",
            "nhs_number": shown_nhs_number(patient.nhs_number),
            "local_number": patient.local_number,
        },
        "protocol": f"{pinned.title}, version {pinned.version}",
        "drug": f"{pinned.drug}, {pinned.route.lower()}",
        "dose": f"{plan.dose_mg.normalize():f} mg{plan.minutes_in_words}",
        "weight": f"{plan.weight_kg} kg ({_weight_in_words(plan)})",
        "strengths": [f"{one:g} mg/mL" for one in pinned.vial_concentrations_mg_per_ml],
        "pump": pinned.given_by.pump,
        "prepared": pinned.given_by.prepared,
        "oxygen_scale": plan.oxygen_scale,
        "checks": [check.asks for check in checks_on_sheet(plan, pinned)],
        "minutes": [f"{minute:+d}" if minute else "0" for minute in sorted(pinned.observation_minutes)],
        "observation_rows": OBSERVATION_ROWS,
        "event_rows": EVENT_ROWS,
        "limits": limits_in_words(pinned),
        "leaving": [check.asks for check in pinned.leaving],
        "stay": f"{pinned.stay_minutes_escorted.value} min with an adult, {pinned.stay_minutes_alone.value} min alone",
    }


def _weight_in_words(plan: Plan) -> str:
    return "the dose was not worked out from it" if plan.dose_was_typed else f"{plan.get_basis_display().lower()} used"


def checks_on_sheet(plan: Plan, pinned: Protocol) -> list[Check]:
    """Return the checks before that apply to this patient, in the order in which the sheet numbers them."""
    return [check for check in pinned.checks_before if not check.only_if or plan.pregnancy_possible]


def limits_in_words(pinned: Protocol) -> list[dict[str, str]]:
    """Return the limits of a protocol as a nurse applies them without a machine, the most urgent first."""
    ranked = sorted(pinned.alarms, key=lambda rule: ("high", "medium", "low").index(rule.priority))
    return [{"priority": rule.priority, "when": _when(rule), "action": rule.action} for rule in ranked]


def _when(rule: AlarmRule) -> str:
    parts = []
    for condition in rule.conditions:
        known = condition.parameter in {one.value for one in Parameter}
        name = (
            FORMS[Parameter(condition.parameter)].short if known else MEASURES.get(condition.measure, condition.measure)
        )
        if condition.measure == "change":
            verb = "falls" if condition.is_fall else "rises"
            parts.append(f"{name} {verb} by {abs(limit_of(condition)):g} or more within {condition.within_seconds} s")
            continue
        rises = " rise over baseline" if condition.measure == "rise" else ""
        parts.append(f"{name}{rises} {limit_in_words(condition)}")
    lasting = f" for {rule.persists_seconds} s" if rule.persists_seconds else ""
    twice = f", on {rule.repeats} readings" if rule.repeats > 1 else ""
    phase = {"before": " before the start", "infusion": " during the infusion", "after": " afterwards"}
    return f"{' or '.join(parts)}{lasting}{twice}{phase.get(rule.phase, '')}"


def open_from_paper(
    appointment: Appointment,
    opened_at: datetime,
    left_at: datetime | None,
    escorted_by: str,
    *,
    written_by: Staff,
    by: Staff,
    at: datetime | None = None,
) -> TreatmentSession:
    """Make the session of an appointment that was held on paper; with `left_at`, as one that is over already.

    A session that Glimmer knows is returned as it is: its rows are entered into the log that is there.
    """
    with acting(by, "downtime.enter", verb="open_from_paper", episode=appointment.plan.episode, at=at) as act:
        booked = Appointment.objects.select_related("plan__episode__patient", "bay").get(pk=appointment.pk)
        found = TreatmentSession.objects.filter(appointment=booked).first()
        if found is None:
            _may_be_of_paper(booked, opened_at, left_at, act.at)
            found = opened_session(booked, by, opened_at, heard_at=act.at, ended_at=left_at)
            told: list[What | Entry] = [
                NoteWritten(f"Held on paper (sheet {sheet_number(booked)}), entered afterwards.")
            ]
            if left_at is not None:
                who = required_text(escorted_by, "escorted_by", "Say who took the patient home, or how they travelled.")
                told.append(Entry(Discharged(who), left_at))
            events = append(found, told, by=_on_paper(written_by, booked), at=act.at, author=written_by)
            log = log_of(found.pk)
            keep(found, log, [])
            transaction.on_commit(lambda: announce(found.pk, events))
        act.about(found)
        act.note(number=booked.number)
    return found


def _may_be_of_paper(booked: Appointment, opened_at: datetime, left_at: datetime | None, at: datetime) -> None:
    if booked.cancelled_at is not None:
        raise RuleRefused(
            "This date was cancelled, so there is no session to enter. Book a date for the day it was held."
        )
    if opened_at > at or (left_at is not None and left_at > at):
        raise BadInput("This time lies in the future. Check the time and the day on the sheet.", field="opened_at")
    if left_at is not None and left_at <= opened_at:
        raise BadInput("The patient would leave before the session began. Check the two times.", field="left_at")
    if at - opened_at > timedelta(days=EARLIEST_DAYS_BACK):
        raise RuleRefused(
            f"This sheet is older than {EARLIEST_DAYS_BACK} days. File it in the patient's paper record, "
            "and say so in a note on the journey."
        )
    if left_at is None and TreatmentSession.objects.filter(bay=booked.bay, ended_at__isnull=True).exists():
        raise RuleRefused(
            f"{booked.bay.name} has a session that has not ended. Enter when this patient left, "
            "or end the other session first."
        )


def enter_rows(
    session: TreatmentSession, rows: Sequence[WrittenRow], *, by: Staff, at: datetime | None = None
) -> Entered:
    """Enter rows of a session's sheet: all of them, or none and the reasons. A row that is there already is left."""
    with acting(by, "downtime.enter", verb="enter_rows", episode=session.episode, at=at) as act:
        locked = lock_session(session)
        log = log_of(locked.pk)
        fresh, known = _told_apart(locked, rows, log)
        allow(may_enter([_paper_row(row) for row in fresh], log, act.at), "Nothing of the sheet was entered.")
        events: list[SessionEvent] = []
        for row in fresh:
            entry = Entry(_numbered(row.what, log, events), row.happened_at)
            name = _on_paper(row.written_by, locked.appointment)
            token = _token(locked, row.row)
            events += append(locked, [entry], by=name, at=act.at, author=row.written_by, form_token=token)
        keep(locked, log, events)
        act.about(locked)
        act.note(events=[event.seq for event in events], known=len(known))
    return Entered(tuple(events), tuple(known))


def _numbered(what: What, log: SessionLog, events: Sequence[SessionEvent]) -> What:
    """Return a check of the sheet's syringe with the number of the entry that it is about."""
    if not isinstance(what, InfusionChecked) or what.prepared_seq != ON_THIS_SHEET:
        return what
    of_sheet = [event.seq for event in events if isinstance(event.what, InfusionPrepared)]
    known = log.course.prepared
    return InfusionChecked(of_sheet[-1] if of_sheet or known is None else known.seq)


def _told_apart(
    session: TreatmentSession, rows: Sequence[WrittenRow], log: SessionLog
) -> tuple[list[WrittenRow], list[str]]:
    stored = entered_rows(session)
    fresh: list[WrittenRow] = []
    known: list[str] = []
    for row in rows:
        line, paper = stored.get(row.row), _paper_row(row)
        if line is not None and is_same_entry(line.kind, line.body, line.happened_at, paper):
            known.append(row.row)
        elif line is not None:
            raise ChangedMeanwhile(
                f"Row {row.row} of this sheet was entered before with other words or values. Nothing was saved. "
                "If that entry is wrong, mark it as wrong on the session's page and enter this one there."
            )
        elif same_observation(paper, log) is not None:
            known.append(row.row)
        else:
            fresh.append(row)
    return fresh, known


def people_on_paper(by: Staff) -> list[Staff]:
    """Return those whose handwriting a sheet can hold, by name: everybody who may treat, or has left since.

    A sheet of last week may hold the hand of a nurse who left yesterday, and stays hers.
    """
    require(by, "downtime.enter")
    roles = [role.value for role in roles_with("session.prepare")]
    oldest_sheet = timezone.now() - timedelta(days=EARLIEST_DAYS_BACK)
    can_have_written = Q(is_active=True) | Q(retired_at__gte=oldest_sheet)
    return list(Staff.objects.filter(can_have_written, role__in=roles).order_by("name"))


def entered_rows(session: TreatmentSession) -> Mapping[str, LogLine]:
    """Return the lines of a session's log that came from its sheet, by the name of the row."""
    start = _token(session, "")
    lines = session.log.filter(form_token__startswith=start).select_related("author")
    return {line.form_token.removeprefix(start): line for line in lines}


def _paper_row(row: WrittenRow) -> PaperRow:
    return PaperRow(row.row, row.happened_at, row.what)


def _token(session: TreatmentSession, row: str) -> str:
    return f"paper {session.appointment_id} {row}"


def _on_paper(person: Staff, booked: Appointment) -> str:
    return f"{person} (on paper, sheet {sheet_number(booked)})"
