"""The pages of the controlled drugs register, as a nurse and her colleague use them."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from glimmer.actions.clinics import join_clinic
from glimmer.actions.live import forget_all
from glimmer.actions.log import log_of
from glimmer.actions.session import complete_infusion, start_infusion
from glimmer.care.session.drug import drug_of
from glimmer.records.controlled import entries_of, facts
from glimmer.records.models import AuditLine, Clinic, RegisterEntry, RegisterPage, Staff, TreatmentSession
from glimmer.vocabulary.people import Role
from tests.support.bedside import Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page, take

pytestmark = pytest.mark.django_db
PASSWORDS = {"nurse": "the nurse's own words", "second_nurse": "the colleague's own words"}
PRODUCT = {
    "premises": "Lantern House",
    "drug": "Ketamine (racemic)",
    "drug_class": "Ketamine",
    "form": "Solution for injection",
    "strength_mg_per_ml": "10",
    "container_ml": "20",
    "container": "Vial",
}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    forget_all()
    cache.clear()
    found = a_ward(now - timedelta(minutes=2))
    for name, password in PASSWORDS.items():
        person: Staff = getattr(found, name)
        person.set_password(password)
        person.save()
    return found


@pytest.fixture
def page(ward: Ward) -> RegisterPage:
    return a_page(ward)


def signed(ward: Ward, **more: Any) -> dict[str, Any]:
    """Both signatures, as they are typed."""
    return {
        "password": PASSWORDS["nurse"],
        "witness": ward.second_nurse.pk,
        "witness_password": PASSWORDS["second_nurse"],
        **more,
    }


def browser(person: Staff) -> Client:
    client = Client()
    client.force_login(person)
    return client


def shown(person: Staff, name: str, *ids: Any) -> str:
    response = browser(person).get(reverse(name, args=ids))
    assert response.status_code == 200
    return unescape(" ".join(response.content.decode().split()))


def press(person: Staff, name: str, *ids: Any, **data: Any) -> tuple[int, str]:
    response = browser(person).post(reverse(name, args=ids), data, follow=True)
    status = response.redirect_chain[0][1] if response.redirect_chain else response.status_code
    return status, unescape(" ".join(response.content.decode().split()))


def test_empty_register_says_that_it_is_kept_on_paper(ward: Ward) -> None:
    assert "keeps its register on paper" in shown(ward.nurse, "register")
    assert "keeps the register of this drug on paper" in shown(ward.nurse, "session_drug", ward.open().pk)


def test_page_is_opened_and_heads_with_what_is_on_the_label(ward: Ward) -> None:
    status, words = press(ward.pharmacist, "register_open", **PRODUCT)
    assert status == 302
    assert "Ketamine (racemic) 10 mg/mL, solution for injection, 20 mL vial" in words
    assert "Nothing is written yet" in words


def test_same_page_twice_is_refused_in_words(ward: Ward) -> None:
    press(ward.pharmacist, "register_open", **PRODUCT)
    status, words = press(ward.nurse, "register_open", **PRODUCT)
    assert status == 409
    assert "was not saved a second time" in words


def receipt(ward: Ward, **more: Any) -> dict[str, Any]:
    entry = {"kind": "receipt", "amount": "5", "batch": "B77", "party": "Made Up Pharma, 1 Invented Street", "seen": 1}
    expires = {"expires_on-day": "31", "expires_on-month": "12", "expires_on-year": "2099"}
    return signed(ward, **{**entry, **expires, **more})


def test_receipt_signed_by_two_is_in_the_book(ward: Ward, page: RegisterPage) -> None:
    status, words = press(ward.nurse, "register_post", page.pk, "in", **receipt(ward))
    assert status == 302
    assert "Entry 2 is written. The book holds 15." in words
    entry = entries_of(page).get(number=2)
    assert (entry.by, entry.witness, entry.batch) == (ward.nurse, ward.second_nurse, "B77")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "guess"}, "The password is wrong. Nothing was signed."),
        ({"witness_password": "guess"}, "The password is wrong. Nothing was signed."),
        ({"witness": ""}, "Choose the second person"),
        ({"kind": ""}, "Choose where it came from"),
        ({"amount": "0"}, "How many containers must be 1 or more"),
        ({"amount": "1.5"}, "must be a whole number"),
        ({"batch": ""}, "Enter the batch number"),
        ({"party": ""}, "Enter the name and address"),
        ({"at_time": "12:00"}, "Enter both the day and the time"),
        ({"seen": "0"}, "Somebody wrote entry 1 on this page"),
    ],
)
def test_wrong_entry_is_explained_kept_and_not_written(
    ward: Ward, page: RegisterPage, changed: dict[str, Any], words: str
) -> None:
    status, answer = press(ward.nurse, "register_post", page.pk, "in", **receipt(ward, **changed))
    assert status == (409 if "seen" in changed else 422)
    assert words in answer
    assert "There is a problem" in answer or "Somebody else was here first" in answer
    assert 'value="Made Up Pharma, 1 Invented Street"' in answer or "party" in changed
    assert facts(page).balance == 10
    for secret in PASSWORDS.values():
        assert secret not in answer


def test_author_cannot_be_chosen_as_witness(ward: Ward, page: RegisterPage) -> None:
    mine = receipt(ward, witness=ward.nurse.pk, witness_password=PASSWORDS["nurse"])
    status, _ = press(ward.nurse, "register_post", page.pk, "in", **mine)
    assert status == 422
    assert facts(page).balance == 10


def test_guessing_the_witness_password_is_slowed(ward: Ward, page: RegisterPage) -> None:
    for _ in range(8):
        press(ward.nurse, "register_post", page.pk, "in", **receipt(ward, witness_password="guess"))
    _, words = press(ward.nurse, "register_post", page.pk, "in", **receipt(ward))
    assert "too many wrong attempts" in words
    assert facts(page).balance == 10


def test_count_that_differs_is_shown_until_it_is_settled(ward: Ward, page: RegisterPage) -> None:
    _, words = press(ward.nurse, "register_post", page.pk, "count", **signed(ward, counted="9", seen=1))
    assert "Entry 2 is written. The book holds 10. Counted 9, the book says 10. Tell the pharmacist" in words
    assert "The count did not agree" in shown(ward.nurse, "register_page", page.pk)
    assert "Difference not settled" in shown(ward.nurse, "register")
    data = signed(ward, note="Broken, incident 17", of_batch=f"{EXPIRES.isoformat()}|{BATCH}", seen=2)
    status, words = press(ward.nurse, "register_post", page.pk, "settle", **data)
    assert status == 302
    assert "The book holds 9" in words
    assert "The count did not agree" not in words


def test_stock_goes_out_only_of_a_batch_that_is_there(ward: Ward, page: RegisterPage) -> None:
    data = {"kind": "destruction", "amount": "1", "note": "Broken", "authority": "Sgt Made Up", "seen": 1}
    of_batch = f"{EXPIRES.isoformat()}|{BATCH}"
    status, _ = press(ward.nurse, "register_post", page.pk, "out", **signed(ward, **data, of_batch="|NONE"))
    assert status == 422
    status, words = press(ward.nurse, "register_post", page.pk, "out", **signed(ward, **data, of_batch=of_batch))
    assert status == 302
    assert "By authority of Sgt Made Up" in words
    assert facts(page).balance == 9


def test_footnote_stands_beside_the_entry_that_stays_as_it_is(ward: Ward, page: RegisterPage) -> None:
    note = {"about": "1", "note": "The street is 2, Invented Street", "seen": 1, "password": PASSWORDS["nurse"]}
    status, words = press(ward.nurse, "register_post", page.pk, "footnote", **note)
    assert status == 302
    assert "Footnote (entry 1)" in words
    assert "1 Invented Street" in words


def test_unknown_entry_and_unknown_page_are_refused_in_words(ward: Ward, page: RegisterPage) -> None:
    status, words = press(ward.nurse, "register_post", page.pk, "administration", **receipt(ward))
    assert status == 422
    assert "There is no such entry" in words
    assert browser(ward.nurse).get(reverse("register_page", args=[999_999])).status_code == 404


def test_printed_page_is_in_the_order_of_the_law(ward: Ward, page: RegisterPage, now: datetime) -> None:
    take(ward.open(), page, 2, seen=1, by=ward.nurse, witness=ward.second_nurse, at=now)
    words = shown(ward.pharmacist, "register_print", page.pk)
    assert words.index("Made Up Pharma") < words.index(ward.patient.name)
    assert "All 2 entries are as they were written" in words
    for column in ("Date", "From or to", "Authority", "Received", "Supplied", "Balance", "Signed, witnessed"):
        assert column in words


def test_page_that_was_tampered_with_is_closed(ward: Ward, page: RegisterPage) -> None:
    from tests.records.test_controlled import without_guards

    without_guards()
    RegisterEntry.objects.filter(page=page).update(party="Somebody else")
    words = shown(ward.nurse, "register_page", page.pk)
    assert "This page was tampered with" in words
    assert "Write an entry" not in words
    assert "Entry 1 is not as it was written" in shown(ward.nurse, "register_print", page.pk)


def stock(page: RegisterPage) -> str:
    return f"{page.pk}|{EXPIRES.isoformat()}|{BATCH}"


def test_vial_is_taken_put_back_and_accounted_for_on_the_session_page(
    ward: Ward, page: RegisterPage, now: datetime
) -> None:
    session = ward.ready()
    assert "Take for this session" in shown(ward.nurse, "session_drug", session.pk)
    data = signed(ward, stock=stock(page), containers="2", form_token="first")
    for _ in range(2):
        status, words = press(ward.nurse, "session_drug_take", session.pk, **data)
        assert status == 302
    assert "2 x 20 mL" in words
    assert facts(page).balance == 8
    back = signed(ward, containers="1", note="Not opened")
    press(ward.nurse, "session_drug_back", session.pk, page.pk, 2, **back, form_token="second")
    assert facts(page).balance == 9
    start_infusion(session, by=ward.nurse, at=now)
    complete_infusion(session, 50, by=ward.nurse, at=now + timedelta(minutes=40))
    assert ward.patient.name in shown(ward.nurse, "register")
    status, words = press(
        ward.nurse, "session_drug_account", session.pk, **signed(ward, given_ml="3.5", discarded_ml="10")
    )
    assert status == 422
    assert "6.50 mL are not accounted for" in words
    status, words = press(
        ward.nurse, "session_drug_account", session.pk, **signed(ward, given_ml="3.5", discarded_ml="16.5")
    )
    assert status == 302
    assert "3.5 mL given and 16.5 mL discarded of 20 mL" in words
    assert ward.patient.name not in shown(ward.nurse, "register")
    assert not drug_of(log_of(session.pk)).is_open


def test_session_page_leads_to_its_drug_and_says_why_it_cannot_start(ward: Ward, page: RegisterPage) -> None:
    session: TreatmentSession = ward.ready()
    words = shown(ward.nurse, "session", session.pk)
    assert reverse("session_drug", args=[session.pk]) in words
    assert "was taken from the controlled drugs register" in words


def test_signs_of_diversion_name_people_to_the_officer_alone(ward: Ward, page: RegisterPage) -> None:
    officer = Staff.objects.create(username="orla", name="Orla", role="accountable officer")
    assert "Nobody stands out" in shown(officer, "register_signals")
    assert "shown to the accountable officer alone" in shown(ward.pharmacist, "register_signals")
    assert "Signs of diversion" not in shown(ward.nurse, "register")


@pytest.fixture
def elsewhere(ward: Ward) -> Staff:
    """A nurse of another clinic, who keeps the same cupboard."""
    riverside = Clinic.objects.create(name="Riverside", opened_at=datetime.now(UTC))
    manager = Staff.objects.create(username="gil", name="Gil Thackeray", role="manager")
    nurse = Staff.objects.create(username="river", name="River Nurse", role="nurse")
    join_clinic(nurse, riverside, by=manager)
    return nurse


@pytest.fixture
def officer(elsewhere: Staff) -> Staff:
    """The accountable officer, who belongs to no clinic here and looks at every register."""
    return Staff.objects.create(username="orla", name="Orla Vanterpool", role=Role.ACCOUNTABLE_OFFICER.value)


def test_accountable_officer_follows_the_vial_from_the_book_to_the_session_and_writes_nothing(
    ward: Ward, page: RegisterPage, officer: Staff, now: datetime
) -> None:
    session = ward.open()
    take(session, page, 1, seen=1, by=ward.nurse, witness=ward.second_nurse, at=now)
    assert f'href="/sessions/{session.pk}/drug"' in shown(officer, "register_page", page.pk)
    words = shown(officer, "session_drug", session.pk)
    assert "Entry 2: <strong>1 x 20 mL</strong>" in words
    assert ward.patient.name in words
    assert "<form" not in words.split("<main")[1].split("</main")[0]
    # No way from here into the record itself: the officer's role does not include it.
    assert f'href="/sessions/{session.pk}"' not in words
    assert f'href="/episodes/{session.episode_id}"' not in words
    line = AuditLine.objects.filter(action="read.session_drug").get()
    assert (line.actor, line.patient_id) == (officer, ward.episode.patient_id)
    assert browser(officer).get(reverse("session", args=[session.pk])).status_code == 403


def test_officer_does_not_open_a_session_for_which_nothing_was_taken(
    ward: Ward, page: RegisterPage, officer: Staff
) -> None:
    assert browser(officer).get(reverse("session_drug", args=[ward.open().pk])).status_code == 404


def test_session_of_another_clinic_that_nobody_accounted_for_is_not_named(
    ward: Ward, page: RegisterPage, elsewhere: Staff, officer: Staff, now: datetime
) -> None:
    session = ward.ready()
    take(session, page, 1, seen=1, by=ward.nurse, witness=ward.second_nurse, at=now)
    start_infusion(session, by=ward.nurse, at=now)
    complete_infusion(session, 50, by=ward.nurse, at=now + timedelta(minutes=40))
    for person, is_named in ((ward.nurse, True), (elsewhere, False), (officer, True)):
        words = shown(person, "register")
        assert (ward.patient.name in words) is is_named, person.username
