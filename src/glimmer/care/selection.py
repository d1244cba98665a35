"""Selection: judging a patient by the rule list. Unknown never passes a hard rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from glimmer.guidance import RuleSheet, SelectionRule
from glimmer.vocabulary.verdict import Verdict


class Answer(StrEnum):
    """The answer to a rule. *Met* is always the safe side; an unanswered rule is unknown."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What an answer comes to."""

    PASSES = "passes"
    OVERRIDDEN = "overridden"
    CAUTION = "caution"
    OPEN = "open"
    FAILS = "fails"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """A hard rule overridden: by whom and why, and the second clinician who agreed. Ids tell people apart."""

    reason: str
    first_id: int | None
    first_name: str
    second_id: int | None = None
    second_name: str = ""

    @property
    def complete(self) -> bool:
        """True when there is a reason, a name, and a second name that is another person's."""
        named = self.first_id is not None and bool(self.first_name.strip())
        agreed = self.second_id is not None and bool(self.second_name.strip())
        return named and agreed and self.first_id != self.second_id and bool(self.reason.strip())


@dataclass(frozen=True, slots=True)
class SelectionFacts:
    """What is known of the patient: whole years, whether pregnancy is possible (None: not known), baseline PHQ-9."""

    age_years: int
    pregnancy_possible: bool | None
    baseline_phq9: int | None


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule, the answer that counts, what it comes to, and words for the page."""

    rule: SelectionRule
    answer: Answer
    outcome: Outcome
    says: str = ""

    @property
    def lets_pass(self) -> bool:
        """True unless this rule stops the patient."""
        return self.outcome not in (Outcome.OPEN, Outcome.FAILS)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every rule judged, in the order of the list, and the baseline."""

    outcomes: tuple[RuleOutcome, ...]
    baseline_phq9: int | None

    def of(self, rule_id: str) -> RuleOutcome:
        """Return the outcome of one rule; raise KeyError for an unknown rule."""
        for one in self.outcomes:
            if one.rule.id == rule_id:
                return one
        raise KeyError(f"There is no selection rule {rule_id!r}.")

    @property
    def stopping(self) -> tuple[RuleOutcome, ...]:
        """The hard rules that stop the patient: not met, or not known."""
        return tuple(one for one in self.outcomes if not one.lets_pass)

    @property
    def cautions(self) -> tuple[RuleOutcome, ...]:
        """The rules to be weighed: cautions not met or unknown, and overridden hard rules."""
        return tuple(one for one in self.outcomes if one.outcome in (Outcome.CAUTION, Outcome.OVERRIDDEN))


def judge(
    sheet: RuleSheet,
    answers: Mapping[str, str],
    overrides: Mapping[str, OverrideFacts],
    facts: SelectionFacts,
) -> Judgement:
    """Judge every rule of a sheet. `answers` and `overrides` are by rule id; a rule that nobody answered is unknown."""
    outcomes = tuple(
        _judge_one(sheet, rule, _answer(sheet, rule, answers, facts), overrides.get(rule.id), facts)
        for rule in sheet.rules
    )
    return Judgement(outcomes, facts.baseline_phq9)


def may_decide_eligible(judgement: Judgement) -> Verdict:
    """Say whether the patient may be called eligible: no hard rule stops them, and there is a baseline PHQ-9."""
    reasons = [one.says for one in judgement.stopping]
    if judgement.baseline_phq9 is None:
        reasons.append("There is no baseline PHQ-9. Record it: without it nobody can tell whether treatment helped.")
    return Verdict(tuple(reasons), tuple(one.says for one in judgement.cautions))


def may_override(rule: SelectionRule, judgement: Judgement) -> Verdict:
    """Say whether an override may be proposed: the rule allows it, and its answer is *not met*."""
    found = judgement.of(rule.id)
    if not rule.overridable:
        return Verdict((f"“{rule.asks}” cannot be overridden. {rule.if_not}",))
    if found.answer is Answer.UNKNOWN:
        return Verdict((f"“{rule.asks}” has no answer yet. Find out first: what is unknown cannot be overridden.",))
    if found.outcome is not Outcome.FAILS:
        return Verdict((f"“{rule.asks}” does not stop this patient, so there is nothing to override.",))
    return Verdict()


def may_agree_override(proposed: OverrideFacts, by_id: int) -> Verdict:
    """Say whether this person may agree to an override: another one than proposed it, and none has agreed yet."""
    if proposed.second_id is not None:
        return Verdict((f"{proposed.second_name} has agreed to this override already.",))
    if proposed.first_id == by_id:
        return Verdict(("You proposed this override. A second clinician has to agree to it.",))
    return Verdict()


def asks_about_pregnancy(sheet: RuleSheet, sex: str, age_years: int) -> bool:
    """Say whether the questions about pregnancy are asked: unless recorded as male, up to the age in the sheet."""
    return sex != "male" and age_years <= sheet.value("pregnancy_considered_until")


def _answer(sheet: RuleSheet, rule: SelectionRule, answers: Mapping[str, str], facts: SelectionFacts) -> Answer:
    if rule.derived == "adult":
        return Answer.MET if facts.age_years >= sheet.value("adult_from") else Answer.NOT_MET
    return Answer(answers.get(rule.id, Answer.UNKNOWN))


def _is_asked(sheet: RuleSheet, rule: SelectionRule, facts: SelectionFacts) -> bool:
    if rule.only_if == "pregnancy_possible":
        # Not knowing is no reason to leave the question out.
        return facts.pregnancy_possible is not False
    if rule.only_if == "older":
        return facts.age_years > sheet.value("older_above")
    return True


def _judge_one(
    sheet: RuleSheet, rule: SelectionRule, answer: Answer, override: OverrideFacts | None, facts: SelectionFacts
) -> RuleOutcome:
    if not _is_asked(sheet, rule, facts):
        return RuleOutcome(rule, answer, Outcome.NOT_ASKED)
    if answer is Answer.MET:
        return RuleOutcome(rule, answer, Outcome.PASSES)
    if rule.kind == "caution":
        known = "not met" if answer is Answer.NOT_MET else "not known"
        return RuleOutcome(rule, answer, Outcome.CAUTION, f"{rule.asks}: {known}. {rule.if_not}")
    if answer is Answer.UNKNOWN:
        return RuleOutcome(rule, answer, Outcome.OPEN, f"{rule.asks}: not known. Find out before deciding.")
    return _not_met(rule, override)


def _not_met(rule: SelectionRule, override: OverrideFacts | None) -> RuleOutcome:
    if rule.overridable and override is not None and override.complete:
        says = (
            f"{rule.asks}: not met. Overridden by {override.first_name}, agreed by {override.second_name}: "
            f"{override.reason.strip()}"
        )
        return RuleOutcome(rule, Answer.NOT_MET, Outcome.OVERRIDDEN, says)
    says = f"{rule.asks}: not met. {rule.if_not}"
    if rule.overridable and override is not None:
        says += " An override was proposed; it counts once a second clinician has agreed."
    return RuleOutcome(rule, Answer.NOT_MET, Outcome.FAILS, says)
