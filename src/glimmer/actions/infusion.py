"""What is given: prepared, checked by a second person, started, paused, resumed, stopped, completed.

An infusion runs by a pump; what no pump gives is recorded step by step (`give_step`), and ends with its last step.
Which of them a session has is its protocol's to say: the verbs are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.consent import consent_verdict
from glimmer.actions.controlled import drug_verdict
from glimmer.actions.entries import required_text
from glimmer.actions.limits import limits_verdict
from glimmer.actions.log import Bedside, allow, attend, log_of, protocol_of
from glimmer.actions.long_term import long_term_verdict
from glimmer.care.plan import Preparation, judge_dose, prepared_dose
from glimmer.care.referral import age_on
from glimmer.care.session.checks import (
    may_check_preparation,
    may_complete,
    may_give_step,
    may_pause,
    may_resume,
    may_start,
    may_stop,
    next_step,
)
from glimmer.care.session.conduct import may_prepare
from glimmer.care.session.events import (
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    SessionEvent,
    StepGiven,
    What,
)
from glimmer.care.session.functions import functions_of
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import manner_of
from glimmer.care.session.visit import is_one_visit
from glimmer.guidance.protocol import Protocol
from glimmer.records.clearance import clearance
from glimmer.records.maintenance import maintenance_ended
from glimmer.records.plans import Plan
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession, sessions_had
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile
from glimmer.vocabulary.verdict import Verdict

LONGEST_BATCH = 40


@dataclass(frozen=True, slots=True)
class SyringeDetails:
    """What the nurse reads off the vial and chooses: strength in mg/mL, volumes in mL.

    `total_volume_ml` is what a pump's syringe is made up to; nothing else has one. The last three are typed while
    dose arithmetic is off, and taken only then: rate in mL/h.
    """

    vial_concentration_mg_per_ml: float
    total_volume_ml: float | None
    batch: str
    expires_on: date
    drug_volume_ml: float | None = None
    final_concentration_mg_per_ml: float | None = None
    rate_ml_per_hour: float | None = None


def preview_preparation(
    session: TreatmentSession, vial_concentration_mg_per_ml: float, total_volume_ml: float | None
) -> Preparation:
    """Return the working (volumes, final strength, rate) for the page, without writing anything."""
    log = log_of(session.pk)
    return _worked_out(log, protocol_of(log), vial_concentration_mg_per_ml, total_volume_ml)


def prepare_infusion(
    session: TreatmentSession,
    details: SyringeDetails,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write down the syringe as drawn up. Another person has to check it before the start."""

    def decide(bedside: Bedside) -> list[What]:
        allow(may_prepare(bedside.log), f"No {manner_of(bedside.log).prepared} can be prepared now.")
        batch = required_text(details.batch, "batch", "Enter the batch number printed on the vial.", LONGEST_BATCH)
        if details.expires_on < timezone.localtime(bedside.at).date():
            raise BadInput(
                "This vial has passed its expiry date. Use another one and discard this.", field="expires_on"
            )
        if functions_of(bedside.log).dose_arithmetic:
            return [_as_worked_out(bedside, details, batch)]
        return [_as_typed(bedside, details, batch)]

    return attend(session, "session.prepare", "prepare_infusion", decide, by=by, form_token=form_token, at=at)


def _as_worked_out(bedside: Bedside, details: SyringeDetails, batch: str) -> InfusionPrepared:
    strength = details.vial_concentration_mg_per_ml
    worked = _worked_out(bedside.log, bedside.protocol, strength, details.total_volume_ml)
    return InfusionPrepared(
        drug=bedside.protocol.drug,
        batch=batch,
        expires_on=details.expires_on.isoformat(),
        vial_concentration_mg_per_ml=strength,
        dose_mg=worked.dose_mg,
        drug_volume_ml=worked.drug_volume_ml,
        total_volume_ml=worked.total_volume_ml,
        final_concentration_mg_per_ml=worked.final_concentration_mg_per_ml,
        rate_ml_per_hour=worked.rate_ml_per_hour,
    )


def _as_typed(bedside: Bedside, details: SyringeDetails, batch: str) -> InfusionPrepared:
    """Return the syringe as the nurse typed it: with dose arithmetic off both people check it, and Glimmer nothing."""
    _offered(bedside.protocol, details.vial_concentration_mg_per_ml)
    opened = bedside.log.opened
    assert opened is not None  # protocol_of() has refused a log without its first event
    strength = details.vial_concentration_mg_per_ml
    drug_ml = _entered(details.drug_volume_ml, "drug_volume_ml", "volume of the drug, in mL")
    typed = {"total_volume_ml": drug_ml, "final_concentration_mg_per_ml": strength, "rate_ml_per_hour": 0}
    if bedside.protocol.given_by.pump:
        typed = {name: _entered(getattr(details, name), name, words) for name, words in _OF_A_PUMP.items()}
    return InfusionPrepared(
        drug=bedside.protocol.drug,
        batch=batch,
        expires_on=details.expires_on.isoformat(),
        vial_concentration_mg_per_ml=strength,
        dose_mg=opened.dose_mg,
        drug_volume_ml=drug_ml,
        **typed,
    )


