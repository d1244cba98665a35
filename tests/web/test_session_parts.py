"""A part of the session page is drawn again exactly when what it shows has changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import MagicMock

import jinja2
import pytest
from jinja2 import nodes

import glimmer.web
from glimmer.actions import live
from glimmer.actions.infusion import complete_infusion, pause_infusion, resume_infusion
from glimmer.actions.log import protocol_of
from glimmer.actions.observing import acknowledge_alarm, record_side_effect
from glimmer.actions.readings import chart_messages
from glimmer.actions.session import correct_event, write_note
from glimmer.actions.watch import watch
from glimmer.care.session.events import NoteWritten
from glimmer.records.models import TreatmentSession
from glimmer.vocabulary.functions import Function
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.live import _FRAMES, FORGOTTEN_AFTER_SECONDS, session_frame
from glimmer.web.session_parts import DRAWN_FROM, LIVE_PARTS, Part, session_parts
from glimmer.web.session_view import SessionView, session_view
from tests.actions.test_readings import vitals
from tests.support.bedside import NOON, Ward, a_ward
from tests.support.cast import sign_functions

PARTS = Path(glimmer.web.__file__).parent / "templates" / "session" / "parts"
MINUTE = timedelta(minutes=1)
# The same for every frame of one session, or a number that a part which is sent to everybody does not carry.
ALWAYS_THE_SAME = {"session_id", "press_token"}
# These are made of the log's events, by whose number they are known.
MADE_OF_THE_LOG = {"effects": {"effects"}, "log": {"lines"}}


def read_by_template(name: str) -> set[str]:
    tree = jinja2.Environment().parse((PARTS / f"{name}.html").read_text(encoding="utf-8"))
    return {
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == "view"
    }


class Asked:
    """Remembers what was read of a view."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> MagicMock:
        self.names.add(name)
        return MagicMock()


@pytest.mark.parametrize("name", sorted(path.stem for path in PARTS.glob("*.html")))
def test_part_is_known_by_everything_that_its_template_reads(name: str) -> None:
    asked = Asked()
    DRAWN_FROM[name](asked)  # type: ignore[arg-type]
    allowed = asked.names | ALWAYS_THE_SAME | MADE_OF_THE_LOG.get(name, set())
    assert read_by_template(name) - {"session_id"}, "a template that shows nothing of the view"
    assert read_by_template(name) <= allowed


def view_of(session: TreatmentSession, now: datetime) -> SessionView:
    session = TreatmentSession.objects.select_related("episode__patient", "plan").get(pk=session.pk)
    state = live.live_view(session.pk, now).state
    log = live.log_now(session.pk)
    return session_view(session, log, protocol_of(log), state, now)


def reading(ward: Ward, at: datetime, systolic: float) -> None:
    readings = (
        Reading(Parameter.SYSTOLIC, systolic, at, "cuff"),
        Reading(Parameter.DIASTOLIC, 88, at, "cuff"),
        Reading(Parameter.SPO2, 97, at, "oximeter"),
    )
    chart_messages([vitals(ward, f"at-{at.isoformat()}", at, readings=readings)])


def story(ward: Ward, session: TreatmentSession) -> list[Callable[[datetime], object]]:
    nurse = ward.nurse

    def correct(at: datetime) -> object:
        note = next(e for e in live.log_now(session.pk).history() if isinstance(e.what, NoteWritten))
        return correct_event(session, note.seq, "Written for the wrong patient", by=nurse, at=at)

    def take_charge(at: datetime) -> object:
        alarm = live.live_view(session.pk, at).state.alarms[0]
        return acknowledge_alarm(session, alarm.key, "Told the doctor", by=nurse, at=at)

    return [
        lambda at: reading(ward, at, 131),
        lambda at: reading(ward, at, 131),
        lambda at: write_note(session, "Calm", by=nurse, at=at),
        *[lambda at: reading(ward, at, 185)] * 8,
        watch,
        take_charge,
        lambda at: record_side_effect(session, "nausea", "mild", "asked", by=nurse, at=at),
        correct,
        lambda at: pause_infusion(session, "Sick", by=nurse, at=at),
        lambda at: reading(ward, at, 140),
        lambda at: resume_infusion(session, by=nurse, at=at),
        lambda at: ward.observe(session, at),
        lambda at: complete_infusion(session, 50, by=nurse, at=at),
        lambda at: reading(ward, at, 128),
        lambda at: ward.observe(session, at),
        lambda at: sign_functions(ward.officer, False, Function.ALARMS, at=at),
        lambda at: sign_functions(ward.officer, True, Function.ALARMS, at=at),
    ]


@pytest.mark.django_db
def test_check_that_a_monitor_answers_turns_on_the_open_page() -> None:
    live.forget_all()
    ward = a_ward()
    session = ward.open()
    waiting = session_parts(view_of(session, NOON), "nurse")["answered"]
    assert "There is no blood pressure from the last 30 minutes" in waiting.html
    assert 'href="#observation"' in waiting.html
    reading(ward, NOON + MINUTE, 124)
    measured = session_parts(view_of(session, NOON + MINUTE), "nurse", {"answered": waiting})["answered"]
    assert "There is no blood pressure" not in measured.html
    assert "In order" in measured.html
    live.forget_all()


@pytest.mark.django_db
def test_parts_that_were_kept_look_like_parts_drawn_anew_through_a_whole_session() -> None:
    live.forget_all()
    ward = a_ward()
    session = ward.running()
    known: dict[str, Part] = {}
    redrawn: set[str] = set()
    for number, step in enumerate(story(ward, session), start=1):
        at = NOON + 2 * number * MINUTE
        step(at)
        view = view_of(session, at)
        now_known = session_parts(view, "nurse", known)
        anew = session_parts(view_of(session, at), "nurse")
        assert {name: part.html for name, part in now_known.items()} == {name: p.html for name, p in anew.items()}
        redrawn |= {name for name, part in now_known.items() if known and known.get(name) != part}
        known = now_known
    assert redrawn >= set(LIVE_PARTS) - {"news2"}
    live.forget_all()


@pytest.mark.django_db
def test_a_reading_redraws_its_value_and_leaves_the_record_as_it_is() -> None:
    live.forget_all()
    ward = a_ward()
    session = ward.running()
    reading(ward, NOON + MINUTE, 131)
    at = NOON + 2 * MINUTE
    before = session_parts(view_of(session, at), "nurse")
    reading(ward, at, 133)
    after = session_parts(view_of(session, at), "nurse", before)
    assert "133/88" in after["values"].html
    assert {name for name in after if after[name] is before[name]} >= {"log", "effects", "schedule", "news2"}
    live.forget_all()


def test_frames_of_a_session_that_no_page_asks_for_are_let_go(db: None) -> None:
    live.forget_all()
    _FRAMES.clear()
    left, stays = a_ward().running(), a_ward().running()
    old = session_frame(left, "nurse")
    old.made_at -= FORGOTTEN_AFTER_SECONDS + 1
    session_frame(stays, "nurse")
    assert set(_FRAMES) == {(stays.pk, "nurse")}
