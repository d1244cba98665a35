"""The demo's patients after their course: one kept well by maintenance, one who is getting worse again."""

from datetime import datetime, timedelta

from django.utils import timezone

from glimmer.actions import outcomes
from glimmer.actions.maintenance import decide_maintenance, maintenance_of
from glimmer.cli.demo.journeys import Journey
from glimmer.cli.demo.moods import answers_adding_up_to

MAINTENANCE = "iv-racemic-maintenance"
SESSION_DAYS_AGO = (11, 4)
NEXT_IN_DAYS = 3
# PHQ-9 since the course, one a week, the newest last. Of the one who gets worse the watch for relapse has to warn.
WELL = (6, 5, 7, 5, 6, 5)
WORSE = (7, 6, 7, 6, 10, 13, 15)


def keep_well(journey: Journey) -> None:
    """Consent to maintenance, two weekly sessions, scores that stay low, and an interval decided as proposed."""
    clinic = journey.clinic
    score_weekly(journey, WELL)
    journey.clock = clinic.days_ago(26)
    journey.protocol_id = MAINTENANCE
    journey.consent()
    prescribed = journey.prescribe()
    today = timezone.localtime(clinic.now).date()
    journey.totals = list(WELL)
    for number, days_ago in enumerate(SESSION_DAYS_AGO, start=1):
        appointment = journey.book_from(prescribed, number, today - timedelta(days=days_ago))
        journey.treat(appointment)
    # After the newest score, which it rests on.
    journey.clock = clinic.now - timedelta(hours=2)
    found = maintenance_of(journey.episode, journey.clock)
    assert found is not None  # it was prescribed above
    proposed = found.proposal
    end_on = today + timedelta(days=180)
    decide_maintenance(
        journey.episode, proposed.step, proposed.days, "", end_on, by=clinic.psychiatrist, at=journey.clock
    )
    journey.book_from(prescribed, len(SESSION_DAYS_AGO) + 1, today + timedelta(days=NEXT_IN_DAYS))


def get_worse(journey: Journey) -> None:
    """Weekly scores that rise after a course that helped, until the watch for relapse warns."""
    score_weekly(journey, WORSE)


def score_weekly(journey: Journey, totals: tuple[int, ...]) -> None:
    """Record one PHQ-9 a week, the oldest first and the newest of them yesterday."""
    newest = journey.clinic.now - timedelta(days=1)
    for number, total in enumerate(totals, start=1):
        _score(journey, total, newest - timedelta(weeks=len(totals) - number))


def _score(journey: Journey, total: int, at: datetime) -> None:
    form = outcomes.Form("phq9", answers_adding_up_to(total, journey.clinic.chance))
    day = timezone.localtime(at).date()
    outcomes.record_score(journey.episode, form, "follow_up", day, by=journey.clinic.nurse, at=at)
