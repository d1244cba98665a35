"""The chair board: every bay at a glance, and only what the person's role may see."""

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all, report_trouble, trouble_over
from glimmer.actions.session import acknowledge_alarm, pause_infusion
from glimmer.actions.watch import watch
from glimmer.care.session.events import AlarmRaised
from glimmer.records.logbook import events_of
from glimmer.records.models import Bay, Staff
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
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


def test_free_bay_says_when_its_next_patient_comes(ward: Ward) -> None:
    page = board(ward.nurse)
    assert ward.bay.name in page
    assert "Free" in page
    assert "Next date at" in page


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
        "Observations due now: at the start",
    ):
        assert words in page, words


def test_paused_bay_says_so(ward: Ward) -> None:
    session = ward.running()
    pause_infusion(session, "Anxious", by=ward.nurse)
    assert "Infusion paused" in board(ward.nurse)


def test_alarm_stands_on_the_board_in_words_until_somebody_takes_it(ward: Ward, now: datetime) -> None:
    session = ward.running()
    ward.observe(session, now, **HIGH)
    watch(now)
    page = board(ward.nurse)
    assert "⬢</span> High</span> Extremely high blood pressure" in page
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
        "212",
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
    expected = 6
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
