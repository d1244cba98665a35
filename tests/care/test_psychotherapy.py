"""Psychotherapy around infusions: what is wanted and when, what lies badly since a date moved, who reads notes."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.care.psychotherapy import (
    Infusion,
    Planned,
    infusion_for,
    may_join,
    may_read_note,
    may_record_attendance,
    misplaced,
    suggestions,
)
from glimmer.guidance.psychotherapy import therapy_kind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
COURSE = [Infusion(1, NOW + 10 * DAY), Infusion(2, NOW + 14 * DAY)]
PREPARATION, INTEGRATION, THERAPY = (therapy_kind(one) for one in ("preparation", "integration", "therapy"))


def told(found):
    return [(one.kind.id, one.infusion, one.earliest - NOW, one.latest - NOW) for one in found]


def test_preparation_comes_before_the_first_infusion_and_integration_a_day_to_three_after_each():
    assert told(suggestions(COURSE, [], NOW)) == [
        ("preparation", 1, 0 * DAY, 9 * DAY),
        ("integration", 1, 11 * DAY, 13 * DAY),
        ("integration", 2, 15 * DAY, 17 * DAY),
    ]


def test_what_is_planned_or_past_is_not_suggested():
    planned = [Planned(1, "preparation", NOW + DAY, 1), Planned(2, "integration", NOW + 12 * DAY, 1)]
    assert [one[:2] for one in told(suggestions(COURSE, planned, NOW))] == [("integration", 2)]
    assert [one[:2] for one in told(suggestions(COURSE, [], NOW + 14 * DAY))] == [("integration", 2)]
    assert suggestions([], [], NOW) == ()


@pytest.mark.parametrize(
    ("kind", "after", "number"),
    [
        (INTEGRATION, 10 * DAY + 24 * HOUR, 1),
        (INTEGRATION, 10 * DAY + 72 * HOUR, 1),
        (INTEGRATION, 16 * DAY, 2),
        (INTEGRATION, 30 * DAY, 2),
        (PREPARATION, 3 * DAY, 1),
        (THERAPY, 11 * DAY, None),
    ],
)
def test_session_is_for_the_infusion_it_lies_well_for_or_the_nearest(kind, after, number):
    assert infusion_for(kind, NOW + after, COURSE) == number


def test_infusion_that_moves_or_goes_leaves_a_warning():
    planned = [Planned(7, "integration", NOW + 12 * DAY, 1)]
    assert misplaced(COURSE, planned, NOW) == ()
    moved = [Infusion(1, NOW + 13 * DAY), COURSE[1]]
    (one,) = misplaced(moved, planned, NOW)
    assert (one.key, "24 hours before infusion 1, and 24 to 72 hours after" in one.says) == (7, True)
    (gone,) = misplaced([COURSE[1]], planned, NOW)
    assert "no date any more" in gone.says
    assert misplaced(moved, planned, NOW + 12 * DAY) == ()
    (early,) = misplaced([Infusion(1, NOW + 3 * DAY)], [Planned(1, "preparation", NOW + 3 * DAY - HOUR, 1)], NOW)
    assert "1 hours before infusion 1, and 24 to 336 hours before" in early.says


def test_group_holds_four_and_a_single_session_one():
    assert may_join(PREPARATION, is_group=True, members=3, is_member=False, cancelled=False).allowed
    full = may_join(PREPARATION, is_group=True, members=4, is_member=False, cancelled=False)
    assert full.reasons == ("All 4 places of this group are taken.",)
    assert not may_join(PREPARATION, is_group=False, members=1, is_member=False, cancelled=False).allowed
    assert not may_join(PREPARATION, is_group=True, members=1, is_member=True, cancelled=False).allowed
    assert not may_join(PREPARATION, is_group=True, members=1, is_member=False, cancelled=True).allowed


def test_nobody_has_come_or_stayed_away_before_it_begins():
    assert not may_record_attendance("absent", "", NOW + HOUR, NOW).allowed
    assert may_record_attendance("absent", "", NOW, NOW).allowed
    assert may_record_attendance("cancelled", "Ill", NOW + HOUR, NOW).allowed
    assert not may_record_attendance("cancelled", " ", NOW + HOUR, NOW).allowed


@pytest.mark.parametrize("author", [True, False])
@pytest.mark.parametrize("therapist", [True, False])
@pytest.mark.parametrize("opened", [True, False])
def test_note_is_read_by_its_author_by_therapists_of_the_clinic_and_behind_a_reason(author, therapist, opened):
    reads = may_read_note(is_author=author, is_therapist_of_clinic=therapist, has_opened=opened)
    assert reads == (author or therapist or opened)
