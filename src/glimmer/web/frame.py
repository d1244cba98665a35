"""What stands around every page: header, navigation for the person's role, footer, content security nonce."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from glimmer.records.staff import Staff
from glimmer.records.switches import functions_now
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

# Route name, words in the navigation, permission: in the order in which a clinic day needs them.
NAVIGATION = (
    ("home", "Start", "home.view"),
    ("tasks", "Tasks", "task.handle"),
    ("board", "Chair board", "board.view"),
    ("patients", "Patients", "patient.search"),
    ("calendar", "Calendar", "calendar.view"),
    ("outbox", "Outbox", "outbox.view"),
    ("quarantine", "Device messages", "quarantine.view"),
    ("register", "Controlled drugs", "controlled.view"),
    ("incidents", "Incidents", "incident.view"),
    ("training", "Training", "session.run"),
    ("privacy", "Privacy", "audit.view"),
    ("counts", "Counts", "counts.view"),
    ("economics", "Worth its cost", "economics.view"),
    ("capacity", "Capacity", "planner.view"),
    ("siting", "Where", "planner.view"),
    ("protocols", "Protocols", "guidance.view"),
    ("safety", "Safety", "safety.view"),
    ("help", "Help", "home.view"),
)


def frame(request: HttpRequest, *, title: str, here: str = "", anonymous: bool = False) -> dict[str, Any]:
    """Return the context that `layout.html` needs. `anonymous` leaves out everything that asks the database."""
    staff = None if anonymous else _staff(request)
    return {
        "title": title,
        "staff": staff,
        "navigation": navigation(staff, here) if staff else (),
        # Every page says which functions are on; one for nobody in particular says that it does not know.
        "functions": functions_now() if staff else None,
        "demo": settings.ENVIRONMENT.demo,
        # A lazy nonce counts as false in a template, and without it the page's own scripts are blocked.
        "cspNonce": str(getattr(request, "csp_nonce", "")),
    }


def navigation(staff: Staff, here: str = "") -> list[dict[str, Any]]:
    """Return the links that the role of `staff` may follow; `here` is the route name of the present one."""
    role = Role(staff.role)
    return [
        {"text": words, "href": address(name), "current": name == here}
        for name, words, permission in NAVIGATION
        if may(role, permission) and address(name) and (name != "training" or settings.ENVIRONMENT.training)
    ]


def address(name: str, *ids: int | str) -> str:
    """Return the address of a route, or "" when there is no such route."""
    try:
        return reverse(name, args=ids)
    except NoReverseMatch:
        return ""


def _staff(request: HttpRequest) -> Staff | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None
