"""What a patient sees and sends: each page shows what it is about, and sends one thing at a time."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from glimmer.actions import own_shown as shown
from glimmer.actions.own_entries import (
    change_own,
    send_danger,
    send_entry,
    send_questionnaire,
    signals_danger,
    was_told,
    withdraw_own_purpose,
)
from glimmer.actions.wording import wording_of
from glimmer.care.own import EFFECTS, ESCORT, HOW_BAD, RESTED, Kind, Wrong
from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.guidance.mechanism import mechanism
from glimmer.web.own.realm import OwnRequest, own_page, show_own

SENT = ("mood", "sleep", "effects", "words", "next", "questionnaire", "consents", "mistake")
NONE = "none"


@own_page()
def home(request: OwnRequest) -> HttpResponse:
    """Show what there is to do now."""
    sent = request.GET.get("sent", "")
    to_do = shown.to_do(request.patient, timezone.now())
    return show_own(request, "home", "home", to_do=to_do, sent=sent if sent in SENT else "")


@own_page(methods=("GET", "POST"))
def mood(request: OwnRequest) -> HttpResponse:
    """Take the mood of a day with one tap."""
    scale = figure("own", "mood_scale").value
    days = range(int(figure("own", "back_dated_most").value) + 1)
    values = range(scale["lowest"], scale["highest"] + 1)
    return _entry(request, Kind.MOOD, "mood", "mood", lambda: {"values": list(values), "days": list(days)})


@own_page(methods=("GET", "POST"))
def sleep(request: OwnRequest) -> HttpResponse:
    """Take hours of sleep."""
    return _entry(request, Kind.SLEEP, "sleep", "sleep", lambda: {"rested": RESTED})


@own_page(methods=("GET", "POST"))
def effects(request: OwnRequest) -> HttpResponse:
    """Take side effects; a severe one raises a task."""
    return _entry(request, Kind.EFFECTS, "effects", "effects", lambda: {"effects": EFFECTS, "how_bad": HOW_BAD})


@own_page(methods=("GET", "POST"))
def words(request: OwnRequest) -> HttpResponse:
    """Show goals and the patient's own words, and take new ones."""
    kind = Kind.GOAL if "goal" in request.POST else Kind.WORDS

    def gathered() -> dict[str, Any]:
        return {
            "goals": shown.own_entries(request.patient, Kind.GOAL),
            "said": shown.own_entries(request.patient, Kind.WORDS),
            "may_teach": shown.words_may_teach(request.patient),
        }

    return _entry(request, kind, "words", "words", gathered)


@own_page(methods=("POST",))
def words_change(request: OwnRequest, entry_id: int) -> HttpResponse:
    """Put a goal or words into another state."""
    try:
        change_own(request.patient, entry_id, _said(request, "state"), _said(request, "token"), request.language)
    except Wrong as wrong:
        return show_own(request, "wrong", "words", wrong=wrong)
    return _to("own_words")


@own_page(methods=("GET", "POST"))
def next_session(request: OwnRequest) -> HttpResponse:
    """Show how to get ready for the next session; take the way home and questions."""

    def gathered() -> dict[str, Any]:
        episode = shown.newest_episode(request.patient)
        booked = shown.next_appointment(episode, timezone.now()) if episode is not None else None
        of = shown.protocol_of(episode)
        return {
            "appointment": booked,
            "protocol": of,
            "rules": shown.told_points(of, shown.DAY_RULES, request.language),
            "ways": ESCORT,
            "said": shown.escort_for(request.patient, booked),
        }

    return _entry(request, Kind.QUESTION if "question" in request.POST else Kind.ESCORT, "next", "next", gathered)


