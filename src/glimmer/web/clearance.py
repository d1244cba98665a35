"""Medicines and tests before treatment: what the patient takes, what it means, and which results are in date."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.baseline_tests import record_result, withdraw_result
from glimmer.actions.medicines import record_medicines, settle_interaction
from glimmer.care.medicines import unsettled
from glimmer.guidance import baseline_tests
from glimmer.records.access import access_baseline_result, access_episode
from glimmer.records.access_journey import access_baseline_results, access_medicine_lists, access_settlings
from glimmer.records.clearance import clearance as clearance_now
from glimmer.records.clearance import standing_for
from glimmer.records.episodes import Episode
from glimmer.records.medicines import listed_medicines, medicine_cautions
from glimmer.records.selection import selection_sheet
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.clearance_forms import MedicinesForm, ResultForm, SettleForm, WithdrawResultForm
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("patient.view")
def clearance(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the medicines with their interactions, and every test with how it stands."""
    return _page(request, access_episode(request.staff, episode_id))


@page("medicine.record", methods=("POST",))
def medicines_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Write the list of medicines as it is now."""
    episode = access_episode(request.staff, episode_id)
    form = MedicinesForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_medicines(
            episode,
            data["text"],
            data["asked"],
            takes_none=bool(data["takes_none"]),
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, record):
        return done(request, "The list of medicines was written.", "clearance", episode_id)
    return _page(request, episode, medicines_form=form)


@page("medicine.settle", methods=("POST",))
def settle_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Say how an interaction is dealt with."""
    episode = access_episode(request.staff, episode_id)
    form = SettleForm(request.POST, cautions=medicine_cautions(episode))

    def settle(data: dict[str, Any]) -> None:
        settle_interaction(episode, data["interaction"], data["says"], by=request.staff, seen=data["seen"])

    if attempt(form, settle):
        return done(request, "The interaction was settled.", "clearance", episode_id)
    return _page(request, episode, settle_form=form)


@page("selection.record", methods=("POST",))
def result_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Store one result."""
    episode = access_episode(request.staff, episode_id)
    form = ResultForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_result(
            episode,
            data["test"],
            data["done_on"],
            data["result"],
            form.pressure(),
            data["note"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, record):
        return done(request, "The result was recorded.", "clearance", episode_id)
    return _page(request, episode, result_form=form)


@page("selection.record", methods=("GET", "POST"))
def result_withdraw(request: StaffRequest, result_id: int) -> HttpResponse:
    """Take a wrong result back."""
    row = access_baseline_result(request.staff, result_id)
    form = WithdrawResultForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and attempt(
        form, lambda data: withdraw_result(row, data["reason"], by=request.staff, seen=data["seen"])
    ):
        return done(request, "The result was withdrawn. It stays on record.", "clearance", row.episode_id)
    return show(
        request,
        "result_withdraw.html",
        title="Withdraw a result",
        here="patients",
        episode=row.episode,
        step="selection",
        forms=[form],
        form=form,
        row=row,
        titles={test.id: test.title for test in baseline_tests()},
        trail=[("Patients", "patients"), ("Medicines and tests", "clearance", row.episode_id)],
    )


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    role, now = Role(request.staff.role), timezone.now()
    sheet, cautions = selection_sheet(episode), medicine_cautions(episode)
    settlings = list(access_settlings(request.staff, episode))
    results = list(access_baseline_results(request.staff, episode))
    withdrawn = {row.withdraws_id: row for row in results if row.withdraws_id}
    counting = [row for row in results if row.withdraws_id is None and row.pk not in withdrawn]
    shown: dict[str, Any] = {
        "medicines_form": forms.get("medicines_form") or MedicinesForm(initial={"text": listed_medicines(episode)}),
        "settle_form": forms.get("settle_form") or SettleForm(cautions=cautions),
        "result_form": forms.get("result_form") or ResultForm(),
    }
    open_ = episode.closed_at is None
    return show(
        request,
        "clearance.html",
        title="Medicines and tests",
        here="patients",
        episode=episode,
        step="selection",
        forms=list(shown.values()),
        listed=listed_medicines(episode),
        lists=list(access_medicine_lists(request.staff, episode)),
        cautions=cautions,
        open_interactions={one.interaction.id for one in unsettled(cautions, [row.facts for row in settlings])},
        settlings=settlings,
        standing=standing_for(episode, sheet.rules, sheet.judgement, [row.facts for row in counting], now),
        results=results,
        withdrawn=withdrawn,
        titles={test.id: test.title for test in baseline_tests()},
        now=clearance_now(episode, now, sheet),
        lists_medicines=open_ and may(role, "medicine.record"),
        settles=open_ and may(role, "medicine.settle"),
        tests=open_ and may(role, "selection.record"),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk), ("Selection", "selection", episode.pk)],
        **shown,
    )
