"""A screen that nobody presses locks: alarms go on, presses wait for the password, and nothing typed is lost."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from glimmer.care.session.events import NoteWritten
from glimmer.records.logbook import events_of
from glimmer.records.models import AuditLine
from glimmer.web import live
from glimmer.web.gate import named_routes
from glimmer.web.hours import GRACE
from glimmer.web.lock import LOCKED, LockMiddleware
from tests.support.bedside import Ward, a_ward

pytestmark = pytest.mark.django_db
PASSWORD = "lantern-seven-otters"


@pytest.fixture
def ward() -> Ward:
    ward = a_ward()
    ward.nurse.set_password(PASSWORD)
    ward.nurse.save()
    return ward


@pytest.fixture
def nurse(ward: Ward) -> Client:
    client = Client()
    client.force_login(ward.nurse)
    assert client.get("/").status_code == 200
    return client


def moved_back(client: Client, **by: timedelta) -> None:
    """Let time pass for what the browser's session remembers."""
    session = client.session
    for name, back in by.items():
        session[name] = session[name] - back.total_seconds()
    session.save()


def idle(client: Client, minutes: float = 16) -> None:
    moved_back(client, acted_at=timedelta(minutes=minutes))


def notes(session_id: int) -> list[str]:
    return [event.what.text for event in events_of(session_id) if isinstance(event.what, NoteWritten)]


def test_page_asks_for_the_password_after_the_idle_minutes_and_not_before(nurse):
    idle(nurse, minutes=14)
    assert nurse.get("/patients").status_code == 200
    idle(nurse, minutes=16)
    answer = nurse.get("/patients?words=lind")
    assert answer.status_code == LOCKED
    assert "This screen is locked" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    unlocked = nurse.post("/unlock", {"unlock_password": PASSWORD, "next": "/patients?words=lind"})
    assert unlocked["Location"] == "/patients?words=lind"
    assert nurse.get("/patients").status_code == 200


def test_press_starts_the_minutes_anew(nurse, ward):
    for _ in range(3):
        idle(nurse, minutes=10)
        assert nurse.get("/patients").status_code == 200


def test_wrong_password_unlocks_nothing_and_guessing_is_slowed(nurse):
    idle(nurse)
    for _ in range(8):
        answer = nurse.post("/unlock", {"unlock_password": "guess"})
        assert answer.status_code == LOCKED
        assert "The password is wrong" in answer.content.decode()
    answer = nurse.post("/unlock", {"unlock_password": PASSWORD})
    assert "too many wrong attempts" in answer.content.decode()
    assert nurse.get("/patients").status_code == LOCKED


def test_page_of_a_session_that_stands_open_goes_on_showing_it(nurse, ward):
    session = ward.running()
    page = f"/sessions/{session.pk}"
    nurse.get(page)
    nurse.get("/board")
    idle(nurse)
    assert nurse.get(page).status_code == 200
    assert nurse.get("/board").status_code == 200
    assert nurse.get("/live/calls").status_code == 200
    # What was not open cannot be looked at from a screen that was left alone.
    other = a_ward().running()
    assert nurse.get(f"/sessions/{other.pk}").status_code == LOCKED
    assert nurse.get(f"/episodes/{session.episode_id}/sessions").status_code == LOCKED


def test_locked_screen_on_which_nothing_stands_open_shows_nothing(nurse):
    idle(nurse)
    ways = [(one.name, one.example, method) for one in named_routes() if one.permission for method in one.methods]
    ways.sort(key=lambda way: way[0] == "sign_out")  # last: it ends the sign-in
    shown = {name for name, address, method in ways if nurse.generic(method, address).status_code != LOCKED}
    assert len(ways) > 180
    assert shown == {"calls", "sign_out"}


def test_locked_screen_feeds_the_pages_that_stand_open_and_no_other(nurse, ward):
    session, other = ward.running(), a_ward().running()
    for one in (session, other):
        assert nurse.get(f"/sessions/{one.pk}/replay").status_code == 200
    nurse.get(f"/sessions/{session.pk}")
    idle(nurse)
    assert nurse.get(f"/live/sessions/{session.pk}").status_code == 200
    for hidden in (f"/live/sessions/{other.pk}", "/live/board", f"/sessions/{session.pk}/replay/frame?at=1"):
        assert nurse.get(hidden).status_code == LOCKED


def test_page_whose_stream_was_open_comes_back_on_a_locked_screen(nurse, ward):
    """Two pages that are opened at once can each forget the other in the browser's session; their streams do not."""
    session = ward.running()
    assert nurse.get(f"/live/sessions/{session.pk}").status_code == 200
    idle(nurse)
    assert nurse.get(f"/sessions/{session.pk}").status_code == 200


def test_press_on_a_locked_page_waits_for_the_password_and_is_then_done_once(nurse, ward):
    session = ward.running()
    nurse.get(f"/sessions/{session.pk}")
    idle(nurse)
    press = {"text": "Feels calm & <warm>", "form_token": "token-1"}
    asked = nurse.post(f"/sessions/{session.pk}/note", press)
    words = asked.content.decode()
    assert (asked.status_code, notes(session.pk)) == (LOCKED, [])
    assert "has not been done yet" in words
    assert 'name="text" value="Feels calm &amp; &lt;warm&gt;"' in words
    done = nurse.post(f"/sessions/{session.pk}/note", {**press, "unlock_password": PASSWORD})
    assert done.status_code == 302
    assert notes(session.pk) == ["Feels calm & <warm>"]
    assert nurse.get("/patients").status_code == 200


