"""What is no finding raises no alarm about the patient, and what could be one is never later than its stated time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.session.events import DeviceAlarm, DeviceReadings
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.state import session_state
from tests.support.story import Story, minute, reading, running

ABOUT_PATIENT = ("oxygen", "pulse", "pressure", "hypertension", "breathing", "tachycardia", "news2", "sedation")


def begun() -> Story:
    """Return a running session under version 2 with a pulse felt by ECG and oximeter."""
    return running(protocol_version="2")


def raised(story: Story, at: float) -> set[str]:
    """The rules raised by then, cables and missed rounds left aside."""
    names = {one.rule for one in story.state(at).all_alarms}
    return {name for name in names if not name.startswith(("signal_lost", "observation", "pump_never"))}


def about_patient(story: Story, at: float) -> set[str]:
    return {name for name in raised(story, at) if name.startswith(ABOUT_PATIENT)}


def beside(story: Story, at: float, saturation: float, oximeter: float, ecg: float | None = 70) -> Story:
    """One message with the saturation, the oximeter's own pulse and, where there is one, the ECG's."""
    measured = minute(at)
    readings = [reading("spo2", saturation, measured), reading("pulse", oximeter, measured, "oximeter")]
    if ecg is not None:
        readings.insert(0, reading("pulse", ecg, measured, "ecg"))
    return story.tell(DeviceReadings("bay-1-monitor", tuple(readings)), at, "device bay-1-monitor", None)


def seconds(story: Story, since: float, count: int, **values: float | None) -> Story:
    for number in range(count):
        beside(story, since + number / 60, **values)
    return story


# Probe off


def test_probe_that_falls_off_is_said_as_that_and_is_no_desaturation():
    story = seconds(begun(), 20, 5, saturation=98, oximeter=70)
    story = seconds(story, 20 + 5 / 60, 20, saturation=0, oximeter=0)
    assert raised(story, 20.5) == {"probe_off"}
    alarm = next(one for one in story.state(20.5).alarms if one.rule == "probe_off")
    assert (alarm.priority, alarm.says) == ("medium", "Probe off: no saturation")
    assert alarm.raised_at == minute(20 + 15 / 60)


def test_value_of_a_probe_that_is_off_is_shown_with_why_alarms_leave_it_out():
    story = seconds(begun(), 20, 20, saturation=0, oximeter=0)
    value = story.state(20.4).value("spo2")
    assert (value.reading.value, value.why_unfit) == (0, "Not used for alarms: the probe is off.")
    assert value.beyond == ""


def test_probe_that_stays_off_is_a_lost_signal_though_it_sends():
    story = seconds(seconds(begun(), 20, 65, saturation=98, oximeter=70), 20 + 65 / 60, 70, saturation=0, oximeter=0)
    lost = [one for one in story.state(22.3).alarms if one.rule == "signal_lost:spo2" and one.is_holding]
    assert [one.raised_at for one in lost] == [minute(22 + 5 / 60)]


def test_probe_that_is_put_back_clears_its_alarm_and_measures_again():
    story = seconds(seconds(begun(), 20, 20, saturation=0, oximeter=0), 20 + 20 / 60, 15, saturation=85, oximeter=70)
    assert not next(one for one in story.state(20.6).all_alarms if one.rule == "probe_off").is_active
    assert "oxygen-very-low" in raised(story, 20.6)


@pytest.mark.parametrize(
    ("saturation", "oximeter", "ecg", "expected"),
    [
        # A weak pulse is there: the low saturation may be true.
        (45, 60, 70, "oxygen-very-low"),
        # A saturation that a body can have, whatever the pulse.
        (82, 0, 70, "oxygen-very-low"),
        # No other pulse goes on: nothing says that the probe and not the heart has stopped.
        (0, 0, None, "oxygen-very-low"),
        (0, 0, 0, "oxygen-very-low"),
        (0, 0, 25, "pulse-very-slow"),
    ],
)
def test_dying_patient_is_never_taken_for_a_loose_probe(saturation, oximeter, ecg, expected):
    story = seconds(begun(), 20, 12, saturation=saturation, oximeter=oximeter, ecg=ecg)
    assert expected in raised(story, 20.2)
    assert "probe_off" not in raised(story, 20.2)


def test_ecg_that_arrives_late_still_tells_the_probe_from_the_patient():
    story = begun()
    for number in range(15):
        at = 20 + number / 60
        beside(story, at, 0, 0, ecg=None)
    assert "oxygen-very-low" in about_patient(story, 20.3)
    for number in range(15):
        story.monitor(at=20.3, measured=20 + number / 60, heard=20.3, site="ecg", pulse=70)
    assert raised(story, 20.3) == {"probe_off"}


def off(phase: str = "start", parameter: str = "spo2") -> DeviceAlarm:
    return DeviceAlarm("bay-1-monitor", "196916", "Sensor off", phase, "active", "low", None, "probe_off", parameter)


def saturations(story: Story, since: float, count: int, value: float) -> Story:
    for number in range(count):
        story.monitor(at=since + number / 60, spo2=value)
    return story


def test_device_that_says_its_probe_is_off_is_believed_until_it_says_otherwise():
    story = saturations(begun().tell(off(), 20), 20, 20, 70)
    assert about_patient(story, 20.4) == set()
    assert "probe_off" in raised(story, 20.4)
    story = saturations(story.tell(off("end"), 20 + 20 / 60), 20 + 20 / 60, 11, 70)
    assert "oxygen-very-low" in about_patient(story, 20.51)


def test_device_that_never_ends_its_probe_alarm_delays_the_true_danger_by_half_a_minute_at_most():
    story = saturations(begun().tell(off(), 20), 20, 42, 70)
    alarm = next(one for one in story.state(20.7).all_alarms if one.rule == "oxygen-very-low")
    allowed = next(one for one in protocol("iv-racemic-standard", "2").artefacts if one.id == "probe_off")
    late = (alarm.raised_at - minute(20)).total_seconds() - 10
    assert 30 <= late <= allowed.delays_at_most_seconds + 1


def test_device_speaks_of_its_own_probe_only():
    story = begun().tell(off(), 20)
    for number in range(12):
        measured = minute(20 + number / 60)
        story.tell(
            DeviceReadings("another-monitor", (reading("spo2", 70, measured),)), 20 + number / 60, "device", None
        )
    assert "oxygen-very-low" in about_patient(story, 20.2)


def test_leads_that_are_off_are_no_apnoea():
    story = begun().tell(off(parameter="respiratory_rate"), 20).monitor(at=20.1, respiratory_rate=0)
    assert about_patient(story, 20.2) == set()
    assert about_patient(story.monitor(at=20.6, respiratory_rate=0), 20.6) == {"breathing-absent"}


def test_score_is_not_filled_from_a_probe_that_is_off():
    story = seconds(seconds(begun(), 20, 5, saturation=97, oximeter=70), 20.1, 20, saturation=0, oximeter=0)
    story.nurse_observes(at=20.4, facts={"consciousness": "A"}, systolic=122, respiratory_rate=14, temperature=36.6)
    assert dict(story.state(20.5).latest_round.values)["spo2"] == 97


# Cuff


def cuff(story: Story, at: float, systolic: float, diastolic: float, mean: float | None = None) -> Story:
    values = {"systolic": systolic, "diastolic": diastolic}
    return story.monitor(at=at, **values, **({"mean_pressure": mean} if mean is not None else {}))


def test_cuff_value_sent_again_with_new_times_is_one_measurement():
    story = begun()
    for number in range(400):
        cuff(story, 20 + number / 60, 185, 95)
    assert "hypertension-severe-lasting" not in raised(story, 27)
    assert story.state(27).value("systolic").age_seconds == 420


def test_cuff_that_measured_the_same_again_after_five_minutes_is_two_measurements():
    story = cuff(cuff(begun(), 20, 185, 95), 25, 185, 95)
    assert "hypertension-severe-lasting" in raised(story, 25)
    assert story.state(25.5).value("systolic").age_seconds == 30


def test_cuff_that_only_repeats_itself_is_a_lost_signal():
    story = begun()
    for number in range(0, 16 * 60, 10):
        cuff(story, 20 + number / 60, 122, 78)
    lost = {one.rule for one in story.state(35.1).alarms}
    assert "signal_lost:systolic" in lost
    assert "signal_lost:systolic" not in {one.rule for one in story.state(34.9).alarms if one.is_holding}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((206, 198, None), "206/198 mmHg lie too close together"),
        ((230, 60, None), "230/60 mmHg lie too far apart"),
        ((210, 100, 220), "a mean of 220 mmHg does not lie within 210/100"),
        ((210, 100, 90), "a mean of 90 mmHg does not lie within 210/100"),
    ],
)
def test_pressure_that_cannot_be_asks_for_a_repeat_at_once_and_its_alarm_waits(values, why):
    story = cuff(begun(), 20, *values)
    assert raised(story, 20) == {"cuff_doubtful"}
    alarm = next(one for one in story.state(20).alarms if one.rule == "cuff_doubtful")
    assert (alarm.priority, alarm.says, alarm.action) == (
        "low",
        f"Doubtful blood pressure: {why}",
        "Measure again now.",
    )
    # Beyond the limit on its own, it is marked so from the first moment.
    assert story.state(20).value("systolic").beyond == "high"


def test_doubtful_pressure_that_is_not_repeated_stands_after_ninety_seconds():
    story = cuff(begun(), 20, 230, 60)
    assert "hypertension-extreme" not in raised(story, 20 + 89 / 60)
    assert "hypertension-extreme" in raised(story, 20 + 90 / 60)


def test_doubtful_pressure_stands_even_where_the_cuff_measures_every_minute_and_then_falls_silent():
    story = cuff(cuff(cuff(begun(), 18, 130, 80), 19, 131, 80), 20, 230, 60)
    assert "hypertension-extreme" in raised(story, 20 + 90 / 60)


def test_repeat_that_agrees_raises_the_alarm_at_once():
    story = cuff(cuff(begun(), 20, 230, 60), 20.75, 206, 110)
    assert "hypertension-extreme" in raised(story, 20.75)


def test_repeat_that_is_normal_takes_the_doubtful_one_away():
    story = cuff(cuff(begun(), 20, 230, 60), 20.75, 128, 80)
    assert about_patient(story, 23) == set()
    assert not next(one for one in story.state(23).all_alarms if one.rule == "cuff_doubtful").is_active


def test_doubtful_normal_pressure_ends_no_alarm():
    story = cuff(cuff(begun(), 20, 210, 110), 22, 130, 125)
    assert next(one for one in story.state(23).all_alarms if one.rule == "hypertension-extreme").is_holding


def jumping(pulse: float) -> Story:
    story = begun().monitor(at=19.9, pulse=70, site="ecg")
    story = cuff(story, 20, 128, 80).monitor(at=24.9, pulse=pulse, site="ecg")
    return cuff(story, 25, 205, 100)


def test_lone_jump_that_the_pulse_does_not_share_waits_and_one_that_it_shares_does_not():
    assert about_patient(jumping(pulse=72), 25.1) == set()
    assert "hypertension-extreme" in raised(jumping(pulse=72), 26.5)
    assert "hypertension-extreme" in raised(jumping(pulse=95), 25)


def test_return_from_a_lone_jump_is_a_plain_measurement():
    story = jumping(pulse=72).monitor(at=25.9, pulse=71, site="ecg")
    story = cuff(story, 26, 130, 80)
    assert not next(one for one in story.state(26).all_alarms if one.rule == "cuff_doubtful").is_active
    assert about_patient(story, 28) == set()


def test_without_a_pulse_nothing_speaks_against_a_jump():
    assert "hypertension-extreme" in raised(cuff(cuff(begun(), 20, 128, 80), 25, 205, 100), 25)


# Arterial line


def test_flushed_line_is_no_crisis_and_a_flat_low_line_is_no_flush():
    line = begun()
    for number in range(10):
        at = 20 + number / 60
        line.monitor(at=at, site="line", systolic=210 + number % 2, diastolic=209, mean_pressure=210)
    assert raised(line, 20.2) == {"line_flush"}
    low = begun().monitor(at=20, site="line", systolic=42, diastolic=40, mean_pressure=41)
    assert "cuff_doubtful" in raised(low, 20)
    assert {"pressure-low", "pressure-very-low"} <= raised(low, 21.5)


def test_flat_line_that_lasts_is_believed_after_a_minute():
    line = begun()
    for number in range(160):
        at = 20 + number / 60
        line.monitor(at=at, site="line", systolic=210 + number % 2, diastolic=209, mean_pressure=210)
    assert "hypertension-extreme" in raised(line, 22.7)


# Whatever the artefact


@pytest.mark.parametrize("found", [protocol("iv-racemic-standard", "2"), protocol("iv-racemic-oxford-weekly", "2")])
def test_stated_delays_are_those_that_the_figures_give(found):
    delays = {one.id: one.delays_at_most_seconds for one in found.artefacts}
    assert delays == {
        "probe_off": figure("artefacts", "probe_off_said_stands_for").value,
        "cuff_repeat": 0,
        "cuff_doubtful": figure("artefacts", "pressure_waits_for_repeat").value,
        "line_flush": figure("artefacts", "flush_lasts_at_most").value,
    }


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(60, 190), st.integers(30, 120), st.sampled_from([None, 60, 150])), max_size=6),
    st.integers(201, 260),
    st.integers(40, 200),
    st.integers(60, 110),
)
def test_extreme_pressure_is_alarmed_within_its_time_whatever_came_before(before, systolic, diastolic, pulse):
    """The cuff measures each minute; from minute 30 on every reading is extreme, however odd it looks."""
    story = begun()
    for number, (top, bottom, mean) in enumerate(before):
        cuff(story.monitor(at=24 + number - 0.1, pulse=pulse, site="ecg"), 24 + number, top, bottom, mean)
    story.monitor(at=29.9, pulse=pulse, site="ecg")
    cuff(story, 30, systolic, diastolic)
    alarms = session_state(story.events, minute(31.5)).all_alarms
    extreme = [one for one in alarms if one.rule == "hypertension-extreme"]
    assert extreme
    assert all(one.raised_at <= minute(31.5) for one in extreme)


def test_first_version_tells_no_artefact():
    story = running()
    for number in range(30):
        cuff(story, 20 + number / 60, 210, 205 - number)
        cuff(story, 21 + number / 60, 185, 95)
    seconds(story, 22, 15, saturation=0, oximeter=0)
    assert {"oxygen-very-low", "hypertension-extreme"} <= raised(story, 22.5)
    assert raised(story, 22.5) & {"probe_off", "cuff_doubtful", "line_flush"} == set()
    assert story.state(22).value("systolic").age_seconds == 31
