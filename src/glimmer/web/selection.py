"""Selection: the rules answered with evidence, overrides between two clinicians, the decision."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.selection import (
    SelectionSheet,
    agree_override,
    answer_rules,
    decide_selection,
    propose_override,
    selection_sheet,
)
from glimmer.care.medicines import check_medicines
from glimmer.care.selection import Outcome
from glimmer.guidance import selection_version
from glimmer.records.access import access_episode, access_override
from glimmer.records.episodes import Episode
from glimmer.records.medicines import listed_medicines
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.selection_forms import AgreeForm, AnswersForm, DecisionForm, OverrideForm


@page("patient.view")
def selection(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show every rule with its answer, its author and what it comes to."""
    return _page(request, access_episode(request.staff, episode_id))


@page("selection.record", methods=("POST",))
def answers_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Store the answers that were changed; the others stay with their author."""
    episode = access_episode(request.staff, episode_id)
    form = _answers_form(selection_sheet(episode), request.POST)
    if attempt(form, lambda data: answer_rules(episode, form.changed(), by=request.staff, seen=data["seen"])):
        return done(request, "The answers were saved.", "selection", episode_id)
    return _page(request, episode, answers_form=form)


@page("selection.override", methods=("POST",))
def override_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Propose to let a failed hard rule pass."""
    episode = access_episode(request.staff, episode_id)
    form = OverrideForm(request.POST)
    if attempt(
        form, lambda data: propose_override(episode, data["rule"], data["reason"], by=request.staff, seen=data["seen"])
    ):
        return done(request, "The override was proposed. A second clinician has to agree.", "selection", episode_id)
    return _page(request, episode, override_form=form)


@page("selection.override", methods=("POST",))
def agree_post(request: StaffRequest, override_id: int) -> HttpResponse:
    """Agree, as a second clinician, to an override."""
    override = access_override(request.staff, override_id)
    form = AgreeForm(request.POST)
    if attempt(form, lambda data: agree_override(override, by=request.staff, seen=data["seen"])):
        return done(request, "You agreed to the override.", "selection", override.episode_id)
    return _page(request, override.episode, agree_form=form)


@page("selection.decide", methods=("POST",))
def decision_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Decide whether the patient is eligible."""
    episode = access_episode(request.staff, episode_id)
    form = DecisionForm(request.POST)

    def decide(data: dict[str, Any]) -> None:
        decide_selection(episode, data["decision"], data["reason"], by=request.staff, seen=data["seen"])

    if attempt(form, decide):
        return done(request, "The decision was recorded.", "journey", episode_id)
    return _page(request, episode, decision_form=form)


def _answers_form(sheet: SelectionSheet, data: Any = None) -> AnswersForm:
    asked = [one for one in sheet.judgement.outcomes if one.outcome is not Outcome.NOT_ASKED]
    return AnswersForm(data, asked=asked, stored=sheet.answers)


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    sheet = selection_sheet(episode)
    shown: dict[str, Any] = {
        "answers_form": forms.get("answers_form") or _answers_form(sheet),
        "override_form": forms.get("override_form") or OverrideForm(),
        "agree_form": forms.get("agree_form") or AgreeForm(),
        "decision_form": forms.get("decision_form") or DecisionForm(),
    }
    return show(
        request,
        "selection.html",
        title="Selection",
        here="patients",
        episode=episode,
        step="selection",
        forms=list(shown.values()),
        sheet=sheet,
        decisions=list(episode.selection_decisions.select_related("decided_by")),
        open=episode.closed_at is None,
        guidance_version=selection_version(),
        medicine_cautions=check_medicines(listed_medicines(episode)),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **shown,
    )
