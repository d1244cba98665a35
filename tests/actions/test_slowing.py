"""Guessing is slowed: counted before it is looked at, in the database, longer each time, and never for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from glimmer.actions.slowing import FIRST_REST, FORGOTTEN_AFTER, LONGEST_REST, TRIES, Resting, knock, went_well
from glimmer.records.models import FailureCount
from tests.support.live_server import ClinicBuilder
from tests.support.raced import raced

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def tries_in(hours: float, step: timedelta = timedelta(seconds=10)) -> int:
    """Return how many guesses are looked at when somebody tries every few seconds for so long."""
    taken, at = 0, NOON
    while at < NOON + timedelta(hours=hours):
        try:
            knock("a", at)
            taken += 1
        except Resting:
            pass
        at += step
    return taken


@pytest.mark.django_db
def test_ever_fewer_guesses_are_looked_at_and_never_a_hundred_in_an_hour():
    assert tries_in(1) == 4 * TRIES
    # From the fifth series on one rest is an hour.
    assert tries_in(0.5) <= TRIES
    assert FailureCount.objects.get().rests >= 4


@pytest.mark.django_db
def test_rest_ends_doubles_and_is_never_longer_than_the_longest():
    at, rests = NOON, []
    for _ in range(6):
        for _ in range(TRIES):
            knock("a", at)
        with pytest.raises(Resting):
            knock("a", at)
        until = FailureCount.objects.get().rests_until
        rests.append(until - at)
        at = until
    assert rests[:4] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert rests[4:] == [LONGEST_REST, LONGEST_REST]


@pytest.mark.django_db
def test_right_answer_forgets_the_failures_and_so_does_a_day():
    for _ in range(3):
        for _ in range(TRIES - 1):
            knock("a", NOON)
        went_well("a")
    for _ in range(TRIES - 1):
        knock("b", NOON)
    later = NOON + FORGOTTEN_AFTER + timedelta(seconds=1)
    for _ in range(TRIES):
        knock("b", later)
    assert FailureCount.objects.get(key="b").rests == 1


@pytest.mark.django_db
def test_clock_that_was_put_back_makes_no_rest_of_a_year():
    for _ in range(TRIES):
        knock("a", NOON)
    with pytest.raises(Resting, match="5 minutes"):
        knock("a", NOON)
    knock("a", NOON - timedelta(days=365))


@pytest.mark.django_db
def test_what_nobody_tried_for_a_day_leaves_no_row_behind():
    knock("old", NOON)
    knock("new", NOON + FORGOTTEN_AFTER + timedelta(seconds=1))
    assert [row.key for row in FailureCount.objects.all()] == ["new"]


@pytest.mark.database
def test_many_guesses_at_once_get_no_more_answers_than_one_after_the_other(clinic_templates: ClinicBuilder):
    for told in raced(clinic_templates, "many_guesses", 1):
        assert [answer[0] for answer in told["answers"]].count("done") == TRIES
        assert {answer[0] for answer in told["answers"]} == {"done", "Resting"}


@pytest.mark.database
def test_code_that_two_enter_at_once_is_taken_once(clinic_templates: ClinicBuilder):
    for told in raced(clinic_templates, "same_code_twice", 2):
        assert sorted(answer[0] for answer in told["answers"]) == ["BadInput", "done"]
