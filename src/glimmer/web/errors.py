"""The pages that say no: what happened, why, and what to do next. None shows a stack trace or a patient."""

import sys
from collections.abc import Sequence

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from glimmer.vocabulary.problems import Problem
from glimmer.web.frame import frame


def error_page(request: HttpRequest, status: int, title: str, *says: str, reasons: Sequence[str] = ()) -> HttpResponse:
    """Return a page in the clinic's own dress with `title` and one paragraph for each of `says`."""
    context = {**frame(request, title=title), "says": says, "reasons": reasons}
    return render(request, "errors/error.html", context, status=status)


def forbidden(request: HttpRequest, exception: object = "") -> HttpResponse:
    """403: signed in, but this person's role does not include the page."""
    why = str(exception) if isinstance(exception, str) and exception else "Your role does not include this page."
    return error_page(
        request, 403, "You cannot open this page", why, "If you need it for your work, ask the clinic's manager."
    )


def missing(request: HttpRequest, exception: object = "") -> HttpResponse:
    """404: no such page or record, in words that do not tell what else there is."""
    why = str(exception) if isinstance(exception, str) and exception else ""
    return error_page(
        request,
        404,
        "Page not found",
        why or "There is no page at this address. It may have been typed or copied wrongly.",
        "Start again from your start page.",
    )


def wrong_method(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    """405: for example an address that only takes a form, opened as a page."""
    response = error_page(
        request,
        405,
        "This address cannot be opened this way",
        "It only takes the answer of a form. Nothing was changed.",
        "Go back to the page with the form.",
    )
    response["Allow"] = ", ".join(methods)
    return response


def refused(request: HttpRequest, problem: Problem, *, status: int) -> HttpResponse:
    """A rule or a person was quicker than this request, and the view had no form to say it on."""
    reasons = getattr(problem, "reasons", ())
    return error_page(request, status, "This was not done", str(problem), reasons=reasons)


def not_shown_unaudited(request: HttpRequest) -> HttpResponse:
    """503: the page is made, but who looked at it cannot be written down, and so it is not shown."""
    context = {
        **frame(request, title="This page cannot be shown now", anonymous=True),
        "says": (
            "Glimmer writes down who looks at a patient's record, and just now it cannot: its database is full, "
            "busy or away. If you sent a form, what you entered may have been saved: look before you enter it again.",
            "The chair board, running sessions and the downtime sheets stay open. "
            "Tell the person who runs Glimmer, and try again in a minute.",
        ),
    }
    return render(request, "errors/error.html", context, status=503)


def forged_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of Django's CSRF check: the form did not come from this browser's own page."""
    if request.path.startswith("/own"):
        # Only here: the realm asks the gate, and the gate these pages.
        from glimmer.web.own.realm import forged

        return forged(request)
    return error_page(
        request,
        403,
        "This form could not be accepted",
        "It did not come from a page of yours that is still valid. That happens when the page was open "
        "while you signed out or in again, or when cookies are blocked. Nothing was saved.",
        "Go back, load the page again, and repeat your entry.",
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: Django refused the request before any view saw it, mostly because it was too big."""
    return error_page(
        request,
        400,
        "This request could not be read",
        "It was too large or damaged on its way. Nothing was saved.",
        "Go back and try again with less text or a smaller file.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 for an address that no view has."""
    return missing(request)


def denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 raised by Django itself."""
    return forbidden(request)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our own fault; 503 when the database is away or full. The page needs neither it nor the signed-in person."""
    # Django calls this while it handles what went wrong.
    if isinstance(sys.exc_info()[1], OperationalError):
        return _database_away(request)
    context = {
        **frame(request, title="Something went wrong", anonymous=True),
        "says": (
            "Glimmer made a mistake while it worked on this page. The fault has been noted.",
            "What you entered may not have been saved: check the record before you enter it again. "
            "If it goes on, tell the clinic's administrator.",
        ),
    }
    return render(request, "errors/error.html", context, status=500)


def _database_away(request: HttpRequest) -> HttpResponse:
    context = {
        **frame(request, title="Glimmer cannot store or read anything now", anonymous=True),
        "says": (
            "Its database cannot be reached, or its disk is full. What you entered was not saved.",
            "Watch the monitors themselves and write on the downtime sheets. "
            "Tell the person who runs Glimmer, and try again in a minute.",
        ),
    }
    return render(request, "errors/error.html", context, status=503)
