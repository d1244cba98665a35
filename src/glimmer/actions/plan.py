"""The plan: previewed, prescribed, agreed by a second prescriber where the dose asks for it; and its dates."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.booking import (
    book_appointment,
    book_course,
    cancel_appointment,
    cancel_open_dates,
    move_appointment,
    propose_course,
)
from glimmer.actions.endings import open_episode
from glimmer.care.consent import consent_holds
from glimmer.care.plan import DoseProposal, dose_for, judge_dose, needs_second_prescriber
from glimmer.guidance import Protocol, figure, information, protocol
from glimmer.records.conversations import consent_facts, newest_consent
from glimmer.records.episodes import Episode
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.plans import Plan
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

__all__ = [
    "PlanOrder",
    "PlanPreview",
    "book_appointment",
    "book_course",
    "cancel_appointment",
    "countersign_plan",
    "move_appointment",
    "prescribe_plan",
    "preview_plan",
    "propose_course",
]


@dataclass(frozen=True, slots=True)
class PlanOrder:
    """What a prescriber orders. Weight in kg, height in cm, dose in mg/kg, time in minutes.

    None for dose, time or number of sessions means the protocol's own; another value needs a `reason`.
    `basis` is actual or ideal, and never chosen for the prescriber: "" shows both in a preview only.
    """

    protocol_id: str
    weight_kg: float
    height_cm: float
    basis: str
    oxygen_scale: int
    pregnancy_possible: bool
    mg_per_kg: float | None = None
    minutes: int | None = None
    sessions: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What an order comes to, by each weight; `chosen` and `verdict` speak of the basis, once one is chosen."""

    protocol: Protocol
    actual: DoseProposal
    ideal: DoseProposal
    chosen: DoseProposal | None
    verdict: Verdict
    second_prescriber: bool
    sessions: int


def preview_plan(episode: Episode, order: PlanOrder) -> PlanPreview:
    """Return the doses and what the guard rails say; raise BadInput, with the field, for what cannot be right."""
    chosen_protocol = _protocol(order.protocol_id)
    checked = _checked(order, chosen_protocol)
    proposals = {basis: _proposal(episode, checked, chosen_protocol, basis) for basis in ("actual", "ideal")}
    shown = proposals.get(order.basis, proposals["actual"])
    rails = judge_dose(chosen_protocol, shown.mg_per_kg, shown.minutes, 1, has_second_prescriber=True)
    return PlanPreview(
        protocol=chosen_protocol,
        actual=proposals["actual"],
        ideal=proposals["ideal"],
        chosen=proposals.get(order.basis),
        verdict=Verdict(rails.reasons, (*rails.cautions, *shown.cautions)),
        second_prescriber=needs_second_prescriber(chosen_protocol, shown.mg_per_kg),
        sessions=checked.sessions or int(chosen_protocol.sessions.value),
    )


