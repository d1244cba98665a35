"""Append-only tables: the database itself refuses to change or delete a line."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from glimmer.records.audit import AuditLine, append_audit
from glimmer.records.models import (
    BaselineResult,
    BrokenGlass,
    CommunicationNeeds,
    ConsentRecord,
    ConsentSignature,
    CourseDecision,
    GlassReview,
    GuidanceApproval,
    GuidanceVersion,
    IllnessView,
    InboundMessage,
    IncidentReport,
    IncidentStep,
    InformationGiven,
    LimitAgreement,
    LogLine,
    LongTermCheck,
    LongTermReview,
    MedicineList,
    MedicineSettling,
    MeetingCase,
    MeetingConclusion,
    MeetingView,
    NoteOpening,
    OwnEntry,
    PatientQuestion,
    PurposeConsent,
    QuarantineDecision,
    QuarantineGroup,
    QuestionAnswer,
    RegisterArrival,
    RegisterEntry,
    RegisterPage,
    RegisterTransfer,
    SafetyPlan,
    SwitchSigning,
    TakeHomeEvent,
    TakeHomePrescription,
    TherapyAttendance,
    TherapyMember,
    TherapyNote,
    TherapySession,
    TreatmentTrial,
    UrgentAct,
    UrgentCall,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TABLES = frozenset(
    {
        "records_logline",
        "records_auditline",
        "records_inboundmessage",
        "records_switchsigning",
        "records_quarantinedecision",
        "records_registerentry",
        "records_incidentreport",
        "records_incidentstep",
        "records_treatmenttrial",
        "records_meetingcase",
        "records_meetingview",
        "records_meetingconclusion",
        "records_urgentcall",
        "records_urgentact",
        "records_safetyplan",
        "records_medicinelist",
        "records_medicinesettling",
        "records_baselineresult",
        "records_illnessview",
        "records_guidanceversion",
        "records_guidanceapproval",
        "records_brokenglass",
        "records_glassreview",
        "records_informationgiven",
        "records_patientquestion",
        "records_questionanswer",
        "records_consentrecord",
        "records_longtermcheck",
        "records_longtermreview",
        "records_coursedecision",
        "records_therapyattendance",
        "records_therapynote",
        "records_noteopening",
        "records_consentsignature",
        "records_communicationneeds",
        "records_purposeconsent",
        "records_takehomeprescription",
        "records_takehomeevent",
        "records_registertransfer",
        "records_registerarrival",
        "records_ownentry",
        "records_limitagreement",
    }
)


@pytest.fixture
def lines(session, maya):
    """One row in each append-only table."""
    LogLine.objects.create(
        session=session, seq=1, kind="note", happened_at=NOW, received_at=NOW, by="Maya", body={"text": "first"}
    )
    append_audit(at=NOW, actor=maya, actor_name=str(maya), action="write_note", subject="LogLine", subject_id=1)
    InboundMessage.objects.create(
        sender="ACME",
        control_id="1",
        kind="ORU^R01",
        status="quarantined",
        reason="unknown patient",
        received_at=NOW,
        raw=b"MSH|",
    )
    group = QuarantineGroup.objects.create(
        alike="unknown", reason="unknown", status="quarantined", first_at=NOW, last_at=NOW, count=1
    )
    QuarantineDecision.objects.create(group=group, seq=1, step="discarded", reason="A test bag", by=maya, at=NOW)
    SwitchSigning.objects.create(
        function="alarms", is_on=True, signed_by=maya, signed_at=NOW, statement={}, reason="A test."
    )
    page = RegisterPage.objects.create(
        premises="Here",
        drug_class="ketamine",
        drug="ketamine",
        form="solution for injection",
        strength_mg_per_ml=10,
        container_ml=20,
        container="vial",
        opened_at=NOW,
        opened_by=maya,
    )
    RegisterEntry.objects.create(
        page=page, number=1, kind="footnote", happened_at=NOW, entered_at=NOW, balance=0, by=maya, by_name="Maya"
    )
    report = IncidentReport.objects.create(
        kind="near_miss", what="A made-up one", happened_at=NOW, reported_at=NOW, reported_by=maya, reported_by_name="M"
    )
    IncidentStep.objects.create(report=report, seq=1, step="note", body={}, by=maya, by_name="Maya", at=NOW)
    TreatmentTrial.objects.create(
        episode=session.episode,
        kind="other",
        name="Light",
        outcome="unknown",
        stated_by="patient",
        recorded_by=maya,
        recorded_at=NOW,
    )
    MedicineList.objects.create(
        episode=session.episode, takes_none=True, asked="the patient", recorded_by=maya, recorded_at=NOW
    )
    MedicineSettling.objects.create(
        episode=session.episode, interaction="maoi", names=[], says="Settled", settled_by=maya, settled_at=NOW
    )
    BaselineResult.objects.create(
        episode=session.episode, test="ecg", done_on=NOW.date(), result="normal", recorded_by=maya, recorded_at=NOW
    )
    call = UrgentCall.objects.create(
        episode=session.episode, urgency="urgent", noticed="Thoughts", raised_by=maya, raised_at=NOW
    )
    UrgentAct.objects.create(call=call, seq=1, step="note", says="Telephoned", by=maya, at=NOW)
    SafetyPlan.objects.create(
        episode=session.episode,
        risk={},
        plan={},
        made_with_patient=True,
        copy_given=True,
        review_on=NOW.date(),
        written_by=maya,
        written_at=NOW,
    )
    case = MeetingCase.objects.create(
        episode=session.episode, held_on=NOW.date(), question="Treat?", put_by=maya, put_at=NOW
    )
    MeetingView.objects.create(case=case, view="for", says="Yes", member=maya, role="nurse", at=NOW)
    MeetingConclusion.objects.create(case=case, advice="treat", says="Yes", concluded_by=maya, concluded_at=NOW)
    IllnessView.objects.create(episode=session.episode, months=3, recorded_by=maya, recorded_at=NOW)
    guidance = {"kind": "selection", "guidance_id": "selection", "version": "9", "digest": "0", "reason": "A test."}
    GuidanceVersion.objects.create(**guidance, document="", proposed_by=maya, proposed_at=NOW)
    GuidanceApproval.objects.create(**guidance, approved_by=maya, approved_at=NOW)
    glass = BrokenGlass.objects.create(
        by=maya,
        patient=session.episode.patient,
        at=NOW,
        until=NOW + timedelta(hours=4),
        reason="other",
        words="A test.",
    )
    GlassReview.objects.create(glass=glass, by=maya, at=NOW, finding="justified", words="A test.")
    _consented(session.episode, maya)
    LongTermCheck.objects.create(
        episode=session.episode,
        domain="liver",
        done_on=NOW.date(),
        answers={},
        is_complete=True,
        recorded_by=maya,
        recorded_at=NOW,
    )
    LongTermReview.objects.create(
        episode=session.episode, domain="liver", decision="wait", reason="A test.", decided_by=maya, decided_at=NOW
    )
    LimitAgreement.objects.create(
        plan=session.plan, stood=[{"kind": "often", "says": "Too often.", "amount": 1}], agreed_by=maya, agreed_at=NOW
    )
    CourseDecision.objects.create(
        episode=session.episode,
        plan=session.plan,
        decision="stop",
        sessions_held=3,
        reason="A test.",
        rests_on={},
        definition_version="1",
        decided_by=maya,
        decided_at=NOW,
    )
    therapy = TherapySession.objects.create(
        kind="therapy",
        is_group=False,
        clinic=session.episode.clinic,
        therapist=maya,
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=50),
        by_video=True,
        planned_by=maya,
        planned_at=NOW,
    )
    member = TherapyMember.objects.create(session=therapy, episode=session.episode, added_by=maya, added_at=NOW)
    TherapyAttendance.objects.create(member=member, attendance="attended", recorded_by=maya, recorded_at=NOW)
    TherapyNote.objects.create(member=member, version=1, text="A test.", written_by=maya, written_at=NOW)
    NoteOpening.objects.create(member=member, by=maya, because="A test.", at=NOW, until=NOW)
    prescription = TakeHomePrescription.objects.create(
        episode=session.episode,
        page=page,
        dose_mg=50,
        every_days=1,
        days=1,
        total_ml=1,
        directions="A test",
        starts_on=NOW.date(),
        patient_name="A",
        patient_address="B",
        prescriber=maya,
        prescriber_name="Maya",
        registration="N",
        prescriber_address="C",
        signed_at=NOW,
    )
    TakeHomeEvent.objects.create(prescription=prescription, seq=1, kind="cancelled", by=maya, at=NOW)
    sent = RegisterTransfer.objects.create(out_entry=RegisterEntry.objects.get(), to_page=page, sent_at=NOW)
    RegisterArrival.objects.create(transfer=sent, arrived=0, at=NOW)
    OwnEntry.objects.create(
        patient=session.episode.patient, episode=session.episode, kind="mood", token="a", day=NOW.date(), sent_at=NOW
    )
    return TABLES


def _consented(episode, maya):
    given = InformationGiven.objects.create(
        episode=episode,
        version="2",
        protocol_id="p",
        content=[],
        told={},
        given_at=NOW,
        recorded_by=maya,
        recorded_at=NOW,
    )
    decided = ConsentRecord.objects.create(
        episode=episode, decision="refused", information=given, recorded_by=maya, recorded_at=NOW
    )
    ConsentSignature.objects.create(
        consent=decided, how="drawn", signed_name="A", path="M1 1L2 2", digest="0", recorded_by=maya, recorded_at=NOW
    )
    CommunicationNeeds.objects.create(patient=episode.patient, recorded_by=maya, recorded_at=NOW)
    PurposeConsent.objects.create(
        patient=episode.patient, purpose="registry", decision="refused", recorded_by=maya, recorded_at=NOW
    )
    question = PatientQuestion.objects.create(episode=episode, asks="Why?", recorded_by=maya, recorded_at=NOW)
    QuestionAnswer.objects.create(question=question, says="So.", answered_by=maya, answered_at=NOW)


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id + 1000"])
def test_line_of_an_append_only_table_can_neither_change_nor_go(lines, table, statement):
    assert table in lines
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        before = cursor.fetchone()[0]
    refused = pytest.raises(DatabaseError, match="can only be added to")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")
        assert cursor.fetchone()[0] == before == 1


def test_audit_line_cannot_be_changed_through_the_model(lines):
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        AuditLine.objects.update(actor_name="Nobody")
