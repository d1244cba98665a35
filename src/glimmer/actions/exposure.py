"""What a patient was given in all: sessions over all journeys, and what was supplied to take at home."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from glimmer.care.supplies import Happened
from glimmer.guidance import figure
from glimmer.guidance.protocol import protocol
from glimmer.records.episodes import Episode
from glimmer.records.long_term import sessions_given
from glimmer.records.supplies import TakeHomeEvent

BACK = (Happened.DESTROYED.value,)


@dataclass
class Exposure:
    """What was given of one drug by one route, in mg; `lately` within the time that limits are counted over."""

    title: str
    first: date
    last: date
    sessions: int = 0
    mg: float = 0.0
    sessions_lately: int = 0
    mg_lately: float = 0.0

    def add(self, on: date, mg: float, since: date, sessions: int) -> None:
        """Count one session (or none: a supply) of a day."""
        self.first, self.last = min(self.first, on), max(self.last, on)
        self.mg += mg
        self.sessions += sessions
        if on > since:
            self.mg_lately += mg
            self.sessions_lately += sessions


def exposure_of(episode: Episode, at: datetime) -> list[Exposure]:
    """Return what the patient was given, by drug and route, sessions first."""
    since = timezone.localtime(at).date() - timedelta(days=figure("maintenance", "counted_over").value)
    found: dict[str, Exposure] = {}
    for session in sessions_given([episode.patient_id]):
        of = protocol(session.plan.protocol_id, session.plan.protocol_version)
        title, on = f"{of.drug}, {of.route.lower()}", timezone.localtime(session.opened_at).date()
        found.setdefault(title, Exposure(title, on, on)).add(on, float(session.plan.dose_mg), since, 1)
    for event in _supplies(episode):
        page = event.prescription.page
        mg = float(event.ml * page.strength_mg_per_ml) * (-1 if event.kind in BACK else 1)
        title, on = f"{page.drug}, to take at home", timezone.localtime(event.at).date()
        found.setdefault(title, Exposure(title, on, on)).add(on, mg, since, 0)
    return list(found.values())


def _supplies(episode: Episode) -> list[TakeHomeEvent]:
    kinds = (Happened.SUPPLIED.value, *BACK)
    found = TakeHomeEvent.objects.filter(prescription__episode__patient_id=episode.patient_id, kind__in=kinds)
    return list(found.select_related("prescription__page").order_by("at", "pk"))
