"""How ketamine is thought to work: one picture for staff, with grades and sources, and plain words for patients."""

from django.http import HttpResponse

from glimmer.guidance.mechanism import mechanism
from glimmer.web.gate import StaffRequest, page
from glimmer.web.mechanism_chart import DASHES, mechanism_chart, span_in_words
from glimmer.web.pages import show


@page("guidance.view")
def mechanism_page(request: StaffRequest) -> HttpResponse:
    """Show the picture, every arrow with its grade and source, what is not known, and what patients read of it."""
    found = mechanism()
    return show(
        request,
        "mechanism.html",
        title="How ketamine is thought to work",
        here="help",
        found=found,
        chart=mechanism_chart(found),
        span=span_in_words,
        dashes=DASHES,
        trail=[("Help", "help")],
    )
