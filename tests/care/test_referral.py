"""Triage is blocked by *missing* alone, and says by which."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.referral import ReferralFacts, age_on, may_triage, missing_items
from glimmer.guidance import referral_items
from glimmer.vocabulary.problems import BadInput

IDS = [item.id for item in referral_items()]


def test_the_minimum_set_has_the_seven_items_that_the_clinic_asks_for():
    assert IDS == [
        "current_medicines",
        "psychiatric_medicines",
        "admissions",
        "illnesses",
        "mental_health_letters",
        "patient_form",
        "email",
    ]


def test_a_complete_referral_may_be_triaged():
    assert may_triage(ReferralFacts(dict.fromkeys(IDS, "present"))).allowed


def test_explicitly_none_is_an_answer_and_does_not_block():
    assert may_triage(ReferralFacts(dict.fromkeys(IDS, "none"))).allowed


def test_one_missing_item_blocks_and_is_named():
    verdict = may_triage(ReferralFacts(dict.fromkeys(IDS, "present") | {"admissions": "missing"}))
    assert len(verdict.reasons) == 1
    assert verdict.reasons[0].startswith("Hospital admissions: missing.")
    assert "explicitly none" in verdict.reasons[0]


def test_an_item_that_nobody_mentioned_is_missing():
    facts = ReferralFacts({item: "present" for item in IDS if item != "email"})
    assert missing_items(facts) == ("Email address",)


@given(st.dictionaries(st.sampled_from(IDS), st.sampled_from(["present", "none", "missing"])))
def test_triage_is_allowed_exactly_when_nothing_is_missing(items):
    nothing_missing = set(items) == set(IDS) and "missing" not in items.values()
    assert may_triage(ReferralFacts(items)).allowed is nothing_missing


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2000, 6, 15), date(2026, 6, 14), 25),
        (date(2000, 6, 15), date(2026, 6, 15), 26),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2026, 1, 1), date(2026, 1, 1), 0),
    ],
)
def test_age_is_counted_in_whole_years(born, day, age):
    assert age_on(born, day) == age


def test_a_birth_in_the_future_is_refused_with_words():
    with pytest.raises(BadInput, match="lies in the future") as caught:
        age_on(date(2027, 1, 1), date(2026, 1, 1))
    assert caught.value.field == "birth_date"
