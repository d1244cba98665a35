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
from glimmer.actions.limits import last_decided_by, over_limits
from glimmer.care.consent import consent_holds
from glimmer.care.plan import (
    FIXED,
    DoseProposal,
    check_height,
    check_weight,
    dose_for,
    fixed_dose,
    judge_dose,
    needs_second_prescriber,
)
from glimmer.care.referral import age_on
from glimmer.guidance import Protocol, figure, information
from glimmer.records.clearance import clearance
from glimmer.records.conversations import consent_facts, newest_consent
from glimmer.records.episodes import Episode
from glimmer.records.journey import second_prescriber_wanted
from glimmer.records.maintenance import keep_agreement
from glimmer.records.plans import Plan
from glimmer.records.protocols import prescribable, standings
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession, sessions_had
from glimmer.records.staff import Staff
from glimmer.records.switches import functions_now
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
    `basis` is actual or ideal, and never chosen for the prescriber: "" shows both in a preview only. `dose_mg` is
    the dose typed by the prescriber: wanted while dose arithmetic is off; with it on, the dose of a protocol that
    gives everybody the same (None: the protocol's own). Such a protocol needs no `basis`.
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
    dose_mg: float | None = None


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as a plan stores it.

    `mg_per_kg` is None and `basis` "" for one that the prescriber typed, fixed for one that has no weight in it.
    """

    dose_mg: float
    mg_per_kg: float | None
    basis: str
    weight_kg: float
    minutes: float
    sessions: int


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What an order comes to, by each weight; `chosen` and `verdict` speak of the basis, once one is chosen.

    Where the dose does not depend on the weight, both are the same, and nothing is left to choose.
    """

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
    if chosen_protocol.dose_mg is not None:
        proposals[FIXED] = proposals["actual"]
    basis = order.basis if chosen_protocol.doses_by_weight else FIXED
    shown = proposals.get(basis, proposals["actual"])
    age = age_on(episode.patient.birth_date, timezone.localdate())
    number = sessions_had(episode, chosen_protocol.drug) + 1
    rails = judge_dose(chosen_protocol, shown.amount, shown.minutes, number, has_second_prescriber=True, age=age)
    return PlanPreview(
        protocol=chosen_protocol,
        actual=proposals["actual"],
        ideal=proposals["ideal"],
        chosen=proposals.get(basis),
        verdict=Verdict(rails.reasons, (*rails.cautions, *shown.cautions)),
        second_prescriber=needs_second_prescriber(chosen_protocol, shown.amount, age, number),
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
        dose = _worked_out(locked, order) if functions_now().dose_arithmetic else _typed(order)
        chosen_protocol = _protocol(order.protocol_id)
        _check_order(order, chosen_protocol)
        _refuse_same_again(locked, order, chosen_protocol, dose)
        plan = _stored(locked, order, chosen_protocol, dose, by, act.at)
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
    """Agree, as a second prescriber, to a plan whose dose or number of sessions needs it; nobody to their own."""
    with acting(by, "plan.prescribe", verb="countersign_plan", episode=plan.episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        fresh = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        if Plan.objects.filter(episode=locked, version__gt=fresh.version).exists():
            raise RuleRefused("This plan was replaced by a newer one. Look at the newest plan.")
        wanted, over = second_prescriber_wanted(fresh), over_limits(fresh, act.at)
        if not wanted and not over:
            raise RuleRefused("This plan does not wait for a second prescriber.")
        if by.pk == (fresh.prescribed_by_id if wanted else last_decided_by(fresh)):
            raise RuleRefused("You prescribed this plan or its interval. Another prescriber has to agree to it.")
        if over:
            keep_agreement(fresh, over, by, act.at)
        if fresh.second_prescriber_id is None and fresh.prescribed_by_id != by.pk:
            fresh.second_prescriber, fresh.second_at = by, act.at
            fresh.save(update_fields=["second_prescriber", "second_at"])
        act.about(fresh)
        act.note(version=fresh.version, limits=[one.kind.value for one in over])
    return fresh


def _protocol(protocol_id: str) -> Protocol:
    found = next((one for one in prescribable() if one.id == protocol_id), None)
    if found is not None:
        return found
    if any(one.protocol.id == protocol_id for one in standings()):
        raise BadInput(
            "This protocol is not in use: two clinicians approve it on its page, a psychiatrist among them, "
            "or it was retired.",
            field="protocol_id",
        )
    raise BadInput("Choose a protocol from the list.", field="protocol_id")


def _checked(order: PlanOrder, chosen: Protocol) -> PlanOrder:
    if order.minutes is not None and (order.minutes != int(order.minutes) or not 0 < order.minutes < 1000):
        raise BadInput("Enter the time of the infusion in whole minutes.", field="minutes")
    if order.minutes is not None and not chosen.given_by.pump:
        raise BadInput(
            f"A time is for infusions: {chosen.given_by.a_treatment} takes none. Leave it empty.", field="minutes"
        )
    most = int(chosen.sessions.value) + int(figure("followup", "more_sessions_at_times").value)
    if order.sessions is not None and not 1 <= order.sessions <= most:
        raise BadInput(
            f"This protocol has {chosen.sessions.value} sessions; at most {most} can be planned at once.",
            field="sessions",
        )
    return order


def _proposal(episode: Episode, order: PlanOrder, chosen: Protocol, basis: str) -> DoseProposal:
    # Rounded as it is stored, so that the dose always follows from the weight on record.
    if not chosen.doses_by_weight:
        if order.mg_per_kg is not None:
            raise BadInput("This protocol does not dose by weight. Leave this empty.", field="mg_per_kg")
        return fixed_dose(
            chosen, round(order.weight_kg, 1), round(order.height_cm, 1), episode.patient.sex, order.dose_mg
        )
    if order.dose_mg is not None:
        raise BadInput("This protocol doses by weight: enter the dose in mg per kilogram.", field="dose_mg")
    return dose_for(
        chosen,
        round(order.weight_kg, 1),
        round(order.height_cm, 1),
        episode.patient.sex,
        basis,
        None if order.mg_per_kg is None else round(order.mg_per_kg, 3),
        order.minutes,
    )


def _worked_out(episode: Episode, order: PlanOrder) -> Dose:
    """Return the dose by the weight that the prescriber chose, if the protocol's guard rails let it pass."""
    preview = preview_plan(episode, order)
    chosen = preview.chosen
    if chosen is None:
        raise BadInput("Choose the weight that the dose is worked out from: actual or ideal.", field="basis")
    if not preview.verdict.allowed:
        raise RuleRefused("This dose cannot be prescribed.", reasons=preview.verdict.reasons)
    return Dose(chosen.dose_mg, chosen.mg_per_kg, chosen.basis, chosen.actual_kg, chosen.minutes, preview.sessions)


def _typed(order: PlanOrder) -> Dose:
    """Return the dose that the prescriber typed: with dose arithmetic off nothing is worked out or guarded."""
    chosen = _protocol(order.protocol_id)
    checked = _checked(order, chosen)
    if order.dose_mg is None or not order.dose_mg > 0:
        raise BadInput("Enter the dose in mg: dose arithmetic is off, so Glimmer works none out.", field="dose_mg")
    check_height(order.height_cm)
    return Dose(
        dose_mg=round(order.dose_mg, 1),
        mg_per_kg=None,
        basis="",
        weight_kg=check_weight(round(order.weight_kg, 1)),
        minutes=float(checked.minutes or chosen.minutes_for(order.dose_mg)),
        sessions=checked.sessions or int(chosen.sessions.value),
    )


def _may_prescribe(episode: Episode, act: Act) -> None:
    if standing_decision(episode) != "eligible":
        raise RuleRefused(
            "The patient has not been found eligible, or an answer has changed since. Decide on selection first."
        )
    newest = newest_consent(episode)
    facts = consent_facts(newest, []) if newest is not None else None
    verdict = consent_holds(facts, None, information(), timezone.localtime(act.at).date())
    if not verdict.allowed:
        raise RuleRefused("Nothing can be prescribed without consent.", reasons=verdict.reasons)
    now = clearance(episode, act.at)
    if not now.allowed:
        raise RuleRefused("Nothing can be prescribed yet.", reasons=now.reasons)
    if TreatmentSession.objects.filter(episode=episode, ended_at__isnull=True).exists():
        raise RuleRefused("A session of this patient has not ended. End it before changing the plan.")


def _check_order(order: PlanOrder, chosen: Protocol) -> None:
    if order.oxygen_scale not in {1, 2}:
        raise BadInput("Choose the oxygen scale of the NEWS2 score: 1 or 2.", field="oxygen_scale")
    differs = [
        name
        for name, ordered, own in (
            ("dose", *_dose_ordered(order, chosen)),
            ("time", order.minutes, chosen.infusion_minutes and chosen.infusion_minutes.value),
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


def _dose_ordered(order: PlanOrder, chosen: Protocol) -> tuple[float | None, float]:
    """Return the dose that differs, if one was ordered, and the protocol's own; a typed dose gives no reason."""
    own = float(chosen.dose.value)
    if chosen.doses_by_weight:
        return order.mg_per_kg, own
    return (order.dose_mg if functions_now().dose_arithmetic else None), own


def _refuse_same_again(episode: Episode, order: PlanOrder, chosen: Protocol, dose: Dose) -> None:
    """A form posted twice must not make a second version of the same plan before the first was used."""
    newest = Plan.objects.filter(episode=episode).order_by("-version").first()
    if newest is None or newest.treatment_sessions.exists():
        return
    same = (
        newest.protocol_digest == chosen.digest
        and newest.basis == dose.basis
        and float(newest.weight_kg) == round(order.weight_kg, 1)
        and float(newest.dose_mg) == dose.dose_mg
        and newest.sessions == dose.sessions
        and newest.infusion_minutes == int(dose.minutes)
        and newest.oxygen_scale == order.oxygen_scale
        and newest.pregnancy_possible == order.pregnancy_possible
        and newest.reason == order.reason.strip()
    )
    if same:
        raise RuleRefused("This very plan is prescribed already. Nothing was stored again.")


def _stored(episode: Episode, order: PlanOrder, chosen: Protocol, dose: Dose, by: Staff, at: datetime) -> Plan:
    last = Plan.objects.filter(episode=episode).order_by("-version").values_list("version", flat=True).first()
    return Plan.objects.create(
        episode=episode,
        version=(last or 0) + 1,
        protocol_id=chosen.id,
        protocol_version=chosen.version,
        protocol_digest=chosen.digest,
        weight_kg=_decimal(dose.weight_kg),
        height_cm=_decimal(round(order.height_cm, 1)),
        basis=dose.basis,
        dose_mg_per_kg=None if dose.mg_per_kg is None else _decimal(dose.mg_per_kg),
        dose_mg=_decimal(dose.dose_mg),
        infusion_minutes=int(dose.minutes),
        sessions=dose.sessions,
        oxygen_scale=order.oxygen_scale,
        pregnancy_possible=order.pregnancy_possible,
        reason=order.reason.strip(),
        prescribed_by=by,
        prescribed_at=at,
    )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
