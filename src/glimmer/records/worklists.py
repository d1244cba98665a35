"""The team's lists as one query each: the journeys of a list, with everything that their lines are made of."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from glimmer.care.worklists import AFTER_THE_COURSE, MEASURE, PatientFacts, TeamList, severe_from
from glimmer.guidance import figure
from glimmer.records.access import require
from glimmer.records.clinics import own, reached
from glimmer.records.correspondence import LetterDispatch
from glimmer.records.episodes import Episode
from glimmer.records.followup import FollowUpDecision, Letter
from glimmer.records.looking import noted
from glimmer.records.maintenance import MaintenanceDecision
from glimmer.records.outcomes import Score, Task
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff
from glimmer.records.urgent import UrgentAct, UrgentCall
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

OF_EPISODE: Any = OuterRef("pk")


def access_team_list(
    by: Staff, which: TeamList, now: datetime, *, step: str = "", waiting_on: str = "", mine: bool = False
) -> QuerySet[Episode]:
    """Return the journeys of a list that a person may see, the longest waiting first, as one query.

    Who may not read questionnaires finds nobody by one. `mine` leaves those whom the person prescribed for, decided
    about, or has a task of in hand.
    """
    require(by, "patient.view")
    found = _of_list(reached(by, _told(Episode.objects.all(), now)), which, now, may(Role(by.role), "outcome.view"))
    found = _narrowed(found, step, waiting_on)
    if mine:
        found = found.filter(_is_mine(by))
    return noted(by, found.select_related("patient").order_by("updated_at", "pk"))


def team_list_of_clinics(by: Staff, which: TeamList, now: datetime) -> QuerySet[Episode]:
    """Return the journeys of a list in the clinics of a person who sees no names."""
    require(by, "worklist.export")
    return _of_list(_told(Episode.objects.filter(own(by)), now), which, now, True).order_by("updated_at", "pk")


def facts_of(episode: Any, *, reads_scores: bool) -> PatientFacts:
    """Return what a row of these lists tells, as the rule takes it; without scores for who may not read them."""
    return PatientFacts(
        step=episode.step,
        needs=episode.needs,
        waiting_on=episode.waiting_on,
        is_open=episode.closed_at is None,
        contact_on=None if episode.was_followed else episode.contact_on,
        review_on=episode.review_on,
        task_due_at=_local(episode.task_due_at),
        draft_since=_local(episode.draft_since),
        unsent_since=_local(episode.unsent_since),
        last_score=episode.last_score if reads_scores else None,
        last_score_on=episode.last_score_on,
        relapse=episode.relapse and reads_scores,
        suicidal=episode.suicidal and reads_scores,
        urgent=episode.urgent,
    )


def _told(episodes: QuerySet[Episode], now: datetime) -> QuerySet[Episode]:
    decided = FollowUpDecision.objects.filter(episode=OF_EPISODE).order_by("-decided_at", "-pk")
    reviews = MaintenanceDecision.objects.filter(episode=OF_EPISODE).order_by("-decided_at", "-pk")
    tasks = Task.objects.filter(episode=OF_EPISODE, done_at__isnull=True)
    letters = Letter.objects.filter(episode=OF_EPISODE, set_aside_at__isnull=True)
    gone = LetterDispatch.objects.filter(letter=OuterRef("pk"))
    scores = Score.objects.filter(
        episode=OF_EPISODE, instrument=MEASURE, replaced_by__isnull=True, total__isnull=False
    ).order_by("-completed_on", "-pk")
    closed = UrgentAct.objects.filter(call=OuterRef("pk"), step="closed")
    told = episodes.annotate(
        contact_on=Subquery(decided.values("next_on")[:1]),
        contact_decided_at=Subquery(decided.values("decided_at")[:1]),
        review_on=Subquery(reviews.values("review_on")[:1]),
        task_due_at=Subquery(_least(tasks, "due_at")),
        draft_since=Subquery(_least(letters.filter(signed_at__isnull=True), "written_at")),
        unsent_since=Subquery(_least(letters.filter(~Exists(gone), signed_at__isnull=False), "signed_at")),
        last_score=Subquery(scores.values("total")[:1]),
        last_score_on=Subquery(scores.values("completed_on")[:1]),
        relapse=Exists(tasks.filter(kind="relapse")),
        suicidal=Exists(tasks.filter(kind="suicidality")),
        urgent=Exists(UrgentCall.objects.filter(~Exists(closed), episode=OF_EPISODE)),
    )
    # What was decided to happen next has happened once another course was prescribed.
    later = Plan.objects.filter(episode=OF_EPISODE, prescribed_at__gt=OuterRef("contact_decided_at"))
    return told.annotate(was_followed=Exists(later))


def _least(rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    return rows.order_by().values("episode").annotate(least=Min(field)).values("least")[:1]


def _of_list(found: QuerySet[Episode], which: TeamList, now: datetime, reads_scores: bool) -> QuerySet[Episode]:
    today = timezone.localtime(now).date()
    is_open = Q(closed_at__isnull=True)
    soon = timedelta(days=figure("worklists", "due_within").value)
    if which is TeamList.WAITING:
        return found.filter(is_open & ~Q(waiting_on=""))
    if which is TeamList.UNWELL:
        if not reads_scores:
            return found.filter(is_open & Q(urgent=True))
        # Patients write that they are not safe after their journey has ended, too.
        while_open = Q(urgent=True) | Q(relapse=True) | Q(last_score__gte=severe_from())
        return found.filter(Q(suicidal=True) | is_open & while_open)
    if which is TeamList.DUE:
        dates = _between("contact_on", today, soon) & Q(was_followed=False) | _between("review_on", today, soon)
        return found.filter(is_open & dates | _between("task_due_at", now, soon))
    return found.filter(_overdue(now, today, is_open))


def _between(field: str, start: date | datetime, span: timedelta) -> Q:
    return Q(**{f"{field}__gte": start, f"{field}__lte": start + span})


def _overdue(now: datetime, today: date, is_open: Q) -> Q:
    days: Mapping[str, timedelta] = {
        name: timedelta(days=figure("worklists", name).value)
        for name in ("letter_unsigned_after", "letter_unsent_after", "questionnaire_after")
    }
    silent = Q(step__in=AFTER_THE_COURSE) & (
        Q(last_score_on__isnull=True) | Q(last_score_on__lt=today - days["questionnaire_after"])
    )
    dates = Q(contact_on__lt=today, was_followed=False) | Q(review_on__lt=today) | silent
    letters = Q(draft_since__lt=now - days["letter_unsigned_after"]) | Q(
        unsent_since__lt=now - days["letter_unsent_after"]
    )
    return is_open & dates | letters | Q(task_due_at__lt=now)


def _narrowed(found: QuerySet[Episode], step: str, waiting_on: str) -> QuerySet[Episode]:
    if step:
        found = found.filter(step=step)
    return found.filter(waiting_on=waiting_on) if waiting_on else found


def _is_mine(by: Staff) -> Q:
    return (
        Q(Exists(Plan.objects.filter(episode=OF_EPISODE, prescribed_by=by)))
        | Q(Exists(FollowUpDecision.objects.filter(episode=OF_EPISODE, decided_by=by)))
        | Q(Exists(Task.objects.filter(episode=OF_EPISODE, taken_by=by, done_at__isnull=True)))
    )


def _local(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment) if moment is not None else None
