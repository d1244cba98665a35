"""May the infusion start, be paused, resumed, stopped, completed? May this person check the syringe?"""

import pytest

from glimmer.care.session.checks import (
    may_check_preparation,
    may_complete,
    may_pause,
    may_resume,
    may_start,
    may_stop,
)
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import protocol
from glimmer.vocabulary.verdict import Verdict
from tests.support.story import CALM, NURSE, SECOND_NURSE, Story, minute, running

PROTOCOL = protocol("iv-racemic-standard", "1")
CONSENT_HOLDS = Verdict()
ASKED = [check.id for check in PROTOCOL.checks_before if not check.measured and not check.only_if]


def ready(without: str = "", **opened) -> Story:
    story = Story().opens(**opened)
    for check in ASKED:
        if check != without:
            story.answers(check)
    return story.monitor(at=10, **CALM).prepares(at=11).second_checks(at=12)


def start(story: Story, at: float = 15, consent: Verdict = CONSENT_HOLDS) -> Verdict:
    return may_start(fold(story.events), PROTOCOL, consent, minute(at))


def test_session_with_every_check_met_may_start():
    assert start(ready()).reasons == ()


@pytest.mark.parametrize("check", ASKED)
def test_one_unanswered_check_blocks_the_start_and_is_named(check: str):
    asks = next(one.asks for one in PROTOCOL.checks_before if one.id == check)
    assert start(ready(without=check)).reasons == (f"Not answered yet: {asks}",)


def test_consent_that_does_not_hold_comes_first():
    verdict = start(ready(without="food"), consent=Verdict(("Consent was withdrawn.",)))
    assert verdict.reasons[0] == "Consent was withdrawn."
    assert len(verdict.reasons) == 2


def test_failed_check_blocks_until_it_is_overridden_by_name():
    story = ready().answers("food", "no", at=13)
    assert not start(story).allowed
    verdict = start(story.overrides("food", at=14))
    assert verdict.allowed
    assert any("Idris Penhallow" in caution for caution in verdict.cautions)


def test_check_that_may_not_be_overridden_stays_a_block():
    story = ready().answers("identity", "no", at=13).overrides("identity", at=14)
    assert start(story).reasons == ("Do not start. Find out who this is.",)


def test_pregnancy_is_asked_only_where_it_is_possible():
    assert start(ready()).allowed
    assert not start(ready(pregnancy_possible=True)).allowed


@pytest.mark.parametrize(("systolic", "diastolic"), [(160, 80), (120, 100), (212, 130)])
def test_pressure_at_the_stopping_limit_blocks_the_start_even_when_overridden(systolic, diastolic):
    story = ready().monitor(at=13, systolic=systolic, diastolic=diastolic).overrides("blood_pressure", at=14)
    assert not start(story).allowed
    assert any("Do not start" in reason for reason in start(story).reasons)


@pytest.mark.parametrize(("systolic", "diastolic"), [(141, 80), (120, 91), (159, 99)])
def test_raised_pressure_needs_the_doctors_name(systolic, diastolic):
    story = ready().monitor(at=13, systolic=systolic, diastolic=diastolic)
    assert not start(story).allowed
    assert start(story.overrides("blood_pressure", at=14)).allowed


def test_pressure_of_140_over_90_is_no_obstacle():
    assert start(ready().monitor(at=13, systolic=140, diastolic=90)).allowed


def test_pressure_that_came_down_after_a_rest_lets_the_session_start():
    story = ready().monitor(at=12.5, systolic=166, diastolic=92).monitor(at=14, systolic=138, diastolic=86)
    assert start(story).allowed


def test_old_observations_block_the_start():
    reasons = start(ready(), at=41).reasons
    assert any("no blood pressure from the last 30 minutes" in reason for reason in reasons)


def test_pressure_written_down_by_a_nurse_counts_as_well_as_the_monitors():
    story = Story().opens()
    for check in ASKED:
        story.answers(check)
    story.nurse_observes(at=10, due=-15, **CALM).prepares(at=11).second_checks(at=12)
    assert start(story).allowed


def test_start_needs_a_preparation_and_its_second_check():
    story = Story().opens()
    for check in ASKED:
        story.answers(check)
    story.monitor(at=10, **CALM)
    assert start(story).reasons == (
        "The infusion has not been prepared yet. Draw it up and write down what was drawn.",
    )
    assert "second person" in start(story.prepares(at=11)).reasons[0]


def test_syringe_prepared_over_four_hours_ago_is_too_old():
    story = ready().monitor(at=254, **CALM)
    assert not start(story, at=255).allowed
    assert "draw up a new one" in start(story, at=255).reasons[0]


def test_running_session_cannot_start_again():
    assert start(running()).reasons == ("The session is past its start: infusion running.",)


def test_preparer_cannot_be_the_second_checker():
    log = fold(Story().opens().prepares(by_id=NURSE).events)
    assert not may_check_preparation(log, NURSE).allowed
    assert may_check_preparation(log, SECOND_NURSE).allowed


def test_syringe_is_checked_once():
    assert not may_check_preparation(fold(Story().opens().prepares().second_checks().events), 7).allowed


def test_nothing_prepared_leaves_nothing_to_check():
    assert not may_check_preparation(fold(Story().opens().events), SECOND_NURSE).allowed


def allowed(story: Story, at: float = 30) -> set[str]:
    log = fold(story.events)
    rules = {"pause": may_pause, "resume": may_resume, "stop": may_stop, "complete": may_complete}
    return {name for name, rule in rules.items() if rule(log, minute(at)).allowed}


def test_pump_can_do_only_what_its_state_allows():
    assert allowed(ready()) == set()
    assert allowed(running()) == {"pause", "stop", "complete"}
    assert allowed(running().pauses(at=20)) == {"resume", "stop"}
    assert allowed(running().completes(at=55)) == set()
    assert allowed(running().stops(at=25)) == set()


def test_completing_long_before_the_planned_time_asks_to_look_at_the_pump():
    assert may_complete(fold(running().events), minute(30)).cautions == (
        "By the plan it would run 25 more minutes. Check the volume on the pump.",
    )
    assert may_complete(fold(running().events), minute(55)).cautions == ()
