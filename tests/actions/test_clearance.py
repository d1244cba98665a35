"""Medicines and tests after the decision: what stops a patient stops the plan and the session as well."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.actions.baseline_tests import record_result, withdraw_result
from glimmer.actions.infusion import start_verdict
from glimmer.actions.medicines import record_medicines, settle_interaction
from glimmer.actions.outcomes import record_score
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.selection import answer_rules, decide_selection, selection_sheet
from glimmer.care.session.log import fold
from glimmer.records.clearance import clearance
from glimmer.records.logbook import events_of
from glimmer.records.medicines import listed_medicines
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, a_ward
from tests.support.cast import all_met, an_episode, an_order, phq9

NOW = datetime.now(UTC)
TODAY = NOW.date()
PREGNANT = "Pregnancy test: positive."


@pytest.fixture
def episode(cast):
    """Everything answered, a baseline there, nothing decided."""
    episode = an_episode(cast, at="selection")
    record_score(episode, phq9(20), "baseline", TODAY - timedelta(days=3), by=cast.maya)
    answer_rules(episode, all_met(), by=cast.maya)
    return episode


def refusals(act, *arguments, **more):
    with pytest.raises(RuleRefused) as problem:
        act(*arguments, **more)
    return " ".join(problem.value.reasons)


def test_list_of_the_referral_counts_until_one_is_written(cast, episode):
    assert "as in the referrer's letter" in listed_medicines(episode)
    record_medicines(episode, "Sertraline 150 mg", "the patient", by=cast.maya)
    record_medicines(episode, "", "the patient", takes_none=True, by=cast.priya)
    assert listed_medicines(episode) == ""
    assert "150 mg" in listed_medicines(episode, episode.medicine_lists.first().recorded_at)


def test_alert_that_nobody_settled_stops_the_decision_and_a_new_name_stops_it_again(cast, episode):
    record_medicines(episode, "Theophylline 200 mg twice a day", "the patient", by=cast.maya)
    assert "has to settle this first" in refusals(decide_selection, episode, "eligible", by=cast.idris)
    with pytest.raises(NotAllowed):
        settle_interaction(episode, "theophylline_ergometrine", "Stopped", by=cast.maya)
    settle_interaction(episode, "theophylline_ergometrine", "Level low; respiratory team agrees.", by=cast.priya)
    decide_selection(episode, "eligible", by=cast.idris)
    record_medicines(episode, "Theophylline 200 mg\nErgometrine", "the GP", by=cast.maya)
    assert "ergometrine" in " ".join(clearance(episode, NOW).reasons)


def test_interaction_that_is_new_since_the_decision_is_told_and_an_old_one_is_not(cast):
    episode = an_episode(cast, at="plan")
    assert clearance(episode, NOW).cautions == ()
    record_medicines(episode, "Phenelzine 45 mg", "the patient", by=cast.maya)
    assert (
        "New on the list of medicines: Monoamine oxidase inhibitor (phenelzine)" in clearance(episode, NOW).cautions[0]
    )
    settle_interaction(episode, "maoi", "Extra readings agreed.", by=cast.priya)
    assert clearance(episode, NOW).cautions == ()


def test_list_proposes_answers_to_the_rules_about_medicines(cast, episode):
    record_medicines(episode, "Diazepam 5 mg; lamotrigine 100 mg", "the patient", by=cast.maya)
    rule = "no_maoi_opioid_gabapentinoid_lamotrigine"
    with pytest.raises(BadInput, match="the record proposes not met"):
        answer_rules(episode, {rule: ("met", "")}, by=cast.maya)
    answer_rules(episode, {rule: ("not_met", ""), "benzodiazepine_low": ("met", "5 mg a day")}, by=cast.maya)
    row = selection_sheet(episode).answers[rule]
    assert (row.proposed, "lamotrigine" in row.rests_on) == ("not_met", True)


def test_positive_pregnancy_test_stops_decision_plan_and_start_whatever_was_answered(cast, episode):
    record_result(episode, "pregnancy", TODAY, "positive", by=cast.maya)
    assert PREGNANT in refusals(decide_selection, episode, "eligible", by=cast.idris)
    planned = an_episode(cast, at="plan", patient=2)
    row = record_result(planned, "pregnancy", TODAY, "positive", by=cast.maya)
    assert PREGNANT in refusals(prescribe_plan, planned, an_order(), by=cast.idris)
    withdraw_result(row, "Another patient's", by=cast.maya)
    assert prescribe_plan(planned, an_order(), by=cast.idris).version == 1


def test_what_came_to_light_after_the_plan_stops_the_start(db):
    ward = a_ward(NOON)
    session = ward.ready()
    before = start_verdict(session, fold(events_of(session.pk)), NOON)
    day = NOON.date()
    record_result(ward.episode, "blood_pressure", day, pressure=(190, 95), by=ward.nurse, at=NOON)
    record_medicines(ward.episode, "Aminophylline", "the patient", by=ward.nurse, at=NOON)
    after = start_verdict(session, fold(events_of(session.pk)), NOON)
    told = set(after.reasons) - set(before.reasons)
    assert len(told) == 2
    assert any("190/95 mmHg, above 180/100." in reason for reason in told)
    assert any("aminophylline" in reason for reason in told)


@pytest.mark.parametrize(
    ("test", "done_on", "result", "pressure", "field"),
    [
        ("nothing", TODAY, "normal", None, "test"),
        ("ecg", TODAY + timedelta(days=2), "normal", None, "done_on"),
        ("ecg", TODAY, "positive", None, "result"),
        ("ecg", TODAY, "normal", (120, 80), "systolic"),
        ("blood_pressure", TODAY, "", None, "systolic"),
        ("blood_pressure", TODAY, "", (80, 120), "systolic"),
        ("blood_pressure", TODAY, "", (900, 20), "systolic"),
    ],
)
def test_result_that_cannot_be_right_is_refused(cast, episode, test, done_on, result, pressure, field):
    with pytest.raises(BadInput) as problem:
        record_result(episode, test, done_on, result, pressure, by=cast.maya)
    assert problem.value.field == field


def test_result_is_withdrawn_once_with_a_reason(cast, episode):
    row = record_result(episode, "ecg", TODAY, "normal", by=cast.maya)
    with pytest.raises(BadInput):
        withdraw_result(row, " ", by=cast.maya)
    withdraw_result(row, "Not hers", by=cast.maya)
    with pytest.raises(RuleRefused, match="already"):
        withdraw_result(row, "Not hers", by=cast.idris)


@pytest.mark.parametrize(
    ("text", "none", "asked", "field"),
    [("", False, "patient", "text"), ("Lithium", True, "patient", "text"), ("Lithium", False, " ", "asked")],
)
def test_list_of_medicines_says_something_or_none_and_who_was_asked(cast, episode, text, none, asked, field):
    with pytest.raises(BadInput) as problem:
        record_medicines(episode, text, asked, takes_none=none, by=cast.maya)
    assert problem.value.field == field


def test_interaction_that_is_not_on_the_list_cannot_be_settled(cast, episode):
    with pytest.raises(BadInput):
        settle_interaction(episode, "maoi", "Nothing to settle", by=cast.priya)
