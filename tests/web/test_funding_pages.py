"""Money in the browser: for the office from who pays to a receipt, and for clinicians nowhere."""

import re

import pytest
from django.test import Client

from glimmer.care.funding import pounds
from glimmer.records.models import Charge, Invoice, Payment
from glimmer.vocabulary.people import Role
from tests.support.cast import an_episode
from tests.support.reading import text_of, today
from tests.web.test_audit_of_pages import PENCE, pages, world  # noqa: F401

CLINICAL = ("nurse", "psychiatrist", "therapist", "pharmacist")


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="session")


def test_journey_is_paid_from_the_route_to_the_receipt(as_, cast, episode):
    office, place = as_("bea"), f"/episodes/{episode.pk}/funding"

    def post(path, **typed):
        episode.refresh_from_db()
        return office.post(path, {"seen": episode.revision, **typed})

    assert "Nobody has recorded who pays" in text_of(office.get(place))
    assert "authorisation number" in text_of(post(f"{place}/route", route="insurer"))
    assert post(f"{place}/route", route="self_pay").status_code == 302
    cause = f"assessment:{episode.pk}"
    assert "There is no price" in text_of(post(f"{place}/charges", cause=cause, decision="charge"))
    typed = {"valid_from": today().isoformat(), "source": "Board, May", "price_review": "12,34"}
    wrong = as_("gil").post("/prices/charges", typed)
    assert "Enter an amount in pounds" in text_of(wrong)
    good = {**typed, "price_review": "100", "price_oral_bottle": "60.00"}
    assert as_("gil").post("/prices/charges", good).status_code == 302
    assert "£100.00" in text_of(office.get("/prices"))
    assert post(f"{place}/charges", cause=cause, decision="waive", waived_because="Before").status_code == 302
    assert post(f"{place}/charges/new", item="oral_bottle", on=today().isoformat()).status_code == 302
    bottle = Charge.objects.get(item="oral_bottle")
    assert "Choose what goes on the invoice." in text_of(post(f"{place}/invoices"))
    issued = post(f"{place}/invoices", charges=[str(bottle.pk)])
    invoice = Invoice.objects.get()
    assert issued["Location"] == f"/invoices/{invoice.pk}"
    assert office.get(f"/invoices/{invoice.pk}.pdf").content.startswith(b"%PDF-")
    pay = {"kind": "payment", "amount": "20", "way": "card", "on": today().isoformat()}
    assert post(f"/invoices/{invoice.pk}/payments", **pay).status_code == 302
    assert "Partly paid" in text_of(office.get(f"/invoices/{invoice.pk}"))
    assert "Only £40.00 is owed" in text_of(post(f"/invoices/{invoice.pk}/payments", **{**pay, "amount": "41"}))
    credit = post(f"/invoices/{invoice.pk}/credit", amount="60", reason="Bottle came back")
    assert credit.status_code == 302
    assert post(f"/invoices/{invoice.pk}/payments", **{**pay, "kind": "refund"}).status_code == 302
    receipt = office.get(f"/payments/{Payment.objects.first().pk}.pdf")
    assert receipt["Content-Type"] == "application/pdf"
    assert office.get(f"{place}/statement.pdf").content.startswith(b"%PDF-")
    shown = text_of(office.get(place))
    for told in ("CRN-00001", "INV-00001", "Let go: Before", "Self-pay"):
        assert told in shown, told
    assert "Self-pay 1 £60.00 £60.00 £0.00" in text_of(as_("gil").get("/prices"))


def test_no_page_of_a_clinician_shows_a_price_or_who_pays(world, cast):  # noqa: F811
    """Every page that a clinician can open, with a patient who pays: no amount, no invoice, no route of funding."""
    amount = re.escape(pounds(PENCE).removeprefix("£"))
    told = re.compile(rf"£|{amount}|INV-0|Self-pay|funding request|/funding|/invoices/", re.IGNORECASE)
    found, opened = [], 0
    for role in CLINICAL:
        browser = Client()
        browser.force_login(cast.of(Role(role)))
        for name, address, _mark in pages(world):
            answer = browser.get(address)
            if answer.streaming or answer.status_code != 200:
                continue
            opened += 1
            shown = answer.content.decode(errors="replace")
            if "html" in answer["Content-Type"] and told.search(shown):
                found.append(f"{role} at {address} ({name}): {told.search(shown)[0]}")
    assert found == []
    assert opened > 100
