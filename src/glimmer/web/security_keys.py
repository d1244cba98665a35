"""The pages of security keys: using one between the password and being signed in, and adding one.

The browser's part is `security_key.js`: it asks the key and puts what it answers into the form.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from glimmer.actions.second_factor import renew_recovery_codes
from glimmer.actions.security_keys import Asked, Place, add_key, ask_to_add, ask_to_prove, prove_by_key
from glimmer.records.access_sign_in import person_signing_in
from glimmer.records.sign_in import recovery_codes_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, Secret, Text, attempt
from glimmer.web.frame import frame
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.pending import Pending, complete, go_on, lacking, note, pending, start_again
from glimmer.web.second_factor import CodeForm, prove, shown_code_page, shown_recovery_codes
from glimmer.web.sign_in import check_own_password

CHALLENGE = "key_challenge"
LONGEST_ANSWER = 20_000


class AnswerForm(Form):
    """What a key answered, as the page's script puts it there."""

    name = "key"
    answer = forms.CharField(required=False, max_length=LONGEST_ANSWER)


class KeyForm(AnswerForm):
    """A new key: what it is called, and what it answered."""

    label = Text("What do you call it?", missing="Give the key a name.", max_length=60, hint="Such as: my blue key")


class OwnKeyForm(KeyForm):
    """A new key, with the password once more."""

    password = Secret("Your password again", missing="Enter your password once more: this changes how you sign in.")


def place_of(request: HttpRequest) -> Place:
    """Return where this clinic's pages are reached; behind a proxy that speaks https, by GLIMMER_HTTPS."""
    host = request.get_host()
    scheme = "https" if settings.ENVIRONMENT.https or request.is_secure() else "http"
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return Place(name, f"{scheme}://{host}")


def asking(request: HttpRequest, asked: Asked | None) -> str:
    """Keep the challenge on the server and return the options for the page; "" where there is nothing to ask."""
    if asked is None:
        return ""
    request.session[CHALLENGE] = asked.challenge
    return asked.options


def _challenge(request: HttpRequest) -> str:
    # Taken away with the first answer: an answer that somebody recorded fits no second time.
    found = request.session.pop(CHALLENGE, "")
    if not found:
        raise BadInput("This page was open too long. Try again.")
    return str(found)


@page(None, methods=("GET", "POST"))
def use(request: HttpRequest) -> HttpResponse:
    """Take what the key answered in place of the code of an app."""
    found = pending(request)
    if found is None or lacking(found) != "sign_in_code":
        return go_on(request) if found else start_again(request)
    form = AnswerForm(request.POST if request.method == "POST" else None)

    def check(data: dict[str, Any]) -> None:
        challenge = _challenge(request)
        prove(request, found, lambda: _by_key(request, found.staff, data["answer"], challenge))

    if request.method == "POST" and attempt(form, check):
        return go_on(request)
    return shown_code_page(request, found, form if form.is_bound else CodeForm(), key=_asked(request, found))


def _asked(request: HttpRequest, found: Pending) -> str:
    return asking(request, ask_to_prove(found.staff, place_of(request)))


def _by_key(request: HttpRequest, staff: Staff, answer: str, challenge: str) -> str:
    prove_by_key(staff, answer, challenge, place_of(request))
    return "security key"


@page(None, methods=("GET", "POST"))
def enrol(request: HttpRequest) -> HttpResponse:
    """Have a person who needs a second factor and has none add a key, then sign them in and show recovery codes."""
    found = pending(request)
    if found is None or lacking(found) != "sign_in_enrol":
        return go_on(request) if found else start_again(request)
    form = KeyForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []

    def add(data: dict[str, Any]) -> None:
        codes.extend(_add(request, found.staff, data))
        note(request, proved="security key")

    if request.method == "POST" and attempt(form, add):
        fresh = pending(request)
        if fresh is not None:
            complete(request, fresh)
        return shown_recovery_codes(request, codes)
    errors = form.summary() if form.is_bound else []
    context = {**frame(request, title="Add a security key"), "form": form, "errors": errors}
    context["key"] = asking(request, ask_to_add(found.staff, place_of(request)))
    return render(request, "sign_in_key.html", context, status=422 if errors else 200)


@page("sign_in.own", methods=("GET", "POST"))
def own_key(request: StaffRequest) -> HttpResponse:
    """Add a key of one's own."""
    form = OwnKeyForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []

    def add(data: dict[str, Any]) -> None:
        check_own_password(request, data["password"])
        codes.extend(_add(request, request.staff, data))

    if request.method == "POST" and attempt(form, add):
        if codes:
            return shown_recovery_codes(request, codes)
        return done(request, "The key is added. It can be used from now on.", "own_sign_in")
    return show(
        request,
        "sign_in_key.html",
        title="Add a security key",
        forms=[form] if form.is_bound else [],
        form=form,
        key=asking(request, ask_to_add(request.staff, place_of(request))),
        trail=[("Your sign-in", "own_sign_in")],
    )


def _add(request: HttpRequest, staff: Staff, data: dict[str, Any]) -> list[str]:
    row = person_signing_in(staff.pk) or staff
    add_key(data["label"], data["answer"], _challenge(request), place_of(request), by=row)
    return [] if recovery_codes_of(row).exists() else renew_recovery_codes(by=row)
