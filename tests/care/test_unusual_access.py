"""Unusual looks: a shared name, many patients in a short time, many refusals. Expected values are worked by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.care.unusual_access import Look, Sign, same_name, unusual

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = {1: "Maya Okafor", 2: "Jo Sparrow-Lane"}


def looks(
    count: int, minutes_apart: float, person: int = 1, first: datetime = NOON, from_patient: int = 100
) -> list[Look]:
    return [
        Look(first + timedelta(minutes=minutes_apart * number), person, from_patient + number)
        for number in range(count)
    ]


def signs(found: list[Look], families: dict[int, str] | None = None) -> list[tuple[Sign, int, int]]:
    return [(one.sign, one.person, one.count) for one in unusual(found, names=NAMES, family_names=families or {})]


@pytest.mark.parametrize(
    ("name", "family", "shared"),
    [
        ("Maya Okafor", "Okafor", True),
        ("Maya Okafor", "OKAFOR", True),
        ("Jo Sparrow-Lane", "Lane", True),
        ("Jo Sparrow", "Sparrow-Lane", True),
        ("Maya Okafor", "Okaf", False),
        ("Maya Okafor", "Sample", False),
        ("", "", False),
    ],
)
def test_name_is_shared_where_a_whole_word_of_it_is(name, family, shared):
    assert same_name(name, family) is shared


def test_look_at_a_namesake_is_told_once_with_how_often():
    found = looks(3, 0, from_patient=7)
    again = [Look(NOON + timedelta(days=2), 1, 7)]
    assert signs([*found, *again], {7: "Okafor", 8: "Okafor", 9: "Sample"}) == [
        (Sign.SAME_NAME, 1, 2),
        (Sign.SAME_NAME, 1, 1),
    ]


@pytest.mark.parametrize(
    ("count", "apart", "told"),
    [(39, 0.1, []), (40, 0.1, [40]), (40, 60 / 39, [40]), (40, 61 / 39, []), (80, 60 / 39, [40, 40]), (55, 0.5, [55])],
)
def test_forty_different_patients_within_an_hour_are_many(count, apart, told):
    assert [number for _, _, number in signs(looks(count, apart))] == told


def test_same_patient_often_is_not_many_patients_and_two_people_do_not_add_up():
    often = [Look(NOON + timedelta(seconds=number), 1, 100) for number in range(200)]
    assert signs(often) == []
    assert signs([*looks(20, 1), *looks(20, 1, person=2, from_patient=200)]) == []


def test_two_busy_hours_a_day_apart_are_told_apart():
    both = [*looks(45, 1), *looks(50, 1, first=NOON + timedelta(days=1))]
    assert signs(both) == [(Sign.MANY_PATIENTS, 1, 50), (Sign.MANY_PATIENTS, 1, 45)]


@pytest.mark.parametrize(("count", "told"), [(9, []), (10, [10]), (25, [25])])
def test_ten_refusals_of_one_person_in_a_day_are_many(count, told):
    refused = [Look(NOON + timedelta(minutes=number), 1, None, refused=True) for number in range(count)]
    assert [number for _, _, number in signs(refused)] == told


@settings(max_examples=25)
@given(st.permutations(looks(42, 1) + looks(3, 2, person=2, from_patient=300)))
def test_order_in_which_looks_are_told_changes_nothing(shuffled):
    families = {301: "Lane"}
    in_order = looks(42, 1) + looks(3, 2, person=2, from_patient=300)
    assert signs(shuffled, families) == signs(in_order, families)
