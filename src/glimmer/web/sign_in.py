"""Signing in and out, and the health page that a watchdog reads."""

import logging

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from glimmer.records.access import access_sign_ins
from glimmer.records.audit import append_audit
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Form, Text, attempt
from glimmer.web.frame import frame
from glimmer.web.gate import page

log = logging.getLogger(__name__)

# Guessing is slowed, not punished: after this many failures one user name rests for a while.
FAILURES_ALLOWED = 8
REST_SECONDS = 300


class SignInForm(Form):
    """User name and password."""

    name = "sign-in"
    username = Text("User name", missing="Enter your user name.", max_length=60, width="20", autocomplete="username")
    password = Text("Password", missing="Enter your password.", max_length=200, strip=False)


@page(None, methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password, then go on to the page that was asked for."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and attempt(form, lambda data: _let_in(request, data["username"], data["password"])):
        return HttpResponseRedirect(_safe_address(request, wanted))
    context = {
        **frame(request, title="Sign in"),
        "form": form,
        "errors": form.summary() if form.is_bound else [],
        "next": wanted,
        "people": access_sign_ins() if settings.ENVIRONMENT.demo else (),
        "demo_password": getattr(settings, "DEMO_PASSWORD", ""),
    }
    return render(request, "sign_in.html", context, status=422 if context["errors"] else 200)


@page("home.view", methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    staff = request.staff  # type: ignore[attr-defined]
    with transaction.atomic():
        _audit(staff, "sign_out")
    logout(request)
    return HttpResponseRedirect(reverse("sign_in"))


@page(None)
def health(request: HttpRequest) -> HttpResponse:
    """Answer `ok` when the process serves pages and reaches its database."""
    access_sign_ins().exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def _let_in(request: HttpRequest, username: str, password: str) -> None:
    key = f"sign-in-failures:{username.casefold()[:60].encode().hex()}"
    if cache.get(key, 0) >= FAILURES_ALLOWED:
        raise BadInput(
            "There were too many wrong attempts with this user name. Wait five minutes, then try again, "
            "or ask the clinic's administrator for a new password."
        )
    staff = authenticate(request, username=username, password=password)
    if not isinstance(staff, Staff):
        cache.set(key, cache.get(key, 0) + 1, REST_SECONDS)
        log.warning("sign-in refused")
        # One sentence for both, so that nobody learns which user names exist.
        raise BadInput("The user name or the password is wrong. Check both and try again.", field="username")
    cache.delete(key)
    with transaction.atomic():
        login(request, staff)
        _audit(staff, "sign_in")


def _audit(staff: Staff, action: str) -> None:
    append_audit(
        at=timezone.now(),
        actor=staff,
        actor_name=str(staff),
        action=action,
        subject="Staff",
        subject_id=staff.pk,
        patient_id=None,
        details={},
    )


def _safe_address(request: HttpRequest, wanted: str) -> str:
    # An address on another machine would let a forged link carry a signed-in person away.
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("home")
