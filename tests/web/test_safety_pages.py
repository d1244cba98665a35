"""The safety pages, and what every page says about the functions: signed by one role, read by all, off means off."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from glimmer.actions import live
from glimmer.actions.readings import chart_messages
from glimmer.actions.watch import watch
from glimmer.care.session.events import AlarmRaised, FunctionsSwitched
from glimmer.guidance.safety import safety_documents
from glimmer.records.audit import AuditLine
from glimmer.records.logbook import events_of
from glimmer.records.switches import SwitchSigning, functions_now
from glimmer.vocabulary.functions import ALL_OFF, Function
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.live import board_frame, session_frame
from tests.actions.test_readings import vitals
from tests.support.bedside import Ward, a_ward
from tests.support.cast import PASSWORD, Cast, an_episode, sign_functions

OFF = {"is_on": "off", "reason": "The monitors are being replaced.", "password": PASSWORD}
ON = {**OFF, "is_on": "on", "confirmed": ["read", "site", "tested", "trained"]}
BANNER = "Alarms are OFF in Glimmer: watch the monitor itself."


@pytest.fixture(autouse=True)
def no_failures_counted():
    """Failed signatures are counted beside the database, and would slow the next test down."""
    cache.clear()


@pytest.fixture
def ward(db) -> Ward:
    live.forget_all()
    return a_ward(datetime.now(UTC) - timedelta(minutes=20))


def desaturation(ward: Ward, minutes: int = 5) -> None:
    """The monitor says 80 % from one minute to the next."""
    now = datetime.now(UTC)
    for ago in range(minutes, -1, -1):
        at = now - timedelta(minutes=ago)
        chart_messages([vitals(ward, f"low-{ago}", at, readings=(Reading(Parameter.SPO2, 80, at, "oximeter"),))])


def test_a_fresh_clinic_has_everything_off_until_somebody_signs(db):
    assert functions_now() == ALL_OFF


def test_everybody_reads_the_page_and_only_the_safety_officer_can_sign(as_, cast: Cast):
    for name in vars(cast):
        page = as_(name).get(reverse("safety")).content.decode()
        assert "Alarms: ON" in page
        assert "Prediction: OFF" in page
        assert ("Sign alarms on or off" in page) == (name == "wilf")
    assert as_("idris").post(reverse("safety_sign", args=["alarms"]), OFF).status_code == 403
    assert functions_now().alarms


def test_a_signature_needs_the_password_again(as_, cast: Cast):
    page = as_("wilf").post(reverse("safety_sign", args=["alarms"]), {**OFF, "password": "not it"})
    assert page.status_code == 422
    assert "The password is wrong. Nothing was signed." in page.content.decode()
    assert functions_now().alarms


def test_guessing_the_password_of_a_signature_is_slowed(as_, cast: Cast):
    browser = as_("wilf")
    for _ in range(9):
        page = browser.post(reverse("safety_sign", args=["alarms"]), {**OFF, "password": "a guess"})
    assert "too many wrong attempts" in page.content.decode()
    assert browser.post(reverse("safety_sign", args=["alarms"]), OFF).status_code == 422


@pytest.mark.parametrize("left_out", ["read", "site", "tested", "trained"])
def test_switching_on_needs_every_statement(as_, cast: Cast, left_out: str):
    sign_functions(cast.wilf, False, Function.ALARMS)
    confirmed = [key for key in ON["confirmed"] if key != left_out]
    page = as_("wilf").post(reverse("safety_sign", args=["alarms"]), {**ON, "confirmed": confirmed})
    assert "Tick every statement." in page.content.decode()
    assert not functions_now().alarms


def test_nothing_is_ticked_or_chosen_beforehand(as_, cast: Cast):
    assert "checked" not in as_("wilf").get(reverse("safety")).content.decode()


def test_a_signature_keeps_who_when_why_and_what_was_read(as_, cast: Cast):
    as_("wilf").post(reverse("safety_sign", args=["alarms"]), OFF)
    assert as_("wilf").post(reverse("safety_sign", args=["alarms"]), ON).status_code == 302
    signing = SwitchSigning.objects.last()
    assert (signing.function, signing.is_on, signing.signed_by, signing.reason) == (
        "alarms",
        True,
        cast.wilf,
        "The monitors are being replaced.",
    )
    assert len(signing.confirmed) == 4
    assert set(signing.documents) == {"Safety case report", "Intended purpose", "Hazard log"}
    assert all(re.fullmatch(r"\S+ \(sha256 [0-9a-f]{64}\)", stamp) for stamp in signing.documents.values())
    assert AuditLine.objects.last().details == {"function": "alarms", "is_on": True}
    assert "Dr Wilf Tarrant" in as_("maya").get(reverse("safety")).content.decode()


def test_a_signature_for_documents_that_have_changed_says_so_to_everybody(as_, cast: Cast, monkeypatch):
    says = "Signed for other versions of the documents than those installed now."
    assert says not in as_("maya").get(reverse("safety")).content.decode()
    changed = [replace(document, digest="0" * 64) for document in safety_documents()]
    monkeypatch.setattr("glimmer.actions.switches.safety_documents", lambda: changed)
    assert as_("maya").get(reverse("safety")).content.decode().count(says) == 2


def test_prediction_is_signed_like_the_others_and_says_that_it_recommends_nothing(as_, cast: Cast):
    assert "It recommends no dose and no alarm knows of it." in as_("maya").get(reverse("safety")).content.decode()
    assert not functions_now().prediction
    assert as_("wilf").post(reverse("safety_sign", args=["prediction"]), ON).status_code == 302
    assert functions_now().prediction


def test_hazard_log_and_documents_are_read_by_all_staff(as_, cast: Cast):
    log = as_("ness").get(reverse("safety_hazards")).content.decode()
    assert "A reading is charted for another patient than the one it was measured on." in log
    assert "before any clinical use" in log
    text = as_("ness").get(reverse("safety_document", args=["intended-purpose"])).content.decode()
    assert "dose_arithmetic" in text
    assert as_("ness").get(reverse("safety_document", args=["nothing"])).status_code == 404


@pytest.mark.parametrize("name", ["maya", "idris", "bea", "gil", "wilf"])
def test_every_page_says_which_functions_are_on(as_, cast: Cast, name: str):
    sign_functions(cast.wilf, False, Function.DOSE_ARITHMETIC)
    for route in ("home", "help", "protocols", "safety", "safety_hazards"):
        page = as_(name).get(reverse(route)).content.decode()
        assert "Functions on: alarms. Off: dose arithmetic, prediction." in page
        assert BANNER not in page


def test_pages_that_do_not_ask_the_database_say_that_they_do_not_know(client, db):
    assert "Which functions are on is not known on this page." in client.get("/nowhere").content.decode()
    assert "Functions on: none. Off: dose arithmetic, alarms, prediction." in client.get("/sign-in").content.decode()


def test_alarms_off_says_so_on_every_page(as_, cast: Cast):
    sign_functions(cast.wilf, False, Function.ALARMS)
    for route in ("home", "board", "calendar", "patients", "safety"):
        assert BANNER in as_("maya").get(reverse(route)).content.decode()


def test_off_means_off_on_the_session_page_and_the_board(client, ward: Ward):
    session = ward.running(datetime.now(UTC) - timedelta(minutes=15))
    sign_functions(ward.officer, False, Function.ALARMS)
    client.force_login(ward.nurse)
    desaturation(ward)
    watch(datetime.now(UTC))
    for address in (reverse("session", args=[session.pk]), reverse("board")):
        page = client.get(address).content.decode()
        assert BANNER in page
        assert ">80" in page
        assert "Not judged" in page
        assert "Within limits" not in page
        assert "Beyond" not in page
        assert 'class="glimmer-alarm ' not in page
        assert "is-ok" not in page
        assert "is-danger" not in page
    assert not [event for event in events_of(session.pk) if isinstance(event.what, AlarmRaised)]
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert '"limits":[]' in page
    assert "Not scored: alarms are off in Glimmer." in page


def test_the_same_desaturation_alarms_when_alarms_are_on(client, ward: Ward):
    session = ward.running(datetime.now(UTC) - timedelta(minutes=15))
    client.force_login(ward.nurse)
    desaturation(ward)
    watch(datetime.now(UTC))
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert BANNER not in page
    assert 'class="glimmer-alarm is-high' in page


def test_switching_off_in_the_middle_of_a_session_changes_what_open_pages_are_sent_next(ward: Ward):
    session = ward.running(datetime.now(UTC) - timedelta(minutes=15))
    desaturation(ward)
    watch(datetime.now(UTC))
    before, board_before = session_frame(session, "nurse"), board_frame(ward.nurse)
    assert "glimmer-alarm" in before.parts["alarms"]
    sign_functions(ward.officer, False, Function.ALARMS)
    live.live_view(session.pk, datetime.now(UTC))
    after = session_frame(session, "nurse")
    assert BANNER in after.parts["functions"]
    assert after.parts["alarms"].strip() == ""
    assert after.shape != before.shape
    assert BANNER not in board_before.parts["functions"]
    switched = [event for event in events_of(session.pk) if isinstance(event.what, FunctionsSwitched)]
    assert [event.what.alarms for event in switched] == [True, False]


def test_with_dose_arithmetic_off_the_plan_page_works_out_nothing(as_, cast: Cast):
    sign_functions(cast.wilf, False, Function.DOSE_ARITHMETIC)
    episode = an_episode(cast, at="plan")
    page = as_("idris").get(reverse("plan", args=[episode.pk])).content.decode()
    assert "Dose arithmetic is OFF in Glimmer" in page
    assert "Work out the dose" not in page
    assert 'name="basis"' not in page
    order = {
        "protocol_id": "iv-racemic-standard", "weight_kg": "70", "height_cm": "170", "dose_mg": "33",
        "oxygen_scale": "1", "pregnancy_possible": "no", "seen": episode.revision, "do": "prescribe",
    }  # fmt: skip
    assert as_("idris").post(reverse("plan_prescribe", args=[episode.pk]), {**order, "dose_mg": ""}).status_code == 422
    assert as_("idris").post(reverse("plan_prescribe", args=[episode.pk]), order).status_code == 302
    page = as_("una").get(reverse("plan", args=[episode.pk])).content.decode()
    assert "33 mg (typed by the prescriber, not worked out) over 40 minutes" in page
    assert "35 mg" not in page
    assert "Agree as second prescriber" in page


def test_with_dose_arithmetic_off_the_syringe_is_typed_and_no_working_is_shown(client, ward: Ward):
    sign_functions(ward.officer, False, Function.DOSE_ARITHMETIC)
    session = ward.open(datetime.now(UTC))
    client.force_login(ward.nurse)
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert 'name="rate_ml_per_hour"' in page
    assert "Work out volumes and rate" not in page
    typed = {
        "vial_concentration_mg_per_ml": "10", "batch": "B1", "expires_on-day": "1", "expires_on-month": "1",
        "expires_on-year": "2030", "total_volume_ml": "50", "drug_volume_ml": "3.5",
        "final_concentration_mg_per_ml": "0.7", "rate_ml_per_hour": "75", "form_token": "press-1",
    }  # fmt: skip
    refused = client.post(reverse("session_prepare", args=[session.pk]), {**typed, "rate_ml_per_hour": ""})
    assert refused.status_code == 422
    assert client.post(reverse("session_prepare", args=[session.pk]), typed).status_code == 302
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert "75 mL/h" in page
    assert "The working" not in page


def test_the_log_of_the_session_says_who_switched_what(client, ward: Ward):
    session = ward.open()
    sign_functions(ward.officer, False, Function.ALARMS)
    client.force_login(ward.nurse)
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert "alarms OFF" in page
    assert "signed by Dr Wilf Tarrant" in page


def test_with_alarms_off_the_page_asks_what_the_readings_would_have_answered(client, ward: Ward):
    sign_functions(ward.officer, False, Function.ALARMS)
    session = ward.open(datetime.now(UTC))
    client.force_login(ward.nurse)
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert 'name="blood_pressure"' in page
    answer = {"blood_pressure": "yes", "observations": "yes", "form_token": "press-1"}
    assert client.post(reverse("session_checks", args=[session.pk]), answer).status_code == 302
    page = client.get(reverse("session", args=[session.pk])).content.decode()
    assert 'id="check-blood_pressure" class="is-met"' in page
