"""Ketamine to take at home: what the law asks of a prescription, and what may be supplied on it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from glimmer.care.supplies import (
    Collection,
    Event,
    Happened,
    Prescription,
    days_early,
    in_words,
    is_at_home,
    judge_prescription,
    judge_return,
    judge_supply,
)
from glimmer.guidance import protocol
from glimmer.vocabulary.verdict import Verdict

DAY = date(2026, 11, 2)
# 50 mg every 3 days for 30 days: 10 doses of 5 mL at 10 mg/mL, half a bottle of 100 mL.
ORDER = Prescription(
    drug="Ketamine (racemic)",
    form="oral solution",
    strength_mg_per_ml=10,
    container_ml=50,
    dose_mg=50,
    every_days=3,
    days=30,
    total_ml=50,
    directions="50 mg (5 mL) by mouth every third day",
    starts_on=DAY,
    signed_on=DAY,
    patient_name="Amina Sample",
    patient_address="1 Sample Street, Exampleton",
    prescriber="Dr Idris Penhallow",
    registration="GMC 0000001",
    prescriber_address="Glimmer demonstration clinic",
    plan_route=protocol("oral-racemic-maintenance").route,
)
SEEN = Collection("patient", "", True, True)


def reasons(**changed: Any) -> str:
    return " ".join(judge_prescription(replace(ORDER, **changed), (), Verdict()).reasons)


def test_whole_prescription_may_be_signed() -> None:
    assert reasons() == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        # Community Pharmacy England: name and address, dose, total in words and figures, signature and address, date.
        ({"patient_address": " "}, "patient's name and address"),
        ({"registration": ""}, "registration number"),
        ({"prescriber_address": ""}, "clinic's address"),
        ({"directions": "As directed"}, "“as directed” alone is not a dose"),
        ({"starts_on": DAY - timedelta(days=1)}, "before the day on which it is signed"),
        ({"total_ml": 50.5}, "whole millilitres"),
        ({"total_ml": 60}, "multiple of 50 mL"),
        ({"total_ml": 100}, "the total is 50 mL"),
        ({"days": 0}, "for how many days"),
        ({"days": 31, "total_ml": 100}, "More than 30 days' supply"),
        ({"plan_route": protocol("iv-racemic-standard").route}, "not for the drug by mouth"),
        # The used range ends at 300 mg (Andrade oral 2019); a dose in the clinic is never a larger one at home.
        ({"dose_mg": 310, "total_ml": 350}, "More than 300 mg"),
        ({"plan_dose_mg": 75}, "The plan in force is for 75 mg"),
    ],
)
def test_what_the_law_or_good_practice_asks_for_is_named(changed: dict[str, Any], words: str) -> None:
    assert words in reasons(**changed)


def test_longer_supply_and_another_route_need_a_reason_alone() -> None:
    assert reasons(days=31, total_ml=100, reason="Travels to the islands for six weeks.") == ""
    assert reasons(plan_route="", reason="Decided at the team meeting.") == ""


def test_no_reason_lets_a_dose_beyond_the_range_be_taken_at_home() -> None:
    assert "More than 300 mg" in reasons(dose_mg=310, total_ml=350, reason="Agreed at the meeting.")
    assert reasons(plan_dose_mg=75, reason="Stepped down after nausea.") == ""


def test_early_prescription_needs_a_reason() -> None:
    last = replace(ORDER, starts_on=DAY - timedelta(days=25), signed_on=DAY - timedelta(days=25))
    # The last one lasts until day 29 after its start: four days into this one.
    assert days_early(ORDER, (last,)) == 5
    assert "5 days longer" in " ".join(judge_prescription(ORDER, (last,), Verdict()).reasons)
    later = replace(last, starts_on=DAY - timedelta(days=30))
    assert days_early(ORDER, (later,)) == 0
    assert judge_prescription(ORDER, (later,), Verdict()).allowed


def test_what_holds_the_next_session_holds_the_supply_as_well() -> None:
    held = Verdict(("Long-term safety, bladder: blood seen.",))
    assert not judge_prescription(ORDER, (), held).allowed


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (14, "fourteen"),
        (20, "twenty"),
        (50, "fifty"),
        (85, "eighty-five"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (250, "two hundred and fifty"),
        (1000, "one thousand"),
        (1005, "one thousand and five"),
        (2350, "two thousand three hundred and fifty"),
        (999_999, "nine hundred and ninety-nine thousand nine hundred and ninety-nine"),
    ],
)
def test_total_is_written_in_words(number: int, words: str) -> None:
    assert in_words(number) == words


def test_total_stands_in_words_and_figures() -> None:
    assert ORDER.quantity == "fifty (50) millilitres"


@given(some.integers(0, 999_999), some.integers(0, 999_999))
def test_no_two_totals_are_written_alike(one: int, other: int) -> None:
    assert (in_words(one) == in_words(other)) is (one == other)


# Supplying


def supply(today: date = DAY, ml: float = 50, events: tuple[Event, ...] = (), **collected: Any) -> str:
    return " ".join(judge_supply(ORDER, events, ml, today, replace(SEEN, **collected)).reasons)


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, True), (27, True), (28, False)])
def test_prescription_is_valid_for_28_days_from_its_start(days: int, allowed: bool) -> None:
    assert (supply(DAY + timedelta(days=days)) == "") is allowed


def test_no_more_than_was_prescribed_is_ever_supplied() -> None:
    assert "0 mL are left" in supply(events=(Event(Happened.SUPPLIED, DAY, 50),))
    assert "50 mL are left, so 100 mL" in supply(ml=100)
    assert "one or more" in supply(ml=0)
    assert "was cancelled" in supply(events=(Event(Happened.CANCELLED, DAY),))


@given(some.lists(some.sampled_from((10, 20, 50)), max_size=12))
def test_supplies_never_exceed_the_total(asked: list[int]) -> None:
    events: tuple[Event, ...] = ()
    for ml in asked:
        if judge_supply(ORDER, events, ml, DAY, SEEN).allowed:
            events += (Event(Happened.SUPPLIED, DAY, ml),)
    assert sum(event.ml for event in events) <= ORDER.total_ml


@pytest.mark.parametrize(
    ("collected", "words"),
    [
        ({"kind": "friend"}, "who collects it"),
        ({"kind": "representative"}, "name of who collects it"),
        ({"identity_asked": None}, "proof of identity was asked for"),
        ({"identity_seen": None}, "whether it was shown"),
        ({"identity_seen": False}, "Write why it is supplied all the same"),
    ],
)
def test_who_collects_it_and_their_proof_are_written_down(collected: dict[str, Any], words: str) -> None:
    assert words in supply(**collected)


def test_no_more_comes_back_or_is_lost_than_was_supplied() -> None:
    supplied = (Event(Happened.SUPPLIED, DAY, 50),)
    assert judge_return(supplied, 50).allowed
    assert not judge_return(supplied, 51).allowed
    assert not judge_return(supplied, 0).allowed
    assert not judge_return((*supplied, Event(Happened.LOST, DAY, 30)), 21).allowed
    assert not judge_return((), 1).allowed


def test_patient_takes_it_at_home_until_a_month_after_it_was_meant_to_last() -> None:
    assert is_at_home((ORDER,), DAY)
    assert is_at_home((ORDER,), DAY + timedelta(days=59))
    assert not is_at_home((ORDER,), DAY + timedelta(days=60))
    assert not is_at_home((), DAY)
