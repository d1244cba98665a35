"""Who may open the patients' own pages: a device that a link let in. No staff sign-in does.

    @own_page(methods=("GET", "POST"))
    def mood(request): ...      request.device, request.patient, request.language

A pause asks for the date of birth again and keeps what was written; an ended device keeps it on the page to copy; and a
database that cannot store says so, with the words still there. Each of these shows whom to call.
"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from glimmer.actions.own_link import NotLetIn, device_of, note_press, prove_again
from glimmer.guidance.help_lines import help_lines
from glimmer.guidance.own_words import LANGUAGES, own_words
from glimmer.records.own import OwnDevice, language_of
from glimmer.records.patients import Patient
from glimmer.web.gate import page

COOKIE_AGE_SECONDS = 60 * 60 * 24 * 365
# Fields that go with the form and are no words of the patient.
OF_THE_FORM = {"csrfmiddlewaretoken", "token", "born-day", "born-month", "born-year", "next"}
LOCKED, NOT_KNOWN, STUCK = 423, 401, 503
View = Callable[..., HttpResponse]


class OwnRequest(HttpRequest):
    """A request whose sender has a known device."""

    device: OwnDevice
    patient: Patient
    language: str


def device_cookie() -> str:
    """Return the name of the cookie: by https, one that only this very host can set and read."""
    return "__Host-own" if settings.ENVIRONMENT.https else "own"


def own_page(
    methods: tuple[str, ...] = ("GET",), *, never_asks: bool = False, tries: int = 1
) -> Callable[[View], View]:
    """Mark a view as one of the patients' own pages. `never_asks`: also after a pause, for whoever needs help now.

    `tries` is how often it is tried where the database is locked or away: more than once only for what is stored once.
    """

    def mark(view: View) -> View:
        @page(None, methods, looks="")
        @wraps(view)
        def guarded(request: OwnRequest, **named: Any) -> HttpResponse:
            for _ in range(tries - 1):
                try:
                    return _private(_entered(request, view, named, never_asks))
                except OperationalError:
                    # A connection that is of no more use is opened anew; one in a transaction is left as it is.
                    connection.close_if_unusable_or_obsolete()
            try:
                return _private(_entered(request, view, named, never_asks))
            except DatabaseError:
                return _private(stuck(request))

        return guarded

    return mark


def public_own_page(methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Mark a view before anybody is let in: the link, the wish for a fresh one, and the numbers to call."""

    def mark(view: View) -> View:
        @page(None, methods, looks="")
        @wraps(view)
        def guarded(request: OwnRequest, **named: Any) -> HttpResponse:
            request.language = spoken(request)
            return _private(view(request, **named))

        return guarded

    return mark


def spoken(request: HttpRequest, patient: Patient | None = None) -> str:
    """Return the language of the page: the patient's, or what this browser chose, or English."""
    if patient is not None:
        return language_of(patient)
    chosen = request.COOKIES.get("own_language", "")
    return chosen if chosen in LANGUAGES else "en"


def remember_language(answer: HttpResponse, language: str) -> None:
    """Let this browser remember the language, also before anybody is let in."""
    answer.set_cookie(
        "own_language", language, max_age=COOKIE_AGE_SECONDS, secure=settings.ENVIRONMENT.https, samesite="Lax"
    )


def source_of(request: HttpRequest) -> str:
    """Return the place that a request comes from, for counting what was tried in vain."""
    return str(request.META.get("REMOTE_ADDR", ""))


def show_own(request: OwnRequest, template: str, here: str, status: int = 200, **context: Any) -> HttpResponse:
    """Render one of the own pages in the patient's language; `here` is the section of its words."""
    language = getattr(request, "language", "en")
    wrong = context.get("wrong")
    base = {
        "t": _teller(language),
        "language": language,
        "other_language": "en" if language == "cy" else "cy",
        "here": here,
        "signed_in": getattr(request, "device", None) is not None,
        "token": request.POST.get("token") or uuid4().hex,
        "typed": request.POST,
        "wrong": wrong,
        "help_lines": help_lines().rows,
        "crisis_line": settings.ENVIRONMENT.crisis_line,
        "clinic_telephone": settings.ENVIRONMENT.clinic_telephone,
        "clinic": settings.ENVIRONMENT.messages_name,
        "demo": settings.ENVIRONMENT.demo,
        "on": lambda day: day_in(language, day),
        "cspNonce": str(getattr(request, "csp_nonce", "")),
    }
    return render(request, f"own/{template}.html", {**base, **context}, status=422 if wrong else status)


