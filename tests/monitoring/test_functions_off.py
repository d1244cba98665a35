"""Off means off: with a function switched off nothing is raised, judged or compared, and the state says so."""

from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.session.checks import may_start
from glimmer.care.session.events import AlarmRaised, DeviceAlarm, FunctionsSwitched, from_body, to_body
from glimmer.care.session.functions import functions_of
from glimmer.care.session.leaving import may_leave
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import protocol
from glimmer.monitoring.sound import SILENCE
from glimmer.monitoring.state import as_received, new_alarms, session_state
from glimmer.vocabulary.functions import ALL_ON, Function, Functions
from glimmer.vocabulary.verdict import Verdict
from tests.support.story import CALM, Story, minute

DANGER = {"spo2": 80, "systolic": 210, "diastolic": 125, "pulse": 30, "respiratory_rate": 5}
ALARMS_OFF = Functions(dose_arithmetic=True, alarms=False, prediction=False)


def in_danger(story: Story, first: int, last: int) -> Story:
    """A monitor that shows five dangers at once, twice a minute."""
    for half in range(2 * first, 2 * last):
        story.monitor(at=half / 2, **DANGER)
    return story


def running(alarms: bool = True, dose_arithmetic: bool = True) -> Story:
    story = Story().opens().switches(0, alarms=alarms, dose_arithmetic=dose_arithmetic)
    return story.prepares(at=1).second_checks(at=2).starts(at=15)


def test_the_same_danger_alarms_with_alarms_on_and_not_with_alarms_off():
    on, off = in_danger(running(), 16, 30).state(30), in_danger(running(alarms=False), 16, 30).state(30)
    assert len(on.alarms) > 3
    assert (off.alarms, off.all_alarms, off.sound, off.rounds, off.signals) == ((), (), SILENCE, (), ())
    assert off.functions == ALARMS_OFF
    assert new_alarms(off, fold(in_danger(running(alarms=False), 16, 30).events)) == ()


def test_with_alarms_off_a_value_has_its_age_and_no_judgement():
    state = in_danger(running(alarms=False), 16, 18).state(20)
    spo2 = state.value("spo2")
    assert (spo2.reading.value, spo2.age_seconds, spo2.beyond, spo2.why_unfit, spo2.rise) == (80, 150, "", "", None)
    assert all(not value.is_beyond for value in state.values)


def test_a_log_without_a_switch_is_older_than_the_switches_and_all_is_on():
    story = in_danger(Story().opens().prepares(at=1).second_checks(at=2).starts(at=15), 16, 30)
    assert story.state(30).functions == ALL_ON
    assert story.state(30).alarms


def test_switching_off_silences_at_once_and_switching_on_raises_what_still_lasts_from_then_on():
    story = in_danger(running(), 16, 20).switches(20, alarms=False)
    assert story.state(20.5).alarms == ()
    in_danger(story, 21, 30).switches(30, alarms=True)
    in_danger(story, 31, 33)
    alarms = session_state(story.events, minute(33)).alarms
    assert alarms
    # Of what was never shown before the switch, nothing is said to have been raised while alarms were off.
    assert all(alarm.raised_at < minute(20) or alarm.raised_at >= minute(30) for alarm in alarms)


def test_a_danger_that_came_and_went_while_alarms_were_off_is_no_alarm_afterwards():
    story = running(alarms=False)
    in_danger(story, 16, 20)
    for half in range(40, 60):
        story.monitor(at=half / 2, **{key: value for key, value in CALM.items() if key != "temperature"})
    story.switches(28, alarms=True)
    rules = {alarm.rule.partition(":")[0] for alarm in story.state(30).alarms}
    assert not {rule for rule in rules if rule.startswith("spo2")}


def test_what_was_shown_before_alarms_were_switched_off_stays_in_the_record():
    story = in_danger(running(), 16, 20)
    raised = new_alarms(story.state(20), fold(story.events))
    for one in raised:
        story.tell(one, at=20, by="Glimmer", by_id=None)
    story.switches(21, alarms=False)
    state = story.state(22)
    assert state.alarms == ()
    assert {alarm.key for alarm in state.all_alarms} == {one.key for one in raised}


def test_a_device_s_own_alarm_is_not_ranked_while_alarms_are_off():
    alarm = DeviceAlarm("bay-1-monitor", "196652", "Apnoea", phase="start", state="active", priority="PH")
    assert running().tell(alarm, at=16).state(17).alarms
    assert running(alarms=False).tell(alarm, at=16).state(17).alarms == ()


