"""A crowd for the page benchmark: thousands of patients written in bulk, past the actions, for their number only."""

from datetime import datetime, timedelta
from itertools import islice

from django.utils import timezone

from glimmer.cli.demo.people import patients
from glimmer.guidance import referral_items
from glimmer.records.models import Episode, Patient, Referral, ReferralItem, Staff

BATCH = 500
_SPREAD = ("referral", "selection", "consent", "plan", "session", "outcomes", "follow-up")


def add_crowd(count: int, *, by: Staff) -> None:
    """Store `count` more patients, each with an open episode, a referral and its items, spread over the steps."""
    now = timezone.now()
    _refer(_open(_people(count, now), now), by, now)


def _people(count: int, now: datetime) -> list[Patient]:
    taken = set(Patient.objects.values_list("nhs_number", flat=True))
    made_up = (p for p in patients(count + len(taken), seed=count, today=now.date()) if p.nhs_number not in taken)
    rows = [
        Patient(
            nhs_number=p.nhs_number,
            local_number=f"C{index:06d}",
            family_name=p.family_name,
            given_name=p.given_name,
            birth_date=p.birth_date,
            sex=p.sex,
            created_at=now,
        )
        for index, p in enumerate(islice(made_up, count))
    ]
    return Patient.objects.bulk_create(rows, batch_size=BATCH)


def _open(people: list[Patient], now: datetime) -> list[Episode]:
    rows = [
        Episode(
            patient=person,
            opened_at=now - timedelta(days=index % 400),
            updated_at=now - timedelta(minutes=index),
            step=_SPREAD[index % len(_SPREAD)],
            state="Waiting",
            needs="The next step",
            waiting_on=("nurse", "psychiatrist", "administrator")[index % 3],
        )
        for index, person in enumerate(people)
    ]
    return Episode.objects.bulk_create(rows, batch_size=BATCH)


def _refer(episodes: list[Episode], by: Staff, now: datetime) -> None:
    rows = [
        Referral(
            episode=episode,
            received_at=episode.opened_at,
            source="gp",
            referrer_name="Dr Made Up",
            reason="Depression, two treatments tried.",
            how="typed",
            recorded_by=by,
        )
        for episode in episodes
    ]
    referrals = Referral.objects.bulk_create(rows, batch_size=BATCH)
    items = [
        ReferralItem(referral=referral, item=item.id, state="none", recorded_by=by, recorded_at=now)
        for referral in referrals
        for item in referral_items()
    ]
    ReferralItem.objects.bulk_create(items, batch_size=BATCH)
