"""500 synthetic referrals, judged by the rules and by a table written by hand from the clinical facts: no difference.

The oracle below reads nothing of `care` or of the rule sheet: its tables stand here, and its steps are its own.
"""

import random
from collections import Counter
from typing import Any

import pytest

from glimmer.care.selection import OverrideFacts, SelectionFacts, asks_about_pregnancy, judge, may_decide_eligible
from glimmer.care.treatment_history import Trial, TrialKind, TrialOutcome, history_proposals
from glimmer.guidance import built_in_sheet

REFERRALS = 500

# Rule: H stops, HO stops but may be overridden by two, C is weighed; whom it is asked of ("" everybody).
TABLE = {
    "adult": ("H", ""),
    "depression_now": ("H", ""),
    "two_antidepressants": ("HO", ""),
    "psychological_therapy": ("HO", ""),
    "referred": ("H", ""),
    "travels_safely": ("H", ""),
    "submits_ratings": ("HO", ""),
    "understands": ("H", ""),
    "no_allergy": ("H", ""),
    "no_aneurysm": ("H", ""),
    "no_recent_mi": ("H", ""),
    "no_severe_heart_disease": ("H", ""),
    "no_stroke": ("HO", ""),
    "no_eclampsia": ("H", "may be pregnant"),
    "no_uncontrolled_hypertension": ("H", ""),
    "no_untreated_hyperthyroidism": ("H", ""),
    "no_raised_intracranial_pressure": ("H", ""),
    "not_pregnant": ("H", "may be pregnant"),
    "no_psychosis_or_mania": ("H", ""),
    "capacity": ("H", ""),
    "no_dependence": ("HO", ""),
    "no_recreational_ketamine": ("HO", ""),
    "no_past_psychosis": ("C", ""),
    "no_bipolar": ("C", ""),
    "no_past_misuse": ("C", ""),
    "no_hypertension": ("C", ""),
    "no_heart_disease": ("C", ""),
    "no_lung_disease": ("C", ""),
    "no_sleep_apnoea": ("C", ""),
    "no_liver_disease": ("C", ""),
    "no_bladder_trouble": ("C", ""),
    "older_age_weighed": ("C", "over 65"),
    "benzodiazepine_low": ("C", ""),
    "no_maoi_opioid_gabapentinoid_lamotrigine": ("C", ""),
    "no_glaucoma_porphyria_seizures": ("C", ""),
    "baseline_tests": ("C", ""),
}
# Least mg a day, and the name under which it is counted.
DOSES = {
    "Sertraline": (50, "sertraline"),
    "Citalopram": (20, "citalopram"),
    "Escitalopram": (10, "citalopram"),
    "Venlafaxine": (75, "venlafaxine"),
    "Mirtazapine": (30, "mirtazapine"),
    "Amitriptyline": (150, "amitriptyline"),
}
NO_GOOD = {"no_response", "partial", "lost", "not_tolerated"}


