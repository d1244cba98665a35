"""Which past decisions would differ under another version of the selection sheet. It changes none of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from glimmer.care.selection import (
    Judgement,
    OverrideFacts,
    SelectionFacts,
    asks_about_pregnancy,
    judge,
    may_decide_eligible,
)
from glimmer.care.treatment_history import Trial, history_proposals
from glimmer.guidance import RuleSheet, SelectionRule


@dataclass(frozen=True, slots=True)
class AnswerThen:
    """An answer as it counted at a decision. `proposed` is what the record proposed to it, or ""."""

    answer: str
    proposed: str = ""

    @property
    def rests_on_the_record(self) -> bool:
        """True when the clinician confirmed what the record proposed."""
        return bool(self.proposed) and self.answer == self.proposed


@dataclass(frozen=True, slots=True)
class CaseThen:
    """A decision with all that was known when it was taken. Age in whole years on that day."""

    episode_id: int
    decision: str
    decided_at: datetime
    judged_by: str
    sex: str
    age_years: int
    baseline_phq9: int | None
    answers: Mapping[str, AnswerThen]
    overrides: Mapping[str, OverrideFacts]
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One decision by two versions: whether the patient could be called eligible by each, and what stood against it.

    `stops_only_in_*` hold the ids of rules; `never_asked` those that only the second version asks.
    """

    case: CaseThen
    may_by_first: bool
    may_by_second: bool
    stops_only_in_first: tuple[str, ...]
    stops_only_in_second: tuple[str, ...]
    never_asked: tuple[str, ...]

    @property
    def verdict_differs(self) -> bool:
        """True when one version lets the patient be called eligible and the other does not."""
        return self.may_by_first is not self.may_by_second

    @property
    def differs(self) -> bool:
        """True when the verdict differs or its reasons do."""
        return self.verdict_differs or bool(self.stops_only_in_first or self.stops_only_in_second)


def effective_answers(sheet: RuleSheet, answers: Mapping[str, AnswerThen], trials: Iterable[Trial]) -> dict[str, str]:
    """Return the answers as this version takes them.

    An answer that confirmed what the record proposed rests on the record: where the record proposes something else
    by this version, or by now, that is the answer. One in the clinician's own words stays as it is.
    """
    proposals = {one.rule: one.answer for one in history_proposals(sheet, tuple(trials))}
    return {
        rule: str(proposals[rule]) if one.rests_on_the_record and rule in proposals else one.answer
        for rule, one in answers.items()
    }


def judge_then(sheet: RuleSheet, case: CaseThen) -> Judgement:
    """Judge a case by a version, with what was known when it was decided."""
    pregnancy = asks_about_pregnancy(sheet, case.sex, case.age_years)
    facts = SelectionFacts(case.age_years, pregnancy, case.baseline_phq9)
    return judge(sheet, effective_answers(sheet, case.answers, case.trials), case.overrides, facts)


def compare_sheets(first: RuleSheet, second: RuleSheet, cases: Iterable[CaseThen]) -> tuple[Compared, ...]:
    """Return every case judged by both versions, in their order."""
    return tuple(_compared(first, second, case) for case in cases)


def _compared(first: RuleSheet, second: RuleSheet, case: CaseThen) -> Compared:
    by_first, by_second = judge_then(first, case), judge_then(second, case)
    before, after = _stops(by_first), _stops(by_second)
    asked = {rule.id for rule in first.rules}
    return Compared(
        case,
        may_decide_eligible(by_first).allowed,
        may_decide_eligible(by_second).allowed,
        tuple(rule for rule in before if rule not in after),
        tuple(rule for rule in after if rule not in before),
        tuple(rule for rule in after if rule not in asked and rule not in case.answers),
    )


def _stops(judgement: Judgement) -> tuple[str, ...]:
    return tuple(one.rule.id for one in judgement.stopping)


def differences_in_words(first: RuleSheet, second: RuleSheet) -> tuple[str, ...]:
    """Return in words what the second version changes: figures, rules and least doses, in that order."""
    return (*_figures(first, second), *_rules(first, second), *_doses(first, second))


def _figures(first: RuleSheet, second: RuleSheet) -> list[str]:
    lines = []
    for name in dict.fromkeys((*first.figures, *second.figures)):
        old, new = first.figures.get(name), second.figures.get(name)
        words = name.replace("_", " ").capitalize()
        if old is None and new is not None:
            lines.append(f"{words}: new, {new.value:g} {new.unit}.")
        elif new is None and old is not None:
            lines.append(f"{words}: left out (was {old.value:g} {old.unit}).")
        elif old is not None and new is not None and old.value != new.value:
            lines.append(f"{words}: from {old.value:g} to {new.value:g} {new.unit}.")
    return lines


KIND_WORDS = {"hard": "hard", "caution": "a caution"}


def _rules(first: RuleSheet, second: RuleSheet) -> list[str]:
    lines = []
    for rule_id in dict.fromkeys(rule.id for rule in (*first.rules, *second.rules)):
        old, new = first.rule(rule_id), second.rule(rule_id)
        if old is None and new is not None:
            lines.append(f"New rule, {KIND_WORDS[new.kind]}: {new.asks}.")
        elif new is None and old is not None:
            lines.append(f"Rule left out, it was {KIND_WORDS[old.kind]}: {old.asks}.")
        elif old is not None and new is not None:
            lines += _one_rule(old, new)
    return lines


def _one_rule(old: SelectionRule, new: SelectionRule) -> list[str]:
    parts = ("asks", "kind", "overridable", "only_if", "derived", "if_not", "plain", "specialist", "source", "evidence")
    changed = [part for part in parts if getattr(old, part) != getattr(new, part)]
    return [
        f"“{new.asks}”: {part.replace('_', ' ')} from “{getattr(old, part)}” to “{getattr(new, part)}”."
        for part in changed
    ]


def _doses(first: RuleSheet, second: RuleSheet) -> list[str]:
    before = {drug.id: drug for drug in first.antidepressants}
    after = {drug.id: drug for drug in second.antidepressants}
    lines = []
    for drug_id in dict.fromkeys((*before, *after)):
        old, new = before.get(drug_id), after.get(drug_id)
        if old is None and new is not None:
            lines.append(f"{new.title}: new in the table, {new.minimum_mg_per_day:g} mg a day.")
        elif new is None and old is not None:
            lines.append(f"{old.title}: left out of the table of least doses.")
        elif old is not None and new is not None and old != new:
            lines.append(
                f"{new.title}: least dose from {old.minimum_mg_per_day:g} to {new.minimum_mg_per_day:g} mg a day"
                f"{'' if old.counts_as == new.counts_as else ', and what it counts as'}."
            )
    return lines
