"""The protocol's alarm rules over readings, as a nurse would expect them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.monitoring.state import SessionState, session_state
from tests.support.story import CALM, Story, minute, running, second


def rules(state: SessionState) -> set[str]:
    """The rules that are active, those about the protocol's limits alone."""
    aside = ("signal_lost", "observation_overdue", "pump")
    return {alarm.rule for alarm in state.alarms if not alarm.rule.startswith(aside)}


def alarm(state: SessionState, rule: str):
    return next(one for one in state.all_alarms if one.rule == rule)


def test_calm_session_raises_nothing():
    assert rules(running().monitor(at=20, **CALM).state(at=21)) == set()


@pytest.mark.parametrize(
    ("systolic", "diastolic", "expected"),
    [
        (164, 99, {"pressure-rise"}),
        (161, 99, set()),
        (162, 78, {"pressure-rise"}),
        (122, 103, {"pressure-rise", "hypertension"}),
        (165, 80, {"pressure-rise", "hypertension"}),
        (180, 80, {"pressure-rise", "hypertension"}),
        (185, 80, {"pressure-rise", "hypertension"}),
        (200, 80, {"pressure-rise", "hypertension"}),
        (201, 80, {"pressure-rise", "hypertension", "hypertension-extreme"}),
        (150, 121, {"pressure-rise", "hypertension", "hypertension-extreme"}),
    ],
)
def test_one_pressure_raises_exactly_the_rules_it_breaks(systolic, diastolic, expected):
    # The baseline before the start is 122/78, so a rise of 40 begins at 162 and one of 25 at 103.
    assert rules(running().monitor(at=20, systolic=systolic, diastolic=diastolic).state(at=20.1)) == expected


def test_severe_pressure_needs_two_readings_five_minutes_apart():
    story = running().monitor(at=20, systolic=185, diastolic=95).monitor(at=24, systolic=186, diastolic=95)
    assert "hypertension-severe-lasting" not in rules(story.state(at=24.5))
    story.monitor(at=25, systolic=183, diastolic=95)
    assert "hypertension-severe-lasting" in rules(story.state(at=25.1))


def test_severe_pressure_counts_across_systolic_and_diastolic():
    story = running().monitor(at=20, systolic=185, diastolic=95).monitor(at=25, systolic=170, diastolic=112)
    assert "hypertension-severe-lasting" in rules(story.state(at=25.1))


def test_normal_pressure_in_between_starts_the_count_again():
    story = running().monitor(at=20, systolic=185).monitor(at=22, systolic=150).monitor(at=26, systolic=185)
    assert "hypertension-severe-lasting" not in rules(story.state(at=26.1))


def test_cuff_value_sent_again_every_second_is_not_a_second_reading():
    story = running()
    for at in range(20, 31):
        story.monitor(at=at, measured=20, systolic=185, diastolic=95)
    assert "hypertension-severe-lasting" not in rules(story.state(at=31))


def test_fast_pulse_must_last_five_minutes():
    story = running()
    for at in range(20, 25):
        story.monitor(at=at, pulse=125)
    assert "tachycardia" not in rules(story.state(at=24.9))
    assert "tachycardia" in rules(story.monitor(at=25, pulse=125).state(at=25))


def test_pulse_of_120_is_not_above_120():
    story = running()
    for at in range(20, 30):
        story.monitor(at=at, pulse=120)
    assert "tachycardia" not in rules(story.state(at=30))


def test_saturation_dip_shorter_than_ten_seconds_stays_silent():
    story = running()
    for at in range(60):
        story.monitor(at=20 + at / 60, spo2=85 if 30 <= at < 39 else 97)
    assert not [one for one in story.state(at=21).all_alarms if one.rule.startswith("oxygen")]


def test_saturation_dip_of_ten_seconds_raises_both_oxygen_rules():
    story = running()
    for at in range(60):
        story.monitor(at=20 + at / 60, spo2=85 if 30 <= at < 41 else 97)
    assert rules(story.state(at=21)) == {"oxygen-low", "oxygen-very-low"}


