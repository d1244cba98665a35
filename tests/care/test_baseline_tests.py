"""Tests before treatment: wanted, in date to the day, expired, and what they say to the rules."""

from datetime import date, timedelta

import pytest

from glimmer.care.baseline_tests import (
    Result,
    ResultState,
    Wanted,
    heart_at_risk,
    proposals_of_tests,
    standing_of_tests,
    verdict_of_tests,
)
from glimmer.care.selection import Answer, SelectionFacts, judge
from glimmer.guidance import baseline_tests, built_in_sheet

SHEET, TODAY = built_in_sheet(), date(2026, 11, 26)
DAYS = {
    "blood_pressure": 90, "ecg": 365, "blood_count": 180, "kidney": 180, "liver": 180, "thyroid": 365, "urine": 90,
    "drug_screen": 30, "pregnancy": 7,
}  # fmt: skip
ANYBODY = Wanted(pregnancy_possible=True, heart_at_risk=True)


def standing(*results, wanted=ANYBODY):
    return standing_of_tests(SHEET, baseline_tests(), results, wanted, TODAY)


def state(test, *results, wanted=ANYBODY):
    return next(one.state for one in standing(*results, wanted=wanted) if one.test.id == test)


def a_result(test, result="normal", days_ago=0, **pressure):
    return Result(test, TODAY - timedelta(days=days_ago), result, **pressure)


def pressure(systolic, diastolic, days_ago=0):
    return a_result("blood_pressure", "measured", days_ago, systolic=systolic, diastolic=diastolic)


def everything_in_date():
    words = {"screen": "negative", "pregnancy": "negative"}
    return [
        pressure(120, 80) if one.measures == "pressure" else a_result(one.id, words.get(one.measures, "normal"))
        for one in baseline_tests()
    ]


def test_list_is_that_of_the_clinical_facts_and_each_holds_for_its_days():
    assert {one.id: one.valid_days for one in baseline_tests()} == DAYS


@pytest.mark.parametrize(("test", "days"), DAYS.items())
def test_result_holds_to_its_last_day_and_not_one_more(test, days):
    made = pressure(120, 80, days) if test == "blood_pressure" else a_result(test, "normal", days)
    later = pressure(120, 80, days + 1) if test == "blood_pressure" else a_result(test, "normal", days + 1)
    assert state(test, made) is ResultState.IN_DATE
    assert state(test, later) is ResultState.EXPIRED


def test_newest_result_counts_whatever_the_order():
    assert state("ecg", a_result("ecg", "abnormal", 1), a_result("ecg", "normal", 40)) is ResultState.FOUND
    assert state("ecg", a_result("ecg", "normal", 1), a_result("ecg", "abnormal", 40)) is ResultState.IN_DATE


def test_what_does_not_concern_the_patient_is_not_wanted():
    nobody = Wanted(pregnancy_possible=False, heart_at_risk=False)
    assert state("pregnancy", wanted=nobody) is ResultState.NOT_WANTED
    assert state("ecg", wanted=nobody) is ResultState.NOT_WANTED
    assert state("ecg") is ResultState.MISSING


def test_heart_is_at_risk_unless_every_rule_about_it_is_met():
    met = {rule.id: "met" for rule in SHEET.rules}
    facts = SelectionFacts(41, False, 20)
    assert not heart_at_risk(judge(SHEET, met, {}, facts))
    assert heart_at_risk(judge(SHEET, met | {"no_hypertension": "unknown"}, {}, facts))
    assert heart_at_risk(judge(SHEET, {}, {}, facts))


@pytest.mark.parametrize(
    ("high", "low", "stops"), [(180, 100, False), (181, 80, True), (120, 101, True), (120, 80, False)]
)
def test_pressure_above_180_over_100_stops(high, low, stops):
    assert verdict_of_tests(standing(pressure(high, low))).allowed is not stops
    answers = {one.rule: one.answer for one in proposals_of_tests(standing(pressure(high, low)))}
    assert answers["no_uncontrolled_hypertension"] is (Answer.NOT_MET if stops else Answer.MET)


def test_positive_pregnancy_test_stops_and_a_negative_one_answers_nothing_alone():
    assert not verdict_of_tests(standing(a_result("pregnancy", "positive"))).allowed
    positive = {one.rule: one.answer for one in proposals_of_tests(standing(a_result("pregnancy", "positive")))}
    assert positive["not_pregnant"] is Answer.NOT_MET
    negative = {one.rule for one in proposals_of_tests(standing(a_result("pregnancy", "negative")))}
    assert "not_pregnant" not in negative


def test_expired_test_is_no_answer_any_more():
    stand = standing(pressure(120, 80, 91), a_result("pregnancy", "negative", 8))
    answers = {one.rule: one.answer for one in proposals_of_tests(stand)}
    assert answers["no_uncontrolled_hypertension"] is Answer.UNKNOWN
    assert answers["not_pregnant"] is Answer.UNKNOWN
    assert answers["baseline_tests"] is Answer.NOT_MET


def test_bad_finding_does_not_wear_off_it_stops_until_a_newer_result_takes_its_place():
    old = standing(pressure(200, 120, 91), a_result("pregnancy", "positive", 8))
    assert [words.split(":")[0] for words in verdict_of_tests(old).reasons] == [
        "Blood pressure at rest", "Pregnancy test",
    ]  # fmt: skip
    answers = {one.rule: one.answer for one in proposals_of_tests(old)}
    assert answers["no_uncontrolled_hypertension"] is Answer.NOT_MET
    assert answers["not_pregnant"] is Answer.NOT_MET
    assert answers["baseline_tests"] is Answer.NOT_MET, "the old result is still to be repeated"
    anew = standing(
        pressure(200, 120, 91),
        a_result("pregnancy", "positive", 8),
        pressure(120, 80),
        a_result("pregnancy", "negative"),
    )
    assert verdict_of_tests(anew).allowed


def test_abnormal_result_that_is_old_is_weighed_as_old_and_abnormal():
    words = next(one.says for one in standing(a_result("liver", "abnormal", 181)) if one.test.id == "liver")
    assert words == "Liver function: not normal, and that is old. Ask the GP for it."


def test_missing_and_abnormal_are_weighed_and_named():
    verdict = verdict_of_tests(standing(a_result("liver", "abnormal")))
    assert verdict.allowed
    assert "Liver function: not normal." in verdict.cautions
    assert any(words.startswith("Urea and electrolytes: missing") for words in verdict.cautions)


def test_all_in_date_proposes_that_the_tests_are_back():
    rules = {one.rule: one for one in proposals_of_tests(standing(*everything_in_date()))}
    assert rules["baseline_tests"].answer is Answer.MET
    assert rules["baseline_tests"].because == ("All tests that are wanted are in date.",)
    assert verdict_of_tests(standing(*everything_in_date())).cautions == ()


def test_nothing_recorded_proposes_nothing():
    assert proposals_of_tests(standing()) == ()
