"""Consent: whether it may be recorded, and whether it holds on a day.

Capacity is judged for this decision by the four elements of the Mental Capacity Act 2005, section 3:
to understand, retain and weigh the information, and to communicate the decision. Before the decision stands a
time to think (`care.consent_waiting`); after it, what makes a consent lapse (`care.consent_lapse`).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from glimmer.care.consent_lapse import ConsentedPlan, against_edition, against_plan, cautions_of_edition
from glimmer.care.consent_waiting import Talk, against_talk
from glimmer.guidance import Information, Told, figure
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

    `decision` is given, refused or withdrawn; refused also where the patient was found unable to decide. The four
    elements of capacity are True, False or None (not assessed). `points_covered` are ids of the information's points.
    `protocol_id`, `protocol_version` and `told` say which treatment the patient was told of ("" and None: nobody
    knows). `plan_version` is the plan that was consented to; None while there is no plan of that treatment.
    `is_signed` is None where nobody looked.
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
    protocol_id: str = ""
    told: Told | None = None
    plan_version: int | None = None
    is_signed: bool | None = None
    protocol_version: str = ""

    @property
    def has_capacity(self) -> bool | None:
        """True with all four elements, False with any one lacking, None while any is not assessed."""
        elements = [getattr(self, name) for name, _ in CAPACITY]
        if False in elements:
            return False
        return None if None in elements else True


def may_record_consent(facts: ConsentFacts, information: Information, talk: Talk) -> Verdict:
    """Say whether this consent can be recorded as it is, with every reason against it.

    Given needs capacity in all four elements, every point of the information in force covered, and a talk that was
    as it should be: time to think, questions answered, an interpreter where one is needed. A refusal or a
    withdrawal is always recorded: nothing is given then, and nobody has to prove their no.
    """
    if facts.decision != "given":
        return Verdict()
    against = _against_capacity(facts, then=_RECORD_IT)
    return Verdict((*against, *_against_information(facts, information), *against_talk(talk)))


def consent_holds(
    facts: ConsentFacts | None, plan: ConsentedPlan | None, information: Information, on_day: date
) -> Verdict:
    """Say whether consent holds on a day: given with capacity, not too old, for this plan and this information.

    `facts` is the newest conversation, or None when there was none; `plan` the one in force, None where none is.
    A later edition of the information ends a consent where it says so; a corrected wording is a caution.
    """
    if facts is None:
        return Verdict(("The patient has not consented yet. Inform the patient, and record what they decide.",))
    if facts.decision == "refused" and (lacking := _lacking(facts)):
        return Verdict((f"The patient was found unable to {_listed(lacking)}, so has not consented. {_HELP}",))
    if facts.decision != "given":
        return Verdict((_NOT_GIVEN[facts.decision],))
    reasons = [
        *_against_capacity(facts),
        *_against_age(facts, on_day),
        *against_edition(facts.information_version, information),
    ]
    cautions = [*cautions_of_edition(facts.information_version, information), *_cautions(facts, on_day)]
    if plan is not None:
        against, doubts = against_plan(facts.protocol_id, facts.told, facts.plan_version, plan, facts.protocol_version)
        reasons += against
        cautions += doubts
    return Verdict(tuple(reasons), tuple(cautions))


_NOT_GIVEN = {
    "refused": "The patient refused consent. Nothing is given against the patient's will.",
    "withdrawn": "The patient withdrew consent. Talk with the patient before anything else.",
}


_HELP = "Give help and assess again; otherwise outpatient treatment is not possible."
_RECORD_IT = ' Record this talk with the decision "refuses, or cannot decide", so that no earlier consent counts.'


def _lacking(facts: ConsentFacts) -> list[str]:
    return [words for name, words in CAPACITY if getattr(facts, name) is False]


def _against_capacity(facts: ConsentFacts, then: str = "") -> tuple[str, ...]:
    lacking = _lacking(facts)
    open_ones = [words for name, words in CAPACITY if getattr(facts, name) is None]
    reasons = []
    if lacking:
        reasons.append(f"The patient could not {_listed(lacking)}, so lacks capacity for this decision. {_HELP}{then}")
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


def _cautions(facts: ConsentFacts, on_day: date) -> tuple[str, ...]:
    cautions = []
    last_day = facts.recorded_on + timedelta(days=figure("consent", "valid_for").value)
    reminder = figure("consent", "ask_again_within").value
    if timedelta(0) <= last_day - on_day <= timedelta(days=reminder):
        cautions.append(f"Consent ends after {_shown(last_day)}. Hold the conversation again before that.")
    if facts.is_signed is False:
        cautions.append("The consent is not signed yet. A signature is the usual evidence, but no condition.")
    return tuple(cautions)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
