"""The session page through HTTP, from the start of the infusion on: what works, and what is refused in words."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmRaised,
    Corrected,
    Discharged,
    InfusionPaused,
    InfusionStarted,
    InfusionStopped,
    NoteWritten,
    ObservationRecorded,
    SideEffectRecorded,
)
from glimmer.guidance import protocol
from glimmer.records.logbook import events_of
from glimmer.records.models import TreatmentSession
from glimmer.vocabulary.parameters import Parameter
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


# While the infusion runs


ROUND = {
    "due_minute": "0",
    "systolic": "131",
    "diastolic": "79",
    "pulse": "81",
    "spo2": "97",
    "respiratory_rate": "15",
    "temperature": "36,8",
    "on_oxygen": "air",
    "consciousness": "A",
    "sedation": "5",
    "dissociation": "2",
}


def test_round_of_observations_is_charted_as_typed(ward: Ward) -> None:
    session = ward.running()
    assert press(ward.nurse, session, "observation", **ROUND).status_code == 302
    what = last(session)
    values = {reading.parameter: reading.value for reading in what.readings}
    assert values[Parameter.SYSTOLIC] == 131
    assert values[Parameter.TEMPERATURE] == 36.8
    assert (what.due_minute, what.consciousness, what.sedation, what.dissociation) == (0, "A", 5, 2)
    assert "131/79" in look(ward.nurse, session)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"due_minute": ""}, "Choose the round."),
        ({"due_minute": "13"}, "Choose one of the answers shown."),
        ({"systolic": "900"}, "Systolic blood pressure must be"),
        ({"systolic": "twelve"}, "Systolic blood pressure must be a number"),
        ({"diastolic": ""}, "Enter the diastolic pressure too"),
        ({"diastolic": "140"}, "The diastolic pressure must be lower than the systolic."),
        ({"spo2": "97.5"}, "Oxygen saturation must be a whole number."),
        ({"consciousness": "Z"}, "Choose one of the answers shown."),
        ({"attributed_to_drug": "yes"}, "Only a reduced level of consciousness can be attributed to the drug."),
        ({"on_oxygen": ""}, "Choose air or oxygen: the NEWS2 score depends on it."),
        ({"dissociation": "93"}, "Dissociation (CADSS total) must be 92 or less."),
        ({"measured_at": "25:00"}, "Time measured must be a time on the 24-hour clock"),
        ({"note": "a" * 501}, "Note must be 500 characters or fewer."),
    ],
)
def test_wrong_observation_is_explained_and_kept(ward: Ward, wrong: dict[str, str], words: str) -> None:
    session = ward.running()
    response = press(ward.nurse, session, "observation", **{**ROUND, **wrong})
    assert response.status_code == 422
    assert words in text_of(response)
    assert 'value="36,8"' in response.content.decode()
    assert kinds(session).count(ObservationRecorded) == 1


def test_empty_round_is_refused(ward: Ward) -> None:
    session = ward.running()
    response = press(ward.nurse, session, "observation", due_minute="extra")
    assert response.status_code == 422
    assert "Nothing was entered. Enter at least one value, then save." in text_of(response)


def test_dissociation_attributed_to_the_drug_still_scores_three(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "observation", **{**ROUND, "consciousness": "C", "attributed_to_drug": "yes"})
    page = look(ward.nurse, session)
    assert "New confusion attributed to the drug by Maya Okafor, nurse; it counts all the same." in page
    assert "<td>C</td><td>3</td>" in page
    assert "Attribute it to the drug" not in look(ward.psychiatrist, session)


def test_psychiatrist_attributes_confusion_that_a_nurse_recorded(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "observation", **{**ROUND, "consciousness": "C"})
    seq = max(one.seq for one in events_of(session.pk) if one.what.kind == "observation")
    assert "Attribute it to the drug" not in look(ward.nurse, session)
    assert f'name="about" value="{seq}"' in look(ward.psychiatrist, session)
    press(ward.psychiatrist, session, "attribute", about=str(seq), reason="Dissociated, answers")
    page = look(ward.nurse, session)
    assert f"New confusion attributed to the drug by {ward.psychiatrist}; it counts all the same." in page
    assert "<td>C</td><td>3</td>" in page
    assert "Attributed the new confusion to the expected effect of the drug: Dissociated, answers" in page


def test_link_of_a_round_fills_in_which_round_it_is(ward: Ward) -> None:
    session = ward.running()
    page = as_person(ward.nurse).get(reverse("session", args=[session.pk]) + "?round=10").content.decode()
    assert '<option value="10" selected>' in page


def test_dangerous_value_is_marked_by_word_and_sign_not_by_colour_alone(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "observation", **{**ROUND, "systolic": "212", "diastolic": "101"})
    page = look(ward.nurse, session)
    tile = page[page.index('id="tile-pressure"') :][:900]
    assert "212/101" in tile
    assert "high blood pressure" in tile
    assert "(limit" in tile
    assert "⬢" in tile


def test_pause_needs_a_reason_and_then_offers_to_resume(ward: Ward) -> None:
    session = ward.running()
    blank = press(ward.nurse, session, "pause", reason="")
    assert blank.status_code == 422
    assert "Say why. A few words are enough." in text_of(blank)
    assert press(ward.nurse, session, "pause", reason="Anxious").status_code == 302
    assert last(session) == InfusionPaused("Anxious")
    page = look(ward.nurse, session)
    assert "Resume now" in page
    assert "Pause now" not in page


def test_old_page_that_pauses_twice_reads_how_it_stands(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "pause", reason="Anxious")
    again = press(ward.second_nurse, session, "pause", reason="Anxious")
    assert again.status_code == 422
    assert "Only a running infusion can be paused" in text_of(again)


def test_stop_ends_the_infusion_for_good(ward: Ward) -> None:
    session = ward.running()
    assert press(ward.nurse, session, "stop", reason="Chest tightness").status_code == 302
    assert last(session) == InfusionStopped("Chest tightness")
    page = look(ward.nurse, session)
    assert "Before the patient leaves" in page
    assert "Resume now" not in page


@pytest.mark.parametrize("volume", ["-1", "lots", "1.23456"])
def test_impossible_volume_is_refused(ward: Ward, volume: str) -> None:
    session = ward.running()
    response = press(ward.nurse, session, "complete", volume_ml=volume)
    assert response.status_code == 422
    assert "Volume given, as the pump shows it must be" in text_of(response)


def test_side_effect_says_how_it_came_to_be_known(ward: Ward) -> None:
    session = ward.running()
    wrong = press(ward.nurse, session, "side_effect", symptom="nausea", severity="mild")
    assert wrong.status_code == 422
    assert "Choose how you came to know of it." in text_of(wrong)
    press(ward.nurse, session, "side_effect", symptom="nausea", severity="mild", elicited="asked")
    assert last(session) == SideEffectRecorded("nausea", "mild", "asked", "")


def test_other_side_effect_is_named_by_hand(ward: Ward) -> None:
    session = ward.running()
    wrong = press(ward.nurse, session, "side_effect", symptom="other", severity="mild", elicited="asked")
    assert "Name the symptom." in text_of(wrong)
    press(
        ward.nurse, session, "side_effect", symptom="other", other_symptom="hiccups", severity="mild", elicited="asked"
    )
    assert last(session).symptom == "hiccups"


def test_emergency_symptom_calls_for_help_in_words(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "side_effect", symptom="chest pain", severity="severe", elicited="reported")
    assert "stop the infusion and call for help" in look(ward.nurse, session)


def test_one_tap_note_carries_its_time_and_author(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "note", text="Water given")
    event = events_of(session.pk)[-1]
    assert event.what == NoteWritten("Water given")
    assert event.by == "Maya Okafor, nurse"


def test_note_in_a_hostile_hand_is_shown_as_text(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "note", text="</script><script>alert(1)</script>")
    page = as_person(ward.nurse).get(reverse("session", args=[session.pk])).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_wrong_entry_is_crossed_out_and_stays_visible(ward: Ward) -> None:
    session = ward.running()
    press(ward.nurse, session, "observation", **ROUND)
    seq = events_of(session.pk)[-1].seq
    assert "Mark as wrong: " in look(ward.nurse, session, f"?correct={seq}")
    assert press(ward.nurse, session, "correct", about=str(seq), reason="").status_code == 422
    assert press(ward.nurse, session, "correct", about=str(seq), reason="Other patient").status_code == 302
    assert last(session) == Corrected(seq, "Other patient")
    page = look(ward.nurse, session)
    assert "<del>Observations for minute 0: BP 131/79 mmHg" in page
    assert "Other patient" in page


@pytest.mark.parametrize("about", ["", "abc", "9999", "-1", "²"])
def test_correction_of_nothing_is_refused_in_words(ward: Ward, about: str) -> None:
    session = ward.running()
    response = press(ward.nurse, session, "correct", about=about, reason="x")
    assert response.status_code == 422
    assert Corrected not in kinds(session)


def alarm_key(ward: Ward, session: TreatmentSession) -> str:
    press(ward.nurse, session, "observation", **{**ROUND, "systolic": "212", "diastolic": "101"})
    page = as_person(ward.nurse).get(reverse("session", args=[session.pk])).content.decode()
    return unescape(page.split('name="key" value="')[1].split('"')[0])


def test_alarm_is_taken_in_charge_by_name_with_what_was_done(ward: Ward) -> None:
    session = ward.running()
    key = alarm_key(ward, session)
    assert press(ward.nurse, session, "acknowledge", key=key, did="Paused, doctor called").status_code == 302
    assert last(session) == AlarmAcknowledged(key, "Paused, doctor called")
    assert AlarmRaised in kinds(session)
    page = look(ward.second_nurse, session)
    assert "Taken by Maya Okafor, nurse" in page
    assert "Paused, doctor called" in page


def test_alarm_taken_by_somebody_else_first_is_not_taken_again(ward: Ward) -> None:
    session = ward.running()
    key = alarm_key(ward, session)
    press(ward.nurse, session, "acknowledge", key=key)
    late = press(ward.second_nurse, session, "acknowledge", key=key)
    assert late.status_code == 409
    assert "Maya Okafor, nurse took charge of this alarm" in text_of(late)


def test_alarm_that_does_not_exist_is_refused(ward: Ward) -> None:
    session = ward.running()
    response = press(ward.nurse, session, "acknowledge", key="no-such-alarm")
    assert response.status_code == 422
    assert "This session has no such alarm." in text_of(response)


def test_pharmacist_sees_the_session_but_runs_nothing(ward: Ward) -> None:
    session = ward.running()
    page = look(ward.pharmacist, session)
    for words in ("Pause now", "Save this round", "Take charge", "Mark as wrong"):
        assert words not in page
    assert press(ward.pharmacist, session, "pause", reason="x").status_code == 403


# Going home


def test_leaving_shows_each_criterion_as_met_not_met_or_unknown(ward: Ward) -> None:
    page = look(ward.nurse, ward.recovering(ward.now - timedelta(minutes=45)))
    for criterion in protocol(PROTOCOL).leaving:
        assert criterion.asks in page
    assert "Not known" in page
    assert "Not met" in page


def test_patient_does_not_leave_while_a_criterion_is_open(ward: Ward) -> None:
    session = ward.recovering(ward.now - timedelta(minutes=45))
    response = press(ward.nurse, session, "discharge", escorted_by="Sister, Ada", advice_given="yes")
    assert response.status_code == 422
    assert "The patient cannot leave yet." in text_of(response)
    assert 'value="Sister, Ada"' in response.content.decode()


def ready_to_leave(ward: Ward) -> TreatmentSession:
    session = ward.recovering(ward.now - timedelta(minutes=200))
    at = ward.now - timedelta(minutes=1)
    ward.observe(session, at)
    asked = [one.id for one in protocol(PROTOCOL).leaving if not one.measured]
    assert press(ward.nurse, session, "leaving", **dict.fromkeys(asked, "yes")).status_code == 302
    return session


def test_patient_leaves_when_all_criteria_are_met(ward: Ward) -> None:
    session = ready_to_leave(ward)
    assert press(ward.nurse, session, "discharge", escorted_by="Sister, Ada", advice_given="yes").status_code == 302
    assert last(session) == Discharged("Sister, Ada", True)
    session.refresh_from_db()
    assert session.ended_at is not None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"escorted_by": ""}, "Say who takes the patient home, or how they travel."),
        ({"advice_given": ""}, "Say whether the written advice was given."),
        ({"advice_given": "no"}, "Give the written advice for the next 24 hours first"),
    ],
)
def test_discharge_asks_for_escort_and_advice(ward: Ward, wrong: dict[str, str], words: str) -> None:
    session = ready_to_leave(ward)
    entries = {"escorted_by": "Sister, Ada", "advice_given": "yes", **wrong}
    response = press(ward.nurse, session, "discharge", **entries)
    assert response.status_code == 422
    assert words in text_of(response)


def test_criterion_is_overridden_by_a_psychiatrist_with_a_reason(ward: Ward) -> None:
    session = ward.recovering(ward.now - timedelta(minutes=45))
    press(ward.nurse, session, "leaving", walks="no")
    assert press(ward.nurse, session, "override_leaving", about="walks", reason="x").status_code == 403
    assert press(ward.psychiatrist, session, "override_leaving", about="walks", reason="").status_code == 422
    assert (
        press(ward.psychiatrist, session, "override_leaving", about="walks", reason="Uses a wheelchair").status_code
        == 302
    )
    assert "Uses a wheelchair" in look(ward.nurse, session)


def test_closed_session_still_takes_a_note_and_nothing_else(ward: Ward) -> None:
    session = ready_to_leave(ward)
    press(ward.nurse, session, "discharge", escorted_by="Sister, Ada", advice_given="yes")
    assert press(ward.nurse, session, "note", text="Rang: home safely").status_code == 302
    assert press(ward.nurse, session, "observation", **ROUND).status_code == 422
    assert "Save this round" not in look(ward.nurse, session)


# Strangers


def test_session_that_does_not_exist_is_a_page_in_words(ward: Ward) -> None:
    response = as_person(ward.nurse).get(reverse("session", args=[999_999]))
    assert response.status_code == 404
    assert "There is no such session." in text_of(response)


def test_forged_form_changes_nothing(ward: Ward) -> None:
    session = ward.ready()
    client = Client(enforce_csrf_checks=True)
    client.force_login(ward.nurse)
    response = client.post(reverse("session_start", args=[session.pk]), {"form_token": "x"})
    assert response.status_code == 403
    assert InfusionStarted not in kinds(session)


def test_page_says_that_it_is_not_live_without_javascript(ward: Ward) -> None:
    assert "Not live: this page shows" in look(ward.nurse, ward.running())


def test_number_of_queries_does_not_grow_with_the_log(ward: Ward, django_assert_max_num_queries: Any) -> None:
    session = ward.running()
    client = as_person(ward.nurse)
    address = reverse("session", args=[session.pk])
    client.get(address)
    for _ in range(40):
        press(ward.nurse, session, "note", text="Comfortable")
    # Six of them (PostgreSQL: eight) enter into the audit who looked, and set how long that may wait.
    with django_assert_max_num_queries(16 if connection.vendor == "postgresql" else 14):
        assert client.get(address).status_code == 200
