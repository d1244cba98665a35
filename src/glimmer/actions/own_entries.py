"""What a patient sends from their own pages: stored once, as they sent it, with the task that it raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from glimmer.actions.act import Deed
from glimmer.actions.outcomes import Form, store_from_patient
from glimmer.actions.own_act import acting_as_patient, newest_episode
from glimmer.care.own import ALWAYS_TAKEN, GOAL_STATES, WORDS_STATES, Concerned, Entry, Kind, Wrong, checked, concern_of
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.own import OwnEntry
from glimmer.records.patients import Patient
from glimmer.records.wishes import PurposeConsent, newest_purpose
from glimmer.vocabulary.problems import BadInput


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it: the entry, whether it was stored now (and not before), and whether help is to be shown."""

    entry: OwnEntry
    is_new: bool
    shows_help: bool


def send_entry(
    patient: Patient, kind: Kind, typed: Mapping[str, Any], token: str, language: str = "en", at: datetime | None = None
) -> Sent:
    """Store what a patient sends; the same token again stores nothing and is no error. Raise Wrong for what cannot be.

    Where it asks somebody to act, a task with an owner and a clock is raised in the same transaction.
    """
    now = at or timezone.now()
    if before := _sent_before(patient, token):
        return Sent(before, False, kind is Kind.NOT_SAFE)
    entry = checked(kind, typed, timezone.localtime(now).date())
    episode = _journey(patient, kind)
    try:
        with acting_as_patient(patient, f"send_{kind.value}", at=now) as act:
            stored = _store(act, episode, entry, token, language)
            if concern := concern_of(entry):
                _raise_task(act, episode, concern)
    except IntegrityError:
        return Sent(_the_one_sent(patient, token), False, kind is Kind.NOT_SAFE)
    return Sent(stored, True, kind is Kind.NOT_SAFE)


def send_questionnaire(
    patient: Patient,
    instrument_id: str,
    answers: Sequence[int | None],
    token: str,
    language: str = "en",
    at: datetime | None = None,
) -> Sent:
    """Store a questionnaire that the patient answered today, scored by the same rule as one that staff record.

    An answer that somebody must act on raises its task in the same transaction, and help is to be shown at once.
    """
    now = at or timezone.now()
    if instrument_id not in figure("own", "questionnaires").value:
        raise Wrong("", "missing.why")
    signals = signals_danger(instrument_id, answers)
    if before := _sent_before(patient, token):
        return Sent(before, False, signals)
    episode, today = _journey(patient, Kind.QUESTIONNAIRE), timezone.localtime(now).date()
    try:
        with acting_as_patient(patient, "send_questionnaire", episode=episode, at=now) as act:
            score = store_from_patient(act, Form(instrument_id, answers), today)
            entry = Entry(Kind.QUESTIONNAIRE, today, {"instrument": instrument_id})
            stored = _store(act, episode, entry, token, language, score=score)
    except IntegrityError:
        return Sent(_the_one_sent(patient, token), False, signals)
    except BadInput:
        of = instrument(instrument_id)
        raise Wrong("answers", "errors.too_many_open", least=len(of.items) - of.scoring.missing_allowed) from None
    return Sent(stored, True, signals)


def signals_danger(instrument_id: str, answers: Sequence[int | None]) -> bool:
    """Say whether an answer is one after which help is shown: at the alert's level; an open answer shows none."""
    of = instrument(instrument_id)
    given = dict(zip([item.id for item in of.items], answers, strict=False))
    return any((given.get(alert.item) or 0) >= alert.at_least for alert in of.alerts)


def change_own(
    patient: Patient, entry_id: int, state: str, token: str, language: str = "en", at: datetime | None = None
) -> Sent:
    """Put a goal or words of the patient's own in another state: a new entry takes the place of the old one."""
    now = at or timezone.now()
    if before := _sent_before(patient, token):
        return Sent(before, False, False)
    found = OwnEntry.objects.filter(patient=patient, pk=entry_id, kind__in=[Kind.GOAL, Kind.WORDS]).first()
    allowed = GOAL_STATES if found is not None and found.kind == Kind.GOAL else WORDS_STATES
    if found is None or state not in allowed or found.content.get("state") == state:
        raise Wrong("", "errors.nothing")
    entry = Entry(Kind(found.kind), found.day, {**found.content, "state": state})
    try:
        with acting_as_patient(patient, f"change_{found.kind}", at=now) as act:
            stored = _store(act, found.episode, entry, token, language, replaces=found)
    except IntegrityError:
        if again := _sent_before(patient, token):
            return Sent(again, False, False)
        raise Wrong("", "errors.nothing") from None
    return Sent(stored, True, False)


def withdraw_own_purpose(patient: Patient, purpose: str, at: datetime | None = None) -> None:
    """Withdraw the patient's consent to a purpose beside the treatment; twice is once."""
    newest = newest_purpose(patient, purpose)
    if newest is None or newest.decision != "given":
        return
    with acting_as_patient(patient, "withdraw_own_purpose", at=at) as act:
        stored = PurposeConsent.objects.create(
            patient=patient,
            purpose=purpose,
            decision="withdrawn",
            version=newest.version,
            understood=None,
            recorded_by=None,
            from_patient=True,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(purpose=purpose, decision="withdrawn")


def _journey(patient: Patient, kind: Kind) -> Episode:
    episode = newest_episode(patient)
    if episode is None or (episode.closed_at is not None and kind not in ALWAYS_TAKEN):
        raise Wrong("", "errors.closed")
    return episode


def _store(act: Deed, episode: Episode, entry: Entry, token: str, language: str, **more: Any) -> OwnEntry:
    # A savepoint of its own, so that the database's word on a second press spoils nothing else.
    with transaction.atomic():
        stored = OwnEntry.objects.create(
            patient=episode.patient,
            episode=episode,
            kind=entry.kind.value,
            token=token[:64],
            day=entry.day,
            content=dict(entry.content),
            language=language,
            sent_at=act.at,
            **more,
        )
    act.about(stored)
    act.note(kind=entry.kind.value, day=entry.day.isoformat())
    return stored


def _raise_task(act: Deed, episode: Episode, concern: Concerned) -> None:
    Task.objects.create(
        episode=episode,
        kind=concern.kind,
        says=concern.says,
        owner_role=concern.owner,
        raised_at=act.at,
        due_at=act.at + timedelta(hours=concern.within_hours),
    )
    act.note(task=concern.kind)


def _sent_before(patient: Patient, token: str) -> OwnEntry | None:
    if not token:
        raise Wrong("", "errors.nothing")
    return OwnEntry.objects.filter(patient=patient, token=token[:64]).first()


def _the_one_sent(patient: Patient, token: str) -> OwnEntry:
    return OwnEntry.objects.get(patient=patient, token=token[:64])
