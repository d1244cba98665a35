"""The treatment history as stored: added to only, and the answers and decisions that rest on it follow it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from glimmer.actions.outcomes import record_score
from glimmer.actions.selection import answer_rules, decide_selection, selection_sheet
from glimmer.actions.treatment_history import (
    TrialDetails,
    correct_trial,
    record_illness,
    record_trial,
    withdraw_trial,
)
from glimmer.records.models import TreatmentTrial
from glimmer.records.selection import standing_decision
from glimmer.records.treatment_history import illness_of, trials_of
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import all_met, an_episode, phq9

TRIED, TALKED = "two_antidepressants", "psychological_therapy"


def drug(name, dose="150", weeks="10", **changes):
    facts = {
        "kind": "antidepressant",
        "name": name,
        "outcome": "no_response",
        "stated_by": "referral",
        "dose": Decimal(dose) if dose else None,
        "unit": "mg/day" if dose else "",
        "weeks": Decimal(weeks) if weeks else None,
        "in_present_episode": True,
    }
    return TrialDetails(**{**facts, **changes})


def therapy(sessions=12):
    return TrialDetails("therapy", "CBT", "partial", "patient", sessions=sessions)


@pytest.fixture
def episode(cast):
    episode = an_episode(cast, at="selection")
    record_score(episode, phq9(20), "baseline", datetime.now(UTC).date() - timedelta(days=3), by=cast.maya)
    return episode


@pytest.fixture
def history(cast, episode):
    """Return two adequate antidepressants and a therapy, stored."""
    return [record_trial(episode, one, by=cast.maya) for one in (drug("Sertraline"), drug("Venlafaxine"), therapy())]


def confirm(episode, cast, **changes):
    plain = {rule: given for rule, given in all_met().items() if rule not in (TRIED, TALKED)}
    answer_rules(episode, {**plain, TRIED: ("met", ""), TALKED: ("met", ""), **changes}, by=cast.maya)


def test_history_proposes_and_a_confirmed_answer_keeps_what_it_rested_on(cast, episode, history):
    confirm(episode, cast)
    row = selection_sheet(episode).answers[TRIED]
    assert (row.answer, row.proposed) == ("met", "met")
    assert "Sertraline: adequate." in row.rests_on
    assert "Referral, psychiatric medicines of the last 5 years: present." in row.rests_on


def test_answer_that_differs_from_the_history_needs_words(cast, episode):
    record_trial(episode, drug("Sertraline", dose="25"), by=cast.maya)
    with pytest.raises(BadInput, match="proposes not met"):
        answer_rules(episode, {TRIED: ("met", "")}, by=cast.maya)
    answer_rules(episode, {TRIED: ("met", "Two more in the GP's paper notes")}, by=cast.maya)
    row = selection_sheet(episode).answers[TRIED]
    assert (row.answer, row.proposed) == ("met", "not_met")


def test_correction_that_takes_the_ground_away_sets_the_decision_aside(cast, episode, history):
    confirm(episode, cast)
    decide_selection(episode, "eligible", by=cast.idris)
    assert standing_decision(episode) == "eligible"
    correct_trial(history[1], drug("Venlafaxine", dose="37.5"), "It was 37.5 mg", by=cast.maya)
    episode.refresh_from_db()
    sheet = selection_sheet(episode)
    assert standing_decision(episode) == ""
    assert episode.step == "selection"
    assert sheet.outdated == {TRIED}
    assert {one.rule.id for one in sheet.judgement.stopping} == {TRIED}


def test_correction_that_changes_nothing_of_it_leaves_the_decision(cast, episode, history):
    confirm(episode, cast)
    decide_selection(episode, "eligible", by=cast.idris)
    correct_trial(history[1], drug("Venlafaxine", dose="225"), "It was 225 mg", by=cast.maya)
    assert standing_decision(episode) == "eligible"


def test_answer_in_the_clinicians_own_words_stays_whatever_the_history_says(cast, episode, history):
    confirm(episode, cast)
    withdraw_trial(history[2], "Another patient's", by=cast.maya)
    assert selection_sheet(episode).outdated == {TALKED}
    answer_rules(episode, {TALKED: ("met", "Letter of the therapist, 2019")}, by=cast.idris)
    assert selection_sheet(episode).outdated == set()


def test_same_answer_can_be_given_again_once_the_history_has_changed(cast, episode):
    answer_rules(episode, {TRIED: ("met", "seen in the notes")}, by=cast.maya)
    for one in (drug("Sertraline"), drug("Venlafaxine")):
        record_trial(episode, one, by=cast.maya)
    assert answer_rules(episode, {TRIED: ("met", "seen in the notes")}, by=cast.idris) == 1
    assert answer_rules(episode, {TRIED: ("met", "seen in the notes")}, by=cast.idris) == 0


def test_corrected_and_withdrawn_rows_stay_and_no_longer_count(cast, episode, history):
    right = correct_trial(history[0], drug("Sertraline", weeks="4"), "Four weeks only", by=cast.maya)
    withdraw_trial(history[1], "Never taken", by=cast.maya)
    assert [row.pk for row in trials_of(episode)] == [history[2].pk, right.pk]
    assert TreatmentTrial.objects.count() == 5
    assert len(trials_of(episode, history[2].recorded_at)) == 3


def test_no_row_is_corrected_twice(cast, episode, history):
    correct_trial(history[0], drug("Sertraline", weeks="4"), "Four weeks only", by=cast.maya)
    with pytest.raises(RuleRefused, match="already"):
        withdraw_trial(history[0], "Never taken", by=cast.idris)
    twin = TreatmentTrial.objects.get(pk=history[0].pk)
    twin.pk, twin.replaces_id, twin.reason = None, history[0].pk, "again"
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "magic"}, "kind"),
        ({"outcome": ""}, "outcome"),
        ({"stated_by": "rumour"}, "stated_by"),
        ({"unit": ""}, "dose"),
        ({"unit": "drops"}, "unit"),
        ({"dose": Decimal(0)}, "dose"),
        ({"weeks": Decimal(-1)}, "weeks"),
        ({"note": "\x00"}, "name"),
    ],
)
def test_trial_that_cannot_be_right_is_refused(cast, episode, changes, field):
    with pytest.raises(BadInput) as problem:
        record_trial(episode, replace(drug("Sertraline"), **changes), by=cast.maya)
    assert problem.value.field == field
    assert not TreatmentTrial.objects.exists()


def test_history_is_written_by_those_who_assess_only(cast, episode):
    with pytest.raises(NotAllowed):
        record_trial(episode, drug("Sertraline"), by=cast.bea)


def test_newest_view_of_the_illness_counts(cast, episode):
    record_illness(episode, 14, "", by=cast.maya)
    record_illness(episode, 15, "severe", by=cast.idris)
    assert (illness_of(episode).months, illness_of(episode).severity) == (15, "severe")
    with pytest.raises(BadInput):
        record_illness(episode, None, "", by=cast.maya)
    with pytest.raises(BadInput):
        record_illness(episode, 3, "unbearable", by=cast.maya)
