"""One visit is one day, and goes on past midnight; yesterday's checks are no part of it."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.care.session.visit import is_one_visit

BEFORE_MIDNIGHT = datetime(2026, 11, 26, 23, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "is_one"),
    [
        (timedelta(minutes=50), True),
        (timedelta(hours=6), True),
        (timedelta(hours=6, minutes=1), False),
        (timedelta(days=1), False),
        (-timedelta(hours=20), True),
        (-timedelta(hours=24), False),
    ],
)
def test_visit_goes_on_past_midnight_but_not_to_the_next_day(after, is_one):
    assert is_one_visit(BEFORE_MIDNIGHT, BEFORE_MIDNIGHT + after) is is_one
