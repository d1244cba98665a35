"""The replay page over HTTP: a page at a moment that nobody can take for the live one, and its frames."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client

from glimmer.actions.live import forget_all
from glimmer.actions.replay import Player
from glimmer.actions.session import cancel_session, write_note
from glimmer.monitoring.recording.examine import examine
from glimmer.records.audit import AuditLine
from glimmer.records.models import TreatmentSession
from glimmer.web import replay_frames
from glimmer.web.jinja import shown_iso
from glimmer.web.replay_frames import MOST_VIEWINGS, from_ms, to_ms
from glimmer.web.session_parts import DRAWN_FROM
from tests.actions.test_replay import a_session
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def ward(db: None) -> Iterator[Ward]:
    forget_all()
    replay_frames.forget_all()
    yield a_ward()
    forget_all()


@pytest.fixture
def session(ward: Ward) -> TreatmentSession:
    return a_session(ward)


@pytest.fixture
def nurse(ward: Ward) -> Client:
    client = Client()
    client.force_login(ward.nurse)
    return client


def page(client: Client, session: TreatmentSession, at: datetime | None = None, **query: str) -> str:
    query |= {"at": shown_iso(at)} if at else {}
    answer = client.get(f"/sessions/{session.pk}/replay", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_opening_a_replay_leaves_a_line_and_moving_about_in_it_does_not(
    ward: Ward, session: TreatmentSession, nurse: Client
) -> None:
    page(nurse, session)
    for seconds in range(3):
        frame(nurse, session, NOON + seconds * SECOND)
    (line,) = AuditLine.objects.filter(action="open_replay")
    assert (line.actor_id, line.subject, line.subject_id) == (ward.nurse.pk, "TreatmentSession", session.pk)
    assert line.patient_id == ward.patient.pk


def test_a_full_database_does_not_hold_back_what_happened(
    session: TreatmentSession, nurse: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(**fields: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.act.append_audit", full_disk)
    assert "Replay" in page(nurse, session)
    assert not AuditLine.objects.filter(action="open_replay").exists()


def frame(client: Client, session: TreatmentSession, at: datetime, **query: object) -> dict:
    answer = client.get(f"/sessions/{session.pk}/replay/frame", {"at": to_ms(at), "viewing": "v", **query})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_page_says_in_title_banner_and_frame_that_it_is_not_live(nurse: Client, session: TreatmentSession) -> None:
    html = page(nurse, session, NOON + 90 * SECOND)
    assert re.search(r"<title>\s*Replay of session 1, not live", html)
    assert "REPLAY, not live: 23 November 2026 at" in html
    assert re.search(r"data-clock-words>12:01:30<", html)
    assert "glimmer-replay__mark-of-paper" in html
    assert "data-live" not in html, "live.js would open the stream and speak of a live page"
    assert "tones.js" not in html


def test_nothing_on_the_page_can_be_pressed_that_acts(nurse: Client, session: TreatmentSession) -> None:
    html = page(nurse, session, NOON + 90 * SECOND)
    main = html.split('<main class="nhsuk-main-wrapper"')[1]
    assert 'method="post"' not in main
    assert "?correct=" not in main
    assert "?round=" not in main
    assert "Take charge<" not in main


def test_deep_link_shows_the_moment(nurse: Client, session: TreatmentSession) -> None:
    assert "220/80" in page(nurse, session, NOON + 90 * SECOND)
    early = page(nurse, session, NOON + 30 * SECOND)
    assert "128/80" in early.split('data-part="values"')[1]
    assert "220/80" not in early.split('data-part="values"')[1].split("</section>")[0]


def test_time_is_typed_as_the_clinics_clock_shows_it(nurse: Client, session: TreatmentSession) -> None:
    assert "data-clock-words>12:01:05<" in page(nurse, session, time="12:01:05")
    assert "data-clock-words>12:02:00<" in page(nurse, session, time="12:02")
    wrong = page(nurse, session, NOON + 60 * SECOND, time="25:99")
    assert "That is no time of this session" in wrong
    assert "data-clock-words>12:01:00<" in wrong, "the page stays where it was"


def test_time_at_which_the_session_was_over_is_refused(ward: Ward, nurse: Client) -> None:
    session = ward.open()
    cancel_session(session, "No escort", by=ward.nurse, at=NOON + 300 * SECOND)
    assert "That is no time of this session" in page(nurse, session, time="12:20")


@pytest.mark.parametrize("at", ["nonsense", "2026-11-23T12:00:00", "2026-99-99T12:00:00Z", "9" * 40])
def test_address_that_names_no_moment_shows_the_beginning_and_says_so(
    nurse: Client, session: TreatmentSession, at: str
) -> None:
    html = nurse.get(f"/sessions/{session.pk}/replay", {"at": at}).content.decode()
    assert "data-clock-words>12:00:00<" in html
    assert "That is no time of this session" in html


def test_links_lead_on_without_a_script(nurse: Client, session: TreatmentSession) -> None:
    html = page(nurse, session, NOON + 30 * SECOND)
    for words, lands_at in (("+1 s", "12:00:31"), ("−10 s", "12:00:20"), ("+1 min", "12:01:30")):
        found = re.search(rf'href="([^"]+)" data-by="[^"]+">{re.escape(words)}</a>', html)
        assert found
        assert f"data-clock-words>{lands_at}<" in nurse.get(found[1]).content.decode()
    found = re.search(r'href="([^"]+)" data-way="on" data-kind="alarm">Next alarm', html)
    assert found
    assert "glimmer-alarm is-high" in nurse.get(found[1]).content.decode()


def test_frame_brings_only_what_differs_from_what_the_page_holds(nurse: Client, session: TreatmentSession) -> None:
    first = frame(nurse, session, NOON + 30 * SECOND)
    assert {"status", "alarms", "values", "infusion", "log", "table"} <= set(first["parts"])
    assert "start" not in first["parts"], "whether a start is allowed today says nothing about that day"
    assert first["chart"]["series"]
    on = frame(nurse, session, NOON + 32 * SECOND, holds=first["at"])
    assert [name for name in ("values", "schedule", "chart") if name in on["parts"] or name in on] == ["values"]
    on = frame(nurse, session, NOON + 36 * SECOND, holds=on["at"])
    assert [[key, value] for key, _, value in on["points"]] == [["systolic", 128.0], ["diastolic", 80.0]]
    back = frame(nurse, session, NOON + 20 * SECOND, holds=on["at"])
    assert back["chart"]
    assert "points" not in back
    lost = frame(nurse, session, NOON + 21 * SECOND, holds=1)
    assert set(lost["parts"]) >= set(first["parts"]), "a page that holds something else gets everything"


def test_frame_outside_the_session_is_the_nearest_moment_in_it(nurse: Client, session: TreatmentSession) -> None:
    assert frame(nurse, session, NOON - timedelta(days=2))["at"] == to_ms(NOON)
    assert nurse.get(f"/sessions/{session.pk}/replay/frame", {"at": "soon"}).status_code == 400


def test_frames_of_one_page_are_those_of_another_that_jumped(nurse: Client, session: TreatmentSession) -> None:
    held: dict[str, str] = {}
    before = None
    for second in range(0, 330, 9):
        moment = NOON + second * SECOND
        step = frame(nurse, session, moment, **({} if before is None else {"holds": before}))
        held |= step["parts"]
        before = step["at"]
        jumped = frame(nurse, session, moment, viewing=f"other-{second}")
        assert {name: html for name, html in held.items() if html} == {n: h for n, h in jumped["parts"].items() if h}


def test_every_part_of_the_session_page_was_judged_fit_or_unfit_for_another_day() -> None:
    assert set(DRAWN_FROM) == replay_frames.FROM_THE_LOG | replay_frames.NOT_IN_THE_LOG
    assert not replay_frames.FROM_THE_LOG & replay_frames.NOT_IN_THE_LOG


def test_every_part_that_is_shown_has_its_place_on_the_page(nurse: Client, session: TreatmentSession) -> None:
    places = set(re.findall(r'data-part="(\w+)"', page(nurse, session)))
    assert places == replay_frames.FROM_THE_LOG | set(replay_frames.PARTS_OF_ITS_OWN)


def test_frame_asks_the_database_for_nothing_but_the_log(
    nurse: Client, session: TreatmentSession, django_assert_num_queries: Callable
) -> None:
    viewing = replay_frames.viewing_of(1, session_with_patient(session), "queries")
    for second in (0, 30, 90, 320):
        # What consent, plan, devices and switches are today must not colour what is shown of that day.
        with django_assert_num_queries(1):
            viewing.frame(NOON + second * SECOND)


def session_with_patient(session: TreatmentSession) -> TreatmentSession:
    return TreatmentSession.objects.select_related("episode__patient", "plan", "bay").get(pk=session.pk)


def test_devices_of_today_are_not_shown(ward: Ward, nurse: Client, session: TreatmentSession) -> None:
    html = page(nurse, session, NOON + 90 * SECOND)
    assert "stands elsewhere" not in html
    assert "No device is connected" not in html


def test_only_the_last_few_viewings_are_kept(nurse: Client, session: TreatmentSession) -> None:
    for number in range(MOST_VIEWINGS + 5):
        frame(nurse, session, NOON, viewing=f"page-{number}")
    assert len(replay_frames._VIEWINGS) == MOST_VIEWINGS


def test_before_the_start_the_checks_stand_as_they_stood(ward: Ward, nurse: Client) -> None:
    session = ward.open()
    ward.answer_checks(session, NOON + 60 * SECOND)
    assert frame(nurse, session, NOON + 59 * SECOND)["parts"]["checks"].count("✓") < frame(
        nurse, session, NOON + 60 * SECOND
    )["parts"]["checks"].count("✓")


def test_text_that_people_typed_stays_text(ward: Ward, nurse: Client, session: TreatmentSession) -> None:
    write_note(session, "<script>alert(1)</script>", by=ward.nurse, at=NOON + 320 * SECOND)
    last = Player(session.pk).span(NOON)[1]
    assert "<script>alert" not in page(nurse, session, last)
    assert "<script>alert" not in frame(nurse, session, last)["parts"]["log"]


def test_milliseconds_never_show_a_moment_too_early() -> None:
    assert to_ms(NOON + timedelta(microseconds=1)) == to_ms(NOON) + 1
    assert from_ms(to_ms(NOON)) == NOON


def test_psychiatrist_is_warned_and_gets_a_file_that_names_no_patient_in_its_name(
    ward: Ward, session: TreatmentSession
) -> None:
    client = Client()
    client.force_login(ward.psychiatrist)
    html = client.get(f"/sessions/{session.pk}").content.decode()
    assert "The file holds the patient's name and the whole record" in html
    answer = client.post(f"/sessions/{session.pk}/export", {"messages": "yes"})
    assert answer["Content-Disposition"] == f'attachment; filename="session-{session.pk}.glimmer.zip"'
    assert answer["Cache-Control"] == "private, no-store"
    examined = examine(answer.content)
    assert examined.holds
    assert AuditLine.objects.get(action="export_session").details["digest"] == examined.digest


def test_nurse_is_offered_the_replay_but_no_export(nurse: Client, session: TreatmentSession) -> None:
    html = nurse.get(f"/sessions/{session.pk}").content.decode()
    assert f'href="/sessions/{session.pk}/replay"' in html
    assert "/export" not in html
