"""Staffing: a nurse for three patients, and somebody who can resuscitate (clinical facts, section 1, P)."""

from datetime import date

from glimmer.scheduling.staffing import Duty, lacks
from glimmer.scheduling.wall import wall

DAY = date(2026, 3, 16)


def at(hour, minute=0):
    return wall(DAY, 60 * hour + minute)


def duty(person, role, begins=9, ends=17, *skills):
    return Duty(person, role, at(begins), at(ends), frozenset(skills))


def patients(count, begins=10, ends=12):
    return [(at(begins), at(ends))] * count


def test_one_nurse_and_a_doctor_are_enough_for_three_patients_and_not_for_four():
    there = [duty(1, "nurse"), duty(2, "psychiatrist")]
    assert lacks(there, at(10), at(12), patients(3)) == ()
    (words,) = lacks(there, at(10), at(12), patients(4))
    assert "1 nurse for 4 patients at once" in words


def test_nurse_with_advanced_life_support_stands_in_for_the_doctor_but_immediate_life_support_does_not():
    assert lacks([duty(1, "nurse", 9, 17, "advanced_life_support")], at(10), at(12), patients(1)) == ()
    (words,) = lacks([duty(1, "nurse", 9, 17, "immediate_life_support")], at(10), at(12), patients(1))
    assert "no doctor" in words


def test_lack_that_begins_in_the_middle_is_found_with_its_time():
    there = [duty(1, "nurse", 9, 11), duty(2, "psychiatrist")]
    (words,) = lacks(there, at(10), at(12), patients(1))
    assert "no nurse for 1 patient" in words
    assert "from 11:00" in words


def test_handover_without_a_gap_is_no_lack():
    there = [duty(1, "nurse", 9, 11), duty(3, "nurse", 11, 17), duty(2, "psychiatrist")]
    assert lacks(there, at(10), at(12), patients(3)) == ()


def test_one_person_with_two_shifts_counts_once():
    there = [duty(1, "nurse"), duty(1, "nurse"), duty(2, "psychiatrist")]
    assert lacks(there, at(10), at(12), patients(4)) != ()
