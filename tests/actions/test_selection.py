"""Selection: answers, overrides by two people, the decision."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.actions.outcomes import record_score
from glimmer.actions.selection import (
    agree_override,
    answer_rules,
    decide_selection,
    propose_override,
    selection_sheet,
)
from glimmer.records.models import SelectionAnswer
from glimmer.vocabulary.problems import BadInput, RuleRefused
from tests.support.cast import all_met, an_episode, phq9

NOW = datetime.now(tz=UTC)
OVERRIDABLE = "two_antidepressants"
FIRM = "depression_now"


@pytest.fixture
def episode(cast):
    """Accepted at triage, with a baseline PHQ-9."""
    episode = an_episode(cast, at="selection")
    record_score(episode, phq9(20), "baseline", NOW.date() - timedelta(days=3), by=cast.maya)
    return episode


def answered(episode, cast, **changes):
    answer_rules(episode, {**all_met(), **changes}, by=cast.maya)


def stopping(episode):
    return {one.rule.id for one in selection_sheet(episode).judgement.stopping}


def test_rule_that_nobody_answered_stops_the_patient(cast, episode):
    answers = all_met()
    del answers[FIRM]
    answer_rules(episode, answers, by=cast.maya)
    assert stopping(episode) == {FIRM}
    with pytest.raises(RuleRefused) as problem:
        decide_selection(episode, "eligible", by=cast.idris)
    assert len(problem.value.reasons) == 1


def test_unknown_never_passes_a_hard_rule(cast, episode):
    answered(episode, cast, **{FIRM: ("unknown", "asked the GP")})
    with pytest.raises(RuleRefused):
        decide_selection(episode, "eligible", by=cast.idris)


def test_patient_without_a_baseline_cannot_be_called_eligible(cast):
    episode = an_episode(cast, at="selection")
    answered(episode, cast)
    with pytest.raises(RuleRefused) as problem:
        decide_selection(episode, "eligible", by=cast.idris)
    assert any("baseline PHQ-9" in reason for reason in problem.value.reasons)


def test_patient_with_everything_met_can_be_called_eligible(cast, episode):
    answered(episode, cast)
    decision = decide_selection(episode, "eligible", by=cast.idris)
    episode.refresh_from_db()
    assert episode.step == "consent"
    assert decision.guidance_version.startswith("selection ")


def test_same_answer_again_adds_no_row_and_keeps_its_author(cast, episode):
    answered(episode, cast)
    count = SelectionAnswer.objects.count()
    assert answer_rules(episode, all_met(), by=cast.idris) == 0
    assert SelectionAnswer.objects.count() == count
    assert selection_sheet(episode).answers[FIRM].answered_by == cast.maya


def test_earlier_answer_stays_beside_the_one_that_replaced_it(cast, episode):
    answered(episode, cast, **{FIRM: ("unknown", "")})
    answer_rules(episode, {FIRM: ("met", "letter of May")}, by=cast.idris)
    assert list(episode.selection_answers.filter(rule=FIRM).values_list("answer", flat=True)) == ["unknown", "met"]


@pytest.mark.parametrize("answers", [{"no_such_rule": ("met", "")}, {FIRM: ("yes", "")}, {FIRM: ("met", "\x00")}])
def test_answer_that_cannot_be_right_is_refused(cast, episode, answers):
    with pytest.raises(BadInput):
        answer_rules(episode, answers, by=cast.maya)


def test_override_counts_only_once_a_second_psychiatrist_agrees(cast, episode):
    answered(episode, cast, **{OVERRIDABLE: ("not_met", "one only")})
    proposed = propose_override(episode, OVERRIDABLE, "Could not bear a second one.", by=cast.idris)
    assert stopping(episode) == {OVERRIDABLE}
    episode.refresh_from_db()
    assert episode.state == "Override waiting"
    with pytest.raises(RuleRefused, match="cannot agree"):
        agree_override(proposed, by=cast.idris)
    agree_override(proposed, by=cast.una)
    assert stopping(episode) == set()
    decide_selection(episode, "eligible", by=cast.idris)


def test_override_that_was_agreed_is_not_agreed_again(cast, episode):
    answered(episode, cast, **{OVERRIDABLE: ("not_met", "one only")})
    proposed = propose_override(episode, OVERRIDABLE, "Could not bear a second one.", by=cast.idris)
    agree_override(proposed, by=cast.una)
    with pytest.raises(RuleRefused):
        agree_override(proposed, by=cast.una)


def test_new_answer_takes_an_old_override_away(cast, episode):
    answered(episode, cast, **{OVERRIDABLE: ("not_met", "one only")})
    agree_override(propose_override(episode, OVERRIDABLE, "Allergy.", by=cast.idris), by=cast.una)
    answer_rules(episode, {OVERRIDABLE: ("not_met", "none at all, it turns out")}, by=cast.maya)
    assert stopping(episode) == {OVERRIDABLE}


def test_rule_that_is_firm_cannot_be_overridden(cast, episode):
    answered(episode, cast, **{FIRM: ("not_met", "in remission")})
    with pytest.raises(RuleRefused):
        propose_override(episode, FIRM, "But wants it.", by=cast.idris)


def test_unknown_cannot_be_overridden(cast, episode):
    answered(episode, cast, **{OVERRIDABLE: ("unknown", "")})
    with pytest.raises(RuleRefused):
        propose_override(episode, OVERRIDABLE, "Probably.", by=cast.idris)


@pytest.mark.parametrize(("rule", "reason"), [(OVERRIDABLE, "  "), ("no_such_rule", "x")])
def test_override_without_reason_or_rule_is_refused(cast, episode, rule, reason):
    answered(episode, cast, **{OVERRIDABLE: ("not_met", "one only")})
    with pytest.raises(BadInput):
        propose_override(episode, rule, reason, by=cast.idris)


def test_answer_that_changes_after_the_decision_sets_the_decision_aside(cast):
    episode = an_episode(cast, at="plan")
    answer_rules(episode, {FIRM: ("unknown", "new history")}, by=cast.maya)
    episode.refresh_from_db()
    assert episode.step == "selection"
    assert selection_sheet(episode).decision is None


def test_not_eligible_needs_a_reason_and_ends_the_journey(cast, episode):
    with pytest.raises(BadInput):
        decide_selection(episode, "not_eligible", by=cast.idris)
    decide_selection(episode, "not_eligible", "Acute mania.", by=cast.idris)
    episode.refresh_from_db()
    assert (episode.state, episode.closed_by) == ("Not eligible", cast.idris)
    with pytest.raises(RuleRefused, match="has ended"):
        answer_rules(episode, all_met(), by=cast.maya)


def test_selection_before_triage_is_refused(cast):
    with pytest.raises(RuleRefused, match="triage"):
        answer_rules(an_episode(cast, at="referral"), all_met(), by=cast.maya)


def test_decision_that_is_neither_is_refused(cast, episode):
    with pytest.raises(BadInput):
        decide_selection(episode, "perhaps", by=cast.idris)