@own_page(methods=("GET", "POST"))
def questionnaire(request: OwnRequest, name: str) -> HttpResponse:
    """Ask a questionnaire; an answer that signals danger leads to help at once."""
    if name not in figure("own", "questionnaires").value:
        return show_own(request, "missing", "missing", 404)
    of = instrument(name)
    wrong = None
    if request.method == "POST":
        try:
            answers, unanswered = _answers(request, [item.id for item in of.items])
            token = _said(request, "token")
            if unanswered and signals_danger(name, answers):
                # Whoever chose such an answer and left others out is not asked for the others first.
                sent = send_danger(request.patient, name, answers, token, request.language)
            elif unanswered:
                raise Wrong(unanswered, "questionnaire.missing")
            else:
                sent = send_questionnaire(request.patient, name, answers, token, request.language)
        except Wrong as problem:
            wrong = problem
        else:
            return _to("own_help", "from=answer") if sent.shows_help else _to("own_home", "sent=questionnaire")
    worded = wording_of(of, request.language) or wording_of(of)
    return show_own(request, "questionnaire", "questionnaire", of=of, worded=worded, wrong=wrong)


@own_page()
def after(request: OwnRequest) -> HttpResponse:
    """Show what holds after a session, and whom to call."""
    of = shown.protocol_of(shown.newest_episode(request.patient))
    return show_own(request, "after", "after", rules=shown.told_points(of, shown.AFTERWARDS, request.language))


@own_page()
def how(request: OwnRequest) -> HttpResponse:
    """Show in plain words how ketamine is thought to work, and what nobody knows."""
    found = mechanism()
    return show_own(request, "how", "how", stages=found.for_patients, unknown=found.unknown_to_patients)


@own_page()
def consents(request: OwnRequest) -> HttpResponse:
    """Show what the patient agreed to."""
    return show_own(request, "consents", "consents", **shown.own_consents(request.patient))


@own_page(methods=("POST",))
def consent_withdraw(request: OwnRequest, purpose: str) -> HttpResponse:
    """Withdraw the consent to a purpose beside the treatment."""
    withdraw_own_purpose(request.patient, purpose)
    return _to("own_home", "sent=consents")


@own_page(methods=("POST",), never_asks=True, tries=2)
def not_safe(request: OwnRequest) -> HttpResponse:
    """Tell the team that the patient is not safe, and show whom to call."""
    token = _said(request, "token") or uuid4().hex
    send_entry(request.patient, Kind.NOT_SAFE, {}, token, request.language)
    return _to("own_help", "from=press")


@own_page(methods=("POST",), never_asks=True)
def mistake(request: OwnRequest) -> HttpResponse:
    """Note that “I am not safe” was pressed by mistake: the team's task stays, and says so."""
    send_entry(request.patient, Kind.MISTAKE, {}, _said(request, "token") or uuid4().hex, request.language)
    return _to("own_home", "sent=mistake")


@own_page(never_asks=True)
def help_now(request: OwnRequest) -> HttpResponse:
    """Show whom to call now."""
    hours = figure("own", "not_safe_seen_within").value
    # An address can be opened again hours later; what it says was told then.
    told = request.GET.get("from", "") if was_told(request.patient, timezone.now()) else ""
    return show_own(request, "help", "help", told=told, hours=hours)


def _entry(
    request: OwnRequest, kind: Kind, template: str, here: str, gathered: Callable[[], dict[str, Any]] = dict
) -> HttpResponse:
    """Show a page with what it gathers, or store what it sent and go back: then nothing of the page is asked for."""
    if request.method != "POST":
        return show_own(request, template, here, **gathered())
    typed = {**request.POST.dict(), "which": request.POST.getlist("which")}
    try:
        send_entry(request.patient, kind, typed, _said(request, "token"), request.language)
    except Wrong as wrong:
        return show_own(request, template, here, wrong=wrong, **gathered())
    return _to("own_words") if here == "words" else _to("own_home", f"sent={here}")


def _answers(request: OwnRequest, items: list[str]) -> tuple[list[int | None], str]:
    """Return the answers, None for one that the patient would rather not give, and the first field without any."""
    answers: list[int | None] = []
    unanswered = ""
    for item in items:
        value = str(request.POST.get(f"item_{item}") or "")
        is_number = value.isascii() and value.isdigit() and len(value) == 1
        if value != NONE and not is_number:
            unanswered = unanswered or f"item_{item}"
        answers.append(int(value) if is_number else None)
    return answers, unanswered


def _said(request: OwnRequest, name: str) -> str:
    return str(request.POST.get(name) or "")


def _to(route: str, query: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(route) + (f"?{query}" if query else ""))
