"""Training: the cases to take, and the look back on one, beside the model answer. On a clinic's own database it only
says where training is."""

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.training import NOT_HERE, begin_case
from glimmer.guidance.training_cases import training_cases
from glimmer.monitoring.debrief import Debrief, debrief
from glimmer.records.access import access_appointment
from glimmer.records.logbook import events_of
from glimmer.records.training import TRAINING, purpose, training_runs
from glimmer.vocabulary.problems import Problem
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

RUNS_SHOWN = 20


@page("session.run")
def training(request: StaffRequest) -> HttpResponse:
    """List the cases, and the runs that this person began."""
    return _cases(request)


@page("session.run", methods=("POST",))
def training_begin(request: StaffRequest, case: str) -> HttpResponse:
    """Take a case: its virtual patient comes now."""
    try:
        run = begin_case(case, by=request.staff)
    except Problem as problem:
        return _cases(request, str(problem))
    says = "Your patient is here. Open the session and treat them as you would."
    return done(request, says, "appointment", run.appointment_id)


@page("session.view")
def training_debrief(request: StaffRequest, appointment_id: int) -> HttpResponse:
    """Show what was noticed and done in a training session, and when, beside the model answer of its case."""
    appointment = access_appointment(request.staff, appointment_id)
    run, session = getattr(appointment, "training_run", None), getattr(appointment, "session", None)
    case = training_cases().get(run.case_id) if run is not None else None
    found = Debrief(None, ())
    if case is not None and session is not None:
        found = debrief(case, events_of(session.pk), timezone.now())
    return show(
        request,
        "training/debrief.html",
        title="Looking back on a training session",
        here="training",
        trail=[("Training", "training")],
        run=run,
        case=case,
        session=session,
        appointment=appointment,
        found=found,
    )


def _cases(request: StaffRequest, fault: str = "") -> HttpResponse:
    is_training = purpose() == TRAINING
    runs = list(training_runs(request.staff)[:RUNS_SHOWN])
    # By number: a title would say to whoever is in the middle of a case what is going to happen.
    numbers = {case_id: number for number, case_id in enumerate(training_cases(), start=1)}
    return show(
        request,
        "training/cases.html",
        title="Training",
        here="training",
        status=422 if fault else 200,
        is_training=is_training,
        not_here=NOT_HERE,
        fault=fault,
        cases=training_cases().values(),
        runs=[(run, numbers.get(run.case_id)) for run in runs],
    )
