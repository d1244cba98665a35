"""Letting a patient in to their own pages: a one-time link, the date of birth, and a device that stays known a while.

Of a link and of a device's cookie only digests are kept. A new link voids the old; one that was used is spent. The
answer to somebody who asks for a link is the same whether anybody has that address.
"""

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.act import Act, Deed, acting
from glimmer.actions.endings import open_episode
from glimmer.actions.own_act import acting_as_patient, newest_episode
from glimmer.actions.sending import EMAIL, TEXT, post_message, to_patient, withdraw_posted
from glimmer.actions.slowing import Resting, knock, went_well
from glimmer.care.own import device_state, link_state
from glimmer.guidance import figure
from glimmer.records.access_own import device_by_digest, link_by_digest
from glimmer.records.audit import append_audit
from glimmer.records.episodes import Episode
from glimmer.records.own import OwnDevice, OwnLanguage, OwnLink, language_of, link_facts
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, Problem, RuleRefused

log = logging.getLogger(__name__)


class NotLetIn(Problem):
    """The link, or the date of birth, does not open anything. `key` is what to say; `minutes` goes with a rest."""

    def __init__(self, key: str, minutes: int = 0) -> None:
        super().__init__(key)
        self.key, self.minutes = key, minutes


@dataclass(frozen=True, slots=True)
class LetIn:
    """A device that was let in: its row, and the secret for its cookie, known only now."""

    device: OwnDevice
    secret: str


def digest_of(secret: str) -> str:
    """Return what is kept of a secret of 256 random bits: a plain digest is enough, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def invite_to_own_pages(
    episode: Episode, channel: str, language: str = "en", *, by: Staff, at: datetime | None = None
) -> OwnLink:
    """Make a one-time link to the patient's own pages and post it by e-mail or text message; older ones are void."""
    with acting(by, "own.invite", verb="invite_to_own_pages", episode=episode, at=at) as act:
        patient = open_episode(act).patient
        _choose(patient, language, act.at)
        made = _post_link(act, patient, channel, language, by)
        act.about(made)
        act.note(channel=channel)
    return made


def withdraw_own_link(link: OwnLink, because: str, *, by: Staff, at: datetime | None = None) -> None:
    """Take back a link that was not used yet."""
    with acting(by, "own.invite", verb="withdraw_own_link", at=at) as act:
        fresh = OwnLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        act.about(fresh)
        act.patient_id = fresh.patient_id
        if not because.strip():
            raise BadInput("Say why the link is taken back.", field="because")
        if link_state(link_facts(fresh), act.at) != "open":
            raise RuleRefused("This link no longer opens anything, so there is nothing to take back.")
        fresh.withdrawn_at, fresh.withdrawn_by, fresh.withdrawn_because = act.at, by, because.strip()
        fresh.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_because"])
        withdraw_posted(_cause(fresh.digest), because="The link was taken back.", at=act.at)


def end_own_devices(episode: Episode, because: str, *, by: Staff, at: datetime | None = None) -> int:
    """End every device of a patient at once, as after a lost telephone, and void their links; return how many."""
    with acting(by, "own.invite", verb="end_own_devices", at=at) as act:
        act.about(episode)
        act.patient_id = episode.patient_id
        if not because.strip():
            raise BadInput("Say why, such as: the telephone was lost.", field="because")
        # The links first: whoever opens one at this moment has made their device by the time the devices are ended.
        unused = OwnLink.objects.filter(
            patient=episode.patient_id, used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=act.at
        )
        unused.update(withdrawn_at=act.at, withdrawn_by=by, withdrawn_because=because.strip())
        ended = OwnDevice.objects.filter(patient=episode.patient_id, ended_at__isnull=True).update(
            ended_at=act.at, ended_by=by, ended_because=because.strip()
        )
        act.note(devices=ended)
    return ended


