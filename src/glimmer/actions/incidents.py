"""Reporting an adverse event, a near miss or an incident, and what follows until a named person closes it.

    report = report_incident(Draft(Kind.ADVERSE_EVENT, "Chest pain in minute 20", session=session), by=nurse)
    assess_incident(report, Assessment(...), seen=0, by=psychiatrist)
    close_incident(report, "Reviewed with the team", "Ask about angina first", seen=3, by=pharmacist)

`seen` is the number of steps that the person looked at: whoever writes second is told so and writes nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from glimmer.actions.act import Act, acting
from glimmer.actions.entries import optional_text, past_moment, required_text
from glimmer.actions.log import allow, log_of, protocol_of
from glimmer.care.incidents import Assessment, Kind, Step, judge_assessment, may_add, may_close, next_due
from glimmer.care.session.events import AlarmRaised, SessionEvent, SideEffectRecorded
from glimmer.care.session.words import Line, line_of
from glimmer.guidance import figure
from glimmer.guidance.adverse_events import term, term_named
from glimmer.records.access import NotFound, access_incident, access_incidents
from glimmer.records.controlled import RegisterPage
from glimmer.records.episodes import Episode
from glimmer.records.incidents import IncidentReport, IncidentStep, facts, locked_report, open_reports_of_page
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile

LONGEST = 4000
# What may be, or tell of, an adverse event; the rest of the log is the course of the treatment.
REPORTABLE = frozenset({"side_effect", "alarm_raised", "stopped", "observation", "note"})
LONGEST_REFERENCE = 100


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be reported. `log_seq` is the entry of the session's log that it comes from."""

    kind: Kind
    what: str
    did: str = ""
    term: str = ""
    happened_at: datetime | None = None
    episode: Episode | None = None
    session: TreatmentSession | None = None
    log_seq: int | None = None
    page: RegisterPage | None = None
    entry_number: int | None = None


def report_incident(draft: Draft, *, by: Staff, form_token: str = "", at: datetime | None = None) -> IncidentReport:
    """Store a report. The same press posted twice is stored once."""
    with acting(by, "incident.report", verb="report_incident", at=at) as act:
        known = IncidentReport.objects.filter(form_token=form_token, reported_by=by).first() if form_token else None
        if known is None:
            _check(draft)
            known = _store(act, draft, form_token)
        _say_which(act, known)
        act.note(kind=known.kind)
    return known


def _check(draft: Draft) -> None:
    if draft.kind is Kind.ADVERSE_EVENT and draft.episode is None:
        raise BadInput("An adverse event is of a patient: report it from the patient's page or from the session.")
    if draft.term and term(draft.term) is None:
        raise BadInput("Choose what happened from the list, or leave it to the assessment.", field="term")


def _store(act: Act, draft: Draft, form_token: str = "") -> IncidentReport:
    report = IncidentReport(
        kind=draft.kind.value,
        episode=draft.episode,
        session=draft.session,
        log_seq=draft.log_seq,
        page=draft.page,
        entry_number=draft.entry_number,
        term=draft.term,
        what=required_text(draft.what, "what", "Say what happened, in a sentence or two.", LONGEST),
        did=optional_text(draft.did, "did", LONGEST),
        happened_at=past_moment(draft.happened_at, act.at, None, "happened_at"),
        reported_at=act.at,
        reported_by=act.by,
        reported_by_name=str(act.by),
        form_token=form_token,
    )
    report.save(force_insert=True)
    _refresh(report)
    return report


def prefilled(session: TreatmentSession, seq: int) -> Draft:
    """Return the report that an entry of a session's log makes ready, for a person to complete; or raise NotFound."""
    log = log_of(session.pk)
    event = log.events.get(seq)
    if event is None:
        raise NotFound("There is no such entry in this session. Go back to the session and choose again.")
    words = line_of(event, log, protocol_of(log)).says
    found = term_named(_name_in(event))
    return Draft(
        Kind.ADVERSE_EVENT,
        what=words,
        term=found.id if found else "",
        happened_at=event.happened_at,
        episode=session.episode,
        session=session,
        log_seq=seq,
    )


def entries_to_report(session: TreatmentSession) -> list[Line]:
    """Return the entries of a session's log that a report can begin with, the newest first."""
    log = log_of(session.pk)
    return [
        line_of(event, log, protocol_of(log))
        for seq, event in sorted(log.events.items(), reverse=True)
        if event.what.kind in REPORTABLE and seq not in log.corrected
    ]


