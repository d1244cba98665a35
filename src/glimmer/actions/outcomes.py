"""Questionnaire scores, and the tasks that an answer can raise."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from glimmer.actions.act import Act, Deed, acting
from glimmer.actions.early import TASK as EARLY_TASK
from glimmer.actions.early import keep_early_task
from glimmer.actions.endings import locked_episode, open_episode
from glimmer.care.maintenance import is_maintenance
from glimmer.care.outcomes import MEASURE, CourseFacts, OutcomeSummary, ScoreFacts, summarise
from glimmer.care.own import ANSWERED
from glimmer.care.relapse import RelapseWatch, watch_for_relapse
from glimmer.care.scores import Concern, Scored, score, score_of_total
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument, instruments
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused

DECIDED_ELSEWHERE = {
    EARLY_TASK: "the outcomes page",
    "maintenance_review": "the maintenance page",
    "maintenance_second": "the maintenance page",
}
"""Tasks that are finished by a decision with a reason, and where it is recorded; never by a word about it."""
OCCASIONS = ("baseline", "before_session", "after_course", "follow_up")
"""What a score answers."""


@dataclass(frozen=True, slots=True)
class Form:
    """A completed form: which instrument, its answers in order, and its scale if it has one.

    With `total` only the total is known and `items` is empty.
    """

    instrument: str
    items: Sequence[int | None] = ()
    scale: int | None = None
    total: int | None = None

    def scored(self) -> Scored:
        """Return the score by the rule in force; raise BadInput for what cannot be scored."""
        if self.instrument not in instruments():
            raise BadInput("There is no such questionnaire. Choose one from the list.", field="instrument")
        of = instrument(self.instrument)
        if self.total is None:
            return score(of, self.items, self.scale)
        if any(answer is not None for answer in self.items):
            raise BadInput("Enter either the answers or the total alone, not both.", field="total")
        return score_of_total(of, self.total, self.scale)


def record_score(
    episode: Episode,
    form: Form,
    occasion: str,
    completed_on: date,
    session_number: int | None = None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Score:
    """Store one completed form; where its items are known, the total is worked out here, never typed.

    An answer that somebody must act on, such as thoughts of death, raises a task in the same transaction.
    """
    with acting(by, "outcome.record", verb="record_score", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        scored = form.scored()
        _check_occasion(locked, scored.instrument, occasion, completed_on, session_number, act.at)
        with _watching(act, scored.instrument):
            stored = _store(act, scored, occasion, completed_on, session_number)
    return stored


def store_from_patient(act: Deed, form: Form, completed_on: date) -> Score:
    """Store a form that the patient answers on their own pages, inside their act: scored, watched and alerted alike."""
    scored = form.scored()
    with _watching(act, scored.instrument):
        return _store(act, scored, "follow_up", completed_on, None)


def correct_score(
    wrong: Score,
    form: Form,
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Score:
    """Put a new row in the place of a wrong one, which stays and points to it."""
    with acting(by, "outcome.record", verb="correct_score", episode=wrong.episode, seen=seen, at=at) as act:
        if not reason.strip():
            raise BadInput("Say what was wrong with the score.", field="reason")
        held = Score.objects.select_for_update(of=("self",)).get(pk=wrong.pk)
        if held.replaced_by_id is not None:
            raise RuleRefused("This score was corrected already. Correct the newest one instead.")
        if form.instrument != held.instrument:
            raise BadInput("A score is corrected on the form that it was made with.", field="instrument")
        with _watching(act, held.instrument):
            right = _store(act, form.scored(), held.occasion, held.completed_on, held.session_number)
            held.replaced_by = right
            held.save(update_fields=["replaced_by"])
        act.note(corrects=held.pk)
    return right


def finish_task(task: Task, did: str, *, by: Staff, at: datetime | None = None) -> Task:
    """Say what was done about a task. Its owner's role may, and a psychiatrist always."""
    with acting(by, "patient.view", verb="finish_task", episode=task.episode, at=at) as act:
        fresh = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
        if by.role not in {fresh.owner_role, Role.PSYCHIATRIST.value}:
            raise NotAllowed(f"This task is for a {fresh.owner_role}. Tell them, or a psychiatrist.")
        if not did.strip():
            raise BadInput("Say what was done.", field="did")
        if fresh.done_at is not None:
            raise RuleRefused("This task was finished already. Open the patient's journey to see what was done.")
        if fresh.kind in DECIDED_ELSEWHERE:
            raise RuleRefused(f"This task asks for a decision. Record it on {DECIDED_ELSEWHERE[fresh.kind]}.")
        fresh.done_by, fresh.done_at, fresh.did = by, act.at, did.strip()
        fresh.save(update_fields=["done_by", "done_at", "did"])
        act.about(fresh)
        act.note(kind=fresh.kind)
    return fresh


