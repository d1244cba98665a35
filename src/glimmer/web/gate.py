"""Who may open which page: each view says so itself, and a view that says nothing opens for nobody.

    @page("referral.triage", methods=("POST",))
    def triage(request, episode_id): ...

`GateMiddleware` asks the mark before the view runs, and afterwards enters into the audit what the person was handed:
no page about a patient leaves without its line, except at the bedside, where nothing is held back (`bedside=True`).
`named_routes` lists every address with its mark, for the test that walks all routes with all roles.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.deprecation import MiddlewareMixin

from glimmer.actions.looking import enter_bedside_looks, enter_looks, enter_refusal, is_entered_as_refused
from glimmer.records.access import NotFound
from glimmer.records.looking import Looks, looks_of
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may, roles_with
from glimmer.vocabulary.problems import ChangedMeanwhile, NotAllowed, Problem
from glimmer.web import errors

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

# Stands for the numbers in an address when the addresses are listed.
EXAMPLE_ID = 1
# What a locked screen lets through whatever stands open: alarms that call, and signing out.
ALWAYS = "always"

# A page that goes on asking by itself, such as a stream that was cut, is one look for so long.
ONE_LOOK_SECONDS = 15 * 60.0
MOST_LOOKS_KEPT = 5_000


class StaffRequest(HttpRequest):
    """A request whose sender has passed the gate: `staff` is the signed-in person."""

    staff: Staff


@dataclass(frozen=True, slots=True)
class Gate:
    """A view's mark. `permission` None is open to all; a `machine` view answers 401, not a redirect, to nobody.

    `looks` is the word for it in the audit: read, search or print; "" where the action behind the view enters a line
    of its own. A `bedside` view is shown even where the audit cannot take its line. `stands_open` says what a locked
    screen still lets through: the name of the page that must stand open (its own, or the page that it feeds), or
    `ALWAYS`; "" asks for the password first.
    """

    permission: str | None
    methods: tuple[str, ...]
    machine: bool = False
    looks: str = "read"
    bedside: bool = False
    stands_open: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the product, with an example, and who may use it how."""

    name: str
    example: str
    permission: str | None
    methods: tuple[str, ...]
    machine: bool


def page(
    permission: str | None,
    methods: tuple[str, ...] = ("GET",),
    *,
    machine: bool = False,
    looks: str = "read",
    bedside: bool = False,
    stands_open: str = "",
) -> Callable[[View], View]:
    """Mark a view with its permission (None: public) and methods; an unknown permission fails at import."""
    if permission is not None:
        roles_with(permission)

    def mark(view: View) -> View:
        view.gate = Gate(permission, methods, machine, looks, bedside, stands_open)  # type: ignore[attr-defined]
        return view

    return mark


