"""An infusion whose end was marked as wrong ran on: what was answered about the patient before counts no more."""

from glimmer.care.session.events import LeavingChecked, LeavingOverridden
from glimmer.care.session.leaving import is_escorted, leaving_states
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import protocol
from tests.support.story import PSYCHIATRIST, Story, minute, running

PROTOCOL = protocol("iv-racemic-standard", "1")


def ended_answered_and_ended_again() -> Story:
    story = running().completes(at=30)
    wrong = story.seq
    story.tell(LeavingChecked("walks", "yes"), at=31).tell(LeavingChecked("escorted", "yes"), at=31)
    story.tell(LeavingOverridden("minimum_stay", "Lives next door."), at=32, by_id=PSYCHIATRIST)
    return story.corrects(wrong, at=33).completes(at=60)


def states(story: Story, at: float) -> dict:
    return {state.check.id: state for state in leaving_states(fold(story.events), PROTOCOL, minute(at))}


def test_answer_from_before_the_true_end_is_asked_again():
    assert states(ended_answered_and_ended_again(), at=130)["walks"].state == "unknown"
    assert not is_escorted(fold(ended_answered_and_ended_again().events))


def test_override_from_before_the_true_end_lets_nobody_leave():
    assert not states(ended_answered_and_ended_again(), at=61)["minimum_stay"].lets_pass


def test_answer_given_after_the_true_end_counts():
    story = ended_answered_and_ended_again().tell(LeavingChecked("walks", "yes"), at=120)
    assert states(story, at=130)["walks"].state == "met"
