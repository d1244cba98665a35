"""Treatment history: adequacy is worked out, what is not known is never adequate, and the staging adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.selection import Answer
from glimmer.care.staging import Illness, maudsley_stage
from glimmer.care.treatment_history import (
    Adequacy,
    Trial,
    TrialKind,
    TrialOutcome,
    history_proposals,
    judge_history,
    judge_trial,
)
from glimmer.guidance import built_in_sheet

SHEET = built_in_sheet()
NO_USE = TrialOutcome.NO_RESPONSE


def took(name, dose=None, weeks=None, unit="mg/day", outcome=NO_USE, present=True):
    return Trial(TrialKind.ANTIDEPRESSANT, name, outcome, dose, unit if dose else "", weeks, in_present_episode=present)


def proposed(*trials):
    return {one.rule: one for one in history_proposals(SHEET, trials)}


@pytest.mark.parametrize(
    ("trial", "adequacy", "why"),
    [
        (
            took("Sertraline", 50, 6),
            Adequacy.ADEQUATE,
            "50 mg a day is enough: the least adequate dose is 50 mg a day.",
        ),
        (took("sertraline ", 0.05, 6, "g/day"), Adequacy.ADEQUATE, "50 mg a day is enough"),
        (took("Sertraline", 49.9, 6), Adequacy.NOT_ADEQUATE, "49.9 mg a day is too little"),
        (took("Sertraline", 200, 5.9), Adequacy.NOT_ADEQUATE, "5.9 weeks are too short: 6 weeks are asked for."),
        (took("Sertraline", 25), Adequacy.NOT_ADEQUATE, "How long it was taken is not known"),
        (took("Sertraline", None, 2), Adequacy.NOT_ADEQUATE, "The dose is not known"),
        (took("Sertraline", None, 20), Adequacy.CANNOT_BE_JUDGED, "The dose is not known"),
        (took("Sertraline", 200), Adequacy.CANNOT_BE_JUDGED, "How long it was taken is not known"),
        (took("Sertraline", 200, 20, "other"), Adequacy.CANNOT_BE_JUDGED, "unit that cannot be compared"),
        (took("Ketotifen", 200, 20), Adequacy.CANNOT_BE_JUDGED, "“Ketotifen” is not in the table of least doses."),
    ],
)
def test_adequacy_follows_from_dose_and_weeks_and_says_why(trial, adequacy, why):
    judged = judge_trial(SHEET, trial)
    assert judged.adequacy is adequacy
    assert why in " ".join(judged.why)


@given(
    st.text(min_size=1, max_size=20) | st.sampled_from([drug.title for drug in SHEET.antidepressants]),
    st.none() | st.floats(0.001, 10_000),
    st.none() | st.floats(0, 600),
    st.sampled_from(["mg/day", "microgram/day", "g/day", "other"]),
)
def test_nothing_unknown_is_ever_adequate(name, dose, weeks, unit):
    judged = judge_trial(SHEET, took(name, dose, weeks, unit))
    if judged.adequacy is Adequacy.ADEQUATE:
        assert judged.drug is not None
        assert dose is not None
        assert weeks is not None
        assert weeks >= 6
        assert unit != "other"


def test_two_different_adequate_antidepressants_propose_that_the_rule_is_met():
    rule = proposed(took("Sertraline", 100, 8), took("Venlafaxine", 150, 8))["two_antidepressants"]
    assert rule.answer is Answer.MET
    assert rule.because[-1] == "2 of 2 wanted were adequate and did not help enough."


@pytest.mark.parametrize(
    "trials",
    [
        [took("Sertraline", 100, 8), took("Sertraline", 150, 12)],
        [took("Citalopram", 40, 8), took("Escitalopram", 20, 8)],
        [took("Sertraline", 100, 8), took("Venlafaxine", 37.5, 30)],
        [took("Sertraline", 100, 8), took("Venlafaxine", 150, 8, outcome=TrialOutcome.HELPED)],
    ],
    ids=["twice the same", "the same in another form", "too little of one", "one helped"],
)
def test_what_is_not_two_proposes_not_met(trials):
    assert proposed(*trials)["two_antidepressants"].answer is Answer.NOT_MET


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [took("Sertraline", 100, 8), took("Venlafaxine", None, 8)],
        [took("Sertraline", 100, 8), took("Something else", 10, 8)],
        [took("Sertraline", 100, 8), took("Venlafaxine", 150, 8, outcome=TrialOutcome.UNKNOWN)],
    ],
)
def test_what_may_yet_be_two_proposes_unknown(trials):
    assert proposed(*trials)["two_antidepressants"].answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("sessions", "answer"), [(12, Answer.MET), (1, Answer.MET), (0, Answer.NOT_MET), (None, Answer.UNKNOWN)]
)
def test_a_therapy_counts_once_a_session_was_attended(sessions, answer):
    therapy = Trial(TrialKind.THERAPY, "CBT", TrialOutcome.PARTIAL, sessions=sessions)
    assert proposed(therapy)["psychological_therapy"].answer is answer


# The scoring of Fekadu and others, table 3 of 2018 and the levels of 2009, by hand.
DURATION = {0: 1, 12: 1, 13: 2, 24: 2, 25: 3, 300: 3}
FAILURES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 4, 10: 4, 11: 5, 14: 5}
DISTINCT = [drug for drug in SHEET.antidepressants if not drug.counts_as]


def failed(count):
    return [took(drug.title, drug.minimum_mg_per_day, 6) for drug in DISTINCT[:count]]


def staged(trials, months=6, severity="moderate"):
    return maudsley_stage(Illness(months, severity), judge_history(SHEET, trials))


@pytest.mark.parametrize(("months", "points"), DURATION.items())
def test_points_for_duration(months, points):
    assert dict(staged(failed(1), months).parts)["Duration"] == points


@pytest.mark.parametrize(("count", "points"), FAILURES.items())
def test_points_for_failures(count, points):
    assert dict(staged(failed(count)).parts)["Antidepressants that failed"] == points


def test_least_and_most_are_three_and_fifteen():
    least = staged(failed(1), 1, "subsyndromal")
    more = [
        Trial(kind, kind.label, NO_USE, in_present_episode=True) for kind in (TrialKind.ECT, TrialKind.AUGMENTATION)
    ]
    most = staged([*failed(11), *more], 30, "severe_psychotic")
    assert (least.total, least.stage, most.total, most.stage) == (3, "mild", 15, "severe")


@pytest.mark.parametrize(("total", "stage"), [(6, "mild"), (7, "moderate"), (10, "moderate"), (11, "severe")])
def test_stage_by_points(total, stage):
    severities = ["subsyndromal", "mild", "moderate", "severe", "severe_psychotic"]
    found = {}
    for months in (1, 13, 25):
        for severity in severities:
            for count in (1, 3, 5, 7):
                one = staged(failed(count), months, severity)
                found[one.total] = one.stage
    assert found[total] == stage


@pytest.mark.parametrize(
    ("trials", "months", "severity", "missing"),
    [
        (failed(1), None, "mild", "How long"),
        (failed(1), 3, "", "How severe"),
        ([], 3, "mild", "An adequate antidepressant that failed"),
        ([took("Sertraline", 100, 8, present=False)], 3, "mild", "An adequate antidepressant that failed"),
        ([*failed(1), took("Mirtazapine", 45, 8, present=None)], 3, "mild", "Whether Mirtazapine was in the present"),
    ],
)
def test_a_stage_is_not_guessed(trials, months, severity, missing):
    stage = staged(trials, months, severity)
    assert (stage.total, stage.stage) == (None, "")
    assert any(words.startswith(missing) for words in stage.missing)