def current_scores(episode: Episode, of: str = MEASURE) -> list[Score]:
    """Return the scores of an instrument that count, oldest first: corrected ones are left out."""
    return list(
        episode.scores.filter(instrument=of, replaced_by__isnull=True)
        .select_related("recorded_by")
        .order_by("completed_on", "pk")
    )


class CourseOutcome(NamedTuple):
    """What came of the newest course, and the watch over the scores since; None where it brought no response."""

    summary: OutcomeSummary
    relapse: RelapseWatch | None


def course_outcome(episode: Episode) -> CourseOutcome:
    """Return what came of the newest course, and whether it lasts."""
    scores, course = _facts(episode), course_facts(episode)
    return CourseOutcome(summarise(scores, course), watch_for_relapse(scores, _course_watched(episode)))


def outcome_summary(episode: Episode) -> OutcomeSummary:
    """Return what came of the newest course, by the definitions stated in it."""
    return course_outcome(episode).summary


def _facts(episode: Episode) -> list[ScoreFacts]:
    return [
        ScoreFacts(row.total, row.completed_on, row.occasion, row.session_number)
        for row in current_scores(episode)
        if row.total is not None
    ]


def course_facts(episode: Episode) -> CourseFacts:
    """Return the days of the newest plan's sessions in which drug was given, and how many are planned."""
    return _held(Plan.objects.filter(episode=episode).order_by("-version").first())


def _course_watched(episode: Episode) -> CourseFacts:
    """Return the course whose effect is watched: while a maintenance plan keeps it, that is the course before."""
    plans = Plan.objects.filter(episode=episode).order_by("-version")
    return _held(next((plan for plan in plans if not is_maintenance(plan.protocol_id)), None))


def _held(plan: Plan | None) -> CourseFacts:
    if plan is None:
        return CourseFacts()
    held = plan.treatment_sessions.filter(ended_at__isnull=False).exclude(phase="cancelled").order_by("opened_at")
    days = [timezone.localtime(opened_at).date() for opened_at in held.values_list("opened_at", flat=True)]
    return CourseFacts(tuple(days), plan.sessions)


def _check_occasion(
    episode: Episode, of: str, occasion: str, completed_on: date, session_number: int | None, now: datetime
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
        instrument=of,
        occasion=occasion,
        session_number=session_number,
        replaced_by__isnull=True,
        recorded_at__gte=plan.prescribed_at,
    )
    if known.exists():
        title = instrument(of).title
        raise RuleRefused(f"There is a {title} before session {session_number} already. Correct it if it is wrong.")


def _store(act: Deed, scored: Scored, occasion: str, completed_on: date, session_number: int | None) -> Score:
    episode = locked_episode(act)
    number = session_number if occasion == "before_session" else None
    stored = Score.objects.create(
        episode=episode,
        session=_session(episode, number),
        instrument=scored.instrument,
        instrument_version=scored.version,
        occasion=occasion,
        session_number=number,
        items=list(scored.answers),
        scale=scored.scale,
        parts=[list(part) for part in scored.parts],
        total=scored.total,
        completed_on=completed_on,
        # A patient's own answers name no member of staff who did not write them.
        recorded_by=act.by if isinstance(act, Act) else None,
        from_patient=not isinstance(act, Act),
        recorded_at=act.at,
    )
    act.about(stored)
    act.note(instrument=scored.instrument, occasion=occasion, number=number)
    if scored.concerns:
        _raise_task(act, scored.concerns)
    return stored


@contextmanager
def _watching(act: Deed, of: str) -> Iterator[None]:
    """Raise the tasks that what is written inside calls for: also a late entry, or a correction.

    A relapse warning, and the decision about a course that has changed little.
    """
    if of != MEASURE:
        yield
        return
    episode = locked_episode(act)
    before = course_outcome(episode).relapse
    yield
    course = course_facts(episode)
    summary, after = course_outcome(episode)
    keep_early_task(act, summary, course)
    if after is None or after.warned_on is None or (before is not None and before.warned_on == after.warned_on):
        return
    Task.objects.create(
        episode=episode,
        kind="relapse",
        says=after.says,
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=act.at,
        due_at=act.at + timedelta(hours=figure("relapse", "answered_within").value),
    )
    act.note(relapse_warning=True)


def _session(episode: Episode, number: int | None) -> TreatmentSession | None:
    if number is None:
        return None
    found = TreatmentSession.objects.filter(episode=episode, number=number).exclude(phase="cancelled")
    return found.order_by("-plan__version", "-opened_at").first()


def _raise_task(act: Deed, concerns: Sequence[Concern]) -> None:
    """Raise the task in the same transaction: there is no score with a warning in it that nobody was told of."""
    Task.objects.create(
        episode=locked_episode(act),
        kind="suicidality",
        says="\n".join(concern.says for concern in concerns),
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=act.at,
        due_at=act.at + timedelta(hours=min(concern.within_hours for concern in concerns)),
        # Whoever types a form of the clinic is with the patient; of what comes from outside nobody knows yet.
        calls="" if isinstance(act, Act) else ANSWERED,
    )
    act.note(task="suicidality")
