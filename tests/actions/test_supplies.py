"""Take-home ketamine in the record and in the register: one entry here and one there, or neither."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from glimmer.actions.controlled import Draft, write_entry
from glimmer.actions.home_supply import home_verdict
from glimmer.actions.incidents import Kind as IncidentKind
from glimmer.actions.long_term import long_term_overview, record_long_term_check
from glimmer.actions.maintenance import decide_maintenance
from glimmer.actions.supplies import (
    HandedOut,
    Order,
    cancel_take_home,
    note_take_home,
    prescribe_take_home,
    supply_take_home,
)
from glimmer.actions.transfers import is_late, receive_stock, send_stock
from glimmer.care.controlled import Kind
from glimmer.care.supplies import Collection, Happened
from glimmer.records.controlled import broken_entry, entries_of, facts, patients_on
from glimmer.records.models import IncidentReport, RegisterPage, RegisterTransfer, TakeHomePrescription
from glimmer.records.supplies import on_the_way
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page

pytestmark = pytest.mark.django_db
DAY = NOON.date()
ORDER = Order(50, 3, 30, 50, "50 mg (5 mL) by mouth every third day", DAY, "The plan is by infusion; agreed on.")
COLLECTED = Collection("representative", "Bo Sample", True, True)
ORAL = {"form": "oral solution", "container": "bottle", "container_ml": Decimal(50)}


@pytest.fixture
def ward(db: None) -> Ward:
    found = a_ward()
    found.patient.address, found.patient.postcode = "1 Sample Street\nExampleton", "EX1 1EX"
    found.patient.save()
    found.psychiatrist.registration = "GMC 0000001"
    found.psychiatrist.save()
    return found


@pytest.fixture
def page(ward: Ward) -> RegisterPage:
    return a_page(ward, vials=4, **ORAL)


def prescribed(ward: Ward, page: RegisterPage, **changed: Any) -> TakeHomePrescription:
    return prescribe_take_home(ward.episode, page, replace(ORDER, **changed), by=ward.psychiatrist, at=NOON)


def supplied(ward: Ward, one: TakeHomePrescription, bottles: int = 1, **more: Any) -> Any:
    known = {"seen": 0, "seen_entry": 1, "by": ward.nurse, "witness": ward.pharmacist, "at": NOON, **more}
    return supply_take_home(one, HandedOut(bottles, (BATCH, EXPIRES), COLLECTED), **known)


def kept_well_by_mouth() -> Ward:
    ward = a_ward(protocol_id="oral-racemic-maintenance", dose_mg=50)
    ward.patient.address, ward.psychiatrist.registration = "1 Sample Street", "GMC 0000001"
    ward.patient.save()
    ward.psychiatrist.save()
    return ward


def test_prescription_keeps_what_it_showed(ward: Ward, page: RegisterPage) -> None:
    one = prescribed(ward, page)
    assert one.patient_address == "1 Sample Street, Exampleton, EX1 1EX"
    assert one.registration == "GMC 0000001"
    assert one.facts.quantity == "fifty (50) millilitres"
    with pytest.raises(NotAllowed):
        prescribe_take_home(ward.episode, page, ORDER, by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="not for the drug by mouth"):
        prescribed(ward, page, reason="")
    with pytest.raises(BadInput, match="The plan in force is for"):
        prescribed(ward, a_page(ward, drug="Esketamine", **ORAL))


def test_plan_by_mouth_is_the_plan_of_a_supply_and_needs_no_reason(db: None) -> None:
    ward = kept_well_by_mouth()
    page = a_page(ward, vials=4, **ORAL)
    assert prescribed(ward, page, reason="").reason == ""
    with pytest.raises(RuleRefused, match="The plan in force is for 50 mg"):
        prescribed(ward, page, dose_mg=100, total_ml=100, reason="", starts_on=DAY + timedelta(days=30))


def test_nothing_is_prescribed_or_handed_out_for_home_once_the_maintenance_has_ended(db: None) -> None:
    ward = kept_well_by_mouth()
    page = a_page(ward, vials=4, **ORAL)
    one = prescribed(ward, page, reason="")
    assert not any("maintenance" in reason for reason in home_verdict(ward.episode, NOON).reasons)
    decide_maintenance(ward.episode, "end", None, "Well, and moves away", by=ward.psychiatrist, at=NOON)
    later = NOON + timedelta(hours=1)
    assert "goes on with it on the maintenance page" in home_verdict(ward.episode, later).reasons[0]
    with pytest.raises(RuleRefused, match=r"has ended.*goes on with it on the maintenance page"):
        supplied(ward, one, at=later)
    with pytest.raises(RuleRefused, match="has ended"):
        prescribe_take_home(ward.episode, page, replace(ORDER, reason=""), by=ward.psychiatrist, at=later)
    # What is out already comes back all the same, and the prescription can be taken back.
    cancel_take_home(one, "The maintenance has ended", seen=0, by=ward.psychiatrist, at=later)
    assert not entries_of(page).filter(kind="supply").exists()


def test_home_supply_that_would_begin_after_the_planned_end_is_refused(db: None) -> None:
    ward = kept_well_by_mouth()
    end_on = DAY + timedelta(days=10)
    decide_maintenance(ward.episode, "hold", 7, "For ten days", end_on, by=ward.psychiatrist, at=NOON)
    with pytest.raises(RuleRefused, match="planned end"):
        prescribed(ward, a_page(ward, vials=4, **ORAL), reason="", starts_on=end_on + timedelta(days=1))


def test_supply_stands_in_the_register_with_who_collected_it(ward: Ward, page: RegisterPage) -> None:
    one = prescribed(ward, page)
    event = supplied(ward, one)
    entry = entries_of(page).get(number=2)
    assert (entry.kind, entry.change, entry.balance, event.entry) == ("supply", -1, 3, entry)
    assert entry.party == "Amina " + ward.patient.family_name + ", 1 Sample Street, Exampleton, EX1 1EX"
    assert entry.authority.endswith("GMC 0000001")
    assert entry.note == "Collected by: somebody for the patient (Bo Sample). Identity asked for: yes; shown: yes"
    assert broken_entry(list(entries_of(page))) is None
    assert patients_on([entry]) == [ward.patient.pk]
    with pytest.raises(RuleRefused, match="0 mL are left"):
        supplied(ward, one, seen=1, seen_entry=2)
    assert long_term_overview(ward.episode, NOON).standings


def test_supply_that_either_side_refuses_leaves_nothing_on_the_other(ward: Ward, page: RegisterPage) -> None:
    one = prescribed(ward, page, days=99, total_ml=200, every_days=3, dose_mg=50, reason="Agreed on.")
    for refused, words in (
        ({"bottles": 5}, "200 mL are left"),
        ({"witness": ward.nurse}, "your own witness"),
        ({"by": ward.psychiatrist}, "does not supply it"),
        ({"at": NOON + timedelta(days=28)}, "valid until"),
    ):
        with pytest.raises((BadInput, RuleRefused), match=words):
            supplied(ward, one, **refused)
    with pytest.raises(ChangedMeanwhile):
        supplied(ward, one, seen_entry=0)
    write_entry(
        page,
        Draft(Kind.DESTRUCTION, 4, batch=BATCH, expires_on=EXPIRES, authority="Officer", note="Expired"),
        seen=1,
        by=ward.nurse,
        witness=ward.pharmacist,
        at=NOON,
    )
    with pytest.raises(RuleRefused, match="The book holds 0"):
        supplied(ward, one, seen_entry=2)
    assert one.became.count() == 0
    with pytest.raises(RuleRefused, match="on the prescription's page"):
        write_entry(page, Draft(Kind.SUPPLY, 1), seen=2, by=ward.nurse, witness=ward.pharmacist, at=NOON)


def test_what_comes_back_is_destroyed_before_a_witness_and_never_enters_the_register(
    ward: Ward, page: RegisterPage
) -> None:
    one = prescribed(ward, page)
    supplied(ward, one)
    note_take_home(one, Happened.RETURNED, 20, "Felt sick of it", seen=1, by=ward.nurse, at=NOON)
    with pytest.raises(BadInput, match="second person"):
        note_take_home(one, Happened.DESTROYED, 20, "Denatured", seen=2, by=ward.nurse, at=NOON)
    note_take_home(one, Happened.DESTROYED, 20, "Denatured", seen=2, by=ward.nurse, witness=ward.second_nurse, at=NOON)
    with pytest.raises(RuleRefused, match="30 mL are with the patient"):
        note_take_home(one, Happened.LOST, 31, "Left on the bus", seen=3, by=ward.nurse, at=NOON)
    assert facts(page).balance == 3
    cancel_take_home(one, "Stopped", seen=3, by=ward.psychiatrist, at=NOON)
    with pytest.raises(RuleRefused, match="cancelled already"):
        cancel_take_home(one, "Stopped", seen=4, by=ward.psychiatrist, at=NOON)


def test_long_term_finding_stops_the_supply_and_home_use_brings_checks_forward(ward: Ward, page: RegisterPage) -> None:
    answers = {"pain": "no", "blood": "no", "painful_often": "no", "dipstick": "no"}
    earlier = NOON - timedelta(days=40)
    record_long_term_check(ward.episode, "bladder", answers, earlier.date(), by=ward.nurse, at=earlier)
    bladder = long_term_overview(ward.episode, NOON).standings[0]
    assert bladder.state == "done"
    prescribed(ward, page)
    assert long_term_overview(ward.episode, NOON).standings[0].state == "due"
    record_long_term_check(ward.episode, "bladder", {**answers, "pain": "yes"}, DAY, by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="New pain or burning"):
        prescribed(ward, page, starts_on=DAY + timedelta(days=30))


# Between premises


@pytest.fixture
def pages(ward: Ward) -> tuple[RegisterPage, RegisterPage]:
    here = a_page(ward, vials=5)
    return here, a_page(ward, vials=0)


def sent(ward: Ward, pages: tuple[RegisterPage, RegisterPage], amount: int = 3) -> RegisterTransfer:
    two: dict[str, Any] = {"by": ward.nurse, "witness": ward.second_nurse, "at": NOON}
    return send_stock(*pages, amount, (BATCH, EXPIRES), "With the courier", seen=1, **two)


def test_transfer_leaves_one_book_and_enters_the_other_when_it_has_arrived(
    ward: Ward, pages: tuple[RegisterPage, RegisterPage]
) -> None:
    transfer = sent(ward, pages)
    assert (facts(pages[0]).balance, facts(pages[1]).balance) == (2, 0)
    assert on_the_way(pages[1]) == [transfer]
    assert not is_late(transfer, NOON + timedelta(days=2))
    assert is_late(transfer, NOON + timedelta(days=2, minutes=1))
    two: dict[str, Any] = {"by": ward.pharmacist, "witness": ward.psychiatrist, "at": NOON}
    receive_stock(transfer, 3, seen=0, **two)
    line = facts(pages[1]).lines[-1]
    assert (line.kind, line.change, line.batch) == (Kind.TRANSFER_IN, 3, BATCH)
    assert line.party == f"{pages[0].premises} (entry 2 there)"
    assert on_the_way(pages[1]) == []
    with pytest.raises(ChangedMeanwhile):
        receive_stock(transfer, 3, seen=1, **two)
    assert not IncidentReport.objects.exists()


@pytest.mark.parametrize("arrived", [0, 2])
def test_what_does_not_arrive_is_an_incident_for_the_officer(
    ward: Ward, pages: tuple[RegisterPage, RegisterPage], arrived: int
) -> None:
    transfer = sent(ward, pages)
    two: dict[str, Any] = {"by": ward.pharmacist, "witness": ward.psychiatrist, "at": NOON}
    with pytest.raises(BadInput, match="3 were sent"):
        receive_stock(transfer, arrived, seen=0, **two)
    receive_stock(transfer, arrived, "The box was open", seen=0, **two)
    assert facts(pages[1]).balance == arrived
    report = IncidentReport.objects.get()
    assert report.kind == IncidentKind.CONTROLLED_DRUG
    assert f"3 of {pages[0]} were sent" in report.what


def test_transfer_goes_to_the_same_product_elsewhere_alone(
    ward: Ward, pages: tuple[RegisterPage, RegisterPage]
) -> None:
    with pytest.raises(BadInput, match="same product"):
        sent(ward, (pages[0], pages[0]))
    with pytest.raises(BadInput, match="same product"):
        sent(ward, (pages[0], a_page(ward, strength_mg_per_ml=Decimal(50))))
    with pytest.raises(RuleRefused, match="The book holds 5"):
        sent(ward, pages, 6)
