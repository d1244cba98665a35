"""The running session: opened, checked, noted, corrected, cancelled.

The syringe and the pump are in `infusion`, values and alarms in `observing`, going home in `leaving`;
all verbs can be had from here. Each returns the events that it wrote (an empty list when the same form was
posted before), and raises RuleRefused, BadInput, NotAllowed or ChangedMeanwhile with words for the page.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.booking import cancel_date_of_session
from glimmer.actions.entries import chosen, optional_text, required_text
from glimmer.actions.infusion import (
    SyringeDetails,
    check_preparation,
    complete_infusion,
    give_step,
    pause_infusion,
    prepare_infusion,
    preview_preparation,
    resume_infusion,
    start_infusion,
    start_verdict,
    stop_infusion,
)
from glimmer.actions.leaving import discharge_patient, override_leaving, record_leaving
from glimmer.actions.live import announce
from glimmer.actions.log import Bedside, Entry, allow, append, attend
from glimmer.actions.observing import (
    Observation,
    acknowledge_alarm,
    attribute_confusion,
    record_observation,
    record_side_effect,
)
from glimmer.actions.switches import functions_event
from glimmer.care.session.conduct import may_answer_checks, may_cancel, may_correct, may_override_check
from glimmer.care.session.events import (
    CheckOverridden,
    CheckRecorded,
    Corrected,
    NoteWritten,
    SessionCancelled,
    SessionEvent,
    SessionOpened,
)
from glimmer.care.session.functions import is_measured
from glimmer.care.session.visit import is_one_visit
from glimmer.guidance.protocol import protocol
from glimmer.records.plans import Appointment, Bay, Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused

__all__ = [
    "Observation",
    "SyringeDetails",
    "acknowledge_alarm",
    "attribute_confusion",
    "cancel_session",
    "check_preparation",
    "complete_infusion",
    "correct_event",
    "discharge_patient",
    "give_step",
    "open_session",
    "override_check",
    "override_leaving",
    "pause_infusion",
    "prepare_infusion",
    "preview_preparation",
    "record_checks",
    "record_leaving",
    "record_observation",
    "record_side_effect",
    "resume_infusion",
    "start_infusion",
    "start_verdict",
    "stop_infusion",
    "write_note",
]

ANSWERS = ("yes", "no", "not_applicable")


def open_session(appointment: Appointment, *, by: Staff, at: datetime | None = None) -> TreatmentSession:
    """Open the session of today's appointment in its bay and return it.

    Opened twice (two nurses at once, or a form posted again), the second gets the session that is there.
    """
    moment = at or timezone.now()
    with acting(by, "session.check", verb="open_session", episode=appointment.plan.episode, at=moment) as act:
        booked = Appointment.objects.select_related("plan__episode__patient", "bay").get(pk=appointment.pk)
        found = TreatmentSession.objects.filter(appointment=booked).first()
        if found is None:
            _may_open(booked, moment)
            found = opened_session(booked, by, act.at)
        act.about(found)
        act.note(number=booked.number)
    return found


def _may_open(booked: Appointment, at: datetime) -> None:
    if booked.cancelled_at is not None:
        raise RuleRefused(
            "This date was cancelled, so no session can be opened on it. Book a new date in the calendar."
        )
    starts, now = timezone.localtime(booked.starts_at), timezone.localtime(at)
    if not is_one_visit(starts, now):
        raise RuleRefused(
            f"This session is booked for {starts:%-d %B %Y}, and today is {now:%-d %B %Y}. "
            "Move the date in the calendar first if the patient is treated today."
        )
    newest = Plan.objects.filter(episode=booked.plan.episode).order_by("-version").first()
    if newest is not None and newest.pk != booked.plan_id:
        raise RuleRefused(
            f"This date belongs to plan {booked.plan.version}, and the plan is now version {newest.version}. "
            "Book the dates of the new plan."
        )
    in_bay = TreatmentSession.objects.filter(bay=booked.bay, ended_at__isnull=True).first()
    if in_bay is not None:
        raise RuleRefused(
            f"{booked.bay.name} still has a session that has not ended. "
            "Discharge or cancel that session, or move this date to another bay."
        )
    if TreatmentSession.objects.filter(episode=booked.plan.episode, ended_at__isnull=True).exists():
        raise RuleRefused("This patient already has a session that has not ended. Go to that session and end it first.")


def opened_session(
    booked: Appointment, by: Staff, at: datetime, *, heard_at: datetime | None = None, ended_at: datetime | None = None
) -> TreatmentSession:
    """Make the session of a date with the first event of its log; the caller has judged that it may be.

    `heard_at` is when Glimmer learned of it, where that was later; `ended_at` when it had ended by then.
    """
    plan, bay = booked.plan, booked.bay
    # The bay's row is locked so that of two sessions opened in it at once one reads why it cannot be.
    Bay.objects.select_for_update().get(pk=bay.pk)
    session = TreatmentSession.objects.create(
        episode=plan.episode,
        plan=plan,
        appointment=booked,
        bay=bay,
        number=booked.number,
        opened_at=at,
        opened_by=by,
        ended_at=ended_at,
    )
    # A plan names the version of its protocol; the session pins that version for good.
    pinned = protocol(plan.protocol_id, plan.protocol_version)
    opening = SessionOpened(
        protocol_id=pinned.id,
        protocol_version=pinned.version,
        session_number=booked.number,
        dose_mg=float(plan.dose_mg),
        infusion_minutes=float(plan.infusion_minutes),
        weight_kg=float(plan.weight_kg),
        bay=bay.name,
        oxygen_scale=plan.oxygen_scale,
        pregnancy_possible=plan.pregnancy_possible,
    )
    # Read under the bay's lock, so that a switch signed meanwhile is not missed.
    entries = [Entry(opening, at), Entry(functions_event(), at)]
    events = append(session, entries, by=str(by), author=by, at=heard_at or at)
    session.save(update_fields=["last_seq"])
    transaction.on_commit(lambda: announce(session.pk, events))
    return session


def record_checks(
    session: TreatmentSession,
    answers: Mapping[str, tuple[str, str]],
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write answers to the checks before: `{check id: (answer, note)}`, answer yes, no or not_applicable."""

    def decide(bedside: Bedside) -> list[CheckRecorded]:
        allow(may_answer_checks(bedside.log), "The checks cannot be answered now.")
        asked = {check.id: check for check in bedside.protocol.checks_before}
        if not answers:
            raise BadInput("No check was answered. Answer at least one, then save.")
        for check, (answer, _) in answers.items():
            if check not in asked:
                raise BadInput("This check is not part of the protocol of this session.", field=check)
            if is_measured(asked[check], bedside.log):
                raise BadInput("This is worked out from the measured values; take the observations.", field=check)
            chosen(answer, ANSWERS, check, f"Choose an answer: {asked[check].asks}")
        return [CheckRecorded(check, answer, optional_text(note, check)) for check, (answer, note) in answers.items()]

    return attend(session, "session.check", "record_checks", decide, by=by, form_token=form_token, at=at)