def _name_in(event: SessionEvent) -> str:
    what = event.what
    if isinstance(what, SideEffectRecorded):
        return what.symptom
    return what.rule if isinstance(what, AlarmRaised) else ""


def open_for_officer(
    act: Act, page: RegisterPage, entry_number: int | None, what: str, session: TreatmentSession | None = None
) -> IncidentReport:
    """Open an incident to the accountable officer in the caller's transaction, which audits its own act.

    Where one about a count of this page is open already, what was found now is added to it instead.
    """
    standing = open_reports_of_page(page).filter(kind=Kind.CONTROLLED_DRUG.value, session=None).first()
    if session is None and standing is not None:
        report = locked_report(standing.pk)
        _add(act, report, Step.NOTE, {"note": what})
    else:
        episode = session.episode if session is not None else None
        kind = Kind.CONTROLLED_DRUG
        report = _store(act, Draft(kind, what, episode=episode, session=session, page=page, entry_number=entry_number))
    act.note(incident=report.pk)
    return report


def tell_open_reports(act: Act, page: RegisterPage, what: str) -> None:
    """Add to the open incident about a page's count what became of it, in the caller's transaction."""
    standing = open_reports_of_page(page).filter(kind=Kind.CONTROLLED_DRUG.value, session=None).first()
    if standing is not None:
        _add(act, locked_report(standing.pk), Step.NOTE, {"note": what})
        act.note(incident=standing.pk)


def assess_incident(
    report: IncidentReport, made: Assessment, *, seen: int, by: Staff, at: datetime | None = None
) -> IncidentStep:
    """Store a clinician's assessment. An earlier one stays and no longer counts."""
    with acting(by, "incident.assess", verb="assess_incident", at=at) as act:
        fresh = _fresh(act, report, seen)
        allow(may_add(facts(fresh), Step.ASSESSED), "It cannot be assessed now.")
        allow(judge_assessment(Kind(fresh.kind), made), "The assessment is not complete.")
        body = {**asdict(made), "serious": sorted(made.serious)}
        step = _add(act, fresh, Step.ASSESSED, {key: value for key, value in body.items() if value not in ("", None)})
        act.note(grade=made.grade, serious=sorted(made.serious), notifiable=made.notifiable)
    return step


def add_step(
    report: IncidentReport,
    step: Step,
    body: Mapping[str, Any],
    *,
    seen: int,
    by: Staff,
    at: datetime | None = None,
) -> IncidentStep:
    """Write down a step that one person takes: outcome, told, wrote, card, LFPSE, officer or note."""
    with acting(by, "incident.add", verb="add_step", at=at) as act:
        fresh = _fresh(act, report, seen)
        if step not in FIELDS:
            raise BadInput("This step has a form of its own.")
        if step is Step.OFFICER and by.role != Role.ACCOUNTABLE_OFFICER:
            raise BadInput("Only the accountable officer takes it over.")
        allow(may_add(facts(fresh), step), "This cannot be added.")
        added = _add(act, fresh, step, FIELDS[step](body))
        act.note(step=step.value)
    return added


def close_incident(
    report: IncidentReport,
    review: str,
    learned: str,
    changes: str = "",
    *,
    seen: int,
    by: Staff,
    at: datetime | None = None,
) -> IncidentStep:
    """Close the review: what was found, what was learned, what will be different. Not by who reported it."""
    with acting(by, "incident.close", verb="close_incident", at=at) as act:
        fresh = _fresh(act, report, seen)
        is_officer = by.role == Role.ACCOUNTABLE_OFFICER
        allow(may_close(facts(fresh), by.pk, is_officer=is_officer), "It cannot be closed yet.")
        body = {
            "review": required_text(review, "review", "Say what the review found.", LONGEST),
            "learned": required_text(learned, "learned", "Say what was learned; nothing is an answer.", LONGEST),
            "changes": optional_text(changes, "changes", LONGEST),
        }
        step = _add(act, fresh, Step.CLOSED, body)
    return step


