"""The task inbox: taken by one, handed over with a note, never lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from glimmer.actions.outcomes import finish_task
from glimmer.actions.retiring import retire_staff
from glimmer.actions.tasks import add_task, hand_over_task, inbox, inbox_count, put_back_task, take_task
from glimmer.actions.worklist import tasks_for
from glimmer.records.access import access_task
from glimmer.records.models import ClinicMember, Staff, Task, TaskStep
from glimmer.records.tasks import facts_of
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode

NOW = datetime.now(UTC)


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection")


@pytest.fixture
def task(cast, episode):
    return add_task(episode, "Ring the patient", "nurse", NOW + timedelta(days=2), by=cast.bea)


def names(listed):
    return [row.says for row in listed.rows]


def test_added_task_is_in_the_inbox_of_its_role_and_of_no_other(cast, task):
    assert names(inbox(cast.maya, NOW)) == names(inbox(cast.jo, NOW)) == ["Ring the patient"]
    assert inbox(cast.tomos, NOW).total == 0
    assert inbox_count(cast.maya, NOW).open == 1
    step = TaskStep.objects.get()
    assert (step.step, step.by, step.to_role) == ("added", cast.bea, "nurse")
    assert access_task(cast.bea, task.pk) == task


@pytest.mark.parametrize(
    ("says", "role", "hours", "field"),
    [(" ", "nurse", 1, "says"), ("x", "manager", 1, "owner_role"), ("x", "nurse", -1, "due_on")],
)
def test_task_that_is_incomplete_is_refused_at_its_field(cast, episode, says, role, hours, field):
    with pytest.raises(BadInput) as wrong:
        add_task(episode, says, role, datetime.now(UTC) + timedelta(hours=hours), by=cast.bea)
    assert wrong.value.field == field


def test_second_one_to_take_a_task_is_told_who_has_it(cast, task):
    take_task(task, by=cast.maya)
    with pytest.raises(RuleRefused, match="Maya Okafor took this task before you"):
        take_task(task, by=cast.jo)
    assert names(inbox(cast.maya, NOW, shown="mine")) == ["Ring the patient"]
    assert inbox(cast.jo, NOW, shown="mine").total == inbox(cast.jo, NOW, shown="free").total == 0
    # It is still in the role's inbox, and on nobody else's start page.
    assert inbox(cast.jo, NOW).total == 1
    assert (len(tasks_for(cast.maya)), len(tasks_for(cast.jo))) == (1, 0)
    put_back_task(task, by=cast.maya)
    take_task(task, by=cast.jo)


def test_task_is_handed_over_with_a_note_that_is_seen(cast, task):
    with pytest.raises(BadInput, match="reads this"):
        hand_over_task(task, "therapist", " ", by=cast.maya)
    with pytest.raises(BadInput, match="who the task goes to"):
        hand_over_task(task, "researcher", "x", by=cast.maya)
    hand_over_task(task, "", "She knows you best.", cast.tomos, by=cast.maya)
    task.refresh_from_db()
    assert (task.owner_role, task.taken_by) == ("therapist", cast.tomos)
    assert names(inbox(cast.tomos, NOW, shown="mine")) == ["Ring the patient"]
    assert inbox(cast.maya, NOW).total == 0
    step = TaskStep.objects.get(step="handed")
    assert (step.by, step.to_person, step.note) == (cast.maya, cast.tomos, "She knows you best.")
    with pytest.raises(NotAllowed, match="for a therapist"):
        finish_task(task, "Rang.", by=cast.maya)
    finish_task(task, "Rang.", by=cast.tomos)
    assert names(inbox(cast.tomos, NOW, shown="done")) == ["Ring the patient"]
    with pytest.raises(RuleRefused, match="finished already"):
        take_task(task, by=cast.tomos)


def test_task_goes_to_nobody_who_is_not_in_the_clinic(cast, task):
    ClinicMember.objects.filter(staff=cast.tomos).update(ended_at=NOW, ended_by="x")
    with pytest.raises(BadInput, match="does not work in the patient's clinic"):
        hand_over_task(task, "", "Please", cast.tomos, by=cast.maya)


def test_task_of_who_has_left_is_its_role_s_again(cast, task):
    take_task(task, by=cast.maya)
    retire_staff(cast.maya, "Left", by=cast.gil)
    task.refresh_from_db()
    assert not facts_of(task).in_hand
    assert names(inbox(cast.jo, NOW, shown="free")) == ["Ring the patient"]
    take_task(task, by=cast.jo)


def test_task_of_a_role_that_nobody_has_any_more_falls_to_the_psychiatrists(cast, episode):
    add_task(episode, "Count the stock", "pharmacist", NOW + timedelta(days=2), by=cast.bea)
    assert inbox(cast.idris, NOW).total == 0
    Staff.objects.filter(pk=cast.priya.pk).update(is_active=False)
    assert names(inbox(cast.idris, NOW, shown="fell")) == ["Count the stock"]


def test_task_that_nobody_of_its_clinic_could_own_falls_to_everybody_who_may_read_it(cast, episode):
    quoting = episode.tasks.create(
        kind="relapse", says="Relapse warning", owner_role="psychiatrist", raised_at=NOW, due_at=NOW
    )
    add_task(episode, "Ask for the report", "psychiatrist", NOW + timedelta(days=2), by=cast.bea)
    assert inbox(cast.maya, NOW).total == inbox(cast.bea, NOW).total == 0
    Staff.objects.filter(role="psychiatrist").update(is_active=False)
    for person in (cast.maya, cast.tomos, cast.priya):
        assert names(inbox(person, NOW, shown="fell")) == ["Relapse warning", "Ask for the report"]
        assert all(row.is_orphan for row in inbox(person, NOW).rows)
    # The desk is shown what a person wrote for whoever is to do it, and nothing that quotes a questionnaire.
    assert names(inbox(cast.bea, NOW)) == ["Ask for the report"]
    with pytest.raises(RuleRefused, match="for a psychiatrist"):
        take_task(quoting, by=cast.bea)
    take_task(quoting, by=cast.maya)
    finish_task(quoting, "Spoke with the home team, who see the patient tomorrow.", by=cast.maya)
    assert names(inbox(cast.maya, NOW)) == ["Ask for the report"]


def test_task_falls_to_nobody_else_while_one_psychiatrist_is_here(cast, episode):
    add_task(episode, "Ask for the report", "psychiatrist", NOW + timedelta(days=2), by=cast.bea)
    Staff.objects.filter(pk=cast.idris.pk).update(is_active=False)
    assert inbox(cast.maya, NOW).total == 0
    assert names(inbox(cast.una, NOW)) == ["Ask for the report"]


def test_long_overdue_task_is_seen_by_the_psychiatrists_as_well_and_can_be_taken(cast, task):
    late = task.due_at + timedelta(hours=24, seconds=1)
    assert inbox(cast.idris, task.due_at + timedelta(hours=1)).total == 0
    assert names(inbox(cast.idris, late, shown="fell")) == ["Ring the patient"]
    assert inbox_count(cast.idris, late).overdue == 1
    assert inbox(cast.maya, late, shown="overdue").total == 1
    take_task(task, by=cast.idris)
    assert names(inbox(cast.idris, NOW, shown="mine")) == ["Ring the patient"]


def test_task_that_quotes_a_questionnaire_is_not_handed_to_the_desk(cast, episode):
    task = episode.tasks.create(
        kind="suicidality", says="Item 9", owner_role="psychiatrist", raised_at=NOW, due_at=NOW + timedelta(hours=4)
    )
    with pytest.raises(RuleRefused, match="may not read"):
        hand_over_task(task, "administrator", "Please ring", by=cast.idris)
    hand_over_task(task, "nurse", "Please ring", by=cast.idris)


def test_steps_of_a_task_are_never_changed_and_a_task_never_deleted_with_them(cast, task):
    for change in (lambda: TaskStep.objects.update(note="x"), lambda: TaskStep.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(Exception, match="protected"):
        Task.objects.all().delete()
