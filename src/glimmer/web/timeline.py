"""Everything that was done for one patient, in order, each line with its author: a fixed number of queries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from glimmer.guidance import selection_rules
from glimmer.guidance.instrument import instrument
from glimmer.guidance.psychotherapy import therapy_kind
from glimmer.guidance.purposes import purposes
from glimmer.records import access_consent, access_course
from glimmer.records import access_journey as journey
from glimmer.records.access import cancelled_dates
from glimmer.records.access_therapy import access_therapy, attendances
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done: when, what, by whom, and the page that tells more."""

    at: datetime
    what: str
    who: str
    detail: str = ""
    route: str = ""
    ids: tuple[int, ...] = ()


def timeline(by: Staff, episode: Episode) -> list[Line]:
    """Return what was done in this journey, the newest first, as far as `by` may read it."""
    role = Role(by.role)
    sources: tuple[tuple[str, Callable[[Staff, Episode], Iterator[Line]]], ...] = (
        ("patient.view", _referral),
        ("patient.view", _selection),
        ("patient.view", _consent),
        ("patient.view", _plans),
        ("calendar.view", _cancelled_dates),
        ("session.view", _sessions),
        ("outcome.view", _scores),
        ("outcome.view", _courses),
        ("maintenance.view", _maintenance),
        ("therapy.view", _therapy),
        ("patient.view", _follow_up),
        ("letter.view", _letters),
    )
    lines = [line for permission, source in sources if may(role, permission) for line in source(by, episode)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def who(staff: Staff | None) -> str:
    """Return a name with its role, as the history shows an author."""
    return f"{staff.name}, {staff.role}" if staff is not None else ""


def _author(row: Any) -> str:
    return "The patient" if row.from_patient else who(row.recorded_by)


def _referral(by: Staff, episode: Episode) -> Iterator[Line]:
    here: dict[str, Any] = {"route": "referral", "ids": (episode.pk,)}
    referral = getattr(episode, "referral", None)
    if referral is None:
        return
    how = "imported" if referral.how == "fhir" else "typed in"
    yield Line(
        referral.received_at, f"Referral {how}", who(referral.recorded_by), f"From {referral.referrer_name}", **here
    )
    for row in journey.access_triage(by, referral):
        yield Line(
            row.decided_at, f"Triage: {row.get_decision_display().lower()}", who(row.decided_by), row.reason, **here
        )


def _selection(by: Staff, episode: Episode) -> Iterator[Line]:
    here: dict[str, Any] = {"route": "selection", "ids": (episode.pk,)}
    asks = {rule.id: rule.asks for rule in selection_rules()}
    answered: dict[tuple[datetime, int], list[Any]] = {}
    for row in journey.access_selection_answers(by, episode):
        answered.setdefault((row.answered_at, row.answered_by_id), []).append(row)
    for rows in answered.values():
        count = f"{len(rows)} selection rule{'s' if len(rows) > 1 else ''} answered"
        notable = [f"{asks.get(row.rule, row.rule)}: {row.get_answer_display().lower()}" for row in rows]
        detail = notable[0] if len(rows) == 1 else _tally(rows)
        yield Line(rows[0].answered_at, count, who(rows[0].answered_by), detail, **here)
    for one in journey.access_overrides(by, episode):
        rule = asks.get(one.rule, one.rule)
        yield Line(one.proposed_at, f"Override proposed: {rule}", who(one.proposed_by), one.reason, **here)
        if one.agreed_at:
            yield Line(one.agreed_at, f"Override agreed: {rule}", who(one.agreed_by), "", **here)
    for trial in journey.access_trials(by, episode):
        what = "withdrawn" if trial.withdrawn else "corrected" if trial.replaces_id else "recorded"
        yield Line(
            trial.recorded_at,
            f"Treatment history {what}: {trial.name}",
            who(trial.recorded_by),
            trial.reason or trial.get_outcome_display(),
            "treatment_history",
            (episode.pk,),
        )
    for made in journey.access_selection_decisions(by, episode):
        what = f"Selection: {made.get_decision_display().lower()}"
        yield Line(made.decided_at, what, who(made.decided_by), made.reason, **here)


def _tally(rows: list[Any]) -> str:
    words = {"met": "met", "not_met": "not met", "unknown": "unknown"}
    counted = ((says, sum(row.answer == answer for row in rows)) for answer, says in words.items())
    return ", ".join(f"{number} {says}" for says, number in counted if number)


def _consent(by: Staff, episode: Episode) -> Iterator[Line]:
    here: dict[str, Any] = {"route": "consent", "ids": (episode.pk,)}
    for told in access_consent.access_information(by, episode):
        yield Line(told.recorded_at, "Information given to the patient", who(told.recorded_by), "", **here)
    titles = {purpose.id: purpose.title for purpose in purposes().rows}
    for wish in access_consent.access_purposes(by, episode):
        if wish.recorded_at >= episode.opened_at:
            what = f"{titles.get(wish.purpose, wish.purpose)}: consent {wish.get_decision_display().lower()}"
            yield Line(wish.recorded_at, what, _author(wish), wish.reason, **here)
    for row in journey.access_consents(by, episode):
        what = f"Consent {row.get_decision_display().lower()}"
        yield Line(row.recorded_at, what, who(row.recorded_by), row.reason, **here)


def _plans(by: Staff, episode: Episode) -> Iterator[Line]:
    here: dict[str, Any] = {"route": "plan", "ids": (episode.pk,)}
    for row in journey.access_plans(by, episode):
        dose = f"{row.dose_mg.normalize():f} mg ({row.dose_basis})"
        detail = f"{dose}{row.minutes_in_words}, {row.sessions} sessions"
        yield Line(row.prescribed_at, f"Plan {row.version} prescribed", who(row.prescribed_by), detail, **here)
        if row.second_at:
            yield Line(row.second_at, f"Plan {row.version} countersigned", who(row.second_prescriber), "", **here)


def _cancelled_dates(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in cancelled_dates(episode):
        what = f"Session {row.number} cancelled"
        if row.cancelled_at:
            yield Line(row.cancelled_at, what, who(row.cancelled_by), row.cancelled_because, "plan", (episode.pk,))


def _sessions(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in journey.access_sessions_of(by, episode):
        what = f"Session {row.number} opened"
        yield Line(row.opened_at, what, who(row.opened_by), row.bay.name, "session", (row.pk,))
        if row.ended_at:
            yield Line(row.ended_at, f"Session {row.number} ended", "", row.phase.capitalize(), "session", (row.pk,))


def _scores(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in journey.access_scores(by, episode):
        what = f"{instrument(row.instrument).title}: {row.result} ({row.get_occasion_display().lower()})"
        detail = "Corrected later" if row.replaced_by_id else ""
        yield Line(row.recorded_at, what, _author(row), detail, "outcomes", (episode.pk,))
    for task in journey.access_tasks_of(by, episode):
        yield Line(task.raised_at, f"Task raised for the {task.owner_role}", "Glimmer", task.says, "task", (task.pk,))
        if task.done_at:
            yield Line(task.done_at, "Task done", who(task.done_by), task.did, "task", (task.pk,))


def _courses(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in access_course.access_course_decisions(by, episode):
        what = f"Course: {row.get_decision_display()[:1].lower()}{row.get_decision_display()[1:]}"
        yield Line(row.decided_at, what, who(row.decided_by), row.reason, "outcomes", (episode.pk,))


def _maintenance(by: Staff, episode: Episode) -> Iterator[Line]:
    here: dict[str, Any] = {"route": "maintenance", "ids": (episode.pk,)}
    for row in access_course.access_maintenance_decisions(by, episode):
        days = f", {row.days} days" if row.days else ""
        what = f"Maintenance: {row.get_step_display().lower()}{days}"
        yield Line(row.decided_at, what, who(row.decided_by), row.reason, **here)
        if row.seconded_at:
            yield Line(row.seconded_at, "Maintenance: second prescriber agreed", who(row.seconded_by), "", **here)


def _therapy(by: Staff, episode: Episode) -> Iterator[Line]:
    for member in access_therapy(by, episode):
        here: dict[str, Any] = {"route": "therapy_member", "ids": (member.pk,)}
        kind = therapy_kind(member.session.kind)
        title = kind.title if kind else member.session.kind
        yield Line(member.added_at, f"{title} planned", who(member.added_by), member.session.therapist.name, **here)
        for row in attendances(member):
            what = f"{title}: {row.get_attendance_display().lower()}"
            yield Line(row.recorded_at, what, who(row.recorded_by), row.reason, **here)


def _follow_up(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in journey.access_followup(by, episode):
        what = f"Follow-up: {row.get_decision_display().lower()}"
        yield Line(row.decided_at, what, who(row.decided_by), row.reason, "followup", (episode.pk,))


def _letters(by: Staff, episode: Episode) -> Iterator[Line]:
    for row in journey.access_letters(by, episode):
        what = f"Letter written: {row.kind.replace('_', ' ')}"
        yield Line(row.written_at, what, who(row.written_by), "", "letter", (row.pk,))
        if row.signed_at:
            yield Line(row.signed_at, "Letter signed", who(row.signed_by), "", "letter", (row.pk,))
