"""A sign-in under way: the password was right, and something is still lacking.

Until nothing is lacking, nobody is signed in: the browser's session holds only whose sign-in this is, and each page of
it asks for the next thing. `complete` is the one place where somebody becomes signed in.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from glimmer.actions.second_factor import must_have_second_factor
from glimmer.records.access_sign_in import person_signing_in, told_since_last_sign_in
from glimmer.records.audit import append_audit
from glimmer.records.sign_in import factors_of
from glimmer.records.staff import Staff
from glimmer.web import errors

KEPT_AS = "pending_sign_in"
LASTS_SECONDS = 600
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class Pending:
    """Whose sign-in is under way. `proved` says by what beside the password, "" for nothing yet."""

    staff: Staff
    proved: str
    wanted: str
    is_weak: bool


def begin(request: HttpRequest, staff: Staff, wanted: str, *, proved: str = "", is_weak: bool = False) -> None:
    """Note that this person's password, or another provider's word for them, was right."""
    # Under a key of its own: whoever planted the browser's old one gains nothing.
    request.session.cycle_key()
    request.session[KEPT_AS] = {
        "staff": staff.pk,
        "rests_on": staff.get_session_auth_hash(),
        "began": timezone.now().timestamp(),
        "proved": proved,
        "wanted": wanted,
        "weak": is_weak,
    }


def pending(request: HttpRequest) -> Pending | None:
    """Return the sign-in that is under way in this browser; None where there is none, or it took too long."""
    kept = request.session.get(KEPT_AS)
    if not kept or not 0 <= timezone.now().timestamp() - kept["began"] <= LASTS_SECONDS:
        return None
    staff = person_signing_in(kept["staff"])
    # Another password meanwhile, by the administrator or in another window: start again.
    if staff is None or not constant_time_compare(kept["rests_on"], staff.get_session_auth_hash()):
        return None
    return Pending(staff, kept["proved"], kept["wanted"], kept["weak"])


def note(request: HttpRequest, **changes: object) -> None:
    """Change what is kept of the sign-in under way."""
    request.session[KEPT_AS] = {**request.session[KEPT_AS], **changes}


def lacking(found: Pending) -> str:
    """Return the route of the page that asks for what is lacking next, "" where nothing is."""
    if not found.proved and factors_of(found.staff).exists():
        return "sign_in_code"
    if found.staff.password_until is not None or found.is_weak:
        return "sign_in_password"
    if not found.proved and must_have_second_factor(found.staff):
        return "sign_in_enrol"
    return ""


def go_on(request: HttpRequest) -> HttpResponse:
    """Send the browser to what is lacking; where nothing is, sign the person in and go to the page they asked for."""
    found = pending(request)
    if found is None:
        return start_again(request)
    place = lacking(found)
    if place:
        return HttpResponseRedirect(reverse(place))
    complete(request, found)
    return HttpResponseRedirect(safe_address(request, found.wanted))


def complete(request: HttpRequest, found: Pending) -> None:
    """Sign the person in, with a line in the audit trail that says by what."""
    if lacking(found):
        raise RuntimeError("complete() must be called only when nothing is lacking.")
    told = told_since_last_sign_in(found.staff)
    with transaction.atomic():
        login(request, found.staff, backend=BACKEND)
        request.session.pop(KEPT_AS, None)
        audit_sign_in(found.staff, "sign_in", beside=found.proved)
    if told:
        messages.info(
            request,
            f"Since you last signed in: {'; '.join(told)}. If that was not you, change your password, sign out "
            "everywhere, and tell the clinic's administrator.",
        )


def start_again(request: HttpRequest) -> HttpResponse:
    """Say that this sign-in took too long, or never began."""
    return errors.error_page(
        request,
        422,
        "Sign in from the beginning",
        "This page belongs to a sign-in that has ended, took longer than ten minutes, or began in another window.",
        "Go to the start page: it asks for your user name and password.",
    )


def audit_sign_in(staff: Staff, action: str, **details: object) -> None:
    """Write one line about a person's sign-in into the audit trail, inside the caller's transaction."""
    append_audit(
        at=timezone.now(),
        actor=staff,
        actor_name=str(staff),
        action=action,
        subject="Staff",
        subject_id=staff.pk,
        patient_id=None,
        details=details,
    )


def safe_address(request: HttpRequest, wanted: str) -> str:
    """Return the address on this machine that was asked for, else the start page."""
    # An address on another machine would let a forged link carry a signed-in person away.
    if wanted and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("home")
