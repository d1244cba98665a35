"""What a patient needs and wishes beside the treatment: communication needs, registry, research, teaching."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.wishes import Wish, decide_purpose, record_needs, withdraw_purpose
from glimmer.care.communication import Needs
from glimmer.records.access import access_episode
from glimmer.vocabulary.problems import BadInput
from glimmer.web.consent import consent_page
from glimmer.web.consent_forms import NeedsForm, PurposeForm, PurposeWithdrawForm
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done


@page("patient.needs", methods=("POST",))
def needs_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record what the patient needs to be informed and heard."""
    episode = access_episode(request.staff, episode_id)
    form = NeedsForm(request.POST)
    if attempt(form, lambda data: record_needs(episode, _needs(data), by=request.staff, seen=data["seen"])):
        return done(request, "The communication needs were recorded. Every page shows them.", "consent", episode_id)
    return consent_page(request, episode, needs_form=form)


@page("consent.record", methods=("POST",))
def purpose_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record what the patient decided on one purpose."""
    episode = access_episode(request.staff, episode_id)
    form = PurposeForm(request.POST)

    def decide(data: dict[str, Any]) -> None:
        wish = Wish(data["purpose"], data["decision"], data["understood"] == "yes", data["reason"])
        decide_purpose(episode, wish, by=request.staff, seen=data["seen"])

    if attempt(form, decide):
        return done(request, "The patient's decision was recorded.", "consent", episode_id)
    return consent_page(request, episode, purpose_form=form)


@page("purpose.withdraw", methods=("POST",))
def purpose_withdraw(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record that the patient takes a consent back; it counts at once, also after the journey has ended."""
    episode = access_episode(request.staff, episode_id)
    form = PurposeWithdrawForm(request.POST)
    if attempt(form, lambda data: withdraw_purpose(episode, data["purpose"], by=request.staff, seen=data["seen"])):
        return done(request, "The withdrawal was recorded. It counts from now on.", "consent", episode_id)
    return consent_page(request, episode, take_back_form=form)


def _needs(data: dict[str, Any]) -> Needs:
    needs = Needs(
        formats=tuple(data["formats"]),
        support=tuple(data["support"]),
        contact=tuple(data["contact"]),
        language=data["language"],
        remarks=data["remarks"],
    )
    if (data["asked"] == "none") is not needs.none_at_all:
        raise BadInput("The needs and the answer below them do not agree. Tick the needs, or say there are none.")
    return needs