def reopen_incident(
    report: IncidentReport, reason: str, *, seen: int, by: Staff, at: datetime | None = None
) -> IncidentStep:
    """Open a closed incident again, and say why."""
    with acting(by, "incident.close", verb="reopen_incident", at=at) as act:
        fresh = _fresh(act, report, seen)
        allow(may_add(facts(fresh), Step.REOPENED), "It cannot be opened again.")
        body = {"note": required_text(reason, "note", "Say why it is opened again.", LONGEST)}
        step = _add(act, fresh, Step.REOPENED, body)
    return step


def waiting_incidents(by: Staff, now: datetime) -> tuple[int, int]:
    """Return how many incidents are open that the person may see, and of how many of these something is overdue."""
    if not may(Role(by.role), "incident.view"):
        return 0, 0
    dues = list(access_incidents(by).filter(is_closed=False).values_list("due_at", flat=True))
    return len(dues), sum(due is not None and due < now for due in dues)


def incidents_of(by: Staff, episode: Episode) -> list[IncidentReport]:
    """Return the incidents of a journey that the person may see, the newest first; none for who may see none."""
    if not may(Role(by.role), "incident.view"):
        return []
    return list(access_incidents(by).filter(episode=episode).order_by("-happened_at", "-pk"))


def steps_of(report: IncidentReport) -> list[IncidentStep]:
    """Return the steps of an incident in order."""
    return list(report.steps.order_by("seq"))


def _fresh(act: Act, report: IncidentReport, seen: int) -> IncidentReport:
    """Return the locked report, refusing what the person does not see, and a page that was old."""
    access_incident(act.by, report.pk)
    fresh = locked_report(report.pk)
    if fresh.steps.count() != seen:
        raise ChangedMeanwhile(
            "Somebody added to this incident while you had the page open. Nothing of yours was saved. "
            "Read what is new below, then repeat your entry if it is still right."
        )
    _say_which(act, fresh)
    return fresh


def _say_which(act: Act, report: IncidentReport) -> None:
    act.about(report)
    if report.episode_id is not None and report.episode is not None:
        act.patient_id = report.episode.patient_id


def _add(act: Act, report: IncidentReport, step: Step, body: Mapping[str, Any]) -> IncidentStep:
    added = IncidentStep(
        report=report,
        seq=report.steps.count() + 1,
        step=step.value,
        body=dict(body),
        by=act.by,
        by_name=str(act.by),
        at=act.at,
    )
    added.save(force_insert=True)
    _refresh(report)
    return added


def _refresh(report: IncidentReport) -> None:
    stands = facts(report)
    report.is_closed, report.due_at = stands.is_closed, next_due(stands)
    report.save(update_fields=["is_closed", "due_at"])


# What each step has to say


def _outcome(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("outcome") not in figure("incidents", "outcomes").value:
        raise BadInput("Choose the outcome; not known is an answer.", field="outcome")
    return {"outcome": body["outcome"], "note": optional_text(body.get("note"), "note", LONGEST)}


def _told(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("apologised") is not True:
        raise BadInput("An apology is part of it. Tick it when it was given.", field="apologised")
    whom = required_text(body.get("whom", ""), "whom", "Say who was told: the patient, or who else and why.", 200)
    return {"whom": whom, "note": _said(body, "Say what was told and what support was offered."), "apologised": True}


def _card(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("filed") not in (True, False):
        raise BadInput("Say whether the Yellow Card was filed.", field="filed")
    if not body["filed"]:
        return {"filed": False, "note": _said(body, "Say why no Yellow Card is filed.")}
    return {"filed": True, "reference": _reference(body), "note": optional_text(body.get("note"), "note", LONGEST)}


def _reference(body: Mapping[str, Any]) -> str:
    ask = "Enter the reference that the service gave."
    return required_text(body.get("reference", ""), "reference", ask, LONGEST_REFERENCE)


def _said(body: Mapping[str, Any], ask: str) -> str:
    return required_text(body.get("note", ""), "note", ask, LONGEST)


FIELDS = {
    Step.OUTCOME: _outcome,
    Step.TOLD: _told,
    Step.WROTE: lambda body: {"note": _said(body, "Say what was sent, to whom and on which day.")},
    Step.CARD: _card,
    Step.LFPSE: lambda body: {"reference": _reference(body)},
    Step.OFFICER: lambda body: {"note": _said(body, "Say what you do about it first.")},
    Step.NOTE: lambda body: {"note": _said(body, "Write the note.")},
}
"""The steps that one form each asks for, with what is stored of them."""