def oracle(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the clinical facts make of a referral: may treat, what stops, what is weighed, what was not asked."""
    answers = dict(case["answers"], adult="met" if case["age"] >= 18 else "not_met")
    may_be_pregnant = case["sex"] != "male" and case["age"] <= 55
    stops, weighed, left_out = set(), set(), set()
    for rule, (kind, whom) in TABLE.items():
        if (whom == "may be pregnant" and not may_be_pregnant) or (whom == "over 65" and case["age"] < 66):
            left_out.add(rule)
            continue
        said = answers.get(rule, "unknown")
        if said == "met":
            continue
        if kind == "C" or (kind == "HO" and said == "not_met" and signed_by_two(case["overrides"].get(rule))):
            weighed.add(rule)
        else:
            stops.add(rule)
    return {"may": not stops and case["phq9"] is not None, "stops": stops, "weighed": weighed, "left_out": left_out}


def signed_by_two(override: tuple[str, int | None, int | None] | None) -> bool:
    return bool(override) and bool(override[0].strip()) and None not in override[1:] and override[1] != override[2]


def oracle_of_history(trials: list[dict[str, Any]]) -> dict[str, str]:
    """Return what the trials say to the two rules about earlier treatment."""
    drugs = [trial for trial in trials if trial["kind"] == "antidepressant"]
    good, open_ = set(), set()
    for trial in drugs:
        least, counted = DOSES.get(trial["name"], (None, trial["name"].lower()))
        enough = None if least is None or trial["mg"] is None else trial["mg"] >= least
        long = None if trial["weeks"] is None else trial["weeks"] >= 6
        if enough is False or long is False or trial["outcome"] == "helped":
            continue
        open_.add(counted)
        if enough and long and trial["outcome"] in NO_GOOD:
            good.add(counted)
    tried = "met" if len(good) >= 2 else "unknown" if not drugs or len(open_) >= 2 else "not_met"
    attended = [trial["sessions"] for trial in trials if trial["kind"] == "therapy"]
    if any(attended):
        talked = "met"
    else:
        talked = "unknown" if not attended or None in attended else "not_met"
    return {"two_antidepressants": tried, "psychological_therapy": talked}


def a_history(chance: random.Random) -> list[dict[str, Any]]:
    trials = [
        {
            "kind": "antidepressant",
            "name": chance.choice([*DOSES, "Ketotifen"]),
            "mg": chance.choice([None, 5, 10, 15, 20, 30, 37.5, 49, 50, 75, 100, 149, 150, 225]),
            "weeks": chance.choice([None, 2, 5, 5.5, 6, 8, 20, 52]),
            "outcome": chance.choice([*NO_GOOD, "helped", "unknown"]),
        }
        for _ in range(chance.choice([0, 1, 2, 3, 4, 5]))
    ]
    return trials + [
        {"kind": "therapy", "name": "CBT", "sessions": chance.choice([None, 0, 1, 12]), "outcome": "partial"}
        for _ in range(chance.choice([0, 1, 1, 2]))
    ]


def a_referral(chance: random.Random) -> dict[str, Any]:
    """Return one referral, from the plainly suitable to the plainly not: most answers of most referrals are met."""
    slips = chance.choice([0, 0, 0.02, 0.1, 0.5])
    answers = {}
    for rule in TABLE:
        if chance.random() >= slips / 3:
            answers[rule] = chance.choice(["not_met", "unknown"]) if chance.random() < slips else "met"
    history = a_history(chance)
    if chance.random() < 0.7:
        answers |= oracle_of_history(history)
    overrides = {}
    for rule, (kind, _) in TABLE.items():
        if answers.get(rule) != "met" and chance.random() < (0.7 if kind == "HO" else 0.2):
            overrides[rule] = chance.choice(
                [("Agreed", 1, 2), ("Agreed", 1, 2), ("Agreed", 1, None), ("Agreed", 1, 1), (" ", 1, 2), ("", 1, 2)]
            )
    return {
        "sex": chance.choice(["female", "male", "other", "unknown"]),
        "age": chance.choice([17, 18, 25, 41, 54, 55, 56, 65, 66, 80]),
        "phq9": chance.choice([None, 0, 12, 21, 27, 19, 16]),
        "answers": answers,
        "overrides": overrides,
        "history": history,
    }


def referrals() -> list[dict[str, Any]]:
    chance = random.Random(20261126)
    return [a_referral(chance) for _ in range(REFERRALS)]


def by_the_rules(case: dict[str, Any]) -> dict[str, Any]:
    sheet = built_in_sheet()
    possible = asks_about_pregnancy(sheet, case["sex"], case["age"])
    overrides = {
        rule: OverrideFacts(reason, first, "Dr One" if first else "", second, "Dr Two" if second else "")
        for rule, (reason, first, second) in case["overrides"].items()
    }
    judgement = judge(sheet, case["answers"], overrides, SelectionFacts(case["age"], possible, case["phq9"]))
    return {
        "may": may_decide_eligible(judgement).allowed,
        "stops": {one.rule.id for one in judgement.stopping},
        "weighed": {one.rule.id for one in judgement.cautions},
        "left_out": {one.rule.id for one in judgement.outcomes if one.outcome == "not_asked"},
    }


def the_trial(told: dict[str, Any]) -> Trial:
    return Trial(
        TrialKind(told["kind"]),
        told["name"],
        TrialOutcome(told["outcome"]),
        dose=told.get("mg"),
        unit="mg/day" if told.get("mg") is not None else "",
        weeks=told.get("weeks"),
        sessions=told.get("sessions"),
    )


def test_table_of_the_oracle_names_the_rules_of_the_sheet_and_no_other():
    assert set(TABLE) == {rule.id for rule in built_in_sheet().rules}


def test_five_hundred_referrals_are_judged_as_the_hand_written_table_judges_them():
    differ = [case for case in referrals() if by_the_rules(case) != oracle(case)]
    assert differ == []


def test_history_of_five_hundred_referrals_proposes_what_the_hand_written_table_says():
    sheet = built_in_sheet()
    differ = []
    for case in referrals():
        proposed = {
            one.rule: one.answer.value for one in history_proposals(sheet, [the_trial(t) for t in case["history"]])
        }
        if proposed != oracle_of_history(case["history"]):
            differ.append((case["history"], proposed))
    assert differ == []


def test_referrals_hold_every_kind_of_case():
    """Else agreement would prove little: each rule stops or is weighed in some, and many patients may be treated."""
    judged = [oracle(case) for case in referrals()]
    stops = Counter(rule for one in judged for rule in one["stops"])
    weighed = Counter(rule for one in judged for rule in one["weighed"])
    assert {rule for rule, (kind, _) in TABLE.items() if kind != "C"} <= set(stops)
    assert {rule for rule, (kind, _) in TABLE.items() if kind != "H"} <= set(weighed)
    assert 50 <= sum(one["may"] for one in judged) <= 450
    told = Counter(str(oracle_of_history(case["history"])) for case in referrals())
    assert len(told) == 9


@pytest.mark.parametrize("rule", ["no_stroke", "no_allergy", "no_hypertension"])
def test_comparison_notices_a_single_rule_turned_round(rule):
    """A slip planted in the oracle's table is found, so the comparison can fail."""
    kind, whom = TABLE[rule]
    TABLE[rule] = ("C" if kind != "C" else "H", whom)
    try:
        assert any(by_the_rules(case) != oracle(case) for case in referrals())
    finally:
        TABLE[rule] = (kind, whom)
