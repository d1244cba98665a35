"""The cast itself: patients stand where the tests believe they stand."""

import nhs_number
import pytest

from tests.support.cast import NHS_NUMBERS, STEPS, an_episode, first_appointment, make_cast


@pytest.fixture
def cast(db):
    return make_cast()


def test_every_patient_has_a_valid_number_of_the_range_kept_for_tests():
    assert all(nhs_number.is_valid(number) and number.startswith("999") for number in NHS_NUMBERS)
    assert len(set(NHS_NUMBERS)) == len(NHS_NUMBERS)


@pytest.mark.parametrize("step", STEPS)
def test_patient_walked_to_a_step_stands_there(cast, step):
    assert an_episode(cast, at=step).step == step


def test_ten_patients_can_be_in_the_chair_on_one_day(cast):
    appointments = [first_appointment(an_episode(cast, at="session", patient=number)) for number in range(10)]
    assert len({appointment.bay_id for appointment in appointments}) == 10