def ask_for_link(address: str, source: str, at: datetime | None = None) -> None:
    """Send a fresh link to a patient who was invited before and gives their address; say nothing of whether there is.

    Raises NotLetIn where one place, or one address, asks too often.
    """
    now = at or timezone.now()
    known = _plain(address)
    _slowed(f"own-again:{digest_of(source)[:32]}", now, places=True)
    _slowed(f"own-again-to:{digest_of(known)[:32]}", now)
    patient = _patient_at(known)
    if patient is None:
        return
    episode = newest_episode(patient)
    if episode is None or episode.closed_at is not None:
        return
    channel = EMAIL if "@" in known else TEXT
    try:
        with acting_as_patient(patient, "ask_for_own_link", at=now) as act:
            made = _post_link(act, patient, channel, language_of(patient), None)
            act.about(made)
            act.note(channel=channel)
    except (RuleRefused, BadInput) as problem:
        # Any other answer would tell that somebody has this address.
        log.warning("A fresh link could not be posted to patient %s (%s).", patient.pk, type(problem).__name__)


def link_to_open(secret: str, at: datetime | None = None) -> OwnLink | None:
    """Return the link of a secret where it still opens something, else None."""
    link = link_by_digest(digest_of(secret))
    if link is None or link_state(link_facts(link), at or timezone.now()) != "open":
        return None
    return link


def open_own_pages(secret: str, born: date, source: str, at: datetime | None = None) -> LetIn:
    """Spend a link with the right date of birth, and return the device that is let in; raise NotLetIn otherwise.

    Guessing is slowed for the link and for the place it comes from.
    """
    now = at or timezone.now()
    _slowed(f"own-place:{digest_of(source)[:32]}", now, places=True)
    link = link_to_open(secret, now)
    if link is None:
        raise NotLetIn("link.void")
    try:
        _slowed(f"own-link:{link.pk}", now)
    except NotLetIn:
        # Whoever holds a link has no hundreds of guesses: after eight it opens nothing, and a fresh one is asked for.
        _close_link(link, now)
        raise NotLetIn("link.spent") from None
    if link.patient.birth_date != born:
        _note_refusal(link.patient, "birth date", now)
        raise NotLetIn("link.wrong")
    key = secrets.token_urlsafe(32)
    with acting_as_patient(link.patient, "open_own_pages", at=now) as act:
        fresh = OwnLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if link_state(link_facts(fresh), now) != "open":
            raise NotLetIn("link.void")
        fresh.used_at = now
        fresh.save(update_fields=["used_at"])
        device = OwnDevice.objects.create(
            patient=fresh.patient, link=fresh, digest=digest_of(key), began_at=now, pressed_at=now
        )
        act.about(device)
    went_well(f"own-link:{link.pk}")
    went_well(f"own-place:{digest_of(source)[:32]}")
    return LetIn(device, key)


def device_of(cookie: str, at: datetime | None = None) -> tuple[OwnDevice | None, str]:
    """Return the device of a cookie and where it stands: open, asks, ended; None and ended for nobody's."""
    device = device_by_digest(digest_of(cookie)) if cookie else None
    if device is None:
        return None, "ended"
    return device, device_state(device.facts, at or timezone.now())


def prove_again(device: OwnDevice, born: date, source: str, at: datetime | None = None) -> None:
    """Go on after a pause with the date of birth; raise NotLetIn where it is wrong or tried too often."""
    now = at or timezone.now()
    try:
        _slowed(f"own-device:{device.pk}", now)
    except NotLetIn:
        OwnDevice.objects.filter(pk=device.pk, ended_at__isnull=True).update(
            ended_at=now, ended_because="Too many wrong dates of birth."
        )
        raise NotLetIn("link.spent") from None
    if device.patient.birth_date != born:
        _note_refusal(device.patient, "birth date again", now)
        raise NotLetIn("link.wrong")
    went_well(f"own-device:{device.pk}")
    note_press(device, now)


