"""The conversation about consent that counts, which plan it was for, and whether it holds."""

from datetime import date, datetime

from django.utils import timezone

from glimmer.care.consent import ConsentFacts, consent_holds
from glimmer.guidance import information
from glimmer.records.consent import ConsentRecord
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.vocabulary.verdict import Verdict


def consent_verdict(episode: Episode, on_day: date) -> Verdict:
    """Say whether the newest consent holds on a day, for the plan and the information in force."""
    versions = plan_versions(episode)
    newest = newest_consent(episode)
    facts = consent_facts(newest, consented_plan(newest, versions)) if newest is not None else None
    return consent_holds(facts, versions[-1][0] if versions else None, information().version, on_day)


def newest_consent(episode: Episode) -> ConsentRecord | None:
    """Return the conversation that counts, or None."""
    return episode.consents.order_by("-recorded_at", "-pk").first()


def consented_plan(consent: ConsentRecord, versions: list[tuple[int, datetime]]) -> int | None:
    """Return the version of the plan that a consent is for; None while there is no plan.

    That is the plan in force when the patient consented; a consent given before any plan is for the first.
    `versions` are pairs of version and time of prescribing, in order.
    """
    in_force = [version for version, prescribed_at in versions if prescribed_at <= consent.recorded_at]
    if in_force:
        return in_force[-1]
    return versions[0][0] if versions else None


def plan_versions(episode: Episode) -> list[tuple[int, datetime]]:
    """Return the plans of a journey as pairs of version and time of prescribing, in order."""
    return list(Plan.objects.filter(episode=episode).order_by("version").values_list("version", "prescribed_at"))


def consent_facts(row: ConsentRecord, plan_version: int | None) -> ConsentFacts:
    """Return the frozen facts of a conversation."""
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
        plan_version=plan_version,
    )
