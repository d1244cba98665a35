"""Maintenance: what is proposed next, what was decided, how much was given, and when the next session is due."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.exposure import exposure_of
from glimmer.actions.home_supply import home_verdict
from glimmer.actions.maintenance import Maintenance, decide_maintenance, maintenance_of, second_maintenance
from glimmer.care.maintenance import STEPS, WITHOUT_INTERVAL
from glimmer.records.access import access_appointments, access_episode
from glimmer.records.access_course import access_maintenance_decision
from glimmer.records.episodes import Episode
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Day, Form, LongText, Number, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

MOST_DAYS = 999


class DecideForm(Form):
    """What follows in the maintenance."""

    name = "maintenance"
    step = Choice(
        "What follows?", [(step.value, words) for step, words in STEPS.items()], missing="Choose what follows."
    )
    days = Number(
        "Interval", unit="days", decimals=0, least=1, most=MOST_DAYS, width="3", hint="Not for a new course or the end"
    )
    end_on = Day("Planned end (optional)")
    reason = LongText(
        "Reason", hint="Needed where it is not what was proposed, and for a second prescriber", max_length=2000
    )


class SecondForm(Form):
    """Agreeing asks nothing further."""

    name = "second"


@page("maintenance.view")
def maintenance(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the maintenance of a patient."""
    return _page(request, access_episode(request.staff, episode_id))


@page("maintenance.decide", methods=("POST",))
def decide_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Take a psychiatrist's decision."""
    episode = access_episode(request.staff, episode_id)
    form = DecideForm(request.POST)

    def decide(data: dict[str, Any]) -> None:
        decide_maintenance(
            episode,
            data["step"],
            data["days"],
            data["reason"],
            data["end_on"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, decide):
        return done(request, "The decision was recorded.", "maintenance", episode_id)
    return _page(request, episode, form)


@page("maintenance.decide", methods=("POST",))
def second_post(request: StaffRequest, decision_id: int) -> HttpResponse:
    """Take a second prescriber's agreement."""
    decision = access_maintenance_decision(request.staff, decision_id)
    form = SecondForm(request.POST)
    if attempt(form, lambda data: second_maintenance(decision, by=request.staff, seen=data["seen"])):
        return done(request, "You have agreed as second prescriber.", "maintenance", decision.episode_id)
    return _page(request, decision.episode, second_form=form)


def _page(
    request: StaffRequest, episode: Episode, form: DecideForm | None = None, second_form: SecondForm | None = None
) -> HttpResponse:
    now = timezone.now()
    found = maintenance_of(episode, now)
    form, second_form = form or DecideForm(initial=_initial(found)), second_form or SecondForm()
    decides = episode.closed_at is None and may(Role(request.staff.role), "maintenance.decide")
    return show(
        request,
        "maintenance.html",
        title="Maintenance",
        here="patients",
        episode=episode,
        step="follow-up",
        forms=[form, second_form],
        form=form,
        second_form=second_form,
        found=found,
        proposal=found.proposal if found else None,
        without_interval={step.value for step in WITHOUT_INTERVAL},
        exposure=exposure_of(episode, now),
        home=home_verdict(episode, now) if found and found.by_mouth else None,
        decides=decides,
        dates=access_appointments(request.staff).filter(plan=found.plan, session__isnull=True) if found else (),
        may_second=decides
        and found is not None
        and found.waiting is not None
        and found.waiting.decided_by_id != request.staff.pk,
        today=timezone.localdate(),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk), ("Follow-up", "followup", episode.pk)],
    )


def _initial(found: Maintenance | None) -> dict[str, Any]:
    """Return what the form begins with: the proposed days, so that they need no copying; the step is chosen."""
    return {"days": found.proposal.days} if found and found.proposal.days else {}
