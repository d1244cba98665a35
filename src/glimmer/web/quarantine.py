"""Device messages that were not charted: nothing a monitor or pump sends is dropped unseen."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.worklist import Listed
from glimmer.records.access import access_message, access_messages
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_number, page_links
from glimmer.web.pages import show

PAGE_SIZE = 50


@page("quarantine.view")
def quarantine(request: StaffRequest) -> HttpResponse:
    """List the messages that were not charted, the newest first, with the reason."""
    found = access_messages(request.staff).select_related("device__bay")
    total = found.count()
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(asked_number(request.GET, "page"), 1), last)
    rows = list(found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE])
    listed: Listed[Any] = Listed(rows=rows, number=number, total=total, size=PAGE_SIZE)
    return show(
        request,
        "quarantine.html",
        title="Device messages not charted",
        here="quarantine",
        listed=listed,
        links=page_links(request, listed),
    )


@page("quarantine.view")
def message(request: StaffRequest, message_id: int) -> HttpResponse:
    """Show one message: why it was not charted, what was read from it, and the text as it came."""
    found = access_message(request.staff, message_id)
    return show(
        request,
        "quarantine_message.html",
        title="Device message",
        here="quarantine",
        message=found,
        summary=found.summary if isinstance(found.summary, dict) else {},
        raw=bytes(found.raw).replace(b"\r", b"\n").decode("utf-8", errors="replace"),
        trail=[("Device messages", "quarantine")],
    )
