"""The chair board: every bay at a glance, and only what the person's role may see."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.live import forget_all, report_trouble, trouble_over
from glimmer.actions.session import acknowledge_alarm, pause_infusion
from glimmer.actions.watch import watch
from glimmer.care.session.events import AlarmRaised
from glimmer.records.logbook import events_of
from glimmer.records.models import Appointment, Bay, LogLine, Staff, TreatmentSession
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
from glimmer.web.board import BayCard, board_of
from glimmer.web.jinja import shown_time
from glimmer.web.live import board_frame
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
HIGH = {"values": {Parameter.SYSTOLIC: 212, Parameter.DIASTOLIC: 101}}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    forget_all()
    yield
    forget_all()


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def noon(now: datetime) -> datetime:
    """Noon of today in the clinic: hours before and after it are of the same day."""
    return timezone.localtime(now).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def ward(db: None, now: datetime) -> Ward:
    return a_ward(now - timedelta(minutes=2))


def board(staff: Staff) -> str:
    client = Client()
    client.force_login(staff)
    response = client.get(reverse("board"))
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def manager() -> Staff:
    return Staff.objects.create_staff("gil", "Gil Thackeray", Role.MANAGER, "not used here")


def moved_to(ward: Ward, starts_at: datetime) -> Appointment:
    ward.appointment.starts_at, ward.appointment.ends_at = starts_at, starts_at + timedelta(hours=2)
    ward.appointment.save()
    return ward.appointment


def free_bay(ward: Ward, now: datetime, staff: Staff | None = None) -> BayCard:
    return next(card for card in board_of(staff or ward.nurse, now).bays if card.id == ward.bay.pk)


def test_free_bay_says_when_its_next_patient_comes(ward: Ward, noon: datetime) -> None:
    moved_to(ward, noon + timedelta(minutes=20))
    card = free_bay(ward, noon)
    assert (card.phase_label, card.left) == ("Free", f"Next date at {shown_time(noon + timedelta(minutes=20))}")


@pytest.mark.parametrize("minutes_late", [0, 20, 61, 300])
def test_date_that_nobody_opened_stays_on_the_board_however_late(ward: Ward, noon: datetime, minutes_late: int) -> None:
    starts_at = moved_to(ward, noon - timedelta(minutes=minutes_late)).starts_at
    assert free_bay(ward, noon).left == f"The date of {shown_time(starts_at)} is not opened yet"


def test_patient_who_never_came_does_not_hide_the_next_date(ward: Ward, noon: datetime) -> None:
    moved_to(ward, noon - timedelta(hours=3))
    other = a_ward(noon)
    other.appointment.bay = ward.bay
    moved_to(other, noon + timedelta(hours=1))
    assert free_bay(ward, noon).date_id == other.appointment.pk


def test_free_bay_leads_whoever_may_know_the_patient_to_its_date(ward: Ward) -> None:
    address = reverse("appointment", args=[ward.appointment.pk])
    assert f'href="{address}"' in board(ward.nurse)
    assert f'href="{address}"' not in board(manager())


def test_bay_without_dates_says_so(ward: Ward) -> None:
    Bay.objects.create(name="Quiet bay", position=99)
    assert "No more dates today" in board(ward.nurse)


def test_running_bay_shows_patient_time_left_values_and_next_observations(ward: Ward) -> None:
    ward.running()
    page = board(ward.nurse)
    for words in (
        "Infusion running",
        ward.patient.name,
        "38 min left of 40 min",
        "124/76",
        "Observations due now ",
        ": at the start",
    ):
        assert words in page, words


def test_bay_whose_session_cannot_be_read_is_not_called_free(ward: Ward, now: datetime) -> None:
    session = ward.running()
    seq = session.log.count() + 1
    TreatmentSession.objects.filter(pk=session.pk).update(last_seq=seq)
    LogLine.objects.create(
        session=session, seq=seq, kind="unheard_of", happened_at=now, received_at=now, by="Glimmer", body={}
    )
    watch(now)
    text = board(ward.nurse)
    assert "Nothing can be shown of this session. Watch the monitor itself." in text
    assert "Alarms are not being worked out for one session" in text
    assert "Free" not in text


def test_bay_whose_planned_time_is_over_says_so_and_not_that_nothing_is_left(ward: Ward, now: datetime) -> None:
    session = ward.running()
    later = now + timedelta(minutes=45)
    card = next(card for card in board_of(ward.nurse, later).bays if card.session_id == session.pk)
    assert card.left == "The planned 40 min are over: check the pump"


def test_paused_bay_says_so(ward: Ward) -> None:
    session = ward.running()
    pause_infusion(session, "Anxious", by=ward.nurse)
    assert "Infusion paused" in board(ward.nurse)


def test_alarm_stands_on_the_board_in_words_until_somebody_takes_it(ward: Ward, now: datetime) -> None:
    session = ward.running()
    ward.observe(session, now, **HIGH)
    watch(now)
    page = board(ward.nurse)
    assert "⬢</span> High</span>" in page
    assert "Extremely high blood pressure" in page
    assert "nobody yet" in page
    assert 'class="glimmer-bay is-high"' in page
    for key in [event.what.key for event in events_of(session.pk) if isinstance(event.what, AlarmRaised)]:
        acknowledge_alarm(session, key, "Doctor called", by=ward.nurse)
    page = board(ward.nurse)
    assert "taken by Maya Okafor, nurse" in page
    assert 'class="glimmer-bay is-calm"' in page


def test_manager_sees_what_the_bays_do_but_neither_names_nor_values(ward: Ward, now: datetime) -> None:
    session = ward.running()
    ward.observe(session, now, **HIGH)
    watch(now)
    boss = manager()
    page, streamed = board(boss), " ".join(board_frame(boss).parts.values())
    assert "Infusion running" in page
    assert "min left of 40 min" in page
    for secret in (
        ward.patient.family_name,
        ward.patient.given_name,
        f"{HIGH['values'][Parameter.SYSTOLIC]}/{HIGH['values'][Parameter.DIASTOLIC]}",
        "blood pressure",
        f"/sessions/{session.pk}",
    ):
        assert secret.lower() not in page.lower(), secret
        assert secret.lower() not in streamed.lower(), secret


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.RESEARCHER])
def test_roles_without_the_board_do_not_get_it(ward: Ward, role: Role) -> None:
    client = Client()
    client.force_login(Staff.objects.create_staff(f"a-{role}", "Somebody", role, "not used here"))
    assert client.get(reverse("board")).status_code == 403
    assert client.get(reverse("live_board")).status_code == 403


def test_trouble_of_the_feed_stands_on_the_board(ward: Ward) -> None:
    report_trouble("gateway", "The bedside gateway is not running: port 2575 is in use.")
    try:
        assert "The bedside gateway is not running: port 2575 is in use." in board(ward.nurse)
    finally:
        trouble_over("gateway")


def test_board_asks_the_database_the_same_for_one_bay_and_for_ten(
    ward: Ward, now: datetime, django_assert_num_queries: Any
) -> None:
    ward.running()
    client = Client()
    client.force_login(ward.nurse)
    client.get(reverse("board"))
    # Seven of them (PostgreSQL: nine) enter into the audit who looked by what right, and set how long that may wait.
    expected = 19 if connection.vendor == "postgresql" else 17
    with django_assert_num_queries(expected):
        client.get(reverse("board"))
    for _ in range(9):
        a_ward(now - timedelta(minutes=2)).running()
    client.get(reverse("board"))
    with django_assert_num_queries(expected):
        client.get(reverse("board"))


def test_page_that_needs_a_sign_in_sends_a_stranger_to_it(ward: Ward) -> None:
    assert Client().get(reverse("board"))["Location"].startswith("/sign-in")
    assert Client().get(reverse("live_board")).status_code == 401
    assert Client().get(reverse("live_session", args=[1])).status_code == 401