def test_what_a_person_told_is_shown_though_alarms_are_off_but_sounds_no_tone():
    told = AlarmRaised("consent-withdrawn@now", "consent-withdrawn", "high", "Consent withdrawn.", "Stop the infusion.")
    state = running(alarms=False).tell(told, at=16, by="Glimmer", by_id=None).state(17)
    assert [alarm.says for alarm in state.alarms] == ["Consent withdrawn."]
    assert state.sound == SILENCE


def test_with_dose_arithmetic_off_the_pump_is_compared_with_nothing():
    def too_fast(story: Story) -> Story:
        for at in range(16, 26):
            story.monitor(at=at, infusion_rate=400)
        return story

    on, off = too_fast(running()).state(26), too_fast(running(dose_arithmetic=False)).state(26)
    assert "pump_too_fast" in {alarm.rule for alarm in on.alarms}
    assert not [alarm for alarm in off.alarms if alarm.rule.startswith("pump")]
    assert off.value("infusion_rate").beyond == ""
    assert off.value("infusion_rate").reading.value == 400
    assert (off.clock.expected_volume_ml, on.clock.expected_volume_ml is None) == (None, False)


def test_with_alarms_off_a_measured_check_becomes_a_question_to_a_person():
    story = Story().opens().switches(0, alarms=False)
    for check in protocol("iv-racemic-standard").checks_before:
        if not check.measured:
            story.answers(check.id, check.wanted, at=1)
    story.prepares(at=2).second_checks(at=3)
    state = story.state(4)
    open_ones = [one for one in state.checks if not one.lets_pass]
    assert {one.check.measured for one in open_ones} == {"blood_pressure_before", "observations_before"}
    assert not any(one.measured for one in open_ones)
    for one in open_ones:
        story.answers(one.check.id, "yes", at=5)
    verdict = may_start(fold(story.events), protocol("iv-racemic-standard"), Verdict(), minute(6))
    assert verdict.allowed
    assert any("Alarms are off in Glimmer" in words for words in verdict.cautions)


def test_a_person_s_no_to_such_a_question_stops_the_start():
    story = Story().opens().switches(0, alarms=False).answers("blood_pressure", "no", at=1)
    reasons = may_start(fold(story.events), protocol("iv-racemic-standard"), Verdict(), minute(2)).reasons
    assert any("Let the patient rest, and repeat" in words for words in reasons)


def test_with_alarms_off_the_stay_is_still_counted_by_the_clock():
    story = running(alarms=False).completes(at=55)
    reasons = may_leave(fold(story.events), protocol("iv-racemic-standard"), minute(56)).reasons
    assert any("stays at least" in words for words in reasons)
    assert any(words.startswith("Not answered yet: Fully awake") for words in reasons)


def test_a_replay_shows_what_was_on_at_that_moment():
    story = in_danger(running(), 16, 20).switches(20, alarms=False)
    in_danger(story, 21, 25)
    before = session_state(as_received(story.events, minute(19.9)), minute(19.9))
    after = session_state(story.events, minute(25))
    assert (before.functions.alarms, bool(before.alarms)) == (True, True)
    assert (after.functions.alarms, after.alarms) == (False, ())


def test_a_switch_cannot_be_taken_back_by_a_correction():
    story = Story().opens().switches(0, alarms=False)
    story.corrects(story.seq, at=1)
    assert functions_of(fold(story.events)) == ALARMS_OFF


def test_the_event_is_stored_and_read_back_whole():
    what = FunctionsSwitched(alarms=False, dose_arithmetic=True, prediction=False, signed_by="Dr Wilf Tarrant")
    assert from_body(what.kind, to_body(what)) == what


def test_the_line_of_every_page_names_each_function_once():
    assert Functions.of([]).says == "Functions on: none. Off: dose arithmetic, alarms, prediction."
    assert Functions.of(["alarms", "dose_arithmetic"]).says == "Functions on: dose arithmetic, alarms. Off: prediction."
    assert all(ALL_ON.is_on(function) for function in Function)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "systolic": st.integers(60, 250),
        "diastolic": st.integers(30, 140),
        "pulse": st.integers(0, 220),
        "spo2": st.integers(50, 100),
        "respiratory_rate": st.integers(0, 60),
        "infusion_rate": st.sampled_from([0.0, 75.0, 400.0]),
        "volume_infused": st.sampled_from([10.0, 90.0]),
    },
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 90), VALUES), max_size=40), st.integers(0, 95), st.integers(0, 60))
def test_with_alarms_off_there_is_no_alarm_whatever_the_readings(told, now, switched):
    story = running().switches(switched, alarms=False)
    for at, values in told:
        if values:
            story.monitor(at=at, **values)
    state = story.state(now)
    assert state.alarms == ()
    assert state.sound == SILENCE
    assert not any(value.is_beyond or value.why_unfit for value in state.values)
    assert new_alarms(state, fold(story.events)) == ()
