"""Consent: what the patient was told, whether they could decide, what they decided; and withdrawal."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.consent import Conversation, consent_verdict, record_consent, withdraw_consent
from glimmer.actions.consent_talk import information_offered, treatments_told
from glimmer.care.consent import CAPACITY
from glimmer.care.consent_waiting import decide_from
from glimmer.guidance import Information, protocol
from glimmer.guidance.purposes import purposes
from glimmer.records.access import access_episode
from glimmer.records.access_consent import (
    access_needs,
    access_newest_information,
    access_purposes,
    access_questions,
)
from glimmer.records.access_journey import access_consents
from glimmer.records.consent import InformationGiven
from glimmer.records.conversations import consented_before, is_urgent
from glimmer.records.episodes import Episode
from glimmer.vocabulary.problems import BadInput
from glimmer.web.consent_forms import (
    AnswerForm,
    AskForm,
    ConsentForm,
    InformForm,
    NeedsForm,
    PurposeForm,
    PurposeWithdrawForm,
    WithdrawForm,
)
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("patient.view")
def consent(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show what was told, asked and decided, and whether consent holds today."""
    return consent_page(request, access_episode(request.staff, episode_id))


@page("consent.record", methods=("POST",))
def consent_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record a conversation."""
    episode = access_episode(request.staff, episode_id)
    form = ConsentForm(request.POST, information=_told(access_newest_information(request.staff, episode)))

    def record(data: dict[str, Any]) -> None:
        record_consent(episode, _conversation(data), by=request.staff, seen=data["seen"])

    if attempt(form, record):
        return done(request, "The conversation was recorded.", "consent", episode_id)
    return consent_page(request, episode, form=form)


@page("consent.record", methods=("POST",))
def consent_withdraw(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record that the patient has withdrawn consent."""
    episode = access_episode(request.staff, episode_id)
    form = WithdrawForm(request.POST)
    if attempt(form, lambda data: withdraw_consent(episode, data["reason"], by=request.staff, seen=data["seen"])):
        return done(request, "The withdrawal was recorded. No session can start.", "consent", episode_id)
    return consent_page(request, episode, withdraw_form=form)


def _conversation(data: dict[str, Any]) -> Conversation:
    answers = {"yes": True, "no": False, "not_assessed": None}
    same = ("decision", "information_version", "reason", "interpreter", "interpreter_who", "sooner_because")
    facts: dict[str, Any] = {name: data[name] for name in same}
    capacity: dict[str, Any] = {part: answers[data[part]] for part, _ in CAPACITY}
    return Conversation(points_covered=tuple(data["points_covered"]), **facts, **capacity)


def _told(given: InformationGiven | None) -> Information | None:
    """Return the information in force for the treatment that was talked about; None where none can be offered."""
    try:
        return information_offered(given) if given is not None else None
    except BadInput:
        return None


def _think_until(episode: Episode, given: InformationGiven | None) -> datetime | None:
    if given is None:
        return None
    before = consented_before(episode, given)
    return decide_from(given.given_at, consented_before=before, urgent=is_urgent(episode))


def consent_page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    """Show the page, with those of its `forms` (by name) that came back with errors."""
    given = access_newest_information(request.staff, episode)
    told = _told(given)
    offered = treatments_told(episode)
    shown: dict[str, Any] = {
        "form": ConsentForm(information=told),
        "withdraw_form": WithdrawForm(),
        "inform_form": InformForm(offered=offered),
        "ask_form": AskForm(),
        "answer_form": AnswerForm(),
        "needs_form": NeedsForm(),
        "purpose_form": PurposeForm(),
        "take_back_form": PurposeWithdrawForm(),
        **forms,
    }
    rows = list(access_consents(request.staff, episode))
    asked = access_purposes(request.staff, episode)
    return show(
        request,
        "consent.html",
        title="Consent",
        here="patients",
        episode=episode,
        step="consent",
        forms=list(shown.values()),
        rows=rows,
        newest=rows[-1] if rows else None,
        given=given,
        given_title=protocol(given.protocol_id, given.protocol_version).title if given is not None else "",
        told=told,
        offered=offered,
        think_until=_think_until(episode, given),
        questions=access_questions(request.staff, episode),
        verdict=consent_verdict(episode, timezone.localdate()) if rows else None,
        needs=access_needs(request.staff, episode),
        purposes=[(one, [row for row in asked if row.purpose == one.id]) for one in purposes().rows],
        capacity=CAPACITY,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **shown,
    )
