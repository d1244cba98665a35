"""From rows to what is known of a course, held against small tables and against how the clinic itself judges one."""

import itertools
import math
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.care.outcomes import ScoreFacts
from glimmer.care.trajectory import State, trajectory
from glimmer.guidance.trajectory import definition_for
from glimmer.registry.courses import Course, courses_of, relapse_between
from glimmer.registry.rows import COLUMNS, BadRegistry, registry_of

BY = definition_for("phq9")
assert BY is not None


def course(scores: dict[int, int | None], *more: tuple[int, str, float | None], sessions=(0, 10, 20)) -> Course:
    rows = [("A", "A-1", day, "session", None) for day in sessions]
    rows += [("A", "A-1", day, "phq9", total) for day, total in scores.items()]
    rows += [("A", "A-1", *one) for one in more]
    return courses_of(registry_of(pl.DataFrame(rows, COLUMNS, orient="row", strict=False)))[0]


@pytest.mark.parametrize(
    ("scores", "responded", "remitted"),
    [
        ({0: 20, 21: 10}, True, False),
        ({0: 20, 21: 11}, False, False),
        ({0: 20, 21: 4}, True, True),
        ({-9: 24, 0: 20, 21: 10}, True, False),
        ({0: 20, 51: 4}, True, True),
        # After the window of 31 days there is no result; nor is there one without a baseline, or from before the end.
        ({0: 20, 52: 4}, None, None),
        ({21: 4}, None, None),
        ({0: 20, 19: 4}, None, None),
        ({0: 20, 21: None}, None, None),
    ],
)
def test_response_and_remission_are_the_clinics(scores, responded, remitted):
    found = course(scores)
    assert (found.responded, found.remitted) == (responded, remitted)


@pytest.mark.parametrize(("total", "band"), [(17, 0), (16, 1), (11, 1), (10, 2)])
def test_half_way_score_falls_into_its_band(total, band):
    assert course({0: 20, 10: total}).half_way == band
    assert course({0: 20, 11: total}).half_way is None


@pytest.mark.parametrize(
    ("later", "well_until", "ill_by"),
    [
        ({28: 5, 35: 5}, 14, math.inf),
        # Two bad weeks are a relapse, from the first of them; missing weeks before it widen the interval.
        ({28: 5, 35: 15, 42: 16}, 7, 14),
        ({28: 5, 35: None, 42: 15, 49: 16}, 7, 21),
        # A bad week that the next takes back is none; a bad score after which nothing is heard is one.
        ({28: 15, 35: 5}, 14, math.inf),
        ({28: 5, 35: 15}, 7, 14),
    ],
)
def test_relapse_lies_between_two_days_that_were_seen(later, well_until, ill_by):
    found = course({0: 18, 21: 4, **later}).follow_up
    assert found is not None
    assert (found.well_until, found.ill_by) == (well_until, ill_by)


def test_a_response_that_is_lost_is_no_relapse_below_its_threshold():
    found = course({0: 12, 21: 4, 28: 9, 35: 9}).follow_up
    assert found is not None
    assert (found.well_until, found.ill_by) == (14, math.inf)


def test_who_stops_answering_is_lost_and_who_is_no_longer_asked_is_not():
    scores = {0: 20, 21: 4, 28: 4}
    asked, not_asked = course(scores, (200, "followed_until", None)), course(scores, (60, "followed_until", None))
    assert asked.follow_up is not None
    assert not_asked.follow_up is not None
    assert (asked.follow_up.lost, not_asked.follow_up.lost) == (True, False)


def test_maintenance_that_follows_the_course_describes_it_and_later_maintenance_ends_it():
    scores = {0: 20, 21: 4, 28: 4, 100: 4, 150: 15, 157: 15}
    kept = course(scores, (27, "maintenance_interval", 14))
    later = course(scores, (120, "maintenance_interval", 14))
    assert (kept.maintenance_interval, later.maintenance_interval) == (14, None)
    assert kept.follow_up is not None
    assert later.follow_up is not None
    assert (kept.follow_up.ill_by, later.follow_up.ill_by) == (129, math.inf)
    assert later.follow_up.well_until == 79


def test_days_count_from_a_session():
    with pytest.raises(BadRegistry, match="no session on day 0"):
        course({0: 20}, sessions=(3,))


@given(st.integers(12, 27), st.lists(st.one_of(st.none(), st.integers(0, 27)), min_size=1, max_size=30))
def test_relapse_begins_where_the_clinics_own_trajectory_suspects_it(baseline, weeks):
    """The clinic's fold over dated scores is written apart from this one, for one patient at a time."""
    first = date(2026, 1, 5)
    scores = [(7 * (week + 1), total) for week, total in enumerate(weeks) if total is not None]
    scores = [(0, baseline // 2), *scores]
    if any(later - earlier > BY.longest_gap for (earlier, _), (later, _) in itertools.pairwise(scores)):
        return
    facts = [ScoreFacts(total, first + timedelta(days=day + 1), "follow_up") for day, total in scores]
    whole = [ScoreFacts(baseline, first, "baseline"), *facts]
    happened = trajectory(whole, [[first]], BY, first + timedelta(days=400)).happenings
    confirmed = [one.what in (State.RELAPSE, State.RECURRENCE) for one in happened]
    _, ill_by = relapse_between(scores, baseline, BY)
    if True in confirmed:
        suspected = happened[confirmed.index(True) - 1]
        assert suspected.what is State.RELAPSE_POSSIBLE
        assert first + timedelta(days=int(ill_by) + 1) == suspected.on
    else:
        # Only a bad score after which nothing was heard is taken for a relapse here and for a possible one there.
        assert math.isinf(ill_by) or happened[-1].what is State.RELAPSE_POSSIBLE
