"""Who may open which page: each view says so itself, and a view that says nothing opens for nobody.

    @page("referral.triage", methods=("POST",))
    def triage(request, episode_id): ...

`GateMiddleware` asks the mark before the view runs. `named_routes` lists every address with its mark,
for the test that walks all routes with all roles.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.deprecation import MiddlewareMixin

from glimmer.records.access import NotFound
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may, roles_with
from glimmer.vocabulary.problems import ChangedMeanwhile, NotAllowed, Problem
from glimmer.web import errors

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])

# Stands for the numbers in an address when the addresses are listed.
EXAMPLE_ID = 1


class StaffRequest(HttpRequest):
    """A request whose sender has passed the gate: `staff` is the signed-in person."""

    staff: Staff


@dataclass(frozen=True, slots=True)
class Gate:
    """A view's mark. `permission` None is open to all; a `machine` view answers 401, not a redirect, to nobody."""

    permission: str | None
    methods: tuple[str, ...]
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the product, with an example, and who may use it how."""

    name: str
    example: str
    permission: str | None
    methods: tuple[str, ...]
    machine: bool


def page(
    permission: str | None, methods: tuple[str, ...] = ("GET",), *, machine: bool = False
) -> Callable[[View], View]:
    """Mark a view with its permission (None: public) and methods; an unknown permission fails at import."""
    if permission is not None:
        roles_with(permission)

    def mark(view: View) -> View:
        view.gate = Gate(permission, methods, machine)  # type: ignore[attr-defined]
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
            if not may(Role(request.staff.role), gate.permission):
                return errors.forbidden(request)
        if request.method not in gate.methods and not (request.method == "HEAD" and "GET" in gate.methods):
            return errors.wrong_method(request, gate.methods)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Let nobody keep a page that somebody signed in for: going back after the sign-out shows no patient."""
        if hasattr(request, "staff"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a Problem that a view let pass into a page of its own; leave everything else to Django."""
        if isinstance(exception, NotFound):
            return errors.missing(request, str(exception))
        if isinstance(exception, NotAllowed):
            return errors.forbidden(request, str(exception))
        if isinstance(exception, Problem):
            status = 409 if isinstance(exception, ChangedMeanwhile) else 422
            return errors.refused(request, exception, status=status)
        return None


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
