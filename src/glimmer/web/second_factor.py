"""The pages between the password and being signed in: the code of the app, adding an app, a password of one's own."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from glimmer.actions.passwords import change_password
from glimmer.actions.second_factor import add_app, fresh_secret, prove_by_code, renew_recovery_codes
from glimmer.actions.slowing import knock, went_well
from glimmer.records.access_sign_in import person_signing_in
from glimmer.records.sealed import seal, unseal
from glimmer.records.sign_in import APP, KEY, factors_of, recovery_codes_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.one_time_codes import shown_secret
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, Secret, Text, attempt
from glimmer.web.frame import frame
from glimmer.web.gate import page
from glimmer.web.pending import Pending, audit_sign_in, complete, go_on, lacking, note, pending, start_again

ISSUER = "Glimmer"
NEW_SECRET = "new_app"


class CodeForm(Form):
    """The six digits of the app, or a recovery code."""

    name = "code"
    code = Text(
        "Code from your app, or a recovery code",
        missing="Enter the six digits that your app shows, or one of your recovery codes.",
        max_length=40,
        width="20",
        autocomplete="one-time-code",
        spellcheck=False,
    )


class AppForm(Form):
    """A new app: what it is called, and a code that shows that it works."""

    name = "app"
    label = Text("What is it on?", missing="Give it a name.", max_length=60, hint="Such as: my phone")
    code = Text(
        "The six digits that the app shows now",
        missing="Enter the six digits that the app shows.",
        max_length=20,
        width="10",
        inputmode="numeric",
        autocomplete="one-time-code",
    )


class NewPasswordForm(Form):
    """A password of one's own."""

    name = "new-password"
    new = Secret(
        "New password",
        missing="Enter a new password.",
        hint="At least 12 characters; three or four words make a good one. No signs or digits are asked for.",
        autocomplete="new-password",
    )


@page(None, methods=("GET", "POST"))
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the app."""
    found = pending(request)
    if found is None or lacking(found) != "sign_in_code":
        return go_on(request) if found else start_again(request)
    form = CodeForm(request.POST if request.method == "POST" else None)

    def check(data: dict[str, Any]) -> None:
        prove(request, found, lambda: prove_by_code(found.staff, data["code"]))

    if request.method == "POST" and attempt(form, check):
        return go_on(request)
    return shown_code_page(request, found, form)


def shown_code_page(request: HttpRequest, found: Pending, form: Form, *, key: str = "") -> HttpResponse:
    """Show the page that asks for a code; `key` are the options for a security key, where one is asked at once."""
    factors = factors_of(found.staff)
    more = {
        "left": recovery_codes_of(found.staff).count(),
        "has_key": factors.filter(kind=KEY).exists(),
        "has_app": factors.filter(kind=APP).exists(),
        "key": key,
        "code_form": form if isinstance(form, CodeForm) else CodeForm(),
    }
    return _shown(request, "sign_in_code.html", "Prove that it is you", form, **more)


def prove(request: HttpRequest, found: Pending, how: Callable[[], str]) -> None:
    """Let a second factor be tried, slowly, and note by which the person proved that it is them."""
    key = f"second-factor:{found.staff.pk}"
    knock(key)
    try:
        proved = how()
    except BadInput:
        # Who comes so far knew the password: worth a line of its own.
        with transaction.atomic():
            audit_sign_in(found.staff, "second_factor_refused")
        raise
    went_well(key)
    note(request, proved=proved)


@page(None, methods=("GET", "POST"))
def own_password(request: HttpRequest) -> HttpResponse:
    """Ask for a password of one's own in place of a temporary or an all too common one."""
    found = pending(request)
    if found is None or lacking(found) != "sign_in_password":
        return go_on(request) if found else start_again(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)

    def change(data: dict[str, Any]) -> None:
        row = change_password(data["new"], by=found.staff)
        note(request, rests_on=row.get_session_auth_hash(), weak=False)

    if request.method == "POST" and attempt(form, change):
        return go_on(request)
    return _shown(request, "sign_in_password.html", "Choose your password", form, is_weak=found.is_weak)


@page(None, methods=("GET", "POST"))
def enrol(request: HttpRequest) -> HttpResponse:
    """Have a person who needs a second factor and has none add an app, then sign them in and show recovery codes."""
    found = pending(request)
    if found is None or lacking(found) != "sign_in_enrol":
        return go_on(request) if found else start_again(request)
    form = AppForm(request.POST if request.method == "POST" else None)
    codes: list[str] = []

    def add(data: dict[str, Any]) -> None:
        codes.extend(add_new_app(request, found.staff, data))
        note(request, proved="app")

    if request.method == "POST" and attempt(form, add):
        fresh = pending(request)
        if fresh is not None:
            complete(request, fresh)
        return shown_recovery_codes(request, codes)
    return _shown(request, "sign_in_enrol.html", "Add an app for codes", form, **new_app_shown(request, found.staff))


def add_new_app(request: HttpRequest, staff: Staff, data: dict[str, Any]) -> list[str]:
    """Add the app whose secret this browser was shown; return recovery codes where the person has none yet."""
    sealed = request.session.get(NEW_SECRET)
    if not sealed:
        raise BadInput("Load this page again: it shows a new code to scan.")
    row = person_signing_in(staff.pk) or staff
    add_app(unseal(sealed), data["code"], data["label"], by=row)
    request.session.pop(NEW_SECRET)
    return [] if recovery_codes_of(row).exists() else renew_recovery_codes(by=row)


def new_app_shown(request: HttpRequest, staff: Staff) -> dict[str, Any]:
    """Return what a page needs to show the secret of a new app: the same one until it is added."""
    if NEW_SECRET not in request.session:
        request.session[NEW_SECRET] = seal(fresh_secret())
    secret = unseal(request.session[NEW_SECRET])
    picture = segno.make(enrolment_address(secret, staff.username), error="m")
    return {"picture": picture.svg_data_uri(scale=5, border=4), "secret": shown_secret(secret)}


def enrolment_address(secret: bytes, account: str) -> str:
    """Return the `otpauth://` address that apps read from a QR code (Google's key URI format)."""
    about = {"secret": shown_secret(secret).replace(" ", ""), "issuer": ISSUER}
    return f"otpauth://totp/{quote(ISSUER)}:{quote(account)}?{urlencode(about)}"


def shown_recovery_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, the only time."""
    return render(request, "recovery_codes.html", {**frame(request, title="Your recovery codes"), "codes": codes})


def _shown(request: HttpRequest, template: str, title: str, form: Form, **more: Any) -> HttpResponse:
    errors = form.summary() if form.is_bound else []
    context = {**frame(request, title=title), "form": form, "errors": errors, **more}
    return render(request, template, context, status=422 if errors else 200)
