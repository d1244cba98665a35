"""Urgent calls and safety plans as stored: anybody raises, clinicians act, and treatment waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from glimmer.actions.outcomes import record_score
from glimmer.actions.selection import answer_rules, decide_selection
from glimmer.actions.urgent import SafetyPlanDetails, raise_urgent, write_safety_plan, write_urgent_step
from glimmer.records.clearance import clearance
from glimmer.records.models import UrgentAct
from glimmer.records.urgent import PLAN, RISK, urgent_of
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import all_met, an_episode, phq9

NOW = datetime.now(UTC)


def a_plan(**changes):
    details = SafetyPlanDetails(
        risk={part: answers[0] for part, (_, answers) in RISK.items()},
        plan={**dict.fromkeys(PLAN, ""), "warning_signs": "Sleeps less", "services": "Crisis line 01632 960 200"},
        made_with_patient=True,
        copy_given=True,
        review_on=NOW.date() + timedelta(days=28),
    )
    return replace(details, **changes)


@pytest.fixture
def episode(cast):
    episode = an_episode(cast, at="selection")
    record_score(episode, phq9(20), "baseline", NOW.date() - timedelta(days=3), by=cast.maya)
    answer_rules(episode, all_met(), by=cast.maya)
    return episode


def test_whoever_hears_of_it_raises_it_and_a_psychiatrist_has_a_task_with_its_clock(cast, episode):
    call = raise_urgent(episode, "very_urgent", "Said on the telephone that tonight is the night.", by=cast.bea)
    task = episode.tasks.get(kind="urgent")
    assert (task.owner_role, task.due_at - task.raised_at) == ("psychiatrist", timedelta(hours=4))
    with pytest.raises(NotAllowed):
        write_urgent_step(call, "seen", "Spoke with her", by=cast.bea)


def test_open_call_stops_the_decision_until_it_is_closed_with_a_plan(cast, episode):
    call = raise_urgent(episode, "urgent", "Frequent thoughts", by=cast.maya)
    with pytest.raises(RuleRefused):
        decide_selection(episode, "eligible", by=cast.idris)
    write_urgent_step(call, "seen", "Seen at home", by=cast.maya)
    task = episode.tasks.get(kind="urgent")
    assert task.done_by == cast.maya
    with pytest.raises(RuleRefused) as problem:
        write_urgent_step(call, "closed", "Safe", by=cast.idris)
    assert "there is no safety plan" in problem.value.reasons[0]
    with pytest.raises(NotAllowed):
        write_urgent_step(call, "closed", "Safe", by=cast.maya)
    write_safety_plan(episode, a_plan(), by=cast.tomos)
    write_urgent_step(call, "closed", "Safe with the plan", by=cast.idris)
    assert not urgent_of(call).is_open
    assert decide_selection(episode, "eligible", by=cast.idris).decision == "eligible"


def test_patient_sent_back_is_a_new_task_with_the_same_hours(cast, episode):
    call = raise_urgent(episode, "very_urgent", "Frequent thoughts", by=cast.maya, at=NOW - timedelta(hours=9))
    write_urgent_step(call, "handed", "Taken over", "Crisis team, Ann", by=cast.maya, at=NOW - timedelta(hours=8))
    write_urgent_step(call, "returned", "Not seen: full", "Crisis team, Ann", by=cast.maya, at=NOW)
    again = episode.tasks.get(kind="urgent", done_at__isnull=True)
    assert (again.owner_role, again.raised_at, again.due_at) == ("psychiatrist", NOW, NOW + timedelta(hours=4))
    write_urgent_step(call, "seen", "Seen at the clinic", by=cast.maya)
    assert not episode.tasks.filter(kind="urgent", done_at__isnull=True).exists()


def test_safety_plan_from_before_the_call_does_not_close_it(cast, episode):
    write_safety_plan(episode, a_plan(), by=cast.tomos, at=NOW - timedelta(days=60))
    call = raise_urgent(episode, "urgent", "Frequent thoughts", by=cast.maya)
    write_urgent_step(call, "seen", "Seen at home", by=cast.maya)
    with pytest.raises(RuleRefused) as problem:
        write_urgent_step(call, "closed", "Safe", by=cast.idris)
    assert "there is no safety plan" in problem.value.reasons[0]
    write_safety_plan(episode, a_plan(), by=cast.tomos)
    write_urgent_step(call, "closed", "Safe with the new plan", by=cast.idris)
    assert not urgent_of(call).is_open


def test_safety_plan_is_written_and_the_call_closed_after_the_journey_has_ended(cast, episode):
    decide_selection(episode, "not_eligible", "Mania", by=cast.idris)
    call = raise_urgent(episode, "urgent", "Telephoned in distress", by=cast.bea)
    write_urgent_step(call, "seen", "Seen at the clinic", by=cast.maya)
    write_safety_plan(episode, a_plan(), by=cast.tomos)
    write_urgent_step(call, "closed", "Safe with the plan", by=cast.idris)
    assert not urgent_of(call).is_open


def test_call_can_be_raised_about_a_patient_whose_journey_has_ended(cast, episode):
    decide_selection(episode, "not_eligible", "Mania", by=cast.idris)
    assert raise_urgent(episode, "urgent", "Telephoned in distress", by=cast.bea).pk


def test_two_steps_never_stand_in_one_place(cast, episode):
    call = raise_urgent(episode, "urgent", "Frequent thoughts", by=cast.maya)
    write_urgent_step(call, "note", "Tried to telephone", by=cast.maya)
    twin = UrgentAct(call=call, seq=1, step="note", says="At the same moment", by=cast.idris, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_plan_that_should_have_been_looked_at_again_is_said(cast, episode):
    plan = write_safety_plan(episode, a_plan(), by=cast.tomos)
    day_after = datetime.combine(plan.review_on, datetime.min.time(), tzinfo=UTC) + timedelta(days=1, hours=12)
    assert "should have been looked at again" in clearance(episode, day_after).cautions[0]
    assert clearance(episode, day_after - timedelta(days=1)).cautions == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"risk": {}}, "risk_thoughts"),
        ({"plan": dict.fromkeys(PLAN, "")}, "plan_warning_signs"),
        ({"review_on": NOW.date() - timedelta(days=1)}, "review_on"),
    ],
)
def test_plan_with_a_gap_is_refused(cast, episode, changes, field):
    with pytest.raises(BadInput) as problem:
        write_safety_plan(episode, a_plan(**changes), by=cast.tomos)
    assert problem.value.field == field
