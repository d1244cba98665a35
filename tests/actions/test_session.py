"""A session by hand, from the checks to the pump, and what is refused on the way."""

from datetime import date, timedelta

import pytest
from django.db import connection

from glimmer.actions.booking import book_appointment
from glimmer.actions.consent import withdraw_consent
from glimmer.actions.live import live_view
from glimmer.actions.session import (
    Observation,
    SyringeDetails,
    acknowledge_alarm,
    cancel_session,
    check_preparation,
    complete_infusion,
    correct_event,
    override_check,
    pause_infusion,
    prepare_infusion,
    preview_preparation,
    record_checks,
    record_observation,
    record_side_effect,
    resume_infusion,
    start_infusion,
    stop_infusion,
    write_note,
)
from glimmer.care.session.events import FunctionsSwitched, InfusionPrepared, InfusionStarted, NoteWritten, SessionOpened
from glimmer.records.claims import Claim
from glimmer.records.logbook import events_of
from glimmer.records.models import AuditLine, LogLine, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SYRINGE = SyringeDetails(vial_concentration_mg_per_ml=10, total_volume_ml=50, batch="B1", expires_on=date(2027, 1, 31))


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward()


# Opening


def test_a_session_opens_on_its_day_and_pins_what_it_runs_under(ward: Ward) -> None:
    session = ward.open(connected=False)
    opened, switched = events_of(session.pk)
    assert session.phase == "checks"
    assert opened.by == "Maya Okafor, nurse"
    assert isinstance(opened.what, SessionOpened)
    assert (opened.what.dose_mg, opened.what.infusion_minutes, opened.what.weight_kg) == (35, 40, 70)
    assert opened.what.protocol_version == ward.plan.protocol_version
    assert switched.what == FunctionsSwitched(
        alarms=True, dose_arithmetic=True, prediction=False, signed_by="Dr Wilf Tarrant, safety officer"
    )


def test_a_session_opened_twice_is_one_session(ward: Ward) -> None:
    assert ward.open(connected=False) == ward.open(connected=False)
    assert LogLine.objects.count() == 2


def test_a_session_does_not_open_on_another_day(ward: Ward) -> None:
    with pytest.raises(RuleRefused, match=r"booked for 23 November 2026, and today is 24 November 2026"):
        ward.open(NOON + timedelta(days=1))
    assert not TreatmentSession.objects.exists()


def test_a_bay_takes_one_session_at_a_time(ward: Ward) -> None:
    ward.open(connected=False)
    other = a_ward()
    other.appointment.bay = ward.bay
    other.appointment.starts_at += 3 * 60 * MINUTE
    other.appointment.ends_at += 3 * 60 * MINUTE
    other.appointment.save()
    with pytest.raises(RuleRefused, match="still has a session that has not ended"):
        other.open()


def test_a_cancelled_date_opens_no_session(ward: Ward) -> None:
    ward.appointment.cancelled_at, ward.appointment.cancelled_by = NOON, ward.nurse
    ward.appointment.save()
    with pytest.raises(RuleRefused, match="was cancelled"):
        ward.open(connected=False)


# Checks before


def test_the_pump_does_not_start_on_unanswered_checks_and_every_reason_is_named(ward: Ward) -> None:
    session = ward.open(connected=False)
    with pytest.raises(RuleRefused) as refused:
        start_infusion(session, by=ward.nurse, at=NOON)
    reasons = " ".join(refused.value.reasons)
    assert "Not answered yet" in reasons
    assert "blood pressure" in reasons
    assert "has not been prepared yet" in reasons
    assert not LogLine.objects.filter(kind="started").exists()


def test_the_pump_starts_once_all_is_answered_measured_prepared_and_checked(ward: Ward) -> None:
    session = ward.running()
    assert session.phase == "running"
    assert session.ended_at is None


def test_a_withdrawn_consent_stops_the_start(ward: Ward) -> None:
    session = ward.ready()
    given = ward.episode.consents.get()
    given.pk, given.decision, given.recorded_at = None, "withdrawn", NOON
    given.save()
    with pytest.raises(RuleRefused, match="withdr"):
        start_infusion(session, by=ward.nurse, at=NOON)


def test_a_plan_that_was_replaced_stops_the_start(ward: Ward) -> None:
    session = ward.ready()
    newer = ward.plan
    newer.pk, newer.version = None, 2
    newer.save()
    with pytest.raises(RuleRefused, match="the plan is now version 2"):
        start_infusion(session, by=ward.nurse, at=NOON)


