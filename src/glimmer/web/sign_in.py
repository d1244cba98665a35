"""Signing in and out, a signature by password, and the health page that a watchdog reads.

The password comes first; `pending` asks for what is lacking after it.
"""

import hashlib
import logging

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.passwords import is_common
from glimmer.actions.slowing import knock, went_well
from glimmer.records.access import access_sign_ins
from glimmer.records.access_sign_in import person_called
from glimmer.records.audit import append_audit
from glimmer.records.staff import Staff
from glimmer.records.switches import functions_now
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, Secret, Text, attempt
from glimmer.web.frame import frame
from glimmer.web.gate import ALWAYS, StaffRequest, page
from glimmer.web.pending import audit_sign_in, begin, go_on, safe_address

log = logging.getLogger(__name__)


class SignInForm(Form):
    """User name and password."""

    name = "sign-in"
    username = Text("User name", missing="Enter your user name.", max_length=60, width="20", autocomplete="username")
    password = Secret("Password", missing="Enter your password.")


@page(None, methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password, then for what is lacking, then go on to the page that was asked for."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and attempt(form, lambda data: _let_in(request, data, wanted)):
        return go_on(request)
    context = {
        **frame(request, title="Sign in"),
        "functions": functions_now(),
        "form": form,
        "errors": form.summary() if form.is_bound else [],
        "next": wanted,
        "provider": settings.ENVIRONMENT.oidc_name if settings.ENVIRONMENT.oidc_issuer else "",
        "people": access_sign_ins() if settings.ENVIRONMENT.demo else (),
        "demo_password": getattr(settings, "DEMO_PASSWORD", ""),
    }
    return render(request, "sign_in.html", context, status=422 if context["errors"] else 200)


@page("home.view", methods=("POST",), stands_open=ALWAYS)
def sign_out(request: StaffRequest) -> HttpResponse:
    """End the session on this device."""
    with transaction.atomic():
        audit_sign_in(request.staff, "sign_out")
    logout(request)
    answer = HttpResponseRedirect(reverse("sign_in"))
    # By https the browser then forgets what it kept of the pages.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@page("home.view", methods=("POST",))
def unlock(request: StaffRequest) -> HttpResponse:
    """Go back to where the screen locked: the lock has looked at the password before this view is reached."""
    return HttpResponseRedirect(safe_address(request, str(request.POST.get("next") or "")))


@page(None)
def health(request: HttpRequest) -> HttpResponse:
    """Answer `ok` when the process serves pages and reaches its database."""
    access_sign_ins().exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def check_own_password(request: HttpRequest, password: str) -> None:
    """Raise BadInput unless this is the password of the person who is signed in; guessing is slowed as at the door."""
    staff: Staff = request.staff  # type: ignore[attr-defined]
    check_password_of(staff, password, "password", by=staff)


def check_password_of(staff: Staff, password: str, field: str, *, by: Staff) -> None:
    """Raise BadInput at `field` unless this is the password of `staff`: it is their signature, there and then.

    `by` is who asks for it. Their wrong tries are counted apart from everybody else's, so that guessing at a colleague
    keeps nobody from signing at a bedside, and each leaves a line.
    """
    key = f"signature:{by.pk}:{staff.pk}"
    knock(key)
    if not staff.check_password(password):
        _refuse_signature(staff, by, "password")
        raise BadInput("The password is wrong. Nothing was signed.", field=field)
    if staff.password_until is not None:
        _refuse_signature(staff, by, "temporary")
        raise BadInput(
            "This password was handed out, so somebody else knows it and it signs nothing. "
            f"{staff.name} signs in once and chooses their own.",
            field=field,
        )
    went_well(key)


def _refuse_signature(staff: Staff, by: Staff, why: str) -> None:
    """Enter into the audit whose signature was tried, by whom, and why it does not count."""
    log.warning("signature refused")
    with transaction.atomic():
        append_audit(
            at=timezone.now(),
            actor=by,
            actor_name=str(by),
            action="signature_refused",
            subject="Staff",
            subject_id=staff.pk,
            patient_id=None,
            details={"why": why},
        )


def _let_in(request: HttpRequest, data: dict[str, str], wanted: str) -> None:
    """Begin the sign-in of the person whose user name and password these are."""
    username, password = data["username"], data["password"]
    # By a digest: what was typed here may be a password in the wrong field.
    key = "sign-in:" + hashlib.sha256(username.casefold().encode()).hexdigest()
    knock(key)
    staff = authenticate(request, username=username, password=password)
    if not isinstance(staff, Staff):
        _note_refusal(username)
        # One sentence for both, so that nobody learns which user names exist.
        raise BadInput("The user name or the password is wrong. Check both and try again.", field="username")
    went_well(key)
    if staff.password_until is not None and staff.password_until < timezone.now():
        raise BadInput(
            "This temporary password has run out. Ask the clinic's administrator for a new one.", field="password"
        )
    begin(request, staff, wanted, is_weak=is_common(password))


def _note_refusal(username: str) -> None:
    """Enter a refused sign-in into the audit where the person exists; of another name nothing is kept."""
    log.warning("sign-in refused")
    staff = person_called(username)
    if staff is None:
        return
    with transaction.atomic():
        append_audit(
            at=timezone.now(),
            actor=None,
            actor_name="somebody who was not signed in",
            action="sign_in_refused",
            subject="Staff",
            subject_id=staff.pk,
            patient_id=None,
            details={"why": "password" if staff.is_active else "closed"},
        )
