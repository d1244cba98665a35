"""Funding: who pays for a journey, what is charged, invoices and payments; prices. For the office, and nobody else."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.funding import add_charge, arising, charge, record_route, service_cost, set_prices
from glimmer.actions.invoices import (
    credit_invoice,
    issue_invoice,
    open_charges,
    receipt_pdf,
    record_payment,
    refund_payment,
    statement_pdf,
)
from glimmer.care.funding import REQUEST_STATES, ROUTES, Funding, Route, pence_of, pounds, warnings
from glimmer.guidance.prices import Item, prices
from glimmer.records.access import access_episode
from glimmer.records.episodes import Episode
from glimmer.records.funding import (
    CHARGES,
    COSTS,
    INVOICE,
    WAYS,
    Invoice,
    access_charges,
    access_invoice,
    access_invoices,
    access_payment,
    access_payments,
    access_price_lists,
    access_routes,
    account_of,
    price_list_on,
    prices_of,
    totals_by_route,
)
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, Several, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

PAYS = {"payment": "Money came in", "refund": "Money went back"}


class RouteForm(Form):
    """Who pays, and what an individual request or an insurer needs."""

    name = "route"
    route = Choice("Who pays?", [(one.value, words) for one, words in ROUTES.items()], missing="Choose who pays.")
    state = Pick("How does the funding request stand?", list(REQUEST_STATES.items()), hint="For a funding request")
    reference = Text("Reference of the funding request", max_length=60, width="20")
    insurer = Text("Insurer", hint="For an insurer")
    authorisation = Text("Authorisation number", max_length=60, width="20", hint="For an insurer")
    expires_on = Day("Funding ends on", hint="If it does")
    note = Text("Note", max_length=500)

    def funding(self) -> Funding:
        """Return what was typed as the rule takes it."""
        data = self.cleaned_data
        parts = (data["reference"], data["state"], data["expires_on"], data["insurer"], data["authorisation"])
        return Funding(Route(data["route"]), *parts)


class DecideForm(Form):
    """Charge what arose, or let it go with a reason."""

    name = "decide"
    cause = Pick("What?", [], missing="Choose what it is about.")
    decision = Choice(
        "Is it charged?", [("charge", "Yes"), ("waive", "No, it is let go")], missing="Choose whether it is charged."
    )
    waived_because = Text("Why not?", max_length=500, hint="If it is let go")

    def __init__(self, *args: Any, causes: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["cause"].choices = list(causes)  # type: ignore[attr-defined]


class AddForm(Form):
    """A charge that Glimmer does not know of."""

    name = "add"
    item = Pick("What?", [(one.id, one.title) for one in prices().items], missing="Choose what is charged.")
    on = Day("On", missing="Enter the day on which it happened.")


class InvoiceForm(Form):
    """What goes on an invoice."""

    name = "invoice"
    charges = Several("What goes on the invoice?", [], missing="Choose what goes on the invoice.")

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["charges"].choices = list(choices)  # type: ignore[attr-defined]


class CreditForm(Form):
    """How much of an invoice is taken back, and why."""

    name = "credit"
    amount = Text("Amount in pounds", missing="Enter an amount in pounds, such as 225 or 225.50.", width="10")
    reason = Text("Why? The payer reads this", missing="Say why it is credited.", max_length=200)


class PayForm(Form):
    """Money that came in or went back."""

    name = "pay"
    kind = Choice("What happened?", list(PAYS.items()), missing="Choose whether money came in or went back.")
    amount = Text("Amount in pounds", missing="Enter an amount in pounds, such as 225 or 225.50.", width="10")
    way = Pick("How?", WAYS, missing="Choose how it was paid.")
    reference = Text("Reference", max_length=120, hint="Of the bank or the card; never a card number")
    on = Day("On", missing="Enter the day of the payment.")


class PricesForm(Form):
    """A new version of the prices: an item left out has no price. One field for each item."""

    name = "prices"
    valid_from = Day("Valid from", missing="Enter the day from which these prices are valid.")
    source = LongText(
        "Where do these prices come from?", rows=2, max_length=500, missing="Say where these prices come from."
    )

    def __init__(self, *args: Any, items: Sequence[Item] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        for item in items:
            self.fields[f"price_{item.id}"] = Text(f"{item.title}, in pounds", max_length=12, width="5")

    def pence(self) -> dict[str, int]:
        """Return the pence of each item that has a price."""
        typed = {name.removeprefix("price_"): text for name, text in self.cleaned_data.items() if name[:6] == "price_"}
        return {item: pence_of(text, field=f"price_{item}") for item, text in typed.items() if text}


@page("funding.view")
def funding(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show who pays for a journey, what is charged, its invoices, and what it cost the service."""
    return _page(request, access_episode(request.staff, episode_id))


