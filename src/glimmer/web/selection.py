"""Selection: the rules answered with evidence, overrides between two clinicians, the decision."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.selection import (
    SelectionSheet,
    agree_override,
    answer_rules,
    decide_selection,
    items_by_rule,
    propose_override,
    referral_items_of,
    selection_sheet,
)
from glimmer.care.selection import Outcome
from glimmer.guidance import referral_items
from glimmer.records.access import access_episode, access_override
from glimmer.records.access_journey import access_selection_decisions
from glimmer.records.clearance import all_proposals, clearance
from glimmer.records.episodes import Episode, ReferralItem
from glimmer.records.medicines import medicine_cautions
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
    form = _answers_form(_full_sheet(episode), items_by_rule(episode), request.POST)
    if attempt(form, lambda data: answer_rules(episode, form.changed(), by=request.staff, seen=data["seen"])):
        return done(request, "The answers were saved.", "selection", episode_id)
    return _page(request, episode, answers_form=form)


@page("selection.override", methods=("POST",))
def override_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Propose to let a failed hard rule pass."""
    episode = access_episode(request.staff, episode_id)
    form = OverrideForm(request.POST, rules=selection_sheet(episode).rules.rules)
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


def _full_sheet(episode: Episode) -> SelectionSheet:
    """Return the sheet with everything that the record proposes."""
    sheet = selection_sheet(episode)
    return replace(sheet, proposals=all_proposals(episode, sheet, timezone.now()))


def _answers_form(sheet: SelectionSheet, referral: dict[str, list[ReferralItem]], data: Any = None) -> AnswersForm:
    asked = [one for one in sheet.judgement.outcomes if one.outcome is not Outcome.NOT_ASKED]
    return AnswersForm(data, asked=asked, stored=sheet.answers, proposals=sheet.proposals, referral=referral)


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    sheet, referral = _full_sheet(episode), items_by_rule(episode)
    shown: dict[str, Any] = {
        "answers_form": forms.get("answers_form") or _answers_form(sheet, referral),
        "override_form": forms.get("override_form") or OverrideForm(rules=sheet.rules.rules),
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
        referral=referral_items_of(episode),
        item_titles={item.id: item.title for item in referral_items()},
        decisions=list(access_selection_decisions(request.staff, episode)),
        open=episode.closed_at is None,
        guidance_version=sheet.rules.label,
        medicine_cautions=medicine_cautions(episode),
        now=clearance(episode, timezone.now(), sheet),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **shown,
    )