def test_a_failed_check_stops_the_start_until_a_psychiatrist_answers_for_it(ward: Ward) -> None:
    session = ward.open(connected=False)
    ward.answer_checks(session, food="no")
    ward.observe(session)
    ward.prepare(session)
    with pytest.raises(RuleRefused):
        start_infusion(session, by=ward.nurse, at=NOON)
    with pytest.raises(NotAllowed):
        override_check(session, "food", "A biscuit only.", by=ward.nurse, at=NOON)
    override_check(session, "food", "A biscuit at seven, nothing since.", by=ward.psychiatrist, at=NOON)
    start_infusion(session, by=ward.nurse, at=NOON)
    assert session.phase == "running"


def test_a_check_that_nobody_may_override_stays(ward: Ward) -> None:
    session = ward.open(connected=False)
    ward.answer_checks(session, consent="no")
    with pytest.raises(RuleRefused, match="lets nobody go on without it"):
        override_check(session, "consent", "In a hurry.", by=ward.psychiatrist, at=NOON)


def test_a_check_that_is_measured_is_not_answered_by_hand(ward: Ward) -> None:
    with pytest.raises(BadInput, match="worked out from the measured values") as refused:
        record_checks(ward.open(connected=False), {"blood_pressure": ("yes", "")}, by=ward.nurse, at=NOON)
    assert refused.value.field == "blood_pressure"


@pytest.mark.parametrize(
    ("answers", "words"),
    [({}, "No check was answered"), ({"food": ("maybe", "")}, "Choose an answer"), ({"moon": ("yes", "")}, "not part")],
)
def test_nonsense_in_the_checks_is_refused_in_words(ward: Ward, answers: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        record_checks(ward.open(connected=False), answers, by=ward.nurse, at=NOON)


# The syringe


def test_the_syringe_is_worked_out_from_the_dose(ward: Ward) -> None:
    # 35 mg of 10 mg/mL is 3.5 mL; in 50 mL that is 0.7 mg/mL; 50 mL over 40 min is 75 mL/h.
    worked = preview_preparation(ward.open(connected=False), 10, 50)
    assert worked.drug_volume_ml == pytest.approx(3.5)
    assert worked.final_concentration_mg_per_ml == pytest.approx(0.7)
    assert worked.rate_ml_per_hour == pytest.approx(75)


def test_nobody_checks_their_own_syringe(ward: Ward) -> None:
    session = ward.open(connected=False)
    prepare_infusion(session, SYRINGE, by=ward.nurse, at=NOON)
    with pytest.raises(RuleRefused, match="Ask a colleague"):
        check_preparation(session, by=ward.nurse, at=NOON)
    check_preparation(session, by=ward.second_nurse, at=NOON)
    assert session.phase == "ready"


def test_a_new_syringe_takes_away_the_check_of_the_old_one(ward: Ward) -> None:
    session = ward.ready()
    prepare_infusion(session, SYRINGE, by=ward.nurse, at=NOON + MINUTE)
    assert session.phase == "checks"
    with pytest.raises(RuleRefused, match="second person"):
        start_infusion(session, by=ward.nurse, at=NOON + MINUTE)


def test_a_check_of_a_syringe_that_was_replaced_meanwhile_is_refused(ward: Ward) -> None:
    session = ward.open(connected=False)
    (first,) = prepare_infusion(session, SYRINGE, by=ward.nurse, at=NOON)
    prepare_infusion(session, SYRINGE, by=ward.nurse, at=NOON + MINUTE)
    with pytest.raises(ChangedMeanwhile, match="new syringe was prepared"):
        check_preparation(session, prepared_seq=first.seq, by=ward.second_nurse, at=NOON + MINUTE)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vial_concentration_mg_per_ml": 11}, "vial_concentration_mg_per_ml"),
        ({"batch": "  "}, "batch"),
        ({"expires_on": date(2026, 11, 22)}, "expires_on"),
        ({"total_volume_ml": 0}, "total_volume_ml"),
    ],
)
def test_a_syringe_that_cannot_be_is_refused_at_its_field(ward: Ward, change: dict, field: str) -> None:
    from dataclasses import replace

    with pytest.raises(BadInput) as refused:
        prepare_infusion(ward.open(connected=False), replace(SYRINGE, **change), by=ward.nurse, at=NOON)
    assert refused.value.field == field
    assert not LogLine.objects.filter(kind=InfusionPrepared.kind).exists()


# The pump


def test_pause_resume_and_complete(ward: Ward) -> None:
    session = ward.running()
    pause_infusion(session, "Feels sick", by=ward.nurse, at=NOON + 10 * MINUTE)
    assert session.phase == "paused"
    resume_infusion(session, by=ward.nurse, at=NOON + 15 * MINUTE)
    assert session.phase == "running"
    complete_infusion(session, 50, by=ward.nurse, at=NOON + 45 * MINUTE)
    assert session.phase == "recovering"


