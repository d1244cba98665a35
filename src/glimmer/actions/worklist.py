"""Who waits for what: the lists that a working day starts from, one page at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from glimmer.actions.quarantine import undecided
from glimmer.records.access import access_episodes, access_patients, require
from glimmer.records.episodes import Episode
from glimmer.records.outcomes import Task
from glimmer.records.patients import Patient
from glimmer.records.staff import Staff
from glimmer.records.tasks import access_inbox
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

PAGE_SIZE = 25

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page of a list. `number` counts from 1; `total` is the length of the whole list."""

    rows: Sequence[Row]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are: at least one, which may be empty."""
        return max(1, math.ceil(self.total / self.size))


@dataclass(frozen=True, slots=True)
class StepCount:
    """How many open journeys stand at a step in a state. No names: a manager may see it."""

    step: str
    state: str
    count: int


def worklist(
    by: Staff, *, step: str = "", waiting_on: str = "", closed: bool = False, page: int = 1
) -> Listed[Episode]:
    """Return one page of journeys with their patients, the longest waiting first."""
    found = access_episodes(by).filter(closed_at__isnull=not closed)
    if step:
        found = found.filter(step=step)
    if waiting_on:
        found = found.filter(waiting_on=waiting_on)
    order = ("-closed_at", "pk") if closed else ("updated_at", "pk")
    return listed_page(found.order_by(*order), page)


def find_patients(
    by: Staff, *, name: str = "", nhs_number: str = "", birth_date: date | None = None, page: int = 1
) -> Listed[Patient]:
    """Return one page of patients whose family or given name starts with the words of `name`, in any order.

    `nhs_number` may be the beginning of a number, with or without spaces. Nothing asked finds everybody.
    """
    found = access_patients(by)
    for word in name.replace(",", " ").split():
        found = found.filter(Q(family_name__istartswith=word) | Q(given_name__istartswith=word))
    digits = "".join(character for character in nhs_number if character.isdigit())
    if nhs_number.strip():
        found = found.filter(nhs_number__startswith=digits) if digits else found.none()
    if birth_date is not None:
        found = found.filter(birth_date=birth_date)
    return listed_page(found.order_by("family_name", "given_name", "pk"), page)


def tasks_for(by: Staff, now: datetime | None = None) -> list[Task]:
    """Return the most pressing tasks of the person's inbox that nobody else has in hand: at most one page of them."""
    found = access_inbox(by, now or timezone.now()).filter(done_at__isnull=True)
    return list(found.filter(Q(in_hand=False) | Q(taken_by=by)).order_by("due_at", "pk")[:PAGE_SIZE])


def counts(by: Staff) -> tuple[StepCount, ...]:
    """Return how many open journeys stand where. Numbers only, for people who may see no names."""
    require(by, "counts.view")
    return open_journeys()


def open_journeys() -> tuple[StepCount, ...]:
    """Return the same for a machine that was let in with a token for it."""
    rows = (
        Episode.objects.filter(closed_at__isnull=True)
        .order_by("step", "state")
        .values_list("step", "state")
        .annotate(count=Count("pk"))
    )
    return tuple(StepCount(step, state, count) for step, state, count in rows)


def sees_patients(by: Staff) -> bool:
    """Say whether the person's start page may show patients at all."""
    return may(Role(by.role), "patient.view")


def messages_to_decide(by: Staff) -> int:
    """Return how many groups of device messages wait for a decision that this person may take; 0 for others."""
    return undecided() if may(Role(by.role), "quarantine.decide") else 0


def listed_page(found: QuerySet[Any], page: int) -> Listed[Any]:
    """Return page number `page` of a query; a number that is too high gives the last."""
    total = found.count()
    last = max(1, math.ceil(total / PAGE_SIZE))
    number = min(max(page, 1), last)
    start = (number - 1) * PAGE_SIZE
    return Listed(rows=list(found[start : start + PAGE_SIZE]), number=number, total=total)
