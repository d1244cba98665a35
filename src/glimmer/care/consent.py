"""Consent: whether it may be recorded, and whether it holds on a day.

Capacity is judged for this decision by the four elements of the Mental Capacity Act 2005, section 3:
to understand, retain and weigh the information, and to communicate the decision.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from glimmer.guidance import Information, figure
from glimmer.vocabulary.verdict import Verdict

CAPACITY = (
    ("understands", "understand the information"),
    ("retains", "keep it in mind long enough to decide"),
    ("weighs", "weigh it up"),
    ("communicates", "make the decision known"),
)
"""The four elements: the name of the fact, and what the patient can or cannot do."""


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """One conversation about consent and what came of it.

    `decision` is given, refused or withdrawn. The four elements of capacity are True, False or None
    (not assessed). `points_covered` are ids of the information's points. `plan_version` is the plan
    that was consented to; None when consent was given before any plan, to the treatment as such.
    """

    decision: str
    information_version: str
    recorded_on: date
    understands: bool | None = None
    retains: bool | None = None
    weighs: bool | None = None
    communicates: bool | None = None
    points_covered: tuple[str, ...] = ()
    reason: str = ""
    plan_version: int | None = None

    @property
    def has_capacity(self) -> bool | None:
        """True with all four elements, False with any one lacking, None while any is not assessed."""
        elements = [getattr(self, name) for name, _ in CAPACITY]
        if False in elements:
            return False
        return None if None in elements else True


def may_record_consent(facts: ConsentFacts, information: Information) -> Verdict:
    """Say whether this consent can be recorded as it is, with every reason against it.

    Given needs capacity in all four elements and every point of the information in force covered.
    A refusal or a withdrawal is always recorded: nothing is given then, and nobody has to prove their no.
    """
    if facts.decision != "given":
        return Verdict()
    return Verdict((*_against_capacity(facts), *_against_information(facts, information)))


def consent_holds(
    facts: ConsentFacts | None, plan_version: int | None, information_version: str, on_day: date
) -> Verdict:
    """Say whether consent holds on a day: given with capacity, not too old, for this plan and this information.

    `facts` is the newest conversation, or None when there was none. A newer version of the information is a
    caution: the new points are to be discussed, and the team decides whether consent is taken again.
    """
    if facts is None:
        return Verdict(("The patient has not consented yet. Inform the patient, and record what they decide.",))
    if facts.decision != "given":
        return Verdict((_NOT_GIVEN[facts.decision],))
    reasons = [*_against_capacity(facts), *_against_age(facts, on_day)]
    if facts.plan_version is not None and plan_version is not None and facts.plan_version != plan_version:
        reasons.append(
            f"Consent was given for plan {facts.plan_version}, and the plan is now version {plan_version}. "
            "Review the new plan with the patient."
        )
    return Verdict(tuple(reasons), _cautions(facts, information_version, on_day))


_NOT_GIVEN = {
    "refused": "The patient refused consent. Nothing is given against the patient's will.",
    "withdrawn": "The patient withdrew consent. Talk with the patient before anything else.",
}


def _against_capacity(facts: ConsentFacts) -> tuple[str, ...]:
    lacking = [words for name, words in CAPACITY if getattr(facts, name) is False]
    open_ones = [words for name, words in CAPACITY if getattr(facts, name) is None]
    reasons = []
    if lacking:
        reasons.append(
            f"The patient could not {_listed(lacking)}, so lacks capacity for this decision. "
            "Give help and assess again; otherwise outpatient treatment is not possible."
        )
    if open_ones:
        reasons.append(f"Capacity is not assessed yet: whether the patient can {_listed(open_ones)}. Answer each.")
    return tuple(reasons)


def _against_information(facts: ConsentFacts, information: Information) -> list[str]:
    reasons = []
    if facts.information_version != information.version:
        reasons.append(
            f"The information used was version {facts.information_version or 'not stated'}, and version "
            f"{information.version} is in force. Go through the new one with the patient."
        )
    covered = set(facts.points_covered)
    left = [point.title for point in information.points if point.id not in covered]
    if left:
        reasons.append(f"Not yet covered with the patient: {', '.join(left)}. Cover each point first.")
    return reasons


def _against_age(facts: ConsentFacts, on_day: date) -> tuple[str, ...]:
    if on_day < facts.recorded_on:
        return (f"Consent was recorded on {_shown(facts.recorded_on)}, after the day asked about.",)
    valid_days = figure("consent", "valid_for").value
    if on_day - facts.recorded_on > timedelta(days=valid_days):
        return (
            f"Consent of {_shown(facts.recorded_on)} is more than {valid_days} days old. Hold the conversation again.",
        )
    return ()


def _cautions(facts: ConsentFacts, information_version: str, on_day: date) -> tuple[str, ...]:
    cautions = []
    if facts.information_version != information_version:
        cautions.append(
            f"Consent was given on information version {facts.information_version}; version {information_version} "
            "is in force now. Tell the patient what is new."
        )
    last_day = facts.recorded_on + timedelta(days=figure("consent", "valid_for").value)
    reminder = figure("consent", "ask_again_within").value
    if timedelta(0) <= last_day - on_day <= timedelta(days=reminder):
        cautions.append(f"Consent ends after {_shown(last_day)}. Hold the conversation again before that.")
    return tuple(cautions)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
