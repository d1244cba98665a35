"""The conversation about consent that counts, which plan it was for, and whether it holds."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django.utils import timezone

from glimmer.care.consent import ConsentFacts, consent_holds
from glimmer.care.consent_lapse import ConsentedPlan, against_plan
from glimmer.care.consent_waiting import question_caution
from glimmer.care.urgent import Step
from glimmer.guidance import Told, information
from glimmer.records.consent import ConsentRecord, InformationGiven, PatientQuestion
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.urgent import urgent_calls, urgent_of
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.verdict import Verdict


def consent_verdict(episode: Episode, on_day: date) -> Verdict:
    """Say whether the newest consent holds on a day, for the plan and the information in force.

    A question that the patient asked since and that nobody has answered is a caution: answer it before the treatment.
    """
    plans = plans_of(episode)
    newest = newest_consent(episode)
    facts = None
    if newest is not None:
        facts = replace(consent_facts(newest, plans), is_signed=newest.signatures.exists())
    holds = consent_holds(facts, plan_facts(plans[-1]) if plans else None, information(), on_day)
    unanswered = question_caution(open_questions(episode))
    return replace(holds, cautions=(*holds.cautions, *unanswered))


def newest_consent(episode: Episode) -> ConsentRecord | None:
    """Return the conversation that counts, or None."""
    return episode.consents.select_related("information").order_by("-recorded_at", "-pk").first()


def newest_information(episode: Episode) -> InformationGiven | None:
    """Return the information that was given last, or None."""
    return episode.information_given.select_related("plan", "recorded_by").order_by("-recorded_at", "-pk").first()


def consented_before(episode: Episode, given: InformationGiven | None) -> bool:
    """Say whether the patient has consented before to the treatment that they were told of."""
    same = {"decision": "given", "information__protocol_id": given.protocol_id if given is not None else ""}
    return episode.consents.filter(**same).exists()


def is_urgent(episode: Episode) -> bool:
    """Say whether an open urgent call has been answered by a psychiatrist: then the time to think is that of the
    urgent pathway. A call alone does not shorten it, for anybody of the team may raise one.
    """
    return any(
        urgent_of(call).is_open
        and any(act.step == Step.SEEN and act.by.role == Role.PSYCHIATRIST for act in call.steps)
        for call in urgent_calls(episode)
    )


def open_questions(episode: Episode) -> int:
    """Return how many of the patient's questions nobody has answered."""
    return PatientQuestion.objects.filter(episode=episode, answers__isnull=True).count()


def consented_plan(consent: ConsentRecord, plans: list[Plan]) -> int | None:
    """Return the version of the plan that a consent is for; None while there is no such plan.

    That is the plan in force when the patient consented, if it is of the treatment they were told of. Otherwise it
    is the first plan of that treatment to come. `plans` are all of the journey's, in order.
    """
    told_of = consent.information.protocol_id if consent.information is not None else ""
    in_force = [plan for plan in plans if plan.prescribed_at <= consent.recorded_at]
    if in_force and told_of in ("", in_force[-1].protocol_id):
        return in_force[-1].version
    to_come = (plan for plan in plans if plan.prescribed_at > consent.recorded_at)
    return next((plan.version for plan in to_come if told_of in ("", plan.protocol_id)), None)


def is_for_plan(consent: ConsentRecord, plans: list[Plan]) -> bool:
    """Say whether a consent is for the newest of `plans`; True while there is none."""
    if not plans:
        return True
    facts = consent_facts(consent, plans)
    against, _ = against_plan(
        facts.protocol_id, facts.told, facts.plan_version, plan_facts(plans[-1]), facts.protocol_version
    )
    return not against


def plans_of(episode: Episode) -> list[Plan]:
    """Return the plans of a journey in order."""
    return list(Plan.objects.filter(episode=episode).order_by("version"))


def plan_facts(plan: Plan) -> ConsentedPlan:
    """Return what of a plan a consent is for."""
    return ConsentedPlan(plan.version, plan.protocol_id, told_of_plan(plan), plan.protocol_version)


def told_of_plan(plan: Plan) -> Told:
    """Return what a patient is told of a plan in figures."""
    mg_per_kg = plan.dose_mg_per_kg
    return Told(
        mg_per_kg=None if mg_per_kg is None else float(mg_per_kg),
        dose_mg=float(plan.dose_mg),
        minutes=float(plan.infusion_minutes),
        sessions=plan.sessions,
    )


def told_as_row(told: Told) -> dict[str, Any]:
    """Return the figures told as they are stored."""
    return asdict(told)


def consent_facts(row: ConsentRecord, plans: list[Plan]) -> ConsentFacts:
    """Return the frozen facts of a conversation; `plans` are those of its journey, in order."""
    given = row.information
    return ConsentFacts(
        decision=row.decision,
        information_version=row.information_version,
        recorded_on=timezone.localtime(row.recorded_at).date(),
        understands=row.understands,
        retains=row.retains,
        weighs=row.weighs,
        communicates=row.communicates,
        points_covered=tuple(row.points_covered),
        reason=row.reason,
        protocol_id=given.protocol_id if given is not None else "",
        protocol_version=given.protocol_version if given is not None else "",
        told=Told(**given.told) if given is not None else None,
        plan_version=consented_plan(row, plans),
    )