def test_password_of_a_press_is_never_put_into_the_page(nurse, ward):
    idle(nurse)
    answer = nurse.post("/controlled-drugs/open", {"password": "my secret words", "drug": "Ketamine"})
    assert answer.status_code == LOCKED
    assert "my secret words" not in answer.content.decode()


def test_page_that_moves_on_by_itself_is_nobodys_press(nurse, ward):
    session = ward.running()
    nurse.get(f"/sessions/{session.pk}")
    idle(nurse, minutes=14)
    by_itself = {"HTTP_SEC_FETCH_MODE": "navigate"}
    assert nurse.get(f"/sessions/{session.pk}", **by_itself).status_code == 200
    idle(nurse, minutes=2)
    assert nurse.get("/patients").status_code == LOCKED
    nurse.post("/unlock", {"unlock_password": PASSWORD})
    idle(nurse, minutes=14)
    nurse.get(f"/sessions/{session.pk}", **by_itself, HTTP_SEC_FETCH_USER="?1")
    idle(nurse, minutes=2)
    assert nurse.get("/patients").status_code == 200


def test_after_the_hours_everybody_signs_in_again_and_an_open_page_keeps_its_alarms(nurse, ward):
    session = ward.running()
    nurse.get(f"/sessions/{session.pk}")
    moved_back(nurse, signed_in_at=timedelta(hours=12, minutes=1))
    answer = nurse.post(f"/sessions/{session.pk}/note", {"text": "Late", "unlock_password": PASSWORD})
    assert answer.status_code == LOCKED
    assert "Sign in again" in answer.content.decode()
    assert "was not done" in answer.content.decode()
    assert notes(session.pk) == []
    assert nurse.get("/").status_code == LOCKED
    assert nurse.get(f"/sessions/{session.pk}").status_code == 200


def test_sign_in_ends_by_itself_when_the_grace_is_over(client, ward):
    client.post("/sign-in", {"username": ward.nurse.username, "password": PASSWORD})
    ends = client.session.get_expiry_date() - timezone.now()
    assert timedelta(hours=12) + GRACE - timedelta(minutes=1) < ends <= timedelta(hours=12) + GRACE


def test_clock_that_was_put_back_locks_and_never_lengthens(nurse):
    moved_back(nurse, acted_at=timedelta(minutes=-5))
    assert nurse.get("/patients").status_code == LOCKED
    assert nurse.post("/unlock", {"unlock_password": PASSWORD}).status_code == 302
    moved_back(nurse, signed_in_at=timedelta(hours=-2))
    assert nurse.get("/patients").status_code == LOCKED


def test_whoever_finds_a_locked_screen_can_sign_its_owner_out(nurse):
    idle(nurse)
    assert nurse.post("/sign-out").status_code == 302
    assert nurse.get("/patients")["Location"].startswith("/sign-in")
    assert AuditLine.objects.filter(action="sign_out").exists()


def test_guessing_at_the_door_does_not_lock_a_nurse_out_of_her_bedside(nurse, ward):
    for _ in range(9):
        Client().post("/sign-in", {"username": ward.nurse.username, "password": "guess"})
    idle(nurse)
    assert nurse.post("/unlock", {"unlock_password": PASSWORD, "next": "/patients"})["Location"] == "/patients"


def test_stream_of_an_open_page_goes_on_while_the_screen_is_locked(nurse, ward, rf):
    """What a stream asks every few seconds is whether the sign-in stands, not whether the screen is open."""
    session = ward.running()
    nurse.get(f"/sessions/{session.pk}")
    idle(nurse)
    request = rf.get(f"/live/sessions/{session.pk}")
    request.session, request.staff = nurse.session, ward.nurse
    place = SimpleNamespace(permission="session.view", may_go_on=lambda person: True)
    assert live._signed_in(request, place)() == ""
    moved_back(nurse, signed_in_at=timedelta(hours=13))
    assert live._signed_in(request, place)() == ""
    request.user, request.resolver_match = ward.nurse, resolve(request.path)
    go_on = LockMiddleware(lambda _: None).process_view
    assert go_on(request, live.live_session, (), {"session_id": session.pk}) is None
    assert go_on(request, live.live_session, (), {"session_id": session.pk + 1}).status_code == LOCKED
    nurse.post("/sign-out")
    assert live._signed_in(request, place)() == live.SIGNED_OUT


def test_sign_in_whose_hours_are_not_known_has_ended(nurse):
    session = nurse.session
    del session["signed_in_at"]
    session.save()
    assert nurse.get("/patients").status_code == LOCKED


def test_page_that_asks_for_the_password_still_calls_and_leads_back_to_the_alarms(nurse, ward):
    session = ward.running()
    page = f"/sessions/{session.pk}"
    nurse.get(page)
    idle(nurse)
    asked = nurse.post(f"{page}/note", {"text": "x"}, headers={"Referer": f"http://testserver{page}"}).content.decode()
    assert 'data-calls="/live/calls"' in asked, "alarms that call for this role are shown and sound here, too"
    assert f'<a href="{page}">Back to the page as it is now</a>' in asked
    assert nurse.get(page).status_code == 200
    elsewhere = nurse.post(f"{page}/note", {"text": "x"}, headers={"Referer": "https://example.org/patients"})
    assert "Back to the page" not in elsewhere.content.decode()
