"""Long-term safety in the record: a finding calls a psychiatrist and holds the next session until one has decided."""

from datetime import timedelta
from typing import Any

import pytest

from glimmer.actions.log import log_of
from glimmer.actions.long_term import (
    checks_of,
    long_term_overview,
    long_term_worklist,
    record_long_term_check,
    review_long_term,
)
from glimmer.actions.session import start_infusion, start_verdict
from glimmer.records.audit import AuditLine
from glimmer.records.models import LongTermCheck, Task
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TODAY = NOON.date()
CLEAN = {"pain": "no", "blood": "no", "painful_often": "no", "dipstick": "no", "score": None}


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


def record(ward: Ward, answers: dict[str, Any] | None = None, **more: Any) -> LongTermCheck:
    known = {"by": ward.nurse, "at": NOON, "done_on": TODAY, **more}
    return record_long_term_check(ward.episode, "bladder", answers or CLEAN, **known)


def test_clean_check_is_stored_with_its_author_and_holds_nothing(ward: Ward) -> None:
    check = record(ward)
    assert (check.holds, check.is_complete, check.recorded_by) == ([], True, ward.nurse)
    assert not Task.objects.exists()
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert (line.action, line.details) == ("record_long_term_check", {"domain": "bladder", "holds": 0})


def test_finding_calls_a_psychiatrist_and_holds_the_next_session_until_the_decision(ward: Ward) -> None:
    session = ward.ready()
    assert start_verdict(session, log_of(session.pk), NOON + MINUTE).allowed
    record(ward, {**CLEAN, "blood": "yes"})
    task = Task.objects.get()
    assert (task.owner_role, task.due_at) == ("psychiatrist", NOON + timedelta(days=1))
    assert "Blood seen in the urine" in task.says
    with pytest.raises(RuleRefused, match="Blood seen in the urine"):
        start_infusion(session, by=ward.nurse, at=NOON + MINUTE)
    with pytest.raises(NotAllowed):
        review_long_term(ward.episode, "bladder", "continue", "Fine", by=ward.nurse, at=NOON + MINUTE)
    with pytest.raises(BadInput, match="Give the reason"):
        review_long_term(ward.episode, "bladder", "continue", " ", by=ward.psychiatrist, at=NOON + MINUTE)
    review_long_term(ward.episode, "bladder", "wait", "Urine sent off", by=ward.psychiatrist, at=NOON + MINUTE)
    task.refresh_from_db()
    assert task.done_by == ward.psychiatrist
    with pytest.raises(RuleRefused, match="hold further sessions"):
        start_infusion(session, by=ward.nurse, at=NOON + 2 * MINUTE)
    review_long_term(ward.episode, "bladder", "continue", "Menstruation", by=ward.psychiatrist, at=NOON + 2 * MINUTE)
    start_infusion(session, by=ward.nurse, at=NOON + 3 * MINUTE)


def test_nothing_is_decided_where_nothing_holds(ward: Ward) -> None:
    with pytest.raises(RuleRefused, match="nothing to decide"):
        review_long_term(ward.episode, "liver", "continue", "Just so", by=ward.psychiatrist, at=NOON)
    with pytest.raises(BadInput):
        review_long_term(ward.episode, "knees", "continue", "Just so", by=ward.psychiatrist, at=NOON)


@pytest.mark.parametrize("days", [1, -365 * 60])
def test_day_that_cannot_be_is_refused(ward: Ward, days: int) -> None:
    with pytest.raises(BadInput, match="Check the date"):
        record(ward, done_on=TODAY + timedelta(days=days))


def test_what_was_given_is_counted_over_sessions_and_the_worklist_names_who_waits(ward: Ward) -> None:
    ward.running()
    overview = long_term_overview(ward.episode, NOON)
    assert (overview.sessions, overview.given_mg) == (1, 35)
    record(ward, {**CLEAN, "pain": "yes"})
    (waiting,) = long_term_worklist(ward.psychiatrist, NOON)
    assert waiting.episode == ward.episode
    assert waiting.standings[0].is_held
    assert len(checks_of(ward.nurse, ward.episode)) == 1
    assert checks_of(ward.researcher, ward.episode) == []
