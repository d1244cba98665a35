"""The protocols and the figures behind them: every number with its unit, its source and how well it is known."""

from django.http import HttpResponse

from glimmer.guidance import figures, protocol, protocols, subjects
from glimmer.records.access import NotFound
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import show

EVIDENCE = {
    "source": "Seen in the source",
    "memory": "From memory, to be checked",
    "proposal": "Proposal, to be signed off",
}


@page("guidance.view")
def protocols_list(request: StaffRequest) -> HttpResponse:
    """List the protocols, and the subjects of the other figures."""
    return show(
        request, "protocols.html", title="Protocols", here="protocols", protocols=protocols(), subjects=subjects()
    )


@page("guidance.view")
def protocol_detail(request: StaffRequest, protocol_id: str) -> HttpResponse:
    """Show one protocol whole: what it gives, checks, observes, warns of and asks before leaving."""
    try:
        found = protocol(protocol_id)
    except KeyError:
        raise NotFound("There is no such protocol. Choose one from the list of protocols.") from None
    return show(
        request,
        "protocol.html",
        title=found.title,
        here="protocols",
        protocol=found,
        evidence=EVIDENCE,
        trail=[("Protocols", "protocols")],
    )


@page("guidance.view")
def figures_of_subject(request: StaffRequest, subject: str) -> HttpResponse:
    """Show every figure of one subject with its source."""
    try:
        found = figures(subject)
    except KeyError:
        raise NotFound("There are no figures on this subject. Choose one from the list of protocols.") from None
    return show(
        request,
        "figures.html",
        title=f"Figures: {subject}",
        here="protocols",
        figures=found,
        evidence=EVIDENCE,
        trail=[("Protocols", "protocols")],
    )
