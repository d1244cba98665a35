"""Consent: what the patient was told, whether they could decide, what they decided; and withdrawal."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.consent import Conversation, consent_verdict, record_consent, withdraw_consent
from glimmer.care.consent import CAPACITY
from glimmer.guidance import information
from glimmer.records.access import access_episode
from glimmer.records.episodes import Episode
from glimmer.web.consent_forms import ConsentForm, WithdrawForm
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("patient.view")
def consent(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show every conversation about consent, and whether consent holds today."""
    return _page(request, access_episode(request.staff, episode_id))


@page("consent.record", methods=("POST",))
def consent_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record a conversation."""
    episode = access_episode(request.staff, episode_id)
    form = ConsentForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_consent(episode, _conversation(data), by=request.staff, seen=data["seen"])

    if attempt(form, record):
        return done(request, "The conversation was recorded.", "consent", episode_id)
    return _page(request, episode, form=form)


@page("consent.record", methods=("POST",))
def consent_withdraw(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record that the patient has withdrawn consent."""
    episode = access_episode(request.staff, episode_id)
    form = WithdrawForm(request.POST)
    if attempt(form, lambda data: withdraw_consent(episode, data["reason"], by=request.staff, seen=data["seen"])):
        return done(request, "The withdrawal was recorded. No session can start.", "consent", episode_id)
    return _page(request, episode, withdraw_form=form)


def _conversation(data: dict[str, Any]) -> Conversation:
    answers = {"yes": True, "no": False, "not_assessed": None}
    return Conversation(
        decision=data["decision"],
        information_version=data["information_version"],
        points_covered=tuple(data["points_covered"]),
        questions=data["questions"],
        reason=data["reason"],
        **{part: answers[data[part]] for part, _ in CAPACITY},
    )


def _page(
    request: StaffRequest,
    episode: Episode,
    form: ConsentForm | None = None,
    withdraw_form: WithdrawForm | None = None,
) -> HttpResponse:
    form, withdraw_form = form or ConsentForm(), withdraw_form or WithdrawForm()
    rows = list(episode.consents.select_related("recorded_by"))
    return show(
        request,
        "consent.html",
        title="Consent",
        here="patients",
        episode=episode,
        step="consent",
        forms=[form, withdraw_form],
        form=form,
        withdraw_form=withdraw_form,
        rows=rows,
        newest=rows[-1] if rows else None,
        information=information(),
        verdict=consent_verdict(episode, timezone.localdate()) if rows else None,
        capacity=CAPACITY,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
