"""What the planner's pages have in common: a form by GET, shown with what is wrong with it."""

from typing import Any

from django.http import HttpResponse

from glimmer.web.gate import StaffRequest
from glimmer.web.levers import Typed
from glimmer.web.pages import show


def show_planner(request: StaffRequest, template: str, title: str, here: str, context: dict[str, Any]) -> HttpResponse:
    """Show a form and its answer; 422 where a number cannot be, or a choice that must be made was not.

    `context` holds the `problems` of the fields, and where there is such a choice `ends_missing` and `is_first`.
    """
    unsaid = context.get("ends_missing") and not context.get("is_first")
    status = 422 if context["problems"] or unsaid else 200
    return show(request, template, title=title, here=here, status=status, errors=context["problems"], **context)


def in_one_line(typed: list[Typed], unused: set[str]) -> str:
    """Return at what an answer was worked out, for a print and for whoever comes back to it."""
    shown = [one for one in typed if one.lever.name not in unused]
    return "; ".join(f"{one.lever.title} {one.text} {one.lever.unit}" for one in shown)
