"""Tasks: the inbox of a role, one task with how it went from hand to hand, and adding one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.outcomes import finish_task
from glimmer.actions.tasks import (
    ROLES,
    SHOWN,
    add_task,
    hand_over_task,
    inbox,
    inbox_count,
    put_back_task,
    readers_of,
    take_task,
)
from glimmer.care.own import Kind
from glimmer.care.tasks import is_escalated, may_hand_over, may_put_back, may_take, state_of
from glimmer.records.access import access_episode, access_task
from glimmer.records.access_own import access_own_entries
from glimmer.records.outcomes import Task
from glimmer.records.own import OwnEntry
from glimmer.records.staff import Staff
from glimmer.records.tasks import access_task_steps, colleagues, facts_of
from glimmer.vocabulary.people import Role
from glimmer.web.forms import Day, Form, LongText, Pick, Text, TimeOfDay, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_choice, asked_number, page_links
from glimmer.web.pages import done, show

HANDED = "The task was handed over. Whoever has it now sees your note."
HANDED_CALL = (
    "The call was handed over with your note. It is called out until somebody takes it: make sure that they know."
)
WORDS = {
    "open": "All open",
    "mine": "In your hands",
    "free": "In nobody's hands",
    "overdue": "Overdue",
    "fell": "Fell to you from others",
    "done": "Done",
}


class TaskForm(Form):
    """What was done."""

    name = "task"
    did = LongText("What was done?", missing="Say what was done.", rows=4)


class PressForm(Form):
    """Taking a task and putting it back ask nothing further."""

    name = "press"


class HandOverForm(Form):
    """To which role or person, and why."""

    name = "hand-over"
    to = Pick("Who does it go to?", [], missing="Choose who the task goes to.")
    note = Text("Why?", missing="Say why you hand it over: whoever gets it reads this.", max_length=500)

    def __init__(self, *args: Any, people: Sequence[Staff] = (), roles: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        anybody = [(role, f"Any {Role(role).label.lower()}") for role in roles]
        named = [(f"person-{one.pk}", f"{one.name}, {one.role}") for one in people if one.role in roles]
        self.fields["to"].choices = [*anybody, *named]  # type: ignore[attr-defined]


class NewTaskForm(Form):
    """A task added by hand: what, who and by when."""

    name = "new-task"
    says = LongText("What has to be done?", missing="Say what has to be done.", rows=3, max_length=1000)
    owner_role = Pick("Who does it?", [(role.value, role.label) for role in ROLES], missing="Choose who has to do it.")
    due_on = Day("Due on", missing="Enter the day by which it has to be done.")
    due_time = TimeOfDay("Due at", missing="Enter the time, such as 17:00.")


@page("task.handle")
def inbox_page(request: StaffRequest) -> HttpResponse:
    """Show the inbox of the person's role: open, due, overdue and done, with who has what in hand."""
    now, shown = timezone.now(), asked_choice(request.GET, "show", SHOWN) or "open"
    found = inbox(request.staff, now, shown=shown, page=asked_number(request.GET, "page"))
    return show(
        request,
        "tasks.html",
        title="Tasks",
        here="tasks",
        listed=found,
        rows=[(row, state_of(facts_of(row), now)) for row in found.rows],
        count=inbox_count(request.staff, now),
        shown=shown,
        words=WORDS,
        choices=[{"value": value, "text": text, "selected": value == shown} for value, text in WORDS.items()],
        links=page_links(request, found),
    )


@page("patient.view", methods=("GET", "POST"))
def task(request: StaffRequest, task_id: int) -> HttpResponse:
    """Show a task and, until it is done, ask what was done."""
    found = access_task(request.staff, task_id)
    form = TaskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and attempt(form, lambda data: finish_task(found, data["did"], by=request.staff)):
        return done(request, "The task is done.", "journey", found.episode_id)
    return _task(request, found, form=form)


@page("task.handle", methods=("POST",))
def take_post(request: StaffRequest, task_id: int) -> HttpResponse:
    """Take a task in hand."""
    return _pressed(request, task_id, take_task, "You have this task now.")


@page("task.handle", methods=("POST",))
def put_back_post(request: StaffRequest, task_id: int) -> HttpResponse:
    """Put a task back that one has in hand."""
    return _pressed(request, task_id, put_back_task, "The task is in nobody's hands again.")


@page("task.handle", methods=("POST",))
def hand_over_post(request: StaffRequest, task_id: int) -> HttpResponse:
    """Hand a task to another role or person, with a note."""
    found = access_task(request.staff, task_id)
    people = colleagues(request.staff)
    form = HandOverForm(request.POST, people=people, roles=readers_of(found))

    def hand_over(data: dict[str, Any]) -> None:
        person = next((one for one in people if f"person-{one.pk}" == data["to"]), None)
        hand_over_task(found, "" if person else data["to"], data["note"], person, by=request.staff, seen=data["seen"])

    if attempt(form, hand_over):
        return done(request, HANDED_CALL if found.calls else HANDED, "tasks")
    return _task(request, found, hand_over_form=form)


@page("task.handle", methods=("GET", "POST"))
def task_new(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Add a task about a patient."""
    episode = access_episode(request.staff, episode_id)
    form = NewTaskForm(request.POST if request.method == "POST" else None)

    def add(data: dict[str, Any]) -> None:
        due_at = datetime.combine(data["due_on"], data["due_time"], tzinfo=timezone.get_current_timezone())
        add_task(episode, data["says"], data["owner_role"], due_at, by=request.staff, seen=data["seen"])

    if request.method == "POST" and attempt(form, add):
        return done(request, "The task was added.", "journey", episode_id)
    return show(
        request,
        "task_new.html",
        title="Add a task",
        here="patients",
        episode=episode,
        forms=[form],
        form=form,
        trail=[("Patients", "patients"), ("Journey", "journey", episode_id)],
    )


def _pressed(request: StaffRequest, task_id: int, act: Callable[..., Task], says: str) -> HttpResponse:
    found = access_task(request.staff, task_id)
    form = PressForm(request.POST)
    if attempt(form, lambda data: act(found, by=request.staff, seen=data["seen"])):
        return done(request, says, "task", task_id)
    return _task(request, access_task(request.staff, task_id), press_form=form)


def _by_mistake(by: Staff, found: Task) -> OwnEntry | None:
    """Return that the patient has said since that they pressed by mistake, if they have."""
    since = access_own_entries(by, found.episode).filter(kind=Kind.MISTAKE, sent_at__gte=found.raised_at)
    return since.first()


def _task(request: StaffRequest, found: Task, **given: Form) -> HttpResponse:
    facts, staff, now = facts_of(found), request.staff, timezone.now()
    hands_over = may_hand_over(facts, staff.pk, staff.role, found.owner_role).allowed
    forms: dict[str, Any] = {
        "form": TaskForm(),
        "press_form": PressForm(),
        "hand_over_form": HandOverForm(people=colleagues(staff), roles=readers_of(found)) if hands_over else None,
        **given,
    }
    return show(
        request,
        "task.html",
        title="Task",
        here="tasks",
        episode=found.episode,
        forms=[form for form in forms.values() if form is not None],
        task=found,
        facts=facts,
        state=state_of(facts, now),
        escalated=is_escalated(facts, now),
        takes=may_take(facts, staff.pk, staff.role, now).allowed,
        puts_back=may_put_back(facts, staff.pk).allowed,
        by_mistake=_by_mistake(staff, found) if found.calls else None,
        steps=access_task_steps(staff, found),
        trail=[("Tasks", "tasks"), ("Journey", "journey", found.episode_id)],
        **forms,
    )
