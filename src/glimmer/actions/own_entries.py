"""What a patient sends from their own pages: stored once, as they sent it, with the task that it raises."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from glimmer.actions.act import Deed
from glimmer.actions.outcomes import Form, store_from_patient
from glimmer.actions.own_act import acting_as_patient, newest_episode
from glimmer.care.own import (
    ALWAYS_TAKEN,
    ANSWERED,
    GOAL_STATES,
    WORDS_STATES,
    Concerned,
    Entry,
    Kind,
    Wrong,
    checked,
    concern_of,
)
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
    """Store what a patient sends; the same again stores nothing and is no error. Raise Wrong for what cannot be.

    The same is the same token with the same content: a form that was changed and sent again is stored as well. Where
    it asks somebody to act, a task with an owner and a clock is raised in the same transaction.
    """
    now = at or timezone.now()
    before = _sent_before(patient, token)
    entry = checked(kind, typed, timezone.localtime(now).date())
    if before is not None and (before.kind, before.day, before.content) == (kind.value, entry.day, entry.content):
        return Sent(before, False, kind is Kind.NOT_SAFE)
    if before is not None:
        return send_entry(patient, kind, typed, _of_its_own(token, entry.content), language, now)
    episode = _journey(patient, kind)
    try:
        with acting_as_patient(patient, f"send_{kind.value}", at=now) as act:
            stored = _store(act, episode, entry, token, language)
            if concern := concern_of(entry):
                _raise_task(act, episode, concern)
    except IntegrityError:
        # Two presses at once: now the other one is there to be compared with.
        _the_one_sent(patient, token)
        return send_entry(patient, kind, typed, token, language, now)
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

    An answer that somebody must act on raises its task in the same transaction, and help is to be shown at once: also
    where the form cannot be scored, or the journey has ended.
    """
    now = at or timezone.now()
    if instrument_id not in figure("own", "questionnaires").value:
        raise Wrong("", "missing.why")
    signals = signals_danger(instrument_id, answers)
    if before := _sent_before(patient, token):
        if before.score is not None and list(before.score.items) == list(answers):
            return Sent(before, False, signals)
        return send_questionnaire(patient, instrument_id, answers, _of_its_own(token, list(answers)), language, now)
    try:
        episode, today = _journey(patient, Kind.QUESTIONNAIRE), timezone.localtime(now).date()
        with acting_as_patient(patient, "send_questionnaire", episode=episode, at=now) as act:
            score = store_from_patient(act, Form(instrument_id, answers), today)
            entry = Entry(Kind.QUESTIONNAIRE, today, {"instrument": instrument_id})
            stored = _store(act, episode, entry, token, language, score=score)
    except IntegrityError:
        _the_one_sent(patient, token)
        return send_questionnaire(patient, instrument_id, answers, token, language, now)
    except (BadInput, Wrong) as refused:
        if signals:
            return send_danger(patient, instrument_id, answers, token, language, now)
        if isinstance(refused, Wrong):
            raise
        of = instrument(instrument_id)
        raise Wrong("answers", "errors.too_many_open", least=len(of.items) - of.scoring.missing_allowed) from None
    return Sent(stored, True, signals)


def send_danger(
    patient: Patient,
    instrument_id: str,
    answers: Sequence[int | None],
    token: str,
    language: str = "en",
    at: datetime | None = None,
) -> Sent:
    """Store answers that signal danger though no score comes of them, with the task that they raise.

    The form itself can still be sent whole with its own token.
    """
    now = at or timezone.now()
    content = {"instrument": instrument_id, "answers": list(answers)}
    mark = _of_its_own(token, content)
    if before := _sent_before(patient, mark):
        return Sent(before, False, True)
    of, entry = instrument(instrument_id), Entry(Kind.DANGER, timezone.localtime(now).date(), content)
    says = (
        f"On the patient's own pages the {of.title} was begun, and an answer about suicide signals danger. It could "
        "not be scored. See or call the patient now."
    )
    hours = int(figure("own", "not_safe_seen_within").value)
    episode = _journey(patient, Kind.DANGER)
    try:
        with acting_as_patient(patient, "send_danger", at=now) as act:
            stored = _store(act, episode, entry, mark, language)
            _raise_task(act, episode, Concerned("suicidality", "psychiatrist", hours, says, ANSWERED))
    except IntegrityError:
        return Sent(_the_one_sent(patient, mark), False, True)
    return Sent(stored, True, True)


def was_told(patient: Patient, now: datetime) -> bool:
    """Say whether the team was told of danger a short while ago, by the record and not by an address."""
    since = now - timedelta(minutes=figure("own", "told_is_said_for").value)
    return Task.objects.filter(episode__patient=patient, kind="suicidality", raised_at__gte=since).exists()


def signals_danger(instrument_id: str, answers: Sequence[int | None]) -> bool:
    """Say whether an answer is one after which help is shown: at the alert's level; an open answer shows none."""
    of = instrument(instrument_id)
    # An answer that the form does not have is no answer of a patient.
    given = {item.id: one for item, one in zip(of.items, answers, strict=False) if one in item.answers}
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
        calls=concern.calls,
    )
    act.note(task=concern.kind)


def _of_its_own(token: str, content: object) -> str:
    """Return a token for other content sent by the same form: the same for the same content."""
    if not token:
        raise Wrong("", "errors.nothing")
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    return f"{token[:30]}-{digest[:32]}"


def _sent_before(patient: Patient, token: str) -> OwnEntry | None:
    if not token:
        raise Wrong("", "errors.nothing")
    return OwnEntry.objects.filter(patient=patient, token=token[:64]).first()


def _the_one_sent(patient: Patient, token: str) -> OwnEntry:
    return OwnEntry.objects.get(patient=patient, token=token[:64])
