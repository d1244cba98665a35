"""The predicted level beside an infusion and for a plan: what is said, what is not, and when nothing is drawn."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from glimmer.actions import prediction
from glimmer.actions.infusion import pause_infusion
from glimmer.actions.live import forget_all
from glimmer.actions.ports import PORTS
from glimmer.actions.prediction import FAILED, NO_ARITHMETIC, OFF, forget_answers, predicted_levels
from glimmer.actions.readings import chart_messages
from glimmer.care.session.events import InfusionPrepared
from glimmer.care.session.given import given_of
from glimmer.care.session.log import fold
from glimmer.guidance import protocol
from glimmer.pharmacology.beside import answer
from glimmer.records.audit import AuditLine
from glimmer.records.logbook import events_of
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.predicted import session_predicted, session_predicted_part
from tests.actions.test_readings import vitals
from tests.support.bedside import Ward, a_ward
from tests.support.cast import sign_functions
from tests.support.session_page import as_person, look, text_of

pytestmark = pytest.mark.django_db
BEGAN_MINUTES_AGO = 20


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sessions of other tests carry the same numbers; the engine's own process is tested where it is started."""
    monkeypatch.setattr(PORTS, "predict", answer)
    forget_all()
    forget_answers()
    yield
    forget_all()
    forget_answers()


@pytest.fixture
def ward(db: None) -> Ward:
    ward = a_ward(datetime.now(UTC) - timedelta(minutes=BEGAN_MINUTES_AGO))
    sign_functions(ward.officer, True, Function.PREDICTION)
    return ward


def part(ward: Ward, session: Any) -> str:
    shown = as_person(ward.nurse).get(reverse("session_predicted_part", args=[session.pk]))
    assert shown.status_code == 200
    return text_of(shown)


def row(page: str, minute: str) -> list[str]:
    found = re.search(rf'<th scope="row">{re.escape(minute)}</th>(.*?)</tr>', page)
    assert found, page
    return re.findall(r"<td>(.*?)</td>", found[1])


def test_beside_an_infusion_both_models_their_sources_and_what_they_were_given_are_named(ward: Ward) -> None:
    page = part(ward, ward.running())
    for words in (
        "Predicted, not measured; venous.", "It recommends no dose", "no alarm knows of it", "not in the vein",
        "Otto 2021, adapted to racemic ketamine, version otto2021-racemic-1", "Kamp 2020, version kamp2020-1",
        "Weight 70 kg (of the plan) and age 42 years", "no pump has told its rate",
    ):  # fmt: skip
        assert words in page
    # Another program, 20,000 people: 160 typical, and 88 to 244 of nine in ten samples; Kamp 2020: 253.
    _, band, typical, other = row(page, "40")
    low, high = (int(one) for one in band.split(" to "))
    assert (typical, other) == ("160", "253")
    assert abs(low - 88) < 6
    assert abs(high - 244) < 10
    assert "(now)" in page


def test_session_page_has_a_place_for_it_and_does_not_ask_the_model(ward: Ward, monkeypatch: Any) -> None:
    monkeypatch.setattr(PORTS, "predict", lambda asked: pytest.fail("asked while the page was made"))
    session = ward.running()
    page = look(ward.nurse, session)
    assert f'data-predicted="/live/sessions/{session.pk}/predicted"' in page
    assert "predicted.js" in page


def test_pause_is_drawn_and_lowers_what_follows(ward: Ward) -> None:
    session = ward.running()
    pause_infusion(session, "Asked for it", by=ward.nurse, at=ward.now + timedelta(minutes=10))
    forget_all()
    page = part(ward, session)
    # A quarter of the dose was given, and nothing flows while nobody resumes.
    assert "Given by now: 8.7 mg" in page or "Given by now: 8.8 mg" in page
    assert int(row(page, "40")[2]) < 40


