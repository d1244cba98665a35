"""Who pays for a journey, what was charged, invoiced, credited and paid. Only ever added to; numbers have no gap.

Nothing in these tables is read by a clinical page or rule: they are reached through this module alone, and everything
in it asks for a permission that no clinician has.
"""

from collections.abc import Iterable
from datetime import date

from django.db import models
from django.db.models import F, Q, QuerySet, Sum

from glimmer.care.funding import REQUEST_STATES, ROUTES, Account, Funding, Route
from glimmer.records.access import NotFound, require
from glimmer.records.clinics import own, reached
from glimmer.records.episodes import Episode
from glimmer.records.looking import note_record, noted
from glimmer.records.staff import Staff

CHARGES, COSTS = "charges", "costs"
INVOICE, CREDIT, RECEIPT = "INV", "CRN", "RCT"
"""The series of numbers: invoices, credit notes, and receipts of payments and refunds."""
WAYS = [
    ("transfer", "Bank transfer"),
    ("card", "Card"),
    ("link", "Payment link"),
    ("cash", "Cash"),
    ("cheque", "Cheque"),
]


class FundingRoute(models.Model):
    """Who pays for a journey, from when it was recorded. The newest row counts."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="funding_routes")
    route = models.CharField(max_length=10, choices=[(route.value, words) for route, words in ROUTES.items()])
    reference = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, blank=True, choices=list(REQUEST_STATES.items()))
    expires_on = models.DateField(null=True, blank=True)
    insurer = models.CharField(max_length=120, blank=True)
    authorisation = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(route__in=[one.value for one in ROUTES]), name="funding_route_known"),
            models.CheckConstraint(
                condition=~Q(route="insurer") | ~Q(insurer="") & ~Q(authorisation=""), name="insurer_has_authorisation"
            ),
            models.CheckConstraint(
                condition=Q(route="ifr") & ~Q(state="") | ~Q(route="ifr") & Q(state=""), name="request_has_a_state"
            ),
        ]

    @property
    def facts(self) -> Funding:
        """The frozen facts that a rule takes."""
        return Funding(Route(self.route), self.reference, self.state, self.expires_on, self.insurer, self.authorisation)


class PriceList(models.Model):
    """One version of the clinic's prices (`charges`) or of what the service pays (`costs`), from a day on."""

    kind = models.CharField(max_length=10, choices=[(CHARGES, "Charges"), (COSTS, "Costs")])
    version = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    source = models.CharField(max_length=500)
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="price_list_version_once"),
            models.CheckConstraint(condition=~Q(source=""), name="price_list_has_a_source"),
        ]


class PriceLine(models.Model):
    """What one item costs by one version, in whole pence. An item that is not there has no price."""

    prices = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="lines")
    item = models.CharField(max_length=40)
    pence = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prices", "item"], name="price_of_an_item_once")]


class Charge(models.Model):
    """Something that is charged, or that a named person let go with a reason. `cause` names what it arose from, once.

    `pence` is the share (in per cent) of the price on the day it happened, which stays whatever prices become.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="charges")
    cause = models.CharField(max_length=60, unique=True)
    item = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    happened_on = models.DateField()
    share = models.PositiveSmallIntegerField()
    unit_pence = models.PositiveIntegerField()
    pence = models.PositiveIntegerField()
    prices = models.ForeignKey(PriceList, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    waived_because = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["happened_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(share__lte=100), name="charge_share_is_at_most_whole"),
            models.CheckConstraint(
                condition=Q(waived_because="", prices__isnull=False) | ~Q(waived_because="") & Q(pence=0),
                name="charge_has_a_price_or_a_reason_for_none",
            ),
        ]

    @property
    def billed(self) -> "list[InvoiceLine]":
        """The lines of invoices and credit notes that hold it; `access_charges` has fetched them along."""
        return list(self.invoice_lines.all())


class NumberSeries(models.Model):
    """The last number given in a series. Whoever gives the next one waits for this row, so that none is given twice."""

    name = models.CharField(max_length=3, unique=True)
    last = models.PositiveIntegerField(default=0)


class Invoice(models.Model):
    """An invoice, or a credit note that takes back a part of one (`credits`). Its PDF is kept."""

    series = models.CharField(max_length=3, choices=[(INVOICE, "Invoice"), (CREDIT, "Credit note")])
    number = models.PositiveIntegerField()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="invoices")
    credits = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes")
    payer = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    pence = models.PositiveIntegerField()
    content = models.JSONField()
    pdf = models.BinaryField()
    pdf_digest = models.CharField(max_length=64)
    issued_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["issued_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0, pence__gt=0), name="invoice_number_and_amount"),
            models.CheckConstraint(
                condition=Q(series=INVOICE, credits__isnull=True)
                | Q(series=CREDIT, credits__isnull=False) & ~Q(reason=""),
                name="credit_note_credits_and_says_why",
            ),
        ]

    @property
    def label(self) -> str:
        """Its number as it is printed."""
        return f"{self.series}-{self.number:05d}"


class InvoiceLine(models.Model):
    """One charge on an invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="invoice_lines")
    pence = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "charge"], name="charge_once_on_an_invoice")]


class Payment(models.Model):
    """Money that came in for an invoice, or went back; with a receipt number of its own."""

    number = models.PositiveIntegerField(unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    kind = models.CharField(max_length=10, choices=[("payment", "Payment"), ("refund", "Refund")])
    pence = models.PositiveIntegerField()
    way = models.CharField(max_length=10, choices=WAYS)
    reference = models.CharField(max_length=120, blank=True)
    on = models.DateField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0, pence__gt=0), name="payment_number_and_amount"),
            models.CheckConstraint(condition=Q(kind__in=["payment", "refund"]), name="payment_kind_known"),
        ]

    @property
    def label(self) -> str:
        """Its number as it is printed."""
        return f"{RECEIPT}-{self.number:05d}"


