"""What a patient does from their own pages, as an act: one transaction, one audit line whose author is the patient.

with acting_as_patient(patient, "send_mood", at=at) as act:
    ...write...
    act.note(kind="mood")
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import Deed
from glimmer.actions.position import refresh_position
from glimmer.records.audit import append_audit
from glimmer.records.episodes import Episode
from glimmer.records.patients import Patient

THE_PATIENT = "the patient"
"""How the audit and the record name a patient who writes themselves: never a member of staff who did not."""


@contextmanager
def acting_as_patient(
    patient: Patient, verb: str, *, episode: Episode | None = None, at: datetime | None = None
) -> Iterator[Deed]:
    """Open one act of a patient; with `episode` that row is locked, and its step is worked out anew on leaving."""
    moment = (at or timezone.now()).astimezone(UTC)
    act = Deed(verb=verb, at=moment, patient_id=patient.pk)
    with transaction.atomic():
        if episode is not None:
            locked = Episode.objects.select_for_update(of=("self",)).select_related("patient")
            act.episode = locked.get(pk=episode.pk)
        yield act
        if act.episode is not None:
            refresh_position(act.episode, at=moment)
        append_audit(
            at=moment,
            actor=None,
            actor_name=THE_PATIENT,
            action=verb,
            subject=act.subject or "Patient",
            subject_id=act.subject_id or patient.pk,
            patient_id=patient.pk,
            details=act.details,
        )


def newest_episode(patient: Patient) -> Episode | None:
    """Return the journey that a patient's pages are about: the newest, open or ended."""
    return Episode.objects.filter(patient=patient).select_related("patient").order_by("-opened_at", "-pk").first()
