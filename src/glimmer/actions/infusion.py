"""The syringe and the pump: prepared, checked by a second person, started, paused, resumed, stopped, completed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.consent import consent_verdict
from glimmer.actions.entries import required_text
from glimmer.actions.log import Bedside, allow, attend, log_of, protocol_of
from glimmer.care.plan import Preparation, judge_dose, preparation
from glimmer.care.session.checks import (
    may_check_preparation,
    may_complete,
    may_pause,
    may_resume,
    may_start,
    may_stop,
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
    What,
)
from glimmer.care.session.log import SessionLog
from glimmer.guidance.protocol import Protocol
from glimmer.records.plans import Plan
from glimmer.records.selection import standing_decision
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile
from glimmer.vocabulary.verdict import Verdict

LONGEST_BATCH = 40


@dataclass(frozen=True, slots=True)
class SyringeDetails:
    """What the nurse reads off the vial and chooses: strength in mg/mL, volumes in mL."""

    vial_concentration_mg_per_ml: float
    total_volume_ml: float
    batch: str
    expires_on: date


def preview_preparation(
    session: TreatmentSession, vial_concentration_mg_per_ml: float, total_volume_ml: float
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
        allow(may_prepare(bedside.log), "No syringe can be prepared now.")
        batch = required_text(details.batch, "batch", "Enter the batch number printed on the vial.", LONGEST_BATCH)
        if details.expires_on < timezone.localtime(bedside.at).date():
            raise BadInput(
                "This vial has passed its expiry date. Use another one and discard this.", field="expires_on"
            )
        strength = details.vial_concentration_mg_per_ml
        worked = _worked_out(bedside.log, bedside.protocol, strength, details.total_volume_ml)
        return [
            InfusionPrepared(
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
        ]

    return attend(session, "session.prepare", "prepare_infusion", decide, by=by, form_token=form_token, at=at)


def _worked_out(log: SessionLog, protocol: Protocol, strength: float, total_volume_ml: float) -> Preparation:
    offered = protocol.vial_concentrations_mg_per_ml
    if strength not in offered:
        listed = ", ".join(f"{one:g} mg/mL" for one in offered)
        raise BadInput(
            f"Choose the strength printed on the vial. This protocol uses: {listed}.",
            field="vial_concentration_mg_per_ml",
        )
    opened = log.opened
    assert opened is not None  # protocol_of() has refused a log without its first event
    return preparation(
        opened.dose_mg,
        strength,
        total_volume_ml,
        opened.infusion_minutes,
        protocol.must_dilute_at_or_above_mg_per_ml,
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
                "A new syringe was prepared while you had the page open. Nothing was saved. "
                "Check the syringe that is shown now."
            )
        allow(may_check_preparation(bedside.log, by.pk), "The preparation cannot be checked.")
        assert prepared is not None  # the rule has refused a log without a preparation
        return [InfusionChecked(prepared.seq)]

    return attend(session, "session.prepare", "check_preparation", decide, by=by, form_token=form_token, at=at)


def start_verdict(session: TreatmentSession, log: SessionLog, at: datetime) -> Verdict:
    """Return whether the infusion may start: checks, syringe, consent, and a plan that still stands."""
    consent = consent_verdict(session.episode, timezone.localtime(at).date())
    started = may_start(log, protocol_of(log), consent, at)
    plan = _plan_stands(session, protocol_of(log))
    before = (*_of_today(session, at), *_still_eligible(session))
    return Verdict((*before, *started.reasons, *plan.reasons), started.cautions)


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
    """Food, alcohol, medicines and suicidal thoughts were asked about on the day of the opening, and for that day."""
    if timezone.localtime(session.opened_at).date() == timezone.localtime(at).date():
        return ()
    return (
        "This session was opened on another day, so its checks are not today's. "
        "Cancel it, and open a session on a date of today.",
    )


def _plan_stands(session: TreatmentSession, protocol: Protocol) -> Verdict:
    plan = session.plan
    newest = Plan.objects.filter(episode_id=plan.episode_id).order_by("-version").first()
    if newest is not None and newest.pk != plan.pk:
        return Verdict(
            (
                f"This session was opened for plan {plan.version}, and the plan is now version {newest.version}. "
                "Cancel the session and open it again from the new plan.",
            )
        )
    return judge_dose(
        protocol,
        float(plan.dose_mg_per_kg),
        float(plan.infusion_minutes),
        session.number,
        plan.second_prescriber_id is not None,
    )


def start_infusion(
    session: TreatmentSession, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Write down that the pump was started; refused with every reason that speaks against it."""

    def decide(bedside: Bedside) -> list[What]:
        _not_twice(bedside.log.course.started, "started the infusion")
        allow(start_verdict(bedside.session, bedside.log, bedside.at), "The infusion cannot start.")
        return [InfusionStarted()]

    return attend(session, "session.run", "start_infusion", decide, by=by, form_token=form_token, at=at, moves=True)


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
        allow(rule(bedside.log, bedside.at), _REFUSALS[verb])
        return [event()]

    return attend(session, "session.run", verb, decide, by=by, form_token=form_token, at=at, moves=True)


_REFUSALS = {
    "pause_infusion": "The infusion cannot be paused.",
    "resume_infusion": "The infusion cannot be resumed.",
    "stop_infusion": "The infusion cannot be stopped.",
    "complete_infusion": "The infusion cannot be completed.",
}


def _because(reason: str) -> str:
    return required_text(reason, "reason", "Say why. A few words are enough.")


def _not_twice(event: SessionEvent | None, did: str) -> None:
    if event is not None:
        at = timezone.localtime(event.happened_at)
        raise ChangedMeanwhile(f"{event.by} {did} at {at:%H:%M}. Nothing of yours was saved.")
