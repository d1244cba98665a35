"""Coming in and going out: the one-time link, a fresh one, the date of birth after a pause, the language."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from glimmer.actions.own_link import (
    NotLetIn,
    ask_for_link,
    choose_language,
    device_of,
    link_to_open,
    open_own_pages,
    sign_out_own,
)
from glimmer.guidance import figure
from glimmer.guidance.own_words import LANGUAGES
from glimmer.records.own import language_of
from glimmer.web.own.realm import (
    OwnRequest,
    birth_date_of,
    device_cookie,
    own_page,
    public_own_page,
    remember_language,
    show_own,
    source_of,
)

SECONDS_A_DAY = 24 * 60 * 60


@public_own_page(methods=("GET", "POST"))
def come_in(request: OwnRequest, secret: str) -> HttpResponse:
    """Ask for the date of birth; the link is spent only with the right one, never by being looked at."""
    link = link_to_open(secret)
    if link is None:
        return show_own(request, "link_void", "link", 410)
    if "own_language" not in request.COOKIES:
        request.language = language_of(link.patient)
    problem = None
    if request.method == "POST":
        try:
            let_in = open_own_pages(secret, birth_date_of(request), source_of(request))
        except NotLetIn as refused:
            problem = refused
        else:
            answer = HttpResponseRedirect(reverse("own_home"))
            answer.set_cookie(
                device_cookie(),
                let_in.secret,
                max_age=int(figure("own", "device_known_for").value) * SECONDS_A_DAY,
                httponly=True,
                secure=settings.ENVIRONMENT.https,
                samesite="Lax",
            )
            remember_language(answer, request.language)
            return answer
    if problem is not None and problem.key in ("link.void", "link.spent"):
        return show_own(request, "link_void", "link", 410, spent=problem.key == "link.spent")
    return show_own(request, "link", "link", 422 if problem else 200, problem=problem)


@public_own_page(methods=("GET", "POST"))
def again(request: OwnRequest) -> HttpResponse:
    """Take an address and say the same whether anybody has it."""
    problem = None
    if request.method == "POST":
        address = str(request.POST.get("address") or "")[:254]
        try:
            if not address.strip():
                raise NotLetIn("again.missing")
            ask_for_link(address, source_of(request))
            return show_own(request, "again_sent", "again")
        except NotLetIn as refused:
            problem = refused
    return show_own(request, "again", "again", 422 if problem else 200, problem=problem)


@own_page(methods=("POST",))
def unlock(request: OwnRequest) -> HttpResponse:
    """Go back to where the pause began: the realm has looked at the date of birth before this is reached."""
    return HttpResponseRedirect(_safe(request, str(request.POST.get("next") or "")))


@public_own_page(methods=("POST",))
def language(request: OwnRequest) -> HttpResponse:
    """Take the language for this browser, and for the patient where one is let in."""
    chosen = str(request.POST.get("language") or "")
    answer = HttpResponseRedirect(_safe(request, str(request.POST.get("next") or "")))
    if chosen in LANGUAGES:
        remember_language(answer, chosen)
        device, state = device_of(request.COOKIES.get(device_cookie(), ""))
        if device is not None and state != "ended":
            choose_language(device.patient, chosen)
    return answer


@own_page(methods=("POST",), never_asks=True)
def sign_out(request: OwnRequest) -> HttpResponse:
    """End this device."""
    sign_out_own(request.device)
    answer = HttpResponseRedirect(reverse("own_again"))
    answer.delete_cookie(device_cookie())
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _safe(request: OwnRequest, wanted: str) -> str:
    """Return an address of the own pages: nothing else, and no other machine."""
    fits = wanted.startswith("/own") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if fits else reverse("own_home")
