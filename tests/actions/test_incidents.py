"""Reporting, assessing, telling, filing and closing: who may, once, in order, and with its line in the audit."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from glimmer.actions import incidents as do
from glimmer.actions.controlled import Draft as Entry
from glimmer.actions.controlled import account_for_drug, write_entry
from glimmer.actions.incidents import Draft
from glimmer.actions.log import log_of
from glimmer.actions.session import complete_infusion, record_side_effect, start_infusion
from glimmer.actions.yellow_card import export_card
from glimmer.care.controlled import Kind as EntryKind
from glimmer.care.incidents import Assessment, Kind, Step
from glimmer.care.session.drug import drug_of
from glimmer.records.access import NotFound, access_incidents
from glimmer.records.audit import AuditLine
from glimmer.records.controlled import facts as book_of
from glimmer.records.incidents import facts
from glimmer.records.models import IncidentReport, Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
GRAVE = Assessment(
    term="seizure", grade=4, serious=("life_threatening",), expected=False, causality="probable",
    drug="Ketamine (racemic)", harm="severe", psychological_harm="none", notifiable=True,
)  # fmt: skip


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


@pytest.fixture
def officer(db: None) -> Staff:
    return Staff.objects.create(username="orla", name="Orla Vanterpool", role=Role.ACCOUNTABLE_OFFICER.value)


def a_report(ward: Ward, **more: Any) -> IncidentReport:
    draft = Draft(Kind.ADVERSE_EVENT, "Shook for a minute", episode=ward.episode, **more)
    return do.report_incident(draft, by=ward.nurse, at=NOON)


def closed_in(ward: Ward, report: IncidentReport, seen: int, by: Staff) -> None:
    do.close_incident(report, "Looked at with the team", "Ask about seizures first", seen=seen, by=by, at=NOON + HOUR)


def test_report_names_its_author_and_starts_a_clock(ward: Ward) -> None:
    report = a_report(ward)
    assert report.reported_by == ward.nurse
    assert report.due_at == NOON + timedelta(days=1)
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert (line.action, line.subject_id, line.patient_id) == ("report_incident", report.pk, ward.patient.pk)
    assert "Shook" not in str(line.details)


def test_adverse_event_is_of_a_patient_and_says_what_happened(ward: Ward) -> None:
    with pytest.raises(BadInput, match="of a patient"):
        do.report_incident(Draft(Kind.ADVERSE_EVENT, "Something"), by=ward.nurse)
    with pytest.raises(BadInput, match="what happened"):
        do.report_incident(Draft(Kind.NEAR_MISS, " "), by=ward.nurse)
    with pytest.raises(NotAllowed):
        do.report_incident(Draft(Kind.NEAR_MISS, "Nearly"), by=ward.researcher)


def test_same_press_reports_once(ward: Ward) -> None:
    draft = Draft(Kind.NEAR_MISS, "The wrong syringe was nearly taken")
    first, second = (do.report_incident(draft, by=ward.nurse, form_token="press", at=NOON) for _ in range(2))
    assert first == second
    assert IncidentReport.objects.count() == 1


def test_side_effect_of_the_log_becomes_a_report_that_is_filled_in(ward: Ward) -> None:
    session = ward.running()
    (event,) = record_side_effect(session, "vertigo", "severe", "observed", by=ward.nurse, at=NOON)
    draft = do.prefilled(session, event.seq)
    assert (draft.term, draft.happened_at, draft.episode) == ("vertigo", NOON, session.episode)
    assert "vertigo" in draft.what.lower()
    with pytest.raises(NotFound):
        do.prefilled(session, 999)


def test_whole_way_of_a_grave_reaction(ward: Ward) -> None:
    report = a_report(ward)
    with pytest.raises(NotAllowed):
        do.assess_incident(report, GRAVE, seen=0, by=ward.nurse)
    do.assess_incident(report, GRAVE, seen=0, by=ward.psychiatrist, at=NOON)
    steps: list[tuple[Step, dict[str, Any]]] = [
        (Step.OUTCOME, {"outcome": "recovered"}),
        (Step.TOLD, {"whom": "The patient", "note": "All of it; support offered", "apologised": True}),
        (Step.WROTE, {"note": "Letter of today"}),
        (Step.CARD, {"filed": True, "reference": "YC-1"}),
        (Step.LFPSE, {"reference": "L-1"}),
    ]
    for seen, (step, body) in enumerate(steps, start=1):
        with pytest.raises(RuleRefused, match="cannot be closed yet"):
            closed_in(ward, report, seen, ward.psychiatrist)
        do.add_step(report, step, body, seen=seen, by=ward.nurse, at=NOON + HOUR)
        if step is Step.CARD:
            break
    closed_in(ward, report, 5, ward.psychiatrist)
    report.refresh_from_db()
    assert report.is_closed
    assert report.due_at is None
    do.reopen_incident(report, "A second seizure at home", seen=6, by=ward.pharmacist, at=NOON + HOUR)
    report.refresh_from_db()
    assert not report.is_closed
    assert report.due_at is not None


def test_reporter_cannot_close_and_whoever_is_second_reads_why(ward: Ward) -> None:
    report = do.report_incident(Draft(Kind.NEAR_MISS, "Nearly"), by=ward.psychiatrist, at=NOON)
    none = replace(GRAVE, term="", grade=None, serious=(), drug="", causality="", harm="none", notifiable=False)
    do.assess_incident(report, none, seen=0, by=ward.psychiatrist, at=NOON)
    with pytest.raises(RuleRefused, match="You reported it"):
        closed_in(ward, report, 1, ward.psychiatrist)
    with pytest.raises(ChangedMeanwhile):
        closed_in(ward, report, 0, ward.pharmacist)
    closed_in(ward, report, 1, ward.pharmacist)


@pytest.mark.parametrize(
    ("step", "body", "words"),
    [
        (Step.TOLD, {"whom": "The patient", "note": "All of it"}, "apology"),
        (Step.OUTCOME, {"outcome": "fine"}, "Choose the outcome"),
        (Step.CARD, {"filed": False}, "why no Yellow Card"),
        (Step.CARD, {"filed": True}, "reference"),
        (Step.CLOSED, {}, "form of its own"),
        (Step.OFFICER, {"note": "Mine"}, "Only the accountable officer"),
    ],
)
def test_step_that_does_not_say_enough_is_refused(ward: Ward, step: Step, body: dict[str, Any], words: str) -> None:
    report = a_report(ward)
    with pytest.raises(BadInput, match=words):
        do.add_step(report, step, body, seen=0, by=ward.nurse)
    assert report.steps.count() == 0


def test_card_is_handed_out_without_the_name_and_with_a_line_in_the_audit(ward: Ward) -> None:
    session = ward.running()
    report = a_report(ward, session=session)
    with pytest.raises(RuleRefused, match="without these facts"):
        export_card(report, "clinic@glimmer.example", by=ward.nurse)
    do.assess_incident(report, GRAVE, seen=0, by=ward.psychiatrist, at=NOON)
    card = orjson.loads(export_card(report, "clinic@glimmer.example", by=ward.nurse))
    assert card["G_drugs"][0]["dose"] == "35 mg over 40 min"
    assert card["G_drugs"][0]["batch"] == BATCH
    assert card["E_reactions"][0]["snomed"] == "91175000"
    assert card["D_patient"] == {
        "initials": "A" + ward.patient.family_name[0].upper(),
        "local_number": ward.patient.local_number,
        "sex": "female",
        "age_years": 42,
        "weight_kg": 70.0,
    }
    text = orjson.dumps(card).decode()
    assert ward.patient.nhs_number not in text
    assert ward.patient.family_name not in text
    line = AuditLine.objects.order_by("pk").last()
    assert line is not None
    assert (line.action, line.patient_id) == ("export_card", ward.patient.pk)


# Controlled drugs


def counted(number: int) -> Entry:
    return Entry(EntryKind.CHECK, counted=number)


def test_count_that_differs_opens_one_incident_to_the_officer(ward: Ward, officer: Staff) -> None:
    page = a_page(ward)
    two: dict[str, Any] = {"by": ward.nurse, "witness": ward.second_nurse, "at": NOON}
    write_entry(page, counted(10), seen=1, **two)
    assert not IncidentReport.objects.exists()
    write_entry(page, counted(9), seen=2, **two)
    report = IncidentReport.objects.get()
    assert (report.kind, report.page, report.entry_number) == ("controlled_drug", page, 3)
    assert report.due_at == NOON + timedelta(hours=48)
    assert "counted 9, the book says 10" in report.what
    # A second count that differs, and what settled it, are added to the same one.
    write_entry(page, counted(9), seen=3, **two)
    settled = Entry(EntryKind.SETTLEMENT, -1, batch=BATCH, expires_on=EXPIRES, about=4, note="Broken in the cupboard")
    write_entry(page, settled, seen=4, **two)
    notes = [step.body["note"] for step in report.steps.all()]
    assert len(notes) == 2
    assert "Broken in the cupboard" in notes[1]
    report.refresh_from_db()
    assert not report.is_closed
    do.add_step(report, Step.OFFICER, {"note": "I look at the camera"}, seen=2, by=officer, at=NOON + HOUR)
    closed_in(ward, report, 3, officer)


def test_dose_that_does_not_add_up_is_written_as_it_is_and_goes_to_the_officer(ward: Ward, officer: Staff) -> None:
    page = a_page(ward)
    session = ward.ready()
    take(session, page, seen=1, by=ward.nurse, witness=ward.second_nurse, at=NOON)
    start_infusion(session, by=ward.nurse, at=NOON)
    complete_infusion(session, 50, by=ward.nurse, at=NOON + HOUR)
    two: dict[str, Any] = {"by": ward.nurse, "witness": ward.second_nurse, "at": NOON + HOUR}
    with pytest.raises(RuleRefused, match=r"1\.00 mL are not accounted for"):
        account_for_drug(session, 3.5, 15.5, **two)
    assert not IncidentReport.objects.exists()
    account_for_drug(session, 3.5, 15.5, "The vial fell", **two)
    accounted = drug_of(log_of(session.pk)).accounted
    assert accounted is not None
    assert (accounted.missing_ml, accounted.explanation) == (1, "The vial fell")
    report = IncidentReport.objects.get()
    assert (report.session, report.page) == (session, page)
    assert report.due_at == NOON + HOUR + timedelta(hours=48)
    assert book_of(page).balance == 9


def test_amounts_that_add_up_open_nothing_whatever_is_said_beside_them(ward: Ward) -> None:
    page = a_page(ward)
    session = ward.ready()
    take(session, page, seen=1, by=ward.nurse, witness=ward.second_nurse, at=NOON)
    start_infusion(session, by=ward.nurse, at=NOON)
    complete_infusion(session, 50, by=ward.nurse, at=NOON + HOUR)
    account_for_drug(session, 3.5, 16.5, "As always", by=ward.nurse, witness=ward.second_nurse, at=NOON + HOUR)
    assert not IncidentReport.objects.exists()


def test_officer_sees_what_is_about_controlled_drugs_and_nobody_else_closes_it(ward: Ward, officer: Staff) -> None:
    page = a_page(ward)
    write_entry(page, counted(9), seen=1, by=ward.nurse, witness=ward.second_nurse, at=NOON)
    about_patient = a_report(ward)
    report = IncidentReport.objects.get(kind="controlled_drug")
    assert list(access_incidents(officer)) == [report]
    therapist = Staff.objects.create(username="t", name="T", role=Role.THERAPIST.value)
    assert list(access_incidents(therapist)) == [about_patient]
    with pytest.raises(RuleRefused, match="closed by the accountable officer"):
        closed_in(ward, report, 0, ward.psychiatrist)
    assert do.waiting_incidents(officer, NOON + timedelta(hours=49)) == (1, 1)
    assert do.waiting_incidents(ward.researcher, NOON) == (0, 0)
    assert facts(report).kind is Kind.CONTROLLED_DRUG
