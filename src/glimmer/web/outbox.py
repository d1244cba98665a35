"""The outbox: what goes out by e-mail or text message, to whom, and what became of it."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.delivery import words_of
from glimmer.actions.sending import retry_message, withdraw_message
from glimmer.actions.worklist import listed_page
from glimmer.guidance.messages import message as kind_of
from glimmer.records.access_outbox import access_outbox, access_outbox_message, note_listed, tries_of
from glimmer.records.outbox import FAILED, KEPT, STATES, WAITING, OutboxMessage
from glimmer.records.sealed import CannotUnseal
from glimmer.vocabulary.problems import Problem
from glimmer.web.forms import Form, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_choice, asked_number, page_links
from glimmer.web.pages import done, show


class RetryForm(Form):
    """Nothing is asked: the press is all."""

    name = "retry"


class WithdrawForm(Form):
    """Why a message is not to be sent."""

    name = "withdraw"
    because = Text("Why is it not to be sent?", missing="Say why it is not to be sent.", max_length=200)


@page("outbox.view")
def outbox(request: StaffRequest) -> HttpResponse:
    """List the messages, the newest first, or those in one state."""
    state = asked_choice(request.GET, "state", tuple(value for value, _ in STATES))
    found = access_outbox(request.staff)
    listed = listed_page(found.filter(state=state) if state else found, asked_number(request.GET, "page"))
    note_listed(request.staff, list(listed.rows))
    return show(
        request,
        "outbox/list.html",
        title="Outbox",
        here="outbox",
        listed=listed,
        rows=[(row, _title(row)) for row in listed.rows],
        states=STATES,
        state_asked=state,
        keeps=settings.ENVIRONMENT.sender == "outbox",
        now=timezone.now(),
        links=page_links(request, listed),
    )


@page("outbox.view")
def outbox_message(request: StaffRequest, outbox_id: int) -> HttpResponse:
    """Show one message with its tries."""
    return _shown(request, access_outbox_message(request.staff, outbox_id))


@page("outbox.send", methods=("POST",))
def outbox_retry(request: StaffRequest, outbox_id: int) -> HttpResponse:
    """Let a message be tried again."""
    found = access_outbox_message(request.staff, outbox_id)
    form = RetryForm(request.POST)
    if attempt(form, lambda data: retry_message(found, by=request.staff)):
        return done(request, "It is tried again.", "outbox_message", outbox_id)
    return _shown(request, found, form)


@page("outbox.send", methods=("POST",))
def outbox_withdraw(request: StaffRequest, outbox_id: int) -> HttpResponse:
    """Let a message go nowhere."""
    found = access_outbox_message(request.staff, outbox_id)
    form = WithdrawForm(request.POST)
    if attempt(form, lambda data: withdraw_message(found, data["because"], by=request.staff)):
        return done(request, "It will not be sent.", "outbox_message", outbox_id)
    return _shown(request, found, form)


def _shown(request: StaffRequest, found: OutboxMessage, posted: Form | None = None) -> HttpResponse:
    return show(
        request,
        "outbox/message.html",
        title="Message",
        here="outbox",
        found=found,
        what=_title(found),
        words=_words(found),
        tries=tries_of(found),
        state=dict(STATES)[found.state],
        waits=found.state == WAITING,
        can_retry=found.state in (FAILED, KEPT) and not found.has_run_out(timezone.now()),
        forms=[posted] if posted is not None else [],
        withdraw_form=posted if isinstance(posted, WithdrawForm) else WithdrawForm(),
        trail=[("Outbox", "outbox")],
    )


def _title(row: OutboxMessage) -> str:
    kind = kind_of(row.kind)
    return kind.title if kind is not None else row.kind


def _words(found: OutboxMessage) -> str:
    """Return the words; the link in them only where the message is kept here for somebody to pass on."""
    if found.state != KEPT:
        return found.words
    try:
        return words_of(found)
    except CannotUnseal:
        return found.words
    except Problem:
        return found.words
