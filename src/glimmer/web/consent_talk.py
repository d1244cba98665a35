"""Before the decision: the information for patients, that it was given, and the patient's questions."""

from datetime import datetime, time
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.consent_talk import (
    FREE,
    Handover,
    answer_question,
    as_content,
    ask_question,
    give_information,
    information_about,
    treatments_told,
)
from glimmer.guidance import information, protocol
from glimmer.guidance.mechanism import mechanism
from glimmer.records.access import NotFound, access_episode
from glimmer.records.access_consent import access_question
from glimmer.vocabulary.problems import BadInput
from glimmer.web.consent import consent_page
from glimmer.web.consent_forms import AnswerForm, AskForm, InformForm
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show


@page("guidance.view")
def information_page(request: StaffRequest, protocol_id: str) -> HttpResponse:
    """Show what patients are told about one treatment, with its numbers as little people."""
    try:
        offered = protocol(protocol_id, request.GET.get("version") or None)
    except KeyError as problem:
        raise NotFound("There is no such treatment. Go back to the protocols and choose again.") from problem
    told = information_about(offered, None, "")
    return show(
        request,
        "information.html",
        title=f"Information for patients: {offered.title}",
        here="protocols",
        points=as_content(told),
        protocol=offered,
        edition=information().editions[-1],
        mechanism=mechanism(),
        trail=[("Protocols", "protocols"), (offered.title, "protocol", offered.id)],
    )


@page("consent.record", methods=("POST",))
def inform_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record that the patient was given the information."""
    episode = access_episode(request.staff, episode_id)
    form = InformForm(request.POST, offered=treatments_told(episode))

    def give(data: dict[str, Any]) -> None:
        give_information(episode, _handover(data), by=request.staff, seen=data["seen"])

    if attempt(form, give):
        return done(request, "It is recorded that the patient was given the information.", "consent", episode_id)
    return consent_page(request, episode, inform_form=form)


@page("consent.question", methods=("POST",))
def ask_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Write down a question of the patient."""
    episode = access_episode(request.staff, episode_id)
    form = AskForm(request.POST)

    def ask(data: dict[str, Any]) -> None:
        ask_question(episode, data["asks"], data["asked_by"], by=request.staff, seen=data["seen"])

    if attempt(form, ask):
        return done(request, "The question was written down. It needs an answer.", "consent", episode_id)
    return consent_page(request, episode, ask_form=form)


@page("consent.record", methods=("POST",))
def answer_post(request: StaffRequest, question_id: int) -> HttpResponse:
    """Write down what the patient was answered."""
    question = access_question(request.staff, question_id)
    form = AnswerForm(request.POST, name=f"answer-{question.pk}")
    if attempt(form, lambda data: answer_question(question, data["says"], by=request.staff, seen=data["seen"])):
        return done(request, "The answer was written down.", "consent", question.episode_id)
    return consent_page(request, question.episode, answer_form=form)


def _handover(data: dict[str, Any]) -> Handover:
    if data["cost"] == "pays" and not data["cost_words"]:
        raise BadInput("Enter how much the patient pays, and for what.", field="cost_words")
    return Handover(
        protocol_id=data["protocol_id"],
        cost=FREE if data["cost"] == "free" else f"You pay: {data['cost_words']}",
        ways=tuple(data["ways"]),
        interpreter=data["interpreter"],
        interpreter_who=data["interpreter_who"],
        given_at=_moment(data),
    )


def _moment(data: dict[str, Any]) -> datetime | None:
    """Return when it was given; None for now. A day without a time counts from its end, the later start of the wait."""
    if data["given_on"] is None:
        if data["given_time"] is not None:
            raise BadInput("Enter the day as well as the time.", field="given_on")
        return None
    last_minute = time(23, 59)
    moment = timezone.make_aware(datetime.combine(data["given_on"], data["given_time"] or last_minute))
    today = timezone.localdate()
    return None if data["given_time"] is None and data["given_on"] == today else moment
