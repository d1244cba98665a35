"""Stock between premises, as the pages of both registers show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.controlled import witnesses
from glimmer.actions.transfers import is_late, is_same_product, receive_stock, send_stock
from glimmer.records.access import access_register_page, access_register_pages, access_transfer
from glimmer.records.controlled import RegisterPage, facts
from glimmer.records.supplies import RegisterTransfer, on_the_way
from glimmer.web import take_home_forms as forms
from glimmer.web.controlled_forms import batch_of
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.signatures import signed_by_two


@dataclass(frozen=True, slots=True)
class Coming:
    """Stock on its way to a page, with the form that says that it has arrived."""

    transfer: RegisterTransfer
    form: Form
    is_late: bool


def siblings(request: StaffRequest, found: RegisterPage) -> list[RegisterPage]:
    """Return the pages of the same product at other premises."""
    return [one for one in access_register_pages(request.staff) if is_same_product(found, one)]


def send_form(request: StaffRequest, found: RegisterPage, data: Any = None) -> forms.SendForm:
    """Return the form by which stock leaves a page."""
    batches = tuple(facts(found).batches())
    return forms.SendForm(data, people=witnesses(request.staff), pages=siblings(request, found), batches=batches)


def coming(request: StaffRequest, found: RegisterPage, now: datetime) -> list[Coming]:
    """Return what is on its way to a page."""
    people = witnesses(request.staff)
    return [
        Coming(one, forms.ArriveForm(people=people, name=f"arrive-{one.pk}"), is_late(one, now))
        for one in on_the_way(found)
    ]


@page("controlled.enter", methods=("POST",))
def send_post(request: StaffRequest, page_id: int) -> HttpResponse:
    """Send stock to other premises."""
    found = access_register_page(request.staff, page_id)
    form = send_form(request, found, request.POST)

    def send(data: dict[str, Any]) -> None:
        to_page = access_register_page(request.staff, int(data["to_page"]))
        witness, batch = signed_by_two(request, form), batch_of(data["of_batch"])
        amount, note = data["amount"], data["note"]
        send_stock(found, to_page, amount, batch, note, seen=data["seen"], by=request.staff, witness=witness)

    if attempt(form, send):
        says = "It has left this book. The other premises write down what arrives."
        return done(request, says, "register_page", page_id)
    return _again(request, found, form, "stock_send", page_id)


@page("controlled.enter", methods=("POST",))
def receive_post(request: StaffRequest, transfer_id: int) -> HttpResponse:
    """Write down what arrived."""
    transfer = access_transfer(request.staff, transfer_id)
    form = forms.ArriveForm(request.POST, people=witnesses(request.staff), name=f"arrive-{transfer_id}")

    def receive(data: dict[str, Any]) -> None:
        witness, arrived = signed_by_two(request, form), data["arrived"]
        receive_stock(transfer, arrived, data["note"], seen=data["seen"], by=request.staff, witness=witness)

    if attempt(form, receive):
        return done(request, "It is in this book.", "register_page", transfer.to_page_id)
    return _again(request, transfer.to_page, form, "stock_receive", transfer_id)


def _again(request: StaffRequest, found: RegisterPage, form: Form, route: str, key: int) -> HttpResponse:
    """Show a form that was refused by itself, with what was typed."""
    lines = facts(found).lines
    form.shown_revision = lines[-1].number if lines else 0
    return show(
        request,
        "controlled/again.html",
        title=str(found),
        here="register",
        page=found,
        form=form,
        forms=[form],
        route=route,
        key=key,
        now=timezone.now(),
        trail=[("Controlled drugs", "register"), (str(found), "register_page", found.pk)],
    )
