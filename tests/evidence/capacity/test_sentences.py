"""One plain sentence for each question: what it says of known figures, and that an interval stands in it."""

from dataclasses import dataclass
from typing import Any

import pytest

from glimmer.evidence.capacity.sentences import change_in_words, staff_in_words


@dataclass
class Said:
    """What a comparison or a search says, without the run behind it."""

    data: dict[str, Any]


@dataclass
class Asked:
    """What of a plan the sentence needs."""

    years: float = 5.0
    aim: tuple[float, float] = (0.92, 18.0)


def within(mean, low, high):
    return {"mean": mean, "low": low, "high": high}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (within(34, 12, 80), "34 more people wait after 5 years (12 to 80)"),
        (within(-34, -80, -12), "34 fewer people wait after 5 years (12 to 80)"),
        (within(5, -3, 20), "5 more people wait after 5 years (between −3 and +20)"),
        (within(0.2, 0, 1), "about as many people wait after 5 years (a change of 0 to 1)"),
    ],
)
def test_change_is_said_with_its_direction_and_interval(change, says):
    starts = within(30, 20, 40)
    data = {"change": {"waiting at the end": change, "sessions a year": within(0, 0, 0)},
            "before": {"within target": within(0.9, 0.8, 0.97), "starts a year": starts},
            "after": {"within target": within(0.5, 0.4, 0.61), "starts a year": starts}}  # fmt: skip
    said = change_in_words("With one nurse fewer", Said(data), Asked())
    assert said == f"With one nurse fewer: {says}, and 50 (40 to 61) of 100 start within 18 weeks, in place of " \
                   "90 (80 to 97)"  # fmt: skip


def test_where_as_many_wait_the_sessions_that_change_are_said_first():
    starts, share = within(30, 20, 40), within(0.9, 0.8, 0.97)
    data = {"change": {"waiting at the end": within(0, 0, 0), "sessions a year": within(-75, -164, -28)},
            "before": {"within target": share, "starts a year": starts},
            "after": {"within target": share, "starts a year": starts}}  # fmt: skip
    said = change_in_words("Every 28 days", Said(data), Asked())
    assert said.startswith("Every 28 days: 75 fewer sessions a year (28 to 164), about as many people wait after 5")


def test_nobody_treated_any_more_is_said_first():
    none, some = within(0, 0, 0), within(30, 20, 40)
    data = {"change": {"waiting at the end": within(250, 190, 300)},
            "before": {"within target": within(0.9, 0.8, 0.97), "starts a year": some},
            "after": {"within target": none, "starts a year": none}}  # fmt: skip
    assert change_in_words("Without the psychiatrist", Said(data), Asked()) == (
        "Without the psychiatrist: nobody begins treatment any more, and 250 more people wait after 5 years "
        "(190 to 300)"
    )


def test_smallest_clinic_is_said_with_how_surely_it_is_enough_and_none_is_said_too():
    row = {"chairs": 4, "nurses": 2, "doctors": 1, "chance": within(0.86, 0.81, 0.9)}
    data = {"share": 0.92, "weeks": 18.0, "found": row, "tried": [row], "lacking": []}
    assert staff_in_words(Said(data)) == (
        "4 chairs, with 2 nurses and 1 psychiatrist on duty at once, so that 92 % start within 18 weeks and the clinic "
        "keeps up for good: in 86 (81 to 90) of 100 futures"
    )
    none = staff_in_words(Said({**data, "found": None}))
    assert none.startswith("No clinic that was tried is enough")
    assert "86 (81 to 90) of 100" in none
