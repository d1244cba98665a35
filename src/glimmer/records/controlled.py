"""The controlled drugs register as stored: pages, and entries that are only ever added, each chained to the last.

The database itself refuses an entry that does not add up, that takes the balance below nothing, that names one person
twice, or that is to be changed or removed afterwards. Two people who write on one page take turns on the page's row.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC
from functools import partial

import orjson
from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from glimmer.care.controlled import ADDS, ALONE, MOVES, TAKES, Kind, Line, Page
from glimmer.records.audit import fits
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff


def _values(kinds: Iterable[Kind]) -> list[str]:
    # In one order, so that a migration is not found to have changed each time.
    return sorted(kind.value for kind in kinds)


class RegisterPage(models.Model):
    """One drug in one strength, form and size at one premises. `strength` and `size` are as on the label.

    `drug_class` is what the book is divided by: a stereoisomer stands with its parent.
    """

    premises = models.CharField(max_length=200)
    drug_class = models.CharField(max_length=60)
    drug = models.CharField(max_length=60)
    form = models.CharField(max_length=60)
    strength_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=2)
    container_ml = models.DecimalField(max_digits=7, decimal_places=2)
    container = models.CharField(max_length=20)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["premises", "drug_class", "drug", "form", "strength_mg_per_ml", "container_ml"]
        constraints = [
            models.UniqueConstraint(
                fields=["premises", "drug", "form", "strength_mg_per_ml", "container_ml"], name="one_page_for_a_product"
            ),
            models.CheckConstraint(
                condition=Q(strength_mg_per_ml__gt=0, container_ml__gt=0), name="register_page_has_a_strength"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug} {self.strength_mg_per_ml.normalize():f} mg/mL, {self.product}"

    @property
    def product(self) -> str:
        """Form and size in words: "solution for injection, 20 mL vial"."""
        return f"{self.form}, {self.container_ml.normalize():f} mL {self.container}"


class RegisterEntry(models.Model):
    """One line of a page: who, with whom, what, when, and what the book holds afterwards. Never changed."""

    page = models.ForeignKey(RegisterPage, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in Kind])
    happened_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    change = models.IntegerField(default=0)
    balance = models.IntegerField()
    batch = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    party = models.CharField(max_length=300, blank=True)
    authority = models.CharField(max_length=200, blank=True)
    counted = models.IntegerField(null=True, blank=True)
    about = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)
    session = models.ForeignKey(
        TreatmentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="register_entries"
    )
    by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=160)
    witness = models.ForeignKey(Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    witness_name = models.CharField(max_length=160, blank=True)
    mac = models.CharField(max_length=64)

    class Meta:
        ordering = ["page", "number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="register_numbers_are_used_once"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="register_never_below_nothing"),
            models.CheckConstraint(condition=Q(kind__in=[kind.value for kind in Kind]), name="register_kind_known"),
            models.CheckConstraint(condition=~Q(witness=F("by")), name="register_witness_is_somebody_else"),
            models.CheckConstraint(
                condition=Q(witness__isnull=False) | Q(kind__in=_values(ALONE)),
                name="register_written_by_two",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=_values(ADDS), change__gt=0)
                | Q(kind__in=_values(TAKES), change__lt=0)
                | (Q(kind=Kind.SETTLEMENT.value) & ~Q(change=0))
                | (~Q(kind__in=_values(MOVES)) & Q(change=0)),
                name="register_kind_moves_its_way",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.CHECK.value, counted__isnull=False, counted__gte=0)
                | (~Q(kind=Kind.CHECK.value) & Q(counted=None)),
                name="register_check_has_a_count",
            ),
        ]

    @property
    def line(self) -> Line:
        """The frozen facts that a rule takes."""
        return Line(
            number=self.number,
            kind=Kind(self.kind),
            happened_at=timezone.localtime(self.happened_at),
            entered_at=timezone.localtime(self.entered_at),
            change=self.change,
            balance=self.balance,
            batch=self.batch,
            expires_on=self.expires_on,
            party=self.party,
            authority=self.authority,
            counted=self.counted,
            about=self.about,
            note=self.note,
        )


def facts(page: RegisterPage) -> Page:
    """Return a page's entries as the rules take them."""
    return Page(tuple(entry.line for entry in entries_of(page)))


def entries_of(page: RegisterPage) -> QuerySet[RegisterEntry]:
    """Return the entries of a page in order, with the two people of each."""
    return RegisterEntry.objects.filter(page=page).order_by("number")


def patients_on(entries: Iterable[RegisterEntry]) -> list[int]:
    """Return the patients for whose sessions these entries were made, by their keys: their names stand there."""
    entries = list(entries)
    sessions = {entry.session_id for entry in entries if entry.session_id is not None}
    found = set(TreatmentSession.objects.filter(pk__in=sessions).values_list("episode__patient_id", flat=True))
    supplied = [entry.pk for entry in entries if entry.kind == Kind.SUPPLY]
    if supplied:
        at_home = RegisterEntry.objects.filter(pk__in=supplied)
        found |= set(at_home.values_list("take_home__prescription__episode__patient_id", flat=True))
    return sorted(one for one in found if one is not None)


def open_discrepancy(page_id: int) -> Line | None:
    """Return the count of a page that did not agree and that nothing has put right since, or None."""
    return facts(RegisterPage.objects.get(pk=page_id)).open_discrepancy()


def locked_page(page_id: int) -> RegisterPage:
    """Return the page with its row locked until the transaction ends: whoever writes on it takes turns."""
    return RegisterPage.objects.select_for_update().get(pk=page_id)


def mac_of(previous: str, entry: RegisterEntry) -> str:
    """Return the keyed digest that chains an entry to the one before it on its page ("" before the first)."""
    body = orjson.dumps(
        [
            previous,
            entry.page_id,
            entry.number,
            entry.kind,
            entry.happened_at.astimezone(UTC).isoformat(),
            entry.entered_at.astimezone(UTC).isoformat(),
            entry.change,
            entry.balance,
            entry.batch,
            entry.expires_on.isoformat() if entry.expires_on else None,
            entry.party,
            entry.authority,
            entry.counted,
            entry.about,
            entry.note,
            entry.session_id,
            entry.by_id,
            entry.by_name,
            entry.witness_id,
            entry.witness_name,
        ]
    )
    return hmac.new(settings.AUDIT_KEY.encode(), body, hashlib.sha256).hexdigest()


def broken_entry(entries: Sequence[RegisterEntry]) -> int | None:
    """Return the number of the first entry of a page that was changed, moved or left out, or None when all stand."""
    previous, balance = "", 0
    for expected, entry in enumerate(entries, start=1):
        balance += entry.change
        stands = entry.number == expected and entry.balance == balance
        if not stands or not fits(entry.mac, partial(mac_of, previous, entry)):
            return expected
        previous = entry.mac
    return None


def broken_pages() -> dict[str, int]:
    """Return the pages that were tampered with, each with its first entry that is not as it was written."""
    found = {f"{page}, {page.premises}": broken_entry(list(entries_of(page))) for page in RegisterPage.objects.all()}
    return {page: number for page, number in found.items() if number is not None}
