"""Whether ketamine may be proposed to be taken at home: long-term safety, and what the patient's supplies show."""

from datetime import datetime, timedelta

from django.utils import timezone

from glimmer.actions.long_term import long_term_verdict
from glimmer.care.supplies import may_propose_home
from glimmer.guidance import figure
from glimmer.records.episodes import Episode
from glimmer.records.supplies import TakeHomeEvent, TakeHomePrescription
from glimmer.vocabulary.verdict import Verdict


def home_verdict(episode: Episode, at: datetime) -> Verdict:
    """Say whether a supply to take at home may be proposed for the patient, over all journeys."""
    since = at - timedelta(days=figure("controlled", "signals_over").value)
    mine = TakeHomePrescription.objects.filter(episode__patient_id=episode.patient_id)
    early = mine.filter(signed_at__gte=since, days_early__gte=figure("controlled", "early_by").value).count()
    events = TakeHomeEvent.objects.filter(prescription__episode__patient_id=episode.patient_id)
    lost = events.filter(kind="lost", at__gte=since).count()
    standing = [one.facts for one in mine.exclude(became__kind="cancelled").select_related("page", "episode")]
    today = timezone.localtime(at).date()
    return may_propose_home(long_term_verdict(episode, at), early, lost, standing, today)