class GateMiddleware(MiddlewareMixin):
    """Lets a request through to its view only when the view's mark allows it; turns Problems into pages."""

    def process_view(
        self, request: StaffRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return a refusal, or None to let the view run."""
        gate: Gate | None = getattr(view, "gate", None)
        if gate is None:
            log.error("view without a permission mark refused: %s", getattr(view, "__qualname__", view))
            return errors.forbidden(request)
        if gate.permission is not None:
            if not request.user.is_authenticated:
                return _ask_to_sign_in(request, gate)
            request.staff = _person(request)
            request.staff.looks = Looks()  # type: ignore[attr-defined]
            if not may(Role(request.staff.role), gate.permission):
                refused = NotAllowed(f"The role does not hold {gate.permission}.")
                enter_refusal(refused, by=request.staff, action=_route(request), **_keys(request))
                return errors.forbidden(request)
        if request.method not in gate.methods and not (request.method == "HEAD" and "GET" in gate.methods):
            return errors.wrong_method(request, gate.methods)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Let nobody keep a page that somebody signed in for: going back after the sign-out shows no patient."""
        if hasattr(request, "staff"):
            response.headers.setdefault("Cache-Control", "private, no-store")
            if _shows_something(request, response):
                try:
                    enter_page(request)  # type: ignore[arg-type]
                except DatabaseError:
                    return errors.not_shown_unaudited(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a Problem that a view let pass into a page of its own; leave everything else to Django."""
        if isinstance(exception, NotFound) or (isinstance(exception, Problem) and is_entered_as_refused(exception)):
            staff = getattr(request, "staff", None)
            if staff is not None:
                # The page that says no shows nothing of what the view had fetched by then.
                staff.looks.take()
            enter_refusal(exception, by=staff, action=_route(request), **_keys(request))
        if isinstance(exception, NotFound):
            return errors.missing(request, str(exception))
        if isinstance(exception, NotAllowed):
            return errors.forbidden(request, str(exception))
        if isinstance(exception, Problem):
            status = 409 if isinstance(exception, ChangedMeanwhile) else 422
            return errors.refused(request, exception, status=status)
        return None


def enter_page(request: StaffRequest) -> None:
    """Enter into the audit what this request's person was handed so far; raise DatabaseError where that must be.

    A view that answers bit by bit calls it itself, before it begins; for every other the middleware does.
    """
    match = request.resolver_match
    gate: Gate | None = getattr(match.func, "gate", None) if match is not None else None
    noticed = looks_of(request.staff)
    if gate is None or noticed is None or not gate.looks:
        return
    looks, action = noticed.take(), f"{gate.looks}.{_route(request)}"
    if gate.machine and _is_same_look(request.staff, action, looks):
        return
    if gate.bedside:
        enter_bedside_looks(looks, by=request.staff, action=action)
    else:
        enter_looks(looks, by=request.staff, action=action, always=gate.looks == "search", **_asked(request, gate))


_LOOKS: OrderedDict[tuple[int, str, str], float] = OrderedDict()


def _is_same_look(staff: Staff, action: str, looks: Looks) -> bool:
    """Say whether this person's page has asked for the same a while ago: a stream that begins again is one look."""
    key, now = (staff.pk, action, repr((sorted(looks.opened), sorted(looks.listed)))), time.monotonic()
    since = _LOOKS.get(key)
    if since is not None and now - since < ONE_LOOK_SECONDS:
        return True
    _LOOKS[key] = now
    _LOOKS.move_to_end(key)
    while len(_LOOKS) > MOST_LOOKS_KEPT:
        _LOOKS.popitem(last=False)
    return False


def _shows_something(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether an answer shows a record: a redirect, a refusal and the number of a saved line do not."""
    is_number = request.method == "POST" and response.headers.get("Content-Type", "").startswith("application/json")
    return response.status_code in (200, 409, 422) and not is_number


def _route(request: HttpRequest) -> str:
    return request.resolver_match.url_name or "" if request.resolver_match is not None else ""


def _keys(request: HttpRequest) -> dict[str, Any]:
    """Return the numbers in the address: what somebody tried to reach."""
    match = request.resolver_match
    return {name: value for name, value in match.kwargs.items() if isinstance(value, int)} if match is not None else {}


def _asked(request: HttpRequest, gate: Gate) -> dict[str, Any]:
    """Return what a search was asked by: which fields were filled in, never what stood in them."""
    if gate.looks != "search":
        return {}
    return {"asked_by": sorted(name for name, value in request.GET.items() if value and name != "page")}


def _person(request: HttpRequest) -> Staff:
    # Behind Django's lazy wrapper stands the real row; actions take the row.
    user: Any = request.user
    user.pk  # noqa: B018 - reading any attribute loads the wrapped person
    return getattr(user, "_wrapped", user)


def _ask_to_sign_in(request: HttpRequest, gate: Gate) -> HttpResponse:
    if gate.machine:
        return HttpResponse("Sign in first.\n", status=401, content_type="text/plain; charset=utf-8")
    back = {"next": request.get_full_path()} if request.method == "GET" else {}
    return HttpResponseRedirect(settings.LOGIN_URL + (f"?{urlencode(back)}" if back else ""))


def named_routes() -> tuple[Route, ...]:
    """Return every address of the product; raise LookupError naming a view that carries no mark."""
    return tuple(_routes(get_resolver().url_patterns))


def _routes(patterns: list[URLPattern | URLResolver]) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns)
            continue
        gate: Gate | None = getattr(pattern.callback, "gate", None)
        if gate is None:
            raise LookupError(f"The view at {pattern.pattern} carries no permission: mark it with @page(...).")
        yield Route(pattern.name or "", _example(pattern), gate.permission, gate.methods, gate.machine)


def _example(pattern: URLPattern) -> str:
    address = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__
        value = EXAMPLE_ID if kind == "IntConverter" else "iv-racemic-standard"
        for prefix in ("int", "str", "slug"):
            address = address.replace(f"<{prefix}:{name}>", str(value))
    return "/" + address
