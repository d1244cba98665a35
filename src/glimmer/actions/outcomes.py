"""Questionnaire scores, and the tasks that an answer can raise."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.care.outcomes import CourseFacts, OutcomeSummary, ScoreFacts, summarise
from glimmer.care.scores import INSTRUMENT, INSTRUMENT_VERSION, Phq9, score_phq9
from glimmer.guidance import figure
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused

OCCASIONS = ("baseline", "before_session", "after_course", "follow_up")
"""What a score answers."""


def record_score(
    episode: Episode,
    items: Sequence[int | None],
    occasion: str,
    completed_on: date,
    session_number: int | None = None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Score:
    """Store one completed PHQ-9; the total is worked out here, never typed.

    When item 9 is above 0, a task for a psychiatrist is raised in the same transaction.
    """
    with acting(by, "outcome.record", verb="record_score", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _check_occasion(locked, occasion, completed_on, session_number, act.at)
        score = _store(act, score_phq9(items), occasion, completed_on, session_number)
    return score


def correct_score(
    score: Score,
    items: Sequence[int | None],
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Score:
    """Put a new row in the place of a wrong one, which stays and points to it."""
    with acting(by, "outcome.record", verb="correct_score", episode=score.episode, seen=seen, at=at) as act:
        if not reason.strip():
            raise BadInput("Say what was wrong with the score.", field="reason")
        wrong = Score.objects.select_for_update(of=("self",)).get(pk=score.pk)
        if wrong.replaced_by_id is not None:
            raise RuleRefused("This score was corrected already. Correct the newest one instead.")
        right = _store(act, score_phq9(items), wrong.occasion, wrong.completed_on, wrong.session_number)
        wrong.replaced_by = right
        wrong.save(update_fields=["replaced_by"])
        act.note(corrects=wrong.pk)
    return right


def finish_task(task: Task, did: str, *, by: Staff, at: datetime | None = None) -> Task:
    """Say what was done about a task. Its owner's role may, and a psychiatrist always."""
    with acting(by, "patient.view", verb="finish_task", episode=task.episode, at=at) as act:
        if by.role not in {task.owner_role, Role.PSYCHIATRIST.value}:
            raise NotAllowed(f"This task is for a {task.owner_role}. Tell them, or a psychiatrist.")
        if not did.strip():
            raise BadInput("Say what was done.", field="did")
        fresh = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
        if fresh.done_at is not None:
            raise RuleRefused("This task was finished already. Open the patient's journey to see what was done.")
        fresh.done_by, fresh.done_at, fresh.did = by, act.at, did.strip()
        fresh.save(update_fields=["done_by", "done_at", "did"])
        act.about(fresh)
        act.note(kind=fresh.kind)
    return fresh


def current_scores(episode: Episode) -> list[Score]:
    """Return the scores that count, oldest first: corrected ones are left out."""
    return list(
        episode.scores.filter(instrument=INSTRUMENT, replaced_by__isnull=True)
        .select_related("recorded_by")
        .order_by("completed_on", "pk")
    )


def outcome_summary(episode: Episode) -> OutcomeSummary:
    """Return what came of the newest course, by the definitions stated in it."""
    scores = [
        ScoreFacts(score.total, score.completed_on, score.occasion, score.session_number)
        for score in current_scores(episode)
    ]
    return summarise(scores, course_facts(episode))


def course_facts(episode: Episode) -> CourseFacts:
    """Return the days of the newest plan's sessions in which drug was given, and how many are planned."""
    plan = Plan.objects.filter(episode=episode).order_by("-version").first()
    if plan is None:
        return CourseFacts()
    held = plan.treatment_sessions.filter(ended_at__isnull=False).exclude(phase="cancelled").order_by("opened_at")
    days = [timezone.localtime(opened_at).date() for opened_at in held.values_list("opened_at", flat=True)]
    return CourseFacts(tuple(days), plan.sessions)


def _check_occasion(
    episode: Episode, occasion: str, completed_on: date, session_number: int | None, now: datetime
) -> None:
    if occasion not in OCCASIONS:
        raise BadInput("Choose when the questionnaire was completed.", field="occasion")
    today = timezone.localtime(now).date()
    if completed_on > today:
        raise BadInput("The questionnaire cannot be completed after today. Check the date.", field="completed_on")
    if completed_on < episode.patient.birth_date:
        raise BadInput("This day lies before the patient was born. Check the date.", field="completed_on")
    if occasion != "before_session":
        return
    plan = Plan.objects.filter(episode=episode).order_by("-version").first()
    if plan is None:
        raise RuleRefused("There is no plan yet, so there is no session that this score could belong to.")
    if session_number is None or not 1 <= session_number <= plan.sessions:
        raise BadInput(f"Choose the session, from 1 to {plan.sessions}.", field="session_number")
    known = episode.scores.filter(
        occasion=occasion, session_number=session_number, replaced_by__isnull=True, recorded_at__gte=plan.prescribed_at
    )
    if known.exists():
        raise RuleRefused(f"There is a PHQ-9 before session {session_number} already. Correct that one if it is wrong.")


def _store(act: Act, scored: Phq9, occasion: str, completed_on: date, session_number: int | None) -> Score:
    episode = locked_episode(act)
    number = session_number if occasion == "before_session" else None
    score = Score.objects.create(
        episode=episode,
        session=_session(episode, number),
        instrument=INSTRUMENT,
        instrument_version=INSTRUMENT_VERSION,
        occasion=occasion,
        session_number=number,
        items=list(scored.items),
        total=scored.total,
        completed_on=completed_on,
        recorded_by=act.by,
        recorded_at=act.at,
    )
    act.about(score)
    act.note(occasion=occasion, number=number)
    if scored.task:
        _raise_task(act, scored.task)
    return score


def _session(episode: Episode, number: int | None) -> TreatmentSession | None:
    if number is None:
        return None
    found = TreatmentSession.objects.filter(episode=episode, number=number).exclude(phase="cancelled")
    return found.order_by("-plan__version", "-opened_at").first()


def _raise_task(act: Act, says: str) -> None:
    """Raise the task in the same transaction: there is no score with a warning in it that nobody was told of."""
    hours = figure("phq9", "safety_task_within").value
    Task.objects.create(
        episode=locked_episode(act),
        kind="suicidality",
        says=says,
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=act.at,
        due_at=act.at + timedelta(hours=hours),
    )
    act.note(task="suicidality")
