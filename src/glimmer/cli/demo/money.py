"""The demo's office: made-up prices, who pays, and invoices that are open, partly paid, paid and credited."""

from datetime import timedelta
from itertools import cycle

from django.utils import timezone

from glimmer.actions.funding import arising, charge, record_route, set_prices
from glimmer.actions.invoices import credit_invoice, issue_invoice, open_charges, record_payment
from glimmer.care.funding import Funding, Route
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.guidance.prices import prices
from glimmer.records.funding import CHARGES, COSTS
from glimmer.records.models import Episode, Invoice, TreatmentSession

MADE_UP = "Demonstration: made-up prices. Nobody pays here."
UNPRICED_PENCE = 19_000
COST_PENCE = 4_200
"""What any input of the service costs in the demo; nobody's figure."""


def _routes(days_left: int, clinic: DemoClinic) -> tuple[Funding, ...]:
    ends = timezone.localtime(clinic.now).date() + timedelta(days=days_left)
    return (
        Funding(Route.SELF_PAY),
        Funding(Route.INSURER, insurer="Lantern Mutual (made up)", authorisation="LM-0042", expires_on=ends),
        Funding(Route.NHS),
        Funding(Route.IFR, reference="IFR-2026-017", state="approved", expires_on=ends),
        Funding(Route.SELF_PAY),
    )


def keep_accounts(clinic: DemoClinic) -> None:
    """Record prices and routes, charge what arose for two patients who pay, and invoice it."""
    opened = clinic.days_ago(390)
    day = timezone.localtime(opened).date()
    manager = clinic.staff["gil.thackeray"]
    charged = {one.id: one.example_pence or UNPRICED_PENCE for one in prices().items}
    set_prices(CHARGES, charged, day, MADE_UP, by=manager, at=opened)
    set_prices(COSTS, {one.id: COST_PENCE for one in prices().costs}, day, MADE_UP, by=manager, at=opened)
    paying = []
    treated = Episode.objects.filter(pk__in=TreatmentSession.objects.values("episode")).order_by("pk")
    for episode, funding in zip(treated[:12], cycle(_routes(20, clinic)), strict=False):
        record_route(episode, funding, by=clinic.administrator, at=clinic.days_ago(60))
        if funding.route in (Route.SELF_PAY, Route.INSURER):
            paying.append(episode)
    for episode, settle in zip(paying[2:], (_paid, _part_paid, _credited), strict=False):
        settle(clinic, _invoiced(clinic, episode))


def _invoiced(clinic: DemoClinic, episode: Episode) -> Invoice:
    at = clinic.days_ago(6)
    for one in arising(episode, at):
        charge(episode, one.cause, by=clinic.administrator, at=at)
    waiting = [one.pk for one in open_charges(episode)]
    return issue_invoice(episode, waiting, by=clinic.administrator, at=at + timedelta(minutes=20))


def _paid(clinic: DemoClinic, invoice: Invoice) -> None:
    _pays(clinic, invoice, invoice.pence)


def _part_paid(clinic: DemoClinic, invoice: Invoice) -> None:
    _pays(clinic, invoice, invoice.pence // 2)


def _credited(clinic: DemoClinic, invoice: Invoice) -> None:
    why = "One session was invoiced that the clinic had put off."
    credit_invoice(invoice, invoice.pence // 4, why, by=clinic.administrator, at=clinic.days_ago(4))


def _pays(clinic: DemoClinic, invoice: Invoice, pence: int) -> None:
    at = clinic.days_ago(2)
    day = timezone.localtime(at).date()
    record_payment(invoice, pence, "transfer", f"Statement {invoice.number}", day, by=clinic.administrator, at=at)
