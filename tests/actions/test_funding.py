"""Funding: who pays, what arises, invoices without a gap, an account that always adds up."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from glimmer.actions import invoices
from glimmer.actions.absence import record_non_attendance
from glimmer.actions.booking import cancel_appointment
from glimmer.actions.followup import decide_followup
from glimmer.actions.funding import _of_a_date, add_charge, arising, charge, record_route, service_cost, set_prices
from glimmer.actions.invoices import (
    credit_invoice,
    issue_invoice,
    open_charges,
    receipt_pdf,
    record_payment,
    refund_payment,
    statement_pdf,
)
from glimmer.actions.psychotherapy import TherapyDetails, plan_therapy, record_attendance
from glimmer.care.funding import Funding, Route
from glimmer.config import wiring
from glimmer.guidance.prices import prices
from glimmer.records.funding import CHARGES, COSTS, account_of
from glimmer.records.models import Absence, Charge, Invoice, Payment, PriceLine
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode, first_appointment

NOW = datetime.now(UTC)
TODAY = timezone.localdate()
SELF = Funding(Route.SELF_PAY)


@pytest.fixture(autouse=True)
def render(plugged_in, monkeypatch):
    from glimmer.actions.ports import PORTS

    monkeypatch.setattr(PORTS, "render_invoice", wiring._render_invoice)


@pytest.fixture
def episode(cast):
    """A self-paying patient, assessed and booked, with the example's prices in force since long."""
    episode = an_episode(cast, at="session")
    record_route(episode, SELF, by=cast.bea)
    return episode


@pytest.fixture
def priced(cast, episode):
    example = {one.id: one.example_pence for one in prices().items if one.example_pence}
    set_prices(CHARGES, example, TODAY - timedelta(days=90), "Example", by=cast.gil, at=NOW - timedelta(days=100))
    return episode


def words(pdf):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages).split())


def an_invoice(cast, episode):
    charge(episode, f"assessment:{episode.pk}", by=cast.bea)
    return issue_invoice(episode, [one.pk for one in open_charges(episode)], by=cast.bea)


def test_route_is_recorded_whole_and_earlier_ones_stay(cast, episode):
    with pytest.raises(RuleRefused, match="authorisation number"):
        record_route(episode, Funding(Route.INSURER, insurer="Made-up Mutual"), by=cast.bea)
    record_route(episode, Funding(Route.IFR, "IFR 12", "approved", TODAY), by=cast.bea)
    assert [row.route for row in episode.funding_routes.all()] == ["self_pay", "ifr"]
    with pytest.raises(DatabaseError), transaction.atomic():
        episode.funding_routes.update(route="nhs")


def test_clinicians_record_no_money_and_managers_name_nobody(cast, episode):
    for person in (cast.idris, cast.maya, cast.tomos, cast.priya, cast.gil):
        with pytest.raises(NotAllowed):
            record_route(episode, SELF, by=person)
        with pytest.raises(NotAllowed):
            service_cost(person, episode)
    with pytest.raises(NotAllowed):
        set_prices(CHARGES, {"review": 1}, TODAY, "x", by=cast.bea)


def test_charge_takes_the_price_of_its_day_and_keeps_it(cast, priced):
    set_prices(CHARGES, {"assessment": 30000}, TODAY, "Raised", by=cast.gil)
    stored = charge(priced, f"assessment:{priced.pk}", by=cast.bea)
    assert (stored.pence, stored.prices.version) == (22500, 1)
    assert add_charge(priced, "assessment", TODAY, by=cast.bea).pence == 30000
    with pytest.raises(RuleRefused, match="no price for review"):
        add_charge(priced, "review", TODAY, by=cast.bea)
    with pytest.raises(RuleRefused, match="decided already"):
        charge(priced, f"assessment:{priced.pk}", by=cast.bea)


def test_late_cancellation_and_missed_date_are_proposed_and_a_person_decides(cast, priced):
    first = first_appointment(priced)
    cancel_appointment(first, "Has a cold.", by=cast.bea, at=first.starts_at - timedelta(hours=20))
    late = first.ends_at + timedelta(days=10)
    found = {one.cause: one for one in arising(priced, late)}
    cancelled = found[f"date:{first.pk}"]
    assert (cancelled.item, cancelled.share) == ("session_infusion", 50)
    missed = [one for one in found.values() if one.cause.startswith("date:") and one is not cancelled]
    assert [one.share for one in missed] == [100]
    assert charge(priced, cancelled.cause, by=cast.bea, at=late).pence == 11250
    with pytest.raises(BadInput, match="why it is not charged"):
        charge(priced, missed[0].cause, waive=True, by=cast.bea, at=late)
    waived = charge(priced, missed[0].cause, "Train stood still", waive=True, by=cast.bea, at=late)
    assert (waived.pence, waived.waived_because) == (0, "Train stood still")
    assert not [one for one in arising(priced, late) if one.cause in (cancelled.cause, missed[0].cause)]