def next_number(series: str) -> int:
    """Return the next number of a series, inside the caller's transaction: taken back with it, so there is no gap."""
    row = NumberSeries.objects.select_for_update().get(name=series)
    NumberSeries.objects.filter(pk=row.pk).update(last=F("last") + 1)
    return row.last + 1


def price_list_on(kind: str, day: date) -> PriceList | None:
    """Return the prices in force on a day: of those valid by then the newest; None where there are none."""
    return PriceList.objects.filter(kind=kind, valid_from__lte=day).order_by("-valid_from", "-version").first()


def prices_of(found: PriceList | None) -> dict[str, int]:
    """Return the pence of each item of a list; empty for none."""
    return dict(found.lines.values_list("item", "pence")) if found is not None else {}


def account_of(invoice: Invoice) -> Account:
    """Return how an invoice stands."""
    credited = invoice.credit_notes.aggregate(all=Sum("pence"))["all"] or 0
    sums = dict(invoice.payments.order_by().values_list("kind").annotate(all=Sum("pence")))
    return Account(invoice.pence, credited, sums.get("payment", 0), sums.get("refund", 0))


def newest_route(episode: Episode) -> FundingRoute | None:
    """Return who pays for a journey, None while nobody has recorded it."""
    found = FundingRoute.objects.filter(episode=episode).select_related("recorded_by")
    return found.order_by("-recorded_at", "-pk").first()


def access_routes(by: Staff, episode: Episode) -> list[FundingRoute]:
    """Return who paid for a journey over time, the newest first."""
    require(by, "funding.view")
    return list(
        FundingRoute.objects.filter(episode=episode).select_related("recorded_by").order_by("-recorded_at", "-pk")
    )


def access_charges(by: Staff, episode: Episode) -> list[Charge]:
    """Return what was charged or let go in a journey, by day."""
    require(by, "funding.view")
    found = Charge.objects.filter(episode=episode).select_related("decided_by")
    return list(found.prefetch_related("invoice_lines__invoice"))


def access_invoices(by: Staff, episode: Episode) -> list[Invoice]:
    """Return the invoices and credit notes of a journey without their PDFs, the newest first."""
    require(by, "funding.view")
    found = Invoice.objects.filter(episode=episode).defer("pdf").select_related("issued_by", "credits")
    return list(found.order_by("-issued_at", "-pk"))


def access_invoice(by: Staff, invoice_id: int) -> Invoice:
    """Return one invoice or credit note with its patient, or raise NotFound."""
    require(by, "funding.view")
    rows = Invoice.objects.select_related("episode__patient", "issued_by", "credits")
    found = reached(by, rows, "episode__").filter(pk=invoice_id).first()
    if found is None:
        raise NotFound("There is no such invoice. Go back to the patient's funding page and choose again.")
    note_record(by, found, found.episode.patient_id)
    return found


def access_payments(by: Staff, invoice: Invoice) -> list[Payment]:
    """Return what was paid and paid back for an invoice, the oldest first."""
    require(by, "funding.view")
    return list(invoice.payments.select_related("recorded_by"))


def access_payment(by: Staff, payment_id: int) -> Payment:
    """Return one payment with its invoice and patient, or raise NotFound."""
    require(by, "funding.view")
    rows = Payment.objects.select_related("invoice__episode__patient", "recorded_by")
    found = reached(by, rows, "invoice__episode__").filter(pk=payment_id).first()
    if found is None:
        raise NotFound("There is no such payment. Go back to the invoice and choose again.")
    note_record(by, found, found.invoice.episode.patient_id)
    return found


def access_price_lists(by: Staff, kind: str) -> list[PriceList]:
    """Return the versions of the prices of a kind, the newest first."""
    require(by, "prices.view")
    return list(PriceList.objects.filter(kind=kind).select_related("recorded_by").order_by("-version"))


def access_unpaid(by: Staff) -> QuerySet[Invoice]:
    """Return the invoices of a person's clinics with their patients, the oldest first."""
    require(by, "funding.view")
    rows = Invoice.objects.filter(series=INVOICE).defer("pdf").select_related("episode__patient")
    return noted(by, reached(by, rows, "episode__").order_by("issued_at", "pk"))


def totals_by_route(by: Staff) -> list[dict[str, int | str]]:
    """Return how many journeys of the person's clinics each route pays for and what was invoiced; nobody is named."""
    require(by, "prices.view")
    rows: list[dict[str, int | str]] = []
    for route, words in ROUTES.items():
        journeys = _episodes_by(by, route)
        sums = _sums(journeys)
        rows.append({"route": words, "journeys": len(journeys), **sums})
    return rows


def _episodes_by(by: Staff, route: Route) -> list[int]:
    newest = FundingRoute.objects.filter(episode=models.OuterRef("pk")).order_by("-recorded_at", "-pk")
    told = Episode.objects.filter(own(by)).annotate(paid_by=models.Subquery(newest.values("route")[:1]))
    return list(told.filter(paid_by=route.value).values_list("pk", flat=True))


def _sums(episodes: Iterable[int]) -> dict[str, int]:
    of = Invoice.objects.filter(episode__in=list(episodes)).order_by().values_list("series").annotate(all=Sum("pence"))
    paid = (
        Payment.objects.filter(invoice__episode__in=list(episodes))
        .order_by()
        .values_list("kind")
        .annotate(all=Sum("pence"))
    )
    by_series, by_kind = dict(of), dict(paid)
    return {
        "invoiced": by_series.get(INVOICE, 0),
        "credited": by_series.get(CREDIT, 0),
        "paid": by_kind.get("payment", 0) - by_kind.get("refund", 0),
    }
