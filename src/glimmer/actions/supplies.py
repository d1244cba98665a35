"""Ketamine to take at home: prescribed, supplied by two people out of the register, brought back, destroyed, lost.

A supply takes from the register in the same transaction: one entry there and one beside the prescription, or neither.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.controlled import Draft, add_line, two_people
from glimmer.actions.endings import open_episode
from glimmer.actions.entries import optional_text, required_text
from glimmer.actions.home_supply import refuse_home_after_end
from glimmer.actions.letter_facts import letterhead
from glimmer.actions.log import allow
from glimmer.actions.long_term import long_term_verdict
from glimmer.care.controlled import Batch, Kind
from glimmer.care.supplies import (
    COLLECTORS,
    Collection,
    Happened,
    Prescription,
    days_early,
    judge_prescription,
    judge_return,
    judge_supply,
)
from glimmer.guidance.protocol import protocol
from glimmer.records.controlled import RegisterPage
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.staff import Staff
from glimmer.records.supplies import (
    TakeHomeEvent,
    TakeHomePrescription,
    locked_prescription,
    standing_prescriptions,
)
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, RuleRefused

ALONE = (Happened.RETURNED, Happened.LOST)
LONGEST_DIRECTIONS = 300


@dataclass(frozen=True, slots=True)
class Order:
    """What the prescriber enters; strength and bottle are the page's."""

    dose_mg: float
    every_days: int
    days: int
    total_ml: float
    directions: str
    starts_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What is handed out, to whom."""

    bottles: int
    batch: Batch
    collected: Collection


def prescribe_take_home(
    episode: Episode, page: RegisterPage, order: Order, *, by: Staff, at: datetime | None = None
) -> TakeHomePrescription:
    """Sign a prescription for a product of the register, to be taken at home. It cannot be repeated."""
    with acting(by, "take_home.prescribe", verb="prescribe_take_home", episode=episode, at=at) as act:
        locked = open_episode(act)
        refuse_home_after_end(locked, max(order.starts_on, timezone.localtime(act.at).date()))
        made = _facts(locked, page, order, by, act.at)
        before = [one.facts for one in standing_prescriptions([locked.patient_id])]
        allow(judge_prescription(made, before, long_term_verdict(locked, act.at)), "It cannot be prescribed like this.")
        stored = TakeHomePrescription.objects.create(
            episode=locked,
            page=page,
            dose_mg=order.dose_mg,
            every_days=order.every_days,
            days=order.days,
            total_ml=round(order.total_ml),
            directions=required_text(order.directions, "directions", "Write the dose.", LONGEST_DIRECTIONS),
            starts_on=order.starts_on,
            patient_name=made.patient_name,
            patient_address=made.patient_address,
            prescriber=by,
            prescriber_name=by.name,
            registration=made.registration,
            prescriber_address=made.prescriber_address,
            days_early=days_early(made, before),
            reason=optional_text(order.reason, "reason"),
            signed_at=act.at,
        )
        act.about(stored)
        act.note(page=page.pk, days=order.days, early=stored.days_early)
    return stored


def _facts(episode: Episode, page: RegisterPage, order: Order, by: Staff, at: datetime) -> Prescription:
    patient, plan = episode.patient, Plan.objects.filter(episode=episode).order_by("-version").first()
    chosen = protocol(plan.protocol_id, plan.protocol_version) if plan else None
    if chosen is not None and chosen.drug != page.drug:
        raise BadInput(f"The plan in force is for {chosen.drug}; this product is {page.drug}.", field="page")
    clinic = letterhead()
    return Prescription(
        drug=page.drug,
        form=page.form,
        strength_mg_per_ml=float(page.strength_mg_per_ml),
        container_ml=float(page.container_ml),
        dose_mg=order.dose_mg,
        every_days=order.every_days,
        days=order.days,
        total_ml=order.total_ml,
        directions=order.directions,
        starts_on=order.starts_on,
        signed_on=timezone.localtime(at).date(),
        patient_name=f"{patient.given_name} {patient.family_name}",
        patient_address=", ".join(part for part in (*patient.address.splitlines(), patient.postcode) if part),
        prescriber=by.name,
        registration=by.registration,
        prescriber_address=", ".join((clinic["name"], *clinic["address"])),
        plan_route=chosen.route if chosen else "",
        plan_dose_mg=float(plan.dose_mg) if plan else None,
        reason=order.reason,
    )


def supply_take_home(
    prescription: TakeHomePrescription,
    out: HandedOut,
    *,
    seen: int,
    seen_entry: int,
    by: Staff,
    witness: Staff | None,
    at: datetime | None = None,
) -> TakeHomeEvent:
    """Hand bottles out: one entry in the register and one beside the prescription, or neither.

    `seen` is the number of events that the page showed, `seen_entry` the newest entry of the register's page.
    """
    with acting(by, "controlled.enter", verb="supply_take_home", at=at) as act:
        fresh = _fresh(act, prescription, seen)
        two_people(by, witness)
        if fresh.prescriber_id == by.pk:
            raise BadInput("Who prescribed it does not supply it. Ask a colleague.", field="witness")
        facts, ml = fresh.facts, out.bottles * float(fresh.page.container_ml)
        today = timezone.localtime(act.at).date()
        refuse_home_after_end(fresh.episode, today)
        known = [event.facts for event in fresh.became.all()]
        allow(judge_supply(facts, known, ml, today, out.collected), "It cannot be supplied.")
        batch, expires_on = out.batch
        draft = Draft(
            Kind.SUPPLY,
            out.bottles,
            batch=batch,
            expires_on=expires_on,
            party=f"{fresh.patient_name}, {fresh.patient_address}"[:300],
            authority=f"{fresh.prescriber_name}, {fresh.registration}",
            note=_collected_in_words(out.collected),
        )
        entry = add_line(act, fresh.page_id, draft, seen_entry, witness)
        event = _add(act, fresh, Happened.SUPPLIED, ml, entry=entry, witness=witness, **_collector(out.collected))
        act.note(page=fresh.page_id, number=entry.number, bottles=out.bottles, witness=entry.witness_id)
    return event


def _collector(collected: Collection) -> dict[str, Any]:
    return {
        "collector_kind": collected.kind,
        "collector_name": collected.name.strip(),
        "identity_asked": collected.identity_asked,
        "identity_seen": collected.identity_seen,
        "note": collected.note.strip(),
    }


def _collected_in_words(collected: Collection) -> str:
    who = COLLECTORS.get(collected.kind, collected.kind)
    name = f" ({collected.name.strip()})" if collected.name.strip() else ""
    asked, seen = ("yes" if said else "no" for said in (collected.identity_asked, collected.identity_seen))
    note = f". {collected.note.strip()}" if collected.note.strip() else ""
    return f"Collected by: {who.lower()}{name}. Identity asked for: {asked}; shown: {seen}{note}"


def note_take_home(
    prescription: TakeHomePrescription,
    kind: Happened,
    ml: float,
    note: str,
    *,
    seen: int,
    by: Staff,
    witness: Staff | None = None,
    at: datetime | None = None,
) -> TakeHomeEvent:
    """Write down what came back, was destroyed before a witness, or is lost. None of it enters the register."""
    with acting(by, "controlled.enter", verb="note_take_home", at=at) as act:
        fresh = _fresh(act, prescription, seen)
        if kind not in (*ALONE, Happened.DESTROYED):
            raise BadInput("Choose what became of it.")
        allow(judge_return([event.facts for event in fresh.became.all()], ml), "This cannot be.")
        if kind is Happened.DESTROYED:
            two_people(by, witness)
        why = required_text(note, "note", "Say in a sentence how, and what the patient said.")
        event = _add(act, fresh, kind, ml, note=why, witness=witness if kind is Happened.DESTROYED else None)
        act.note(kind=kind.value, ml=ml)
    return event


def cancel_take_home(
    prescription: TakeHomePrescription, reason: str, *, seen: int, by: Staff, at: datetime | None = None
) -> TakeHomeEvent:
    """Cancel a prescription: nothing more is supplied on it."""
    with acting(by, "take_home.prescribe", verb="cancel_take_home", at=at) as act:
        fresh = _fresh(act, prescription, seen)
        if fresh.became.filter(kind=Happened.CANCELLED.value).exists():
            raise RuleRefused("It is cancelled already.")
        why = required_text(reason, "note", "Say why it is cancelled.")
        event = _add(act, fresh, Happened.CANCELLED, 0, note=why)
    return event


def became_of(prescription: TakeHomePrescription) -> list[TakeHomeEvent]:
    """Return what became of a prescription, in order, with who signed it."""
    return list(prescription.became.select_related("by", "witness", "entry"))


def _fresh(act: Act, prescription: TakeHomePrescription, seen: int) -> TakeHomePrescription:
    fresh = locked_prescription(prescription.pk)
    act.about(fresh)
    act.patient_id = fresh.episode.patient_id
    if fresh.became.count() != seen:
        raise ChangedMeanwhile(
            "Somebody wrote something about this prescription while you had the page open. Nothing of yours was saved. "
            "Look at it again, then repeat your entry if it is still right."
        )
    return fresh


def _add(act: Act, prescription: TakeHomePrescription, kind: Happened, ml: float, **more: Any) -> TakeHomeEvent:
    event = TakeHomeEvent(
        prescription=prescription,
        seq=prescription.became.count() + 1,
        kind=kind.value,
        ml=round(ml),
        by=act.by,
        at=act.at,
        **more,
    )
    event.save(force_insert=True)
    return event
