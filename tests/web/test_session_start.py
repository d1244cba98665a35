"""The session page through HTTP before the start: what works when named people press, and what is refused in words."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.care.session.events import (
    CheckOverridden,
    CheckRecorded,
    InfusionChecked,
    InfusionPrepared,
    InfusionStarted,
    SessionCancelled,
)
from glimmer.guidance import protocol
from glimmer.records.logbook import events_of
from tests.support.bedside import PROTOCOL, Ward, a_ward
from tests.support.session_page import as_person, kinds, last, look, press, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    """Sessions of other tests carry the same numbers."""
    forget_all()
    yield
    forget_all()


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward(datetime.now(UTC) - timedelta(minutes=1))


def test_nothing_is_chosen_before_the_nurse_chooses(ward: Ward) -> None:
    session = ward.open()
    page = as_person(ward.nurse).get(reverse("session", args=[session.pk])).content.decode()
    assert 'type="radio"' in page
    assert not re.search(r"<input[^>]*\schecked", page)


def test_every_check_of_the_protocol_is_on_the_page(ward: Ward) -> None:
    page = look(ward.nurse, ward.open())
    for check in protocol(PROTOCOL).checks_before:
        assert (check.asks in page) == (not check.only_if), check.id


def test_answers_are_saved_and_what_was_left_open_stays_open(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "checks", identity="yes", food="no", **{"food-note": "Toast at noon"})
    assert response.status_code == 302
    answers = {
        e.what.check: (e.what.answer, e.what.note) for e in events_of(session.pk) if isinstance(e.what, CheckRecorded)
    }
    assert answers == {"identity": ("yes", ""), "food": ("no", "Toast at noon")}
    page = as_person(ward.nurse).get(reverse("session", args=[session.pk])).content.decode()
    assert 'name="identity"' not in page
    assert 'name="alcohol"' in page


def test_answered_check_can_be_answered_again(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "checks", food="no")
    assert (
        'name="food"'
        in as_person(ward.nurse).get(reverse("session", args=[session.pk]) + "?again=food").content.decode()
    )
    press(ward.nurse, session, "checks", food="yes")
    assert last(session) == CheckRecorded("food", "yes", "")


def test_saving_no_answer_at_all_says_what_to_do(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "checks")
    assert response.status_code == 422
    assert "Answer at least one, then save." in text_of(response)
    assert "<title>Error: " in response.content.decode() or "Error: Session" in text_of(response)


def test_note_without_an_answer_is_kept_and_asked_about(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "checks", **{"food-note": "Big breakfast"})
    assert response.status_code == 422
    assert "Choose yes or no as well as writing a note" in text_of(response)
    assert 'value="Big breakfast"' in response.content.decode()


def test_invented_answer_is_refused(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "checks", identity="perhaps")
    assert response.status_code == 422
    assert "Choose one of the answers shown." in text_of(response)


def test_failed_check_is_overridden_by_a_psychiatrist_only(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "checks", food="no")
    assert "Override this check" not in look(ward.nurse, session)
    assert "Override this check" in look(ward.psychiatrist, session)
    assert press(ward.nurse, session, "override_check", about="food", reason="Small").status_code == 403
    assert press(ward.psychiatrist, session, "override_check", about="food", reason="Small portion").status_code == 302
    assert last(session) == CheckOverridden("food", "Small portion")


def test_override_without_a_reason_is_asked_for_it(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "checks", food="no")
    response = press(ward.psychiatrist, session, "override_check", about="food", reason=" ")
    assert response.status_code == 422
    assert "Say why. A few words are enough." in text_of(response)


def test_what_is_not_known_yet_is_measured_and_offers_no_override(ward: Ward) -> None:
    session = ward.open()
    for person in (ward.nurse, ward.psychiatrist):
        shown = look(person, session)
        assert "There is no blood pressure from the last 30 minutes" in shown
        assert "may override this" not in shown
        assert "Override this check" not in shown


def test_refused_start_says_each_reason_once(ward: Ward) -> None:
    session = ward.open()
    shown = text_of(press(ward.nurse, session, "start"))
    summary = shown.split("nhsuk-error-summary", 1)[1].split("</ul>", 1)[0]
    assert summary.count("The infusion has not been prepared yet.") == 1
    assert "The infusion cannot start." in summary


def test_check_that_nobody_may_override_offers_no_override(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "checks", identity="no")
    assert 'name="about" value="identity"' not in look(ward.psychiatrist, session)
    assert press(ward.psychiatrist, session, "override_check", about="identity", reason="x").status_code == 422


SYRINGE = {
    "vial_concentration_mg_per_ml": "10",
    "total_volume_ml": "50",
    "batch": "B77",
    "expires_on-day": "31",
    "expires_on-month": "12",
    "expires_on-year": "2039",
}


def test_working_is_shown_before_anything_is_saved(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "prepare", **SYRINGE, do="save")
    assert response.status_code == 200
    # 35 mg of 10 mg/mL are 3.5 mL; 50 mL over 40 min are 75 mL/h; 35 mg in 50 mL are 0.7 mg/mL.
    page = text_of(response)
    for words in ("35 mg ÷ 10 mg/mL = <strong>3.5 mL", "= <strong>46.5 mL", "= <strong>0.7 mg/mL", "= <strong>75 mL/h"):
        assert words in page
    assert InfusionPrepared not in kinds(session)


def test_preparation_is_saved_once_its_working_was_seen(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "prepare", **SYRINGE, do="save", worked="10 mg/mL in 50 mL")
    assert response.status_code == 302
    prepared = last(session)
    assert (prepared.dose_mg, prepared.drug_volume_ml, prepared.rate_ml_per_hour, prepared.batch) == (
        35,
        3.5,
        75,
        "B77",
    )


def test_changed_volume_is_worked_out_anew_before_it_is_saved(ward: Ward) -> None:
    session = ward.open()
    changed = {**SYRINGE, "total_volume_ml": "40"}
    response = press(ward.nurse, session, "prepare", **changed, do="save", worked="10 mg/mL in 50 mL")
    assert "= <strong>60 mL/h" in text_of(response)
    assert InfusionPrepared not in kinds(session)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"vial_concentration_mg_per_ml": ""}, "Choose the strength that is printed on the vial in your hand."),
        ({"vial_concentration_mg_per_ml": "37"}, "Choose one of the answers shown."),
        ({"batch": ""}, "Enter the batch number printed on the vial."),
        ({"expires_on-year": ""}, "Expiry date must include a year."),
        ({"expires_on-month": "13"}, "Expiry date must be a date in the calendar"),
        ({"expires_on-year": "2020"}, "This vial has passed its expiry date."),
        ({"total_volume_ml": ""}, "Enter the total volume that you made up, in mL."),
        ({"total_volume_ml": "fifty"}, "Total volume in the syringe must be a number"),
        ({"total_volume_ml": "2"}, "mL"),
    ],
)
def test_wrong_syringe_entry_is_explained_and_kept(ward: Ward, wrong: dict[str, str], words: str) -> None:
    session = ward.open()
    entries = {**SYRINGE, **wrong}
    seen = f"{entries['vial_concentration_mg_per_ml']} mg/mL in {entries['total_volume_ml']} mL"
    response = press(ward.nurse, session, "prepare", **entries, do="save", worked=seen)
    assert response.status_code == 422
    assert words in text_of(response)
    if "batch" not in wrong:
        assert 'value="B77"' in response.content.decode()
    assert InfusionPrepared not in kinds(session)


def test_second_check_is_by_another_person_on_their_own_sign_in(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "prepare", **SYRINGE, do="save", worked="10 mg/mL in 50 mL")
    seq = events_of(session.pk)[-1].seq
    assert "Another person has to check it" in look(ward.nurse, session)
    assert "Confirm as second person" not in look(ward.nurse, session)
    own = press(ward.nurse, session, "check_preparation", prepared_seq=seq, confirmed="yes")
    assert own.status_code == 422
    assert "Ask a colleague to check it" in text_of(own)
    assert "Confirm as second person" in look(ward.second_nurse, session)
    assert press(ward.second_nurse, session, "check_preparation", prepared_seq=seq, confirmed="yes").status_code == 302
    assert last(session) == InfusionChecked(seq)


def test_second_check_needs_its_tick_and_the_syringe_that_was_shown(ward: Ward) -> None:
    session = ward.open()
    press(ward.nurse, session, "prepare", **SYRINGE, do="save", worked="10 mg/mL in 50 mL")
    seq = events_of(session.pk)[-1].seq
    no_tick = press(ward.second_nurse, session, "check_preparation", prepared_seq=seq)
    assert "Tick the box once you have compared everything" in text_of(no_tick)
    press(ward.nurse, session, "prepare", **{**SYRINGE, "batch": "B78"}, do="save", worked="10 mg/mL in 50 mL")
    old = press(ward.second_nurse, session, "check_preparation", prepared_seq=seq, confirmed="yes")
    assert old.status_code == 409
    assert "A new syringe was prepared while you had the page open" in text_of(old)
    for nonsense in ("", "x", "99999999999999999999"):
        response = press(ward.second_nurse, session, "check_preparation", prepared_seq=nonsense, confirmed="yes")
        assert response.status_code == 422


def test_start_is_refused_with_every_reason_in_words(ward: Ward) -> None:
    session = ward.open()
    response = press(ward.nurse, session, "start")
    page = text_of(response)
    assert response.status_code == 422
    assert "The infusion has not been prepared yet." in page
    assert "Not answered yet" in page
    assert InfusionStarted not in kinds(session)


def test_start_succeeds_when_nothing_speaks_against_it(ward: Ward) -> None:
    session = ward.ready()
    assert "Nothing in the checks speaks against starting" in look(ward.nurse, session)
    assert press(ward.nurse, session, "start").status_code == 302
    assert last(session) == InfusionStarted()


def test_the_same_press_posted_twice_is_stored_once(ward: Ward) -> None:
    session = ward.ready()
    for _ in range(2):
        assert press(ward.nurse, session, "start", form_token="one-press").status_code == 302
    assert kinds(session).count(InfusionStarted) == 1


def test_second_nurse_who_starts_too_reads_who_was_first(ward: Ward) -> None:
    session = ward.ready()
    press(ward.nurse, session, "start")
    late = press(ward.second_nurse, session, "start")
    assert late.status_code == 409
    assert "Maya Okafor, nurse started the infusion" in text_of(late)


def test_session_is_cancelled_before_the_drug_with_a_reason(ward: Ward) -> None:
    session = ward.open()
    assert press(ward.nurse, session, "cancel", reason="").status_code == 422
    assert press(ward.nurse, session, "cancel", reason="Patient went home").status_code == 302
    assert last(session) == SessionCancelled("Patient went home")
    page = look(ward.nurse, session)
    assert "Patient went home" in page
    assert "data-live=" not in page