def test_dates_that_the_clinic_ended_itself_cost_nothing(cast, priced):
    first = first_appointment(priced)
    moment = first.starts_at - timedelta(hours=20)
    decide_followup(priced, "discharge", None, "Moves away.", by=cast.idris, at=moment)
    assert set(Absence.objects.values_list("kind", flat=True)) == {"by_clinic"}
    assert not [one for one in arising(priced, first.ends_at + timedelta(days=40)) if one.cause.startswith("date:")]


def test_date_is_charged_once_whatever_became_of_it(cast, priced):
    first = first_appointment(priced)
    after = first.ends_at + timedelta(hours=1)
    charge(priced, f"date:{first.pk}", by=cast.bea, at=after)
    record_non_attendance(first, by=cast.bea, at=after)
    assert f"date:{first.pk}" not in {one.cause for one in arising(priced, after)}
    # Decided before the causes of a date became one.
    assert _of_a_date("missed:77") == "date:77" == _of_a_date("cancelled:77")


@pytest.mark.parametrize(
    ("absence", "share"), [("did_not_attend", 100), ("late", 50), ("by_patient", None), ("by_clinic", None)]
)
def test_what_the_desk_recorded_of_a_date_comes_before_its_times(cast, priced, absence, share):
    first = first_appointment(priced)
    cancel_appointment(first, "See the note.", by=cast.bea, at=first.starts_at - timedelta(hours=20))
    Absence.objects.create(appointment=first, kind=absence, by=cast.bea, at=NOW)
    found = [one.share for one in arising(priced, NOW) if one.cause.endswith(f":{first.pk}") and "session" in one.item]
    assert found == ([share] if share else [])


def test_nobody_is_charged_for_what_the_nhs_pays(cast, priced):
    record_route(priced, Funding(Route.NHS), by=cast.bea)
    with pytest.raises(RuleRefused, match="Nobody is charged"):
        charge(priced, f"assessment:{priced.pk}", by=cast.bea)
    with pytest.raises(RuleRefused, match="Nobody is sent an invoice"):
        issue_invoice(priced, [1], by=cast.bea)
    assert not Charge.objects.exists()


def test_group_is_proposed_for_whoever_came_and_never_twice(cast, priced):
    held = datetime.now(UTC) - timedelta(days=2)
    details = TherapyDetails("preparation", True, cast.tomos, held, "Room 2")
    place = plan_therapy(priced, details, by=cast.bea, at=held - timedelta(days=7))
    cause = f"group:{place.pk}"
    assert cause not in {one.cause for one in arising(priced, NOW)}
    record_attendance(place, "absent", by=cast.tomos)
    assert cause not in {one.cause for one in arising(priced, NOW)}
    record_attendance(place, "late", by=cast.tomos)
    (found,) = [one for one in arising(priced, NOW) if one.cause == cause]
    assert (found.item, found.title, found.on) == (
        "preparation_group", "Preparation or integration group", timezone.localdate(held),
    )  # fmt: skip
    # Oxford's published price of a preparation or integration group: 10 pounds.
    stored = charge(priced, cause, by=cast.bea)
    assert stored.pence == 1000
    assert cause not in {one.cause for one in arising(priced, NOW)}


def test_group_that_the_desk_charged_by_hand_is_not_proposed_again(cast, priced):
    held = datetime.now(UTC) - timedelta(days=2)
    details = TherapyDetails("therapy", True, cast.tomos, held, "Room 2")
    record_attendance(plan_therapy(priced, details, by=cast.bea, at=held), "attended", by=cast.tomos)
    assert add_charge(priced, "therapy_group", timezone.localdate(held), by=cast.bea).pence == 2000
    assert not [one for one in arising(priced, NOW) if one.cause.startswith("group:")]


def test_invoice_names_payer_lines_and_total_and_is_never_changed(cast, priced):
    invoice = an_invoice(cast, priced)
    assert (invoice.label, invoice.pence) == ("INV-00001", 22500)
    shown = words(bytes(invoice.pdf))
    for told in ("Invoice INV-00001", "Assessment", "£225.00", "Amina Sample", "1 Sample Street", "Total: £225.00"):
        assert told in shown, told
    assert "999 000 0018" not in shown
    for change in (lambda: Invoice.objects.update(pence=1), lambda: Invoice.objects.all().delete()):
        with pytest.raises((DatabaseError, Exception)), transaction.atomic():
            change()
    assert Invoice.objects.get().pence == 22500
    with pytest.raises(BadInput, match="not on one yet"):
        issue_invoice(priced, [Charge.objects.get().pk], by=cast.bea)


def test_insurer_gets_its_own_invoice_with_the_authorisation(cast, priced):
    record_route(priced, Funding(Route.INSURER, insurer="Made-up Mutual", authorisation="A-77"), by=cast.bea)
    shown = words(bytes(an_invoice(cast, priced).pdf))
    assert "Made-up Mutual" in shown
    assert "Authorisation A-77" in shown
    assert "1 Sample Street" not in shown.split("Invoice INV")[0].replace(
        "Glimmer demonstration clinic 1 Sample Street", ""
    )


