"""Danger on the patients' own pages: it is never sent away, never lost, and help that answers at once is shown."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from glimmer.guidance.help_lines import help_lines
from glimmer.records.models import Episode, OwnDevice, OwnEntry, Score, Task
from tests.support.cast import an_episode
from tests.support.own import let_in, pause, phq9_answers, text


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection")


@pytest.fixture
def amina(episode, cast):
    return let_in(episode, cast.bea)


def test_answer_that_signals_suicidal_thoughts_shows_help_and_raises_the_same_task_as_staff_do(episode, amina):
    answer = amina.post("/own/questions/phq9", phq9_answers(item9="1"))
    assert answer.headers["Location"] == "/own/help?from=answer"
    shown = text(amina.get(answer.headers["Location"]))
    for line in help_lines().rows:
        assert line.number in shown
    task = Task.objects.get()
    assert (task.kind, task.owner_role) == ("suicidality", "psychiatrist")
    assert task.due_at - task.raised_at == timedelta(hours=4)
    score = Score.objects.get(from_patient=True)
    assert (score.total, score.recorded_by, score.author) == (9, None, "the patient")
    assert OwnEntry.objects.get().score == score


@pytest.mark.parametrize(
    "left",
    [
        {f"item_{number}": "none" for number in (1, 2, 3)},
        {"item_4": ""},
        {f"item_{number}": "" for number in range(1, 9)},
    ],
)
def test_dangerous_answer_on_a_form_that_cannot_be_scored_is_told_all_the_same(amina, left):
    sent = {**phq9_answers(item9="3"), **left}
    answer = amina.post("/own/questions/phq9", sent)
    assert answer.headers["Location"] == "/own/help?from=answer"
    assert "The team is told" in text(amina.get(answer.headers["Location"]))
    amina.post("/own/questions/phq9", sent)
    task = Task.objects.get()
    assert (task.kind, task.owner_role, "could not be scored" in task.says) == ("suicidality", "psychiatrist", True)
    entry = OwnEntry.objects.get()
    assert (entry.kind, entry.content["answers"][-1], entry.score) == ("danger_answer", 3, None)
    # The same form can still be sent whole.
    assert amina.post("/own/questions/phq9", phq9_answers(item9="3")).status_code == 302
    assert Score.objects.get().items[-1] == 3


def test_dangerous_answer_after_the_journey_has_ended_is_told_all_the_same(episode, cast, amina):
    Episode.objects.filter(pk=episode.pk).update(
        closed_at=timezone.now(), closed_by=cast.idris, closed_because="Discharged"
    )
    answer = amina.post("/own/questions/phq9", phq9_answers(item9="1"))
    assert answer.headers["Location"] == "/own/help?from=answer"
    assert Task.objects.get().kind == "suicidality"
    assert not Score.objects.filter(from_patient=True).exists()


def test_form_that_was_changed_and_sent_again_is_no_duplicate(amina):
    first = {**phq9_answers(item9="0"), "token": "slow"}
    changed = {**phq9_answers(item9="2"), "token": "slow"}
    assert amina.post("/own/questions/phq9", first).headers["Location"] == "/own?sent=questionnaire"
    for _ in range(2):
        assert amina.post("/own/questions/phq9", changed).headers["Location"] == "/own/help?from=answer"
    assert Task.objects.get().kind == "suicidality"
    assert [row.items[-1] for row in Score.objects.filter(from_patient=True).order_by("pk")] == [0, 2]
    for value in ("3", "5", "5"):
        amina.post("/own/mood", {"value": value, "token": "tap"})
    assert sorted(row.content["value"] for row in OwnEntry.objects.filter(kind="mood")) == [3, 5]


def test_help_page_says_that_the_team_was_told_only_while_it_was(amina):
    for source in ("press", "answer"):
        shown = text(amina.get(f"/own/help?from={source}"))
        assert "team is told" not in shown
        assert "We have told the team" not in shown
    amina.post("/own/not-safe", {"token": "n1"})
    assert "We have told the team" in text(amina.get("/own/help?from=press"))
    Task.objects.update(raised_at=timezone.now() - timedelta(hours=4))
    later = text(amina.get("/own/help?from=press"))
    assert "We have told the team" not in later
    assert 'action="/own/not-safe"' in later


@pytest.mark.parametrize("press", [False, True])
def test_help_after_a_pause_opens_nothing_else(amina, press):
    pause()
    assert amina.get("/own/help").status_code == 200
    if press:
        amina.post("/own/not-safe", {"token": "n1"})
    assert amina.get("/own/everything.json").status_code == 423
    assert amina.get("/own/chart").status_code == 423


def test_answer_without_danger_shows_no_alarm_and_raises_nothing(episode, amina):
    answer = amina.post("/own/questions/phq9", phq9_answers())
    assert answer.headers["Location"] == "/own?sent=questionnaire"
    assert not Task.objects.exists()


def test_open_answer_about_suicide_raises_the_task_that_staffs_entry_would(amina):
    amina.post("/own/questions/phq9", phq9_answers(item9="none"))
    assert Task.objects.get().kind == "suicidality"


@pytest.mark.parametrize("paused", [False, True])
def test_not_safe_tells_the_team_at_once_also_after_a_pause_and_asks_for_nothing(amina, paused):
    if paused:
        pause()
    answer = amina.post("/own/not-safe", {"token": "n1"})
    assert answer.headers["Location"] == "/own/help?from=press"
    assert amina.post("/own/not-safe", {"token": "n1"}).status_code == 302
    task = Task.objects.get()
    assert (task.kind, task.owner_role, task.due_at - task.raised_at) == (
        "suicidality",
        "psychiatrist",
        timedelta(hours=4),
    )
    assert "We have told the team" in text(amina.get(answer.headers["Location"]))


def test_not_safe_on_a_device_that_has_ended_shows_whom_to_call_and_says_that_nobody_was_told(episode, amina):
    OwnDevice.objects.update(ended_at=timezone.now(), ended_because="Lost")
    answer = amina.post("/own/not-safe", {"token": "n1"})
    assert answer.status_code == 401
    assert "the team is not told" in text(answer)
    assert "116 123" in text(answer)
    assert not Task.objects.exists()


def test_not_safe_is_taken_also_after_the_journey_has_ended_and_nothing_else_is(episode, cast, amina):
    Episode.objects.filter(pk=episode.pk).update(
        closed_at=timezone.now(), closed_by=cast.idris, closed_because="Discharged"
    )
    refused = amina.post("/own/mood", {"value": "3", "token": "m1"})
    assert refused.status_code == 422
    assert "has ended" in text(refused)
    amina.post("/own/not-safe", {"token": "n1"})
    assert Task.objects.get().kind == "suicidality"


def test_press_by_mistake_is_noted_and_takes_no_task_away(amina):
    amina.post("/own/not-safe", {"token": "n1"})
    assert amina.post("/own/by-mistake", {"token": "b1"}).headers["Location"] == "/own?sent=mistake"
    assert Task.objects.get().done_at is None
    assert list(OwnEntry.objects.values_list("kind", flat=True)) == ["not_safe", "mistake"]


def test_task_and_answer_stand_or_fall_together(episode, amina, monkeypatch):
    def full(**fields):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.own_act.append_audit", full)
    answer = amina.post("/own/questions/phq9", phq9_answers(item9="2"))
    assert answer.status_code == 503
    assert "116 123" in text(answer)
    assert not Task.objects.exists()
    assert not Score.objects.filter(from_patient=True).exists()
