"""The demo's monitors follow the records: who is in the bay, what the pump was set to, who gets the drama."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from glimmer.actions.live import forget_all, live_view
from glimmer.actions.session import cancel_session, pause_infusion
from glimmer.config.demo_bedsides import DemoBedsides
from tests.support.bedside import NOON, Ward, a_ward

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def wards(db: None) -> Iterator[list[Ward]]:
    forget_all()
    yield [a_ward() for _ in range(3)]
    forget_all()


def refreshed(folder: Path, wards: list[Ward], minutes: int = 5) -> DemoBedsides:
    for session in [session for ward in wards for session in ward.episode.sessions.all()]:
        live_view(session.pk, NOON)
    bedsides = DemoBedsides(folder)
    bedsides.refresh(NOON + minutes * MINUTE)
    return bedsides


def test_each_session_has_a_bedside_with_its_patient_and_its_pump(wards: list[Ward], tmp_path: Path) -> None:
    wards[0].running()
    (bedside,) = refreshed(tmp_path, wards).current()
    assert (wards[0].patient.local_number, "GLIMMER", "MR") in bedside.identifiers
    assert (bedside.monitor_id, bedside.pump_id) == (wards[0].monitor.identifier, wards[0].pump.identifier)
    assert bedside.started_at == NOON
    # 50 mL over 40 minutes.
    assert (bedside.rate_ml_per_hour, bedside.volume_ml) == (75, 50)


def test_pump_that_waits_is_set_for_the_planned_dose_in_the_usual_syringe(wards: list[Ward], tmp_path: Path) -> None:
    wards[0].open()
    (bedside,) = refreshed(tmp_path, wards).current()
    # 35 mg in 50 mL.
    assert bedside.concentration_mg_per_ml == pytest.approx(0.7)
    wards[1].plan.dose_mg = 43.5
    wards[1].plan.save()
    wards[1].open()
    assert [one.concentration_mg_per_ml for one in refreshed(tmp_path, wards).current()] == pytest.approx([0.7, 0.87])


def test_one_running_session_turns_hypertensive_and_the_others_stay_calm(wards: list[Ward], tmp_path: Path) -> None:
    wards[0].running(NOON - 20 * MINUTE)
    wards[1].running(NOON)
    wards[2].open()
    scripts = {bedside.monitor_id: bedside.script for bedside in refreshed(tmp_path, wards).current()}
    # The one with the most time left: its story can be watched longest.
    assert scripts == {
        wards[0].monitor.identifier: "calm",
        wards[1].monitor.identifier: "hypertensive",
        wards[2].monitor.identifier: "calm",
    }


def test_after_a_restart_the_story_goes_on_where_it_was(wards: list[Ward], tmp_path: Path) -> None:
    wards[0].running()
    wards[1].running()
    before = refreshed(tmp_path, wards, minutes=5).current()
    assert refreshed(tmp_path, wards, minutes=9).current() == before


def test_a_pause_and_an_end_in_the_records_reach_the_pump(wards: list[Ward], tmp_path: Path) -> None:
    running, waiting = wards[0].running(), wards[1].open()
    pause_infusion(running, "Sick", by=wards[0].nurse, at=NOON + 6 * MINUTE)
    cancel_session(waiting, "Not today", by=wards[1].nurse, at=NOON + 6 * MINUTE)
    (bedside,) = refreshed(tmp_path, wards, minutes=7).current()
    assert [(pause.since, pause.until) for pause in bedside.pauses] == [(NOON + 6 * MINUTE, None)]


def test_a_story_file_that_was_damaged_is_begun_again(wards: list[Ward], tmp_path: Path) -> None:
    wards[0].running()
    (tmp_path / "demo-stories.json").write_text("{half")
    assert [bedside.script for bedside in refreshed(tmp_path, wards).current()] == ["hypertensive"]