def test_account_is_paid_in_parts_credited_and_paid_back(cast, priced):
    invoice = an_invoice(cast, priced)
    record_payment(invoice, 10000, "card", "auth 1", TODAY, by=cast.bea)
    assert account_of(invoice).state == "partly paid"
    with pytest.raises(BadInput, match=r"Only £125.00 is owed"):
        record_payment(invoice, 12501, "card", "", TODAY, by=cast.bea)
    last = record_payment(invoice, 12500, "transfer", "", TODAY, by=cast.bea)
    assert account_of(invoice).state == "paid"
    with pytest.raises(BadInput, match=r"£0.00 is due back"):
        refund_payment(invoice, 1, "card", "", TODAY, by=cast.bea)
    note = credit_invoice(invoice, 22500, "Charged twice", by=cast.bea)
    assert (note.label, account_of(invoice).state) == ("CRN-00001", "refund due")
    with pytest.raises(BadInput, match="not credited yet"):
        credit_invoice(invoice, 1, "Again", by=cast.bea)
    with pytest.raises(RuleRefused, match="credit note is not paid"):
        record_payment(note, 1, "card", "", TODAY, by=cast.bea)
    back = refund_payment(invoice, 22500, "card", "", TODAY, by=cast.bea)
    assert account_of(invoice).owed == 0
    assert [one.label for one in Payment.objects.order_by("pk")] == ["RCT-00001", "RCT-00002", "RCT-00003"]
    assert "Received: £125.00" in words(receipt_pdf(last, by=cast.bea))
    assert "Paid back: £225.00" in words(receipt_pdf(back, by=cast.bea))
    shown = words(statement_pdf(priced, by=cast.bea))
    for told in ("Invoice INV-00001", "Credit note CRN-00001", "Payment RCT-00001", "Refund RCT-00003", "Owed: £0.00"):
        assert told in shown, told
    # What was credited whole can be invoiced anew, under the next number.
    assert issue_invoice(priced, [Charge.objects.get().pk], by=cast.bea).label == "INV-00002"


def test_number_of_an_invoice_that_failed_is_given_to_the_next(cast, priced, monkeypatch):
    from glimmer.actions.ports import PORTS

    def broken(content):
        raise RuntimeError("no typesetter")

    charge(priced, f"assessment:{priced.pk}", by=cast.bea)
    keys = [one.pk for one in open_charges(priced)]
    with monkeypatch.context() as patched:
        patched.setattr(PORTS, "render_invoice", broken)
        with pytest.raises(RuntimeError):
            issue_invoice(priced, keys, by=cast.bea)
    assert issue_invoice(priced, keys, by=cast.bea).number == 1


@pytest.mark.parametrize(
    ("pence", "way", "on", "field"),
    [
        (0, "card", TODAY, "amount"),
        (1, "shells", TODAY, "way"),
        (1, "card", None, "on"),
        (1, "card", TODAY + timedelta(1), "on"),
    ],
)
def test_payment_that_is_incomplete_is_refused_at_its_field(cast, priced, pence, way, on, field):
    with pytest.raises(BadInput) as wrong:
        record_payment(an_invoice(cast, priced), pence, way, "", on, by=cast.bea)
    assert wrong.value.field == field
    assert not Payment.objects.exists()


def test_prices_are_versions_from_a_day_on_and_are_never_changed(cast):
    set_prices(COSTS, {"hour_nurse": 3000}, TODAY, "Finance, May", by=cast.gil)
    assert set_prices(COSTS, {"hour_nurse": 3100}, TODAY, "Finance, June", by=cast.gil).version == 2
    for wrong in ({"hour_wizard": 1}, {}):
        with pytest.raises(BadInput):
            set_prices(COSTS, wrong, TODAY, "x", by=cast.gil)
    with pytest.raises(BadInput, match="today or a later day"):
        set_prices(COSTS, {"hour_nurse": 1}, TODAY - timedelta(days=1), "x", by=cast.gil)
    with pytest.raises(DatabaseError), transaction.atomic():
        PriceLine.objects.update(pence=1)


@pytest.mark.parametrize("act", [record_payment, refund_payment])
def test_invoice_is_locked_before_what_is_owed_is_counted(cast, priced, monkeypatch, act):
    invoice, order = an_invoice(cast, priced), []
    locked, counted = invoices._locked, invoices.account_of

    def note(name, does):
        return lambda row: (order.append(name), does(row))[1]

    monkeypatch.setattr(invoices, "_locked", note("locked", locked))
    monkeypatch.setattr(invoices, "account_of", note("counted", counted))
    with suppress(BadInput):
        act(invoice, 1, "card", "", TODAY, by=cast.bea)
    assert order == ["locked", "counted"]
