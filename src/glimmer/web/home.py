"""The start page: what waits for whom, what is due, who comes today."""

from django.http import HttpResponse

from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show


@page("home.view")
def home(request: StaffRequest) -> HttpResponse:
    """Show the worklist of the signed-in person's role."""
    return show(request, "home.html", title="Start", here="home")


@page("home.view")
def help_page(request: StaffRequest) -> HttpResponse:
    """Explain in a page how a clinic day runs in Glimmer."""
    return show(request, "help.html", title="Help", here="help", trail=())
