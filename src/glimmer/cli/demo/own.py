"""What two of the demo's patients sent from their own pages. Nobody is real, and nobody wrote these words."""

import random
from datetime import datetime, timedelta

from glimmer.actions.delivery import KeptHere, deliver_due, words_of
from glimmer.actions.own_entries import send_entry
from glimmer.actions.own_link import invite_to_own_pages, open_own_pages
from glimmer.care.own import Kind
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.records.models import Episode, OutboxMessage

DAYS = 18
WORDS = (
    "The mornings are lighter since last week. I made breakfast for the children and did not have to think about it.",
    "It wears off a little before the next one. I would like to know if that is usual.",
)
GOALS = ("Walk to the canal and back", "Read to the end of a book")


def send_from_own_pages(clinic: DemoClinic) -> None:
    """Invite two patients whose treatment is under way, let them in, and send what a fortnight brings."""
    chance = random.Random(27)
    under_way = Episode.objects.filter(closed_at__isnull=True, step__in=["outcomes", "follow-up"]).order_by("pk")[:2]
    for number, episode in enumerate(under_way.select_related("patient")):
        invited_at = clinic.days_ago(DAYS + 3)
        _let_in(clinic, episode, invited_at)
        for ago in range(DAYS, 0, -1):
            at = clinic.now - timedelta(days=ago, hours=2)
            mood = round(min(9, max(1, 3 + (DAYS - ago) * 0.25 + chance.gauss(0, 1))))
            typed = {"value": str(mood), "words": WORDS[number] if ago == 2 else ""}
            send_entry(episode.patient, Kind.MOOD, typed, f"demo-mood-{ago}", at=at)
            if ago % 3 == 0:
                slept = {"hours": f"{chance.uniform(5, 8):.1f}", "rested": chance.choice(["no", "somewhat", "yes"])}
                send_entry(episode.patient, Kind.SLEEP, slept, f"demo-sleep-{ago}", at=at)
        at = clinic.now - timedelta(days=5)
        send_entry(episode.patient, Kind.GOAL, {"goal": GOALS[number]}, "demo-goal", at=at)
        effects = {"which": ["tiredness", "unreal"], "how_bad": "mild"}
        send_entry(episode.patient, Kind.EFFECTS, effects, "demo-effects", at=at)


def invite_another(clinic: DemoClinic) -> None:
    """Invite a patient who has not opened the pages yet: their link waits in the outbox for a visitor to open."""
    episode = Episode.objects.filter(closed_at__isnull=True, step="session").order_by("pk").first()
    if episode is not None:
        invite_to_own_pages(episode, "email", by=clinic.nurse, at=clinic.now - timedelta(minutes=20))


def _let_in(clinic: DemoClinic, episode: Episode, at: datetime) -> None:
    link = invite_to_own_pages(episode, "email", by=clinic.nurse, at=at)
    # As if somebody had passed it on: the demo has no sender.
    deliver_due(lambda: at, KeptHere())
    message = OutboxMessage.objects.get(once__startswith=f"own-link:{episode.patient_id}:", posted_at=link.made_at)
    secret = words_of(message).partition("/own/in/")[2].split()[0]
    open_own_pages(secret, episode.patient.birth_date, "the demo", at + timedelta(hours=3))
