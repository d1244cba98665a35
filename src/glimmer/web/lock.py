"""When a screen locks and a sign-in ends, and what goes on meanwhile: alarms always, presses never.

After some minutes without a press the screen is locked: pages that stand open beside a patient go on showing what they
show and sound (`stands_open` of the gate's mark), and anything else asks for the password first. A press on a locked
page is kept while the password is asked for, and is done with it: nobody types an entry twice. After some hours
everybody signs in again; pages that are open then go on for a while, so that no infusion loses its alarms because a
shift is over.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from glimmer.actions.slowing import knock, went_well
from glimmer.records.access_sign_in import person_signing_in
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput
from glimmer.web.frame import frame
from glimmer.web.gate import ALWAYS, Gate
from glimmer.web.hours import has_ended, is_locked

# More than anybody opens in a turn of duty; the oldest goes first.
MOST_OPENED = 100
# The time of the last press is kept by the minute: not every page view is a write.
KEPT_EVERY_SECONDS = 60
PASSWORD = "unlock_password"
LOCKED = 423


class LockMiddleware(MiddlewareMixin):
    """Asks for the password where the screen is locked, and lets through what a lock must not hide."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return the page that asks for the password, or None to let the request go on."""
        gate: Gate | None = getattr(view, "gate", None)
        if gate is None or gate.permission is None or not request.user.is_authenticated:
            return None
        if gate.stands_open == ALWAYS:
            return None
        standing = _standing_page(request, gate, kwargs)
        if not is_locked(request):
            _note_press(request, gate, standing)
            return None
        if standing and standing in request.session.get("opened", []):
            return None
        return _unlock(request)


def _standing_page(request: HttpRequest, gate: Gate, kwargs: Any) -> str:
    """Return the address of the bedside page that this request shows or feeds; "" for anything else."""
    if not gate.stands_open or request.method != "GET":
        return ""
    return reverse(gate.stands_open, kwargs=kwargs)


def _note_press(request: HttpRequest, gate: Gate, standing: str) -> None:
    if standing:
        _remember_opened(request, standing)
        if _moved_by_itself(request):
            return
    if gate.machine:
        return
    now = timezone.now().timestamp()
    if now - request.session["acted_at"] > KEPT_EVERY_SECONDS:
        request.session["acted_at"] = now


def _moved_by_itself(request: HttpRequest) -> bool:
    # An open page goes on to the next phase by itself, and that is nobody's press. Browsers say which it was.
    return bool(request.headers.get("Sec-Fetch-Mode")) and request.headers.get("Sec-Fetch-User") != "?1"


def _remember_opened(request: HttpRequest, page: str) -> None:
    opened = request.session.get("opened", [])
    if page not in opened:
        request.session["opened"] = [*opened, page][-MOST_OPENED:]


def _unlock(request: HttpRequest) -> HttpResponse | None:
    """Let the request go on when it brings the right password; else return the page that asks for it."""
    staff = person_signing_in(request.user.pk or 0)
    if staff is None:
        return None  # closed a moment ago: the gate says so
    if has_ended(request) or not staff.has_usable_password():
        return _locked_page(request, staff, "")
    if PASSWORD not in request.POST:
        return _locked_page(request, staff, "")
    # Counted for this browser alone: whoever guesses elsewhere cannot lock a nurse out of a bedside.
    key = f"unlock:{staff.pk}:{request.session.session_key}"
    try:
        knock(key)
    except BadInput as problem:
        return _locked_page(request, staff, str(problem))
    if not staff.check_password(request.POST[PASSWORD]):
        return _locked_page(request, staff, "The password is wrong. Nothing was done. Enter it again.")
    went_well(key)
    request.session["acted_at"] = timezone.now().timestamp()
    return None


def _locked_page(request: HttpRequest, staff: Staff, problem: str) -> HttpResponse:
    is_press = request.method == "POST" and request.path != reverse("unlock")
    wanted = request.POST.get("next", "") if request.path == reverse("unlock") else request.get_full_path()
    context = {
        **frame(request, title="This screen is locked"),
        "navigation": (),
        "ended": has_ended(request),
        "by_password": staff.has_usable_password(),
        "is_press": is_press,
        "action": request.get_full_path() if is_press else reverse("unlock"),
        "wanted": reverse("home") if is_press else wanted,
        "kept": _kept(request) if is_press else [],
        "back": _page_that_stood_open(request),
        "errors": [{"text": problem, "href": "#unlock-password"}] if problem else [],
        "idle_minutes": settings.ENVIRONMENT.idle_minutes,
        "hours": settings.ENVIRONMENT.sign_in_hours,
    }
    answer = render(request, "locked.html", context, status=LOCKED)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _page_that_stood_open(request: HttpRequest) -> str:
    """Return the address of the bedside page that the press came from: the way back to its values and alarms."""
    came_from = urlsplit(request.headers.get("Referer", "")).path
    return came_from if came_from in request.session.get("opened", []) else ""


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what the press brought along. Passwords are not put into a page: the form asks for them again."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]
