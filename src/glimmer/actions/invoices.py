"""Invoices, credit notes, payments and refunds: numbered without a gap, never changed, each with its PDF."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import locked_episode
from glimmer.actions.letter_facts import full_name, letterhead, shown_day
from glimmer.actions.ports import port
from glimmer.care.funding import ROUTES, Route, is_charged, may_credit, may_pay, may_refund, pounds
from glimmer.records.access import require
from glimmer.records.episodes import Episode
from glimmer.records.funding import (
    CREDIT,
    INVOICE,
    RECEIPT,
    WAYS,
    Charge,
    FundingRoute,
    Invoice,
    InvoiceLine,
    Payment,
    access_invoices,
    account_of,
    newest_route,
    next_number,
)
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused
from glimmer.vocabulary.verdict import Verdict

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """What was paid or paid back: pence, the way, the bank's reference, the day."""

    pence: int
    way: str
    reference: str
    on: date | None


MAY = {"payment": may_pay, "refund": may_refund}
"""What speaks against money that comes in or goes back."""


def open_charges(episode: Episode) -> list[Charge]:
    """Return what is charged and on no invoice, or only on one that was credited whole; by day."""
    found = Charge.objects.filter(episode=episode, waived_because="", pence__gt=0).prefetch_related(
        "invoice_lines__invoice"
    )
    return [one for one in found.order_by("happened_on", "pk") if not _is_invoiced(one)]


def _is_invoiced(charge: Charge) -> bool:
    standing = (account_of(line.invoice) for line in charge.invoice_lines.all())
    return any(account.credited < account.invoiced for account in standing)


