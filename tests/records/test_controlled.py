"""The register's tables: what the database itself refuses, and what a changed page shows of it."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from glimmer.records.controlled import broken_entry, entries_of, mac_of
from glimmer.records.models import RegisterEntry, RegisterPage, Staff
from tests.records.conftest import NOW

ATTACKS = 250
KINDS = ("receipt", "transfer_out", "check", "footnote")


@pytest.fixture
def page(maya: Staff) -> RegisterPage:
    return RegisterPage.objects.create(
        premises="Lantern House",
        drug_class="ketamine",
        drug="ketamine",
        form="solution for injection",
        strength_mg_per_ml="10",
        container_ml="20",
        container="vial",
        opened_at=NOW,
        opened_by=maya,
    )


@pytest.fixture
def add(page: RegisterPage, maya: Staff, idris: Staff) -> Any:
    def make(**changes: Any) -> RegisterEntry:
        last = entries_of(page).last()
        change = changes.get("change", 10)
        fields = {
            "page": page,
            "number": last.number + 1 if last else 1,
            "kind": "receipt",
            "happened_at": NOW,
            "entered_at": NOW,
            "change": change,
            "balance": (last.balance if last else 0) + change,
            "by": maya,
            "by_name": "Maya Okafor, nurse",
            "witness": idris,
            "witness_name": "Idris Penhallow, psychiatrist",
        }
        entry = RegisterEntry(**{**fields, **changes})
        entry.mac = mac_of(last.mac if last else "", entry)
        entry.save(force_insert=True)
        return entry

    return make


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "transfer_out", "change": -11, "balance": -1},
        {"kind": "transfer_out", "change": -1, "balance": 10},
        {"change": 1, "balance": 10},
        {"number": 1},
        {"number": 3},
        {"kind": "receipt", "change": -1},
        {"kind": "receipt", "change": 0},
        {"kind": "administration", "change": 1},
        {"kind": "footnote", "change": 1},
        {"kind": "settlement", "change": 0},
        {"kind": "check", "change": 0, "counted": None},
        {"kind": "check", "change": 0, "counted": -1},
        {"kind": "receipt", "counted": 4},
        {"kind": "lost", "change": -1},
        {"witness": None},
    ],
    ids=str,
)
def test_entry_that_cannot_be_is_refused(add: Any, wrong: dict[str, Any]) -> None:
    add()
    with pytest.raises(DatabaseError), transaction.atomic():
        add(**wrong)
    assert RegisterEntry.objects.count() == 1


def test_witness_is_somebody_else(add: Any, maya: Staff) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        add(witness=maya)


def test_footnote_needs_one_person(add: Any) -> None:
    add(kind="footnote", change=0, witness=None, witness_name="")


def test_each_page_has_numbers_and_a_balance_of_its_own(add: Any, page: RegisterPage, maya: Staff) -> None:
    add()
    other = RegisterPage.objects.get(pk=page.pk)
    other.pk, other.strength_mg_per_ml = None, 50
    other.save(force_insert=True)
    add(page=other, number=1, change=3, balance=3)
    assert add(kind="transfer_out", change=-10).balance == 0


def without_guards() -> None:
    """Take the triggers away, as somebody with the database in hand would."""
    with connection.cursor() as cursor:
        on = " ON records_registerentry" if connection.vendor == "postgresql" else ""
        for what in ("adds_up", "no_update", "no_delete"):
            cursor.execute(f"DROP TRIGGER records_registerentry_{what}{on}")


@pytest.fixture
def book(add: Any, page: RegisterPage) -> RegisterPage:
    for number in range(12):
        kind = KINDS[number % 4]
        change = {"receipt": 5, "transfer_out": -2}.get(kind, 0)
        counted = 5 if kind == "check" else None
        add(
            kind=kind, change=change, counted=counted, note=f"Entry {number}", happened_at=NOW + timedelta(hours=number)
        )
    without_guards()
    return page


def test_book_that_nobody_touched_stands(book: RegisterPage) -> None:
    assert broken_entry(list(entries_of(book))) is None


CHANGES: tuple[dict[str, Any], ...] = (
    {"change": 6},
    {"balance": 1},
    {"note": "Nothing to see"},
    {"party": "Somebody"},
    {"batch": "B7"},
    {"authority": "Nobody"},
    {"by_name": "Somebody else"},
    {"witness_name": "Somebody else"},
    {"entered_at": NOW + timedelta(days=3)},
    {"happened_at": NOW - timedelta(days=3)},
    {"about": 1},
    {"mac": "0" * 64},
)


@pytest.mark.parametrize("seed", range(4))
def test_changed_inserted_removed_or_swapped_entry_is_found(book: RegisterPage, seed: int) -> None:
    """The last entries cut off are another matter: the clinic's audit trail names the newest entry of each page."""
    rng = random.Random(seed)
    entries = list(entries_of(book))
    for _ in range(ATTACKS):
        victim = rng.randrange(len(entries))
        attacked = [RegisterEntry(**{f.attname: getattr(e, f.attname) for f in e._meta.fields}) for e in entries]
        how = rng.choice(("change", "remove", "insert", "swap"))
        if how == "change":
            changes = rng.choice(CHANGES)
            if all(getattr(attacked[victim], name) == value for name, value in changes.items()):
                continue
            for name, value in changes.items():
                setattr(attacked[victim], name, value)
        elif how == "remove":
            if victim == len(attacked) - 1:
                continue
            del attacked[victim]
        elif how == "insert":
            attacked.insert(victim, attacked[rng.randrange(len(attacked))])
        else:
            other = (victim + 1 + rng.randrange(len(attacked) - 1)) % len(attacked)
            attacked[victim], attacked[other] = attacked[other], attacked[victim]
        found = broken_entry(attacked)
        assert found is not None, (how, victim)
        # A copy put in front of itself is the original until the second of them.
        assert found <= victim + 1 + (how == "insert") or how == "swap", (how, victim, found)


def test_change_in_the_database_is_found_where_it_was_made(book: RegisterPage) -> None:
    RegisterEntry.objects.filter(page=book, number=5).update(note="Nothing to see")
    assert broken_entry(list(entries_of(book))) == 5
