"""Capacity asked again in the bay: one element that lapses stops the start, whoever is there."""

import pytest

from glimmer.actions.session import override_check, start_infusion
from glimmer.vocabulary.problems import RuleRefused
from tests.support.bedside import NOON, Ward, a_ward

ELEMENTS = ("capacity_understands", "capacity_retains", "capacity_weighs", "capacity_communicates")


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward(NOON)


def test_a_lapse_of_capacity_on_the_day_stops_the_start_until_it_is_back(ward: Ward) -> None:
    session = ward.ready()
    for element in ELEMENTS:
        ward.answer_checks(session, **{element: "no"})
        with pytest.raises(RuleRefused, match="psychiatrist assesses capacity"):
            start_infusion(session, by=ward.nurse, at=NOON)
        with pytest.raises(RuleRefused, match="lets nobody go on without it"):
            override_check(session, element, "She agreed last week.", by=ward.psychiatrist, at=NOON)
        ward.answer_checks(session)
    start_infusion(session, by=ward.nurse, at=NOON)
