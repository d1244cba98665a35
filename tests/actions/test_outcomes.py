"""Scores: worked out, never typed; corrected, never edited; and an answer to item 9 that somebody must act on."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from glimmer.actions.outcomes import Form, correct_score, current_scores, finish_task, outcome_summary, record_score
from glimmer.guidance.instrument import instrument
from glimmer.records.models import Score, Task, TreatmentSession
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import an_episode, phq9, phq9_items

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection", now=NOW)


def record(cast, episode, items, occasion="baseline", completed_on=DAY, number=None, by=None):
    return record_score(episode, Form("phq9", items), occasion, completed_on, number, by=by or cast.tomos, at=NOW)


def test_total_is_the_sum_of_the_nine_answers(cast, episode):
    score = record(cast, episode, [3, 2, 1, 0, 3, 2, 1, 0, 0])
    assert (score.total, score.items) == (12, [3, 2, 1, 0, 3, 2, 1, 0, 0])
    assert score.instrument_version


def test_thoughts_of_death_raise_a_task_for_a_psychiatrist_on_the_same_day(cast, episode):
    record(cast, episode, phq9_items(15, item9=1))
    task = Task.objects.get(episode=episode)
    assert (task.owner_role, task.kind, task.done_at) == ("psychiatrist", "suicidality", None)
    assert task.due_at - task.raised_at == timedelta(hours=4)


def test_item_nine_left_open_raises_the_task_too(cast, episode):
    record(cast, episode, [1, 1, 1, 1, 1, 1, 1, 1, None])
    assert Task.objects.filter(episode=episode).count() == 1


def test_item_nine_answered_with_nought_raises_no_task(cast, episode):
    record(cast, episode, phq9_items(24))
    assert not Task.objects.exists()


def test_score_and_its_task_stand_or_fall_together(cast, episode, monkeypatch):
    def no_task(**fields):
        raise RuntimeError("disk full")

    monkeypatch.setattr(Task.objects, "create", no_task)
    with pytest.raises(RuntimeError), transaction.atomic():
        record(cast, episode, phq9_items(15, item9=3))
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    "items",
    [[], [1] * 8, [1] * 10, [4, *[0] * 8], [-1, *[0] * 8], [True, *[0] * 8], ["1", *[0] * 8], [None] * 3 + [1] * 6],
)
def test_answers_that_cannot_be_right_are_refused(cast, episode, items):
    with pytest.raises(BadInput):
        record(cast, episode, items)
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    ("occasion", "day", "number", "field"),
    [
        ("sometimes", DAY, None, "occasion"),
        ("baseline", date(2026, 11, 24), None, "completed_on"),
        ("baseline", date(1980, 1, 1), None, "completed_on"),
    ],
)
def test_time_of_a_score_that_cannot_be_right_is_refused(cast, episode, occasion, day, number, field):
    with pytest.raises(BadInput) as problem:
        record(cast, episode, phq9_items(9), occasion, day, number)
    assert problem.value.field == field


def test_score_before_a_session_names_a_session_of_the_plan(cast, episode):
    with pytest.raises(RuleRefused, match="no plan"):
        record(cast, episode, phq9_items(9), "before_session", DAY, 1)
    treated = an_episode(cast, at="session", patient=1, now=NOW)
    for number in (None, 0, 7):
        with pytest.raises(BadInput, match="1 to 6"):
            record(cast, treated, phq9_items(9), "before_session", DAY, number)
    assert record(cast, treated, phq9_items(9), "before_session", DAY, 6).session_number == 6


def test_second_score_before_the_same_session_is_refused(cast):
    episode = an_episode(cast, at="session", now=NOW)
    record(cast, episode, phq9_items(9), "before_session", DAY, 1)
    with pytest.raises(RuleRefused, match="already"):
        record(cast, episode, phq9_items(8), "before_session", DAY, 1)


def test_correction_is_a_new_row_and_the_wrong_one_points_to_it(cast, episode):
    wrong = record(cast, episode, phq9_items(9))
    right = correct_score(wrong, phq9(19), "Two forms were mixed up.", by=cast.maya, at=NOW)
    wrong.refresh_from_db()
    assert (wrong.total, wrong.replaced_by) == (9, right)
    assert [score.total for score in current_scores(episode)] == [19]
    with pytest.raises(RuleRefused, match="corrected already"):
        correct_score(wrong, phq9(1), "Again.", by=cast.maya, at=NOW)
    with pytest.raises(BadInput):
        correct_score(right, phq9(1), " ", by=cast.maya, at=NOW)


def test_correction_that_uncovers_item_nine_raises_the_task(cast, episode):
    wrong = record(cast, episode, phq9_items(9))
    correct_score(wrong, phq9(9, item9=2), "Misread.", by=cast.maya, at=NOW)
    assert Task.objects.count() == 1


def test_task_is_finished_by_its_role_with_what_was_done(cast, episode):
    record(cast, episode, phq9_items(15, item9=2))
    task = Task.objects.get()
    with pytest.raises(NotAllowed):
        finish_task(task, "Spoke.", by=cast.maya, at=NOW)
    with pytest.raises(BadInput):
        finish_task(task, " ", by=cast.una, at=NOW)
    finish_task(task, "Spoke with the patient; no plans; crisis numbers given.", by=cast.una, at=NOW)
    task.refresh_from_db()
    assert task.done_by == cast.una
    with pytest.raises(RuleRefused, match="finished already"):
        finish_task(task, "Again.", by=cast.idris, at=NOW)


def test_task_outlives_the_end_of_the_journey(cast, episode):
    from glimmer.actions.followup import decide_followup

    record(cast, episode, phq9_items(15, item9=2))
    decide_followup(episode, "discharge", None, "Moved away.", by=cast.idris, at=NOW)
    assert finish_task(Task.objects.get(), "Handed over.", by=cast.idris, at=NOW).done_at


def test_summary_states_no_result_without_an_endpoint(cast, episode):
    record(cast, episode, phq9_items(20))
    summary = outcome_summary(episode)
    assert (summary.baseline.total, summary.endpoint, summary.response) == (20, None, None)
    assert timezone.localdate(NOW) > summary.baseline.completed_on


def a_response(ward: Ward) -> None:
    """A session that has ended, and a PHQ-9 of 21 before it."""
    session = ward.recovering()
    TreatmentSession.objects.filter(pk=session.pk).update(phase="left", ended_at=NOON + timedelta(hours=2))
    record_score(ward.episode, phq9(21), "baseline", NOON.date(), by=ward.nurse, at=NOON)


def weekly_score(ward: Ward, week: int, total: int) -> Score:
    at = NOON + timedelta(days=3, weeks=week)
    occasion = "follow_up" if week else "after_course"
    return record_score(ward.episode, phq9(total), occasion, at.date(), by=ward.nurse, at=NOON + timedelta(days=99))


def relapse_tasks() -> int:
    return Task.objects.filter(kind="relapse").count()


def test_score_that_is_entered_late_and_makes_the_warning_raises_its_task(db):
    ward = a_ward()
    a_response(ward)
    for week, total in ((0, 6), (1, 5), (2, 6), (3, 6), (5, 13)):
        weekly_score(ward, week, total)
    assert relapse_tasks() == 0
    weekly_score(ward, 4, 12)
    assert relapse_tasks() == 1


def test_correction_raises_the_task_when_it_makes_the_warning_and_none_when_it_takes_it_away(db):
    ward = a_ward()
    a_response(ward)
    for week, total in ((0, 6), (1, 5), (2, 6), (3, 12), (4, 14)):
        weekly_score(ward, week, total)
    mistyped = weekly_score(ward, 5, 4)
    assert relapse_tasks() == 0
    right = correct_score(mistyped, phq9(14), "Read wrongly.", by=ward.nurse, at=NOON + timedelta(days=99))
    assert relapse_tasks() == 1
    again = correct_score(right, phq9(15), "Read wrongly.", by=ward.nurse, at=NOON + timedelta(days=99))
    correct_score(again, phq9(5), "Of another patient.", by=ward.nurse, at=NOON + timedelta(days=99))
    assert relapse_tasks() == 1


def test_answers_and_a_total_alone_are_not_taken_together(cast, episode):
    of = instrument("wsas")
    with pytest.raises(BadInput, match="either the answers or the total") as problem:
        record_score(episode, Form(of.id, [1] * 5, total=5), "baseline", DAY, by=cast.tomos, at=NOON)
    assert problem.value.field == "total"


@pytest.mark.parametrize(
    ("totals", "warned"), [((6, 5, 6, 12, 14, 15), 1), ((6, 5, 6, 7, 6), 0), ((15, 16, 17, 18, 19), 0)]
)
def test_scores_that_rise_after_a_course_that_helped_raise_a_task(db, totals, warned):
    ward = a_ward()
    a_response(ward)
    for week, total in enumerate(totals):
        weekly_score(ward, week, total)
    tasks = list(Task.objects.filter(kind="relapse"))
    assert len(tasks) == warned
    for task in tasks:
        assert (task.owner_role, task.due_at - task.raised_at) == ("psychiatrist", timedelta(hours=72))
        assert "Warning on" in task.says