def test_low_saturation_written_by_hand_counts_until_another_value_comes():
    story = running().nurse_observes(at=20, spo2=88)
    assert "oxygen-very-low" not in rules(story.state(at=20 + 9 / 60))
    assert "oxygen-very-low" in rules(story.state(at=20 + 10 / 60))


def test_monitor_that_sends_once_a_minute_does_not_delay_the_alarm_by_a_minute():
    story = running().monitor(at=18, respiratory_rate=14).monitor(at=19, respiratory_rate=14)
    story.monitor(at=20, respiratory_rate=5)
    assert "breathing-slow" in rules(story.state(at=20 + 10 / 60))


def test_probe_that_falls_silent_after_one_low_second_raises_lost_signal_not_low_oxygen():
    story = running()
    for at in range(30):
        story.monitor(at=20 + at / 60, spo2=97 if at < 29 else 70)
    state = story.state(at=22)
    assert not [one for one in state.all_alarms if one.rule.startswith("oxygen")]
    assert any(one.rule == "signal_lost:spo2" for one in state.alarms)


def test_normal_breathing_does_not_hide_low_oxygen_in_the_same_second():
    story = running()
    for at in range(20):
        story.monitor(at=20 + at / 60, spo2=85, respiratory_rate=14, pulse=70)
    assert "oxygen-very-low" in rules(story.state(at=21))


def test_fast_pulse_on_one_probe_is_not_hidden_by_another_probe():
    story = running()
    for at in range(400):
        story.monitor(at=20 + at / 60, pulse=140, site="ecg")
        story.monitor(at=20 + (at + 0.5) / 60, pulse=70, site="oximeter")
    assert "tachycardia" in rules(story.state(at=27))


def test_probe_taken_off_lets_the_other_probe_end_the_alarm():
    story = running()
    for at in range(400):
        story.monitor(at=20 + at / 60, pulse=140, site="ecg")
    for at in range(400, 500):
        story.monitor(at=20 + at / 60, pulse=70, site="oximeter")
    assert not alarm(story.state(at=29), "tachycardia").is_holding


def test_impossible_value_raises_nothing_but_is_shown_with_the_reason():
    story = running().monitor(at=20, spo2=-999)
    for at in range(20):
        story.monitor(at=20 + at / 60, spo2=140)
    state = story.state(at=21)
    assert not [one for one in state.all_alarms if one.rule.startswith("oxygen")]
    assert state.value("spo2").why_unfit.startswith("Not used: Oxygen saturation of 140 %")


def test_zero_breaths_are_a_finding_not_an_artefact():
    story = running()
    for at in range(20):
        story.monitor(at=20 + at / 60, respiratory_rate=0, spo2=0)
    assert {"breathing-slow", "oxygen-very-low"} <= rules(story.state(at=21))


@pytest.mark.parametrize(
    ("sedation", "expected"),
    [(5, set()), (4, set()), (3, {"sedation-deep"}), (1, {"sedation-deep", "sedation-very-deep"})],
)
def test_sedation_scale_raises_its_alarms(sedation, expected):
    story = running().nurse_observes(at=25, due=10, facts={"sedation": sedation, "consciousness": "A"}, **CALM)
    assert rules(story.state(at=26)) == expected


def test_confusion_escalates_until_a_clinician_attributes_it():
    plain = running().nurse_observes(at=25, facts={"consciousness": "C"}, **CALM)
    assert rules(plain.state(at=26)) == {"news2-single"}
    attributed = running().nurse_observes(at=25, facts={"consciousness": "C", "attributed_to_drug": True}, **CALM)
    assert rules(attributed.state(at=26)) == set()
    assert attributed.state(at=26).latest_round.score.total == 3