def test_rate_of_the_pump_counts_and_silence_greys_the_picture(ward: Ward) -> None:
    session = ward.running()
    for minute in range(1, 6):
        at = ward.now + timedelta(minutes=minute)
        rate = Reading(Parameter.INFUSION_RATE, 75.0, at)
        facts = {"device": ward.pump.identifier, "fingerprint": f"pump-{minute}", "readings": (rate,)}
        chart_messages([vitals(ward, f"pump-{minute}", at, **facts)])
    forget_all()
    page = part(ward, session)
    assert "Based on the pump's own rates" in page
    assert 'class="glimmer-predicted is-stale"' in page
    assert "The pump has told nothing for more than 60 seconds" in page


def test_what_was_shown_is_entered_once_with_models_and_all_they_were_given(ward: Ward) -> None:
    session = ward.running()
    before = len(events_of(session.pk))
    part(ward, session)
    part(ward, session)
    line = AuditLine.objects.get(action="show_prediction")
    assert (line.subject, line.subject_id, line.patient_id) == ("TreatmentSession", session.pk, ward.patient.pk)
    assert line.details["models"] == {"model": "otto2021-racemic-1", "second": "kamp2020-1"}
    asked = line.details["asked"]
    assert (asked["drug"], asked["weight_kg"], asked["age_years"]) == ("racemic", 70.0, 42)
    assert asked["doses"] == [[0, 2400, 35.0]]
    assert len(events_of(session.pk)) == before


@pytest.mark.parametrize(
    ("on", "off", "says"),
    [((), (Function.PREDICTION,), OFF), ((Function.PREDICTION,), (Function.DOSE_ARITHMETIC,), NO_ARITHMETIC)],
)
def test_function_that_is_off_draws_nothing_and_says_so(ward: Ward, on: Any, off: Any, says: str) -> None:
    sign_functions(ward.officer, False, *off)
    session = ward.running() if Function.PREDICTION in off else ward.open()
    assert says in part(ward, session)
    assert "data-predicted=" not in look(ward.nurse, session)


@pytest.mark.parametrize(("weight", "birth_year", "says"), [(150, 1984, "weighs 150 kg"), (70, 2012, "people of 18")])
def test_patient_outside_the_models_range_gets_words_and_no_curve(
    ward: Ward, weight: int, birth_year: int, says: str
) -> None:
    ward.plan.weight_kg = weight
    ward.plan.save()
    ward.patient.birth_date = ward.patient.birth_date.replace(year=birth_year)
    ward.patient.save()
    page = part(ward, ward.ready())
    assert says in page
    assert "<svg" not in page


def test_syringe_that_does_not_hold_the_prescribed_dose_draws_nothing(ward: Ward) -> None:
    session = ward.running()
    events = events_of(session.pk)
    wrong = [
        replace(one, what=replace(one.what, final_concentration_mg_per_ml=7.0))
        if isinstance(one.what, InfusionPrepared)
        else one
        for one in events
    ]
    found = predicted_levels(session, fold(wrong), by=ward.nurse, at=datetime.now(UTC))
    assert "the syringe holds 350.0 mg, and 35 mg are prescribed" in found.refused
    assert predicted_levels(session, fold(events), by=ward.nurse, at=datetime.now(UTC)).refused == ""


@pytest.mark.parametrize(
    ("named", "drug"),
    [
        ("Esketamine", "esketamine"),
        ("S-ketamine hydrochloride", "esketamine"),
        ("(S)-ketamine", "esketamine"),
        ("S(+)-Ketamine", "esketamine"),
        ("Ketamine (racemic)", "racemic"),
        ("Ketamine", "racemic"),
        ("(R,S)-ketamine", "racemic"),
        ("RS-ketamine", "racemic"),
        ("R,S-ketamine 10 mg/mL", "racemic"),
        ("Lozenges ketamine", "racemic"),
    ],
)
def test_name_of_the_drug_in_a_clinics_own_protocol_chooses_the_model(named: str, drug: str) -> None:
    asked = prediction._patient(replace(protocol("iv-racemic-standard", "1"), drug=named), 70.0, 42, [])
    assert asked["drug"] == drug


def test_doubt_about_which_pump_holds_the_drug_draws_nothing(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        prediction, "given_of", lambda log, now: replace(given_of(log, now), flows=(), doubt="Two pumps ran.")
    )
    page = part(ward, ward.running())
    assert "Nothing is drawn.</strong> Two pumps ran." in page
    assert "<svg" not in page


