"""The limits on how often and how much: asked when a date is booked, and again before the drug is given."""

from datetime import date, datetime

from django.utils import timezone

from glimmer.care.limits import Limits, Over, uncovered
from glimmer.care.maintenance import Given, MaintenanceFacts, is_maintenance, limits_added_up, limits_on
from glimmer.guidance.protocol import protocol
from glimmer.records.long_term import sessions_given
from glimmer.records.maintenance import agreed_over, maintenance_ended, newest_decision
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.problems import RuleRefused
from glimmer.vocabulary.verdict import Verdict

GO_ON = "To treat again, a psychiatrist goes on with it on the maintenance page, or prescribes a new plan."


def given_to(patient_id: int) -> tuple[Given, ...]:
    """Return every session in which the patient was given the drug, over all journeys, by the plans' doses."""
    return tuple(_given(session) for session in sessions_given([patient_id]))


def days_given(patient_id: int, *, besides: int) -> set[date]:
    """Return the days on which the patient was given the drug under any plan but one, over all journeys."""
    sessions = sessions_given([patient_id]).exclude(plan=besides)
    return {timezone.localtime(one.opened_at).date() for one in sessions}


def _given(session: TreatmentSession) -> Given:
    plan = session.plan
    route = protocol(plan.protocol_id, plan.protocol_version).route
    return Given(timezone.localtime(session.opened_at).date(), route, float(plan.dose_mg), per_kg(plan))


def per_kg(plan: Plan) -> float:
    """Return the dose of a plan in mg for each kg of the weight it was prescribed for."""
    return float(plan.dose_mg / plan.weight_kg)


def exposure_facts(plan: Plan, today: date, except_session: int | None = None) -> MaintenanceFacts:
    """Return the facts that limits rest on, without the patient's trajectory."""
    sessions = [one for one in sessions_given([plan.episode.patient_id]) if one.pk != except_session]
    days = [timezone.localtime(one.opened_at).date() for one in sessions if one.plan_id == plan.pk]
    return MaintenanceFacts(
        today=today,
        given=tuple(_given(session) for session in sessions),
        plan_days=tuple(days),
        dose_mg_per_kg=per_kg(plan),
        route=protocol(plan.protocol_id, plan.protocol_version).route,
    )


def limits_of(plan: Plan, day: date, except_session: int | None = None) -> Limits:
    """Return what stands against a session of a plan on a day, apart from agreements that are there."""
    return _limits(plan, exposure_facts(plan, day, except_session), day)


def _limits(plan: Plan, facts: MaintenanceFacts, day: date) -> Limits:
    if is_maintenance(plan.protocol_id):
        return limits_on(facts, protocol(plan.protocol_id, plan.protocol_version), day)
    return limits_added_up(facts, day)


def refuse_beyond_limits(plan: Plan, starts_at: datetime) -> None:
    """Raise RuleRefused where a session of a plan may not be held on a day, by what was given so far."""
    found = limits_of(plan, timezone.localtime(starts_at).date())
    if found.blocks:
        raise RuleRefused(f"No session can be held then. {' '.join(found.blocks)}", reasons=found.blocks)


def refuse_ended(plan: Plan, day: date) -> None:
    """Raise RuleRefused for treatment by a maintenance plan on a day by which the maintenance has ended."""
    ended = maintenance_ended(plan, day)
    if ended:
        raise RuleRefused(f"{ended} {GO_ON}")


def limits_verdict(session: TreatmentSession, at: datetime) -> Verdict:
    """Say whether the drug may be given today, by how often and how much was given; and when it was given last."""
    plan, day = session.plan, timezone.localtime(at).date()
    facts = exposure_facts(plan, day, session.pk)
    found, soon = _limits(plan, facts, day), _soon(plan, facts, day)
    alone = (
        f"{one.says} Nobody has agreed to it as second prescriber: another prescriber does so on the plan page."
        for one in uncovered(found.over, agreed_over(plan))
    )
    return Verdict((*found.blocks, *alone), soon)


def _soon(plan: Plan, facts: MaintenanceFacts, day: date) -> tuple[str, ...]:
    """Return a caution where the last dose, of any plan, is nearer than the plan's protocol wants.

    A date may have been booked so with a psychiatrist's reason, so it stops nothing: who gives the drug is told.
    """
    least = protocol(plan.protocol_id, plan.protocol_version).shortest_days_between.value
    last = max((one.on for one in facts.given if one.on <= day), default=None)
    if last is None or (day - last).days >= least:
        return ()
    days = (day - last).days
    ago = {0: "today already", 1: "1 day ago"}.get(days, f"{days} days ago")
    return (
        f"The drug was last given {ago}, on {last:%A} {last.day} {last:%B %Y}; "
        f"this protocol wants at least {least} days between.",
    )


def over_limits(plan: Plan, at: datetime) -> tuple[Over, ...]:
    """Return above which limits a plan's next session would be, where no second prescriber has agreed yet.

    The next session of a maintenance plan is judged on the day it is booked for: without a date its decisions judge
    it. Of every other plan on this day.
    """
    day = timezone.localtime(at).date()
    if is_maintenance(plan.protocol_id):
        booked = _next_date(plan, day)
        if booked is None:
            return ()
        day = booked
    return uncovered(limits_of(plan, day, _opened_on(plan, day)).over, agreed_over(plan))


def second_for_limits(plan: Plan, at: datetime) -> tuple[str, ...]:
    """Return in sentences why a plan's next session needs a second prescriber, where nobody has agreed yet."""
    return tuple(one.says for one in over_limits(plan, at))


def last_decided_by(plan: Plan) -> int:
    """Return the key of whoever last prescribed how the plan goes on: nobody agrees to their own."""
    newest = newest_decision(plan)
    return newest.decided_by_id if newest is not None else plan.prescribed_by_id


def _next_date(plan: Plan, day: date) -> date | None:
    dates = plan.appointments.filter(cancelled_at__isnull=True, session__ended_at__isnull=True)
    days = (timezone.localtime(one.starts_at).date() for one in dates)
    return min((one for one in days if one >= day), default=None)


def _opened_on(plan: Plan, day: date) -> int | None:
    """Return the session that is open on a day and would count twice: as given, and as the one to be judged."""
    running = plan.treatment_sessions.filter(ended_at__isnull=True)
    return next((one.pk for one in running if timezone.localtime(one.opened_at).date() == day), None)
