"""Consents beside the treatment: each on its own, and a withdrawal counts from its own moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.consent_purposes import PurposeDecision, may_decide, purpose_holds
from glimmer.guidance.purposes import purposes
from tests.support.readable import reading_age

START = datetime(2026, 3, 1, tzinfo=UTC)
PURPOSES = ("registry", "research", "teaching")


def hours(number):
    return START + timedelta(hours=number)


def test_nothing_said_is_no():
    assert not purpose_holds([], "registry", START)


def test_a_withdrawal_counts_from_its_own_moment():
    said = [PurposeDecision("registry", "given", hours(1)), PurposeDecision("registry", "withdrawn", hours(5))]
    assert [purpose_holds(said, "registry", hours(at)) for at in (0, 1, 4, 5, 6)] == [False, True, True, False, False]


@given(
    st.lists(
        st.tuples(st.sampled_from(PURPOSES), st.sampled_from(["given", "refused", "withdrawn"])),
        max_size=8,
    )
)
def test_one_purpose_never_speaks_for_another(said):
    rows = [PurposeDecision(purpose, decision, hours(at)) for at, (purpose, decision) in enumerate(said)]
    last = {}
    for purpose, decision in said:
        last[purpose] = decision
    for purpose in PURPOSES:
        assert purpose_holds(rows, purpose, hours(99)) is (last.get(purpose) == "given")


@pytest.mark.parametrize(
    ("decision", "newest", "understood", "allowed"),
    [
        ("given", "", True, True),
        ("given", "", False, False),
        ("given", "", None, False),
        ("refused", "", None, True),
        ("withdrawn", "given", None, True),
        ("withdrawn", "", None, False),
        ("withdrawn", "refused", None, False),
        ("withdrawn", "withdrawn", None, False),
    ],
)
def test_a_yes_is_understood_and_only_a_yes_is_taken_back(decision, newest, understood, allowed):
    assert may_decide(decision, newest, understood).allowed is allowed


def test_the_purposes_are_easy_to_read():
    assert [one.id for one in purposes().rows] == list(PURPOSES)
    # NHS content guidance: a reading age of 9 to 11.
    assert reading_age(" ".join(one.says for one in purposes().rows)) <= 11
