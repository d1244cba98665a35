"""A row that stands is ended once: by whom and when is entered, and the first who did it stays on record."""

from datetime import UTC, date, datetime

import pytest

from glimmer.actions.act import acting
from glimmer.actions.endings import end_once
from glimmer.actions.opening import set_other_day, withdraw_other_day
from glimmer.records.audit import AuditLine
from glimmer.vocabulary.problems import RuleRefused

NOW = datetime(2026, 3, 13, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 13, 10, 0, tzinfo=UTC)


@pytest.fixture
def row(cast):
    return set_other_day(date(2026, 3, 20), "Training", by=cast.bea, at=NOW)


def test_first_who_ends_it_stays_on_record_and_the_second_reads_that_it_was_done(cast, row):
    with acting(cast.bea, "calendar.arrange", at=NOW) as act:
        ended = end_once(act, row, "withdrawn", "Done already.")
    assert (ended.withdrawn_by, ended.withdrawn_at) == (cast.bea, NOW)
    assert AuditLine.objects.last().subject_id == row.pk
    with pytest.raises(RuleRefused, match="Done already"), acting(cast.gil, "calendar.arrange", at=LATER) as act:
        end_once(act, row, "withdrawn", "Done already.")
    row.refresh_from_db()
    assert (row.withdrawn_by, row.withdrawn_at) == (cast.bea, NOW)


def test_actions_of_the_calendar_say_what_was_done_already(cast, row):
    withdraw_other_day(row, by=cast.bea, at=NOW)
    with pytest.raises(RuleRefused, match="taken back already"):
        withdraw_other_day(row, by=cast.gil, at=LATER)
