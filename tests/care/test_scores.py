"""PHQ-9 scoring. Bands as published: 0-4, 5-9, 10-14, 15-19, 20-27."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.scores import Scored, score
from glimmer.guidance.instrument import instrument
from glimmer.vocabulary.problems import BadInput

PHQ9 = instrument("phq9")


def score_phq9(items) -> Scored:
    return score(PHQ9, items)


@pytest.mark.parametrize(
    ("items", "total", "band"),
    [
        ([0] * 9, 0, "none or minimal"),
        ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, "none or minimal"),
        ([1, 1, 1, 1, 1, 0, 0, 0, 0], 5, "mild"),
        ([1] * 9, 9, "mild"),
        ([2, 2, 2, 2, 2, 0, 0, 0, 0], 10, "moderate"),
        ([3, 3, 3, 3, 2, 0, 0, 0, 0], 14, "moderate"),
        ([3, 3, 3, 3, 3, 0, 0, 0, 0], 15, "moderately severe"),
        ([3, 3, 3, 3, 3, 3, 1, 0, 0], 19, "moderately severe"),
        ([3, 3, 3, 3, 3, 3, 2, 0, 0], 20, "severe"),
        ([3] * 9, 27, "severe"),
    ],
)
def test_total_and_band_are_those_published(items, total, band):
    scored = score_phq9(items)
    assert (scored.total, scored.band, scored.missing, scored.prorated) == (total, band, (), False)


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_the_total_of_a_whole_form_is_the_plain_sum(items):
    assert score_phq9(items).total == sum(items)


def test_up_to_two_open_items_are_made_up_by_the_mean_of_the_others():
    # Seven items of 2: mean 2, times nine.
    scored = score_phq9([2, 2, None, 2, None, 2, 2, 2, 2])
    assert (scored.total, scored.missing, scored.prorated) == (18, (3, 5), True)


def test_a_prorated_total_is_rounded_to_the_nearest_whole():
    # Eight items add up to 6: 6 × 9 ÷ 8 = 6.75.
    assert score_phq9([3, 3, 0, 0, 0, 0, 0, None, 0]).total == 7
    # Eight items add up to 4: 4 × 9 ÷ 8 = 4.5, and a half goes up.
    assert score_phq9([3, 1, 0, 0, 0, 0, 0, None, 0]).total == 5


def test_three_open_items_leave_no_total():
    with pytest.raises(BadInput, match="3 items were left open, and at most 2 may be") as caught:
        score_phq9([None, None, None, 0, 0, 0, 0, 0, 0])
    assert caught.value.field == "items"


@pytest.mark.parametrize("wrong", [4, -1, 1.5, True, "2"])
def test_an_answer_out_of_range_is_named_by_its_item(wrong):
    with pytest.raises(BadInput, match=r"Item 4: energy: the answer is .* from 0 to 3"):
        score_phq9([0, 0, 0, wrong, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("count", [0, 8, 10])
def test_a_wrong_number_of_items_is_refused(count):
    with pytest.raises(BadInput, match=f"has 9 items, but {count} were entered"):
        score_phq9([0] * count)


@pytest.mark.parametrize("answer", [1, 2, 3])
def test_any_thought_of_self_harm_raises_a_task(answer):
    scored = score_phq9([0] * 8 + [answer])
    (concern,) = scored.concerns
    assert (concern.answer, concern.within_hours) == (answer, 4)
    assert "assess the risk" in concern.says


def test_an_open_item_nine_raises_a_task_too():
    (concern,) = score_phq9([0] * 8 + [None]).concerns
    assert "left open" in concern.says


def test_no_task_is_raised_when_item_nine_is_answered_nought():
    assert score_phq9([3] * 8 + [0]).concerns == ()


def test_there_is_a_short_label_of_our_own_for_each_item():
    assert len(PHQ9.items) == 9
    assert all(len(label) < 45 for label in (item.label for item in PHQ9.items))


def test_bands_do_not_overlap_or_leave_a_gap():
    assert [PHQ9.band_of(total) for total in (4, 5, 9, 10, 14, 15, 19, 20)] == [
        "none or minimal",
        "mild",
        "mild",
        "moderate",
        "moderate",
        "moderately severe",
        "moderately severe",
        "severe",
    ]
