"""A crowd for the page benchmark: thousands of patients written in bulk, past the actions, for their number only."""

from datetime import timedelta

from django.utils import timezone

from glimmer.cli.demo.people import patients
from glimmer.records.models import Episode, Patient, Referral, ReferralItem, Staff

_SPREAD = ("referral", "selection", "consent", "plan", "session", "outcomes", "follow-up")


def add_crowd(count: int, *, by: Staff) -> None:
    """Store `count` more patients, each with an open episode, a referral and its items, spread over the steps."""
    from glimmer.guidance import referral_items

    now = timezone.now()
    taken = set(Patient.objects.values_list("nhs_number", flat=True))
    made_up = [p for p in patients(count + len(taken), seed=count, today=now.date()) if p.nhs_number not in taken][
        :count
    ]
    people = Patient.objects.bulk_create(
        [
            Patient(
                nhs_number=p.nhs_number,
                local_number=f"C{index:06d}",
                family_name=p.family_name,
                given_name=p.given_name,
                birth_date=p.birth_date,
                sex=p.sex,
                created_at=now,
            )
            for index, p in enumerate(made_up)
        ],
        batch_size=500,
    )
    episodes = Episode.objects.bulk_create(
        [
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
        ],
        batch_size=500,
    )
    referrals = Referral.objects.bulk_create(
        [
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
        ],
        batch_size=500,
    )
    ReferralItem.objects.bulk_create(
        [
            ReferralItem(referral=referral, item=item.id, state="none", recorded_by=by, recorded_at=now)
            for referral in referrals
            for item in referral_items()
        ],
        batch_size=500,
    )