def test_body_mass_index_that_models_know_little_of_is_a_caution(ward: Ward) -> None:
    ward.plan.height_cm = 120
    ward.plan.save()
    assert "The body mass index is 48.6." in part(ward, ward.running())


def test_age_above_sixty_is_drawn_with_a_warning(ward: Ward) -> None:
    ward.patient.birth_date = ward.patient.birth_date.replace(year=1948)
    ward.patient.save()
    page = part(ward, ward.running())
    assert "cleared more slowly than this model knows" in page
    assert "<svg" in page


def test_model_that_fails_leaves_a_sentence_and_the_page_works(ward: Ward, monkeypatch: Any) -> None:
    def broken(asked: Any) -> Any:
        raise RuntimeError("no process")

    monkeypatch.setattr(PORTS, "predict", broken)
    session = ward.running()
    assert FAILED in part(ward, session)
    page = look(ward.nurse, session)
    assert "Pause the infusion" in page


def test_mismatch_in_the_self_test_is_the_reason_that_is_shown(ward: Ward, monkeypatch: Any) -> None:
    fault = "Kamp 2020 gives 1 ng/mL and must give 2. No curve of it is drawn."
    monkeypatch.setattr(PORTS, "predict", lambda asked: {"refused": fault})
    page = part(ward, ward.running())
    assert fault in page
    assert "<svg" not in page


def test_no_word_and_no_colour_for_safe(ward: Ward) -> None:
    page = part(ward, ward.running())
    assert re.search(r"\bsafe\b|\btherapeutic\b|\btoxic\b|\btarget\b", page, re.IGNORECASE) is None
    colours = set(re.findall(r"#[0-9a-f]{6}", page))
    # Greys and one dark blue: nothing green, amber or red.
    assert colours <= {"#d8dde0", "#c8d4dd", "#4c6272", "#212b32", "#003087", "#768692"}


def test_plan_page_leads_to_the_expected_exposure(ward: Ward) -> None:
    address = reverse("plan_exposure", args=[ward.plan.pk])
    browser = as_person(ward.nurse)
    assert address in text_of(browser.get(reverse("plan", args=[ward.episode.pk])))
    page = text_of(browser.get(address))
    # 17.5 mg each at 95.2 and 81.75 litres an hour: 398 ng·h/mL; by Kamp 2020 35 mg at 84: 417.
    for words in ("160 ng/mL", "253 ng/mL", "398 ng·h/mL", "417 ng·h/mL", "It recommends no dose"):
        assert words in page
    # Equal mg/kg, by another program: 143, 160 and 176 at 50, 70 and 100 kg.
    for weight, peak in (("50 kg", 143), ("70 kg", 160), ("100 kg", 176)):
        assert row(page, weight)[0] == f"{peak} ng/mL"
    line = AuditLine.objects.get(action="show_prediction")
    assert (line.subject, line.subject_id) == ("Plan", ward.plan.pk)


def test_picture_that_fetches_itself_is_no_press_and_opens_no_page_on_a_locked_screen() -> None:
    part_gate, page_gate = session_predicted_part.gate, session_predicted.gate
    assert (part_gate.machine, part_gate.stands_open, part_gate.bedside) == (True, "session", True)
    assert (page_gate.machine, page_gate.stands_open) == (False, "")


def test_page_of_its_own_leads_back_to_what_is_measured(ward: Ward) -> None:
    session = ward.running()
    page = text_of(as_person(ward.nurse).get(reverse("session_predicted", args=[session.pk])))
    assert "Back to the session: measured values and alarms" in page
    assert "Predicted, not measured; venous." in page


def test_treatment_that_is_no_infusion_is_refused_in_words(db: None) -> None:
    ward = a_ward(datetime.now(UTC), protocol_id="sc-racemic-step-up")
    sign_functions(ward.officer, True, Function.PREDICTION)
    page = text_of(as_person(ward.nurse).get(reverse("plan_exposure", args=[ward.plan.pk])))
    assert "made on infusions into a vein" in page
