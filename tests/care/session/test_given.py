"""What flowed, by pump or by presses. 35 mg in 50 mL at 75 mL/h are 0.875 mg a minute for 40 minutes."""

import pytest

from glimmer.care.session.events import DeviceDisconnected, DeviceReadings
from glimmer.care.session.given import BY_PLAN, BY_PRESSES, BY_PUMP, Flow, Given, given_of
from glimmer.care.session.log import fold
from tests.support.story import Story, minute, reading, running

EVERY_FIVE_SECONDS = [step / 12 for step in range(12)]


def given(story: Story, at: float) -> Given:
    found = given_of(fold(story.events), minute(at))
    assert found is not None
    return found


def pumping(story: Story, since: int, until: int, rate: float = 75) -> Story:
    for whole in range(since, until):
        for part in EVERY_FIVE_SECONDS:
            story.monitor(whole + part, infusion_rate=rate)
    return story


def pump(story: Story, name: str, since: int, until: int, rate: float = 75) -> Story:
    for whole in range(since, until):
        for part in EVERY_FIVE_SECONDS:
            at = whole + part
            told = DeviceReadings(name, (reading("infusion_rate", rate, minute(at), name),))
            story.tell(told, at, f"device {name}", None)
    return story


def flows(found: Given) -> list[tuple[int, int, float]]:
    return [(one.since, one.until, pytest.approx(one.mg, abs=1e-3)) for one in found.flows]  # type: ignore[misc]


def test_before_the_syringe_is_drawn_up_the_plan_is_all_that_is_known() -> None:
    found = given(Story().opens(), 3)
    assert (found.began_at, found.known_by, found.flows) == (None, BY_PLAN, (Flow(0, 2400, 35.0),))


def test_without_a_pump_the_presses_count_and_a_pause_moves_the_rest() -> None:
    found = given(running().pauses(25).resumes(30), 40)
    assert found.known_by == BY_PRESSES
    assert flows(found) == [(0, 600, 8.75), (900, 2700, 26.25)]
    assert found.planned == (Flow(0, 2400, 35.0),)


def test_pause_that_lasts_has_nothing_after_it() -> None:
    assert flows(given(running().pauses(25), 33)) == [(0, 600, 8.75)]


def test_infusion_that_was_stopped_gave_what_it_gave() -> None:
    assert flows(given(running().stops(35), 60)) == [(0, 1200, 17.5)]


def test_pump_counts_before_the_presses() -> None:
    # The pump stands still from minute 25 to 28 while nobody pressed pause, then runs at half its rate.
    story = pumping(pumping(pumping(running(), 15, 25), 25, 28, 0), 28, 40, 37.5)
    found = given(story, 40)
    assert (found.known_by, found.began_at) == (BY_PUMP, minute(15).timestamp())
    # 26.25 mg are left at 0.4375 mg a minute: 60 minutes from the 13th on.
    assert flows(found) == [(0, 600, 8.75), (780, 4380, 26.25)]


def test_same_course_is_the_same_numbers_however_late_it_is_asked_for() -> None:
    story = pumping(running(), 15, 30)
    early = given(story, 29.99)
    assert early.flows == given(pumping(story, 30, 35), 35).flows == (Flow(0, 2400, 35.0),)


def test_pump_that_ran_before_the_press_is_counted_from_its_own_start() -> None:
    found = given(pumping(running(), 13, 30), 30)
    assert found.began_at == minute(13).timestamp()
    assert flows(found) == [(0, 2400, 35.0)]


def test_pump_that_is_first_heard_later_is_taken_to_have_run_as_pressed() -> None:
    found = given(pumping(running(), 20, 30), 30)
    assert flows(found) == [(0, 300, 4.375), (300, 2400, 30.625)]


def test_pump_that_runs_on_goes_on_as_long_as_it_is_heard() -> None:
    found = given(pumping(running(), 15, 60), 60)
    assert found.flows[-1].until == pytest.approx(45 * 60, abs=6)
    assert sum(one.mg for one in found.flows) > 39


def test_silence_of_the_pump_is_a_gap_and_in_the_end_stale() -> None:
    story = pumping(pumping(running(), 15, 20), 24, 26)
    found, course = given(story, 26), fold(story.events).course
    assert [(round(since / 60), round(until / 60)) for since, until in found.gaps] == [(5, 9)]
    assert not found.is_stale(minute(26.5), course)
    assert found.is_stale(minute(27), course)


def test_presses_are_never_stale_and_neither_is_an_infusion_that_has_ended() -> None:
    story = running()
    assert not given(story, 40).is_stale(minute(40), fold(story.events).course)
    ended = pumping(running(), 15, 20).stops(20)
    assert not given(ended, 60).is_stale(minute(60), fold(ended.events).course)


def test_value_that_was_marked_as_wrong_no_longer_flows() -> None:
    story = pumping(running(), 15, 20).monitor(20, infusion_rate=750)
    wrong = story.seq
    pumping(story, 21, 25)
    assert sum(one.mg for one in given(story, 25).flows) == pytest.approx(35, abs=0.01)
    assert len(given(story, 25).flows) == 3
    assert given(story.corrects(wrong, 25), 25).flows == (Flow(0, 2400, 35.0),)


def test_drug_that_no_pump_gives_has_no_course_of_an_infusion() -> None:
    assert given_of(fold(Story().opens(infusion_minutes=0.0).events), minute(5)) is None


def test_pump_that_only_stands_beside_the_one_that_runs_says_nothing_of_it() -> None:
    story = pump(pump(running(), "pump A", 13, 30, 0), "pump B", 15, 30)
    found = given(story, 30)
    assert (found.known_by, found.doubt, flows(found)) == (BY_PUMP, "", [(0, 2400, 35.0)])


def test_pump_that_took_over_goes_on_where_the_other_stopped() -> None:
    story = pump(pump(running(), "pump A", 15, 25), "pump A", 25, 40, 0)
    found = given(pump(story, "pump B", 30, 40, 37.5), 40)
    # 8.75 mg by the first; 26.25 mg are left at 0.4375 mg a minute.
    assert (found.doubt, flows(found)) == ("", [(0, 600, 8.75), (900, 4500, 26.25)])


def test_two_pumps_that_run_at_once_are_a_doubt_and_nothing_is_made_of_them() -> None:
    found = given(pump(pump(running(), "pump A", 15, 30), "pump B", 20, 25, 10), 30)
    assert found.flows == ()
    assert found.doubt.startswith("Two pumps told that they ran at the same time")


def test_pump_that_was_heard_before_the_start_and_never_since_is_silent_and_not_absent() -> None:
    story = pump(running(), "pump A", 10, 15, 0)
    found, course = given(story, 16.5), fold(story.events).course
    assert (found.known_by, flows(found)) == (BY_PRESSES, [(0, 2400, 35.0)])
    assert found.is_stale(minute(16.5), course)
    assert not found.is_stale(minute(15.5), course)
    # Whoever took it away on purpose misses nothing.
    away = story.tell(DeviceDisconnected("pump A"), 16)
    assert not given(away, 17).is_stale(minute(17), course)