def override_check(
    session: TreatmentSession,
    check: str,
    reason: str,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Take responsibility for a failed check that the protocol lets a psychiatrist override."""

    def decide(bedside: Bedside) -> list[CheckOverridden]:
        allow(may_override_check(bedside.log, bedside.protocol, check, bedside.at), "This check cannot be overridden.")
        return [CheckOverridden(check, required_text(reason, "reason", "Say why it is right to go on regardless."))]

    return attend(session, "session.override", "override_check", decide, by=by, form_token=form_token, at=at)


def write_note(
    session: TreatmentSession, text: str, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write a note into the session's log; also after the patient has left."""

    def decide(bedside: Bedside) -> list[NoteWritten]:
        return [NoteWritten(required_text(text, "text", "Write the note, then save it."))]

    return attend(session, "session.note", "write_note", decide, by=by, form_token=form_token, at=at)


def correct_event(
    session: TreatmentSession,
    seq: int,
    reason: str,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Say that the entry numbered `seq` was wrong; it stays visible and no longer counts."""

    def decide(bedside: Bedside) -> list[Corrected]:
        known = bedside.log.corrected.get(seq)
        if known is not None:
            raise ChangedMeanwhile(f"{known.by} has already marked this entry as wrong. Nothing of yours was saved.")
        allow(may_correct(bedside.log, seq), "This entry cannot be marked as wrong.")
        return [Corrected(seq, required_text(reason, "reason", "Say what was wrong with the entry."))]

    return attend(session, "session.run", "correct_event", decide, by=by, form_token=form_token, at=at, moves=True)


def cancel_session(
    session: TreatmentSession, reason: str, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """End a session in which no drug was given, and say why. Its date is cancelled with it: the bay is free again."""

    def decide(bedside: Bedside) -> list[SessionCancelled]:
        allow(may_cancel(bedside.log), "The session cannot be cancelled.")
        cancel_date_of_session(bedside.act, bedside.session.appointment_id)
        return [SessionCancelled(required_text(reason, "reason", "Say why the session is cancelled."))]

    return attend(session, "session.check", "cancel_session", decide, by=by, form_token=form_token, at=at, moves=True)