def day_in(language: str, day: Any) -> str:
    """Return a day, or a day with its time, as it is written in a language."""
    with translation.override("cy" if language == "cy" else "en-gb"):
        if hasattr(day, "tzinfo"):
            return date_format(timezone.localtime(day), "l j F, H:i")
        return date_format(day, "j F Y")


def birth_date_of(request: HttpRequest) -> date:
    """Return the date of birth that was typed; raise NotLetIn where it is no date."""
    try:
        parts = [int(str(request.POST.get(f"born-{part}", "")).strip()[:4]) for part in ("year", "month", "day")]
        return date(*parts)
    except ValueError:
        raise NotLetIn("link.date") from None


def stuck(request: OwnRequest) -> HttpResponse:
    """Say that nothing can be stored now, with what was written and whom to call."""
    if not hasattr(request, "language"):
        request.language = spoken(request)
    return show_own(request, "stuck", "stuck", STUCK, kept=_kept(request), signed_in=False)


def forged(request: HttpRequest) -> HttpResponse:
    """Say that a form did not come from a page that still holds, with what was written to copy; nothing was stored."""
    request.language = spoken(request)  # type: ignore[attr-defined]
    return _private(show_own(request, "forged", "forged", 403, kept=_kept(request)))  # type: ignore[arg-type]


def _entered(request: OwnRequest, view: View, named: dict[str, Any], never_asks: bool) -> HttpResponse:
    device, state = device_of(request.COOKIES.get(device_cookie(), ""))
    request.language = spoken(request, device.patient if device is not None else None)
    if device is None or state == "ended":
        return _ended(request, never_asks)
    if state == "asks" and not never_asks:
        refusal = _ask_again(request, device)
        if refusal is not None:
            return refusal
    request.device, request.patient = device, device.patient
    if state == "open":
        # Help is there after a pause too, but reading it opens nothing else: only the date of birth does.
        note_press(device, timezone.now())
    return view(request, **named)


def _ended(request: OwnRequest, never_asks: bool) -> HttpResponse:
    if never_asks:
        return show_own(request, "help", "help", NOT_KNOWN, told=False)
    if request.method == "POST":
        return show_own(request, "ended", "ended", NOT_KNOWN, kept=_kept(request))
    return HttpResponseRedirect(reverse("own_again"))


def _ask_again(request: OwnRequest, device: OwnDevice) -> HttpResponse | None:
    """Let the request go on where it brings the right date of birth; else return the page that asks for it."""
    problem: NotLetIn | None = None
    if request.method == "POST" and "born-day" in request.POST:
        try:
            prove_again(device, birth_date_of(request), source_of(request))
            return None
        except NotLetIn as refused:
            problem = refused
    if problem is not None and problem.key == "link.spent":
        return show_own(request, "ended", "ended", NOT_KNOWN, kept=_kept(request))
    is_press = request.method == "POST" and request.path != reverse("own_unlock")
    action = request.get_full_path() if is_press else reverse("own_unlock")
    came_for = request.POST.get("next", "") if request.path == reverse("own_unlock") else request.get_full_path()
    return show_own(
        request,
        "unlock",
        "unlock",
        LOCKED,
        action=action,
        came_for=came_for,
        kept=_kept(request) if is_press else [],
        resent=[(name, value) for name, value in _all(request) if not name.startswith("born-")] if is_press else [],
        problem=problem,
        # The button for help works from here as well.
        signed_in=True,
    )


def _all(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "next")
    ]


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what the patient wrote, without what belongs to the form."""
    return [(name, value) for name, value in _all(request) if name not in OF_THE_FORM and value]


def _teller(language: str) -> Callable[..., str]:
    words = own_words(language)

    def tell(key: str, **holds: Any) -> str:
        return words[key].format(**holds) if holds else words[key]

    return tell


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "private, no-store"
    # The address of a link holds its secret: nobody else is told where the reader came from. (To tell not even this
    # host would make browsers send forms without their origin, and those are refused.)
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
