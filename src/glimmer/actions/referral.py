"""Referrals: typed in or imported, completed item by item, and triaged."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.clinics import clinic_for_new
from glimmer.actions.endings import close_episode, open_episode
from glimmer.actions.ports import port
from glimmer.care.referral import ReferralFacts, may_triage
from glimmer.guidance import figure, referral_items
from glimmer.records.access import require
from glimmer.records.episodes import Episode, Referral, ReferralItem, TriageDecision
from glimmer.records.outcomes import Task
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff
from glimmer.vocabulary.nhs_number import parse_nhs_number
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, RuleRefused

ITEM_STATES = ("present", "none", "missing")
"""What may be known about an item: present (with text), explicitly none, or missing."""

URGENT_REFERRAL = "urgent_referral"
"""The kind of the task that an urgent referral raises; triage ends it."""

Items = Mapping[str, tuple[str, str]]
"""Item id to (state, text)."""


@dataclass(frozen=True, slots=True)
class PatientDetails:
    """Who is referred, as typed or read. `nhs_number` may hold spaces; `sex` is female, male, other or unknown."""

    nhs_number: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str
    address: str = ""
    postcode: str = ""
    telephone: str = ""
    email: str = ""
    gp_name: str = ""
    gp_practice: str = ""
    gp_practice_code: str = ""
    communication_needs: str = ""


@dataclass(frozen=True, slots=True)
class ReferralDetails:
    """Who refers and why. `source` is gp, psychiatrist or other; `received_on` None means today."""

    source: str
    referrer_name: str
    reason: str
    referrer_organisation: str = ""
    referrer_code: str = ""
    priority: str = "routine"
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReferralDraft:
    """A referral read from a document, before anybody has taken responsibility for it.

    `warnings` are sentences about everything in the document that was not taken over.
    """

    patient: PatientDetails
    referral: ReferralDetails
    items: Items
    warnings: tuple[str, ...] = ()


class AlreadyHere(RuleRefused):
    """The patient has an open journey, or the document was imported before. `episode_id` is where to look."""

    def __init__(self, message: str, *, episode_id: int) -> None:
        super().__init__(message)
        self.episode_id = episode_id


def record_referral(
    patient: PatientDetails,
    referral: ReferralDetails,
    items: Items,
    *,
    by: Staff,
    at: datetime | None = None,
    how: str = "typed",
    digest: str = "",
    document: str = "",
    clinic: int | None = None,
) -> Episode:
    """Open an episode for a referral; items that are not named are stored as missing.

    It belongs to the clinic of `by`, who says which (`clinic`, its key) where they belong to several.

    Raises BadInput for details that cannot be right or that contradict the patient we know under
    the same NHS number, AlreadyHere when that patient has an open journey.
    """
    with acting(by, "referral.record", verb="record_referral", at=at) as act:
        _check_details(patient, referral, act.at)
        known_items = _checked_items(items)
        person = _patient(patient, act.at)
        _refuse_second_episode(person)
        episode = Episode.objects.create(
            patient=person, clinic=clinic_for_new(by, clinic), opened_at=act.at, updated_at=act.at
        )
        stored = _stored(episode, referral, by, act.at, how=how, digest=digest, document=document)
        _store_items(stored, known_items, by, act.at)
        if referral.priority == "urgent":
            _ask_for_triage(episode, act.at)
        act.episode = episode
        act.note(how=how, source=referral.source, priority=referral.priority)
    return episode


def _stored(episode: Episode, referral: ReferralDetails, by: Staff, at: datetime, **origin: str) -> Referral:
    return Referral.objects.create(
        episode=episode,
        received_at=_received_at(referral.received_on, at),
        source=referral.source,
        referrer_name=referral.referrer_name.strip(),
        referrer_organisation=referral.referrer_organisation.strip(),
        referrer_code=referral.referrer_code.strip(),
        priority=referral.priority,
        reason=referral.reason.strip(),
        recorded_by=by,
        **origin,
    )


def _ask_for_triage(episode: Episode, at: datetime) -> None:
    hours = figure("urgent", "referral_triaged_within").value
    Task.objects.create(
        episode=episode,
        kind=URGENT_REFERRAL,
        says=f"Referred as urgent: triage within {hours} hours. If the patient is in danger now, raise an urgent call "
        "under Risk and safety.",
        owner_role=Role.PSYCHIATRIST.value,
        raised_at=at,
        due_at=at + timedelta(hours=hours),
    )


def _store_items(referral: Referral, known: Items, by: Staff, at: datetime) -> None:
    """Store every item of the minimum set: one that was not named is missing."""
    found = {item.id: known.get(item.id, ("missing", "")) for item in referral_items()}
    ReferralItem.objects.bulk_create(
        ReferralItem(referral=referral, item=item, state=state, text=text, recorded_by=by, recorded_at=at)
        for item, (state, text) in found.items()
    )


def read_bundle(raw: bytes, *, by: Staff) -> ReferralDraft:
    """Read a FHIR bundle without storing anything, for a person to look at first; raise BadInput in words."""
    require(by, "referral.record")
    draft: ReferralDraft = port("read_referral_bundle")(raw)
    return draft


def import_bundle(raw: bytes, *, by: Staff, at: datetime | None = None) -> Episode:
    """Open an episode from a FHIR R4 bundle and keep the document as it came.

    Raises BadInput when it is no usable referral, AlreadyHere when the same document was taken before.
    """
    draft = read_bundle(raw, by=by)
    digest = hashlib.sha256(raw).hexdigest()
    with transaction.atomic():
        before = Referral.objects.filter(digest=digest).only("episode_id", "received_at").first()
        if before is not None:
            raise AlreadyHere(
                "This document was imported before, so nothing was stored again. Open the journey it belongs to.",
                episode_id=before.episode_id,
            )
        return record_referral(
            draft.patient,
            draft.referral,
            draft.items,
            by=by,
            at=at,
            how="fhir",
            digest=digest,
            document=raw.decode("utf-8-sig"),
        )


def import_warnings(referral: Referral) -> tuple[str, ...]:
    """Return what an imported document held that was not taken over; empty for a referral typed in."""
    if not referral.document:
        return ()
    draft: ReferralDraft = port("read_referral_bundle")(referral.document.encode())
    return draft.warnings


def amend_item(
    episode: Episode,
    item: str,
    state: str,
    text: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> None:
    """Say what is now known about one item of the minimum set."""
    amend_items(episode, {item: (state, text)}, by=by, seen=seen, at=at)


def amend_items(
    episode: Episode, items: Items, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> None:
    """Say what is now known about several items; those that are not named stay as they are."""
    with acting(by, "referral.record", verb="amend_items", episode=episode, seen=seen, at=at) as act:
        referral = _referral(act)
        if _newest_triage(referral) == "accepted":
            raise RuleRefused(
                "This referral was accepted at triage, so its items can no longer be changed. "
                "Record what is new as evidence on the selection page."
            )
        checked = _checked_items(items)
        for stored in referral.items.filter(item__in=checked):
            state, text = checked[stored.item]
            if (stored.state, stored.text) == (state, text):
                continue
            act.note(**{stored.item: f"{stored.state} to {state}"})
            stored.state, stored.text, stored.recorded_by, stored.recorded_at = state, text, by, act.at
            stored.save(update_fields=["state", "text", "recorded_by", "recorded_at"])


def triage(
    episode: Episode,
    decision: str,
    reason: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> TriageDecision:
    """Accept, return or decline a referral. Missing items block acceptance and refusal, never a return.

    A referral goes back to the referrer *because* something is missing, so `returned` is always open.
    """
    with acting(by, "referral.triage", verb="triage", episode=episode, seen=seen, at=at) as act:
        referral = _referral(act)
        _check_triage(referral, decision, reason)
        stored = TriageDecision.objects.create(
            referral=referral, decision=decision, reason=reason.strip(), decided_by=by, decided_at=act.at
        )
        waiting = Task.objects.filter(episode=act.episode, kind=URGENT_REFERRAL, done_at__isnull=True)
        waiting.update(done_by=by, done_at=act.at, did=f"Triage: {decision}.")
        if decision == "declined":
            close_episode(act, "Declined at triage.")
        act.about(stored)
        act.note(decision=decision)
    return stored


def referral_facts(referral: Referral) -> ReferralFacts:
    """Return the frozen facts that the rules about a referral take."""
    return ReferralFacts(items={item.item: item.state for item in referral.items.all()})


def _check_triage(referral: Referral, decision: str, reason: str) -> None:
    if decision not in {"accepted", "returned", "declined"}:
        raise BadInput("Choose what triage decided: accept, return or decline.", field="decision")
    if decision != "accepted" and not reason.strip():
        raise BadInput("Give the reason. The referrer is told it.", field="reason")
    if _newest_triage(referral) in {"accepted", "declined"}:
        raise RuleRefused("This referral has been triaged already. Open the patient's journey to see the decision.")
    if decision != "returned":
        verdict = may_triage(referral_facts(referral))
        if not verdict.allowed:
            raise RuleRefused("This referral cannot be triaged yet.", reasons=verdict.reasons)


def _newest_triage(referral: Referral) -> str:
    newest = referral.triage_decisions.order_by("-decided_at", "-pk").values_list("decision", flat=True).first()
    return newest or ""


def _referral(act: Act) -> Referral:
    return Referral.objects.get(episode=open_episode(act))


def _checked_items(items: Items) -> dict[str, tuple[str, str]]:
    names = {item.id: item.title for item in referral_items()}
    checked = {}
    for item, (state, text) in items.items():
        if item not in names:
            raise BadInput(f"There is no item called “{item}” in a referral. Use one of: {', '.join(names)}.")
        if state not in ITEM_STATES:
            raise BadInput(f"{names[item]}: choose present, explicitly none or missing.", field=item)
        if state == "present" and not text.strip():
            raise BadInput(f"{names[item]}: enter what is known, or choose explicitly none or missing.", field=item)
        if state != "present" and text.strip():
            raise BadInput(
                f"{names[item]}: text was entered, but the item is marked {_WORDS[state]}. "
                "Choose present to keep the text, or remove it.",
                field=item,
            )
        checked[item] = (state, text.strip())
    return checked


_WORDS = {"none": "explicitly none", "missing": "missing"}


def _check_details(patient: PatientDetails, referral: ReferralDetails, now: datetime) -> None:
    today = timezone.localtime(now).date()
    for field, says in _WANTED_OF_PATIENT.items():
        if not str(getattr(patient, field)).strip():
            raise BadInput(says, field=field)
    if patient.birth_date > today:
        raise BadInput("The date of birth lies in the future. Check the day, month and year.", field="birth_date")
    if patient.sex not in {"female", "male", "other", "unknown"}:
        raise BadInput("Choose the sex: female, male, other or not known.", field="sex")
    for field, says in _WANTED_OF_REFERRAL.items():
        if not str(getattr(referral, field)).strip():
            raise BadInput(says, field=field)
    if referral.source not in {"gp", "psychiatrist", "other"}:
        raise BadInput("Choose who refers: a GP, a psychiatrist or somebody else.", field="source")
    if referral.priority not in {"routine", "urgent"}:
        raise BadInput("Choose the priority: routine or urgent.", field="priority")
    if referral.received_on is not None and referral.received_on > today:
        raise BadInput("The referral cannot have arrived after today. Check the date.", field="received_on")
    _check_lengths(patient, referral)


_WANTED_OF_PATIENT = {
    "family_name": "Enter the patient's family name.",
    "given_name": "Enter the patient's given name.",
}
_WANTED_OF_REFERRAL = {
    "referrer_name": "Enter the name of the person who refers.",
    "reason": "Enter the reason for the referral.",
}


def _check_lengths(patient: PatientDetails, referral: ReferralDetails) -> None:
    for details, model in ((patient, Patient), (referral, Referral)):
        for field in details.__dataclass_fields__:
            if field == "nhs_number" or not isinstance(value := getattr(details, field), str):
                continue
            if "\x00" in value:
                raise BadInput("This text holds a character that cannot be stored. Type it again.", field=field)
            longest = getattr(model._meta.get_field(field), "max_length", None)
            if longest and len(value) > longest:
                raise BadInput(f"This is too long: at most {longest} characters fit. Shorten it.", field=field)


def _received_at(day: date | None, now: datetime) -> datetime:
    today = timezone.localtime(now).date()
    if day is None or day == today:
        return now
    midday = datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())
    return midday.astimezone(UTC)


def _patient(details: PatientDetails, now: datetime) -> Patient:
    number = parse_nhs_number(details.nhs_number)
    known = Patient.objects.select_for_update().filter(nhs_number=number).first()
    if known is None:
        return _new_patient(details, number, now)
    _refuse_other_person(details, known)
    _take_over_contact(details, known)
    return known


def _new_patient(details: PatientDetails, number: str, now: datetime) -> Patient:
    fields: dict[str, Any] = {name: getattr(details, name) for name in details.__dataclass_fields__}
    fields = {name: value.strip() if isinstance(value, str) else value for name, value in fields.items()}
    # The hospital number follows from the row's own key, so two referrals at once can never draw the same one.
    person = Patient.objects.create(
        **{**fields, "nhs_number": number}, local_number=f"new {uuid4().hex[:12]}", created_at=now
    )
    person.local_number = f"G{person.pk:06d}"
    person.save(update_fields=["local_number"])
    return person


def _refuse_other_person(details: PatientDetails, known: Patient) -> None:
    differs = []
    if details.family_name.strip().casefold() != known.family_name.casefold():
        differs.append("family name")
    if details.given_name.strip().casefold() != known.given_name.casefold():
        differs.append("given name")
    if details.birth_date != known.birth_date:
        differs.append("date of birth")
    if "unknown" not in {details.sex, known.sex} and details.sex != known.sex:
        differs.append("sex")
    if differs:
        raise BadInput(
            f"We know a patient with this NHS number, but with a different {' and '.join(differs)}. "
            "Nothing was stored. Check the NHS number and the details with the referrer: "
            "it may be a slip, or it may be another person.",
            field="nhs_number",
        )


_CONTACT = (
    "address",
    "postcode",
    "telephone",
    "email",
    "gp_name",
    "gp_practice",
    "gp_practice_code",
    "communication_needs",
)


def _take_over_contact(details: PatientDetails, known: Patient) -> None:
    changed = [name for name in _CONTACT if getattr(details, name).strip() not in {"", getattr(known, name)}]
    for name in changed:
        setattr(known, name, getattr(details, name).strip())
    if changed:
        known.save(update_fields=changed)


def _refuse_second_episode(person: Patient) -> None:
    running = Episode.objects.filter(patient=person, closed_at__isnull=True).values_list("pk", flat=True).first()
    if running is not None:
        raise AlreadyHere(
            "This patient already has an open journey in the clinic, so no second one was opened. "
            "Open it, and add what is new there.",
            episode_id=running,
        )
