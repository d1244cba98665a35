"""The demo's day: whenever it is loaded, one session can be opened and started by hand, and its signatures fit."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from glimmer.actions.live import forget_all
from glimmer.actions.log import log_of
from glimmer.actions.session import open_session, start_verdict
from glimmer.actions.switches import STATEMENTS, is_for_other_documents, sign_function
from glimmer.cli.demo.clinic import due_now, sign_for_these_documents
from glimmer.cli.demo.journeys import Diary
from glimmer.cli.demo.load import load_demo
from glimmer.guidance.safety import Document, safety_documents
from glimmer.records.models import Appointment, Bay, Staff, TreatmentSession
from glimmer.records.switches import functions_now, newest_signings
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


@pytest.mark.django_db
def test_late_in_the_evening_there_is_still_a_session_to_open_and_only_the_bedside_is_missing() -> None:
    forget_all()
    clinic = load_demo(now=LATE, quietly=True)
    bay = clinic.visitors_bay
    assert not TreatmentSession.objects.filter(bay=bay, ended_at__isnull=True).exists()
    (date,) = Appointment.objects.filter(bay=bay, cancelled_at__isnull=True, session__isnull=True)
    assert date.plan.episode.patient.nhs_number.startswith("999")
    session = open_session(date, by=clinic.nurse, at=LATE + timedelta(minutes=1))
    reasons = start_verdict(session, log_of(session.pk), LATE + timedelta(minutes=1)).reasons
    # What is left is done at the bedside: no consent, plan, countersignature or referral is missing.
    assert reasons
    assert [words for words in reasons if "consent" in words.lower() or "plan" in words.lower()] == []
    forget_all()


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
