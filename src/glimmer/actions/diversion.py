"""The report on signs of diversion: numbers for those who keep the register, names for the officer alone."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from glimmer.actions.act import acting
from glimmer.care.diversion import Discard, Sign, Signal, Signed, signals
from glimmer.guidance import figure
from glimmer.records.controlled import RegisterEntry
from glimmer.records.patients import Patient
from glimmer.records.sessions import LogLine
from glimmer.records.staff import Staff
from glimmer.records.supplies import TakeHomeEvent, TakeHomePrescription
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may


@dataclass(frozen=True, slots=True)
class Named:
    """A signal with whom it is about: "" for who may read numbers alone."""

    signal: Signal
    name: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What stood out since a day: how many of each sign, and each with its name for who may know it."""

    since: datetime
    counts: tuple[tuple[Sign, int], ...]
    named: tuple[Named, ...]


def report_signals(*, by: Staff, at: datetime | None = None) -> Report:
    """Return what stands out lately; each look is a line in the audit."""
    with acting(by, "controlled.signals", verb="report_signals", at=at) as act:
        since = act.at - timedelta(days=figure("controlled", "signals_over").value)
        found = signals(_pages(since), _discards(since), _early(since), _lost(since))
        counted = Counter(one.sign for one in found)
        named = tuple(_named(found)) if may(Role(by.role), "controlled.names") else ()
        act.note(found=len(found), names=bool(named))
    return Report(since, tuple((sign, counted[sign]) for sign in Sign), named)


def _pages(since: datetime) -> list[list[Signed]]:
    pages: dict[int, list[Signed]] = {}
    for entry in RegisterEntry.objects.filter(entered_at__gte=since).order_by("page", "number"):
        pages.setdefault(entry.page_id, []).append(Signed(entry.line, entry.by_id, entry.witness_id))
    return list(pages.values())


def _discards(since: datetime) -> list[Discard]:
    """Return what was accounted for, the newest account of each session alone."""
    found: dict[int, Discard] = {}
    lines = LogLine.objects.filter(kind="drug_accounted", received_at__gte=since, author__isnull=False)
    for line in lines.order_by("session", "seq"):
        body = line.body
        found[line.session_id] = Discard(line.author_id or 0, body["taken_ml"], body["discarded_ml"])
    return list(found.values())


def _early(since: datetime) -> Counter[int]:
    least = figure("controlled", "early_by").value
    found = TakeHomePrescription.objects.filter(signed_at__gte=since, days_early__gte=least)
    return Counter(found.values_list("episode__patient_id", flat=True))


def _lost(since: datetime) -> Counter[int]:
    found = TakeHomeEvent.objects.filter(kind="lost", at__gte=since)
    return Counter(found.values_list("prescription__episode__patient_id", flat=True))


def _named(found: tuple[Signal, ...]) -> list[Named]:
    staff = Staff.objects.in_bulk([one.about for one in found if not one.is_patient])
    patients = Patient.objects.in_bulk([one.about for one in found if one.is_patient])
    return [Named(one, patients[one.about].name if one.is_patient else str(staff[one.about])) for one in found]
