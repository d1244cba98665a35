"""The referral: typed in or imported, completed item by item, triaged."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.referral import (
    PatientDetails,
    ReferralDetails,
    amend_items,
    import_bundle,
    import_warnings,
    record_referral,
    referral_facts,
    triage,
)
from glimmer.care.referral import may_triage
from glimmer.guidance import referral_items
from glimmer.records.access import access_episode
from glimmer.records.access_journey import access_referral_items, access_triage
from glimmer.records.episodes import Episode
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.referral_forms import ImportForm, ItemsForm, ReferralForm, TriageForm


@page("referral.record", methods=("GET", "POST"))
def referral_new(request: StaffRequest) -> HttpResponse:
    """Type in a referral."""
    form = ReferralForm(request.POST if request.method == "POST" else None)
    opened: list[Episode] = []

    def record(data: dict[str, Any]) -> None:
        patient = PatientDetails(**{name: data[name] for name in PatientDetails.__dataclass_fields__})
        referral = ReferralDetails(**{name: data[name] for name in ReferralDetails.__dataclass_fields__})
        opened.append(record_referral(patient, referral, form.items(), by=request.staff))

    if request.method == "POST" and attempt(form, record):
        return done(request, "The referral was recorded.", "referral", opened[0].pk)
    return show(
        request,
        "referral_new.html",
        title="Record a referral",
        here="patients",
        forms=[form],
        form=form,
        already=form.already,
        trail=[("Patients", "patients")],
    )


@page("referral.record", methods=("GET", "POST"))
def referral_import(request: StaffRequest) -> HttpResponse:
    """Import a referral from a FHIR R4 bundle."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    opened: list[Episode] = []
    if request.method == "POST" and attempt(
        form, lambda data: opened.append(import_bundle(data["document"].read(), by=request.staff))
    ):
        return done(request, "The referral was imported. Check it against the document.", "referral", opened[0].pk)
    return show(
        request,
        "referral_import.html",
        title="Import a referral",
        here="patients",
        forms=[form],
        form=form,
        already=form.already,
        trail=[("Patients", "patients")],
    )


@page("patient.view", methods=("GET",))
def referral(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the referral, what of the minimum set is there, and what triage may do."""
    return _page(request, access_episode(request.staff, episode_id))


@page("referral.record", methods=("POST",))
def referral_items_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Say what is now known about the items of the minimum set."""
    episode = access_episode(request.staff, episode_id)
    form = ItemsForm(request.POST)
    if attempt(form, lambda data: amend_items(episode, form.items(), by=request.staff, seen=data["seen"])):
        return done(request, "The referral was completed with what you entered.", "referral", episode_id)
    return _page(request, episode, items_form=form)


@page("referral.triage", methods=("POST",))
def triage_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record what triage decided."""
    episode = access_episode(request.staff, episode_id)
    form = TriageForm(request.POST)
    if attempt(
        form,
        lambda data: triage(episode, data["decision"], data["reason"], by=request.staff, seen=data["seen"]),
    ):
        return done(request, "The triage decision was recorded.", "journey", episode_id)
    return _page(request, episode, triage_form=form)


def _page(
    request: StaffRequest,
    episode: Episode,
    items_form: ItemsForm | None = None,
    triage_form: TriageForm | None = None,
) -> HttpResponse:
    stored = episode.referral
    rows = {row.item: row for row in access_referral_items(request.staff, stored)}
    items_form = items_form or ItemsForm(initial=ItemsForm.initial_of(rows.values()))
    triage_form = triage_form or TriageForm()
    decisions = list(access_triage(request.staff, stored))
    decided = bool(decisions) and decisions[-1].decision in {"accepted", "declined"}
    return show(
        request,
        "referral.html",
        title="Referral",
        here="patients",
        episode=episode,
        step="referral",
        forms=[items_form, triage_form],
        referral=stored,
        items=[(item, rows.get(item.id)) for item in referral_items()],
        items_form=items_form,
        triage_form=triage_form,
        decisions=decisions,
        verdict=may_triage(referral_facts(stored)),
        warnings=import_warnings(stored),
        open=episode.closed_at is None and not decided,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
