"""How many journeys stand where. Numbers only: no name, no date of birth, no link to a person."""

from django.http import HttpResponse

from glimmer.actions.worklist import counts
from glimmer.care.journey import STEPS
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show


@page("counts.view")
def counts_page(request: StaffRequest) -> HttpResponse:
    """Show the counts by step and state."""
    return show(request, "counts.html", title="Counts", here="counts", rows=counts(request.staff), steps=STEPS)