def prescribe_plan(
    episode: Episode, order: PlanOrder, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> Plan:
    """Store a plan as the next version, pinned to its protocol's version and content.

    Dates of an earlier plan whose sessions were not opened are cancelled: they were for another dose.
    """
    with acting(by, "plan.prescribe", verb="prescribe_plan", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _may_prescribe(locked, act)
        preview = preview_plan(locked, order)
        if preview.chosen is None:
            raise BadInput("Choose the weight that the dose is worked out from: actual or ideal.", field="basis")
        _check_order(order, preview)
        _refuse_same_again(locked, order, preview)
        plan = _stored(locked, order, preview, by, act.at)
        replaced = cancel_open_dates(act, f"Replaced by plan {plan.version}.") if plan.version > 1 else 0
        act.about(plan)
        act.note(
            version=plan.version,
            protocol=f"{plan.protocol_id} {plan.protocol_version}",
            dose_mg=str(plan.dose_mg),
            dates_cancelled=replaced,
        )
    return plan


def countersign_plan(plan: Plan, *, by: Staff, seen: int | None = None, at: datetime | None = None) -> Plan:
    """Agree, as a second prescriber, to a plan whose dose needs it. Nobody agrees to their own."""
    with acting(by, "plan.prescribe", verb="countersign_plan", episode=plan.episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        fresh = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if Plan.objects.filter(episode=locked, version__gt=fresh.version).exists():
            raise RuleRefused("This plan was replaced by a newer one. Look at the newest plan.")
        if not second_prescriber_wanted(fresh):
            raise RuleRefused("This plan does not wait for a second prescriber.")
        if fresh.prescribed_by_id == by.pk:
            raise RuleRefused("You prescribed this plan. Another prescriber has to agree to it.")
        fresh.second_prescriber, fresh.second_at = by, act.at
        fresh.save(update_fields=["second_prescriber", "second_at"])
        act.about(fresh)
        act.note(version=fresh.version)
    return fresh


def _protocol(protocol_id: str) -> Protocol:
    try:
        return protocol(protocol_id)
    except KeyError:
        raise BadInput("Choose a protocol from the list.", field="protocol_id") from None


def _checked(order: PlanOrder, chosen: Protocol) -> PlanOrder:
    if order.minutes is not None and (order.minutes != int(order.minutes) or not 0 < order.minutes < 1000):
        raise BadInput("Enter the time of the infusion in whole minutes.", field="minutes")
    most = int(chosen.sessions.value) + int(figure("followup", "more_sessions_at_times").value)
    if order.sessions is not None and not 1 <= order.sessions <= most:
        raise BadInput(
            f"This protocol has {chosen.sessions.value} sessions; at most {most} can be planned at once.",
            field="sessions",
        )
    return order


def _proposal(episode: Episode, order: PlanOrder, chosen: Protocol, basis: str) -> DoseProposal:
    # Rounded as it is stored, so that the dose always follows from the weight on record.
    return dose_for(
        chosen,
        round(order.weight_kg, 1),
        round(order.height_cm, 1),
        episode.patient.sex,
        basis,
        None if order.mg_per_kg is None else round(order.mg_per_kg, 3),
        order.minutes,
    )


def _may_prescribe(episode: Episode, act: Act) -> None:
    if standing_decision(episode) != "eligible":
        raise RuleRefused(
            "The patient has not been found eligible, or an answer has changed since. Decide on selection first."
        )
    newest = newest_consent(episode)
    facts = consent_facts(newest, None) if newest is not None else None
    verdict = consent_holds(facts, None, information().version, timezone.localtime(act.at).date())
    if not verdict.allowed:
        raise RuleRefused("Nothing can be prescribed without consent.", reasons=verdict.reasons)
    if TreatmentSession.objects.filter(episode=episode, ended_at__isnull=True).exists():
        raise RuleRefused("A session of this patient has not ended. End it before changing the plan.")


def _check_order(order: PlanOrder, preview: PlanPreview) -> None:
    if not preview.verdict.allowed:
        raise RuleRefused("This dose cannot be prescribed.", reasons=preview.verdict.reasons)
    if order.oxygen_scale not in {1, 2}:
        raise BadInput("Choose the oxygen scale of the NEWS2 score: 1 or 2.", field="oxygen_scale")
    chosen = preview.protocol
    differs = [
        name
        for name, ordered, own in (
            ("dose", order.mg_per_kg, chosen.dose_mg_per_kg.value),
            ("time", order.minutes, chosen.infusion_minutes.value),
            ("number of sessions", order.sessions, chosen.sessions.value),
        )
        if ordered is not None and ordered != own
    ]
    if differs and not order.reason.strip():
        raise BadInput(
            f"The {' and the '.join(differs)} differ from the protocol. Give the reason."
            if len(differs) > 1
            else f"The {differs[0]} differs from the protocol. Give the reason.",
            field="reason",
        )


def _refuse_same_again(episode: Episode, order: PlanOrder, preview: PlanPreview) -> None:
    """A form posted twice must not make a second version of the same plan before the first was used."""
    newest = Plan.objects.filter(episode=episode).order_by("-version").first()
    if newest is None or newest.treatment_sessions.exists():
        return
    same = (
        newest.protocol_digest == preview.protocol.digest
        and newest.basis == order.basis
        and float(newest.weight_kg) == round(order.weight_kg, 1)
        and float(newest.dose_mg) == preview.chosen.dose_mg  # type: ignore[union-attr]
        and newest.sessions == preview.sessions
        and newest.infusion_minutes == int(preview.chosen.minutes)  # type: ignore[union-attr]
        and newest.oxygen_scale == order.oxygen_scale
        and newest.pregnancy_possible == order.pregnancy_possible
        and newest.reason == order.reason.strip()
    )
    if same:
        raise RuleRefused("This very plan is prescribed already. Nothing was stored again.")


def _stored(episode: Episode, order: PlanOrder, preview: PlanPreview, by: Staff, at: datetime) -> Plan:
    chosen = preview.chosen
    assert chosen is not None
    last = Plan.objects.filter(episode=episode).order_by("-version").values_list("version", flat=True).first()
    return Plan.objects.create(
        episode=episode,
        version=(last or 0) + 1,
        protocol_id=preview.protocol.id,
        protocol_version=preview.protocol.version,
        protocol_digest=preview.protocol.digest,
        weight_kg=_decimal(chosen.actual_kg),
        height_cm=_decimal(round(order.height_cm, 1)),
        basis=order.basis,
        dose_mg_per_kg=_decimal(chosen.mg_per_kg),
        dose_mg=_decimal(chosen.dose_mg),
        infusion_minutes=int(chosen.minutes),
        sessions=preview.sessions,
        oxygen_scale=order.oxygen_scale,
        pregnancy_possible=order.pregnancy_possible,
        reason=order.reason.strip(),
        prescribed_by=by,
        prescribed_at=at,
    )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
