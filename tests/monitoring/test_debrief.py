"""Looking back on a training session: each part of the model answer in time, late, missed or not due yet."""

import pytest

from glimmer.care.session.events import AlarmAcknowledged, AlarmRaised, InfusionPaused, NoteWritten, SideEffectRecorded
from glimmer.guidance import GuidanceError
from glimmer.guidance.training_cases import read_case, training_cases
from glimmer.guidance.virtual_scripts import scripts
from glimmer.monitoring.debrief import Verdict, debrief
from tests.support.story import Story, minute, running

FAINT = training_cases()["faint"]
# The infusion of `running` starts at minute 15; the faint begins 4 minutes later, and can be seen 2.5 after that.
SEEN = 15 + 4 + 2.5


def verdicts(story: Story, at: float, case: str = "faint") -> dict[str, str]:
    found = debrief(training_cases()[case], story.events, minute(at))
    return {row.answer.id: row.verdict.value for row in found.rows}


def alarmed(at: float = SEEN) -> Story:
    return running().tell(AlarmRaised("k1", "pulse-very-slow", "high", "Pulse 36", "Look"), at)


def test_everything_done_in_time_is_scored_so():
    story = alarmed().tell(AlarmAcknowledged("k1", "looking"), SEEN + 1)
    story.nurse_observes(at=SEEN + 2, systolic=80, pulse=36)
    story.tell(InfusionPaused("faint"), SEEN + 3).tell(SideEffectRecorded("Faint", "moderate", "observed"), SEEN + 10)
    found = debrief(FAINT, story.events, minute(60))
    assert [row.verdict for row in found.rows] == [Verdict.IN_TIME] * 4
    assert found.says == "4 of 4 in time."
    assert [row.minutes for row in found.rows] == pytest.approx([1, 2, 3, 10])
    assert found.rows[0].due == minute(SEEN + 3)


def test_late_missed_and_waiting_are_told_apart():
    story = alarmed().tell(AlarmAcknowledged("k1", ""), SEEN + 3.1)
    assert verdicts(story, SEEN + 4) == {
        "acknowledge": "late",
        "measure": "not due yet",
        "pause": "not due yet",
        "effect": "not due yet",
    }
    assert verdicts(story, SEEN + 6)["measure"] == "not done"


def test_what_was_done_before_the_danger_or_for_another_alarm_does_not_count():
    story = alarmed(SEEN).tell(InfusionPaused("toilet"), SEEN - 2)
    story.tell(AlarmRaised("k2", "signal_lost:spo2", "low", "", ""), SEEN).tell(AlarmAcknowledged("k2", ""), SEEN + 1)
    found = verdicts(story, 60)
    assert (found["pause"], found["acknowledge"]) == ("not done", "not done")


def test_whoever_is_quicker_than_can_be_expected_has_done_it():
    story = running().tell(AlarmRaised("k1", "pressure-low", "high", "Pressure 84", "Look"), SEEN - 1.2)
    story.tell(AlarmAcknowledged("k1", "Paused, legs up"), SEEN - 1).tell(InfusionPaused("pale"), SEEN - 0.9)
    found = debrief(FAINT, story.events, minute(60))
    assert [row.verdict for row in found.rows if row.answer.id in ("acknowledge", "pause")] == [Verdict.IN_TIME] * 2
    assert [row.minutes for row in found.rows if row.done] == pytest.approx([-1, -0.9])
    # A pause that was over again before the danger held nothing back.
    assert verdicts(story.resumes(SEEN - 0.1), 60)["pause"] == "not done"
    assert verdicts(story.tell(InfusionPaused("fainted"), SEEN + 2), 60)["pause"] == "in time"


@pytest.mark.parametrize(
    ("case", "answer", "written", "counts"),
    [
        ("line", "note", "Obs at baseline, flushed with saline", False),
        ("line", "note", "The line had come apart", True),
        ("line", "note", "Sheet is wet", True),
        ("pressure", "doctor", "Drowsy; drug chart seen", False),
        ("pressure", "doctor", "Rang Dr. Penhallow", True),
    ],
)
def test_word_inside_another_word_is_none(case, answer, written, counts):
    began = 15 + training_cases()[case].begins_at
    story = running().tell(NoteWritten(written), began + 6)
    assert (verdicts(story, 90, case)[answer] == "in time") is counts


def test_what_was_corrected_does_not_count():
    story = alarmed().tell(InfusionPaused("wrong patient"), SEEN + 1)
    assert verdicts(story, 60)["pause"] == "in time"
    story.corrects(story.seq, at=SEEN + 2)
    assert verdicts(story, 60)["pause"] == "not done"


def test_words_are_found_in_whatever_was_written_and_only_the_right_ones():
    story = running().tell(NoteWritten("All well"), 15 + 8 + 3)
    assert verdicts(story, 60, "pressure")["doctor"] == "not done"
    story.tell(NoteWritten("Told DR Penhallow"), 15 + 8 + 4)
    assert verdicts(story, 60, "pressure")["doctor"] == "in time"


def test_quiet_session_is_right_without_a_pause_and_wrong_with_one():
    assert verdicts(running(), 30, "calm")["no_pause"] == "not due yet"
    assert verdicts(running(), 60, "calm")["no_pause"] == "in time"
    assert verdicts(running().tell(InfusionPaused("fright"), 25), 60, "calm")["no_pause"] == "not done"


def test_infusion_that_never_began_is_nothing_to_look_back_on():
    found = debrief(FAINT, Story().opens().events, minute(60))
    assert (found.rows, found.script_from) == ((), None)
    assert "has not begun" in found.says


@pytest.mark.parametrize("case", training_cases().values(), ids=lambda case: case.id)
def test_each_case_has_a_script_and_answers_that_can_be_given(case):
    assert case.script in scripts()
    assert case.answers
    for answer in case.answers:
        # Within the usual infusion and the watch after it.
        assert answer.within > 0
        assert case.begins_at + answer.begins + answer.within <= 100
        assert (answer.kind != "words") or answer.words == tuple(word.casefold() for word in answer.words)
        assert (answer.kind != "alarm") or answer.rules


def test_case_that_is_not_as_it_must_be_is_refused_in_words():
    whole = {"id": "x", "version": 1, "title": "X", "scene": "", "script": "calm", "begins_at": 0, "seed": 1}
    of = {"source": "ours", "evidence": "proposal"}
    with pytest.raises(GuidanceError, match="answers"):
        read_case(whole, of)
    with pytest.raises(GuidanceError, match="no script 'party'"):
        read_case(whole | {"answers": [], "script": "party"}, of)
    with pytest.raises(GuidanceError, match="'dance' is none of"):
        read_case(whole | {"answers": [{"kind": "dance"}]}, of)
