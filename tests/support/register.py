"""A page of the controlled drugs register with vials in it, made by the product's own actions."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from glimmer.actions.controlled import Draft, Product, Taking, open_page, take_for_session, write_entry
from glimmer.care.controlled import Kind
from glimmer.records.models import RegisterPage, TreatmentSession
from tests.support.bedside import Ward

EXPIRES = date(2027, 12, 31)
BATCH = "B1234"
_premises = count(1)


def count_from(first: int) -> None:
    """Give the next premises this number, where earlier ones are in the database already."""
    global _premises
    _premises = count(first)


def product(**other: Any) -> Product:
    """Return ketamine 10 mg/mL in 20 mL vials, but for what is said otherwise."""
    known = {
        "premises": f"Lantern House {next(_premises)}",
        "drug_class": "ketamine",
        "drug": "Ketamine (racemic)",
        "form": "solution for injection",
        "strength_mg_per_ml": Decimal(10),
        "container_ml": Decimal(20),
        "container": "vial",
    }
    return Product(**{**known, **other})


def received(vials: int, **other: Any) -> Draft:
    """Return a receipt of so many vials."""
    known = {"batch": BATCH, "expires_on": EXPIRES, "party": "Made Up Pharma, 1 Invented Street"}
    return Draft(Kind.RECEIPT, vials, **{**known, **other})


def a_page(ward: Ward, vials: int = 10, **other: Any) -> RegisterPage:
    """Return a new page that holds so many vials of one batch, in one receipt (none, without an entry)."""
    before = ward.now - timedelta(hours=1)
    page = open_page(product(**other), by=ward.pharmacist, at=before)
    if vials:
        write_entry(page, received(vials), seen=0, by=ward.pharmacist, witness=ward.nurse, at=before)
    return page


def take(
    session: TreatmentSession, page: RegisterPage, vials: int = 1, *, seen: int, at: datetime, **people: Any
) -> int:
    """Take vials for a session and return the number of the register's entry."""
    (event,) = take_for_session(session, page, Taking(vials, BATCH, EXPIRES), seen=seen, at=at, **people)
    return int(event.what.entry)  # type: ignore[attr-defined]