def test_news2_of_seven_is_an_emergency():
    ill = {**CALM, "respiratory_rate": 25, "pulse": 112, "temperature": 39.2}
    state = running().nurse_observes(at=25, facts={"consciousness": "A"}, **ill).state(at=26)
    assert state.latest_round.score.total == 7
    assert {"news2-emergency", "news2-urgent", "news2-single"} <= rules(state)


def test_round_without_breathing_is_filled_from_the_monitor_and_says_so():
    story = running().monitor(at=24, respiratory_rate=25)
    scored = story.nurse_observes(at=25, facts={"consciousness": "A"}, pulse=70).state(at=26).latest_round
    assert dict(scored.score.parts)["respiratory_rate"] == 3
    assert "respiratory_rate" in scored.filled


def test_monitor_value_older_than_five_minutes_fills_nothing():
    story = running().monitor(at=19.9, respiratory_rate=25)
    scored = story.nurse_observes(at=25, facts={"consciousness": "A"}, pulse=70).state(at=26).latest_round
    assert "respiratory_rate" in scored.score.missing


def test_rules_of_before_the_start_end_with_the_start():
    story = Story().opens().monitor(at=5, systolic=150, diastolic=85)
    assert rules(story.state(at=6)) == {"pressure-before-raised"}
    story.shows("pressure-before-raised@" + minute(5).isoformat(), at=5, rule="pressure-before-raised", priority="low")
    story.acknowledges("pressure-before-raised@" + minute(5).isoformat(), at=7)
    story.prepares().second_checks().starts(at=15)
    assert rules(story.state(at=16)) == set()


def test_readings_after_the_patient_left_raise_nothing():
    from glimmer.care.session.events import Discharged

    story = running().completes(at=55).tell(Discharged("Sister"), at=180).monitor(at=181, systolic=210, diastolic=130)
    assert "hypertension-extreme" not in {one.rule for one in story.state(at=182).all_alarms}


# Latching


def hypertensive() -> Story:
    return running().monitor(at=20, systolic=172, diastolic=96)


KEY = "hypertension@" + minute(20).isoformat()


def test_alarm_has_a_key_from_rule_and_onset():
    assert alarm(hypertensive().state(at=21), "hypertension").key == KEY


def test_alarm_stays_until_acknowledged_even_when_its_cause_is_over():
    story = hypertensive().shows(KEY, at=20).monitor(at=25, systolic=130, diastolic=80)
    one = alarm(story.state(at=30), "hypertension")
    assert (one.is_active, one.is_holding, one.is_acknowledged) == (True, False, False)


def test_acknowledged_alarm_stays_while_its_cause_lasts_and_names_who_took_charge():
    story = hypertensive().shows(KEY, at=20).acknowledges(KEY, at=21)
    one = alarm(story.state(at=22), "hypertension")
    assert (one.is_active, one.is_holding) == (True, True)
    assert one.acknowledged_by == "Maya Okafor, nurse"
    assert one.did == "Sat the patient up"


def test_alarm_that_is_acknowledged_and_over_is_no_longer_active():
    story = hypertensive().shows(KEY, at=20).acknowledges(KEY, at=21).monitor(at=25, systolic=130, diastolic=80)
    assert "hypertension" not in rules(story.state(at=26))


def test_second_episode_while_unacknowledged_is_the_same_alarm():
    story = hypertensive().shows(KEY, at=20).monitor(at=25, systolic=130, diastolic=80)
    story.monitor(at=30, systolic=175, diastolic=90)
    state = story.state(at=31)
    assert [one.key for one in state.all_alarms if one.rule == "hypertension"] == [KEY]


def test_second_episode_after_the_first_was_dealt_with_is_a_new_alarm():
    story = hypertensive().shows(KEY, at=20).acknowledges(KEY, at=21).monitor(at=25, systolic=130, diastolic=80)
    story.monitor(at=30, systolic=175, diastolic=90)
    keys = {one.key for one in story.state(at=31).all_alarms if one.rule == "hypertension"}
    assert keys == {KEY, "hypertension@" + minute(30).isoformat()}


