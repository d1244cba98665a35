"""Small numbers: no reader can work out a hidden count of 1 to 7, whatever total is shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glimmer.evidence.access.suppress import hidden_counts, threshold

counts_of_groups = st.lists(st.tuples(st.integers(0, 40), st.sampled_from("xyz")), min_size=1, max_size=12)


def possible(total_hidden: int, hidden: int) -> range:
    """What one of some hidden counts, each at least 1, may be as far as a reader can tell from their sum."""
    return range(1, total_hidden - (hidden - 1) + 1)


@settings(max_examples=300, deadline=None)
@given(counts_of_groups)
def test_a_reader_with_every_total_cannot_tell_that_a_hidden_count_is_small(rows):
    counts, groups = np.array([count for count, _ in rows]), np.array([group for _, group in rows])
    hidden = hidden_counts(counts, groups)
    assert not np.any((counts > 0) & (counts < threshold()) & ~hidden)
    for group in set(groups):
        inside = hidden & (groups == group)
        shown_all = counts[groups == group].sum()
        # A group too small for any doubt is hidden whole; its own total is small too, and hidden by whoever shows it.
        if not inside.any() or inside.sum() == (groups == group).sum():
            continue
        assert inside.sum() >= 2
        left = int(shown_all - counts[(groups == group) & ~inside].sum())
        assert left >= threshold()
        assert len(possible(left, int(inside.sum()))) > 1


def test_one_small_number_takes_the_next_smallest_with_it():
    assert hidden_counts(np.array([3, 500, 60, 900])).tolist() == [True, False, True, False]


def test_two_small_numbers_that_the_total_would_give_away_take_a_third():
    # 1 + 1 = 2: both would be known.
    assert hidden_counts(np.array([1, 1, 40, 90])).tolist() == [True, True, True, False]


def test_nothing_is_hidden_where_nothing_is_small():
    assert not hidden_counts(np.array([0, 8, 500])).any()


def test_a_nought_is_shown_and_hides_nobody():
    assert hidden_counts(np.array([0, 3, 50, 60])).tolist() == [False, True, True, False]


def test_a_small_number_alone_with_noughts_hides_them_all():
    assert hidden_counts(np.array([3, 0, 0])).all()


def test_rounding_comes_first():
    assert hidden_counts(np.array([0.4, 7.6, 90])).tolist() == [False, False, False]
    assert hidden_counts(np.array([7.4, 80, 90])).tolist() == [True, True, False]


def test_two_kinds_of_totals_give_nothing_away_together():
    """What is hidden for the body's total must be hidden for the clinic's too."""
    body, clinic = np.array(["a", "a", "a", "b", "b", "b"]), np.array(["x", "y", "y", "x", "x", "y"])
    counts = np.array([3, 20, 30, 40, 50, 60])
    hidden = hidden_counts(counts, body, clinic)
    assert hidden[0]
    for family in (body, clinic):
        for group in set(family):
            inside = hidden & (family == group)
            assert inside.sum() != 1
            assert not inside.any() or counts[inside].sum() >= threshold()


def test_what_is_no_count_is_refused():
    with pytest.raises(ValueError, match="from 0 on"):
        hidden_counts(np.array([3, np.nan]))
