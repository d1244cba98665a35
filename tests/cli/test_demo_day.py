"""The demo's day: whenever it is loaded, one session can be opened and started by hand, and its signatures fit."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from glimmer.actions.live import forget_all
from glimmer.actions.log import log_of
from glimmer.actions.maintenance import maintenance_of
from glimmer.actions.outcomes import course_outcome
from glimmer.actions.rota import shifts_between
from glimmer.actions.session import open_session, start_verdict
from glimmer.actions.switches import STATEMENTS, is_for_other_documents, sign_function
from glimmer.actions.waiting import waiting_list
from glimmer.cli.demo.clinic import DemoClinic, due_now, sign_for_these_documents
from glimmer.cli.demo.journeys import Diary
from glimmer.cli.demo.load import load_demo
from glimmer.guidance.safety import Document, safety_documents
from glimmer.records.correspondence import LetterDispatch, SentInError
from glimmer.records.funding import FundingRoute, Invoice, account_of
from glimmer.records.maintenance import MaintenanceDecision
from glimmer.records.models import Appointment, Bay, Letter, OutboxMessage, Staff, Task, TreatmentSession
from glimmer.records.psychotherapy import TherapyAttendance, TherapyNote, TherapySession
from glimmer.records.switches import functions_now, newest_signings
from glimmer.records.waiting import Absence, PlanningRun
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.people import Role

LONDON = ZoneInfo("Europe/London")
LATE = datetime(2026, 11, 26, 23, 58, 40, tzinfo=LONDON)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 26, 0, 0, 1, tzinfo=LONDON),
        datetime(2026, 11, 26, 13, 59, 59, tzinfo=LONDON),
        LATE,
        # The hour that comes twice.
        datetime(2026, 10, 25, 1, 20, tzinfo=LONDON, fold=1),
        datetime(2026, 3, 29, 2, 5, tzinfo=LONDON),
    ],
)
def test_a_date_that_is_due_has_begun_and_is_of_today(now: datetime) -> None:
    due = due_now(now)
    assert timedelta(0) <= now - due < timedelta(minutes=15)
    assert timezone.localdate(due) == timezone.localdate(now)


@pytest.mark.parametrize("hour", range(24))
def test_hours_around_now_are_left_to_the_sessions_that_run_then(hour: int) -> None:
    # A Friday on which a course that began eight days before has its next date: it took the bay of a running session.
    now = datetime(2026, 11, 27, hour, 36, tzinfo=LONDON)
    diary, bays = Diary(now), [Bay(name="Bay 1", position=1)]
    for _ in range(12):
        starts_at, _ = diary.place(now.date(), bays)
        assert abs(starts_at - now) >= timedelta(hours=4)


def assert_a_session_can_be_opened_and_only_the_bedside_is_missing(clinic: DemoClinic) -> None:
    bay = clinic.visitors_bay
    assert not TreatmentSession.objects.filter(bay=bay, ended_at__isnull=True).exists()
    (date,) = Appointment.objects.filter(bay=bay, cancelled_at__isnull=True, session__isnull=True)
    assert date.plan.episode.patient.nhs_number.startswith("999")
    session = open_session(date, by=clinic.nurse, at=LATE + timedelta(minutes=1))
    reasons = start_verdict(session, log_of(session.pk), LATE + timedelta(minutes=1)).reasons
    # What is left is done at the bedside: no consent, plan, countersignature or referral is missing.
    assert reasons
    assert [words for words in reasons if "consent" in words.lower() or "plan" in words.lower()] == []


# Once, and not again on PostgreSQL: there the journey's demo clinic is made too, and asked where its patients stand.
@pytest.mark.one_engine
@pytest.mark.django_db
def test_late_in_the_evening_the_whole_clinic_is_there_and_a_session_can_be_opened() -> None:
    # Loaded once for all of it: it takes half a minute.
    forget_all()
    clinic = load_demo(now=LATE, quietly=True)
    assert_calendar_is_filled(clinic)
    assert_patients_are_kept_well_and_one_gets_worse(clinic)
    assert_talks_were_held_and_are_to_come(clinic)
    assert_accounts_stand_in_every_way()
    assert_letters_stand_in_every_state()
    assert_a_session_can_be_opened_and_only_the_bedside_is_missing(clinic)
    forget_all()


def assert_calendar_is_filled(clinic: DemoClinic) -> None:
    monday = LATE.date() - timedelta(days=LATE.weekday())
    for week in range(4):
        shifts = shifts_between(
            clinic.administrator, monday + timedelta(weeks=week), monday + timedelta(days=7 * week + 4)
        )
        assert {one.staff.role for one in shifts} >= {"nurse", "psychiatrist", "therapist", "pharmacist"}
    assert {one.set.priority for one in waiting_list(clinic.nurse) if one.set} == {"urgent", "soon", "routine"}
    (run,) = PlanningRun.objects.all()
    # The planner offers something, and nothing of it is decided: the visitor does that.
    assert run.delivered > 0
    assert not run.dates.filter(decided_at__isnull=False).exists()
    assert Absence.objects.filter(kind="late").exists()


def assert_patients_are_kept_well_and_one_gets_worse(clinic: DemoClinic) -> None:
    (decision,) = MaintenanceDecision.objects.all()
    assert (decision.as_proposed, decision.counts) == (True, True)
    found = maintenance_of(decision.episode, LATE)
    assert found
    assert found.window
    assert len(found.facts.plan_days) == 2
    assert decision.plan.appointments.filter(starts_at__gt=LATE).count() == 1
    (warned,) = Task.objects.filter(kind="relapse", done_at__isnull=True)
    watch = course_outcome(warned.episode).relapse
    assert watch
    assert watch.warned_on == timezone.localtime(warned.raised_at).date()


def assert_talks_were_held_and_are_to_come(clinic: DemoClinic) -> None:
    assert set(TherapyAttendance.objects.values_list("attendance", flat=True)) == {"attended", "late", "absent"}
    assert [note.version for note in TherapyNote.objects.all()] == [1, 2]
    to_come = TherapySession.objects.filter(starts_at__gt=LATE)
    assert to_come.filter(is_group=True).get().members.count() == 3


def assert_accounts_stand_in_every_way() -> None:
    standing = {account_of(one).state for one in Invoice.objects.filter(series="INV")}
    assert standing == {"paid", "partly paid", "not paid"}
    assert Invoice.objects.filter(series="CRN").count() == 1
    assert set(FundingRoute.objects.values_list("route", flat=True)) == {"nhs", "ifr", "self_pay", "insurer"}


def assert_letters_stand_in_every_state() -> None:
    letters = Letter.objects.all()
    assert letters.filter(signed_at__isnull=True, set_aside_at__isnull=True).exists()
    assert letters.filter(signed_at__isnull=False, dispatches__isnull=True).exists()
    assert letters.filter(set_aside_at__isnull=False).exists()
    assert set(LetterDispatch.objects.values_list("way", flat=True)) == {"nhsmail", "post", "notice"}
    assert SentInError.objects.count() == 1
    waiting = OutboxMessage.objects.filter(once__startswith="own-link:", state="waiting")
    assert waiting.count() == 1


@pytest.fixture
def officer(db: None) -> Staff:
    return Staff.objects.create_staff("wilf", "Dr Wilf Tarrant", Role.SAFETY_OFFICER, "not used here")


def sign(officer: Staff, function: Function, reason: str) -> None:
    sign_function(function, True, reason, confirmed=STATEMENTS, by=officer)


def test_an_update_signs_again_what_the_demo_signed_and_leaves_what_a_visitor_signed(
    officer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(officer, Function.ALARMS, "Demonstration: nobody here is real.")
    sign(officer, Function.DOSE_ARITHMETIC, "I have read them.")
    changed = [*safety_documents(), Document("Another", "1", "0" * 64)]
    monkeypatch.setattr("glimmer.actions.switches.safety_documents", lambda: changed)
    sign_for_these_documents()
    outdated = {function for function, signing in newest_signings().items() if is_for_other_documents(signing)}
    assert outdated == {Function.DOSE_ARITHMETIC}
    assert functions_now().alarms


def test_what_was_signed_off_stays_off_after_an_update(officer: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(officer, Function.ALARMS, "Demonstration: nobody here is real.")
    sign_function(Function.ALARMS, False, "Demonstration: nobody here is real.", by=officer)
    monkeypatch.setattr("glimmer.actions.switches.safety_documents", list)
    sign_for_these_documents()
    assert not functions_now().alarms