@page("funding.record", methods=("POST",))
def route_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record who pays from now on."""
    episode, form = access_episode(request.staff, episode_id), RouteForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_route(episode, form.funding(), data["note"], by=request.staff, seen=data["seen"])

    if attempt(form, record):
        return done(request, "It was recorded who pays.", "funding", episode_id)
    return _page(request, episode, route_form=form)


@page("funding.record", methods=("POST",))
def charge_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Charge something that arose, or let it go."""
    episode = access_episode(request.staff, episode_id)
    form = DecideForm(request.POST, causes=_causes(episode))

    def decide(data: dict[str, Any]) -> None:
        waive = data["decision"] == "waive"
        charge(episode, data["cause"], data["waived_because"], waive=waive, by=request.staff, seen=data["seen"])

    if attempt(form, decide):
        return done(request, "It was decided.", "funding", episode_id)
    return _page(request, episode, decide_form=form)


@page("funding.record", methods=("POST",))
def charge_new(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Charge something that Glimmer does not know of."""
    episode, form = access_episode(request.staff, episode_id), AddForm(request.POST)
    if attempt(form, lambda data: add_charge(episode, data["item"], data["on"], by=request.staff, seen=data["seen"])):
        return done(request, "It was charged.", "funding", episode_id)
    return _page(request, episode, add_form=form)


@page("funding.record", methods=("POST",))
def invoice_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Issue an invoice."""
    episode = access_episode(request.staff, episode_id)
    form, issued = InvoiceForm(request.POST, choices=_open(episode)), list[Invoice]()

    def issue(data: dict[str, Any]) -> None:
        chosen = [int(key) for key in data["charges"]]
        issued.append(issue_invoice(episode, chosen, by=request.staff, seen=data["seen"]))

    if attempt(form, issue):
        return done(request, f"Invoice {issued[0].label} was issued.", "invoice", issued[0].pk)
    return _page(request, episode, invoice_form=form)


@page("funding.view")
def invoice(request: StaffRequest, invoice_id: int) -> HttpResponse:
    """Show an invoice or credit note with what was paid."""
    return _invoice(request, access_invoice(request.staff, invoice_id))


@page("funding.record", methods=("POST",))
def credit_post(request: StaffRequest, invoice_id: int) -> HttpResponse:
    """Take back an invoice or a part of it."""
    found, form = access_invoice(request.staff, invoice_id), CreditForm(request.POST)

    def credit(data: dict[str, Any]) -> None:
        pence = pence_of(data["amount"], field="amount")
        credit_invoice(found, pence, data["reason"], by=request.staff, seen=data["seen"])

    if attempt(form, credit):
        return done(request, "The credit note was issued.", "invoice", invoice_id)
    return _invoice(request, found, credit_form=form)


@page("funding.record", methods=("POST",))
def pay_post(request: StaffRequest, invoice_id: int) -> HttpResponse:
    """Record that money came in or went back."""
    found, form = access_invoice(request.staff, invoice_id), PayForm(request.POST)

    def pay(data: dict[str, Any]) -> None:
        act = record_payment if data["kind"] == "payment" else refund_payment
        pence = pence_of(data["amount"], field="amount")
        act(found, pence, data["way"], data["reference"], data["on"], by=request.staff, seen=data["seen"])

    if attempt(form, pay):
        return done(request, "It was recorded.", "invoice", invoice_id)
    return _invoice(request, found, pay_form=form)


@page("funding.view", looks="print")
def invoice_file(request: StaffRequest, invoice_id: int) -> HttpResponse:
    """Return the exact PDF of an invoice or credit note."""
    found = access_invoice(request.staff, invoice_id)
    return _file(bytes(found.pdf), found.label)


@page("funding.view", looks="print")
def receipt_file(request: StaffRequest, payment_id: int) -> HttpResponse:
    """Return the receipt of a payment, or the note of a refund."""
    found = access_payment(request.staff, payment_id)
    return _file(receipt_pdf(found, by=request.staff), found.label)


@page("funding.view", looks="print")
def statement_file(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Return the statement of a journey."""
    episode = access_episode(request.staff, episode_id)
    return _file(statement_pdf(episode, by=request.staff), f"statement-{episode_id}")


@page("prices.view")
def prices_page(request: StaffRequest) -> HttpResponse:
    """Show the prices in force, their versions, and sums by who pays."""
    return _prices(request)


@page("prices.manage", methods=("POST",))
def prices_post(request: StaffRequest, kind: str) -> HttpResponse:
    """Record a new version of the prices."""
    form = PricesForm(request.POST, items=_items(kind), name=kind)

    def record(data: dict[str, Any]) -> None:
        set_prices(kind, form.pence(), data["valid_from"], data["source"], by=request.staff)

    if attempt(form, record):
        return done(request, "The prices were recorded.", "prices")
    return _prices(request, **{f"{kind if kind in (CHARGES, COSTS) else CHARGES}_form": form})


def _page(request: StaffRequest, episode: Episode, **given: Form) -> HttpResponse:
    staff, now = request.staff, timezone.now()
    routes = access_routes(staff, episode)
    forms: dict[str, Any] = {
        "route_form": RouteForm(),
        "decide_form": DecideForm(causes=_causes(episode)),
        "add_form": AddForm(),
        "invoice_form": InvoiceForm(choices=_open(episode)),
        **given,
    }
    invoices = access_invoices(staff, episode)
    return show(
        request,
        "funding.html",
        title="Funding",
        here="patients",
        episode=episode,
        forms=list(forms.values()),
        routes=routes,
        warnings=warnings(routes[0].facts if routes else None, timezone.localdate()),
        charges=access_charges(staff, episode),
        arising=arising(episode, now),
        invoices=[(one, account_of(one) if one.series == INVOICE else None) for one in invoices],
        cost=service_cost(staff, episode),
        title_of=prices().title_of,
        pounds=pounds,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **forms,
    )


def _invoice(request: StaffRequest, found: Invoice, **given: Form) -> HttpResponse:
    forms: dict[str, Any] = {"credit_form": CreditForm(), "pay_form": PayForm(), **given}
    return show(
        request,
        "invoice.html",
        title=f"{found.get_series_display()} {found.label}",
        here="patients",
        episode=found.episode,
        forms=list(forms.values()),
        invoice=found,
        account=account_of(found) if found.series == INVOICE else None,
        payments=access_payments(request.staff, found),
        pounds=pounds,
        trail=[("Patients", "patients"), ("Funding", "funding", found.episode_id)],
        **forms,
    )


def _prices(request: StaffRequest, **given: Form) -> HttpResponse:
    staff, today = request.staff, timezone.localdate()
    lists: list[dict[str, Any]] = []
    for kind, words in ((CHARGES, "What payers are charged"), (COSTS, "What the service pays")):
        in_force = price_list_on(kind, today)
        form = given.get(f"{kind}_form") or PricesForm(items=_items(kind), name=kind, initial=_initial(kind))
        lists.append(
            {
                "kind": kind,
                "words": words,
                "in_force": in_force,
                "pence": prices_of(in_force),
                "items": _items(kind),
                "versions": access_price_lists(staff, kind),
                "form": form,
            }
        )
    return show(
        request,
        "prices.html",
        title="Prices",
        here="counts",
        forms=[one["form"] for one in lists],
        lists=lists,
        example=prices(),
        totals=totals_by_route(staff),
        manages=may(Role(staff.role), "prices.manage"),
        pounds=pounds,
    )


def _initial(kind: str) -> dict[str, str]:
    """Return what the form of a new version begins with: the prices in force, else the example's."""
    in_force = prices_of(price_list_on(kind, timezone.localdate()))
    begin = in_force or {one.id: one.example_pence for one in _items(kind) if one.example_pence is not None}
    return {f"price_{item}": pounds(pence).removeprefix("£") for item, pence in begin.items()}


def _items(kind: str) -> tuple[Item, ...]:
    found = {CHARGES: prices().items, COSTS: prices().costs}.get(kind)
    if found is None:
        raise BadInput("There are no such prices. Go back to the prices and choose again.")
    return found


def _causes(episode: Episode) -> list[tuple[str, str]]:
    return [
        (one.cause, f"{one.title}, {one.on:%-d %B %Y}{'' if one.share == 100 else f' ({one.share} % of the price)'}")
        for one in arising(episode, timezone.now())
    ]


def _open(episode: Episode) -> list[tuple[str, str]]:
    return [
        (str(one.pk), f"{one.title}, {one.happened_on:%-d %B %Y}: {pounds(one.pence)}") for one in open_charges(episode)
    ]


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
