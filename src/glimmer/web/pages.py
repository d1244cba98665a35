"""How a view shows a page: the frame around it, the error summary above it, the patient on top of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from glimmer.records.episodes import Episode
from glimmer.web.forms import Form
from glimmer.web.frame import frame
from glimmer.web.gate import StaffRequest


def show(
    request: StaffRequest,
    template: str,
    *,
    title: str,
    here: str = "",
    episode: Episode | None = None,
    step: str = "",
    forms: Sequence[Form] = (),
    trail: Sequence[tuple[Any, ...]] = (),
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Render `template` inside the layout.

    `forms` are those whose errors the summary lists. `episode` puts its patient's banner on the page and
    `step` marks the present step. `trail` is the breadcrumb after the start page: (words, route name, ids...).
    Answers 422 when a form has errors, 409 when it was an old page.
    """
    errors = [line for form in forms if form.is_bound for line in form.summary()]
    stale = any(form.stale for form in forms)
    base = frame(request, title=title, here=here)
    if errors:
        status = 409 if stale else 422
    if episode is not None:
        for form in forms:
            form.shown_revision = episode.revision
    page = {
        **base,
        "errors": errors,
        "stale": stale,
        "episode": episode,
        "patient": episode.patient if episode is not None else None,
        "step": step,
        "trail": trail,
        **context,
    }
    return render(request, template, page, status=status)


def done(request: StaffRequest, says: str, route: str, *ids: int | str, query: str = "") -> HttpResponse:
    """Say what was done on the page that follows a form (post, redirect, get: a reload repeats nothing)."""
    messages.success(request, says)
    return HttpResponseRedirect(f"{reverse(route, args=ids)}{'?' + query if query else ''}")
