"""What makes a consent lapse: another edition of the information, another treatment, another plan.

A consent is for what the patient was told. So it ends when that is no longer what will be done, or when something
that matters to the decision became known since. A corrected wording ends nothing.
"""

from dataclasses import dataclass

from glimmer.guidance import GuidanceError, Information, Told, information_for, protocol

UNITS = (
    ("mg_per_kg", "a dose of {:g} mg/kg"),
    ("minutes", "a duration of {:g} minutes"),
    ("sessions", "{:g} sessions"),
)
"""What a patient is told in numbers, and how a reason names it. The dose in mg counts only where mg/kg is unknown."""


@dataclass(frozen=True, slots=True)
class ConsentedPlan:
    """The plan in force, as far as a consent is for it. `protocol_version` is "" where nobody looked."""

    version: int
    protocol_id: str
    told: Told
    protocol_version: str = ""


def against_edition(version: str, information: Information) -> tuple[str, ...]:
    """Return why a consent given on `version` no longer holds under the information in force; () if it does."""
    later = information.since(version)
    if later is None:
        return (
            f"Consent was given on information version {version or 'not stated'}, which is not known here. "
            "Go through the information in force with the patient.",
        )
    lapsing = [edition for edition in later if edition.lapses]
    if not lapsing:
        return ()
    news = [one for edition in lapsing for one in edition.news]
    return (
        f"Consent was given on information version {version}, and since version {lapsing[-1].version} more has to be "
        f"told: {', '.join(news) or lapsing[-1].why} Go through it with the patient, and record the decision anew.",
    )


def cautions_of_edition(version: str, information: Information) -> tuple[str, ...]:
    """Return what to know where only the wording changed since a consent was given."""
    later = information.since(version)
    if not later or any(edition.lapses for edition in later):
        return ()
    return (
        f"Consent was given on information version {version}; version {information.version} is in force now. "
        "Only its wording changed, so the consent stands.",
    )


def against_plan(
    protocol_id: str, told: Told | None, plan_version: int | None, plan: ConsentedPlan, protocol_version: str = ""
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return why a consent is not for this plan, and what to look at twice.

    `protocol_id`, `protocol_version` and `told` are what the patient was told of, `plan_version` the plan that the
    consent was for. Another version of the protocol matters where it tells a patient something else.
    """
    if told is None or not protocol_id:
        return ("It is not on record which treatment the patient was told of. Give the information again.",), ()
    if protocol_id != plan.protocol_id:
        return (
            f"Consent was given for “{_title(protocol_id)}”, and the plan is “{_title(plan.protocol_id)}”. "
            "Inform the patient about this treatment, and record the decision.",
        ), ()
    reasons = []
    if plan_version is not None and plan_version != plan.version:
        reasons.append(
            f"Consent was given for plan {plan_version}, and the plan is now version {plan.version}. "
            "Review the new plan with the patient."
        )
    if tells_otherwise(protocol_id, protocol_version, plan.protocol_version, plan.told):
        reasons.append(
            f"The patient was told of version {protocol_version} of the protocol, and the plan is by version "
            f"{plan.protocol_version}, which tells patients something else. Give the information again."
        )
    differs = tuple(_differences(told, plan.told))
    if differs:
        reasons.append(f"The patient was told of {' and '.join(differs)}. Review the plan with the patient.")
    return tuple(reasons), _doubts(told, plan)


def tells_otherwise(protocol_id: str, first: str, second: str, told: Told | None) -> bool:
    """Say whether two versions of a protocol tell a patient something else about the same figures.

    True where one of them is not known any more; False where a version is "", for then nobody looked.
    """
    if "" in (first, second) or first == second:
        return False
    try:
        one, other = (information_for(protocol(protocol_id, version), told=told) for version in (first, second))
    except (KeyError, GuidanceError):
        return True
    return one.digest != other.digest


def _differences(told: Told, planned: Told) -> list[str]:
    found = []
    for name, words in UNITS:
        was, now = getattr(told, name), getattr(planned, name)
        if was is not None and now is not None and was != now:
            found.append(f"{words.format(was)}, and the plan has {words.format(now)}")
    if told.mg_per_kg is None and told.dose_mg is not None and told.dose_mg != planned.dose_mg:
        found.append(f"{told.dose_mg:g} mg, and the plan has {planned.dose_mg or 0:g} mg")
    return found


def _doubts(told: Told, plan: ConsentedPlan) -> tuple[str, ...]:
    if told.mg_per_kg is not None and plan.told.mg_per_kg is None and told.dose_mg is None:
        return (
            f"The dose of the plan was typed, so nothing compared it with the {told.mg_per_kg:g} mg/kg "
            "that the patient was told of. Compare it yourself.",
        )
    return ()


def _title(protocol_id: str) -> str:
    try:
        return protocol(protocol_id).title
    except KeyError:
        # A protocol that was taken out of the library still has to be named.
        return protocol_id