def test_a_stopped_infusion_is_not_resumed(ward: Ward) -> None:
    session = ward.running()
    stop_infusion(session, "Asked to stop", by=ward.nurse, at=NOON + 10 * MINUTE)
    with pytest.raises(RuleRefused, match="Only a paused infusion"):
        resume_infusion(session, by=ward.nurse, at=NOON + 11 * MINUTE)


def test_a_pause_needs_a_reason(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(BadInput) as refused:
        pause_infusion(session, " ", by=ward.nurse, at=NOON + MINUTE)
    assert refused.value.field == "reason"


def test_a_second_start_says_who_started(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(ChangedMeanwhile, match="Maya Okafor, nurse started the infusion at 12:00"):
        start_infusion(session, by=ward.second_nurse, at=NOON + MINUTE)


def test_a_session_in_which_drug_was_given_is_not_cancelled(ward: Ward) -> None:
    session = ward.running()
    with pytest.raises(RuleRefused, match="stop the infusion"):
        cancel_session(session, "Changed my mind", by=ward.nurse, at=NOON + MINUTE)


def test_a_cancelled_session_frees_the_bay(ward: Ward) -> None:
    session = ward.open(connected=False)
    cancel_session(session, "Blood pressure stayed high", by=ward.nurse, at=NOON + MINUTE)
    assert session.phase == "cancelled"
    assert session.ended_at == NOON + MINUTE
    # Another patient is booked into that bay at that time, and the patient themselves elsewhere.
    ward.appointment.refresh_from_db()
    assert (ward.appointment.cancelled_by, ward.appointment.cancelled_at) == (ward.nurse, NOON + MINUTE)
    assert not Claim.objects.filter(source="appointment", source_id=ward.appointment.pk).exists()
    again = book_appointment(ward.plan, 1, NOON + timedelta(hours=1), ward.bay, by=ward.nurse, at=NOON + MINUTE)
    assert again.cancelled_at is None


# Observations, side effects, notes, corrections


@pytest.mark.parametrize(
    ("observation", "field"),
    [
        (Observation(), ""),
        (Observation(values={Parameter.SPO2: 140}), "spo2"),
        (Observation(values={Parameter.SYSTOLIC: 120}), "diastolic"),
        (Observation(values={Parameter.SYSTOLIC: 80, Parameter.DIASTOLIC: 90}), "diastolic"),
        (Observation(values={Parameter.INFUSION_RATE: 75}), "infusion_rate"),
        (Observation(consciousness="X"), "consciousness"),
        (Observation(consciousness="A", attributed_to_drug=True), "attributed_to_drug"),
        (Observation(sedation=6), "sedation"),
        (Observation(dissociation=93), "dissociation"),
        (Observation(values={Parameter.PULSE: 70}, due_minute=17), "due_minute"),
        (Observation(values={Parameter.PULSE: 70}, measured_at=NOON + 10 * MINUTE), "measured_at"),
        (Observation(values={Parameter.PULSE: 70}, measured_at=NOON - 10 * MINUTE), "measured_at"),
    ],
)
def test_an_observation_that_cannot_be_is_refused_at_its_field(
    ward: Ward, observation: Observation, field: str
) -> None:
    session = ward.open(connected=False)
    with pytest.raises(BadInput) as refused:
        record_observation(session, observation, by=ward.nurse, at=NOON)
    assert refused.value.field == field
    assert LogLine.objects.count() == 2


def test_an_observation_keeps_when_it_was_measured(ward: Ward) -> None:
    session = ward.open(NOON - 10 * MINUTE, connected=False)
    measured_at = NOON - 5 * MINUTE
    seen = Observation(values={Parameter.PULSE: 71}, measured_at=measured_at)
    (event,) = record_observation(session, seen, by=ward.nurse, at=NOON)
    assert event.happened_at == measured_at
    assert event.received_at == NOON
    assert events_of(session.pk)[-1] == event


def test_a_side_effect_says_how_it_came_to_be_known(ward: Ward) -> None:
    session = ward.running()
    (event,) = record_side_effect(session, "nausea", "mild", "reported", by=ward.nurse, at=NOON + MINUTE)
    assert (event.what.symptom, event.what.elicited) == ("nausea", "reported")
    with pytest.raises(BadInput, match="how you came to know"):
        record_side_effect(session, "nausea", "mild", "", by=ward.nurse, at=NOON + MINUTE)


def test_a_correction_keeps_the_wrong_entry_visible(ward: Ward) -> None:
    session = ward.open(connected=False)
    (wrong,) = write_note(session, "For somebody else", by=ward.nurse, at=NOON)
    correct_event(session, wrong.seq, "Wrong patient", by=ward.nurse, at=NOON + MINUTE)
    kinds = [event.what.kind for event in events_of(session.pk)]
    assert kinds == ["opened", "functions_switched", "note", "corrected"]
    with pytest.raises(ChangedMeanwhile, match="already marked"):
        correct_event(session, wrong.seq, "Again", by=ward.second_nurse, at=NOON + MINUTE)


def test_a_start_is_not_taken_back(ward: Ward) -> None:
    session = ward.running()
    start = next(event for event in events_of(session.pk) if isinstance(event.what, InfusionStarted))
    with pytest.raises(RuleRefused, match="Others have acted on it"):
        correct_event(session, start.seq, "Pressed too early", by=ward.nurse, at=NOON + MINUTE)


# What every act shares


def test_the_same_press_posted_twice_is_stored_once(ward: Ward) -> None:
    session = ward.open(connected=False)
    first = write_note(session, "Chose the window bay", by=ward.nurse, form_token="press-1", at=NOON)
    again = write_note(session, "Chose the window bay", by=ward.nurse, form_token="press-1", at=NOON)
    assert len(first) == 1
    assert again == []
    assert LogLine.objects.filter(kind=NoteWritten.kind).count() == 1


def test_every_act_leaves_an_audit_line_with_the_patient(ward: Ward) -> None:
    session = ward.running()
    lines = AuditLine.objects.exclude(action="sign_function")
    actions = list(lines.values_list("action", flat=True))
    assert actions == [
        "open_session",
        "connect_bay",
        "record_checks",
        "record_observation",
        "prepare_infusion",
        "check_preparation",
        "start_infusion",
    ]
    assert set(lines.values_list("patient_id", flat=True)) == {ward.patient.pk}
    assert AuditLine.objects.last().subject_id == session.pk


def test_a_refused_act_leaves_nothing_behind_but_that_it_was_tried(ward: Ward) -> None:
    session = ward.open(connected=False)
    lines, audits = LogLine.objects.count(), AuditLine.objects.count()
    with pytest.raises(RuleRefused):
        complete_infusion(session, by=ward.nurse, at=NOON)
    assert (LogLine.objects.count(), AuditLine.objects.count()) == (lines, audits + 1)
    tried = AuditLine.objects.order_by("-pk")[0]
    assert (tried.action, tried.actor, tried.subject_id) == ("refused.complete_infusion", ward.nurse, session.pk)
    assert tried.patient_id == session.episode.patient_id


@pytest.mark.parametrize("act", [pause_infusion, stop_infusion, write_note, cancel_session])
def test_a_researcher_may_do_nothing_at_the_bedside(ward: Ward, act) -> None:  # type: ignore[no-untyped-def]
    session = ward.running()
    with pytest.raises(NotAllowed):
        act(session, "Let me", by=ward.researcher, at=NOON)


def test_a_pharmacist_checks_a_syringe_but_does_not_start_the_pump(ward: Ward) -> None:
    session = ward.open(connected=False)
    ward.answer_checks(session)
    ward.observe(session)
    prepare_infusion(session, SYRINGE, by=ward.nurse, at=NOON)
    check_preparation(session, by=ward.pharmacist, at=NOON)
    with pytest.raises(NotAllowed):
        start_infusion(session, by=ward.pharmacist, at=NOON)


def test_the_log_refuses_to_be_changed(ward: Ward) -> None:
    from django.db import DatabaseError, transaction

    session = ward.open(connected=False)
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        LogLine.objects.filter(session=session).update(by="Nobody")
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM records_logline WHERE session_id = %s", [session.pk])
        assert cursor.fetchone() == (2,)


# Consent withdrawn under way


def test_consent_withdrawn_while_the_pump_runs_is_an_alarm_in_the_bay_until_somebody_takes_charge(ward: Ward) -> None:
    session = ward.running()
    later = ward.now + 5 * MINUTE
    withdraw_consent(ward.episode, by=ward.nurse, at=later)
    (alarm,) = [one for one in live_view(session.pk, later + MINUTE).state.alarms if one.rule == "consent-withdrawn"]
    assert alarm.priority == "high"
    acknowledge_alarm(session, alarm.key, "Stopped the pump", by=ward.nurse, at=later + MINUTE)
    (taken,) = [
        one for one in live_view(session.pk, later + 2 * MINUTE).state.all_alarms if one.rule == "consent-withdrawn"
    ]
    assert taken.acknowledged_by == "Maya Okafor, nurse"
