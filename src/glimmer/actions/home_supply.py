"""Whether ketamine may be proposed to be taken at home: long-term safety, and what the patient's supplies show."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from glimmer.actions.early import newest_plan
from glimmer.actions.limits import GO_ON, refuse_ended
from glimmer.actions.long_term import long_term_verdict
from glimmer.care.supplies import may_propose_home
from glimmer.guidance import figure
from glimmer.records.episodes import Episode
from glimmer.records.maintenance import maintenance_ended
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
    proposed = may_propose_home(long_term_verdict(episode, at), early, lost, standing, today)
    plan = newest_plan(episode)
    ended = maintenance_ended(plan, today) if plan is not None else ""
    return Verdict((f"{ended} {GO_ON}", *proposed.reasons), proposed.cautions) if ended else proposed


def refuse_home_after_end(episode: Episode, day: date) -> None:
    """Raise RuleRefused where the maintenance of the patient's newest plan has ended by a day."""
    plan = newest_plan(episode)
    if plan is not None:
        refuse_ended(plan, day)
