"""The tests before treatment: which are wanted, in date, expired or missing, and what they say to the rules.

What is missing or expired is a caution, for the rule about them is one. A positive pregnancy test and a pressure above
the limit stop the patient whatever was answered, because the rules behind them do; and they do not wear off: only a
newer result takes their place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from glimmer.care.selection import Answer, Judgement
from glimmer.care.treatment_history import Proposal
from glimmer.guidance import BaselineTest, RuleSheet
from glimmer.vocabulary.verdict import Verdict


class ResultState(StrEnum):
    """How a test stands on a day."""

    IN_DATE = "in_date"
    FOUND = "found"
    EXPIRED = "expired"
    MISSING = "missing"
    NOT_WANTED = "not_wanted"

    @property
    def label(self) -> str:
        """The state in words."""
        return {"in_date": "In date", "found": "In date, look", "expired": "Expired", "missing": "Missing"}.get(
            self.value, "Not wanted"
        )


RESULTS = {
    "result": {"normal": "Normal", "abnormal": "Not normal"},
    "screen": {"negative": "Negative", "positive": "Positive"},
    "pregnancy": {"negative": "Negative", "positive": "Positive"},
    "pressure": {"measured": "Measured"},
}
"""What a result may be, by what the test measures."""

HEART_RULES = ("no_recent_mi", "no_severe_heart_disease", "no_hypertension", "no_heart_disease")


@dataclass(frozen=True, slots=True)
class Result:
    """One result. Pressures in mmHg, for a test that measures them."""

    test: str
    done_on: date
    result: str
    systolic: int | None = None
    diastolic: int | None = None


@dataclass(frozen=True, slots=True)
class StandingTest:
    """A test with its newest result, how it stands and until when it holds; `says` is a sentence.

    `finding` is what the newest result found, in or out of date; "" where nothing.
    """

    test: BaselineTest
    state: ResultState
    newest: Result | None
    until: date | None
    says: str
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What decides whom a test is wanted of."""

    pregnancy_possible: bool
    heart_at_risk: bool


def heart_at_risk(judgement: Judgement) -> bool:
    """Say whether the heart is at risk, or that is not known: a rule about it is not known to be met."""
    of_the_heart = [one for one in judgement.outcomes if one.rule.id in HEART_RULES]
    return any(one.answer is not Answer.MET for one in of_the_heart)


def standing_of_tests(
    sheet: RuleSheet, tests: Sequence[BaselineTest], results: Iterable[Result], wanted: Wanted, today: date
) -> tuple[StandingTest, ...]:
    """Return how every test stands today, by its newest result."""
    newest: dict[str, Result] = {}
    for result in results:
        if result.test not in newest or result.done_on >= newest[result.test].done_on:
            newest[result.test] = result
    return tuple(_standing(sheet, test, newest.get(test.id), wanted, today) for test in tests)


def _standing(sheet: RuleSheet, test: BaselineTest, newest: Result | None, wanted: Wanted, today: date) -> StandingTest:
    if newest is None:
        asked = not test.only_if or getattr(wanted, test.only_if)
        state = ResultState.MISSING if asked else ResultState.NOT_WANTED
        return StandingTest(test, state, None, None, f"{test.title}: missing. {test.if_missing}" if asked else "")
    until = newest.done_on + timedelta(days=test.valid_days)
    found = _finding(sheet, test, newest)
    if today > until:
        old = f"{found.removesuffix('.')}, and that is old" if found else "expired"
        says = f"{test.title}: {old}. {test.if_missing}"
        return StandingTest(test, ResultState.EXPIRED, newest, until, says, found)
    state = ResultState.FOUND if found else ResultState.IN_DATE
    return StandingTest(test, state, newest, until, f"{test.title}: {found}" if found else "", found)


def _finding(sheet: RuleSheet, test: BaselineTest, newest: Result) -> str:
    if test.measures == "pressure":
        return _too_high(sheet, newest)
    words = {"abnormal": "not normal.", "positive": "positive."}
    return words.get(newest.result, "")


def _too_high(sheet: RuleSheet, newest: Result) -> str:
    if newest.systolic is None or newest.diastolic is None:
        return "not readable."
    most = sheet.value("resting_systolic_until"), sheet.value("resting_diastolic_until")
    if newest.systolic > most[0] or newest.diastolic > most[1]:
        return f"{newest.systolic}/{newest.diastolic} mmHg, above {most[0]:g}/{most[1]:g}."
    return ""


def verdict_of_tests(standing: Iterable[StandingTest]) -> Verdict:
    """Return what stops the patient, and what is to be weighed, of the tests that were recorded or are wanted."""
    reasons, cautions = [], []
    for one in standing:
        if one.finding and one.test.measures in ("pregnancy", "pressure"):
            reasons.append(f"{one.says} Settle this first, and test again.")
        elif one.says:
            cautions.append(one.says)
    return Verdict(tuple(reasons), tuple(cautions))


def proposals_of_tests(standing: Sequence[StandingTest]) -> tuple[Proposal, ...]:
    """Return the answers that the tests propose; none while nothing is recorded."""
    recorded = [one for one in standing if one.newest is not None]
    if not recorded:
        return ()
    by_id = {one.test.measures: one for one in recorded}
    proposals = [_all_back(standing)]
    if "pressure" in by_id:
        proposals.append(_by_one("no_uncontrolled_hypertension", by_id["pressure"], Answer.MET))
    # A negative test says nothing about breastfeeding and contraception, which the rule asks about too.
    if "pregnancy" in by_id and by_id["pregnancy"].state is not ResultState.IN_DATE:
        proposals.append(_by_one("not_pregnant", by_id["pregnancy"], Answer.UNKNOWN))
    return tuple(proposals)


def _all_back(standing: Sequence[StandingTest]) -> Proposal:
    lacking = [one for one in standing if one.state in (ResultState.MISSING, ResultState.EXPIRED)]
    because = tuple(one.says for one in standing if one.says) or ("All tests that are wanted are in date.",)
    return Proposal("baseline_tests", Answer.NOT_MET if lacking else Answer.MET, because)


def _by_one(rule: str, one: StandingTest, if_in_date: Answer) -> Proposal:
    newest = one.newest
    value = f"{newest.systolic}/{newest.diastolic} mmHg" if newest and newest.systolic is not None else ""
    done_on = f" on {newest.done_on.isoformat()}" if newest else ""
    because = one.says or f"{one.test.title}: {value}{done_on}, in date."
    if one.finding:
        return Proposal(rule, Answer.NOT_MET, (because,))
    return Proposal(rule, Answer.UNKNOWN if one.state is ResultState.EXPIRED else if_in_date, (because,))
