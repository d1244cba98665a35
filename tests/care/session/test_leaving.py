"""May the patient leave?"""

import pytest

from glimmer.care.session.events import LeavingChecked, LeavingOverridden
from glimmer.care.session.leaving import leaving_states, may_leave
from glimmer.care.session.log import fold
from glimmer.guidance.protocol import protocol
from glimmer.vocabulary.verdict import Verdict
from tests.support.story import CALM, Story, minute, running

PROTOCOL = protocol("iv-racemic-standard", "1")
ASKED = [check.id for check in PROTOCOL.leaving if not check.measured]
ENDED = 55


def recovered(
    at: float = ENDED + 121,
    escorted: bool = False,
    without: str = "",
    sedation: int = 5,
    dissociation: int = 0,
    **values,
) -> Story:
    story = running().completes(at=ENDED)
    story.nurse_observes(at=at - 1, facts={"sedation": sedation, "dissociation": dissociation}, **{**CALM, **values})
    for criterion in ASKED:
        if criterion != without and criterion != "escorted":
            story.tell(LeavingChecked(criterion, "yes"), at=at - 1)
    return story.tell(LeavingChecked("escorted", "yes" if escorted else "no"), at=at - 1)


def leave(story: Story, at: float = ENDED + 121) -> Verdict:
    return may_leave(fold(story.events), PROTOCOL, minute(at))


def state_of(story: Story, criterion: str, at: float = ENDED + 121) -> str:
    states = leaving_states(fold(story.events), PROTOCOL, minute(at))
    return next(state.state for state in states if state.check.id == criterion)


def test_recovered_patient_may_leave():
    assert leave(recovered()).reasons == ()


def test_escorted_patient_stays_an_hour_and_a_lone_one_two_hours():
    for after, escorted, may in [(59, True, False), (60, True, True), (119, False, False), (120, False, True)]:
        story = recovered(at=ENDED + after, escorted=escorted)
        assert leave(story, at=ENDED + after).allowed is may, (after, escorted)


def test_patient_counts_as_alone_until_somebody_says_otherwise():
    story = running().completes(at=ENDED)
    assert state_of(story, "minimum_stay", at=ENDED + 90) == "not met"


@pytest.mark.parametrize("criterion", [criterion for criterion in ASKED if criterion != "escorted"])
def test_unanswered_criterion_keeps_the_patient_here(criterion: str):
    assert state_of(recovered(without=criterion), criterion) == "unknown"
    assert not leave(recovered(without=criterion)).allowed


def test_pressure_far_from_the_patients_own_baseline_keeps_them_here():
    # Baseline 122/78; the modified Aldrete score gives full marks within 20 mmHg.
    assert state_of(recovered(systolic=142), "vitals") == "met"
    assert state_of(recovered(systolic=143), "vitals") == "not met"
    assert state_of(recovered(systolic=101), "vitals") == "not met"


def test_low_saturation_keeps_the_patient_here():
    assert state_of(recovered(spo2=94), "vitals") == "met"
    assert state_of(recovered(spo2=93), "vitals") == "not met"


def test_vitals_from_before_the_end_of_the_infusion_decide_nothing():
    story = running().monitor(at=54, **CALM).completes(at=ENDED)
    assert state_of(story, "vitals", at=ENDED + 10) == "unknown"


def test_old_vitals_decide_nothing():
    assert state_of(recovered(at=ENDED + 60), "vitals", at=ENDED + 91) == "unknown"


def test_patient_below_full_wakefulness_stays_and_nobody_can_override_it():
    story = recovered(sedation=4)
    assert state_of(story, "awake") == "not met"
    story.tell(LeavingOverridden("awake", "Wants to go"), at=ENDED + 120.5)
    assert not leave(story).allowed


def test_wakefulness_that_nobody_recorded_is_unknown():
    assert state_of(running().completes(at=ENDED).monitor(at=170, **CALM), "awake") == "unknown"


def test_lasting_dissociation_keeps_the_patient_until_a_psychiatrist_overrides_it():
    story = recovered(dissociation=5)
    assert state_of(story, "dissociation") == "not met"
    story.tell(LeavingOverridden("dissociation", "Usual for her"), at=ENDED + 120.5, by="Idris Penhallow, psychiatrist")
    verdict = leave(story)
    assert verdict.allowed
    assert any("Idris Penhallow" in caution for caution in verdict.cautions)


def test_patient_does_not_leave_while_the_infusion_runs():
    assert leave(running()).reasons == ("A patient leaves after recovery. The session stands at: infusion running.",)