def test_alarm_that_was_shown_stays_even_when_its_reading_is_withdrawn():
    story = hypertensive()
    reading_seq = story.seq
    story.shows(KEY, at=20).corrects(reading_seq, at=22)
    one = alarm(story.state(at=23), "hypertension")
    assert (one.is_active, one.is_holding) == (True, False)
    assert "hypertension" not in rules(story.acknowledges(KEY, at=24).state(at=25))


def test_late_reading_that_moves_the_onset_does_not_raise_the_alarm_twice():
    from glimmer.monitoring.state import SessionMonitor, new_alarms

    story = hypertensive().shows(KEY, at=20).monitor(at=22, measured=18, systolic=168, diastolic=96)
    monitor = SessionMonitor()
    for event in story.events:
        monitor.add(event)
    fresh = {one.rule for one in new_alarms(monitor.state(minute(23)), monitor.log)}
    assert "hypertension" not in fresh


def test_most_urgent_unacknowledged_alarm_comes_first():
    story = hypertensive().monitor(at=21, systolic=205, diastolic=96)
    priorities = [one.priority for one in story.state(at=22).alarms]
    assert priorities == sorted(priorities, key=["high", "medium", "low"].index)
    assert story.state(at=22).alarms[0].rule == "hypertension-extreme"


# Dangerous values never look normal


@pytest.mark.parametrize(
    ("values", "parameter", "priority"),
    [
        ({"systolic": 185, "diastolic": 90}, "systolic", "high"),
        ({"systolic": 170, "diastolic": 90}, "systolic", "medium"),
        ({"spo2": 89}, "spo2", "high"),
        ({"spo2": 93}, "spo2", "medium"),
        ({"respiratory_rate": 7}, "respiratory_rate", "high"),
        ({"pulse": 125}, "pulse", "medium"),
    ],
)
def test_value_beyond_a_limit_is_marked_at_once_whatever_the_alarm_waits_for(values, parameter, priority):
    value = running().monitor(at=20, **values).state(at=20).value(parameter)
    assert (value.beyond, value.is_beyond) == (priority, True)


def test_value_within_all_limits_is_not_marked():
    state = running().monitor(at=20, **CALM).state(at=20.1)
    assert not [value.parameter for value in state.values if value.is_beyond]


def test_worse_of_two_probes_stays_on_the_screen():
    story = running().monitor(at=20, pulse=140, site="ecg").monitor(at=20.1, pulse=70, site="oximeter")
    assert story.state(at=20.1).value("pulse").reading.value == 140


# Properties


@given(
    start=st.integers(0, 120),
    lasts=st.integers(12, 60),
    interval=st.sampled_from([1, 2, 5]),
    danger=st.integers(40, 89),
    order=st.randoms(use_true_random=False),
)
def test_sustained_low_oxygen_is_never_missed_in_any_order_of_arrival(start, lasts, interval, danger, order):
    story = running()
    for at in range(0, start + lasts + 30, interval):
        story.monitor(at=20 + at / 60, spo2=danger if start <= at <= start + lasts + interval else 97)
    events = list(story.events)
    order.shuffle(events)
    raised = [one for one in session_state(events, minute(25)).all_alarms if one.rule == "oxygen-very-low"]
    assert len(raised) == 1
    first_dangerous = second(20 * 60 + -(-start // interval) * interval)
    assert raised[0].onset == first_dangerous
    assert (raised[0].raised_at - first_dangerous).total_seconds() <= 10


@given(st.lists(st.integers(94, 100), min_size=1, max_size=80))
def test_oxygen_that_never_drops_below_94_never_raises_an_oxygen_alarm(values):
    story = running()
    for at, value in enumerate(values):
        story.monitor(at=20 + at / 60, spo2=value)
    assert not [one for one in story.state(at=25).all_alarms if one.rule.startswith("oxygen")]
