"""Long-term safety: recording a check, reviewing what holds the next session, and who waits for which check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import open_episode
from glimmer.actions.entries import optional_text, required_text
from glimmer.care.long_term import (
    DECISIONS,
    Answer,
    History,
    Standing,
    before_session,
    checked_answers,
    findings,
    is_complete,
    standings,
    unchecked,
)
from glimmer.guidance import figure
from glimmer.guidance.long_term import Domain, long_term_domain
from glimmer.records.access import access_episodes, require
from glimmer.records.episodes import Episode
from glimmer.records.long_term import LongTermCheck, LongTermReview, histories, sessions_given
from glimmer.records.outcomes import Task
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

TASK = "long_term"


@dataclass(frozen=True, slots=True)
class Overview:
    """A patient's long-term safety: how every domain stands, and what was given so far over all journeys.

    `given_mg` is what the plans of these sessions prescribed: the most that can have been given.
    """

    standings: tuple[Standing, ...]
    sessions: int
    given_mg: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """A patient for whom something is due, overdue or held."""

    episode: Episode
    standings: tuple[Standing, ...]


def record_long_term_check(
    episode: Episode,
    domain_id: str,
    answers: Mapping[str, Answer | None],
    done_on: date,
    note: str = "",
    *,
    by: Staff,
    at: datetime | None = None,
) -> LongTermCheck:
    """Store one check. A finding that holds the next session raises a task for a psychiatrist, in one transaction."""
    with acting(by, "long_term.record", verb="record_long_term_check", episode=episode, at=at) as act:
        locked = open_episode(act)
        domain = _domain(domain_id)
        given = checked_answers(domain, answers)
        _check_day(done_on, locked, act.at)
        check = LongTermCheck.objects.create(
            episode=locked,
            domain=domain.id,
            done_on=done_on,
            answers=given,
            holds=list(findings(domain, given)),
            is_complete=is_complete(given),
            note=optional_text(note, "note"),
            recorded_by=by,
            recorded_at=act.at,
        )
        if check.holds:
            _call_psychiatrist(act, locked, domain, check)
        act.about(check)
        act.note(domain=domain.id, holds=len(check.holds))
    return check


def review_long_term(
    episode: Episode, domain_id: str, decision: str, reason: str, *, by: Staff, at: datetime | None = None
) -> LongTermReview:
    """Decide as a psychiatrist what follows from a finding, or from a check that is overdue."""
    with acting(by, "long_term.review", verb="review_long_term", episode=episode, at=at) as act:
        locked = open_episode(act)
        domain = _domain(domain_id)
        if decision not in DECISIONS:
            raise BadInput("Choose what follows: go on, hold further sessions, or stop.", field="decision")
        why = required_text(reason, "reason", "Give the reason. It is shown before every session until you change it.")
        stands = next(one for one in _standings(locked, act.at) if one.domain.id == domain.id)
        if not stands.is_held and stands.state != "overdue":
            raise RuleRefused("Nothing holds here and nothing is overdue, so there is nothing to decide.")
        review = LongTermReview.objects.create(
            episode=locked, domain=domain.id, decision=decision, reason=why, decided_by=by, decided_at=act.at
        )
        _finish_tasks(act, locked, domain, f"{DECISIONS[decision]}. {why}")
        act.about(review)
        act.note(domain=domain.id, decision=decision)
    return review


def _domain(domain_id: str) -> Domain:
    found = long_term_domain(domain_id)
    if found is None:
        raise BadInput("Choose one of the checks of the schedule.")
    return found


def _check_day(done_on: date, episode: Episode, at: datetime) -> None:
    if done_on > timezone.localtime(at).date():
        raise BadInput("The check cannot be done after today. Check the date.", field="done_on")
    if done_on < episode.patient.birth_date:
        raise BadInput("This day lies before the patient was born. Check the date.", field="done_on")


def _call_psychiatrist(act: Act, episode: Episode, domain: Domain, check: LongTermCheck) -> None:
    days = figure("long_term", "reviewed_within").value
    Task.objects.create(
        episode=episode,
        kind=f"{TASK}_{domain.id}",
        says=f"Long-term safety: {'; '.join(check.holds)}. The next session waits. {domain.held}",
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=act.at,
        due_at=act.at + timedelta(days=days),
    )


def _finish_tasks(act: Act, episode: Episode, domain: Domain, did: str) -> None:
    open_ones = Task.objects.filter(episode=episode, kind=f"{TASK}_{domain.id}", done_at__isnull=True)
    open_ones.update(done_by=act.by, done_at=act.at, did=did)


# What stands


def _history(episode: Episode, today: date) -> History:
    return histories([episode.patient_id], today)[episode.patient_id]


def _standings(episode: Episode, at: datetime) -> tuple[Standing, ...]:
    today = timezone.localtime(at).date()
    return standings(_history(episode, today), today)


def long_term_overview(episode: Episode, at: datetime) -> Overview:
    """Return how the long-term safety of a patient stands."""
    given = list(sessions_given([episode.patient_id]))
    total = sum((session.plan.dose_mg for session in given), Decimal())
    return Overview(_standings(episode, at), len(given), total)


def long_term_standings(episode: Episode, at: datetime) -> tuple[Standing, ...]:
    """Return how every domain stands for a patient, without what was given."""
    return _standings(episode, at)


def long_term_verdict(episode: Episode, at: datetime) -> Verdict:
    """Say whether the next session may be held, as far as long-term safety goes."""
    today = timezone.localtime(at).date()
    return before_session(_history(episode, today), today)


def long_term_worklist(by: Staff, at: datetime) -> list[Waiting]:
    """Return the patients in treatment for whom something is due, overdue or held, the gravest first."""
    require(by, "long_term.view")
    episodes = list(access_episodes(by).filter(closed_at__isnull=True, plans__isnull=False).distinct().order_by("pk"))
    today = timezone.localtime(at).date()
    known = histories([one.patient_id for one in episodes], today)
    found = [Waiting(one, tuple(unchecked(known[one.patient_id], today))) for one in episodes]
    return sorted((one for one in found if one.standings), key=_gravity)


def _gravity(waiting: Waiting) -> tuple[bool, bool, int]:
    first = waiting.standings[0]
    return not first.is_held, first.state != "overdue", waiting.episode.pk


def checks_of(by: Staff, episode: Episode) -> list[LongTermCheck]:
    """Return the checks of a journey, the newest first; none for who may not read them."""
    if not may(Role(by.role), "long_term.view"):
        return []
    return list(
        LongTermCheck.objects.filter(episode=episode).select_related("recorded_by").order_by("-recorded_at", "-pk")
    )


def reviews_of(by: Staff, episode: Episode) -> list[LongTermReview]:
    """Return the decisions of a journey, the newest first; none for who may not read them."""
    if not may(Role(by.role), "long_term.view"):
        return []
    return list(
        LongTermReview.objects.filter(episode=episode).select_related("decided_by").order_by("-decided_at", "-pk")
    )