def note_press(device: OwnDevice, at: datetime) -> None:
    """Keep when the patient pressed last, by the minute: not every page view is a write."""
    if abs(at - device.pressed_at) >= timedelta(minutes=1):
        OwnDevice.objects.filter(pk=device.pk, ended_at__isnull=True).update(pressed_at=at)


def sign_out_own(device: OwnDevice, at: datetime | None = None) -> None:
    """End one device, as its patient asks."""
    with acting_as_patient(device.patient, "sign_out_own", at=at) as act:
        act.about(device)
        OwnDevice.objects.filter(pk=device.pk, ended_at__isnull=True).update(
            ended_at=act.at, ended_because="The patient signed out."
        )


def choose_language(patient: Patient, language: str, at: datetime | None = None) -> None:
    """Keep the language that a patient chose."""
    with acting_as_patient(patient, "choose_language", at=at) as act:
        _choose(patient, language, act.at)
        act.note(language=language)


def _choose(patient: Patient, language: str, at: datetime) -> None:
    if language not in ("en", "cy"):
        raise BadInput("Choose English or Welsh.", field="language")
    OwnLanguage.objects.update_or_create(patient=patient, defaults={"language": language, "chosen_at": at})


def _post_link(act: Act | Deed, patient: Patient, channel: str, language: str, by: Staff | None) -> OwnLink:
    secret = secrets.token_urlsafe(32)
    expires = act.at + timedelta(hours=figure("own", "link_valid_for").value)
    withdraw_posted(f"own-link:{patient.pk}:", because="A newer link was made.", at=act.at)
    message = post_message(
        "own_link",
        to_patient(patient, channel),
        {"link": settings.ENVIRONMENT.own_pages_url + reverse("own_in", args=(secret,)), "until": expires},
        once=_cause(digest_of(secret), patient),
        at=act.at,
        asked_by=by,
        patient=patient,
        language=language,
        not_after=expires,
    )
    return OwnLink.objects.create(
        patient=patient,
        digest=digest_of(secret),
        channel=channel,
        message=message,
        made_by=by,
        made_at=act.at,
        expires_at=expires,
    )


def _close_link(link: OwnLink, now: datetime) -> None:
    OwnLink.objects.filter(pk=link.pk, used_at__isnull=True, withdrawn_at__isnull=True).update(
        withdrawn_at=now, withdrawn_because="Too many wrong dates of birth."
    )


def _cause(digest: str, patient: Patient | None = None) -> str:
    of = patient.pk if patient is not None else OwnLink.objects.values_list("patient_id", flat=True).get(digest=digest)
    return f"own-link:{of}:{digest[:32]}"


def _slowed(key: str, now: datetime, *, places: bool = False) -> None:
    tries = int(figure("own", "tries_from_one_place").value) if places else None
    try:
        knock(key, now, tries=tries)
    except Resting as resting:
        raise NotLetIn("link.rests", resting.minutes) from None


def _plain(address: str) -> str:
    text = address.strip().casefold()
    return text if "@" in text else _national(re.sub(r"\D", "", text))


def _national(digits: str) -> str:
    return "0" + digits[2:] if digits.startswith("44") else digits


def _patient_at(address: str) -> Patient | None:
    """Return the patient who was invited before and has this address, where it is one patient's alone."""
    if not address:
        return None
    invited = Patient.objects.filter(own_links__isnull=False).distinct()
    if "@" in address:
        found = list(invited.filter(email__iexact=address)[:2])
    else:
        found = [one for one in invited.exclude(telephone="") if _plain(one.telephone) == address][:2]
    return found[0] if len(found) == 1 else None


def _note_refusal(patient: Patient, why: str, at: datetime) -> None:
    with transaction.atomic():
        append_audit(
            at=at,
            actor=None,
            actor_name="somebody who was not let in",
            action="own_pages_refused",
            subject="Patient",
            subject_id=patient.pk,
            patient_id=patient.pk,
            details={"why": why},
        )