_OF_A_PUMP = {
    "total_volume_ml": "total volume, in mL",
    "final_concentration_mg_per_ml": "final strength, in mg/mL",
    "rate_ml_per_hour": "pump rate, in mL/h",
}


def _entered(value: float | None, field: str, words: str) -> float:
    if value is None or not value > 0:
        raise BadInput(f"Enter the {words}: dose arithmetic is off, so Glimmer works none out.", field=field)
    return value


def _worked_out(log: SessionLog, protocol: Protocol, strength: float, total_volume_ml: float | None) -> Preparation:
    _offered(protocol, strength)
    opened = log.opened
    assert opened is not None  # protocol_of() has refused a log without its first event
    return prepared_dose(protocol, opened.dose_mg, strength, total_volume_ml, opened.infusion_minutes)


def _offered(protocol: Protocol, strength: float) -> None:
    offered = protocol.vial_concentrations_mg_per_ml
    if strength not in offered:
        listed = ", ".join(f"{one:g} mg/mL" for one in offered)
        raise BadInput(
            f"Choose the strength printed on the vial. This protocol uses: {listed}.",
            field="vial_concentration_mg_per_ml",
        )


def check_preparation(
    session: TreatmentSession,
    *,
    by: Staff,
    prepared_seq: int | None = None,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Confirm, as a second person, that the syringe is as written. `prepared_seq` is the one the page showed."""

    def decide(bedside: Bedside) -> list[What]:
        prepared = bedside.log.course.prepared
        if prepared is not None and prepared_seq not in (None, prepared.seq):
            raise ChangedMeanwhile(
                f"A new {manner_of(bedside.log).prepared} was prepared while you had the page open. "
                "Nothing was saved. Check what is shown now."
            )
        allow(may_check_preparation(bedside.log, by.pk), "The preparation cannot be checked.")
        assert prepared is not None  # the rule has refused a log without a preparation
        return [InfusionChecked(prepared.seq)]

    return attend(session, "session.prepare", "check_preparation", decide, by=by, form_token=form_token, at=at)


def start_verdict(session: TreatmentSession, log: SessionLog, at: datetime) -> Verdict:
    """Return whether the infusion may start: checks, syringe, consent, and a plan that still stands."""
    consent = consent_verdict(session.episode, timezone.localtime(at).date())
    started = may_start(log, protocol_of(log), consent, at)
    plan = _plan_stands(session, log)
    drug, lasting = drug_verdict(log, at), long_term_verdict(session.episode, at)
    # Medicines, tests and urgent matters may have changed since the patient was found eligible.
    now = clearance(session.episode, at)
    often = limits_verdict(session, at)
    ended = tuple(filter(None, [maintenance_ended(session.plan, timezone.localtime(at).date())]))
    before = (
        *_of_today(session, at),
        *ended,
        *_still_eligible(session),
        *now.reasons,
        *lasting.reasons,
        *often.reasons,
        *drug.reasons,
    )
    cautions = (*often.cautions, *drug.cautions, *started.cautions, *plan.cautions, *lasting.cautions, *now.cautions)
    return Verdict((*before, *started.reasons, *plan.reasons), cautions)


def _still_eligible(session: TreatmentSession) -> tuple[str, ...]:
    """A plan is made for a patient who was found eligible; what came to light since stops the next session."""
    episode = session.episode
    if not episode.selection_decisions.exists() or standing_decision(episode) == "eligible":
        return ()
    return (
        "The patient is no longer found eligible, or an answer has changed since the decision. "
        "The psychiatrist decides on selection again first.",
    )


def _of_today(session: TreatmentSession, at: datetime) -> tuple[str, ...]:
    """Food, alcohol, medicines and suicidal thoughts were asked about for the visit of the opening, for no other."""
    if is_one_visit(timezone.localtime(session.opened_at), timezone.localtime(at)):
        return ()
    return (
        "This session was opened on another day, so its checks are not today's. "
        "Cancel it, and open a session on a date of today.",
    )


def _plan_stands(session: TreatmentSession, log: SessionLog) -> Verdict:
    plan = session.plan
    newest = Plan.objects.filter(episode_id=plan.episode_id).order_by("-version").first()
    if newest is not None and newest.pk != plan.pk:
        return Verdict(
            (
                f"This session was opened for plan {plan.version}, and the plan is now version {newest.version}. "
                "Cancel the session and open it again from the new plan.",
            )
        )
    if plan.dose_was_typed:
        return _typed_dose_stands(plan)
    if not functions_of(log).dose_arithmetic:
        return Verdict((), ("Dose arithmetic is off in Glimmer: the dose was not judged by the guard rails.",))
    pinned = protocol_of(log)
    return judge_dose(
        pinned,
        plan.amount,
        float(plan.infusion_minutes),
        sessions_had(session.episode, pinned.drug) + 1,
        plan.second_prescriber_id is not None,
        age_on(session.episode.patient.birth_date, timezone.localtime(session.opened_at).date()),
    )


def _typed_dose_stands(plan: Plan) -> Verdict:
    if plan.second_prescriber_id is None:
        return Verdict(("The dose was typed by its prescriber. Ask another prescriber to agree to the plan.",))
    return Verdict((), ("The dose was typed by its prescriber; Glimmer has not judged it.",))


def start_infusion(
    session: TreatmentSession, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write down that the pump was started, or the first step given; refused with every reason against it."""

    def decide(bedside: Bedside) -> list[What]:
        treatment = manner_of(bedside.log).treatment
        _not_twice(bedside.log.course.started, f"started the {treatment}")
        allow(start_verdict(bedside.session, bedside.log, bedside.at), f"The {treatment} cannot start.")
        return [InfusionStarted(), *_first_step(bedside)]

    return attend(session, "session.run", "start_infusion", decide, by=by, form_token=form_token, at=at, moves=True)


def _first_step(bedside: Bedside) -> list[What]:
    return [_step(bedside)] if bedside.protocol.given_by.steps else []


def _step(bedside: Bedside) -> StepGiven:
    """Return the next step that is open; each holds its share of what was prepared."""
    number, of = next_step(bedside.log, bedside.protocol)
    prepared = bedside.log.course.preparation
    assert prepared is not None  # nothing starts unprepared
    return StepGiven(number, of, round(prepared.drug_volume_ml / of, 3))


def give_step(
    session: TreatmentSession,
    *,
    by: Staff,
    number: int | None = None,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write down that the next step (a device, an injection) was given now. `number` is the one the page showed."""

    def decide(bedside: Bedside) -> list[What]:
        given = {event.what.number: event for event in bedside.log.course.steps}  # type: ignore[attr-defined]
        manner = manner_of(bedside.log)
        _not_twice(given.get(number), f"recorded {manner.step} {number}")
        allow(may_give_step(bedside.log, bedside.protocol, bedside.at), f"No {manner.step} can be given now.")
        step = _step(bedside)
        if number not in (None, step.number):
            raise ChangedMeanwhile(f"The next {manner.step} is number {step.number}. Look at the page again.")
        return [step]

    return attend(session, "session.run", "give_step", decide, by=by, form_token=form_token, at=at, moves=True)


def pause_infusion(
    session: TreatmentSession, reason: str, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write down that the pump was paused, and why."""
    return _pump(session, "pause_infusion", may_pause, lambda: InfusionPaused(_because(reason)), by, form_token, at)


def resume_infusion(
    session: TreatmentSession, reason: str = "", *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write down that the pump was started again."""
    return _pump(session, "resume_infusion", may_resume, lambda: InfusionResumed(reason.strip()), by, form_token, at)


def stop_infusion(
    session: TreatmentSession, reason: str, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write down that the infusion was ended before its planned volume, and why. It cannot be resumed."""
    return _pump(session, "stop_infusion", may_stop, lambda: InfusionStopped(_because(reason)), by, form_token, at)


def complete_infusion(
    session: TreatmentSession,
    volume_ml: float | None = None,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write down that the whole volume was given; `volume_ml` is what the pump shows."""
    return _pump(session, "complete_infusion", may_complete, lambda: InfusionCompleted(volume_ml), by, form_token, at)


def _pump(
    session: TreatmentSession,
    verb: str,
    rule: Callable[[SessionLog, datetime], Verdict],
    event: Callable[[], What],
    by: Staff,
    form_token: str,
    at: datetime | None,
) -> list[SessionEvent]:
    def decide(bedside: Bedside) -> list[What]:
        allow(rule(bedside.log, bedside.at), f"The {manner_of(bedside.log).treatment} cannot be {_DONE[verb]}.")
        return [event()]

    return attend(session, "session.run", verb, decide, by=by, form_token=form_token, at=at, moves=True)


_DONE = {
    "pause_infusion": "paused",
    "resume_infusion": "resumed",
    "stop_infusion": "stopped",
    "complete_infusion": "completed",
}


def _because(reason: str) -> str:
    return required_text(reason, "reason", "Say why. A few words are enough.")


def _not_twice(event: SessionEvent | None, did: str) -> None:
    if event is not None:
        at = timezone.localtime(event.happened_at)
        raise ChangedMeanwhile(f"{event.by} {did} at {at:%H:%M}. Nothing of yours was saved.")
