"""One task: what has to be done, by whom, and what was done about it."""

from django.http import HttpResponse

from glimmer.actions.outcomes import finish_task
from glimmer.records.access import access_task
from glimmer.web.forms import Form, LongText, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


class TaskForm(Form):
    """What was done."""

    name = "task"
    did = LongText("What was done?", missing="Say what was done.", rows=4)


@page("patient.view", methods=("GET", "POST"))
def task(request: StaffRequest, task_id: int) -> HttpResponse:
    """Show a task and, until it is done, ask what was done."""
    found = access_task(request.staff, task_id)
    form = TaskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and attempt(form, lambda data: finish_task(found, data["did"], by=request.staff)):
        return done(request, "The task is done.", "journey", found.episode_id)
    return show(
        request,
        "task.html",
        title="Task",
        here="home",
        episode=found.episode,
        forms=[form],
        form=form,
        task=found,
        trail=[("Patients", "patients"), ("Journey", "journey", found.episode_id)],
    )
