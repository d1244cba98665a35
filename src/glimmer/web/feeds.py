"""Calendar feeds: made and revoked on a page, read by a calendar program without signing in."""

from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from glimmer.actions.booking import bays
from glimmer.actions.feeds import FeedEntry, entries_of, feed_of_secret, feeds_of, make_feed, revoke_feed
from glimmer.records.access import NotFound
from glimmer.web.calendar_forms import bay_choices
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.opening_forms import FeedForm, PressForm
from glimmer.web.pages import done, show
from glimmer.web.simulated import MARK

# How often a calendar program need look again.
ASK_AGAIN = timedelta(hours=1)


@page("calendar.view")
def feeds(request: StaffRequest) -> HttpResponse:
    """Show which addresses hold, and the way to make one."""
    return _page(request)


@page("calendar.view", methods=("POST",))
def feed_make(request: StaffRequest) -> HttpResponse:
    """Make an address and show it, this once."""
    places = {str(bay.pk): bay for bay in bays(request.staff)}
    form = FeedForm(request.POST, bays=bay_choices(places.values()))
    made: list[str] = []
    if attempt(form, lambda data: made.append(make_feed(places.get(data["what"]), by=request.staff))):
        return _page(request, address=request.build_absolute_uri(f"/calendar/feeds/{made[0]}.ics"))
    return _page(request, form=form)


@page("calendar.view", methods=("POST",))
def feed_revoke(request: StaffRequest, feed_id: int) -> HttpResponse:
    """Take an address back."""
    found = next((one for one in feeds_of(request.staff) if one.pk == feed_id), None)
    if found is None:
        raise NotFound("There is no such address. Go back to the calendar feeds and choose again.")
    form = PressForm(request.POST)
    if attempt(form, lambda data: revoke_feed(found, by=request.staff)):
        return done(request, "The address was taken back: it shows nothing any more.", "feeds")
    return _page(request, form=form)


@page(None, machine=True)
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Give a calendar program what the secret is for; whoever has no valid one learns nothing."""
    found = feed_of_secret(secret)
    if found is None:
        return HttpResponse("This address shows nothing: make a new one.\n", status=401, content_type="text/plain")
    body = as_icalendar(entries_of(found), found.bay.name if found.bay is not None else "Shifts")
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def as_icalendar(entries: list[FeedEntry], name: str) -> bytes:
    """Return entries as RFC 5545 has them. Times are in UTC, so that no change of the clocks can shift them."""
    # Only what fetches a feed needs it, and it takes a third of a second to import.
    from icalendar import Calendar, Event

    # A calendar is kept far from any page that says so.
    mark = f"{MARK} " if settings.ENVIRONMENT.training else ""
    calendar = Calendar()
    calendar.add("prodid", "-//Glimmer//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{mark}Glimmer: {name}")
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    for one in entries:
        event = Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.changed_at.astimezone(UTC))
        event.add("dtstart", one.starts_at.astimezone(UTC))
        event.add("dtend", one.ends_at.astimezone(UTC))
        event.add("summary", f"{mark}{one.words}")
        event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _page(request: StaffRequest, form: Any = None, address: str = "") -> HttpResponse:
    form = form or FeedForm(bays=bay_choices(bays(request.staff)))
    return show(
        request,
        "feeds.html",
        title="Calendar feeds",
        here="calendar",
        forms=[form],
        form=form if isinstance(form, FeedForm) else FeedForm(bays=bay_choices(bays(request.staff))),
        address=address,
        feeds=feeds_of(request.staff),
        trail=[("Calendar", "calendar")],
    )