def issue_invoice(
    episode: Episode, charges: Sequence[int], *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> Invoice:
    """Issue an invoice for charges of a journey to whoever pays for it now."""
    with acting(by, "funding.record", verb="issue_invoice", episode=episode, seen=seen, at=at) as act:
        locked = locked_episode(act)
        route = newest_route(locked)
        if route is None or not is_charged(route.facts.route):
            raise RuleRefused("Nobody is sent an invoice for this journey by the way it is paid for.")
        waiting = {one.pk: one for one in open_charges(locked)}
        chosen = [waiting[key] for key in dict.fromkeys(charges) if key in waiting]
        if not chosen or len(chosen) != len(set(charges)):
            raise BadInput("Choose what goes on the invoice, from what is not on one yet.", field="charges")
        lines = [(one.title, shown_day(one.happened_on), one.share, one.pence) for one in chosen]
        total = sum(one.pence for one in chosen)
        stored = _issue(act, locked, INVOICE, total, _payer(locked, route), lines)
        InvoiceLine.objects.bulk_create([InvoiceLine(invoice=stored, charge=one, pence=one.pence) for one in chosen])
    return stored


def credit_invoice(
    invoice: Invoice, pence: int, reason: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> Invoice:
    """Take back an invoice, or a part of it, by a credit note with a reason."""
    with acting(by, "funding.record", verb="credit_invoice", episode=invoice.episode, seen=seen, at=at) as act:
        fresh = _locked(invoice)
        if not reason.strip():
            raise BadInput("Say why it is credited: the payer reads this.", field="reason")
        _check_amount(pence)
        _allow(may_credit(account_of(fresh), pence))
        lines = [(f"Credit on {fresh.label}: {reason.strip()}", shown_day(_today(act)), 100, pence)]
        stored = _issue(act, fresh.episode, CREDIT, pence, fresh.payer, lines, of=fresh, reason=reason.strip())
    return stored


def record_payment(
    invoice: Invoice,
    pence: int,
    way: str,
    reference: str,
    on: date | None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Payment:
    """Record that money came in for an invoice: all of what is owed or a part."""
    with acting(by, "funding.record", verb="record_payment", episode=invoice.episode, seen=seen, at=at) as act:
        stored = _pay(act, invoice, "payment", Money(pence, way, reference, on))
    return stored


def refund_payment(
    invoice: Invoice,
    pence: int,
    way: str,
    reference: str,
    on: date | None,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> Payment:
    """Record that money went back: never more than is due back after a credit."""
    with acting(by, "funding.record", verb="refund_payment", episode=invoice.episode, seen=seen, at=at) as act:
        stored = _pay(act, invoice, "refund", Money(pence, way, reference, on))
    return stored


def receipt_pdf(payment: Payment, *, by: Staff) -> bytes:
    """Return the receipt of a payment, or the note of a refund, as a PDF: the same facts give the same bytes."""
    require(by, "funding.view")
    title = "Receipt" if payment.kind == "payment" else "Refund"
    invoice = payment.invoice
    says = f"{title} for invoice {invoice.label}, by {dict(WAYS)[payment.way].lower()}"
    rows = [
        [says + (f", {payment.reference}" if payment.reference else ""), shown_day(payment.on), pounds(payment.pence)]
    ]
    content = {
        **_frame(title, payment.label, payment.recorded_at, invoice.episode, invoice.payer),
        "rows": rows,
        "totals": [["Received" if payment.kind == "payment" else "Paid back", pounds(payment.pence)]],
        "note": "",
    }
    rendered: bytes = port("render_invoice")(content)
    return rendered


def statement_pdf(episode: Episode, *, by: Staff, at: datetime | None = None) -> bytes:
    """Return every invoice, credit note, payment and refund of a journey with the balance, as a PDF."""
    rows, balance, payer = [], 0, {"lines": [full_name(episode)]}
    for invoice in reversed(access_invoices(by, episode)):
        if invoice.series == INVOICE:
            payer = invoice.payer
        sign = 1 if invoice.series == INVOICE else -1
        rows.append((invoice.issued_at, f"{invoice.get_series_display()} {invoice.label}", sign * invoice.pence))
        for payment in invoice.payments.all():
            paid = -payment.pence if payment.kind == "payment" else payment.pence
            rows.append((payment.recorded_at, f"{payment.get_kind_display()} {payment.label}", paid))
    shown = []
    for moment, says, pence in sorted(rows):
        balance += pence
        shown.append([says, shown_day(timezone.localtime(moment).date()), pounds(pence)])
    content = {
        **_frame("Statement", f"Journey {episode.pk}", at or timezone.now(), episode, payer),
        "rows": shown,
        "totals": [["Owed" if balance >= 0 else "Due back", pounds(abs(balance))]],
        "note": "" if shown else "Nothing has been invoiced.",
    }
    rendered: bytes = port("render_invoice")(content)
    return rendered


def _issue(
    act: Act,
    episode: Episode,
    series: str,
    pence: int,
    payer: Content,
    lines: Sequence[tuple[str, str, int, int]],
    *,
    of: Invoice | None = None,
    reason: str = "",
) -> Invoice:
    number = next_number(series)
    title = "Invoice" if series == INVOICE else "Credit note"
    content = {
        **_frame(title, f"{series}-{number:05d}", act.at, episode, payer),
        "rows": [[f"{says}{_share(share)}", day, pounds(of_line)] for says, day, share, of_line in lines],
        "totals": [["Total" if of is None else "Credited", pounds(pence)]],
        "note": "Please give the number of this invoice with your payment." if of is None else f"For {of.label}.",
    }
    pdf = port("render_invoice")(content)
    stored = Invoice.objects.create(
        series=series,
        number=number,
        episode=episode,
        credits=of,
        payer=payer,
        reason=reason,
        pence=pence,
        content=content,
        pdf=pdf,
        pdf_digest=hashlib.sha256(pdf).hexdigest(),
        issued_by=act.by,
        issued_at=act.at,
    )
    act.about(stored)
    act.note(number=stored.label)
    return stored


def _share(share: int) -> str:
    return "" if share == 100 else f" ({share} % of the price)"


def _frame(title: str, number: str, at: datetime, episode: Episode, payer: Content) -> Content:
    patient = episode.patient
    return {
        "title": title,
        "number": number,
        "date": shown_day(timezone.localtime(at).date()),
        "written_at": at.isoformat(),
        "clinic": letterhead(),
        "to": payer["lines"],
        # An insurer has to know whose; what is not needed for that, such as the NHS number, is left out.
        "about": [
            f"{full_name(episode)}, born {shown_day(patient.birth_date)}",
            f"Our reference: {patient.local_number}",
        ],
    }


def _payer(episode: Episode, route: FundingRoute) -> Content:
    patient = episode.patient
    if route.route == Route.INSURER.value:
        return {"route": ROUTES[Route.INSURER], "lines": [route.insurer, f"Authorisation {route.authorisation}"]}
    address = [line for line in (*patient.address.splitlines(), patient.postcode) if line.strip()]
    return {"route": ROUTES[Route(route.route)], "lines": [full_name(episode), *address]}


def _pay(act: Act, invoice: Invoice, kind: str, money: Money) -> Payment:
    """Store money against an invoice: locked before what is owed is counted, so that two never pay the same."""
    fresh = _locked(invoice)
    _check_amount(money.pence)
    _allow(MAY[kind](account_of(fresh), money.pence))
    if money.way not in dict(WAYS):
        raise BadInput("Choose how it was paid.", field="way")
    if money.on is None or money.on > _today(act):
        raise BadInput("Enter the day of the payment, today or earlier.", field="on")
    stored = Payment.objects.create(
        number=next_number(RECEIPT),
        invoice=fresh,
        kind=kind,
        pence=money.pence,
        way=money.way,
        reference=money.reference.strip(),
        on=money.on,
        recorded_by=act.by,
        recorded_at=act.at,
    )
    act.about(stored)
    act.note(number=stored.label, invoice=fresh.label)
    return stored


def _locked(invoice: Invoice) -> Invoice:
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("episode__patient")
    fresh = rows.get(pk=invoice.pk)
    if fresh.series != INVOICE:
        raise RuleRefused("A credit note is not paid or credited. Open the invoice that it belongs to.")
    return fresh


def _check_amount(pence: int) -> None:
    if pence <= 0:
        raise BadInput("Enter an amount above nothing.", field="amount")


def _allow(verdict: Verdict) -> None:
    if not verdict.allowed:
        raise BadInput(" ".join(verdict.reasons), field="amount")


def _today(act: Act) -> date:
    return timezone.localtime(act.at).date()
